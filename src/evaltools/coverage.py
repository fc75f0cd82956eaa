"""Which of the hundred elements of a supervision process are measured: by what, from which columns, in which rows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evaltools.instruments import Instrument, shipped_instruments
from evaltools.measures import measures
from evaltools.schemas import row_dicts

if TYPE_CHECKING:
    from evaltools.analysis import Analysis

SCALE_MEASURES = ("mean", "mean_change", "session_mean")  # the figures of a scale that show what its key says it covers
_TRACE = ("measure", "scale", "group_by", "group", "wave", "wave_to", "period", "basis")


@dataclass(frozen=True)
class Indicator:
    """What shows an element: a measure, or the figures of a scale (then ``scale`` names it).

    ``columns`` are the canonical columns that it is made of; it is recorded where all of them are.
    """

    measure: str
    scale: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Covered:
    """One element: its id and name, the indicators that show it, and where a folder holds it.

    ``recorded`` is None without a folder. ``rows`` say where the element's figures stand in the table of estimates,
    never what they are; ``facts`` name what the contract says of it.
    """

    id: str
    title: Mapping[str, str]
    indicators: tuple[Indicator, ...]
    recorded: bool | None = None
    rows: tuple[Mapping[str, str], ...] = ()
    facts: tuple[Mapping[str, str], ...] = ()


@lru_cache
def elements() -> dict[str, dict[str, str]]:
    """The names of the hundred elements, by id and language.

    >>> elements()["2.6"]["en"]
    'Job satisfaction'
    """
    table = tomllib.loads((files("evaltools") / "elements.toml").read_text("utf-8"))
    return {entry["id"]: {name: text for name, text in entry.items() if name != "id"} for entry in table["elements"]}


def coverage(analysis: Analysis | None = None) -> list[Covered]:
    """Every element with its indicators; with an analysis also whether its folder holds any, and where.

    Parameters
    ----------
    analysis : Analysis, optional
        Of a folder. A figure counts where it has a value, whatever its note; what is not recorded has no figure.

    Returns
    -------
    list of Covered
        In the order of the ids.

    Examples
    --------
    >>> found = {element.id: element for element in coverage()}
    >>> len(found), [indicator.measure for indicator in found["4.24"].indicators]
    (100, ['idea_helped_at_session'])
    """
    keys = dict(shipped_instruments())
    if analysis is not None:
        keys |= {key.id: key for key in analysis.facts.instruments}
    found = {name: (*_by_measure(name), *_by_scale(name, keys.values())) for name in elements()}
    every = [Covered(name, title, found[name]) for name, title in elements().items()]
    return every if analysis is None else [_in_folder(element, analysis) for element in every]


def _by_measure(element: str) -> Iterable[Indicator]:
    return (Indicator(measure.id, "", measure.columns) for measure in measures().values() if element in measure.covers)


def _by_scale(element: str, keys: Iterable[Instrument]) -> Iterable[Indicator]:
    """The scales whose key covers the element, or that have an item which does."""
    for key in keys:
        items = {item.id for item in key.items if element in item.covers}
        for scale in key.scales:
            if element in scale.covers or items & set(scale.items):
                yield Indicator(SCALE_MEASURES[0], scale.id, ("responses",))


def _in_folder(element: Covered, analysis: Analysis) -> Covered:
    rows = analysis.estimates[analysis.estimates["value"].notna()]
    names = {indicator.measure for indicator in element.indicators if not indicator.scale}
    scales = {indicator.scale for indicator in element.indicators if indicator.scale}
    own = rows[rows["measure"].isin(names) | (rows["scale"].isin(scales) & rows["measure"].isin(SCALE_MEASURES))]
    traced = tuple({name: str(row[name]) for name in _TRACE} for row in row_dicts(own))
    facts = tuple(_facts(analysis, names))
    return Covered(element.id, element.title, element.indicators, bool(traced or facts), traced, facts)


def _facts(analysis: Analysis, names: set[str]) -> Iterable[dict[str, Any]]:
    """What the contract says of an element, where it says it: the place, not the words."""
    for fact in analysis.facts.contract_facts:
        if fact.measure in names:
            yield {"measure": fact.measure, "where": fact.where}
