"""The shipped questionnaires as a list for people and as JSON: who may use them, and what is known of them."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from evaltools.instruments import Instrument, Reference, Scale, shipped_instruments
from evaltools.language import texts
from evaltools.wording import words


def instruments_json() -> str:
    """Every shipped instrument with its items, scales and reference values; labels in all languages.

    Examples
    --------
    >>> json.loads(instruments_json())["instruments"][0]["id"]
    'biajs'
    """
    listed = [_as_data(instrument) for instrument in shipped_instruments().values()]
    return json.dumps({"schema": 1, "instruments": listed}, indent=2, allow_nan=False)  # ASCII: any console can hold it


def instruments_text(language: str) -> str:
    """Every shipped instrument in a few lines of one language."""
    told = texts(language)["instruments_list"]
    parts = [_described(instrument, language) for instrument in shipped_instruments().values()]
    return "\n\n".join([told["lead"], *parts, told["last"]])


def _as_data(instrument: Instrument) -> dict[str, Any]:
    data = _plain(asdict(instrument))
    held = [language for language in instrument.languages if all(item.text.get(language) for item in instrument.items)]
    return dict(data) | {"wording_held_in": held, "minutes": round(instrument.minutes, 2)}


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: sets sorted, NaN as null, whole numbers without a decimal point."""
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return value


def _described(instrument: Instrument, language: str) -> str:
    told, said = texts(language)["instruments_list"], words(language)
    held = all(item.text.get(language) for item in instrument.items)
    reversed_items = [item.id for item in instrument.items if item.reversed]
    languages = said.listed([told["languages"].get(name, name) for name in instrument.languages])
    lines = [
        told["items"].format(n=len(instrument.items), low=f"{instrument.low:g}", high=f"{instrument.high:g}",
                             reversed=", ".join(reversed_items) or told["none"]),
        told["answered"].format(minutes=said.number(instrument.minutes, 1), forms=said.listed(
            [texts(language)["bank"]["kinds"][form] for form in instrument.forms])),
        told["spoken"].format(languages=languages, wording=told["held" if held else "not_held"]),
        told["licence"].format(name=instrument.licence, terms=said.label(instrument.licence_terms)),
        told["before_start" if instrument.valid_before_start else "not_before_start"],
        told["certainty"].format(certainty=told[instrument.certainty],
                                 status=texts(language)["status"][instrument.status]),
        *([told["health_data"]] if instrument.health_data else []),
        *(_scale(scale, language) for scale in instrument.scales),
        told["source"].format(source=" ".join(instrument.source.split())),
    ]  # fmt: skip
    return "\n".join([f"{instrument.id}: {said.label(instrument.label)}", *(f"  {line}" for line in lines)])


def _scale(scale: Scale, language: str) -> str:
    told = texts(language)["instruments_list"]
    known = [_reference(reference, language) for reference in scale.references]
    low, high = (f"{end:g}" for end in scale.score_range)
    return str(told["scale"].format(id=scale.id, rule=told[scale.rule], low=low, high=high,
                                    answered=scale.min_answered, items=scale.item_count,
                                    references="; ".join(known) or told["no_references"]))  # fmt: skip


def _reference(reference: Reference, language: str) -> str:
    """A reference in words; its spread only where it is known."""
    said = words(language)
    spread = "" if math.isnan(reference.sd) else f"SD {said.number(reference.sd, 2)}, "
    interval = f" ({reference.interval})" if reference.interval else ""
    reliability = f"{reference.reliability_kind} {said.number(reference.reliability, 2)}{interval}"
    return f"{spread}{reliability}: {reference.citation}"
