"""Figures become sentences: whole sentences from ``texts/*.toml``, numbers and dates in a language's clothes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from evaltools.language import texts
from evaltools.measures import measures
from evaltools.shown import Shown
from evaltools.statistics.verdicts import half_width, verdict, verdict_rule

_MINUS = "\N{MINUS SIGN}"
_NOT_SHOWN = ("below_limit", "too_few", "no_reference")  # notes in place of a figure, whatever its value


@dataclass(frozen=True)
class Words:
    """Everything one language needs to say what the figures say."""

    language: str

    def text(self, key: str, /, **fill: object) -> str:
        """The text under a dotted key, its placeholders filled.

        >>> Words("sv").text("report.summary")
        'I korthet'
        """
        found: Any = texts(self.language)
        for part in key.split("."):
            found = found[part]
        return str(found).format(**fill)

    def label(self, labels: Mapping[str, str]) -> str:
        """A thing's name in this language, else in the first that it has."""
        return labels.get(self.language) or next(iter(labels.values()))

    def number(self, value: float, digits: int, *, signed: bool = False) -> str:
        r"""A number with this language's decimal mark, a real minus sign and no needless sign.

        >>> Words("sv").number(-1234.5, 1), Words("en").number(0.26, 1, signed=True)
        ('−1\xa0234,5', '+0.3')
        """
        rounded = round(value, digits) + 0.0  # -0.0 becomes 0.0
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        shown: str = format_decimal(abs(rounded), pattern, locale=self.text("language.locale"))
        return ("+" if signed and rounded > 0 else _MINUS if rounded < 0 else "") + shown

    def decimal(self, text: str, *, signed: bool = False) -> str:
        """A released number (text with decimal point), its decimals kept.

        >>> Words("sv").decimal("4.0")
        '4,0'
        """
        return self.number(float(text), len(text.partition(".")[2]), signed=signed)

    def day(self, day: date) -> str:
        """A date in words.

        >>> Words("sv").day(date(2026, 5, 20))
        '20 maj 2026'
        """
        return str(format_date(day, "d MMMM y", locale=self.text("language.locale")))

    def month(self, month: str) -> str:
        """A month in words.

        >>> Words("en").month("2024-09")
        'September 2024'
        """
        first = date.fromisoformat(f"{month}-01")
        return str(format_date(first, "MMMM y", locale=self.text("language.locale")))

    def period(self, contract: Mapping[str, Any]) -> str:
        """The months of a contract in words, as far as they are known.

        >>> Words("en").period({"start_month": "2024-09"})
        'from September 2024'
        """
        start = self.month(contract["start_month"])
        if "end_month" not in contract:
            return self.text("report.from_month", start=start)
        return self.text("report.period", start=start, end=self.month(contract["end_month"]))

    def shown(self, shown: Shown, *, signed: bool = False) -> str:
        """A released figure in words: "4,3", "5,5 eller högre", "mellan 2,8 och 3,6".

        >>> Words("en").shown(Shown("at_least", "5.5", "7"))
        '5.5 or higher'
        """
        return self.text(f"shown.{shown.kind}", low=self.decimal(shown.low, signed=signed),
                         high=self.decimal(shown.high, signed=signed))  # fmt: skip

    def quote(self, text: str, theme: str) -> str:
        """Somebody's own words between quotation marks, after what they are about, if that is known.

        >>> Words("en").quote("It helped.", "support")
        'support: “It helped.”'
        """
        quoted = self.text("language.quote", text=text)
        return f"{theme}: {quoted}" if theme else quoted

    def listed(self, names: list[str]) -> str:
        """Names in a row, with "and" before the last."""
        return self.text("language.and").join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


@lru_cache
def words(language: str) -> Words:
    """The words of a language.

    >>> words("en").text("report.summary")
    'In brief'
    """
    return Words(language)


def released_change(change: Mapping[str, Any], before: Shown, after: Shown, scale: Mapping[str, Any],
                    waves: list[str], language: str) -> str:  # fmt: skip
    """The sentences about one released change: the two levels, and what their difference may be called.

    Parameters
    ----------
    change : mapping
        A row of ``changes`` in ``release.json``.
    before, after : Shown
        The two released levels.
    scale : mapping
        The row of ``scales`` that it is about.
    waves : list of str
        Labels of the waves.
    language : str
        Language of the sentences.
    """
    own = words(language)
    shown = Shown(**change["shown"])
    known = "value" if shown.kind == "value" else "ends"
    fill = {
        "n": change["n"], "uncertainty": own.decimal(change["uncertainty"]),
        "change": own.shown(shown, signed=True), "scale": own.label(scale["label"]),
        "low": own.number(scale["low"], 0), "high": own.number(scale["high"], 0),
        "wave": waves[change["wave"]], "wave_to": waves[change["wave_to"]],
        "before": own.shown(before), "after": own.shown(after),
    }  # fmt: skip
    same = "unchanged" if known == "value" and float(shown.low) == 0 else ""
    judgement = own.text(f"released.{known}.{same or change['verdict']}", **fill)
    return f"{own.text('released.levels', **fill)} {judgement}"


