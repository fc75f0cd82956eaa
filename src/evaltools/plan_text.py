"""A plan in plain words, and as JSON for programs."""

from __future__ import annotations

import json
import math
import textwrap
from typing import Any

from evaltools.language import texts
from evaltools.measures import limits
from evaltools.plan import Outlook, Plan
from evaltools.policy import policies
from evaltools.wording import Words, words

_WIDTH = 100
_HEADS = ("increase", "suggests_increase", "cannot_tell", "other_way")


def plan_text(plan: Plan, language: str) -> str:
    """What the evaluation can and cannot show, for the supervisor who is about to write the contract.

    Parameters
    ----------
    plan : Plan
        From `plan_evaluation`.
    language : str
        Language of the text.

    Examples
    --------
    >>> from evaltools.plan import plan_evaluation
    >>> print(plan_text(plan_evaluation(7, 3, "job_satisfaction", "en"), "en").splitlines()[0])
    Plan: 7 people, 3 measurements. Job satisfaction (scale 1 to 5)
    """
    teller = _Teller(plan, language)
    parts = [("brief", teller.brief())]
    if plan.outlooks[0].shown:
        parts += [("chances", teller.chances()), ("leavers", teller.leavers()), ("waves", teller.waves()),
                  ("commissioner", teller.commissioner()), ("never", teller.never()),
                  ("basis", teller.basis())]  # fmt: skip
    title = teller.say("title", scale=teller.own.label(plan.scale.label))
    return "\n\n".join([title, *("\n".join([teller.say(f"heads.{head}"), *lines]) for head, lines in parts)])


def plan_json(plan: Plan) -> str:
    """The plan with all its digits: figures that are not shown are null.

    Keys: ``schema``, ``people``, ``waves``, ``scale``, ``range``, ``chance``, ``sd_of_change``, ``basis``
    (``"assumed"`` or the reference), ``minimal_important_change``, ``changes`` (true changes by name), ``outlooks``
    (one for each number of people that may be left: ``people``, ``smallest_change``, ``half_width``, ``chances`` by
    true change and verdict, ``commissioner`` with ``smallest_difference`` and ``uncertainty``) and ``false_alarm``
    (``one_comparison``, ``any_comparison``).

    Examples
    --------
    >>> from evaltools.plan import plan_evaluation
    >>> json.loads(plan_json(plan_evaluation(4, 2, "job_satisfaction", "en")))["outlooks"][0]["chances"]
    {}
    """
    data = {
        "schema": 1, "people": plan.people, "waves": plan.waves, "scale": plan.scale.id,
        "range": list(plan.scale.score_range), "chance": plan.chance, "sd_of_change": plan.sd_of_change,
        "basis": plan.basis, "minimal_important_change": plan.minimal, "changes": plan.changes,
        "outlooks": [_outlook_data(outlook) for outlook in plan.outlooks],
        "false_alarm": {"one_comparison": _or_null(plan.false_one), "any_comparison": _or_null(plan.false_any)},
    }  # fmt: skip
    return json.dumps(data, indent=2, allow_nan=False)


def _outlook_data(outlook: Outlook) -> dict[str, Any]:
    return {
        "people": outlook.people,
        "smallest_change": _or_null(outlook.smallest),
        "half_width": _or_null(outlook.half_width),
        "chances": {name: chances._asdict() for name, chances in outlook.chances.items()},
        "commissioner": {
            "smallest_difference": _or_null(outlook.released),
            "uncertainty": _or_null(outlook.uncertainty),
        },
    }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


