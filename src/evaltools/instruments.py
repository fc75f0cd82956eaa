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

_KEY = {
    "schema": int, "id": str, "version": str, "label": dict, "languages": list, "response_range": list,
    "timeframe": dict, "valid_before_start": bool, "health_data": bool, "certainty": str, "status": str,
    "source": str, "licence": dict, "items": list, "scales": list,
}  # fmt: skip
_ITEM = {"id": str, "reversed": bool, "covers": list}
_SCALE = {
    "id": str, "label": dict, "items": list, "rule": str, "min_answered": int,
    "missing_rule_source": str, "higher_is_better": bool, "covers": list,
}  # fmt: skip
_REFERENCE = {"reliability": float, "reliability_kind": str, "population": str, "citation": str}
_OPTIONAL: dict[str, set[str]] = {
    "key": {"anchors"},
    "item": {"text"},
    "scale": {"references"},
    "reference": {"sd", "interval", "n", "rule", "response_range"},
}


@dataclass(frozen=True)
class Reference:
    """A published spread and reliability, for exactly this scoring of the scale."""

    sd: float
    reliability: float
    reliability_kind: str
    interval: str
    population: str
    citation: str

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
    """A questionnaire with its scoring key, its licence and what is known of it."""

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
        Naming the file and everything that is wrong in it.
    """
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {key.id: key for key in (_read_key(folder / name, name) for name in names)}


def _read_key(path: Traversable | Path, name: str) -> Instrument:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        wrong = _faults(table)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        table, wrong = {}, [str(error)]
    if wrong:
        raise InstrumentError(message("key_broken", file=name, wrong="; ".join(wrong)))
    return _instrument(table)


def _faults(table: dict[str, Any]) -> list[str]:
    """Everything in a key that breaks the rules for keys, in the words of the key."""
    wrong = _shape_faults(table, _KEY, "key", "key")
    if wrong:
        return wrong
    wrong += _shape_faults(table["licence"], {"name": str, "may_ship": bool, "terms": dict}, "licence", "licence")
    for place, rules, entries in (("item", _ITEM, table["items"]), ("scale", _SCALE, table["scales"])):
        for entry in entries:
            wrong += _shape_faults(entry, rules, place, f"{place} {entry.get('id', '?')}")
    return wrong or _meaning_faults(table)


def _shape_faults(entry: dict[str, Any], rules: Mapping[str, type], kind: str, place: str) -> list[str]:
    wrong = [f"{place}: {name} is missing" for name in rules if name not in entry]
    unknown = sorted(set(entry) - set(rules) - _OPTIONAL.get(kind, set()))
    wrong += [f"{place}: {name} is not a known key" for name in unknown]
    for name, wanted in rules.items():
        value = entry.get(name)
        fits = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
        if name in entry and not fits:
            wrong.append(f"{place}: {name} must be {wanted.__name__}")
    return wrong


def _meaning_faults(table: dict[str, Any]) -> list[str]:
    wrong = []
    ids = [item["id"] for item in table["items"]]
    if len(set(ids)) < len(ids):
        wrong.append("an item id stands twice")
    if len(table["response_range"]) != 2 or not table["response_range"][0] < table["response_range"][1]:
        wrong.append("response_range must be [lowest, highest]")
    if table["certainty"] not in ("sure", "verify"):
        wrong.append("certainty must be sure or verify")
    for scale in table["scales"]:
        wrong += _scale_faults(scale, ids, table["response_range"])
    return wrong


def _scale_faults(scale: dict[str, Any], ids: list[str], response_range: list[float]) -> list[str]:
    place = f"scale {scale['id']}"
    wrong = [f"{place}: item {item} is not among the items" for item in scale["items"] if item not in ids]
    if not scale["items"] or len(set(scale["items"])) < len(scale["items"]):
        wrong.append(f"{place}: needs items, each once")
    if scale["rule"] not in ("mean", "sum"):
        wrong.append(f"{place}: rule must be mean or sum")
    if not 1 <= scale["min_answered"] <= max(len(scale["items"]), 1):
        wrong.append(f"{place}: min_answered must lie between 1 and the number of items")
    for reference in scale.get("references", []):
        wrong += _shape_faults(reference, _REFERENCE, "reference", f"{place}: reference")
        same = reference.get("rule", scale["rule"]) == scale["rule"]
        if not same or reference.get("response_range", response_range) != response_range:
            wrong.append(f"{place}: a reference belongs to another scoring (rule or response range)")
        if not 0 < reference.get("reliability", 1) <= 1 or reference.get("sd", 1) <= 0:
            wrong.append(f"{place}: a reference needs 0 < reliability <= 1 and sd > 0")
    return wrong


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
    )  # fmt: skip


def _reference(entry: dict[str, Any]) -> Reference:
    return Reference(
        float(entry.get("sd", math.nan)), float(entry["reliability"]), entry["reliability_kind"],
        entry.get("interval", ""), entry["population"], entry["citation"],
    )  # fmt: skip


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
