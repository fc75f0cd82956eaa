"""A cell that holds several answers: which of the declared options it holds, without a guess."""

from __future__ import annotations

from collections.abc import Iterable

from evaltools.exports.answer_scales import folded_answer

_JOINTS = ",;|/ "  # what joins two answers; a line break is folded to a blank


def folded_option(option: str) -> str:
    """An option as options are compared: as `folded_answer`, without what may also join two of them at its ends.

    >>> folded_option(" Samtal, enskilt;")
    'samtal, enskilt'
    """
    return folded_answer(option).strip(_JOINTS).rstrip(".")


def chosen_options(cell: str, options: Iterable[str]) -> frozenset[str] | None:
    """The options that a cell holds, whatever joins them; None where it is not clear.

    Survey tools join several answers by a comma, a semicolon or a blank, and an option may itself hold these. So the
    whole cell has to be made up of declared options, in one way only.

    Parameters
    ----------
    cell : str
        What stands in the cell.
    options : iterable of str
        All that could be chosen, as declared; no two alike as `folded_option`.

    Returns
    -------
    frozenset of str or None
        The options as declared; None where something else stands in the cell, and where the cell can be divided into
        options in more than one way.

    Examples
    --------
    >>> options = ("Samtal, enskilt", "Samtal, i grupp", "Inget")
    >>> sorted(chosen_options("Samtal, i grupp, Samtal, enskilt;", options))
    ['Samtal, enskilt', 'Samtal, i grupp']
    >>> chosen_options("Samtal, ofta", options), chosen_options("A, B", ("A", "B", "A, B"))
    (None, None)
    """
    text = folded_answer(cell)
    spelled = {folded_option(option): option for option in options}
    # For every place that a whole option ends at: in how many ways the text so far is made up, and one of them.
    ways: dict[int, tuple[int, frozenset[str]]] = {_past_joint(text, 0): (1, frozenset())}
    for start in range(len(text)):
        count, found = ways.pop(start, (0, frozenset()))
        for folded in spelled if count else ():
            end = start + len(folded)
            after = _past_joint(text, end)
            if text.startswith(folded, start) and (after > end or end == len(text)):
                ways[after] = (ways.get(after, (0,))[0] + count, found | {spelled[folded]})
    count, found = ways.get(len(text), (0, frozenset()))
    return found if count == 1 and found else None


def _past_joint(text: str, at: int) -> int:
    """Where the next answer begins: behind what joins two, perhaps with a full stop before it; else where it was."""
    stop = at + text.startswith(".", at)
    after = len(text) - len(text[stop:].lstrip(_JOINTS))
    return after if after > stop else at
