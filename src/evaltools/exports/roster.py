"""What is known while sessions and attendance are read: what is asked, the people, the sessions, the dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from evaltools.errors import Problems
from evaltools.exports.decode import iso_date
from evaltools.exports.grid import Grid

_DAY = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})\.?(?:[ T,].*)?")
_DAY_WITHOUT_YEAR = re.compile(r"\d{1,2}[-/. ]\d{1,2}\.?")


@dataclass(frozen=True, repr=False)
class Asked:
    """What an entry of ``[[files]]`` says about a calendar or a list of who was there; blank where it says nothing.

    ``until`` is the date of the report: what lies after it has not happened. ``others`` are those in the file
    who do not belong to the people of the evaluation, such as the supervisor.
    """

    group: str = ""
    subject: str = ""
    timezone: str = ""
    date_order: str = ""
    session: str = ""
    blank: str = ""
    others: frozenset[str] = frozenset()
    until: date = date.max


@dataclass(frozen=True, repr=False)
class Roster:
    """The people of the list of people, and the ids of the sessions held, by date and group.

    ``meant`` gives the person's code for what is written in a file, as ``evaluation.toml`` says.
    """

    people: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    meant: Callable[[str], str] = str

    @classmethod
    def of(cls, people: Iterable[str], sessions: Iterable[tuple[str, str, str]],
           meant: Callable[[str], str] = str) -> Roster:  # fmt: skip
        """The roster of some person codes, and of sessions held as (date, group, id)."""
        held: dict[str, tuple[tuple[str, str], ...]] = {}
        for day, group, session in sessions:
            held[day] = (*held.get(day, ()), (group, session))
        return cls({spelled(code): code for code in people}, held, meant)

    def person(self, *candidates: str) -> str | None:
        """The person whom any of some spellings names; blank where none does, None where they name two people."""
        names = {spelled(self.meant(" ".join(name.split()))) for name in candidates}
        found = {self.people[name] for name in names if name in self.people}
        return None if len(found) > 1 else next(iter(found), "")

    def held(self, day: date, group: str) -> tuple[str, ...]:
        """The ids of a group's sessions on a day; a blank group, in the log or asked for, stands for any."""
        known = self.sessions.get(day.isoformat(), ())
        return tuple(session for owner, session in known if not (group and owner) or owner == group)


def spelled(name: str) -> str:
    r"""A name as it is compared: blanks and line breaks alike; an e-mail address in small letters.

    >>> spelled("Bo \n Ek"), spelled("Bo.Ek@Example.se")
    ('Bo Ek', 'bo.ek@example.se')
    """
    name = " ".join(name.split())
    return name.casefold() if "@" in name else name


def session_id(group: str, day: date) -> str:
    """The id of a session of which a file knows only group and date.

    >>> session_id("A", date(2025, 3, 1)), session_id("", date(2025, 3, 1))
    ('A-2025-03-01', '2025-03-01')
    """
    return f"{group}-{day.isoformat()}" if group else day.isoformat()


def declared_date(text: str, order: str, *, short_years: bool = False) -> tuple[date | None, str]:
    """A date written with numbers, in the declared order; a date with the year first needs no declaration.

    Parameters
    ----------
    text : str
        The cell; a time of day after the date is left out.
    order : str
        ``"dmy"``, ``"mdy"``, ``"ymd"``, or blank where none is declared.
    short_years : bool
        Whether a year of two digits belongs to this century, as in files that no older programme wrote.

    Returns
    -------
    tuple
        The date and a blank, or None and the problem's key.

    Examples
    --------
    >>> declared_date("3/4 2025", "dmy"), declared_date("3/4/2025", "")
    ((None, 'date_unreadable'), (None, 'date_order_missing'))
    >>> declared_date("3/4/2025", "dmy"), declared_date("10/1", "dmy")
    ((datetime.date(2025, 4, 3), ''), (None, 'date_without_year'))
    """
    known = iso_date(text)
    if known:
        return known, ""
    if _DAY_WITHOUT_YEAR.fullmatch(text):
        return None, "date_without_year"
    found = _DAY.fullmatch(text)
    if not found:
        return None, "date_unreadable"
    if not order:
        return None, "date_order_missing"
    parts = dict(zip(order, (found[1], found[3], found[4]), strict=True))
    if short_years and len(parts["y"]) == 2:
        parts["y"] = f"20{parts['y']}"
    day = iso_date(f"{parts['y']}-{parts['m']:0>2}-{parts['d']:0>2}")
    return day, "" if day else "date_unreadable"


def session_of(day: date | None, asked: Asked, roster: Roster, grid: Grid, problems: Problems, *,
               row: int | None = None, column: str = "") -> str:  # fmt: skip
    """The id of the session that attendance belongs to: as declared for the file, else by its day and group."""
    everywhere = {session for known in roster.sessions.values() for _, session in known}
    found: tuple[str, ...] = ()
    if asked.session:
        found = (asked.session,) if asked.session in everywhere else ()
    elif day:
        found = roster.held(day, asked.group)
    if len(found) != 1:
        key = "session_of_day_unclear" if found else "session_of_day_missing"
        problems.add(key, file=grid.file, sheet=grid.sheet, row=row, column=column)
        return ""
    return found[0]
