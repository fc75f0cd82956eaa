"""Pictures of how the supervision was carried out, drawn from what has been released and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaltools.blocks import Figure, Table
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.released_contract import final_changes
from evaltools.wording import Words

_Json = Mapping[str, Any]
_IDEA_CHAIN = ("idea_tried", "idea_helped")  # in the order in which an idea comes to use
_YEAR = 12


def timeline_picture(document: _Json, own: Words) -> Figure | None:
    """The months of the supervision with measurements and events; None where neither is known.

    A row for each, in the order of time: no two words can lie over each other.
    """
    contract = document["contract"]
    moments = sorted(_moments(document, own))
    if not moments:
        return None
    months = [month for month, _ in moments]
    span = (contract["start_month"], contract.get("end_month", document["report_date"][:7]))
    first, last = min(span[0], *months), max(span[1], *months)
    marks = [Mark(own.text("figures.supervision"), own.period(contract), bar=(_month(span[0]), _month(span[1])))]
    marks += [Mark(name, own.month(month), dot=_month(month)) for month, name in moments]
    told = "; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    alternative = own.text("figures.timeline_alternative", marks=told)
    ends = (_month(first), max(_month(last), _month(first) + 1))
    svg = with_alternative(levels_plot(marks, ends, (own.month(first), own.month(last)), "timeline"), alternative)
    heads = (own.text("heads.what_happened"), own.text("heads.when"))
    table = Table(own.text("tables.timeline"), heads, tuple((mark.name, mark.words) for mark in marks))
    return Figure(svg, alternative, own.text("figures.timeline_caption"), table)


def responses_picture(document: _Json, own: Words) -> Figure | None:
    """How many took part, and how many of them stand behind each result; None where no result is shown.

    Only numbers of people that the release tells beside its figures: those whose attendance was noted, and the same
    people at all measurements that are compared.
    """
    rows = list(_response_rows(document, own))
    if not any(people for _, people in rows):
        return None
    most = max(people for _, people in rows)
    marks = [Mark(name, own.text("figures.people", n=people) if people else own.text("figures.not_shown"),
                  bar=(0, people) if people else None) for name, people in rows]  # fmt: skip
    told = "; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    alternative = own.text("figures.responses_alternative", marks=told)
    ends = (own.number(0, 0), own.text("figures.people", n=most))
    svg = with_alternative(levels_plot(marks, (0, most), ends, "responses"), alternative)
    heads = (own.text("heads.who"), own.text("heads.people"))
    table = Table(own.text("tables.responses"), heads, tuple((mark.name, mark.words) for mark in marks))
    return Figure(svg, alternative, own.text("figures.responses_caption"), table)


def ideas_picture(document: _Json, own: Words) -> Figure | None:
    """From idea to use: of all ideas, which share was tried and which helped; None where neither is released."""
    shares = [share for share in document["shares"] if share["measure"] in _IDEA_CHAIN]
    groups = dict.fromkeys(share["group"] for share in shares)
    chained = [share for group in groups for name in _IDEA_CHAIN for share in shares
               if (share["group"], share["measure"]) == (group, name)]  # fmt: skip
    return _shares_figure(chained, "ideas", own)


def shares_picture(document: _Json, own: Words) -> Figure | None:
    """The other shares that have been released, each as the band that it lies in; None where there is none."""
    return _shares_figure([share for share in document["shares"] if share["measure"] not in _IDEA_CHAIN], "shares", own)


def _shares_figure(shares: Sequence[_Json], kind: str, own: Words) -> Figure | None:
    if not shares:
        return None
    marks, body = [], []
    for share in shares:
        name = own.text(f"shares.names.{share['measure']}")
        name = own.text("figures.group_and", group=share["group"], rest=name) if share["group"] else name
        shown = own.text(f"shares.shown.{share['shown']['kind']}", **share["shown"])
        marks.append(Mark(name, shown, bar=(float(share["shown"]["low"]), float(share["shown"]["high"]))))
        body.append((name, shown, str(share["n"]), own.month(share["until"])))
    told = "; ".join(f"{mark.name}: {mark.words}" for mark in marks)
    alternative = own.text(f"figures.{kind}_alternative", marks=told)
    heads = tuple(own.text(f"heads.{head}") for head in ("what_share", "share", "people", "until"))
    ends = (own.text("figures.share_none"), own.text("figures.share_all"))
    svg = with_alternative(levels_plot(marks, (0, 100), ends, kind), alternative)
    table = Table(own.text(f"tables.released_{kind}"), heads, tuple(body))
    return Figure(svg, alternative, own.text(f"figures.{kind}_caption"), table)


def _month(month: str) -> int:
    """A month as a number on a line of months."""
    return int(month[:4]) * _YEAR + int(month[5:])


def _moments(document: _Json, own: Words) -> Iterator[tuple[str, str]]:
    """Month and name of every measurement and event."""
    waves = document["contract"]["waves"]
    for row in document["process"].get("measurements", []):
        yield row["month"], own.text("figures.measurement", wave=waves[row["wave"]])
    for row in document["process"].get("events", []):
        name = own.text(f"figures.events.{row['kind']}")
        yield row["month"], own.text("figures.group_and", group=row["group"], rest=name) if "group" in row else name


def _response_rows(document: _Json, own: Words) -> Iterator[tuple[str, int]]:
    """Names of rows and numbers of people, group by group; 0 where none of a group's results is shown."""
    present = {share["group"]: share["n"] for share in document["shares"] if share["measure"] == "attendance_share"}
    final = [change for scale in document["scales"] for change in final_changes(scale["scale"], document)]
    labels = {scale["scale"]: own.label(scale["label"]) for scale in document["scales"]}
    hidden = [row["group"] for row in document["absences"]]
    for group in dict.fromkeys((*present, *(change["group"] for change in final), *hidden)):
        of_group = [change for change in final if change["group"] == group]
        rows = [(own.text("figures.took_part"), present[group])] if group in present else []
        for n in sorted({change["n"] for change in of_group}, reverse=True):
            scales = [labels[change["scale"]] for change in of_group if change["n"] == n]
            alone = len(scales) == len(of_group)
            name = own.text("figures.behind_all") if alone else own.text("figures.behind", scales=own.listed(scales))
            rows.append((name, n))
        rows += [] if of_group else [(own.text("figures.behind_all"), 0)]
        for name, people in rows:
            yield own.text("figures.group_and", group=group, rest=name) if group else name, people
