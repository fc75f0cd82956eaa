"""Answer scales: which text stands for which number, and which text says why an answer is missing."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from evaltools.exports.decode import number
from evaltools.exports.recognition import folded
from evaltools.language import known_as

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_NEAR = 0.75  # how alike a text and a declared label must be to be named as what was perhaps meant


def folded_answer(text: str) -> str:
    r"""An answer's text as labels are compared: letters alike, blanks and dashes alike, no full stop at the end.

    >>> folded_answer("Stämmer  helt.") == folded_answer("stämmer\u00a0HELT"), folded_answer("4 – Ofta")
    (True, '4 - ofta')
    """
    return folded(text).translate(_DASHES).rstrip(". ")


@dataclass(frozen=True)
class Labels:
    """How the texts of one answer scale are decoded: label to number, and label to reason for a missing answer.

    The labels are `folded_answer`; ``declared`` has them as they were written, for messages.
    """

    codes: Mapping[str, float]
    missing: Mapping[str, str]
    declared: tuple[str, ...]

    @classmethod
    def of(cls, codes: Mapping[str, float], missing: Mapping[str, str]) -> Labels:
        """The scale of some labels as they are declared; ``"4 – Often"`` is read where ``"Often" = 4``.

        >>> Labels.of({"Often": 4}, {"Don't know": "dont_know"}).codes
        {'often': 4.0, '4 - often': 4.0}
        """
        accepted = {folded_answer(label): float(code) for label, code in codes.items()}
        accepted |= {folded_answer(f"{code:g} - {label}"): float(code) for label, code in codes.items()}
        return cls(accepted, {folded_answer(label): reason for label, reason in missing.items()}, (*codes, *missing))

    @cached_property
    def _spelled(self) -> dict[str, str]:
        return {folded_answer(label): label for label in self.declared}

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest number.

        >>> Labels.of({"Not at all": 1, "Wholly": 7}, {}).ends
        (1.0, 7.0)
        """
        return min(self.codes.values()), max(self.codes.values())

    def number(self, text: str) -> float | None:
        """The number that an answer stands for: a label, a number of the scale, or both; None where it is neither.

        >>> scale = Labels.of({"Rarely": 1, "Often": 4}, {})
        >>> scale.number("4 – Often"), scale.number("often."), scale.number("1,0"), scale.number("5 – Often")
        (4.0, 4.0, 1.0, None)
        """
        code = self.codes.get(folded_answer(text), number(text))
        return code if code is not None and self.accepts(code) else None

    def accepts(self, code: float) -> bool:
        """Whether a number is one of the scale's; between the ends where only the two ends have a label.

        >>> ends = Labels.of({"Not at all": 1, "Wholly": 7}, {})
        >>> ends.accepts(4), ends.accepts(8), Labels.of({"A": 1, "B": 2, "C": 4}, {}).accepts(3)
        (True, False, False)
        """
        known = set(self.codes.values())
        return code in known or (len(known) == 2 and code % 1 == 0 and min(known) < code < max(known))

    def near(self, text: str) -> str:
        """The declared label that a text is nearly the same as; blank where there is none, or it is a number.

        >>> Labels.of({"Stämmer helt": 5, "Stämmer inte": 1}, {}).near("Stämer helt")
        'Stämmer helt'
        """
        found = difflib.get_close_matches(folded_answer(text)[:200], self._spelled, 1, _NEAR)
        return self._spelled[found[0]] if found and any(letter.isalpha() for letter in text) else ""


@lru_cache
def answer_scale_tables() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]:
    """The built-in answer scales as they are written: by name and language, ``labels`` and ``missing``.

    >>> answer_scale_tables()["agree5"]["sv"]["labels"]["Instämmer helt"]
    5
    """
    return tomllib.loads((files("evaltools.exports") / "answer_scales.toml").read_text("utf-8"))


@lru_cache
def answer_scale_labels() -> Mapping[str, Labels]:
    """The built-in answer scales by name, with the labels of all languages.

    >>> answer_scale_labels()["agree5"].codes["instämmer helt"]
    5.0
    """
    scales = {}
    for name, languages in answer_scale_tables().items():
        codes = {label: code for scale in languages.values() for label, code in scale.get("labels", {}).items()}
        missing = {label: reason for scale in languages.values() for label, reason in scale.get("missing", {}).items()}
        scales[name] = Labels.of(codes, missing)
    return scales


@lru_cache
def missing_labels() -> Mapping[str, str]:
    """Every label of a missing answer that is known without a declaration, and its reason.

    >>> missing_labels()["vill inte svara"]
    'refused'
    """
    known = {folded_answer(label): reason for label, reason in known_as("missing").items()}
    return {
        label: reason for scale in answer_scale_labels().values() for label, reason in scale.missing.items()
    } | known
