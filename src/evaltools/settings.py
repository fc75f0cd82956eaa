"""``evaluation.toml``: the contract, the goals, the plan, where the files are and what their columns mean."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.canonical import DECLARED, TABLES
from evaltools.declared_paths import is_device
from evaltools.errors import Problems
from evaltools.exports.decode import Source, decode_table, iso_date
from evaltools.exports.mapping import Mapping, checked_table, read_mapping
from evaltools.language import DEFAULT, languages
from evaltools.measures import limits
from evaltools.policy import policies
from evaltools.pseudonyms import looks_personal
from evaltools.schemas import empty_table

FILE = "evaluation.toml"
REGISTER_FILE = "register.toml"  # of a folder that holds a register in place of an evaluation
SCHEMA = 1
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # of right-to-left and left-to-right
_ENTRIES = (*DECLARED[1:], "scales", "files")
_RENAMED = {"goals": "goal", "groups": "group", "waves": "wave", "scales": "scale",
            "supervisors": "supervisor"}  # their ``id``  # fmt: skip
_LEVELS = 5  # of a goal: from much less than expected, -2, to much more, +2
_TOP = {
    "schema",
    "id",
    "language",
    "report_date",
    "notice",
    "contract",
    "codes",
    "mapping",
    "confidentiality",
    "report",
    *_ENTRIES,
}


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything that ``evaluation.toml`` declares, as validated tables; ``lines`` says where their entries begin.

    ``codes`` says for codes that people wrote which person's code is meant.
    """

    id: str
    language: str
    report_date: date
    notice: str
    policy: str
    recommendations: str
    tables: Table[str, pd.DataFrame]
    lines: Table[str, list[int | None]]
    mappings: Table[str, Mapping]
    codes: Table[str, str]


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
    tables = {"contract": _contract(raw, text, problems)}
    for name in _ENTRIES:
        entries = [_renamed(entry, name) for entry in _entries(raw, name, problems)]
        if name == "goals":
            entries = [_goal(entry, problems) for entry in entries]
        tables[name] = _section(entries, name, text, problems)
    codes, code_lines = _codes(raw, text, problems)
    mappings = checked_table(raw.get("mapping", {}), "mapping", None, FILE, problems)
    confidentiality = checked_table(raw.get("confidentiality", {}), "confidentiality", {"policy"}, FILE, problems)
    report = checked_table(raw.get("report", {}), "report", {"recommendations"}, FILE, problems)
    policy = _text(confidentiality, "policy", "confidentiality.policy", problems) or "standard"
    if policy not in policies():
        problems.add("policy_unknown", file=FILE, allowed=", ".join(policies()))
    return Settings(
        id=raw["id"] if isinstance(raw.get("id"), str) else "",
        language=raw["language"] if raw.get("language") in languages() else DEFAULT,
        report_date=_day(raw.get("report_date")) or date.min,
        notice=_text(raw, "notice", "notice", problems),
        policy=policy,
        recommendations=_text(report, "recommendations", "report.recommendations", problems),
        tables=tables,
        lines={name: _header_lines(text, name, len(table)) for name, table in tables.items()} | {"codes": code_lines},
        mappings={name: read_mapping(name, table, FILE, problems) for name, table in mappings.items()},
        codes=codes,
    )


def evaluation_id(folder: Path, language: str = DEFAULT) -> str:
    """The id of the evaluation or register in a folder, by which its key and its ledger are known.

    Raises
    ------
    FolderError
        If ``evaluation.toml`` is missing or broken, or has no id to work with; of a register, ``register.toml``.
    """
    problems = Problems()
    file = REGISTER_FILE if (folder / REGISTER_FILE).exists() and not (folder / FILE).exists() else FILE
    raw, _ = _load(folder / file, problems)
    if raw is not None and not _is_id(raw.get("id")):
        problems.add("id_not_usable", file=file)
    problems.raise_if_any(language, folder)
    return str((raw or {})["id"])


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_ID.fullmatch(value)) and not is_device(value)  # it names a folder


def _load(path: Path, problems: Problems) -> tuple[dict[str, Any] | None, str]:
    place = ""
    key = "settings_broken"
    try:
        if not path.parent.is_dir():
            problems.add("folder_not_found", file=path.parent.name)
            return None, ""
        if not path.is_file():
            problems.add("settings_not_found", file=path.name)
            return None, ""
        if path.stat().st_size > limits()["settings_megabytes"] * 1_000_000:
            problems.add("settings_too_large", file=path.name, largest=int(limits()["settings_megabytes"]))
            return None, ""
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text), text
    except OSError:
        key = "file_locked"
    except UnicodeDecodeError:
        key = "settings_not_utf8"
    except (ValueError, RecursionError) as error:  # no TOML, an endless number, or brackets in brackets in brackets
        place = str(error)
    line = re.search(r"line (\d+)", place)
    problems.add(key, file=path.name, row=int(line[1]) if line else None)
    return None, ""


def _check_top(raw: dict[str, Any], problems: Problems) -> None:
    for key in sorted(set(raw) - _TOP):
        problems.add("setting_unknown", file=FILE, key=key, allowed=", ".join(sorted(_TOP)))
    if type(raw.get("schema")) is not int or raw["schema"] != SCHEMA:
        problems.add("schema_unknown", file=FILE, schema=SCHEMA)
    if not _is_id(raw.get("id")):
        problems.add("id_not_usable", file=FILE)
    if raw.get("language", DEFAULT) not in languages():
        problems.add("language_unknown", file=FILE, allowed=", ".join(languages()))
    if not _day(raw.get("report_date")):
        problems.add("report_date_missing", file=FILE)


def _day(value: Any) -> date | None:
    """A date as TOML or as text; the time of day, where there is one, left out."""
    return iso_date(_as_text(value))


