"""What the commissioner is not shown, and why, as the supervisor reads it on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.disclosure import Refusal
from evaltools.wording import words


def refusal_text(refusals: Sequence[Refusal], language: str) -> str:
    """A line for every scale and group that the policy keeps in, with the rule; blank where nothing is kept in.

    >>> refusal_text([], "sv")
    ''
    """
    own = words(language)
    lines = [
        own.text(f"refusals.{'in_group' if refusal.group else 'line'}", what=own.label(refusal.scale.label),
                 group=refusal.group, why=own.text(f"refusals.rules.{refusal.rule}"))
        for refusal in refusals
    ]  # fmt: skip
    return "\n  ".join([own.text("refusals.head"), *lines]) if lines else ""
