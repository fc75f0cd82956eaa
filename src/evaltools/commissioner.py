"""What the commissioner reads. Every function takes a `Release` and nothing else about the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evaltools.blocks import Block, Callout, Figure, FigureTables, Heading, KeyFigures, Section, Table, Text
from evaltools.one_page import scales_in_order
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.process_pictures import ideas_picture, responses_picture, shares_picture, timeline_picture
from evaltools.sealed import Release, require_release
from evaltools.shown import Shown
from evaltools.wording import Words, minimal_change_text, released_change, words

_Json = Mapping[str, Any]


def cover(release: Release, language: str) -> Section:
    """Title, and the facts that a reader needs first."""
    document, own = require_release(release).document, words(language)
    contract = document["contract"]
    facts = [("commissioner", contract["commissioner"]), ("purpose", contract["purpose"])]
    if contract["groups"]:
        facts.append(("groups", own.listed(contract["groups"])))
    if contract["supervisors"]:
        facts.append(("supervisor", own.listed(contract["supervisors"])))
    facts += [
        ("period", own.period(contract)),
        ("report_date", own.day(date.fromisoformat(document["report_date"]))),
    ]
    rows = tuple((own.text(f"facts.{name}"), str(value)) for name, value in facts)
    blocks: list[Block] = [Heading(own.text("report.title"), 1, contract["commissioner"])]
    if document["notice"]:
        blocks.append(Callout(own.text("report.notice"), document["notice"]))
    heads = (own.text("heads.fact"), own.text("heads.what"))
    return Section((*blocks, Table(own.text("tables.facts"), heads, rows)))


def outcomes(release: Release, language: str) -> Section:
    """For each outcome: a sentence for every result, a picture, and the same figures as a table."""
    document, own = require_release(release).document, words(language)
    read = _reading(document["changes"], own)
    blocks: list[Block] = [Heading(own.text("report.outcomes")), Text((own.text("report.outcomes_lead"),))]
    blocks += [Callout(own.text("report.reading"), read)] if read else []
    for number, scale in enumerate(scales_in_order(document)):
        blocks += _outcome(scale, document, own, f"c{number}")
    if not document["scales"]:
        blocks.append(Text((own.text("report.no_outcomes"),)))
    return Section(tuple(blocks))


def method(release: Release, language: str) -> Section:
    """How the evaluation was done, in plain words; when; and how many stand behind the results."""
    document, own = require_release(release).document, words(language)
    waves, keys = document["contract"]["waves"], [own.label(key["label"]) for key in document["instruments"]]
    told = [own.text("how_done.measurements", waves=own.listed(waves))] if waves else []
    told += (
        [own.text("how_done.instruments", instruments=own.listed(keys))] if keys else [own.text("report.no_outcomes")]
    )
    pictures = (timeline_picture(document, own), responses_picture(document, own))
    drawn = tuple(picture for picture in pictures if picture)
    return Section((Heading(own.text("how_done.title"), off_first_page=True), Text(tuple(told)), *drawn))


def process(release: Release, language: str) -> Section:
    """How the supervision was carried out, in figures that no person stands behind, and in shares."""
    document, own = require_release(release).document, words(language)
    contract, sessions = document["contract"], _sessions(document, own)
    sentences = []
    if "interval_days" in contract:
        low, high = contract["interval_days"]
        sentences.append(own.text("process.interval", low=low, high=high))
    drawn = [picture for picture in (ideas_picture(document, own), shares_picture(document, own)) if picture]
    told = _hidden_shares(document, own)
    if not sessions and not drawn and not told:
        sentences.append(own.text("process.not_recorded"))
    blocks: list[Block] = [Heading(own.text("report.process")), *sessions]
    blocks += [Text((*sentences, *told))] if sentences or told else []
    return Section((*blocks, *drawn))


def _sessions(document: _Json, own: Words) -> list[Block]:
    """How many sessions were planned, held, moved and cancelled, as far as it is recorded."""
    counts = document["process"]
    names = [name for name in ("planned", "held", "moved", "cancelled") if f"sessions_{name}" in counts]
    told = tuple((own.number(counts[f"sessions_{name}"], 0), own.text(f"key.sessions_{name}")) for name in names)
    return [KeyFigures(told)] if told else []


def _hidden_shares(document: _Json, own: Words) -> list[str]:
    """A sentence for all the shares that are not shown for the same reason."""
    hidden: dict[tuple[str, str], list[str]] = {}
    for one in document["share_absences"]:
        hidden.setdefault((one["group"], one["absence"]), []).append(own.text(f"shares.names.{one['measure']}"))
    told = []
    for (group, absence), names in hidden.items():
        sentence = own.text(f"shares.{absence}", what="; ".join(names))
        told.append(own.text("released.in_group", group=group, sentence=sentence) if group else sentence)
    return told


def quotes(release: Release, language: str) -> Section:
    """What participants have said, where they have approved that this reader sees it; nothing where nobody has."""
    document, own = require_release(release).document, words(language)
    if not document["quotes"]:
        return Section(())
    said = [own.quote(quote["text"], quote["theme"]) for quote in document["quotes"]]
    return Section((Heading(own.text("report.quotes")), Text((own.text("report.quotes_lead"), *said))))


def limits_of_claims(release: Release, language: str) -> Section:
    """What may not be concluded from the report."""
    require_release(release)
    own = words(language)
    points = tuple(own.text(f"claims.{point}") for point in ("cause", "mean_and_people", "uncertainty", "chance"))
    return Section((Heading(own.text("report.claims")), Text(points)))


def recommendations(release: Release, language: str) -> Section:
    """The supervisor's own words, as written in ``evaluation.toml``."""
    document, own = require_release(release).document, words(language)
    text = document["recommendations"].strip() or own.text("report.no_recommendations")
    return Section((Heading(own.text("report.recommendations")), Text(tuple(text.split("\n\n")))))