def _text(table: dict[str, Any], name: str, key: str, problems: Problems) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        problems.add("setting_not_text", file=FILE, key=key)
        return ""
    if has_hidden_letters(value):
        problems.add("setting_hidden_letters", file=FILE, key=key)
    return value


def _entries(raw: dict[str, Any], name: str, problems: Problems) -> list[dict[str, Any]]:
    entries = raw.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.add("section_not_a_list", file=FILE, key=name)
        return []
    return entries


def _renamed(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return {_RENAMED.get(name, "id") if key == "id" else key: value for key, value in entry.items()}


def _goal(entry: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """A goal whose ``levels``, five sentences from much less to much more than expected, are one text, a line each."""
    levels = entry.get("levels")
    if levels is None:
        return entry
    if not isinstance(levels, list) or len(levels) != _LEVELS or not all(isinstance(it, str) and it for it in levels):
        problems.add("goal_levels_unclear", file=FILE)
        return {key: value for key, value in entry.items() if key != "levels"}
    return entry | {"levels": "\n".join(" ".join(it.split()) for it in levels)}


def _contract(raw: dict[str, Any], text: str, problems: Problems) -> pd.DataFrame:
    """The contract as one row: ``interval_days = [21, 28]`` and ``frames.length`` get a column each."""
    if "contract" not in raw:
        problems.add("section_missing", file=FILE, key="contract")
        return empty_table("contract")
    contract = checked_table(raw["contract"], "contract", None, FILE, problems)
    if not contract:
        return empty_table("contract")
    flat = {key: value for key, value in contract.items() if key not in ("interval_days", "frames", "dialogue_dates")}
    interval = contract.get("interval_days", [])
    if "interval_days" in contract and not _is_interval(interval):
        problems.add("interval_unclear", file=FILE)
    elif interval:
        flat |= {"interval_days_from": interval[0], "interval_days_to": interval[1]}
    frames = checked_table(contract.get("frames", {}), "contract.frames", None, FILE, problems)
    flat |= {f"frames_{key}": value for key, value in frames.items()}
    dates = contract.get("dialogue_dates", [])
    if not isinstance(dates, list) or not all(_day(value) for value in dates):
        problems.add("dates_unclear", file=FILE, key="contract.dialogue_dates")
    elif dates:
        flat["dialogue_dates"] = ", ".join(str(_day(value)) for value in dates)
    return _section([flat], "contract", text, problems)


def _codes(raw: dict[str, Any], text: str, problems: Problems) -> tuple[dict[str, str], list[int | None]]:
    """``[codes]``: what is written in a file, and the code of the person who wrote it; the line of each."""
    entries = checked_table(raw.get("codes", {}), "codes", None, FILE, problems)
    section = re.search(r"^\s*\[\s*codes\s*\][^\n]*\n(.*?)(?=^\s*\[|\Z)", text, re.MULTILINE | re.DOTALL)
    first = text[: section.start(1)].count("\n") + 1 if section else 0
    filled = [
        number
        for number, line in enumerate(section[1].split("\n") if section else (), start=first)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    lines = list[int | None](filled) if len(filled) == len(entries) else [None] * len(entries)
    codes: dict[str, str] = {}
    kept: list[int | None] = []
    for (written, person), line in zip(entries.items(), lines, strict=True):
        clear = isinstance(person, str) and person.strip() and written.strip() and written.strip() not in codes
        personal = [kind for it in (written, str(person)) if (kind := looks_personal(it)) == "personnummer"]
        if personal or not clear:
            key = "looks_like_personnummer" if personal else "codes_unclear"
            problems.add(key, file=FILE, row=line, column="codes")
        else:
            codes[written.strip()] = person.strip()
            kept.append(line)
    return codes, kept


def _is_interval(value: Any) -> bool:
    numbers = value if isinstance(value, list) else []
    return len(numbers) == 2 and all(type(number) is int for number in numbers) and 0 < numbers[0] <= numbers[1]


def _section(entries: list[dict[str, Any]], name: str, text: str, problems: Problems) -> pd.DataFrame:
    """A section as a canonical table; messages name the line on which the entry begins."""
    allowed = TABLES[name]
    lines = _header_lines(text, name, len(entries))
    for entry, line in zip(entries, lines, strict=True):
        for key in sorted(set(entry) - set(allowed)):
            problems.add("setting_unknown", file=FILE, row=line, key=f"{name}.{key}", allowed=", ".join(allowed))
        for key, value in entry.items():
            if key in allowed and allowed[key].kind in ("code", "text") and not isinstance(value, str):
                problems.add("setting_not_text", file=FILE, row=line, key=f"{name}.{key}")
            elif isinstance(value, str) and has_hidden_letters(value):
                problems.add("setting_hidden_letters", file=FILE, row=line, key=f"{name}.{key}")
    records = [{key: _as_text(value) for key, value in entry.items()} for entry in entries]
    source = Source(FILE, "", lines, {key: f"{name}.{key}" for key in allowed})
    return decode_table(records, name, source, problems)


def has_hidden_letters(text: str) -> bool:
    r"""Whether a text holds letters that steer a screen or turn the direction of reading, and show nothing themselves.

    >>> has_hidden_letters("Grupp A\nrad två"), has_hidden_letters("Grupp \x1b[2J"), has_hidden_letters("a\u202eb")
    (False, True, True)
    """
    return any(
        (unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\r\t") or letter in _TURNING
        for letter in text
    )


def _header_lines(text: str, name: str, count: int) -> list[int | None]:
    """Line numbers of ``[name]`` or ``[[name]]``; None where they cannot be told (inline tables)."""
    header = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]")
    found = [number for number, line in enumerate(text.split("\n"), start=1) if header.match(line)]
    return list(found) if len(found) == count else [None] * count


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
