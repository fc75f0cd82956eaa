"""A file that describes a survey becomes one `Structure`, whatever tool wrote it."""

from __future__ import annotations

from pathlib import Path

from evaltools.errors import Problems
from evaltools.exports.documents import Document, read_document
from evaltools.exports.grid import File, grid_of, open_file
from evaltools.exports.limesurvey_structure import limesurvey_table, limesurvey_xml
from evaltools.exports.question_lists import formr_questions, labelled_questions, qualtrics_questions, redcap_questions
from evaltools.exports.questions import Structure
from evaltools.exports.signatures import recognise
from evaltools.exports.syntax_files import r_syntax, spss_syntax

_XML = ("lss", "lsg", "lsq", "lsa")


def read_structure(path: Path, problems: Problems, language: str) -> Structure | None:
    """The questions of a survey, from the file in which its tool describes it.

    Parameters
    ----------
    path : Path
        LimeSurvey (.lss, .lsg, .lsq, .lsa, tab-separated, R or SPSS syntax), Qualtrics (.qsf), REDCap (dictionary),
        formr (items as JSON), SPSS syntax, or an SPSS or Stata file with labels.
    problems : Problems
        Collects what is wrong; then the result is None.
    language : str
        The language wanted, where the survey has several.

    Returns
    -------
    Structure or None
        The questions by key, with codes and labels in the order of the form.

    Examples
    --------
    >>> found = Problems()
    >>> read_structure(Path("no such file.lss"), found, "sv") is None, found.found[0].key
    (True, 'file_not_found')
    """
    file = open_file(path, path.name, problems)
    if file is None:
        return None
    structure: Structure | None = None
    key = "structure_broken"
    try:
        document = read_document(file.data, path.name)
        if document is not None and document.problem[0]:
            problems.add(document.problem[0], file=path.name, form=document.problem[1])
            return None
        structure = _of_document(document, file.data, language) if document else None
        if structure is None:
            structure = _of_table(file, problems, language)
            key = "structure_unknown"
    except (ValueError, SyntaxError, KeyError, RecursionError, OSError):  # cut off or edited by hand
        pass
    if structure is not None and structure.questions:
        return structure
    if not problems.errors:
        problems.add(key, file=path.name)
    return None


def _of_document(document: Document, data: bytes, language: str) -> Structure | None:
    variant = document.recognition.variant if document.recognition else ""
    if variant in _XML:
        return limesurvey_xml(data, language)
    if variant == "qsf":
        return qualtrics_questions(data)
    if variant == "items":
        return formr_questions(data)
    if variant == "r_syntax":
        return r_syntax(_text(data))
    return spss_syntax(_text(data)) if variant in ("spss_syntax", "syntax") else None


def _of_table(file: File, problems: Problems, language: str) -> Structure | None:
    grid = grid_of(file, problems)
    if grid is None:
        return None
    found = recognise(grid)
    if (found.tool, found.variant) == ("limesurvey", "tsv_structure"):
        return limesurvey_table(grid, language)
    if (found.tool, found.variant) == ("redcap", "dictionary"):
        return redcap_questions(grid, found)
    return labelled_questions(grid) if grid.labels else None


def _text(data: bytes) -> str:
    """A syntax file as text: UTF-8, else the Western page of Windows."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