def protection(release: Release, language: str) -> Section:
    """How the answers are protected, in plain words."""
    document, own = require_release(release).document, words(language)
    policy, alone = document["policy"], document["contract"].get("individual", [])
    points = [
        own.text("protection.people", **policy),
        own.text("protection.refused"),
        own.text(f"protection.rounded_{policy['name']}"),
    ]
    for name in sorted({scale["policy"] for scale in document["scales"] if "policy" in scale}):
        scales = [own.label(scale["label"]) for scale in document["scales"] if scale.get("policy") == name]
        rule = own.text(f"protection.rounded_{name}")
        points.append(own.text("protection.other_rule", scales=own.listed(scales), rule=rule))
    points += [own.text("protection.change"), own.text("protection.whole_or_groups", **policy)]
    if alone:
        points.append(own.text("protection.individual", groups=own.listed(alone)))
    return Section((Heading(own.text("appendix.protection")), Text((*points, own.text("protection.never")))))


def figure_tables(release: Release, language: str) -> Section:
    """Where the figures of all pictures stand as tables."""
    require_release(release)
    return Section((Heading(words(language).text("appendix.figure_tables")), FigureTables()))


def appendix(release: Release, language: str) -> Section:
    """Instruments and their licences; versions, checksum and how the report was made accessible."""
    document, own = require_release(release).document, words(language)
    heads = tuple(own.text(f"heads.{head}") for head in ("instrument", "version", "status", "licence", "source"))
    rows = tuple(
        (
            own.label(key["label"]),
            key["version"],
            own.text(f"status.{key['status']}"),
            key["licence"],
            key["source"],
        )
        for key in document["instruments"]
    )
    fill = {"version": document["versions"]["evaltools"], "checksum": document["checksum"][:16],
            "policy": document["policy"]["name"], "hash": document["policy"]["hash"]}  # fmt: skip
    made = Text((own.text("report.made", **fill), own.text("report.accessibility")))
    return Section((
        Heading(own.text("appendix.instruments")), Table(own.text("tables.instruments"), heads, rows),
        Heading(own.text("appendix.about")), made,
    ))  # fmt: skip


