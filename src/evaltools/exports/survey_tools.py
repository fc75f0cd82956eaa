"""How the files of each survey tool are known: one function a tool, from a grid to a `Recognition` or None."""

from __future__ import annotations

import re

from evaltools.exports.grid import WORKBOOK, Grid
from evaltools.exports.recognition import (
    Recognition,
    are_times,
    first_rows,
    folded,
    headings,
    listed,
    meanings,
    sample,
    signatures,
    value,
)

_IMPORT_ID = re.compile(r"""\s*\{\s*["']ImportId["']\s*:""")
_QUALTRICS_RESPONSE = re.compile(r"[A-Z]+_\w{6,}")
_CODE_AND_TEXT = re.compile(r"(\w+)\s*[.:|/\-]\s*(.+)")
_CHOICE = re.compile(r".+\(choice=.*\)")
_ENOUGH = 3  # headings of a closed list that together are hardly chance


def limesurvey(grid: Grid) -> Recognition | None:
    """LimeSurvey: code or full headings, both at once, a vv file, or the structure as TSV."""
    rows = first_rows(grid)
    top = rows[0]
    heads = headings(grid, top)
    if heads[:3] == ["id", "related_id", "class"]:
        return Recognition(
            "limesurvey", "tsv_structure", "certain", (("headings", ", ".join(heads[:3])),), top + 1, top
        )
    second = headings(grid, rows[1]) if len(rows) > 1 else []
    if {"submitdate", "startlanguage"} <= set(second):
        codes = meanings(second, "limesurvey", "code")
        reasons = (("second_row", listed(second, codes)),)
        return Recognition("limesurvey", "vv", "certain", reasons, rows[1] + 1, rows[1], codes)
    for variant, group in (("code", "code"), ("full", "full"), ("code_text", "code")):
        told = [_code_part(head) for head in heads] if variant == "code_text" else heads
        columns = meanings(told, "limesurvey", group)
        own = len(columns.keys() & {"submitted", "last_page", "language", "seed", "last_action"})
        if len(columns) >= _ENOUGH and own >= 2:
            return Recognition("limesurvey", variant, "certain", (("headings", listed(told, columns)),),
                               top + 1, top, columns)  # fmt: skip
        if own == 2 or (own == 1 and {"language", "last_page"} & columns.keys()):
            return Recognition("limesurvey", variant, "likely", (("few_headings", listed(told, columns)),),
                               top + 1, top, columns)  # fmt: skip
    return None


def _code_part(head: str) -> str:
    """The code of a heading that gives code and text; blank if the text is not LimeSurvey's own."""
    found = _CODE_AND_TEXT.fullmatch(head[:200])
    if not found:
        return ""
    texts = signatures()["limesurvey"]["full"]
    own = any(found[2] in spellings for spellings in texts.values())
    return found[1] if own else ""


def qualtrics(grid: Grid) -> Recognition | None:
    """Qualtrics: three header rows with import ids, the legacy two, or names only."""
    rows = first_rows(grid)
    heads = headings(grid, rows[0])
    columns = meanings(heads, "qualtrics")
    for at in rows[:3]:
        cells = [cell for cell in grid.rows[at] if cell]
        if sum(_IMPORT_ID.match(cell) is not None for cell in cells) > len(cells) / 2:
            return Recognition("qualtrics", "three_rows", "certain", (("import_ids", str(grid.numbers[at])),),
                               at + 1, at, columns)  # fmt: skip
    if len(rows) > 1 and heads[:3] == ["v1", "v2", "v3"]:
        second = headings(grid, rows[1])
        if second[:2] == ["responseid", "responseset"]:
            return Recognition("qualtrics", "legacy", "certain", (("headings", "v1, v2, v3"),), rows[1] + 1, rows[0],
                               meanings(second, "qualtrics"))  # fmt: skip
    if not {"response", "submitted", "status"} <= columns.keys():
        return None
    told = (("headings", listed(heads, columns)),)
    if _labels_in_second_row(grid, rows, columns["response"][0]):
        return Recognition("qualtrics", "two_rows", "likely", told, rows[1] + 1, rows[0], columns)
    return Recognition("qualtrics", "one_row", "certain", told, rows[0] + 1, rows[0], columns)


def _labels_in_second_row(grid: Grid, rows: list[int], response: int) -> bool:
    if len(rows) < 3:
        return False
    second, third = (value(grid.rows[at], response) for at in rows[1:3])
    return not _QUALTRICS_RESPONSE.fullmatch(second) and _QUALTRICS_RESPONSE.fullmatch(third) is not None


