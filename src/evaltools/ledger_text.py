"""What has been released, as lines for a person and as JSON: which figures, to whom, when. Never about whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from evaltools.errors import Problems, on_one_line
from evaltools.folder import OWN_KEYS
from evaltools.instruments import Instrument, read_keys, shipped_instruments
from evaltools.language import texts
from evaltools.ledger import Entry, Event, Ledger
from evaltools.schemas import SUMMARY_GROUP
from evaltools.settings import read_settings
from evaltools.shown import Shown
from evaltools.wording import Words, words

SCHEMA = 1


def ledger_text(ledger: Ledger, language: str) -> str:
    """Every released figure and every event, by reader and date, in the order in which they were released.

    Names of groups, waves and scales are today's; a thing that is no longer declared is told by its id.
    """
    own, names = words(language), _names(ledger.path.parent, language)
    if not ledger.entries and not ledger.events:
        return own.text("ledger.empty", evaluation=ledger.evaluation)
    lines = [own.text("ledger.title", evaluation=ledger.evaluation, n=len(ledger.entries))]
    for (reader, on), entries in groupby(ledger.entries, key=lambda entry: (entry.reader, entry.on)):
        lines.append(own.text("ledger.released", reader=_reader(reader, language), day=_day(on, own)))
        lines += [f"  {_figure(entry, names, own)}" for entry in entries]
    lines += [own.text("ledger.events")] if ledger.events else []
    lines += [f"  {_event(event, language, own)}" for event in ledger.events]
    return "\n".join(lines[:1] + [_indented(line) for line in lines[1:]])


def ledger_json(ledger: Ledger) -> str:
    """The same for programs, with ids in place of names.

    ``released`` holds ``on, to, measure, scale, group_by, group, wave, n, figure, policy`` of every figure; ``events``
    ``event, comment, to, on, report``.
    """
    released = [
        {"on": entry.on, "to": entry.reader, "measure": entry.measure, "scale": entry.scale, "policy": entry.policy,
         "group_by": entry.group_by, "group": entry.group, "wave": entry.wave, "n": entry.figure.get("n"),
         "figure": entry.figure.get("shown")}
        for entry in ledger.entries
    ]  # fmt: skip
    events = [
        {"event": event.event, "comment": event.comment, "to": event.reader, "on": event.on, "report": event.report}
        for event in ledger.events
    ]
    told = {"schema": SCHEMA, "evaluation": ledger.evaluation, "released": released, "events": events}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _figure(entry: Entry, names: Mapping[str, str], own: Words) -> str:
    counted = entry.figure.get("count", {}).get("measure", "")
    measure = own.text(f"counts.measures.{counted}") if counted else entry.measure
    what = names.get(f"scale {entry.scale}", entry.scale) or measure
    group = "" if entry.group in ("", SUMMARY_GROUP) else names.get(f"group {entry.group}", entry.group)
    group = own.text(f"contract_report.audiences.{entry.group}") if entry.group_by == "audience" else group
    several = {"total": "ledger.sum_over_groups", "count": "ledger.count_over_groups"}.get(entry.group_by, "")
    group = own.text(several, id=entry.group) if several else group
    wave = names.get(f"wave {entry.wave}", entry.wave) or str(entry.figure.get("until", ""))
    place = ", ".join(filter(None, (what, group, wave)))
    return own.text("ledger.figure", place=place, shown=_shown(entry.figure, own), n=entry.figure.get("n", ""))


def _indented(line: str) -> str:
    """A line whose labels can neither break it nor steer the screen."""
    text = on_one_line(line)
    return f"  {text}" if line.startswith("  ") else text


def _shown(figure: Mapping[str, Any], own: Words) -> str:
    """The figure as it was released; one of a form that this version does not know is only said to be out."""
    shown = figure.get("shown")
    known = isinstance(shown, dict) and set(shown) == {"kind", "low", "high"} and shown["kind"] in texts("sv")["shown"]
    return own.shown(Shown(**shown)) if known and shown else own.text("ledger.other_form")


def _event(event: Event, language: str, own: Words) -> str:
    return own.text(f"ledger.{event.event}", comment=event.comment, reader=_reader(event.reader, language),
                    on=_day(event.on, own), report=_day(event.report, own))  # fmt: skip


def _reader(reader: str, language: str) -> str:
    return str(texts(language)["readers"].get(reader, reader))


def _day(day: str, own: Words) -> str:
    return own.day(date.fromisoformat(day)) if day else own.text("ledger.no_day")


def _names(folder: Path, language: str) -> dict[str, str]:
    """Labels of the waves, groups and scales that the folder declares now."""
    settings = read_settings(folder, Problems())
    names: dict[str, str] = {}
    for table, column in (("waves", "wave"), ("groups", "group")):
        rows = settings.tables[table] if settings else None
        if rows is not None:
            rows = rows.dropna(subset=[column, "label"])
            names |= {f"{column} {one}": label for one, label in zip(rows[column], rows["label"], strict=True)}
    own: dict[str, Instrument] = read_keys(folder / OWN_KEYS)[0] if (folder / OWN_KEYS).is_dir() else {}
    for key in (shipped_instruments() | own).values():
        names |= {f"scale {scale.id}": words(language).label(scale.label) for scale in key.scales}
    return names