class _Teller:
    """Says the parts of a plan; a scale on which lower is better hopes for a decrease, which is as likely."""

    def __init__(self, plan: Plan, language: str) -> None:
        self.plan, self.own, self.first = plan, words(language), plan.outlooks[0]
        self.hoped = texts(language)["plan"]["up" if plan.scale.higher_is_better else "down"]

    def say(self, key: str, **fill: object) -> str:
        """A sentence, with what most sentences name."""
        plan, (low, high) = self.plan, self.plan.scale.score_range
        known = {
            "people": plan.people, "waves": plan.waves, "chance": _percent(plan.chance),
            "low": self.number(low), "high": self.number(high),
            "least": limits()["group_figure"], "individuals": limits()["reliable_change_counts"],
            "groups": policies()["standard"].pooled_groups, "pooled": policies()["standard"].pooled_people,
        }  # fmt: skip
        return self.own.text(f"plan.{key}", **(known | self.hoped | fill))

    def number(self, value: float) -> str:
        """A number in the language's clothes, with no more decimals than it needs, two at most."""
        digits = next((digits for digits in (0, 1) if math.isclose(value, round(value, digits))), 2)
        return self.own.number(value, digits)

    def least(self, change: float) -> str:
        """A smallest change to one decimal, rounded up, since a smaller one has less than the chance named."""
        return self.own.number(math.ceil(change * 10 - 1e-9) / 10, 1)

    def about(self, value: float) -> str:
        """A number to one decimal."""
        return self.own.number(value, 1)

    def brief(self) -> list[str]:
        """What can be shown, or that nothing can."""
        if not self.first.shown:
            return _wrapped([self.say("nothing"), self.say("instead")])
        low, high = self.plan.scale.score_range
        up = self.plan.scale.higher_is_better
        needed = math.ceil(self.first.smallest * 10 - 1e-9) / 10
        room = high - needed if up else low + needed
        return _wrapped([
            self.say("can", smallest=self.least(self.first.smallest)),
            self.say("smaller"),
            self.say("width", half=self.about(self.first.half_width)),
            self.say("room_up" if up else "room_down", room=self.about(room), smallest=self.least(self.first.smallest)),
        ])  # fmt: skip

    def chances(self) -> list[str]:
        """The table of verdicts, in groups of a hundred."""
        rows = [["", *(self.say(f"verdicts.{head}") for head in _HEADS)]]
        for name, found in self.first.chances.items():
            change = self.number(self.plan.changes[name])
            shares = (found.increase, found.suggests_increase, found.cannot_tell,
                      found.suggests_decrease + found.decrease)  # fmt: skip
            rows.append([self.say(f"changes.{name}", change=change), *(_share(share, self.own) for share in shares)])
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        lines = ["  " + "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width)
                                  for at, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
                 for row in rows]  # fmt: skip
        return [*lines, *_wrapped([self.say("rule", minimal=self.number(self.plan.minimal))])]

    def leavers(self) -> list[str]:
        """What those who remain can show."""
        told = [
            self.say("left" if outlook.shown else "left_too_few", n=outlook.people,
                     smallest=self.least(outlook.smallest) if outlook.shown else "")
            for outlook in self.plan.outlooks[1:]
        ]  # fmt: skip
        return _wrapped([*told, self.say("invite")])

    def waves(self) -> list[str]:
        """What more measurements add, and what they cost."""
        if self.plan.waves == 2:
            return _wrapped([self.say("one_comparison")])
        return _wrapped([
            self.say("comparisons", n=self.plan.waves - 1),
            self.say("false_alarms", n=self.plan.waves - 1, one=_percent(self.plan.false_one),
                     any=_percent(self.plan.false_any)),
        ])  # fmt: skip

    def commissioner(self) -> list[str]:
        """What may be told to the commissioner."""
        if self.plan.scale.item_count <= policies()["standard"].bands_up_to_items:
            return _wrapped([self.say("released_bands"), self.say("panel")])
        if math.isnan(self.first.released):
            return _wrapped([self.say("released_never"), self.say("panel")])
        told = self.say("released", least_difference=self.about(self.first.released),
                        uncertainty=self.about(self.first.uncertainty))  # fmt: skip
        return _wrapped([told, self.say("panel")])

    def never(self) -> list[str]:
        """What no such evaluation can show."""
        few = self.plan.people < limits()["reliable_change_counts"] or self.plan.scale.reference is None
        return _wrapped([self.say("never_cause"), self.say("never_none"),
                         *([self.say("never_individuals")] if few else [])])  # fmt: skip

    def basis(self) -> list[str]:
        """What the figures rest on."""
        key = "assumed" if self.plan.basis == "assumed" else "reference"
        spread = self.number(self.plan.sd_of_change)
        return _wrapped([self.say(f"spread_{key}", sd=spread, basis=self.plan.basis), self.say("normal")])


def _share(share: float, own: Words) -> str:
    return own.text("plan.under_one") if 0 < share < 0.005 else str(_percent(share))


def _percent(share: float) -> int:
    return round(100 * share)


def _wrapped(lines: list[str]) -> list[str]:
    return [textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
            for line in lines]  # fmt: skip
