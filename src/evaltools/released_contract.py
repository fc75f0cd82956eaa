"""What the commissioner reads of the contract: an answer to every goal, and whether the plan was kept.

Every function takes a `Release` and nothing else about the evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evaltools.blocks import Block, Heading, Section, Table, Text
from evaltools.measures import share_measures
from evaltools.sealed import Release, require_release
from evaltools.statistics.verdicts import verdict_rule
from evaltools.wording import Words, words

_Json = Mapping[str, Any]


def goals(release: Release, language: str) -> Section:
    """Every goal of the contract, in the contract's order and words, with a plain answer each."""
    document, own = require_release(release).document, words(language)
    heading = Heading(own.text("report.goals"))
    entries = document["contract"]["goals"]
    if not entries:
        return Section((heading, Text((own.text("report.no_goals"),))))
    heads = tuple(own.text(f"heads.{head}") for head in ("goal", "owner", "level", "answer"))
    rows = tuple(
        (goal_name(goal, own), goal.get("owner", ""), goal_level(goal, own), goal_answer(goal, document, own)[1])
        for goal in entries
    )
    return Section((heading, Table(own.text("tables.goals"), heads, rows)))


def plan(release: Release, language: str) -> Section:
    """The plan row by row, how much of what was due has been delivered, and the mark of contract, goals and plan."""
    document, own = require_release(release).document, words(language)
    agreed = document["plan"]
    blocks: list[Block] = [Heading(own.text("contract_report.plan"))]
    kept = plan_kept([item["state"] for item in agreed["items"]], agreed["due"])
    told = [own.text(f"contract_report.{kept}", due=agreed["due"], delivered=agreed["delivered"])]
    if agreed["items"]:
        heads = tuple(own.text(f"contract_report.heads.{head}") for head in ("item", "to", "due", "state"))
        rows = tuple(_plan_row(item, own) for item in agreed["items"])
        blocks.append(Table(own.text("contract_report.plan_table"), heads, rows))
    return Section((*blocks, Text((*told, own.text("contract_report.plan_hash", hash=agreed["hash"])))))


def final_changes(scale: str, document: _Json) -> list[_Json]:
    """For each group the change to the last wave that was released."""
    last = {change["group"]: change for change in document["changes"] if change["scale"] == scale}
    return list(last.values())


def goal_answer(goal: _Json, document: _Json, own: Words) -> tuple[bool, str]:
    """Whether the goal has a result that is shown, and the answer in plain words.

    Parameters
    ----------
    goal : mapping
        A row of the contract's ``goals`` in ``release.json``.
    document : mapping
        The whole of it.
    own : Words
        The words of the reader's language.

    Returns
    -------
    tuple
        A goal with an indicator is answered by the released change of its scale, or by its released share (its own
        group's, where it is one group's goal); one with levels by whether it was rated; any other is not measured.
    """
    known, answers = False, list[str]()
    scale = next((scale for scale in document["scales"] if scale["scale"] == goal.get("indicator")), None)
    if scale is not None:
        known, answers = _by_scale(goal, scale, document, own)
    elif goal.get("indicator") in share_measures():
        known, answers = _by_share(goal, document, own)
    if "rated" in goal:
        answers.append(own.text("goals.rated" if goal["rated"] else "goals.rated_by_few"))
    return known, " ".join(answers or [own.text("goals.not_measured")])


def goal_name(goal: _Json, own: Words) -> str:
    """The goal in the contract's words, and the organisation's goal to which it belongs."""
    if "organisation_goal" not in goal:
        return str(goal["text"])
    return own.text("contract_report.linked", goal=goal["text"], organisation_goal=goal["organisation_goal"])


def goal_level(goal: _Json, own: Words) -> str:
    """Whether the goal is the individual's, the group's or the organisation's."""
    return own.text(f"contract_report.levels.{goal.get('level', 'unknown')}")


def plan_kept(states: Sequence[str], due: int) -> str:
    """Which sentence says how a plan was kept, by the state of each of its rows and how many of them were due.

    >>> plan_kept(["delivered", "overdue"], 2), plan_kept(["waiting"], 0), plan_kept([], 0)
    ('plan_told', 'plan_nothing_due', 'no_plan')
    """
    if not states:
        return "no_plan"
    if "not_recorded" in states:
        return "plan_not_recorded"
    return "plan_told" if due else "plan_nothing_due"


