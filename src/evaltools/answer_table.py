"""The table of answers in one file, before anything has been declared about it in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evaltools.errors import FolderError, Problems, problem_text
from evaltools.exports.documents import read_document
from evaltools.exports.grid import Grid, grid_of, open_file
from evaltools.exports.recognition import Recognition, body, signatures
from evaltools.exports.signatures import recognise

_STATISTICS = ("spss", "stata")


@dataclass(frozen=True)
class Declared:
    """What the person has said of the file on the command line."""

    tool: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    structure: Path | None = None
    folder: Path | None = None


def read_answers(path: Path, declared: Declared, problems: Problems, language: str) -> tuple[Grid, Recognition]:
    """The table of answers in a file, and what it was recognised as; raises `FolderError` where there is none."""
    if declared.tool and declared.tool not in signatures()["tools"]:
        problems.add("tool_unknown", file=path.name, allowed=", ".join(signatures()["tools"]))
        problems.raise_if_any(language)
    file = open_file(path, path.name, problems)
    document = read_document(file.data, path.name) if file else None
    if document is not None and document.problem[0]:
        problems.add(document.problem[0], file=path.name, form=document.problem[1])
    problems.raise_if_any(language)
    grid, tool = document.grid if document else None, declared.tool
    if document is not None and document.recognition is not None and grid is None:
        if document.recognition.tool not in _STATISTICS or document.recognition.kind != "answers":
            problems.add("map_no_answers", file=path.name)
        tool = tool or document.recognition.tool
    problems.raise_if_any(language)
    if grid is None and file is not None:
        grid = grid_of(file, problems, sheet=declared.sheet, delimiter=declared.delimiter, encoding=declared.encoding)
    if grid is None:
        raise FolderError(problem_text(problems.errors, language))
    found = recognise(grid, tool)
    if found.kind != "answers":
        problems.add("map_no_answers", file=path.name, sheet=grid.sheet)
    elif found.tool == "toolkit":
        problems.add("map_not_needed", file=path.name, sheet=grid.sheet)
    elif not any(True for _ in body(grid, found.header_rows, found.end)):
        problems.add("file_empty", file=path.name)
    problems.raise_if_any(language)
    return grid, found
