r"""Syntax files that go with a data file: names, texts and labels found by pattern. Nothing in them is ever run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evaltools.exports.questions import Question, Structure, cleaned

_R_STRING = r'"((?:[^"\\]|\\.)*)"'
_R_TEXT = re.compile(rf"variable\.labels\[(\d+)\]\s*<-\s*{_R_STRING}")
_R_NAME = re.compile(rf"names\(data\)\[(\d+)\]\s*<-\s*{_R_STRING}")
_R_FACTOR = re.compile(r"data\[,\s*(\d+)\]\s*<-\s*factor\(data\[,\s*\d+\],\s*levels=c\(")
_R_LEVEL = re.compile(rf"\s*,?\s*(?:{_R_STRING}|(-?[\d.]+))")
_R_LABELS = re.compile(r"\s*\)\s*,\s*labels=c\(")
_SPSS_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*")|(?P<end>\.(?=[ \t\r]*(?:\n|\Z)))"""
    r"""|(?P<slash>/)|(?P<word>[^\s'"/.]+|\.)"""
)
_SPSS_COMMENT = re.compile(r"^[ \t]*\*[^\n]*$", re.MULTILINE)


def r_syntax(text: str) -> Structure:
    r"""The questions of LimeSurvey's R syntax file.

    >>> told = r_syntax('names(data)[5] <- "Q1"\nattributes(data)$variable.labels[5] <- "Nöjd?"\n'
    ...                 'data[, 5] <- factor(data[, 5], levels=c("A1","A2"),labels=c("Ja, helt", "Nej"))')
    >>> told.questions[0].key, told.questions[0].options
    ('Q1', (('A1', 'Ja, helt'), ('A2', 'Nej')))
    """
    texts = {found[1]: _unescaped(found[2]) for found in _R_TEXT.finditer(text)}
    options = dict(_r_factors(text))
    questions = []
    for found in _R_NAME.finditer(text):
        stem, told = _stem_and_row(cleaned(texts.get(found[1], "")))
        questions.append(Question(_unescaped(found[2]), told, options.get(found[1], ()), stem))
    return Structure(tuple(questions))


def _r_factors(text: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for found in _R_FACTOR.finditer(text):
        codes, at = _r_levels(text, found.end())
        between = _R_LABELS.match(text, at)
        if between:
            labels, _ = _r_levels(text, between.end())
            yield found[1], tuple(zip(codes, map(cleaned, labels), strict=False))


def _r_levels(text: str, at: int) -> tuple[list[str], int]:
    """The strings or numbers of ``c(...)`` from a place on, and where they end."""
    told = []
    while found := _R_LEVEL.match(text, at):
        told.append(_unescaped(found[1]) if found[1] is not None else found[2])
        at = found.end()
    return told, at


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _stem_and_row(text: str) -> tuple[str, str]:
    """LimeSurvey writes the row of a table before its stem: ``[row] stem``.

    >>> _stem_and_row("[Jag trivs.] Hur är det på jobbet?"), _stem_and_row("Nöjd?")
    (('Hur är det på jobbet?', 'Jag trivs.'), ('', 'Nöjd?'))
    """
    found = re.fullmatch(r"\[(.+?)\]\s*(.+)", text)
    return (found[2], found[1]) if found else ("", text)


def spss_syntax(text: str) -> Structure:
    r"""The variables of an SPSS syntax file with ``VARIABLE LABELS`` and ``VALUE LABELS``.

    >>> told = spss_syntax("VARIABLE LABELS q1 'Nöjd?'.\nVALUE LABELS q1 1 'Ja, helt' 2 'Nej'.\n")
    >>> told.questions[0].text, told.questions[0].options
    ('Nöjd?', (('1', 'Ja, helt'), ('2', 'Nej')))
    """
    texts: dict[str, str] = {}
    options: dict[str, tuple[tuple[str, str], ...]] = {}
    for words in _commands(_SPSS_COMMENT.sub("", text)):
        start = [told.upper() for _, told in words[:3]]
        if start[:2] == ["VARIABLE", "LABELS"]:
            texts |= _variable_labels(words[2:])
        elif start[:2] == ["VALUE", "LABELS"] or start == ["ADD", "VALUE", "LABELS"]:
            options |= _value_labels(words[3 if start[0] == "ADD" else 2 :])
    questions = []
    for name in dict.fromkeys([*texts, *options]):
        stem, told = _stem_and_row(cleaned(texts.get(name, "")))
        questions.append(Question(name, told, options.get(name, ()), stem))
    return Structure(tuple(questions))


_Words = list[tuple[str, str]]


def _commands(text: str) -> Iterator[_Words]:
    """Every command as pairs of kind and word; it ends with a full stop at the end of a line."""
    words: _Words = []
    for found in _SPSS_TOKEN.finditer(text):
        kind, told = str(found.lastgroup), found[0]
        if kind == "end":
            yield words
            words = []
        elif kind == "word" and words and words[-1][0] == "word" and text[found.start() - 1] not in " \t\r\n":
            words[-1] = ("word", words[-1][1] + told)  # a name or number with a point in it
        else:
            words.append((kind, told[1:-1].replace(told[0] * 2, told[0]) if kind == "text" else told))
    yield words


def _variable_labels(words: _Words) -> dict[str, str]:
    told = [word for word in words if word[0] != "slash"]
    pairs = zip(told[::2], told[1::2], strict=False)
    return {name: text for (kind, name), (kind_of_text, text) in pairs if (kind, kind_of_text) == ("word", "text")}


def _value_labels(words: _Words) -> dict[str, tuple[tuple[str, str], ...]]:
    """Variables, then pairs of code and label; a slash starts anew."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    names: list[str] = []
    codes: list[str] = []
    pairs: list[tuple[str, str]] = []
    for kind, told in [*words, ("slash", "/")]:
        if kind == "slash":
            found |= dict.fromkeys(names, tuple(pairs))
            names, codes, pairs = [], [], []
        elif codes:
            pairs.append((codes.pop(), cleaned(told)))
        elif kind == "text" or pairs or _is_number(told):
            codes.append(told)
        else:
            names.append(told)
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
