"""What must hold between the tables of an evaluation: links, people and groups, answers on their scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pandas as pd

from evaltools.canonical import KEYS
from evaltools.errors import Problems
from evaltools.exports.decode import Source
from evaltools.instruments import Instrument, Scale
from evaltools.measures import share_measures
from evaltools.schemas import SUMMARY_GROUP, empty_table, has_key, row_dicts, typed_column
from evaltools.settings import FILE, Settings

_LISTED = {"sessions": "session", "questions": "question", "ideas": "idea", "comments": "comment"}  # by their key
_AT_SESSIONS = ("attendance", "questions", "ideas", "follow_ups", "strengths", "comments", "responses")
_REFERS_TO = {"session_unknown": "sessions", "question_unknown": "questions", "idea_unknown": "ideas",
              "comment_unknown": "comments"}  # fmt: skip
_PRINTED = 1e-5  # scores are often printed with a few decimals


@dataclass(frozen=True, repr=False)
class Found:
    """The rows of all files, table by table.

    Beside each row stand ``_part``, its place in ``sources``, and ``_row`` and ``_column``, so that a message can
    point at the cell. ``unlinked`` has the people whom one row of one file knows, with their groups.
    """

    tables: Mapping[str, pd.DataFrame]
    sources: tuple[Source, ...]
    log: pd.DataFrame
    unlinked: Mapping[str, str] = field(default_factory=dict)

    def tell(
        self, rows: pd.DataFrame, key: str, problems: Problems, column: str = "", **details: object
    ) -> None:  # fmt: skip
        """Note the same problem for each of some rows, in the file's own column where one is named."""
        for row in row_dicts(rows):
            source = self.sources[row["_part"]]
            place = source.columns.get(column, "") if column else row["_column"]
            problems.add(key, file=source.file, sheet=source.sheet, row=int(row["_row"]), column=place, **details)


def check_repeats(found: Found, problems: Problems) -> None:
    """No key stands in two files; within a file, the table's own check has told already."""
    for name, table in found.tables.items():
        key = list(KEYS[name])
        if not key:
            continue
        again = table.duplicated(subset=key) & ~table.duplicated(subset=[*key, "_part"]) & has_key(table, name)
        filled = [column for column in key if table[column][again].notna().any()]
        found.tell(table[again], "key_used_twice", problems, allowed=", ".join(filled))


def people_of(found: Found, settings: Settings, problems: Problems) -> pd.DataFrame:
    """The people, in the order of their codes; without a list of people, all who occur, in the only group."""
    groups = settings.tables["groups"]["group"].dropna().tolist()
    people = found.tables["people"]
    if people.empty:
        codes = sorted({code for name in ("responses", "attendance") for code in found.tables[name]["person"].dropna()})
        codes = [code for code in codes if code not in found.unlinked]
        if codes and len(groups) > 1:
            problems.add("people_missing", file=FILE)
        people = empty_table("people").reindex(range(len(codes))).assign(person=typed_column(codes, "code"))
    only = groups[0] if len(groups) == 1 else SUMMARY_GROUP if not groups and people["group"].isna().all() else None
    people = people.assign(group=people["group"].fillna(only) if only else people["group"])
    if "_part" in people:
        found.tell(people[people["group"].isna()], "group_missing", problems, "group")
        strange = people[people["group"].notna() & ~people["group"].isin(groups)] if groups else people[:0]
        found.tell(strange, "group_unknown", problems, "group", allowed=", ".join(groups))
    return people.sort_values("person", kind="stable", ignore_index=True)


def with_unlinked(people: pd.DataFrame, found: Found, settings: Settings, instruments: Mapping[str, Instrument],
                  problems: Problems) -> pd.DataFrame:  # fmt: skip
    """The people, and after them those without a code: each known in one row only, in the group that is declared.

    Who has answered for the commissioner belongs to no group, so that no group counts them.

    Returns
    -------
    DataFrame
        With the column ``linked``: False for those who can be paired with nobody, not even with themselves at
        another wave.
    """
    groups = settings.tables["groups"]["group"].dropna().tolist()
    undivided = not groups and (people["group"] == SUMMARY_GROUP).all()
    only = groups[0] if len(groups) == 1 else SUMMARY_GROUP if undivided else ""
    codes = sorted(found.unlinked)
    outside = _commissioners(found, instruments) if groups else frozenset()
    own = ["" if code in outside else found.unlinked[code] or only for code in codes]
    if not all(group or code in outside for code, group in zip(codes, own, strict=True)):
        problems.add("anonymous_group_missing", file=FILE)
    if groups and set(own) - {"", *groups}:
        problems.add("group_unknown", file=FILE, allowed=", ".join(groups))
    strangers = empty_table("people").reindex(range(len(codes))).assign(
        person=typed_column(codes, "code"), group=typed_column(own, "code"))  # fmt: skip
    if not codes:
        return people.assign(linked=typed_column([True] * len(people), "yes_no"))
    linked = typed_column([True] * len(people) + [False] * len(codes), "yes_no")
    joined = [frame for frame in (people, strangers) if len(frame)]
    return pd.concat(joined, ignore_index=True).assign(linked=linked)


