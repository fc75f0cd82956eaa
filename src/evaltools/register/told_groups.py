"""Which groups stand behind figures that are out, and what several such figures say together.

Whoever has all figures can add and subtract them. Groups that stand in the same figures can never be told apart that
way: together they are a part that shows. So figures are safe together if every part that shows could have been told by
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaltools.policy import Policy
from evaltools.register.marks import Marks

Ids = NDArray[np.uint64]
Counts = NDArray[np.int32]
Sizes = NDArray[np.uint16]
MOST = 65_535  # people of a group that are counted here: more make no difference


@dataclass(frozen=True, repr=False)
class Behind:
    """The groups behind one figure, or behind several of which each group is in one at most.

    Attributes
    ----------
    ids : ndarray
        The groups' keyed marks, in order.
    marks : ndarray
        Of what the figures rest on in each group: another mark where one of its people has answered differently.
    people : ndarray
        How many of each group are in it.
    figure : ndarray
        In which of the figures each group is.
    """

    ids: Ids
    marks: Marks
    people: Sizes
    figure: Counts

    def same(self, other: Behind) -> bool:
        """Whether these are the same figures of the same groups, unchanged."""
        mine, theirs = vars(self).values(), vars(other).values()
        return all(np.array_equal(one, another) for one, another in zip(mine, theirs, strict=True))


class Part(NamedTuple):
    """Groups that stand in the same figures: in which of the last ones (-1 for none), and how many of each are new.

    A group that has changed between two figures counts as one person: it may be that a single one makes the difference.
    """

    figure: int
    sizes: NDArray[np.integer]


def behind(ids: Ids, marks: Marks, people: Sizes, figure: Counts | None = None) -> Behind:
    """The groups of which there are people, their ids in order; all in one figure where no figure is named."""
    there = people > 0 if figure is None else (people > 0) & (figure >= 0)
    if not there.all():
        ids, marks, people = ids[there], marks[there], people[there]
    own = np.broadcast_to(np.int32(0), ids.shape) if figure is None else figure[there]
    return Behind(ids, marks, people, own)


def all_ids(figures: Sequence[Behind]) -> Ids:
    """The groups of any of the figures, in order.

    >>> one, other = (behind(np.array(ids, np.uint64), np.zeros(2), np.full(2, 6)) for ids in ([3, 8], [3, 5]))
    >>> all_ids([one, other]).tolist()
    [3, 5, 8]
    """
    ids = figures[0].ids
    for own in figures[1:]:
        if not np.array_equal(own.ids, ids):  # most figures are of the same groups
            both = np.sort(np.concatenate([ids, own.ids]), kind="stable")  # of two sorted pieces this is fast
            ids = both[np.diff(both, prepend=~both[:1]) != 0]
    return ids


def parts_that_show(figures: Sequence[Behind]) -> list[Part]:
    """The parts into which figures cut all their groups.

    Examples
    --------
    >>> all_groups = np.arange(5, dtype=np.uint64)
    >>> unchanged, sizes = np.zeros(5, np.uint32), np.full(5, 6, np.uint16)
    >>> first = behind(all_groups[:4], unchanged[:4], sizes[:4])
    >>> [part.sizes.tolist() for part in parts_that_show([first, behind(all_groups, unchanged, sizes)])]
    [[6], [6, 6, 6, 6]]
    >>> other = behind(all_groups[:4], np.array([0, 0, 0, 7], np.uint32), sizes[:4])
    >>> [part.sizes.tolist() for part in parts_that_show([first, other])]  # somebody's answer in one group is another
    [[6, 6, 6], [1]]
    """
    if len(figures) == 1 and not figures[0].figure.any():  # the first figure of all: nothing can be taken from it
        return [Part(0, figures[0].people)] if len(figures[0].ids) else []
    ids = all_ids(figures)
    shape = (len(figures), len(ids))
    there, marks, people = np.zeros(shape, bool), np.zeros(shape, np.uint32), np.zeros(len(ids), np.int64)
    figure = np.full(shape, -1, np.int32)
    for at, own in enumerate(figures):
        places = np.searchsorted(ids, own.ids)
        there[at, places], marks[at, places], figure[at, places] = True, own.marks, own.figure
        people[places] = own.people
    alike = np.zeros(shape, np.int32)  # the first of the figures in which each group is as it is in this one
    for at in range(len(figures)):
        alike[at] = np.where(there[:at] & (marks[:at] == marks[at]), np.arange(at)[:, None], at).min(axis=0, initial=at)
    first = there.argmax(axis=0)
    changed = (there & (alike != first)).any(axis=0)
    pattern = np.zeros(len(ids), np.int64)
    for at in range(len(figures)):
        code = np.where(there[at], figure[at].astype(np.int64) * (len(figures) + 1) + alike[at] + 1, 0)
        pattern = np.unique(pattern * (code.max(initial=0) + 1) + code, return_inverse=True)[1]
    sizes = np.where(changed, 1, people)
    order = np.argsort(pattern, kind="stable")
    cuts = np.flatnonzero(np.diff(pattern[order])) + 1
    return [Part(int(figure[-1, own[0]]), sizes[own]) for own in np.split(order, cuts) if len(own)]


def may_stand_together(figures: Sequence[Behind], policy: Policy) -> bool:
    """Whether there are groups, and every part that shows could have been told by itself."""
    parts = parts_that_show(figures)
    return bool(parts) and all(_may_pool(policy, part.sizes) for part in parts)


def _may_pool(policy: Policy, sizes: NDArray[np.integer]) -> bool:
    return policy.may_pool_of(int(np.count_nonzero(sizes)), int(sizes.sum()), int(sizes.max(initial=0)))


def tellable(
    out: Sequence[Behind], whole: Behind, classes: Counts, policy: Policy, *, least: int = 1
) -> NDArray[np.bool_]:
    """Which classes of groups may be told apart, beside all of them together and all that is out.

    Parameters
    ----------
    out : sequence of Behind
        Figures that are out, that of all together among them.
    whole : Behind
        The groups.
    classes : ndarray
        Of each of these groups the number of its class, from 0; -1 for none.
    policy : Policy
        What may be told.
    least : int
        Classes that must be told if any is.

    Returns
    -------
    ndarray of bool
        A place a class. What the others leave over could be told too: where it could not, the smallest class is kept
        in beside it. By numbers of groups and people alone; the answers have no say in it.
    """
    many = int(classes.max(initial=-1)) + 1
    people = np.bincount(classes[classes >= 0], whole.people[classes >= 0], minlength=many)
    told = np.array([_may_pool(policy, whole.people[classes == one]) for one in range(many)], bool)
    while told.sum() >= least and told.any():
        own = np.where((classes >= 0) & told[classes], classes, -1)
        apart = behind(whole.ids, whole.marks, whole.people, own)
        small = [part.figure for part in parts_that_show([*out, apart]) if not _may_pool(policy, part.sizes)]
        if not small:
            return told
        in_classes = {one for one in small if one >= 0}
        told[list(in_classes) or [int(np.where(told, people, np.inf).argmin())]] = False
    return np.zeros(many, bool)
