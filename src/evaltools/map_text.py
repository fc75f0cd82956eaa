"""A draft of a mapping as TOML with comments, for a person to read, mend and paste into ``evaluation.toml``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaltools.draft_columns import ANSWERED, ColumnDraft
from evaltools.draft_mapping import Draft
from evaltools.draft_scales import UNKNOWN, ScaleDraft, declared_labels
from evaltools.errors import FolderError, message
from evaltools.exports.grid import WORKBOOK
from evaltools.exports.recognition import shortened
from evaltools.language import DEFAULT, texts
from evaltools.toml_lines import comment, quoted, switched_off

_SHOWN = 60  # letters of a heading in a comment
_OPEN = re.compile(r'^[^#\n]*= "\?"', re.MULTILINE)
_RULES = ("item", "proposed", "options")
_NOT_READ = ("several", "free_text", "empty", "own", "group")


def map_text(draft: Draft, language: str = DEFAULT) -> str:
    """The draft as text: the entry of the file, the source, a rule for every column that means something, the scales.

    Parameters
    ----------
    draft : Draft
        What was proposed.
    language : str
        Language of the comments.

    Returns
    -------
    str
        Valid TOML. What a person has to fill in stands as ``"?"``, and the first lines say how often.
    """
    told = texts(language)
    words = told["map"]
    name = _mapping_name(draft, words["name"])
    named, scales = _named_scales(draft.columns, words["scale"])
    parts = [
        _file_entry(draft, name, words),
        _source(draft, name, words),
        _people(draft, name, words),
        _wave_rule(draft, name, words),
        *(
            _rule(column, name, named.get(column.names.at), draft.words, words)
            for column in draft.columns
            if column.role in _RULES
        ),
        *(_score_rule(column, name, draft.words, words) for column in draft.columns if column.score),
        *(_scale(key, scale, active, name, words) for key, (scale, active) in scales.items()),
        _privacy(draft, name, told),
        _not_read(draft, name, words),
    ]
    body = "\n\n".join("\n".join(lines) for lines in parts if lines)
    return f"{_head(draft, body, told)}\n\n{body}\n"


def write_draft(text: str, out: Path, language: str = DEFAULT) -> None:
    """Write a draft to a file that does not exist; raises `FolderError` where it does or cannot be written."""
    key = ""
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        key = "map_out_taken"
    except (OSError, ValueError):
        key = "map_out_not_written"
    if key:
        raise FolderError(message(key, language, out=out.name))


def _mapping_name(draft: Draft, name: str) -> str:
    taken = set(draft.taken)
    return next(
        each
        for number in range(1, len(taken) + 2)
        if (each := name if number == 1 else f"{name}_{number}") not in taken
    )


def _head(draft: Draft, body: str, told: Mapping[str, Any]) -> str:
    words, inspect = told["map"], told["inspect"]
    found = draft.recognition
    tool = inspect["tools"][found.tool]
    tool = f"{tool}, {inspect['variants'][found.variant]}" if found.variant else tool
    reasons = " ".join(inspect["reasons"][key].format(it=it) for key, it in found.reasons)
    gaps = len(_OPEN.findall(body))
    person = any(column.role == "person" for column in draft.columns)
    items = sum(column.role in ("item", "score") for column in draft.columns)
    lines = comment(words["head"].format(file=draft.file))
    lines += comment(words["gaps"].format(n=gaps)) if gaps else []
    lines += [] if person else comment(words["no_codes"])
    lines += [] if items else comment(words["no_items"])
    lines += comment(words["complete"]) if items and person and not gaps else []
    lines += comment(
        words["recognised"].format(tool=tool, confidence=inspect["confidences"][found.confidence], reasons=reasons)
    )
    lines += comment(words["counts"].format(rows=draft.rows, columns=len(draft.columns), items=items))
    return "\n".join(lines + (comment(inspect["experimental"]) if found.experimental else []))


def _file_entry(draft: Draft, name: str, words: Mapping[str, Any]) -> list[str]:
    lines = [*comment(words["entry"]), "[[files]]", f"path = {quoted(f'exports/{draft.file}')}", 'table = "responses"']
    lines += [f"sheet = {quoted(draft.sheet)}"] if draft.form == WORKBOOK and draft.sheet else []
    answered = [column for column in draft.columns if column.role in ANSWERED]
    if draft.words:
        told = ", ".join(f"{word} = {wave or UNKNOWN}" for word, wave in draft.words.items())
        lines += comment(words["words"].format(it=told, waves=", ".join(draft.waves)))
    if not any(column.role == "wave" for column in draft.columns) and not all(column.word for column in answered):
        why = words["wave_why"][draft.wave_why or "unknown"].format(waves=", ".join(draft.waves))
        lines.append(f"wave = {quoted(draft.wave or UNKNOWN)}  # {why}")
    return [*lines, f"mapping = {quoted(name)}"]


def _source(draft: Draft, name: str, words: Mapping[str, Any]) -> list[str]:
    """What has to be declared of the source; what is recognised again at every reading is only told."""
    declared, found = draft.declared, draft.recognition
    given = {"tool": declared.tool, "encoding": declared.encoding, "delimiter": declared.delimiter}
    lines = [f"{key} = {quoted(told)}" for key, told in given.items() if told]
    if found.tool == "generic" and found.header_rows > 1:
        lines.append(f"header_rows = {found.header_rows}")
    lines += _times(draft, words)
    if lines:
        return [f"[mapping.{name}.source]", *lines]
    told = [f"[mapping.{name}.source]", f"tool = {quoted(found.tool)}"]
    return [*comment(words["source"]), *switched_off(told)]


def _times(draft: Draft, words: Mapping[str, Any]) -> list[str]:
    """The zone of the tool's times, and the order of day and month; switched off where the times allow both."""
    times = draft.times
    if not times.timezone:
        return []
    lines = comment(words["times"].format(column=times.column))
    lines.append(f"timezone = {quoted(times.timezone)}")
    if len(times.orders) == 1:
        lines.append(f"date_order = {quoted(times.orders[0])}")
    elif times.orders:
        lines += comment(words["both_orders"])
        lines += switched_off(f"date_order = {quoted(order)}" for order in times.orders)
    return lines