def _commissioners(found: Found, instruments: Mapping[str, Instrument]) -> frozenset[str]:
    """Those without a code who have answered the commissioner's form."""
    responses = found.tables["responses"]
    theirs = [name for name, key in instruments.items() if key.forms[0] == "commissioner"]
    return frozenset(responses["person"][responses["instrument"].isin(theirs)].dropna()) & frozenset(found.unlinked)


def check_links(found: Found, people: pd.DataFrame, settings: Settings, instruments: Mapping[str, Instrument],
                problems: Problems) -> None:  # fmt: skip
    """Every code in a file that refers to another table is found there; `check_people_links` does so for people."""
    waves = settings.tables["waves"]["wave"].dropna().tolist()
    groups = settings.tables["groups"]["group"].dropna().tolist() or people["group"].dropna().unique().tolist()
    known = {name: found.tables[name][column].dropna().tolist() for name, column in _LISTED.items()}
    goals = settings.tables["goals"]["goal"].dropna().tolist()
    named = ("supervisors", "supervisor_periods")
    supervisors = [name for table in named for name in settings.tables[table]["supervisor"].dropna()]
    links: list[tuple[str, str, list[str], str, list[str]]] = [
        ("responses", "instrument", list(instruments), "instrument_unknown_here", sorted(instruments)),
        ("questions", "carried_to", known["sessions"], "session_unknown", []),
        ("ideas", "question", known["questions"], "question_unknown", []),
        ("follow_ups", "idea", known["ideas"], "idea_unknown", []),
        ("approvals", "comment", known["comments"], "comment_unknown", []),
        ("goal_ratings", "goal", goals, "goal_unknown", goals),
        *((name, "wave", waves, "wave_unknown", waves) for name in ("responses", "goal_ratings", "comments")),
        *((name, "group", groups, "group_unknown", groups) for name in ("sessions", "feedback")),
        *((name, "session", known["sessions"], "session_unknown", list[str]()) for name in _AT_SESSIONS),
    ]
    if supervisors:  # where none is named, nobody can be unknown
        links += [(name, "supervisor", supervisors, "supervisor_unknown", [])
                  for name in ("sessions", "supervisor_development")]  # fmt: skip
    kept = set(settings.tables["files"]["table"])
    for name, column, there, key, allowed in links:
        if _REFERS_TO.get(key, name) not in kept:  # a list that nobody keeps has no unknown entries
            continue
        table = found.tables[name]
        in_file = [part for part, source in enumerate(found.sources) if source.columns.get(column)]
        lost = table[table["_part"].isin(in_file) & table[column].notna() & ~table[column].isin(there)]
        lost = lost.drop_duplicates(subset=["_part", "_row"])
        found.tell(lost, key, problems, column, allowed=", ".join(allowed))


def check_plan(settings: Settings, instruments: Mapping[str, Instrument], problems: Problems) -> None:
    """Waves stand in order of time; plan and goals name waves, questionnaires and scales that exist."""
    tables = settings.tables
    dates = tables["waves"]["actual"].fillna(tables["waves"]["planned"]).dropna()
    if not dates.is_monotonic_increasing:
        problems.add("waves_out_of_order", file=FILE)
    scales = [scale.id for key in instruments.values() for scale in key.scales]
    waves = tables["waves"]["wave"].dropna().tolist()
    groups = tables["groups"]["group"].dropna().tolist()
    supervisors = [*tables["supervisors"]["supervisor"].dropna(), *tables["supervisor_periods"]["supervisor"].dropna()]
    for name, column, known, key in (
        ("evaluation_plan", "wave", waves, "wave_unknown"),
        ("evaluation_plan", "what", [*instruments, *scales], "plan_unknown"),
        ("goals", "indicator", [*scales, *share_measures()], "indicator_unknown"),
        *((name, "group", groups, "group_unknown") for name in ("goals", "supervisor_periods", "events") if groups),
        ("qualifications", "supervisor", supervisors, "supervisor_unknown"),
        ("files", "wave", waves, "wave_unknown"),
        ("files", "instrument", list(instruments), "instrument_unknown"),
        ("files", "mapping", list(settings.mappings), "mapping_not_found"),
    ):
        for value, line in zip(tables[name][column], settings.lines[name], strict=True):
            if pd.notna(value) and value not in known:
                problems.add(key, file=FILE, row=line, column=f"{name}.{column}", it=value, allowed=", ".join(known))
    _check_expected(settings, {scale.id: scale for key in instruments.values() for scale in key.scales}, problems)
    _check_then_tests(settings, problems)


