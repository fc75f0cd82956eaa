"""How each goal of the contract came out, in one word: for the first page, for the picture of goals, and to be counted.

Every function takes a released document and nothing else about the evaluation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from evaltools.measures import share_measures
from evaltools.released_contract import expectation, final_changes, is_about
from evaltools.wording import Words

_Json = Mapping[str, Any]
_FOR_BETTER = {"increase": "better", "suggests_increase": "suggests_better", "cannot_tell": "cannot_tell",
               "suggests_decrease": "suggests_worse", "decrease": "worse"}  # fmt: skip
_FOR_WORSE = {"increase": "worse", "suggests_increase": "suggests_worse", "cannot_tell": "cannot_tell",
              "suggests_decrease": "suggests_better", "decrease": "better"}  # fmt: skip
DIFFERS = "differs"


def goal_verdicts(goal: _Json, document: _Json) -> dict[str, str]:
    """The verdict of a goal in each group that it is about; under "" where it is about all together.

    Parameters
    ----------
    goal : mapping
        A row of the contract's ``goals`` in ``release.json``.
    document : mapping
        The whole of it.

    Returns
    -------
    dict
        Keys under ``goal_verdicts.word`` of the texts. A goal with an expected change is reached or not only where
        that is sure; one without is told by whether its scale went the way that the scale counts as better, or the
        other. A goal that is answered by a share has no verdict, only the share. A goal without a figure that is shown
        says why by the contract and the policy alone, never by the answers.
    """
    scale = next((scale for scale in document["scales"] if scale["scale"] == goal.get("indicator")), None)
    if scale is not None:
        return _by_scale(goal, scale, document)
    if goal.get("indicator") in share_measures():
        rows = [*document["shares"], *document["share_absences"]]
        own = [row for row in rows if row["measure"] == goal["indicator"] and is_about(goal, row)]
        if own:
            return {row["group"]: "share" if "shown" in row else "not_shown" for row in own}
    if "rated" in goal:
        return {"": "rated" if goal["rated"] else "rated_by_few"}
    return {"": "not_measured"}


def goal_verdict(goal: _Json, document: _Json) -> str:
    """The verdict of a goal where all its groups have the same, else ``"differs"``."""
    found = set(goal_verdicts(goal, document).values())
    return found.pop() if len(found) == 1 else DIFFERS


def verdict_counts(document: _Json) -> Counter[str]:
    """How many goals of the contract have each verdict."""
    return Counter(goal_verdict(goal, document) for goal in document["contract"]["goals"])


def verdict_text(goal: _Json, document: _Json, own: Words) -> str:
    """The verdict in plain words, group by group where they differ."""
    alike: dict[str, list[str]] = {}
    for group, key in goal_verdicts(goal, document).items():
        alike.setdefault(verdict_word(key, goal, group, document, own), []).append(group)
    if len(alike) == 1:
        return next(iter(alike))
    told = [
        own.text("goal_verdicts.in_group", group=own.listed(groups), verdict=word) for word, groups in alike.items()
    ]
    return " ".join(told)


def _by_scale(goal: _Json, scale: _Json, document: _Json) -> dict[str, str]:
    changes = [change for change in final_changes(scale["scale"], document) if is_about(goal, change)]
    absent = [row for row in document["absences"] if row["scale"] == scale["scale"] and is_about(goal, row)]
    found = {row["group"]: "not_shown" for row in absent}
    found |= {change["group"]: _of_change(goal, change, scale) for change in changes}
    return found or {"": "not_shown"}  # one group's goal, and the scale goes out for several together


def _of_change(goal: _Json, change: _Json, scale: _Json) -> str:
    upwards = goal["expected"] >= 0 if "expected" in goal else scale["higher_is_better"]
    way = (_FOR_BETTER if upwards else _FOR_WORSE)[change["verdict"]]
    if "expected" not in goal:
        return way
    reached = expectation(goal["expected"], change)
    if reached == "cannot_tell":
        return "better" if way == "better" else "cannot_tell"
    return "worse" if way == "worse" else reached


def verdict_word(key: str, goal: _Json, group: str, document: _Json, own: Words) -> str:
    """One verdict of a goal in one group in plain words; of a share the share itself."""
    if key != "share":
        return own.text(f"goal_verdicts.word.{key}")
    share = next(
        share for share in document["shares"] if (share["measure"], share["group"]) == (goal["indicator"], group)
    )
    shown = own.text(f"shares.shown.{share['shown']['kind']}", **share["shown"])
    return own.text("goal_verdicts.word.share", what=own.text(f"shares.names.{goal['indicator']}"), shown=shown)
