"""What has been handed on to an organisation, as lines for the person who let it out; the sums are in the file only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from evaltools.partial import LeftOut, Made
from evaltools.totals import Total
from evaltools.wording import Words, words


def partial_text(made: Made, out: Path, language: str) -> str:
    """Which totals are in the file and what each tells, what is in none and why, and which folders had nothing.

    Parameters
    ----------
    made : Made
        As `write_partial` gives it.
    out : Path
        The file.
    language : str
        Language of the lines.
    """
    own = words(language)
    totals = made.partial.totals
    lines = [own.text("partial.written", out=out, evaluations=len(made.partial.releases), totals=len(totals))]
    lines += [f"  {_total(total, total in made.new, own)}" for total in totals]
    lines += [f"  {line}" for line in _left_out(made.left_out, own)]
    if made.partial.waiting:
        lines.append("  " + own.text("partial.waiting", names=own.listed(list(made.partial.waiting))))
    return "\n".join(lines)


def _total(total: Total, new: bool, own: Words) -> str:
    sums = {2: "both", 1: "one", 0: "neither"}[sum(total.exact)]
    squares = "none" if total.squares is None else "all" if total.squares.total else "within"
    said = [own.text(f"partial.sums.{sums}"), own.text(f"partial.squares.{squares}")]
    said += [] if new else [own.text("partial.again")]
    return own.text("partial.total", scale=own.label(total.scale["label"]), people=total.people,
                    groups=len(total.members), told=" ".join(said))  # fmt: skip


def _left_out(left_out: tuple[LeftOut, ...], own: Words) -> Iterator[str]:
    """A line for each outcome and reason, with the groups that it holds for."""
    for (label, why), each in groupby(left_out, key=lambda one: (own.label(one.scale), one.why)):
        names = [own.text("organisation.group", evaluation=one.evaluation, group=one.group) if one.group
                 else one.evaluation for one in each]  # fmt: skip
        yield own.text(f"partial.left_out.{why}", scale=label, groups=own.listed(names))
