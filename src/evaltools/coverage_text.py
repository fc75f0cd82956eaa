"""The hundred elements as lines for a person and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from evaltools.canonical import FROM_FILES
from evaltools.coverage import Covered, Indicator
from evaltools.language import texts
from evaltools.measures import measures
from evaltools.wording import words


def coverage_json(elements: Sequence[Covered]) -> str:
    """Every element as JSON.

    Parameters
    ----------
    elements : sequence of Covered
        As `evaltools.coverage.coverage` gives them.

    Returns
    -------
    str
        ``schema`` (1); ``counts`` with ``elements``, ``with_indicator`` and ``recorded`` (null without a folder);
        ``elements``, each with ``id``, ``title`` (by language), ``indicators`` (``measure``, ``scale`` or null,
        ``unit``, ``direction``, ``computed``, ``readers``, ``columns``), ``recorded`` (true, false, or null without a
        folder), ``rows`` (keys of rows in ``estimates.json``) and ``facts`` (``measure`` and ``where`` in the
        contract). No figure and no word of a person stands in it.

    Examples
    --------
    >>> from evaltools.coverage import coverage
    >>> json.loads(coverage_json(coverage()))["counts"]["elements"]
    100
    """
    told = {
        "schema": 1, "counts": _counts(elements),
        "elements": [{"id": element.id, "title": dict(element.title),
                      "indicators": [_indicator(indicator) for indicator in element.indicators],
                      "recorded": element.recorded, "rows": [dict(row) for row in element.rows],
                      "facts": [dict(fact) for fact in element.facts]} for element in elements],
    }  # fmt: skip
    return json.dumps(told, indent=2, allow_nan=False)  # ASCII: any console can hold it


def coverage_text(elements: Sequence[Covered], language: str) -> str:
    """Every element in a few lines of one language: whether it is recorded, and which columns it is measured from."""
    own, counts = words(language), _counts(elements)
    parts = [own.text("coverage.lead")]
    for element in elements:
        told = "" if element.recorded is None else own.text(f"coverage.{'' if element.recorded else 'not_'}recorded",
                                                            n=len(element.rows) + len(element.facts))  # fmt: skip
        lines = [f"{element.id} {own.label(element.title)}{told}"]
        lines += [f"  {_shown(indicator, language)}" for indicator in element.indicators]
        parts.append("\n".join(lines if element.indicators else [*lines, f"  {own.text('coverage.no_indicator')}"]))
    last = "with_indicator" if counts["recorded"] is None else "total"
    return "\n".join([*parts, own.text(f"coverage.{last}", **counts)])


def _counts(elements: Sequence[Covered]) -> dict[str, int | None]:
    recorded = [element.recorded for element in elements]
    return {"elements": len(elements), "with_indicator": sum(bool(element.indicators) for element in elements),
            "recorded": None if None in recorded else sum(map(bool, recorded))}  # fmt: skip


def _indicator(indicator: Indicator) -> dict[str, object]:
    measure = measures()[indicator.measure]
    return {"measure": measure.id, "scale": indicator.scale or None, "unit": measure.unit,
            "direction": measure.direction, "computed": measure.computed, "readers": list(measure.readers),
            "columns": list(indicator.columns)}  # fmt: skip


def _shown(indicator: Indicator, language: str) -> str:
    own = words(language)
    if indicator.scale:
        return own.text("coverage.scale", scale=indicator.scale)
    columns = own.listed([column_in_words(column, language) for column in indicator.columns])
    return own.text("coverage.indicator", measure=indicator.measure, columns=columns)


def column_in_words(column: str, language: str) -> str:
    """A canonical column as the log calls it, by sheet and heading; one of ``evaluation.toml`` by its own name.

    >>> column_in_words("questions.handled", "sv"), column_in_words("contract.signed", "sv")
    ('Frågor: hanns med', 'contract.signed')
    """
    table, _, name = column.partition(".")
    sheet, heading = texts(language)["new"]["sheets"].get(table), texts(language)["columns"].get(name)
    if table not in FROM_FILES or not sheet or not heading:
        return column
    return f"{sheet}: {heading if isinstance(heading, str) else heading[0]}"