def confidential_verdict(row: Mapping[Any, Any], minimal_change: float) -> str:
    """The verdict on a row of mean change, from its t interval.

    Parameters
    ----------
    row : mapping
        A row of the estimates with measure ``mean_change``.
    minimal_change : float
        The smallest change that matters, in points of the scale.
    """
    if row["note"] or not math.isfinite(row["df"]):
        return "not_measurable"
    rule = verdict_rule()
    sure, likely = (half_width(row["low"], row["high"], row["df"], row["level"], at) for at in (rule.sure, rule.likely))
    return verdict(row["value"], sure, likely, minimal_change)


def confidential_change(row: Mapping[Any, Any], group: str, wave: str, wave_to: str, minimal_change: float,
                        language: str) -> str:  # fmt: skip
    """The sentence about one row of mean change, for the supervisor; where there is no figure, why.

    Parameters
    ----------
    row : mapping
        A row of the estimates with measure ``mean_change``.
    group, wave, wave_to : str
        Labels.
    minimal_change : float
        The smallest change that matters, in points of the scale.
    language : str
        Language of the sentence.
    """
    own = words(language)
    fill: dict[str, object] = {"group": group, "wave": wave, "wave_to": wave_to, "n": row["n"]}
    if row["note"] in ("below_limit", "too_few"):
        return own.text("confidential.too_few", **fill)
    fill["change"] = figure_text(row, language, signed=True)
    if row["note"] == "no_variance":
        return own.text("confidential.no_variance", **fill)
    digits, said = measures()[row["measure"]].digits, confidential_verdict(row, minimal_change)
    if said == "cannot_tell" and max(-row["low"], row["high"]) >= minimal_change:
        said = "too_few_to_tell"  # a change that matters is not ruled out
    fill |= {"low": own.number(row["low"], digits, signed=True), "high": own.number(row["high"], digits, signed=True),
             "level": own.number(row["level"] * 100, 0)}  # fmt: skip
    return own.text(f"confidential.{said}", **fill)


def minimal_change_text(value: str, citation: str, language: str) -> str:
    """The sentence that says which change is the smallest that counts, and where that comes from.

    Parameters
    ----------
    value : str
        In points of the scale, a text with decimal point.
    citation : str
        Who published it; "" where it is the share of the scale's range that the rule gives.
    language : str
        Language of the sentence.
    """
    own = words(language)
    kind = "published" if citation else "assumed"
    return own.text(f"minimal_change.{kind}", value=own.decimal(value), citation=citation)


def is_shown(row: Mapping[Any, Any]) -> bool:
    """Whether a row's figure may be shown; else its note stands in its place.

    >>> is_shown({"note": "below_limit"}), is_shown({"note": "no_variance"})
    (False, True)
    """
    return row["note"] not in _NOT_SHOWN


def level_text(row: Mapping[Any, Any], language: str) -> str:
    """The level that an interval reaches, in per cent: rounded down, so that 93.75 is never shown as more.

    >>> level_text({"level": 0.9375}, "en"), level_text({"level": 0.95}, "en")
    ('93.7', '95')
    """
    tenths = math.floor(row["level"] * 1000 + 1e-6)
    return words(language).number(tenths / 10, 1 if tenths % 10 else 0)


def figure_text(row: Mapping[Any, Any], language: str, *, signed: bool = False) -> str:
    """One figure of the estimates as text with the digits of its measure, or the key's words where it is missing.

    Parameters
    ----------
    row : mapping
        A row of the estimates; one with a note about size shows the note, never the value.
    language : str
        Language of the text.
    signed : bool
        Whether a plus sign is shown.
    """
    own = words(language)
    if row["note"] in _NOT_SHOWN or not math.isfinite(row["value"]):
        return own.text(f"notes.{row['note'] or 'missing'}")
    measure = measures()[row["measure"]]
    if measure.unit == "share of people":
        return own.text("language.count_of", count=round(row["value"] * row["of"]), of=int(row["of"]))
    return own.number(row["value"], measure.digits, signed=signed)


def interval_text(row: Mapping[Any, Any], language: str, *, signed: bool = False) -> str:
    """The interval of a row as text; "" where it has none or may not be shown."""
    if row["note"] in _NOT_SHOWN or not math.isfinite(row["low"]):
        return ""
    own, digits = words(language), measures()[row["measure"]].digits
    low, high = (own.number(row[end], digits, signed=signed) for end in ("low", "high"))
    return own.text("language.from_to", low=low, high=high)


def p_text(row: Mapping[Any, Any], language: str) -> str:
    """A p-value as text; below .001 as such."""
    own = words(language)
    if row["note"] in _NOT_SHOWN or not math.isfinite(row["value"]):
        return own.text(f"notes.{row['note'] or 'missing'}")
    return own.text("language.p_below") if row["value"] < 0.001 else own.number(row["value"], 3)
