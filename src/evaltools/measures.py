"""What can be measured, and from how many: every measure and every limit of size is data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True)
class Measure:
    """One kind of figure.

    ``unit`` is what the value counts, ``digits`` how many decimals a report shows, ``low`` and ``high``
    the values that are possible at all (None: no bound), ``computed`` one line for the curious, ``readers``
    who may see it in this form, ``covers`` the elements of the field that it answers (ids as ``"2.6"``),
    ``limit`` the name of the smallest number of people that it needs (a key of `limits`), ``direction`` whether
    more is better (``"up"``), worse (``"down"``) or neither (``"none"``), ``columns`` the canonical columns, such as
    ``"questions.handled"``, that it is made of: without any one of them it is not recorded. ``form`` says in which form
    the commissioner may see it: ``"share"`` (of things that people own: in bands), "" not at all. ``answers`` names the
    answers that it draws on: of two measures with the same answers only the first is let out.
    """

    id: str
    unit: str
    digits: int
    low: float | None
    high: float | None
    computed: str
    readers: tuple[str, ...]
    covers: tuple[str, ...]
    limit: str
    direction: str
    columns: tuple[str, ...]
    form: str = ""
    answers: str = ""


@lru_cache
def measures() -> dict[str, Measure]:
    """Every measure by its id.

    >>> measures()["mean_change"].unit
    'points of the scale'
    """
    table = tomllib.loads((files("evaltools") / "measures.toml").read_text("utf-8"))
    return {
        name: Measure(
            id=name,
            unit=entry["unit"],
            digits=entry["digits"],
            low=entry.get("low"),
            high=entry.get("high"),
            computed=entry["computed"],
            readers=tuple(entry["readers"]),
            covers=tuple(entry.get("covers", ())),
            limit=entry["limit"],
            direction=entry.get("direction", "none"),
            columns=tuple(entry.get("columns", ())),
            form=entry.get("form", ""),
            answers=entry.get("answers", ""),
        )
        for name, entry in table.items()
    }


def share_measures() -> dict[str, Measure]:
    """The shares of ideas, questions and the like that the commissioner may read: by them a goal may be answered too.

    >>> list(share_measures())
    ['attendance_share', 'idea_tried', 'idea_helped', 'question_handled_share']
    """
    return {name: measure for name, measure in measures().items() if measure.form}


@lru_cache
def limits() -> dict[str, float]:
    """Limits of size and other thresholds, by name.

    >>> limits()["group_figure"]
    5
    """
    table = tomllib.loads((files("evaltools") / "limits.toml").read_text("utf-8"))
    return {name: entry["value"] for name, entry in table.items()}
