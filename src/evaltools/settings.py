"""``evaluation.toml``: the contract, the goals, the plan, where the files are and what their columns mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.errors import Problems
from evaltools.exports.decode import Source, decode_table, iso_date
from evaltools.exports.mapping import Mapping, read_mapping
from evaltools.language import DEFAULT, languages
from evaltools.schemas import TABLES, empty_table

FILE = "evaluation.toml"
SCHEMA = 1
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ENTRIES = ("supervisor_periods", "goals", "evaluation_plan", "groups", "waves", "scales", "files")
_RENAMED = {"goals": "goal", "groups": "group", "waves": "wave", "scales": "scale"}  # their ``id``
_TOP = {
    "schema",
    "id",
    "language",
    "report_date",
    "notice",
    "contract",
    "mapping",
    "confidentiality",
    "report",
    *_ENTRIES,
}


@dataclass(frozen=True)
class Settings:
    """Everything that ``evaluation.toml`` declares, as validated tables."""

    id: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    tables: Table[str, pd.DataFrame]
    mappings: Table[str, Mapping]


def read_settings(folder: Path, problems: Problems) -> Settings | None:
    """Read and check ``evaluation.toml``.

    Parameters
    ----------
    folder : Path
        The evaluation folder.
    problems : Problems
        Collects everything that is wrong in the file.

    Returns
    -------
    Settings or None
        None where the file is missing, is no TOML, or has no id to work with.
    """
    raw, text = _load(folder / FILE, problems)
    if raw is None:
        return None
    _check_top(raw, problems)
    contract = _flat_contract(raw.get("contract", {}), problems)
    tables = {"contract": _section([contract], "contract", text, problems)}
    for name in _ENTRIES:
        tables[name] = _section(
            [_renamed(entry, name) for entry in _entries(raw, name, problems)], name, text, problems
        )
    mappings = {
        name: read_mapping(name, table, FILE, problems)
        for name, table in raw.get("mapping", {}).items()
        if isinstance(table, dict)
    }
    reported = raw.get("report_date")
    return Settings(
        id=raw["id"] if isinstance(raw.get("id"), str) else "",
        language=raw.get("language", DEFAULT),
        report_date=reported if isinstance(reported, date) else iso_date(str(reported)) or date.min,
        notice=str(raw.get("notice", "")),
        policy=str(raw.get("confidentiality", {}).get("policy", "standard")),
        recommendations=str(raw.get("report", {}).get("recommendations", "")),
        tables=tables,
        mappings=mappings,
    )


def _load(path: Path, problems: Problems) -> tuple[dict[str, Any] | None, str]:
    if not path.parent.is_dir():
        problems.add("folder_not_found", file=path.parent.name)
        return None, ""
    if not path.is_file():
        problems.add("settings_not_found", file=FILE)
        return None, ""
    place = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text), text
    except UnicodeDecodeError:
        problems.add("settings_not_utf8", file=FILE)
    except tomllib.TOMLDecodeError as error:
        place = str(error)
    if place:
        line = re.search(r"line (\d+)", place)
        problems.add("settings_broken", file=FILE, row=int(line[1]) if line else None)
    return None, ""


def _check_top(raw: dict[str, Any], problems: Problems) -> None:
    for key in sorted(set(raw) - _TOP):
        problems.add("setting_unknown", file=FILE, key=key, allowed=", ".join(sorted(_TOP)))
    for name, allowed in (("confidentiality", {"policy"}), ("report", {"recommendations"})):
        section = raw.get(name, {})
        for key in sorted(set(section) - allowed) if isinstance(section, dict) else [""]:
            problems.add("setting_unknown", file=FILE, key=f"{name}.{key}", allowed=", ".join(sorted(allowed)))
    if raw.get("schema") != SCHEMA:
        problems.add("schema_unknown", file=FILE, schema=SCHEMA)
    if not isinstance(raw.get("id"), str) or not _ID.fullmatch(raw["id"]):
        problems.add("id_not_usable", file=FILE)
    if raw.get("language", DEFAULT) not in languages():
        problems.add("language_unknown", file=FILE, allowed=", ".join(languages()))
    reported = raw.get("report_date")
    if not isinstance(reported, date) and not iso_date(str(reported)):
        problems.add("report_date_missing", file=FILE)


def _entries(raw: dict[str, Any], name: str, problems: Problems) -> list[dict[str, Any]]:
    entries = raw.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.add("section_not_a_list", file=FILE, key=name)
        return []
    return entries


def _renamed(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {_RENAMED.get(name, "id") if key == "id" else key: value for key, value in entry.items()}


def _flat_contract(contract: Any, problems: Problems) -> dict[str, Any]:
    """The contract as one row: ``interval_days = [21, 28]`` and ``frames.length`` get a column each."""
    if not isinstance(contract, dict):
        problems.add("section_not_a_list", file=FILE, key="contract")
        return {}
    flat = {key: value for key, value in contract.items() if key not in ("interval_days", "frames", "dialogue_dates")}
    interval = contract.get("interval_days")
    if isinstance(interval, list) and len(interval) == 2:
        flat |= {"interval_days_from": interval[0], "interval_days_to": interval[1]}
    elif interval is not None:
        problems.add("interval_unclear", file=FILE)
    frames = contract.get("frames", {})
    flat |= {f"frames_{key}": value for key, value in (frames.items() if isinstance(frames, dict) else ())}
    dates = contract.get("dialogue_dates")
    if isinstance(dates, list):
        flat["dialogue_dates"] = ", ".join(_as_text(value) for value in dates)
    return flat


def _section(entries: list[dict[str, Any]], name: str, text: str, problems: Problems) -> pd.DataFrame:
    """A section as a canonical table; messages name the line on which the entry begins."""
    allowed = TABLES[name]
    lines = _header_lines(text, name, len(entries))
    for entry, line in zip(entries, lines, strict=True):
        for key in sorted(set(entry) - set(allowed)):
            problems.add("setting_unknown", file=FILE, row=line, key=f"{name}.{key}", allowed=", ".join(allowed))
    records = [{key: _as_text(value) for key, value in entry.items()} for entry in entries]
    source = Source(FILE, "", lines, {key: f"{name}.{key}" for key in allowed})
    frame = decode_table(records, name, source, problems)
    return empty_table(name) if frame is None else frame


def _header_lines(text: str, name: str, count: int) -> list[int | None]:
    """Line numbers of ``[name]`` or ``[[name]]``; None where they cannot be told (inline tables)."""
    header = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]")
    found = [number for number, line in enumerate(text.splitlines(), start=1) if header.match(line)]
    return list(found) if len(found) == count else [None] * count


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