def _people(draft: Draft, name: str, words: Mapping[str, Any]) -> list[str]:
    column = next((column for column in draft.columns if column.role == "person"), None)
    if column is None:
        rule = [f"[[mapping.{name}.columns]]", 'match = { heading = "?" }', 'column = "person"', "",
                f"[mapping.{name}.rows]", "anonymous = true"]  # fmt: skip
        for group in (column for column in draft.columns if column.role == "group"):
            rule += _rule_lines(group, name, column_is="group")
        return [*comment(words["no_person"]), *switched_off(line or "#" for line in rule)]
    return [*comment(words["person"].format(place=_place(column))), *_rule_lines(column, name, column_is="person")]


def _wave_rule(draft: Draft, name: str, words: Mapping[str, Any]) -> list[str]:
    column = next((column for column in draft.columns if column.role == "wave"), None)
    if column is None:
        return []
    lines = [*comment(words["wave"].format(place=_place(column))), *_rule_lines(column, name, column_is="wave"), ""]
    lines += comment(words["events"].format(waves=", ".join(draft.waves)))
    lines += comment(words["hidden"].format(n=draft.hidden_events)) if draft.hidden_events else []
    return [*lines, f"[mapping.{name}.waves]", *(f"{quoted(event)} = {quoted(wave)}" for event, wave in draft.events)]


def _rule_lines(column: ColumnDraft, name: str, *, column_is: str = "", item: str = "", score: str = "",
                wave: str = "", scale: str = "") -> list[str]:  # fmt: skip
    kind, wanted = column.names.match
    match = wanted if isinstance(wanted, int) else quoted(wanted)
    lines = [f"[[mapping.{name}.columns]]", f"match = {{ {kind} = {match} }}"]
    meant = (("column", column_is), ("item", item), ("score", score), ("wave", wave), ("scale", scale))
    return lines + [f"{key} = {quoted(told)}" for key, told in meant if told]


def _wave_in_rule(column: ColumnDraft, waves: Mapping[str, str]) -> str:
    return (waves.get(column.word) or UNKNOWN) if column.word else ""


def _score_rule(column: ColumnDraft, name: str, waves: Mapping[str, str], words: Mapping[str, Any]) -> list[str]:
    """The rule of a column that holds a score; switched off where the scale's questions are read themselves."""
    rule = _rule_lines(column, name, score=column.score, wave=_wave_in_rule(column, waves))
    lines = comment(f"{_place(column)}: {words['why'][column.role].format(scale=column.score)}")
    return lines + (rule if column.role == "score" else switched_off(rule))


def _rule(column: ColumnDraft, name: str, scale: str | None, waves: Mapping[str, str],
          words: Mapping[str, Any]) -> list[str]:  # fmt: skip
    """The rule of one column; switched off unless it is sure which item the column is."""
    items = column.guess.items
    why = words["why"][column.guess.how or "nothing"].format(items=", ".join(items))
    lines = comment(f"{_place(column)}: {why}")
    if column.question and column.question.text and column.names.match[0] != "heading":
        lines += comment(words["question"].format(it=column.question.text[:200]), "  ")
    if scale is None and column.role != "options":
        lines += comment(words["no_scale"])
    if column.scale and column.scale.kind == "unclear":
        lines += comment(words["unclear_scale"].format(scales=", ".join(column.scale.nearest)))
    elif column.scale and column.scale.nearest:
        near = ", ".join(map(quoted, column.scale.nearest))
        lines += comment(words["misspelt"].format(n=column.scale.hidden, labels=near))
    told = UNKNOWN if scale is None else scale
    item = items[0] if len(items) == 1 else UNKNOWN
    rule = _rule_lines(column, name, item=item, wave=_wave_in_rule(column, waves), scale=told)
    return lines + (rule if column.role == "item" else switched_off(rule))


