"""What an organisation reads about a register. Every function takes a `Summary`: pooled figures, nothing of a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evaltools.blocks import Block, Callout, Heading, KeyFigures, Section, Table, Text
from evaltools.measures import limits
from evaltools.portfolio import SUPERVISORS
from evaltools.register.summary import Summary
from evaltools.register.violations import RULES
from evaltools.wording import Words, minimal_change_text, words

_Json = Mapping[str, Any]
_DIGITS = 2


def cover(summary: Summary, language: str) -> Section:
    """Title and what the review is made of."""
    own, told = words(language), summary.document
    facts = {
        "register": told["register"], "report_date": own.day(date.fromisoformat(told["report_date"])),
        "groups": own.number(told["groups"], 0), "people": own.number(told["people"], 0),
        "rows": own.number(told["rows"], 0), "missing": own.number(told["missing"], 0),
        "left_out": own.number(sum(told["left_out"].values()), 0),
        "compare": own.text("organisation.waves", wave=told["compare"][0], wave_to=told["compare"][1]),
    }  # fmt: skip
    blocks: list[Block] = [Heading(own.text("organisation.title"), 1)]
    if told["notice"]:
        blocks.append(Callout(own.text("report.notice"), told["notice"]))
    rows = tuple((own.text(f"register.facts.{name}"), value) for name, value in facts.items())
    heads = (own.text("heads.fact"), own.text("heads.value"))
    return Section((*blocks, Table(own.text("organisation.facts_caption"), heads, rows)))


def overview(summary: Summary, language: str) -> Section:
    """The review on one page: how many, and a sentence for each outcome."""
    own, told = words(language), summary.document
    figures = ((own.number(told["groups"], 0), own.text("register.facts.groups")),
               (own.number(told["people"], 0), own.text("register.facts.people")))  # fmt: skip
    sentences = [f"{own.label(outcome['label'])}: {' '.join(_mean(outcome, own))}" for outcome in told["outcomes"]]
    closing = (own.text("organisation.no_ranking"), own.text("report.no_cause"))
    return Section((Heading(own.text("report.summary")), KeyFigures(figures), Text((*sentences, *closing))))


def reported(summary: Summary, language: str) -> Section:
    """How many have a score at each measurement; which rows and files are not in the figures, and why."""
    own, told = words(language), summary.document
    heads = (own.text("organisation.heads.scale"), *told["waves"])
    rows = tuple((own.label(outcome["label"]), *(own.number(n, 0) for n in outcome["measured"]))
                 for outcome in told["outcomes"])  # fmt: skip
    blocks: list[Block] = [Heading(own.text("organisation.reported")),
                           Table(own.text("register.measured_caption"), heads, rows)]  # fmt: skip
    broken = tuple((own.text(f"register.rules.{rule}"), own.number(told["left_out"][rule], 0))
                   for rule in RULES if rule in told["left_out"])  # fmt: skip
    if broken:
        heads = (own.text("register.heads.rule"), own.text("register.heads.rows"))
        blocks.append(Table(own.text("register.left_out_caption"), heads, broken))
    sentences = [own.text("register.rows_told" if broken else "register.no_rows_left_out")]
    if told["unread"]:
        names = own.listed(list(told["unread"]))
        sentences.append(own.text("register.unread", n=len(told["unread"]), names=names))
    return Section((*blocks, Text(tuple(sentences))))


def outcomes(summary: Summary, language: str) -> Section:
    """For each outcome: the change in all groups together, and how the groups differ."""
    own = words(language)
    blocks: list[Block] = [Heading(own.text("organisation.outcomes")), Text((own.text("register.outcomes_lead"),))]
    for outcome in summary.document["outcomes"]:
        blocks += [Heading(own.label(outcome["label"]), 3), Text(tuple(_sentences(outcome, own)))]
        if outcome.get("funnel"):
            blocks.append(_funnel(outcome, own))
        if "course" in outcome:
            blocks.append(_course(outcome, summary.document["waves"], own))
    return Section(tuple(blocks))


def side_by_side(summary: Summary, language: str) -> Section:
    """The change of each unit, sector, supervisor or year, as asked for and as far as it may be told."""
    own, blocks = words(language), list[Block]()
    fill = {"fewest": int(limits()["pooled_groups"]), "people": int(limits()["pooled_people"]),
            "least": int(limits()["modelled_groups"])}  # fmt: skip
    for by in summary.document["by"]:
        blocks += [Heading(own.text(f"register.by.{by}")), Text((own.text(f"register.by_lead.{by}", **fill),))]
        told = [outcome for outcome in summary.document["outcomes"] if "by" in outcome]
        rows = tuple(_class(outcome, row, by, own) for outcome in told for row in outcome["by"][by]["classes"])
        if not rows:
            blocks.append(Text((own.text("register.by_nothing"),)))
            continue
        heads = (own.text("organisation.heads.scale"), own.text(f"register.heads.{by}"),
                 *(own.text(f"organisation.heads.{name}") for name in ("groups", "people", "mean_change",
                                                                       "interval_95")))  # fmt: skip
        caption = own.text("register.by_caption", by=own.text(f"register.heads.{by}").lower())
        blocks += [Table(caption, heads, rows, own.text("register.by_note", **fill)), *_others(told, by, own)]
    return Section(tuple(blocks))


def limits_of_claims(summary: Summary, language: str) -> Section:
    """What may not be concluded from the review."""
    own = words(language)
    points = ("claims.cause", "claims.mean_and_people", "claims.chance", "organisation.claims.ranking",
              "organisation.claims.same_people", "organisation.claims.who")  # fmt: skip
    return Section((Heading(own.text("report.claims")), Text(tuple(own.text(point) for point in points))))


def protection(summary: Summary, language: str) -> Section:
    """How the answers are protected, in plain words; the questionnaires."""
    own, told = words(language), summary.document
    points = tuple(own.text(f"register.protection.{point}") for point in ("pooled", "wall", "again"))
    keys = {
        tuple(sorted(outcome["instrument"]["label"].items())): outcome["instrument"] for outcome in told["outcomes"]
    }
    heads = tuple(own.text(f"heads.{head}") for head in ("instrument", "version", "status", "licence", "source"))
    rows = tuple((own.label(key["label"]), key["version"], own.text(f"status.{key['status']}"), key["licence"],
                  key["source"]) for key in keys.values())  # fmt: skip
    table = Table(own.text("tables.instruments"), heads, rows)
    return Section(
        (Heading(own.text("report.protection")), Text(points), Heading(own.text("report.instruments")), table)
    )


def _class(outcome: _Json, row: _Json, by: str, own: Words) -> tuple[str, ...]:
    name = own.text("organisation.supervisor", number=row["name"]) if by == SUPERVISORS else row["name"]
    change, *ends = row["mean"]
    interval = own.text("organisation.no_interval") if ends[0] is None else _ends(ends, own)
    return (own.label(outcome["label"]), name or own.text("organisation.not_stated"), own.number(row["groups"], 0),
            own.number(row["with_change"], 0), _number(change, own), interval)  # fmt: skip


def _others(told: Sequence[_Json], by: str, own: Words) -> list[Block]:
    """How many groups are in no row."""
    left = [own.text("register.by_others_of", scale=own.label(outcome["label"]),
                     n=own.number(outcome["by"][by]["others"], 0)) for outcome in told
            if outcome["by"][by]["others"]]  # fmt: skip
    return [Text((own.text("register.by_others", others=own.listed(left)),))] if left else []


def _mean(outcome: _Json, own: Words) -> list[str]:
    """The change in all groups together, and what may be said of it."""
    if "mean" not in outcome:
        return [own.text("register.too_few")]
    change, low, high = (_number(part, own) for part in outcome["mean"])
    fill = {"groups": own.number(outcome["groups"], 0), "n": own.number(outcome["with_change"], 0),
            "scale": own.label(outcome["label"]), "low_end": own.number(outcome["low"], 0),
            "high_end": own.number(outcome["high"], 0), "least": int(limits()["modelled_groups"]),
            "change": change, "low": low, "high": high}  # fmt: skip
    ends = outcome["mean"][1:]
    if ends[0] is None:
        return [own.text("organisation.mean.equal", **fill)]
    said = "up" if ends[0] > 0 else "down" if ends[1] < 0 else "unclear"
    sentences = [own.text("organisation.mean.interval", **fill), own.text(f"organisation.mean.{said}", **fill)]
    if outcome["groups"] < limits()["modelled_groups"]:
        sentences.append(own.text("organisation.mean.few", **fill))
    return sentences


def _sentences(outcome: _Json, own: Words) -> list[str]:
    sentences = [" ".join(_mean(outcome, own)), *_difference(outcome, own)]
    if "spread" in outcome:
        sentences.append(own.text("register.spread", sd=_number(outcome["spread"], own, signed=False)))
    if "alpha" in outcome:
        alpha, low, high = (_number(part, own, signed=False) for part in outcome["alpha"][:3])
        n = own.number(outcome["alpha"][3], 0)
        sentences.append(own.text("register.alpha", alpha=alpha, low=low, high=high, n=n))
    if "mean" in outcome:
        sentences.append(minimal_change_text(**outcome["minimal_change"], language=own.language))
    if not outcome["higher_is_better"]:
        sentences.append(own.text("goals.lower_is_better"))
    return sentences


def _difference(outcome: _Json, own: Words) -> list[str]:
    """How much the groups differ, and where a new group is expected."""
    if "tau2" not in outcome:
        return []
    sd, low, high = ("" if part is None else own.number(part**0.5, _DIGITS) for part in outcome["tau2"])
    said = "alike" if not high else "sure" if outcome["tau2"][1] > 0 else "unsure"
    share = own.number(100 * outcome["i_squared"], 0) if outcome["i_squared"] is not None else ""
    sentences = [own.text(f"organisation.between.{said}", sd=sd, low=low, high=high, share=share)]
    if outcome["prediction"][0] is not None:
        low, high = (_number(part, own) for part in outcome["prediction"])
        sentences.append(own.text("organisation.prediction", low=low, high=high, change=""))
    apart = {name: _number(value, own, signed=False) for name, value in outcome["apart"].items()}
    return [*sentences, own.text("register.apart", **apart), _beyond(outcome, own)]


def _beyond(outcome: _Json, own: Words) -> str:
    """How many groups lie beyond the limit that holds for all of them together."""
    low, high = outcome["beyond"]
    said = "some" if low == high else "most" if low else "few"
    return own.text(f"register.beyond_{said}", n=own.number(low, 0), groups=own.number(outcome["groups"], 0))


def _funnel(outcome: _Json, own: Words) -> Table:
    heads = [own.text(f"organisation.heads.{name}") for name in
             ("people", "groups", "limits_95", "limits_998", "outside_95", "outside_998")]  # fmt: skip
    rows = tuple(
        (str(row["people"]), own.number(row["groups"], 0), _ends(row["limits_95"], own), _ends(row["limits_998"], own),
         *(_count(ends, own) for ends in row["outside"]))
        for row in outcome["funnel"]
    )  # fmt: skip
    caption = own.text("organisation.funnel_table", scale=own.label(outcome["label"]))
    note = f"{own.text('organisation.funnel_note')} {own.text('register.funnel_note')}"
    return Table(caption, tuple(heads), rows, note)


def _count(ends: Sequence[int], own: Words) -> str:
    """A number of groups; few on either side in words."""
    low, high = ends
    if low == high:
        return own.number(low, 0)
    return own.text("register.fewer", n=high + 1) if not low else own.text("register.at_least", n=own.number(low, 0))


def _course(outcome: _Json, waves: Sequence[str], own: Words) -> Table:
    """The mean change from the first measurement to each other."""
    told = outcome["course"]
    rows = tuple((wave, _number(change, own)) for wave, change in zip(waves[1:], told["changes"], strict=True))
    heads = (own.text("register.heads.wave"), own.text("organisation.heads.mean_change"))
    caption = own.text("register.course_caption", scale=own.label(outcome["label"]), wave=waves[0])
    return Table(caption, heads, rows, own.text("register.course_note", n=own.number(told["people"], 0)))


def _number(value: float | None, own: Words, *, signed: bool = True) -> str:
    return "" if value is None else own.number(value, _DIGITS, signed=signed)


def _ends(ends: Sequence[float], own: Words) -> str:
    low, high = (_number(end, own) for end in ends)
    return own.text("language.from_to", low=low, high=high)