def _check_expected(settings: Settings, scales: Mapping[str, Scale], problems: Problems) -> None:
    """What a goal expects is a change that its scale has room for, from the level at the start where that is given."""
    for goal, line in zip(row_dicts(settings.tables["goals"]), settings.lines["goals"], strict=True):
        if goal["indicator"] not in scales or pd.isna(goal["expected"]):
            continue
        low, high = scales[goal["indicator"]].score_range
        starts = (low, high) if pd.isna(goal["baseline"]) else (goal["baseline"],) * 2
        if not low - starts[1] <= goal["expected"] <= high - starts[0]:
            problems.add("expected_beyond_scale", file=FILE, row=line, column="goals.expected",
                         scale=goal["indicator"], low=f"{low:g}", high=f"{high:g}")  # fmt: skip


def _check_then_tests(settings: Settings, problems: Problems) -> None:
    """A then-test has a start to look back on and an end to stand beside, and is nothing for the commissioner."""
    waves, plan = settings.tables["waves"], settings.tables["evaluation_plan"]
    then = waves["kind"].eq("then_test").fillna(False).astype(bool)
    asked = ~then & ~waves["kind"].eq("session_form").fillna(False).astype(bool)
    for at, line in enumerate(settings.lines["waves"]):
        if then[at] and (not asked[:at].any() or asked.sum() < 2):
            problems.add("then_test_first", file=FILE, row=line)
    wrong = plan["wave"].isin(waves["wave"][then].dropna()) & plan["to"].eq("commissioner").fillna(False)
    for row, line in zip(wrong, settings.lines["evaluation_plan"], strict=True):
        if row:
            problems.add("then_test_to_commissioner", file=FILE, row=line)


def check_answers(
    found: Found, instruments: Mapping[str, Instrument], settings: Settings, problems: Problems
) -> None:  # fmt: skip
    """Every answer lies on its scale, before anything is scored; no instrument is used before its time."""
    responses = found.tables["responses"]
    for key, rows in responses.groupby(["given_as", "instrument", "item"], sort=False):
        given_as, instrument, item = map(str, cast("tuple[str, str, str]", key))
        ends = _ends(given_as, instrument, item, instruments)
        if instrument not in instruments:
            continue
        if ends is None:  # the item is not named: in a file with slipped columns it may be anything
            found.tell(rows, "item_unknown_here", problems, "item", instrument=instrument)
            continue
        wrong = (rows["code"] < ends[0] - _PRINTED) | (rows["code"] > ends[1] + _PRINTED)
        if given_as == "item":
            wrong |= rows["code"] % 1 != 0
        found.tell(rows[wrong & rows["code"].notna()], "answer_outside", problems,
                   low=f"{ends[0]:g}", high=f"{ends[1]:g}", instrument=instrument)  # fmt: skip
    early = _waves_before_start(settings)
    at_start = responses[responses["wave"].isin(early)].drop_duplicates(["instrument", "wave", "_part"])
    for name, rows in at_start.groupby("instrument", sort=False):
        if name in instruments and not instruments[str(name)].valid_before_start:
            found.tell(rows.assign(_column=""), "not_before_start", problems, instrument=name)
    _check_given_scores(found, instruments, problems)


def _check_given_scores(found: Found, instruments: Mapping[str, Instrument], problems: Problems) -> None:
    """A score is given or computed, not both for the same person and wave."""
    responses = found.tables["responses"]
    given = responses[responses["given_as"] == "score"]
    if given.empty:
        return
    for scale in (scale for key in instruments.values() for scale in key.scales):
        scores = given[given["item"] == scale.id]
        if scores.empty:
            continue
        items = responses[(responses["given_as"] == "item") & (responses["instrument"] == scale.instrument)]
        items = items[items["item"].isin(scale.items)]
        answered = set(zip(items["person"], items["wave"], strict=True))
        both = [pair in answered for pair in zip(scores["person"], scores["wave"], strict=True)]
        found.tell(scores[both], "scored_twice", problems, scale=scale.id)


def _ends(
    given_as: str, instrument: str, item: str, instruments: Mapping[str, Instrument]
) -> tuple[float, float] | None:
    """Lowest and highest possible answer to an item, or score of a scale; None where it is unknown."""
    key = instruments.get(instrument)
    if key and given_as == "score":
        return next((scale.score_range for scale in key.scales if scale.id == item), None)
    return (key.low, key.high) if key and item in {own.id for own in key.items} else None


def _waves_before_start(settings: Settings) -> list[str]:
    """The waves that lie before supervision began: by their dates, or the first of several without dates."""
    waves, contract = settings.tables["waves"], settings.tables["contract"]
    waves = waves[~waves["kind"].eq("session_form").fillna(False).astype(bool)]
    dates = waves["actual"].fillna(waves["planned"])
    first = pd.Series(waves.index == waves.index.min(), index=waves.index) & (len(waves) > 1)
    early = first if contract.empty else (dates <= contract["start"].iloc[0]) | (dates.isna() & first)
    return list(waves["wave"][early].dropna())
