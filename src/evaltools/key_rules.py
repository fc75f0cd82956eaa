"""The rules for scoring keys: which settings, of which type, and what they must agree on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

PARTICIPANTS = ("wave", "manager", "individual")  # the forms that those who have supervision fill in at a wave
FORMS = (*PARTICIPANTS, "session", "commissioner")
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
_MINIMAL = {"value": float, "citation": str, "certainty": str}
_OPTIONAL: dict[str, dict[str, type]] = {
    "key": {"anchors": dict, "forms": list},
    "item": {"text": dict},
    "scale": {"references": list, "minimal_important_change": dict},
    "reference": {"mean": float, "sd": float, "interval": str, "n": int, "rule": str, "response_range": list},
    "minimal": {"rule": str, "response_range": list},
}
_HOLDS: dict[str, type] = {  # what the parts of a list or table must be; the items of a scale are checked as ids
    "label": str, "languages": str, "response_range": float, "timeframe": str, "covers": str, "terms": str,
    "anchors": list, "text": str, "forms": str,
}  # fmt: skip


def faults_of(table: dict[str, Any]) -> list[str]:
    """Everything in a scoring key that breaks the rules for scoring keys, in the words of the key.

    >>> faults_of({})[:2]
    ['key: schema is missing', 'key: id is missing']
    """
    wrong = _shape_faults(table, _KEY, "key", "key")
    if wrong:
        return wrong
    wrong += _shape_faults(table["licence"], {"name": str, "may_ship": bool, "terms": dict}, "licence", "licence")
    for place, rules, entries in (("item", _ITEM, table["items"]), ("scale", _SCALE, table["scales"])):
        for entry in entries:
            wrong += _shape_faults(entry, rules, place, f"{place} {_id(entry)}")
    return wrong or _meaning_faults(table)


def _id(entry: Any) -> str:
    return str(entry.get("id", "?")) if isinstance(entry, dict) else "?"


def _shape_faults(entry: Any, rules: Mapping[str, type], kind: str, place: str) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{place}: must be a section of its own"]
    optional = _OPTIONAL.get(kind, {})
    wrong = [f"{place}: {name} is missing" for name in rules if name not in entry]
    unknown = sorted(set(entry) - set(rules) - set(optional))
    wrong += [f"{place}: {name} is not a known key" for name in unknown]
    for name, wanted in {**rules, **optional}.items():
        if name in entry and not _fits(entry[name], name, wanted):
            holding = f" of {_HOLDS[name].__name__}" if name in _HOLDS else ""
            wrong.append(f"{place}: {name} must be {wanted.__name__}{holding}")
    return wrong


def _fits(value: Any, name: str, wanted: type) -> bool:
    """Whether a value has the wanted type, and what it holds too; a yes or no is no number."""
    if wanted is float:
        return type(value) in (int, float) and math.isfinite(value)
    if type(value) is not wanted:
        return False
    held = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return name not in _HOLDS or all(_fits(part, "", _HOLDS[name]) for part in held)


def _meaning_faults(table: dict[str, Any]) -> list[str]:
    wrong = []
    if table["schema"] != 1:
        wrong.append("schema must be 1")
    if not table["label"] or not all(scale["label"] for scale in table["scales"]):
        wrong.append("label must hold a name")
    ids = [item["id"] for item in table["items"]]
    scales = [scale["id"] for scale in table["scales"]]
    if len(set(scales)) < len(scales):
        wrong.append("a scale id stands twice")
    if len(set(ids)) < len(ids):
        wrong.append("an item id stands twice")
    if len(table["response_range"]) != 2 or not table["response_range"][0] < table["response_range"][1]:
        wrong.append("response_range must be [lowest, highest]")
    if table["certainty"] not in ("sure", "verify"):
        wrong.append("certainty must be sure or verify")
    forms = table.get("forms", PARTICIPANTS)
    if not forms or not set(forms) <= set(FORMS) or len(set(forms)) < len(forms):
        wrong.append(f"forms must name some of {', '.join(FORMS)}, each once")
    for scale in table["scales"]:
        wrong += _scale_faults(scale, ids, table["response_range"])
    return wrong


def _scale_faults(scale: dict[str, Any], ids: list[str], response_range: list[float]) -> list[str]:
    place = f"scale {scale['id']}"
    wrong = [f"{place}: item {item} is not among the items" for item in scale["items"] if item not in ids]
    if not scale["items"] or any(scale["items"].count(item) > 1 for item in scale["items"]):
        wrong.append(f"{place}: needs items, each once")
    if scale["rule"] not in ("mean", "sum"):
        wrong.append(f"{place}: rule must be mean or sum")
    if not 1 <= scale["min_answered"] <= max(len(scale["items"]), 1):
        wrong.append(f"{place}: min_answered must lie between 1 and the number of items")
    for reference in scale.get("references", []):
        shape = _shape_faults(reference, _REFERENCE, "reference", f"{place}: reference")
        wrong += shape or _reference_faults(reference, scale, response_range, place)
    if "minimal_important_change" in scale:
        minimal = scale["minimal_important_change"]
        shape = _shape_faults(minimal, _MINIMAL, "minimal", f"{place}: minimal_important_change")
        wrong += shape or _minimal_faults(minimal, scale, response_range, place)
    return wrong


def _reference_faults(
    reference: dict[str, Any], scale: dict[str, Any], response_range: list[float], place: str
) -> list[str]:
    wrong = []
    if not _same_scoring(reference, scale, response_range):
        wrong.append(f"{place}: a reference belongs to another scoring (rule or response range)")
    if not 0 < reference["reliability"] < 1 or reference.get("sd", 1) <= 0:
        wrong.append(f"{place}: a reference needs 0 < reliability < 1 and sd > 0")
    low, high = _score_range(scale, response_range)
    if not low <= reference.get("mean", low) <= high:
        wrong.append(f"{place}: the mean of a reference must lie on the scale")
    return wrong


def _minimal_faults(
    minimal: dict[str, Any], scale: dict[str, Any], response_range: list[float], place: str
) -> list[str]:
    wrong = []
    if not _same_scoring(minimal, scale, response_range):
        wrong.append(f"{place}: minimal_important_change belongs to another scoring (rule or response range)")
    low, high = _score_range(scale, response_range)
    if not 0 < minimal["value"] <= high - low:
        wrong.append(f"{place}: minimal_important_change must be above 0 and no larger than the scale's range")
    if minimal["certainty"] != "sure" or not minimal["citation"].strip():
        wrong.append(f"{place}: minimal_important_change needs a citation and certainty sure; leave out one to verify")
    return wrong


def _same_scoring(value: dict[str, Any], scale: dict[str, Any], response_range: list[float]) -> bool:
    """Whether a published value says that it is for this scoring, or says nothing else."""
    same = value.get("rule", scale["rule"]) == scale["rule"]
    return same and bool(value.get("response_range", response_range) == response_range)


def _score_range(scale: dict[str, Any], response_range: list[float]) -> tuple[float, float]:
    times = len(scale["items"]) if scale["rule"] == "sum" else 1
    return min(response_range) * times, max(response_range) * times
