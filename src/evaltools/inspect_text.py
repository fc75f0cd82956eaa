"""What a file was found to be, as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaltools.errors import FolderError
from evaltools.language import DEFAULT, texts

_COUNTED = ("rows", "columns", "respondents", "waves")
_HEADS = {"error": "problem", "note": "note"}


def inspection_text(told: Mapping[str, Any], language: str = DEFAULT) -> str:
    """The description as lines for a person.

    >>> print(inspection_text({"file": "no such file.csv", "read": False}, "en"))
    no such file.csv: cannot be read.
    """
    words, places = texts(language)["inspect"], texts(language)["problem"]
    if not told["read"]:
        return str(words["refused"].format(file=told["file"]))
    parts = [words["format"].format(it=words["formats"].get(told["format"], told["format"]))]
    named = "encoding_assumed" if told["encoding_assumed"] else "encoding"
    given = [(key, it) for key, it in ((named, told["encoding"]), ("delimiter", told["delimiter"])) if it]
    parts += [words[key].format(it=words["delimiters"].get(it, it)) for key, it in given]
    if told["hidden_sheets"]:
        parts.append(words["hidden_sheets"].format(n=told["hidden_sheets"]))
    lines = [f"{told['file']}: {', '.join(parts)}."]
    for table in told["tables"]:
        lines += _table_lines(table, words)
    lines += [
        f"  {words[_HEADS[problem['level']]].format(it=_placed(problem, places))}" for problem in told["problems"]
    ]
    return "\n".join(lines)


def refuse_unread(told: Mapping[str, Any], language: str = DEFAULT) -> None:
    """Raise `FolderError` with the reasons where a file could not be described."""
    if not told["read"]:
        words = texts(language)["problem"]
        head = words["one" if len(told["problems"]) == 1 else "many"].format(n=len(told["problems"]))
        raise FolderError("\n".join([head, *(_placed(problem, words) for problem in told["problems"])]))


def _placed(problem: Mapping[str, Any], words: Mapping[str, str]) -> str:
    rows = ", ".join(map(str, problem["rows"]))
    where = {
        "sheet": problem["sheet"],
        "rows" if len(problem["rows"]) > 1 else "row": rows,
        "column": problem["column"],
    }
    places = ", ".join(words[part].format(it=it) for part, it in where.items() if it)
    return f"{places}: {problem['text']}" if places else str(problem["text"])


def _table_lines(table: Mapping[str, Any], words: Mapping[str, Any]) -> list[str]:
    name = words["tools"][table["tool"]]
    if table["variant"]:
        name = f"{name}, {words['variants'][table['variant']]}"
    lines = [f"  {words['sheet'].format(it=table['sheet'])}"] if table["sheet"] else []
    lines.append(f"  {words['kinds'][table['kind']]}: {name}")
    lines += [f"  {words['experimental']}"] if table["experimental"] else []
    lines.append(f"  {words['confidences'][table['confidence']]} {' '.join(table['reasons'])}")
    if table["header_rows"] is not None:
        keys = {"n": table["header_rows"], "row": table["key_row"]}
        lines.append(f"  {words['header_rows' if table['key_row'] else 'no_header_rows'].format(**keys)}")
    counts = [words[key].format(n=table[key]) for key in _COUNTED if table[key] is not None]
    counts += [words["facts"][key].format(n=fact) for key, fact in table["facts"].items()]
    lines += [f"  {', '.join(counts)}."] if counts else []
    if table["statuses"]:
        lines.append(f"  {words['statuses'].format(**table['statuses'])}")
    if table["own_columns"]:
        meant = [
            words["meant"].format(column=", ".join(places[:3]) + (" …" if len(places) > 3 else ""), meaning=word)
            for meaning, places in table["own_columns"].items()
            if (word := words["meanings"].get(meaning))
        ]
        lines += [f"  {words['own_columns'].format(it='; '.join(meant))}"] if meant else []
    return lines + [f"  {_warning(column, words)}" for column in table["personal_data"]]


def _warning(column: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    looks = words["personal"][column["kind"]]
    if column["column"] is None:
        return str(words["holds_personal"].format(it=looks))
    rows = words["at_least"].format(n=column["rows"]) if column["more"] else column["rows"]
    return str(words["looks_personal"].format(column=column["column"], it=looks, n=rows))
