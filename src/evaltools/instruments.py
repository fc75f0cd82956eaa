"""Questionnaires as data: items, reversed items, response range, missing rule, licence, reference values.

A scoring key (which items, which are reversed, how they are summed) is a fact and lies in
``scoring_keys/*.toml``; the wording of a published item is somebody's property and is never stored.
An evaluation folder may hold keys of its own in the same form, in ``scoring_keys/``.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from evaltools.errors import InstrumentError, message
from evaltools.key_rules import PARTICIPANTS, faults_of
from evaltools.measures import limits
from evaltools.statistics.verdicts import verdict_rule


@dataclass(frozen=True)
class Reference:
    """A published spread and reliability, and where it is known the mean, for exactly this scoring of the scale."""

    sd: float
    reliability: float
    reliability_kind: str
    interval: str
    population: str
    citation: str
    mean: float = math.nan

    @property
    def name(self) -> str:
        """How results name it: the standard deviation and the reliability that they used.

        >>> Reference(14.0, .88, "alpha", "", "norm group", "Author (1990)").name
        'SD 14.0 (norm group), alpha 0.88: Author (1990)'
        """
        interval = f" over {self.interval}" if self.interval else ""
        kind = f"{self.reliability_kind} {self.reliability}{interval}"
        return f"SD {self.sd} ({self.population}), {kind}: {self.citation}"


@dataclass(frozen=True)
class MinimalChange:
    """The smallest change that matters, in points of the scale.

    ``citation`` says who published it; "" where it is a share of the scale's range because nobody has.
    """

    value: float
    citation: str = ""


@dataclass(frozen=True)
class Item:
    """One question of an instrument. ``text`` is given only where the item is openly licensed."""

    id: str
    reversed: bool
    covers: tuple[str, ...]
    text: Mapping[str, str]


@dataclass(frozen=True)
class Scale:
    """A set of items that are scored together.

    ``low`` and ``high`` are the ends of the response range of one item; ``rule`` is ``"mean"`` or ``"sum"``;
    ``item_count`` and ``step`` (the smallest difference between two scores of one person) are known
    even when only the score was given (``given_as = "score"``), since disclosure control needs them.
    """

    id: str
    instrument: str
    label: Mapping[str, str]
    items: tuple[str, ...]
    reversed: frozenset[str]
    low: float
    high: float
    rule: str
    min_answered: int
    higher_is_better: bool
    references: tuple[Reference, ...]
    covers: tuple[str, ...]
    item_count: int
    step: float
    given_as: str = "item"
    published_change: MinimalChange | None = None

    @property
    def minimal_change(self) -> MinimalChange:
        """The smallest change that matters: the published one, else the share of the range that the rule gives.

        >>> shipped_instruments()["toolkit_job_satisfaction"].scales[0].minimal_change
        MinimalChange(value=0.5, citation='')
        """
        low, high = self.score_range
        return self.published_change or MinimalChange((high - low) * verdict_rule().share_of_range)

    @property
    def retest_reference(self) -> Reference | None:
        """The reference that has a mean and a correlation between two occasions; None where there is none."""
        usable = (one for one in self.references if one.reliability_kind == "retest" and math.isfinite(one.mean))
        return next(usable, None)

    @property
    def score_range(self) -> tuple[float, float]:
        """Lowest and highest possible score."""
        times = self.item_count if self.rule == "sum" and self.given_as == "item" else 1
        return self.low * times, self.high * times

    @property
    def reference(self) -> Reference | None:
        """The reference that has both a spread and a reliability, retest before alpha; None where there is none."""
        usable = [reference for reference in self.references if math.isfinite(reference.sd)]
        return min(usable, key=lambda reference: reference.reliability_kind != "retest", default=None)


@dataclass(frozen=True)
class Instrument:
    """A questionnaire with its scoring key, its licence and what is known of it.

    ``forms`` names the forms that it is a part of, the one that it was made for first: ``"wave"`` (everyone who has
    supervision), ``"manager"`` (managers), ``"individual"`` (people who meet the supervisor alone), ``"session"``
    (after each session) and ``"commissioner"``.
    """

    id: str
    version: str
    label: Mapping[str, str]
    languages: tuple[str, ...]
    low: float
    high: float
    anchors: Mapping[str, tuple[str, ...]]
    timeframe: Mapping[str, str]
    valid_before_start: bool
    health_data: bool
    certainty: str
    status: str
    source: str
    licence: str
    may_ship: bool
    licence_terms: Mapping[str, str]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    forms: tuple[str, ...] = PARTICIPANTS

    @property
    def minutes(self) -> float:
        """How long it takes to answer, at so many seconds an item as ``limits.toml`` says.

        >>> shipped_instruments()["job_satisfaction_single"].minutes < 1 < shipped_instruments()["toolkit_work"].minutes
        True
        """
        return len(self.items) * limits()["seconds_an_item"] / 60


@lru_cache
def shipped_instruments() -> dict[str, Instrument]:
    """The instruments that come with the toolkit, by id.

    Raises
    ------
    InstrumentError
        If a shipped key is not certain or may not be shipped.

    Examples
    --------
    >>> shipped_instruments()["brayfield_rothe_5"].scales[0].reversed == {"br_3", "br_5"}
    True
    """
    found = read_instruments(files("evaltools") / "scoring_keys")
    for instrument in found.values():
        if instrument.certainty != "sure" or not instrument.may_ship:
            raise InstrumentError(message("key_not_shippable", instrument=instrument.id))
    return found


def read_instruments(folder: Traversable | Path) -> dict[str, Instrument]:
    """Every scoring key in a folder, by id.

    Raises
    ------
    InstrumentError
        Naming every broken file and everything that is wrong in it.
    """
    instruments, faults = read_keys(folder)
    if faults:
        told = (message("key_broken", file=name, wrong="; ".join(wrong)) for name, wrong in faults.items())
        raise InstrumentError("\n".join(told))
    return instruments


def read_keys(folder: Traversable | Path) -> tuple[dict[str, Instrument], dict[str, list[str]]]:
    """The scoring keys in a folder by id, and what is wrong with those that break the rules, by file."""
    instruments: dict[str, Instrument] = {}
    faults: dict[str, list[str]] = {}
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")):
        table, wrong = _load_key(folder / name)
        if not wrong and table["id"] in instruments:
            wrong = [f"key: the id {table['id']} stands in another file too"]
        if wrong:
            faults[name] = wrong
        else:
            instruments[table["id"]] = _instrument(table)
    return instruments, faults


def _load_key(path: Traversable | Path) -> tuple[dict[str, Any], list[str]]:
    try:
        if isinstance(path, Path) and path.stat().st_size > limits()["settings_megabytes"] * 1_000_000:
            return {}, ["the file is too large for a scoring key"]
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError:
        return {}, ["the file cannot be opened"]
    except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
        return {}, [str(error)]
    return table, faults_of(table)


def _instrument(table: dict[str, Any]) -> Instrument:
    items = tuple(
        Item(entry["id"], entry["reversed"], tuple(entry["covers"]), entry.get("text", {})) for entry in table["items"]
    )
    low, high = map(float, table["response_range"])
    return Instrument(
        id=table["id"], version=table["version"], label=table["label"], languages=tuple(table["languages"]),
        low=low, high=high,
        anchors={language: tuple(words) for language, words in table.get("anchors", {}).items()},
        timeframe=table["timeframe"], valid_before_start=table["valid_before_start"],
        health_data=table["health_data"], certainty=table["certainty"], status=table["status"],
        source=table["source"], licence=table["licence"]["name"], may_ship=table["licence"]["may_ship"],
        licence_terms=table["licence"]["terms"], items=items,
        scales=tuple(_scale(entry, table["id"], items, low, high) for entry in table["scales"]),
        forms=tuple(table.get("forms", PARTICIPANTS)),
    )  # fmt: skip


def _scale(entry: dict[str, Any], instrument: str, items: tuple[Item, ...], low: float, high: float) -> Scale:
    count = len(entry["items"])
    return Scale(
        id=entry["id"], instrument=instrument, label=entry["label"], items=tuple(entry["items"]),
        reversed=frozenset(item.id for item in items if item.reversed and item.id in entry["items"]),
        low=low, high=high, rule=entry["rule"], min_answered=entry["min_answered"],
        higher_is_better=entry["higher_is_better"],
        references=tuple(_reference(reference) for reference in entry.get("references", [])),
        covers=tuple(entry["covers"]), item_count=count, step=1 / count if entry["rule"] == "mean" else 1.0,
        published_change=_minimal_change(entry.get("minimal_important_change")),
    )  # fmt: skip


def _reference(entry: dict[str, Any]) -> Reference:
    return Reference(
        float(entry.get("sd", math.nan)), float(entry["reliability"]), entry["reliability_kind"],
        entry.get("interval", ""), entry["population"], entry["citation"], float(entry.get("mean", math.nan)),
    )  # fmt: skip


def _minimal_change(entry: dict[str, Any] | None) -> MinimalChange | None:
    return MinimalChange(float(entry["value"]), entry["citation"]) if entry else None


def score_only_scale(
    id: str, label: str, low: float, high: float, item_count: int, step: float, higher_is_better: bool = True
) -> Instrument:
    """An instrument of which only the score is known, not the answers to its items.

    Parameters
    ----------
    id, label : str
        The scale's name in the evaluation and for readers.
    low, high : float
        Lowest and highest possible score.
    item_count : int
        How many items the score was made of; disclosure control protects short scales more.
    step : float
        The smallest difference between two scores of one person.
    higher_is_better : bool
        Whether a higher score is what one hopes for.
    """
    labels = {"sv": label, "en": label}
    scale = Scale(id, id, labels, (), frozenset(), low, high, "mean", 1, higher_is_better, (), (),
                  item_count, step, given_as="score")  # fmt: skip
    return Instrument(id, "1", labels, (), low, high, {}, {}, True, False, "sure", "score_only", "", "", False, {},
                      (), (scale,))  # fmt: skip