def _outcome(scale: _Json, document: _Json, own: Words, key: str) -> list[Block]:
    figures = [figure for figure in document["figures"] if figure["scale"] == scale["scale"]]
    changes = [change for change in document["changes"] if change["scale"] == scale["scale"]]
    absences = [absence for absence in document["absences"] if absence["scale"] == scale["scale"]]
    sentences = [_change_sentence(change, document, own) for change in changes]
    sentences += [_absence_sentence(absence, own) for absence in absences]
    if changes:
        sentences.append(minimal_change_text(**scale["minimal_change"], language=own.language))
    blocks: list[Block] = [Heading(own.label(scale["label"]), 3), Text(tuple(sentences))]
    if figures:
        blocks.append(_figure(figures, scale, document, own, key))
    return blocks


def _reading(changes: Sequence[_Json], own: Words) -> str:
    """What the uncertainty rests on, once for all outcomes; "" where no change is told."""
    bases = dict.fromkeys(change["basis"] for change in changes)
    told = [own.text("basis.assumed") if basis == "assumed" else own.text("basis.reference", basis=basis)
            for basis in bases]  # fmt: skip
    return " ".join((*told, own.text("basis.reserve"))) if told else ""


def _figure(figures: list[_Json], scale: _Json, document: _Json, own: Words, key: str) -> Figure:
    waves = document["contract"]["waves"]
    marks, told = [], []
    for figure in figures:
        shown, name = Shown(**figure["shown"]), waves[figure["wave"]]
        name = own.text("figures.group_and", group=figure["group"], rest=name) if figure["group"] else name
        exact = shown.kind == "value"
        marks.append(Mark(name, own.shown(shown), float(shown.low) if exact else None,
                          None if exact else (float(shown.low), float(shown.high))))  # fmt: skip
        told.append(f"{own.text('figures.wave_and_people', wave=name, n=figure['n'])}: {own.shown(shown)}")
    fill = {
        "scale": own.label(scale["label"]),
        "low": own.number(scale["low"], 0),
        "high": own.number(scale["high"], 0),
    }
    alternative = own.text("figures.levels_alternative", **fill, marks="; ".join(told))
    svg = levels_plot(marks, (scale["low"], scale["high"]), (fill["low"], fill["high"]), key)
    table = _levels_table(figures, scale, waves, own)
    return Figure(with_alternative(svg, alternative), alternative, own.text("figures.levels_caption", **fill), table)


def _levels_table(figures: Sequence[_Json], scale: _Json, waves: Sequence[str], own: Words) -> Table:
    """The released levels of one scale: group (where there are several), wave, mean as released, people."""
    grouped = any(figure["group"] for figure in figures)
    rows = []
    for figure in figures:
        names = [figure["group"]] if grouped else []
        rows.append((*names, waves[figure["wave"]], own.shown(Shown(**figure["shown"])), str(figure["n"])))
    heads = (["group"] if grouped else []) + ["wave", "mean", "people"]
    fill = {
        "scale": own.label(scale["label"]),
        "low": own.number(scale["low"], 0),
        "high": own.number(scale["high"], 0),
    }
    return Table(
        own.text("tables.released_levels", **fill),
        tuple(own.text(f"heads.{head}") for head in heads),
        tuple(rows),
    )


def _change_sentence(change: _Json, document: _Json, own: Words) -> str:
    levels = {
        figure["wave"]: Shown(**figure["shown"])
        for figure in document["figures"]
        if (figure["scale"], figure["group"]) == (change["scale"], change["group"])
    }
    scale = next(scale for scale in document["scales"] if scale["scale"] == change["scale"])
    sentence = released_change(change, levels[change["wave"]], levels[change["wave_to"]], scale,
                               document["contract"]["waves"], own.language)  # fmt: skip
    return own.text("released.in_group", group=change["group"], sentence=sentence) if change["group"] else sentence


def _absence_sentence(absence: _Json, own: Words) -> str:
    sentence = own.text(f"absences.{absence['absence']}")
    return own.text("released.in_group", group=absence["group"], sentence=sentence) if absence["group"] else sentence
