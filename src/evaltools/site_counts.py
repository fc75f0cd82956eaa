"""What the tables of one evaluation count: people asked, sessions, questions, ideas, wishes and complaints.

These are the counts themselves, with what is out about each already; which of them go out is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaltools.cells import Cells, Row, cells_of
from evaltools.contract_facts import first_session
from evaltools.counts import Span
from evaltools.folder import Evaluation
from evaltools.ledger import Entry
from evaltools.process.idea_rows import chain_rows, due_ideas, ideas_of
from evaltools.process.question_rows import handled_rows, questions_of
from evaltools.process.session_rows import intervals_of
from evaltools.process.things import is_true
from evaltools.schemas import SUMMARY_GROUP
from evaltools.timeline import joined_later

_WHOLE = ("evaluation", SUMMARY_GROUP)
_ALL = "all"  # the basis of a share of all ideas
_HANDLED = ("question_handled_share", "")
_HELPED, _TRIED = ("idea_helped", _ALL), ("idea_tried", _ALL)
_CASES = (("wishes", "wish"), ("complaints", "complaint"))


@dataclass(frozen=True, repr=False)
class Tally:
    """What one evaluation has of a measure of `counts`.

    ``numbers`` are its counts; ``known`` says between which two numbers some of them lie by what is out already;
    ``owned`` how many of the things each owner has.
    """

    measure: str
    numbers: Mapping[str, int]
    known: Mapping[str, Span] = field(default_factory=dict)
    owned: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_true(self) -> bool:
        """Whether the counts lie where what is out says; else something has been corrected since."""
        return all(low <= self.numbers[name] <= high for name, (low, high) in self.known.items())


def tallies(evaluation: Evaluation, entries: Sequence[Entry]) -> Iterator[Tally]:
    """Every measure that is recorded in an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        Without individual supervision: what is counted there is one person's.
    entries : sequence of Entry
        What is out of it, as its ledger has it.
    """
    yield from _responses(evaluation, entries)
    yield from _intervals(evaluation)
    whole = Cells((_WHOLE,), np.ones((1, len(evaluation.people)), bool))
    parts = cells_of(evaluation)
    both = Cells((*whole.names, *parts.names), np.vstack([whole.member, parts.member]))
    yield from _questions(evaluation, both, entries)
    yield from _ideas(evaluation, both, entries)
    yield from _cases(evaluation)
    yield from _own_supervision(evaluation)


def _responses(evaluation: Evaluation, entries: Sequence[Entry]) -> Iterator[Tally]:
    """Who belonged at the first and at the last measurement that anybody answered, and who answered something."""
    people, waves = evaluation.people[evaluation.people["linked"]], evaluation.waves
    given = evaluation.responses[evaluation.responses["code"].notna()]
    by_wave = {wave: set(own) for wave, own in given.groupby("wave", observed=True)["person"]}
    points = waves[~waves["kind"].isin(["then_test", "session_form"]).fillna(value=False)]
    answered = [wave for wave in points["wave"] if wave in by_wave]
    for measure, own in (("response_first", answered[:1]), ("response_last", answered[1:][-1:])):
        for wave in own:
            there = set(people["person"]) & by_wave[wave]
            asked = _belonged(evaluation, wave) | there
            at_least = _most_people(entry for entry in entries if entry.measure == "level" and entry.wave == wave)
            yield Tally(measure, {"answered": len(there), "asked": len(asked)},
                        {"answered": (at_least, len(asked))}, dict.fromkeys(asked, 1))  # fmt: skip


def _belonged(evaluation: Evaluation, wave: str) -> set[str]:
    """The people listed who belonged on the day of a wave; all of them where it has no day."""
    table = evaluation.waves.set_index("wave")
    day = table["actual"].fillna(table["planned"]).loc[wave]
    people = evaluation.people
    member = people["linked"].to_numpy(bool)
    if pd.notna(day):
        joined, left = joined_later(evaluation), people["left"]
        member = member & ~(joined > day).to_numpy(bool) & ~(left < day).to_numpy(bool)
    return set(people["person"][member])


def _most_people(levels: Iterable[Entry]) -> int:
    """How many people surely answered at a wave: of one scale, those behind its figures, no person in two of them."""
    people: dict[str, int] = {}
    for entry in levels:
        people[entry.scale] = people.get(entry.scale, 0) + int(entry.figure["n"])
    return max(people.values(), default=0)


def _intervals(evaluation: Evaluation) -> Iterator[Tally]:
    days = intervals_of(evaluation)["days"]
    if len(days):
        yield Tally("intervals", {"days": int(days.sum()), "intervals": len(days)})


def _questions(evaluation: Evaluation, cells: Cells, entries: Sequence[Entry]) -> Iterator[Tally]:
    rows = list(handled_rows(evaluation, questions_of(evaluation, cells))) if len(evaluation.questions) else []
    handled = _share(rows, _HANDLED)
    if handled:
        numbers = {"handled": _yes(handled), "brought": int(handled["of"])}
        yield Tally("questions", numbers, {"handled": _known(rows, _HANDLED, entries)}, _owned(handled))


def _ideas(evaluation: Evaluation, cells: Cells, entries: Sequence[Entry]) -> Iterator[Tally]:
    """An idea that helped was tried, one that was tried was followed up, and one that was followed up was due."""
    if not (len(evaluation.ideas) and len(evaluation.follow_ups)):
        return
    ideas = ideas_of(evaluation, cells)
    rows = list(chain_rows(evaluation, ideas))
    helped, tried = (_share(rows, which) for which in (_HELPED, _TRIED))
    if not (helped and tried):
        return
    followed = is_true(ideas.rows, "followed_up") | is_true(ideas.rows, "tried")
    due = int((followed | due_ideas(evaluation, ideas)).sum())
    numbers = {"helped": _yes(helped), "tried": _yes(tried), "followed_up": int(followed.sum()), "due": due,
               "noted": int(helped["of"])}  # fmt: skip
    (least, most), (at_least, at_most) = (_known(rows, which, entries) for which in (_HELPED, _TRIED))
    at_least, at_most = max(at_least, least), min(at_most, due)
    known = {"helped": (least, min(most, at_most)), "tried": (at_least, at_most), "followed_up": (at_least, due)}
    yield Tally("ideas", numbers, known, _owned(helped))


def _share(rows: Iterable[Row], which: tuple[str, str], cell: tuple[str, str] = _WHOLE) -> Row | None:
    """A share of things in a cell, over the whole time."""
    columns = ("measure", "basis", "period", "group_by", "group")
    return next((row for row in rows if tuple(row[name] for name in columns) == (*which, "", *cell)), None)


def _yes(share: Row) -> int:
    return round(float(share["value"]) * float(share["of"]))


def _owned(share: Row) -> dict[str, int]:
    """How many things each has; where some are nobody's, all are taken to be one person's."""
    whose: dict[int, int] = share["owned"]
    return {str(at): number for at, number in whose.items()} or {"": int(share["of"])}


def _known(rows: Sequence[Row], which: tuple[str, str], entries: Sequence[Entry]) -> Span:
    """Between what the number of things with yes lies by the shares that are out, told of all or of each group."""
    whole = _share(rows, which)
    low, open_, most = 0, int(whole["of"]) if whole else 0, 0
    for entry in entries:
        own = _share(rows, which, (entry.group_by, entry.group)) if entry.measure == which[0] else None
        if own:
            of, shown = int(own["of"]), entry.figure["shown"]
            low += -(-of * int(shown["low"]) // 100)
            most += of * int(shown["high"]) // 100
            open_ -= of
    return low, most + open_


def _cases(evaluation: Evaluation) -> Iterator[Tally]:
    """Wishes and complaints wherever there is a sheet for them: an empty one says that there were none."""
    if not _has_sheet(evaluation, "feedback"):
        return
    for measure, kind in _CASES:
        own = evaluation.feedback[evaluation.feedback["kind"] == kind]
        closed = own[own["closed"].notna()]
        days = int((closed["closed"] - closed["date"]).dt.days.sum())
        yield Tally(measure, {"cases": len(own), "closed": len(closed), "days_to_close": days})


def _own_supervision(evaluation: Evaluation) -> Iterator[Tally]:
    """Whether every supervisor of the evaluation had supervision of their own from its first session to its end."""
    names = set(evaluation.supervisor_periods["supervisor"].dropna())
    begins = first_session(evaluation)
    if not names or begins is None or not _has_sheet(evaluation, "supervisor_development"):
        return
    done = evaluation.supervisor_development
    end = evaluation.contract["end"].fillna(pd.Timestamp(evaluation.report_date)).iloc[0]
    inside = (done["date"] >= pd.Timestamp(begins)) & (done["date"] <= min(end, pd.Timestamp(evaluation.report_date)))
    having = set(done["supervisor"][inside & (done["kind"] == "own_supervision")])
    yield Tally("own_supervision", {"with_own": int(names <= having), "evaluations": 1}, {"with_own": (0, 1)},
                dict.fromkeys(names, 1))  # fmt: skip


def _has_sheet(evaluation: Evaluation, table: str) -> bool:
    """Whether there is a place for what is sought, so that nothing in it means none."""
    return bool(len(getattr(evaluation, table))) or table in set(evaluation.load_log.get("table", ()))
