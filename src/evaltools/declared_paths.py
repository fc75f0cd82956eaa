"""Paths that ``evaluation.toml`` declares: inside the folder, on every system, whoever wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path, PurePosixPath, PureWindowsPath

_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}) | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"
}
_NO_FILE_ON_WINDOWS = '<>:"|?*'  # a colon also names a hidden stream of a file


def path_fault(folder: Path, name: str) -> str:
    """Why a declared path is not read, as the key of a problem; "" where it may be.

    What the path looks like is judged before the file system is asked, since on Windows the mere question after
    ``//server/share`` logs the user in there.

    >>> path_fault(Path("evaluation"), "exports/before.csv")
    ''
    >>> path_fault(Path("evaluation"), "../other/before.csv"), path_fault(Path("evaluation"), "exports/nul.csv")
    ('path_outside', 'path_device')
    """
    windows = PureWindowsPath(name)
    if windows.drive or windows.root or PurePosixPath(name).is_absolute() or _climbs_out(windows.parts):
        return "path_outside"
    if any(is_device(part) or _is_odd(part) for part in windows.parts):
        return "path_device"
    return "" if _is_inside(folder, name) else "path_outside"


def is_device(name: str) -> bool:
    """Whether Windows takes a name, whatever its ending, for a device and not for a file.

    >>> is_device("COM1"), is_device("nul.csv"), is_device("console.csv")
    (True, True, False)
    """
    return name.partition(".")[0].rstrip(" ").casefold() in _DEVICES


def _is_odd(part: str) -> bool:
    """Whether Windows would read another name: it drops dots and blanks at the end, and knows no such letters."""
    dropped = part not in (".", "..") and part != part.rstrip(". ")
    return dropped or any(letter in _NO_FILE_ON_WINDOWS or ord(letter) < 32 for letter in part)


def _climbs_out(parts: Sequence[str]) -> bool:
    depths = accumulate(-1 if part == ".." else 1 for part in parts)
    return min(depths, default=0) < 0


def _is_inside(folder: Path, name: str) -> bool:
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links in a circle, or a letter that no file name can hold
        return False
