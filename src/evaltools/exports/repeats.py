"""The same person twice at a wave: which response counts, by the rule that the mapping declares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from evaltools.errors import Problems
from evaltools.exports.layout import Layout
from evaltools.exports.mapping import Mapping
from evaltools.exports.moments import Moments

_SOON = timedelta(minutes=10)
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, repr=False)
class Answer:
    """One answer as a record, the column that it stands in, and whether anything was answered."""

    record: dict[str, str]
    place: str
    given: bool

    def key(self, meant: Callable[[str], str]) -> _Key:
        """Whose answer it is, by the person's own code, at which wave and session, to which questionnaire."""
        record = self.record
        return meant(record.get("person", "")), record["wave"], record.get("session", ""), record["instrument"]


@dataclass(frozen=True, repr=False)
class Response:
    """One row of a file of answers."""

    line: int
    complete: bool
    moment: datetime | None
    group: str
    answers: tuple[Answer, ...]


def without_repeats(
    responses: Sequence[Response], mapping: Mapping, layout: Layout, moments: Moments, place: str, problems: Problems,
    meant: Callable[[str], str],
) -> list[Response]:  # fmt: skip
    """The responses with every person once at a wave (and session) and questionnaire.

    Where a person has answered a questionnaire in several rows, the declared rule decides: ``"error"`` tells of them;
    ``"first"`` keeps the earliest; ``"last_complete"`` the latest that was submitted, or the latest where none was. A
    row in which a person answered nothing of a questionnaire stands back for one in which they did. ``meant`` gives the
    person's own code for what is written: two codes may be one person's.

    Returns
    -------
    list of Response
        In the order of the file. A response of which nothing is left is left out.
    """
    rows: dict[_Key, list[int]] = defaultdict(list)
    blank: dict[_Key, list[int]] = defaultdict(list)
    for at, response in enumerate(responses):
        given = {answer.key(meant) for answer in response.answers if answer.given}
        for key in given:
            rows[key].append(at)
        for key in {answer.key(meant) for answer in response.answers} - given:
            blank[key].append(at)
    lost: dict[int, set[_Key]] = defaultdict(set)
    for key, own in {**blank, **rows}.items():
        if not key[0]:  # a blank code is told of by itself
            continue
        kept = own[0] if len(own) == 1 or key not in rows else _winner(own, responses, mapping, layout, moments, place,
                                                                      problems)  # fmt: skip
        for at in {*rows.get(key, ()), *blank.get(key, ())} - {kept}:
            lost[at].add(key)
    left = [
        replace(response, answers=tuple(answer for answer in response.answers if answer.key(meant) not in lost[at]))
        for at, response in enumerate(responses)
    ]
    return [response for response in left if response.answers]


def _winner(
    own: Sequence[int], responses: Sequence[Response], mapping: Mapping, layout: Layout, moments: Moments, place: str,
    problems: Problems,
) -> int:  # fmt: skip
    """Which of a person's rows counts; the first, with a problem, where that cannot be decided."""
    grid = layout.grid
    if mapping.duplicates == "error":
        for at in own[1:]:
            problems.add("answered_twice", file=grid.file, sheet=grid.sheet, row=responses[at].line, column=place,
                         key=f"mapping.{mapping.name}.rows")  # fmt: skip
        return own[0]
    first = mapping.duplicates == "first"
    complete = [at for at in own if responses[at].complete]
    candidates = own if first or not complete else complete
    if len(candidates) == 1 or (first and not moments.recorded):
        return candidates[0]
    times = {at: moment for at in candidates if (moment := responses[at].moment) is not None}
    lines = [responses[at].line for at in candidates]
    if len(times) < len(candidates) or len(set(times.values())) < len(candidates):
        if not moments.ask(lines, layout, problems):
            for line in lines[1:]:
                problems.add("duplicate_order_unclear", file=grid.file, sheet=grid.sheet, row=line, column=place)
        return candidates[0]
    return min(times, key=times.__getitem__) if first else max(times, key=times.__getitem__)


def told_alike(responses: Sequence[Response], layout: Layout, problems: Problems) -> None:
    """Tell of responses without codes that have the same answers within ten minutes: perhaps one person, sent twice."""
    timed = sorted(
        (response for response in responses if response.moment), key=lambda one: (one.moment, one.line)
    )  # fmt: skip
    last: dict[tuple[tuple[str, ...], ...], datetime] = {}
    for response in timed:
        content = tuple((answer.record["item"], answer.record["code"]) for answer in response.answers if answer.given)
        if response.moment is None:
            continue
        if content in last and response.moment - last[content] <= _SOON:
            problems.add("same_answers_soon", file=layout.grid.file, sheet=layout.grid.sheet, row=response.line)
        last[content] = response.moment