def surveymonkey(grid: Grid) -> Recognition | None:
    """SurveyMonkey: the first heading is the respondent's number; one header row or two."""
    rows = first_rows(grid)
    top = rows[0]
    heads = headings(grid, top)
    columns = meanings(heads, "surveymonkey")
    if columns.get("response", (-1,))[0] != 0:
        return None
    reasons = [("first_heading", heads[0])]
    second = headings(grid, rows[1]) if len(rows) > 1 else []
    answer = signatures()["surveymonkey"]["second_row"]["answer"]
    variant = "workbook" if grid.form == WORKBOOK else ""
    if second and not second[0] and any(cell in answer for cell in second):
        word = next(cell for cell in second if cell in answer)
        reasons.append(("second_row", word))
        return Recognition("surveymonkey", variant or "two_rows", "certain", tuple(reasons), rows[1] + 1, top, columns)
    confidence = "certain" if len(columns) > _ENOUGH else "likely"
    return Recognition("surveymonkey", variant or "one_row", confidence, tuple(reasons), top + 1, top, columns)


def google_forms(grid: Grid) -> Recognition | None:
    """Google Forms: the first column is the time of the answer, under one of its headings."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "google_forms")
    if columns.get("submitted", (-1,))[0] != 0 or len(heads) < 2:
        return None
    cells = sample(grid, top + 1, 0)
    if cells and not are_times(cells):
        return None
    reasons = [("first_heading", heads[0])] + ([("times", "A")] if cells else [])
    own_sheet = folded(grid.sheet).startswith(tuple(signatures()["google_forms"]["sheets"]["starts"]))
    if own_sheet:
        reasons.append(("sheet_name", ""))
    columns |= {"respondent": found} if (found := meanings(heads, "generic").get("respondent", ())) else {}
    confidence = "certain" if own_sheet and cells else "likely" if cells else "guess"
    return Recognition("google_forms", "", confidence, tuple(reasons), top + 1, top, columns)


def microsoft_forms(grid: Grid) -> Recognition | None:
    """Microsoft Forms: start and completion time beside e-mail and name."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "microsoft_forms")
    if not {"started", "submitted"} <= columns.keys():
        return None
    others = len(columns.keys() & {"email", "name"}) + (columns.get("response", (-1,))[0] == 0)
    if not others:
        return None
    confidence = "certain" if others >= 2 else "likely"
    return Recognition(
        "microsoft_forms", "", confidence, (("headings", listed(heads, columns)),), top + 1, top, columns
    )