def _place(column: ColumnDraft) -> str:
    """The letter of a column, and its heading or code shortened."""
    shown = column.names.texts[-1] if column.names.texts else str(column.names.names[0] if column.names.names else "")
    shown = shortened(" ".join(shown.split()), _SHOWN)
    return f"{column.letter} ({shown})" if shown else column.letter


_Named = dict[str, tuple[ScaleDraft, bool]]


def _named_scales(columns: Sequence[ColumnDraft], pattern: str) -> tuple[dict[int, str], _Named]:
    """A name for every column's scale, equal ones once, and whether a rule that is not switched off uses it."""
    names: dict[int, str] = {}
    scales: _Named = {}
    alike: dict[tuple[object, ...], str] = {}
    for column in columns:
        scale = column.scale
        if scale is None or column.role not in _RULES:
            continue
        at, active = column.names.at, column.role == "item"
        key = (scale.name,) if scale.name else (scale.kind, scale.labels, scale.missing)
        if scale.kind in ("numbers", "unclear"):
            names[at] = scale.name
            continue
        names[at] = alike.setdefault(key, scale.name or pattern.format(n=sum(len(each) > 1 for each in alike) + 1))
        before, was_active = scales.get(names[at], (scale, False))
        merged = replace(before, labels=tuple(dict.fromkeys(before.labels + scale.labels)),
                         missing=tuple(dict.fromkeys(before.missing + scale.missing)))  # fmt: skip
        scales[names[at]] = (merged, was_active or active)
    return names, scales


def _scale(key: str, scale: ScaleDraft, active: bool, name: str, words: Mapping[str, Any]) -> list[str]:
    """An answer scale; one that is built in is only told of."""
    lines = comment(words["scales"][scale.kind].format(scale=key))
    if scale.kind == "built_in":
        labels = ", ".join(f"{quoted(label)} = {number}" for label, number, _ in declared_labels(key))
        return lines + comment(labels, "  ")
    if scale.hidden:
        lines += comment(words["undeclared" if scale.kind == "structure" else "hidden"].format(n=scale.hidden))
    table = [f"[mapping.{name}.scales.{key}]"]
    if scale.missing:
        table.append(f"missing = {{ {', '.join(f'{quoted(label)} = {quoted(why)}' for label, why in scale.missing)} }}")
    table += ["", f"[mapping.{name}.scales.{key}.labels]"]
    for label, number, remark in scale.labels:
        told = quoted(number) if number == UNKNOWN else number
        note = f"  # {' '.join(remark.split())}" if remark else ""
        table.append(f"{quoted(label)} = {told}{note}")
    return lines + (table if active or not scale.open_places else switched_off(line or "#" for line in table))


def _privacy(draft: Draft, name: str, told: Mapping[str, Any]) -> list[str]:
    """The columns that seem to hold personal data, which are never kept."""
    words, kinds = told["map"], told["inspect"]["personal"]
    columns = [column for column in draft.columns if column.role == "personal"]
    lines = []
    for column in columns:
        held = ", ".join(kinds[kind] for kind in column.personal)
        lines += comment(words["personal"].format(place=_place(column), kinds=held))
    headed = Counter(text for column in draft.columns for text in column.names.texts[:1])
    named = {column.letter: _dropped(column, headed) for column in columns}
    drop = [quoted(wanted) for wanted in named.values() if wanted]
    unnamed = [letter for letter, wanted in named.items() if not wanted]
    lines += comment(words["remove"].format(columns=", ".join(unnamed))) if unnamed else []
    return lines + ([f"[mapping.{name}.privacy]", f"drop = [{', '.join(drop)}]"] if drop else [])


def _dropped(column: ColumnDraft, headed: Mapping[str, int]) -> str:
    """How a column that is to be dropped is named: its code or heading; blank where no other word tells it apart."""
    kind, wanted = column.names.match
    if kind != "position":
        return str(wanted)
    return next((text for text in column.names.texts[:1] if headed[text] == 1), "")


def _not_read(draft: Draft, name: str, words: Mapping[str, Any]) -> list[str]:
    """Every other column, by the reason why it is not read."""
    lines: list[str] = []
    coded = any(column.role == "person" for column in draft.columns)  # else the rule of the group stands beside theirs
    for role in _NOT_READ if coded else _NOT_READ[:-1]:
        columns = [column for column in draft.columns if column.role == role]
        if columns:
            lines += comment(words["not_read"][role].format(columns="; ".join(map(_place, columns))))
        for column in columns if role == "several" else ():
            lines += _options_rule(column, name, words)
    return lines


def _options_rule(column: ColumnDraft, name: str, words: Mapping[str, Any]) -> list[str]:
    """The rule, switched off, of a column in which several answers may be chosen, or that is one of such answers."""
    options = column.question.options if column.question else ()
    if len(options) == 1:
        lines = comment(words["options"].format(place=_place(column), options=quoted(options[0][1])), "  ")
        return lines + switched_off(_rule_lines(column, name, item=UNKNOWN))
    table = ", ".join(f"{quoted(label)} = {quoted(UNKNOWN)}" for _, label in options)
    return switched_off([*_rule_lines(column, name), f"options = {{ {table} }}"]) if table else []