def _by_scale(goal: _Json, scale: _Json, document: _Json, own: Words) -> tuple[bool, list[str]]:
    """What the released changes of a scale say of a goal; why there is none, for each group that has none."""
    name, group = own.label(scale["label"]), goal.get("group", "")
    final = [change for change in final_changes(scale["scale"], document) if is_about(goal, change)]
    absent = [row for row in document["absences"]
              if row["scale"] == scale["scale"] and (not group or row["group"] in ("", group))]  # fmt: skip
    lines = [(change["group"], _change_answer(goal, change, name, own)) for change in final]
    lines += [(row["group"], own.text(f"goals.absent.{row['absence']}", scale=name)) for row in absent]
    if not lines:  # the goal is one group's, and the scale goes out for several together
        lines = [("", own.text("goals.whole_only", scale=name, group=group))]
    answers = _groups_told(lines, own)
    if final and not scale["higher_is_better"]:
        answers.append(own.text("goals.lower_is_better"))
    return bool(final), answers


def _by_share(goal: _Json, document: _Json, own: Words) -> tuple[bool, list[str]]:
    """What a released share says of a goal; why there is none, for each group that has none."""
    name, group = own.text(f"shares.names.{goal['indicator']}"), goal.get("group", "")
    every = [row for row in (*document["shares"], *document["share_absences"]) if row["measure"] == goal["indicator"]]
    said = [row for row in every if is_about(goal, row)]
    lines = [(row["group"], _share_answer(goal, row, name, own)) for row in said]
    if every and not said:  # the goal is one group's, and the share goes out for several together
        lines = [("", own.text("goals.whole_only", scale=name, group=group))]
    return any("shown" in row for row in said), _groups_told(lines, own)


def _share_answer(goal: _Json, row: _Json, name: str, own: Words) -> str:
    if "absence" in row:
        return own.text(f"shares.{row['absence']}", what=name)
    shown = own.text(f"shares.shown.{row['shown']['kind']}", **row["shown"])
    return " ".join([own.text("goals.share", what=name, shown=shown, n=row["n"]), *beyond_a_rate(goal, own)])


def beyond_a_rate(goal: _Json, own: Words) -> list[str]:
    """That an expected change cannot be told from a share: it is one figure for the whole period."""
    if "expected" not in goal:
        return []
    return [
        own.text("contract_report.expected.cannot_tell", expected=own.decimal(f"{goal['expected']:.3g}", signed=True))
    ]


def _groups_told(lines: Sequence[tuple[str, str]], own: Words) -> list[str]:
    """A sentence for all the groups of which the same is said."""
    alike: dict[str, list[str]] = {}
    for at, line in lines:
        alike.setdefault(line, []).append(at)
    return [own.text("released.in_group", group=own.listed(groups), sentence=line) if any(groups) else line
            for line, groups in alike.items()]  # fmt: skip


def _change_answer(goal: _Json, change: _Json, name: str, own: Words) -> str:
    said = own.text(f"goals.{change['verdict']}", scale=name, n=change["n"])
    if "expected" not in goal:
        return said
    reached, expected = expectation(goal["expected"], change), own.decimal(f"{goal['expected']:.3g}", signed=True)
    return f"{said} {own.text(f'contract_report.expected.{reached}', expected=expected)}"


def is_about(goal: _Json, row: _Json) -> bool:
    """Whether a released row is of the goal's group; a goal without a group is about all of them."""
    return goal.get("group", "") in ("", row["group"])


def expectation(expected: float, change: _Json) -> str:
    """Whether the released change reaches the expected one, with its uncertainty and the rounding of both levels.

    ``"reached"`` or ``"not_reached"`` only where that is sure, else ``"cannot_tell"``.
    """
    low, high = float(change["shown"]["low"]), float(change["shown"]["high"])
    rounding = 0.0 if change["shown"]["kind"] != "value" else 10.0 ** -len(change["shown"]["low"].partition(".")[2])
    margin = verdict_rule().reserve * float(change["uncertainty"]) + rounding
    ends = (low - margin, high + margin) if expected >= 0 else (-high - margin, -low + margin)
    return "reached" if ends[0] >= abs(expected) else "not_reached" if ends[1] < abs(expected) else "cannot_tell"


def _plan_row(item: _Json, own: Words) -> tuple[str, ...]:
    due, delivered = (own.day(date.fromisoformat(item[name])) if name in item else "" for name in ("due", "delivered"))
    state = own.text(f"contract_report.states.{item['state']}", delivered=delivered, days=item.get("days_late", 0))
    name = own.text("contract_report.item", what=own.label(item["what"]), wave=item["wave"])
    return name, own.text(f"contract_report.readers.{item['to']}"), due or own.text("contract_report.no_day"), state