def redcap(grid: Grid) -> Recognition | None:
    """REDCap: raw data, labelled data, a dictionary, or a list of events or arms."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    firsts = signatures()["redcap"]["firsts"]
    if heads[0] in firsts["dictionary"] and len(heads) > 1 and heads[1] in firsts["form"]:
        return Recognition("redcap", "dictionary", "certain", (("headings", ", ".join(heads[:2])),), top + 1, top)
    if set(firsts["events"]) <= set(heads) and "arm_num" in heads:
        return Recognition("redcap", "events", "certain", (("headings", "arm_num, unique_event_name"),), top + 1, top)
    if heads == ["arm_num", "name"]:
        return Recognition("redcap", "arms", "likely", (("headings", "arm_num, name"),), top + 1, top)
    return _redcap_raw(grid, top, heads) or _redcap_labels(grid, top, heads)


def _redcap_raw(grid: Grid, top: int, heads: list[str]) -> Recognition | None:
    columns = meanings(heads, "redcap")
    values = signatures()["redcap"]["values"]
    complete = tuple(
        at
        for at, head in enumerate(heads)
        if head.endswith("_complete") and {folded(c) for c in sample(grid, top + 1, at)} <= {"0", "1", "2", "na"}
    )
    boxes = [at for at, head in enumerate(heads) if "___" in head]
    record = signatures()["redcap"]["firsts"]["record"]
    if not columns and not complete:
        return None
    reasons = [("headings", listed(heads, columns))] if columns else []
    reasons += [("complete_columns", str(len(complete)))] if complete else []
    reasons += [("box_columns", str(len(boxes)))] if boxes else []
    sure = bool(columns) or (complete and (boxes or set(heads[:2]) & set(record)))
    variant = "_".join(
        word for word, held in (("longitudinal", "wave" in columns), ("repeating", "repeat" in columns)) if held
    )
    times = tuple(
        at for at, head in enumerate(heads)
        if head.endswith("_timestamp")
        and (are_times(c for c in sample(grid, top + 1, at) if folded(c) not in values["unfinished"])
             or not sample(grid, top + 1, at))
    )  # fmt: skip
    first = 1 if heads[0] == "" and len(heads) > 1 else 0
    columns |= {"respondent": (first,), "complete": complete} | ({"submitted": times} if times else {})
    columns = {meaning: places for meaning, places in columns.items() if places}
    confidence = "certain" if sure else "likely"
    return Recognition("redcap", variant or "raw", confidence, tuple(reasons), top + 1, top, columns)


def _redcap_labels(grid: Grid, top: int, heads: list[str]) -> Recognition | None:
    columns = meanings(heads, "redcap", "labels")
    values = signatures()["redcap"]["values"]
    known = {*values["complete"], *values["incomplete"]}
    complete = {folded(cell) for at in columns.get("complete", ()) for cell in sample(grid, top + 1, at)}
    boxes = [at for at, head in enumerate(heads) if _CHOICE.fullmatch(head[:500])]
    if not ("complete" in columns and complete <= known) and not (boxes and columns):
        return None
    reasons = [("headings", listed(heads, columns))] + ([("box_columns", str(len(boxes)))] if boxes else [])
    columns["respondent"] = (0,)
    sure = "complete" in columns and (boxes or len(columns) > 2 or heads[0] in ("record id", "study id"))
    return Recognition("redcap", "labels", "certain" if sure else "likely", tuple(reasons), top + 1, top, columns)


def formr(grid: Grid) -> Recognition | None:
    """formr: session, created, modified, ended (and expired) before the items."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "formr")
    if not {"respondent", "started", "last_action", "submitted"} <= columns.keys():
        return None
    variant = "json" if grid.form == "json" else "table"
    return Recognition("formr", variant, "certain", (("headings", listed(heads, columns)),), top + 1, top, columns)


def kobo(grid: Grid) -> Recognition | None:
    """KoBo and ODK: a submission's own columns, a repeat's columns, or ODK Central."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "kobo")
    found = columns.keys()
    variant = ""
    if {"row", "parent_table"} <= found or {"row", "parent"} <= found:
        variant = "repeat"
    elif {"response", "submitted"} <= found:
        variant = "submissions"
    elif any(head.replace(":", "/").replace("-", "/") == "meta/instanceid" for head in heads):
        variant = "odk"
    if variant:
        return Recognition("kobo", variant, "certain", (("headings", listed(heads, columns)),), top + 1, top, columns)
    central = meanings(heads, "kobo", "central")
    if not {"submitted", "response"} <= central.keys():
        return None
    confidence = "certain" if len(central) >= 4 else "likely"
    reasons = (("headings", listed(heads, central)),)
    return Recognition("kobo", "central", confidence, reasons, top + 1, top, central)


def typeform(grid: Grid) -> Recognition | None:
    """Typeform: its times in UTC and the network id."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    columns = meanings(heads, "typeform")
    own = columns.keys() & {"started", "submitted", "network"}
    if not own or ("submitted" not in own and len(own) < 2):
        return None
    confidence = "certain" if len(own) >= 2 else "likely"
    return Recognition("typeform", "", confidence, (("headings", listed(heads, columns)),), top + 1, top, columns)


def enalyzer(grid: Grid) -> Recognition | None:
    """Enalyzer: the same question as text, value and label number side by side."""
    top = first_rows(grid)[0]
    heads = headings(grid, top)
    endings = signatures()["enalyzer"]["endings"]
    forms: dict[str, set[str]] = {}
    for head in heads:
        words = head.replace("(", " ").replace(")", " ").rstrip().rsplit(maxsplit=1)
        kinds = {kind for kind, spellings in endings.items() for word in spellings if head.rstrip(") ").endswith(word)}
        for kind in kinds if len(words) == 2 else ():
            forms.setdefault(words[0].rstrip(" -–:"), set()).add(kind)
    several = [stem for stem, kinds in forms.items() if len(kinds) > 1 and "label" in kinds]
    if len(several) < 2:
        return None
    return Recognition("enalyzer", "", "guess", (("question_forms", str(len(several))),), top + 1, top,
                       meanings(heads, "generic"))  # fmt: skip
