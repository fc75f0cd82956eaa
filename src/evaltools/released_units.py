"""Whom released figures are about: the groups of one kind, told of together or one by one, never both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaltools.facts import Facts
from evaltools.instruments import Scale
from evaltools.ledger import Entry
from evaltools.policy import Policy
from evaltools.schemas import SUMMARY_GROUP

_FORMS = {"all_staff": "wave", "all_managers": "manager"}  # the form that groups of a kind fill in


@dataclass(frozen=True)
class Unit:
    """Groups of one kind: the whole evaluation, or its staff, or its managers.

    ``group_by`` and ``cell`` name the rows about all of them together. A person has one group, so two units never
    share a person.
    """

    group_by: str
    cell: str
    groups: tuple[str, ...]

    def told_as(self, sizes: Mapping[str, int], policy: Policy, out: Iterable[Entry]) -> list[tuple[str, str]]:
        """``(group_by, group)`` of every figure: of all together, or of each group.

        Parameters
        ----------
        sizes : mapping
            How many people stand behind the figure of each group.
        policy : Policy
            Says whether groups of these sizes may be told of as one.
        out : iterable of Entry
            Figures of the same thing that are out: they decide, whatever the sizes are now.
        """
        named = {(self.group_by, self.cell): True} | {("group", group): False for group in self.groups}
        before = next((named[entry.group_by, entry.group] for entry in out if (entry.group_by, entry.group) in named),
                      None)  # fmt: skip
        whole = policy.may_pool(sizes.get(group, 0) for group in self.groups) if before is None else before
        return [name for name, together in named.items() if together == whole]

    def is_asked(self, scale: Scale, facts: Facts) -> bool:
        """Whether a scale stands in the form that these groups fill in: managers' questions do not in that of staff."""
        forms = next((key.forms for key in facts.instruments if key.id == scale.instrument), ())
        return self.cell not in _FORMS or _FORMS[self.cell] in forms


def units_of(facts: Facts) -> tuple[Unit, ...]:
    """The units of an evaluation, without individual supervision: of that the contract and the sessions are told."""
    together = {SUMMARY_GROUP: tuple(facts.groups)}
    by = "audience" if facts.audiences else "evaluation"
    units = (
        Unit(by, cell, tuple(group for group in groups if group not in facts.individual))
        for cell, groups in (facts.audiences or together).items()
    )
    return tuple(unit for unit in units if unit.groups)
