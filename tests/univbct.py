"""The real data of R's package multilevel (univbct: soldiers, three waves) as evaluation folders."""

from __future__ import annotations

from collections.abc import Collection

FILE = "univbct.csv"
_SETTINGS = """schema = 1
id = "{id}"
language = "en"
report_date = 2002-12-31
[contract]
commissioner = "{commissioner}"
purpose = "Bliese and Ployhart (2002)"
start = 1999-01-01
{groups}
[[waves]]
id = "1"
label = "Wave 1"
[[waves]]
id = "2"
label = "Wave 2"
[[waves]]
id = "3"
label = "Wave 3"
[[scales]]
id = "jobsat"
label = "Job satisfaction"
given_as = "score"
low = 1
high = 5
items = 3
[[files]]
path = "univbct.csv"
table = "people"
mapping = "people"
[[files]]
path = "univbct.csv"
table = "responses"
mapping = "scores"
[[mapping.people.columns]]
match = {{ heading = "SUBNUM" }}
column = "person"
{grouped}[[mapping.scores.columns]]
match = {{ heading = "SUBNUM" }}
column = "person"
[[mapping.scores.columns]]
match = {{ heading_regex = 'JOBSAT(?P<wave>[123])' }}
score = "jobsat"
wave = "{{wave}}"
"""
_GROUPED = """[[mapping.people.columns]]
match = { heading = "GROUP" }
column = "group"
"""


def univbct_settings(evaluation: str, commissioner: str, groups: Collection[str] = ()) -> str:
    """The ``evaluation.toml`` for `FILE` in its folder; with groups the file's column ``GROUP`` tells them apart."""
    named = "\n".join(f'[[groups]]\nid = "{name}"\nlabel = "{name}"' for name in groups)
    return _SETTINGS.format(id=evaluation, commissioner=commissioner, groups=named, grouped=_GROUPED if groups else "")
