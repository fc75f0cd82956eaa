"""What has been handed on to an organisation, as lines for the person who let it out; the numbers are in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from evaltools.counts import Count
from evaltools.partial import LeftOut, Made
from evaltools.partial_counts import Uncounted
from evaltools.totals import Total
from evaltools.wording import Words, words


def partial_text(made: Made, out: Path, language: str) -> str:
    """Which totals and counts are in the file, what is in none and why, and which folders had nothing.

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
    counts = made.partial.counts
    lines = [own.text("partial.written", out=out, evaluations=len(made.partial.releases), totals=len(totals),
                      counts=len(counts))]  # fmt: skip
    lines += [f"  {_total(total, total in made.new, own)}" for total in totals]
    lines += [f"  {line}" for line in _left_out(made.left_out, own)]
    lines += [f"  {_count(count, count in made.new_counts, own)}" for count in counts]
    lines += [f"  {line}" for line in _uncounted(made.uncounted, own)]
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


def _count(count: Count, new: bool, own: Words) -> str:
    said = [own.text(f"counts.handed_on.{'told' if count.numbers else 'too_few_cases'}")]
    said += [] if new else [own.text("counts.handed_on.again")]
    measure = own.text(f"counts.measures.{count.measure}")
    return own.text("counts.handed_on.count", measure=measure[:1].upper() + measure[1:],
                    evaluations=len(count.members), people=sum(count.sizes), told=" ".join(said))  # fmt: skip


def _uncounted(uncounted: Sequence[Uncounted], own: Words) -> Iterator[str]:
    """A line for each reason and each set of evaluations, with all that they are not counted in."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in uncounted:
        places.setdefault((one.why, one.measure), []).append(one.evaluation)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (why, measure), names in places.items():
        together.setdefault((why, tuple(names)), []).append(own.text(f"counts.measures.{measure}"))
    for (why, evaluations), measures in together.items():
        yield own.text(f"counts.left_out.{why}", measures=own.listed(measures), names=own.listed(list(evaluations)))


def _left_out(left_out: tuple[LeftOut, ...], own: Words) -> Iterator[str]:
    """A line for each outcome and reason, with the groups that it holds for."""
    for (label, why), each in groupby(left_out, key=lambda one: (own.label(one.scale), one.why)):
        names = [own.text("organisation.group", evaluation=one.evaluation, group=one.group) if one.group
                 else one.evaluation for one in each]  # fmt: skip
        yield own.text(f"partial.left_out.{why}", scale=label, groups=own.listed(names))
