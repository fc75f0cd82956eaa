"""Bytes to text: by a byte order mark, as declared, UTF-16 by its zero bytes, strict UTF-8, then cp1252 if it fits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evaltools.errors import Problems
from evaltools.exports.file_forms import byte_order_mark

_WESTERN = frozenset("åäöÅÄÖéÉèàüÜæøÆØ–—‘’“”„…•·´¨§°½×€«»\u00a0")
_SAMPLE = 4096
_TWICE = re.compile("Ã[\u0080-\u00bf„…–©]|Â[\u00a0-\u00bf]|â€[™œ“”\u009d˜¦]|Ã\u201e|Ã\u2026|Ã\u2013")
_TOLD = 6  # repairs named in a message


@dataclass(frozen=True, repr=False)
class DecodedText:
    """A text and the encoding it was read with; ``assumed`` where the file does not tell it."""

    text: str
    encoding: str
    assumed: bool = False


def decode_text(data: bytes, declared: str, name: str, problems: Problems) -> DecodedText | None:
    """The text of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    declared : str
        Encoding as declared, or blank. A byte order mark is believed before it.
    name : str
        How messages call the file.
    problems : Problems
        Collects an encoding that cannot be known (then the result is None), and a note where letters were encoded
        twice: the text stays as it is, the likely repair is told.

    Examples
    --------
    >>> decode_text("Träff".encode("cp1252"), "", "a.csv", Problems()).assumed
    True
    """
    marked = byte_order_mark(data)
    found = _as_told(data, marked or declared) if marked or declared else _by_ladder(data)
    if found is None:
        _tell_unknown(data, marked, declared, name, problems)
    elif "\x00" in found.text:
        problems.add("text_binary", file=name)
        return None
    elif repairs := twice_encoded(found.text):
        problems.add("encoded_twice", file=name, it=", ".join(repairs))
    return found


def _as_told(data: bytes, encoding: str) -> DecodedText | None:
    try:
        return DecodedText(data.decode(encoding), encoding)
    except (LookupError, ValueError):
        return None


def _by_ladder(data: bytes) -> DecodedText | None:
    wide = _wide_without_mark(data)
    if wide:
        return _as_told(data, wide)
    found = _as_told(data, "utf-8")
    if found is None and b"\x00" not in data:
        western = _as_told(data, "cp1252")
        if western and reads_as_western(western.text):
            return DecodedText(western.text, "cp1252", assumed=True)
    return found


def _wide_without_mark(data: bytes) -> str:
    r"""UTF-16 by where its zero bytes stand, which every second letter of a Western text has.

    >>> _wide_without_mark("Kod;Å".encode("utf-16-be")), _wide_without_mark(b"Kod")
    ('utf-16-be', '')
    """
    start = data[: _SAMPLE // 2 * 2]
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = max(len(start) // 2, 1)
    if odd >= 0.6 * half and even <= 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even >= 0.6 * half and odd <= 0.05 * half else ""


def reads_as_western(text: str) -> bool:
    """Whether most letters beyond ASCII are those of Western languages; else the page is another (Mac Roman, Greek).

    >>> reads_as_western("Träffar på Öland"), reads_as_western("Tr\u0160ffar p\u0152 \u2026land")
    (True, False)
    """
    beyond = [letter for letter in text if letter > "\x7f"]
    return 2 * sum(letter in _WESTERN for letter in beyond) >= len(beyond)


def twice_encoded(text: str) -> list[str]:
    """Letters that look like UTF-8 encoded a second time, each with what it most likely was; some of them.

    >>> twice_encoded("Tr\u00c3\u00a4ffar p\u00c3\u00a5"), twice_encoded("Träffar på")
    (['Ã¤ → ä', 'Ã¥ → å'], [])
    """
    repairs: dict[str, str] = {}
    for found in _TWICE.finditer(text):
        if found[0] not in repairs and (meant := _encoded_once(found[0])):
            repairs[found[0]] = meant
        if len(repairs) == _TOLD:
            break
    return [f"{wrong} → {meant}" for wrong, meant in repairs.items()]


def _encoded_once(letters: str) -> str:
    for page in ("cp1252", "latin-1"):
        try:
            return letters.encode(page).decode("utf-8")
        except ValueError:
            continue
    return ""


def _tell_unknown(data: bytes, marked: str, declared: str, name: str, problems: Problems) -> None:
    """Say that the encoding cannot be known, with the one that makes the letters Western where there is one."""
    if b"\x00" in data and not marked and not declared:
        problems.add("text_binary", file=name)
    elif marked:
        problems.add("encoding_mark_wrong", file=name, encoding=marked)
    elif declared:
        problems.add("encoding_declared_wrong", file=name, encoding=declared)
    elif (mac := _as_told(data, "mac_roman")) and reads_as_western(mac.text):
        problems.add("encoding_likely", file=name, encoding="mac_roman")
    else:
        problems.add("encoding_unknown", file=name)
