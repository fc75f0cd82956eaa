"""How far a long command has come, as a bar in the terminal; nothing where the output is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(total: int | None = None) -> tqdm[NoReturn]:
    """A bar that is wiped away at the end, with what is being done and how many steps of how many.

    >>> with progress_bar(3) as bar:
    ...     bar.update()
    """
    from tqdm import tqdm

    return tqdm(total=total, disable=None, leave=False, bar_format="{desc} {bar} {n_fmt}/{total_fmt}")
