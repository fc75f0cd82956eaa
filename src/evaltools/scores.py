"""Answers become scale scores; the waves of a person stand side by side, by person and never by row order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.instruments import Scale
from evaltools.statistics.estimate import Array
from evaltools.statistics.scale_scores import prorated_scores


def turned_answers(responses: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """Answers to the items of a scale, one row a person and wave, reversed items turned once.

    Parameters
    ----------
    responses : DataFrame
        The canonical table.
    scale : Scale
        Its items and response range.

    Returns
    -------
    DataFrame
        Index (person, wave) in the order of ``responses``, so that no order depends on the pseudonym key;
        a column an item in the order of the scale; NaN = missing.
    """
    own = responses[(responses["given_as"] == "item") & (responses["instrument"] == scale.instrument)]
    own = own[own["item"].isin(scale.items)]
    wide = own.pivot(index=["person", "wave"], columns="item", values="code").reindex(columns=list(scale.items))
    wide = wide.reindex(pd.MultiIndex.from_frame(own[["person", "wave"]].drop_duplicates()))
    turned = [item for item in scale.items if item in scale.reversed]
    wide[turned] = scale.low + scale.high - wide[turned]
    return wide


def score(responses: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """Scale scores from answers, and scores that were given as such.

    Parameters
    ----------
    responses : DataFrame
        The canonical table.
    scale : Scale
        Scoring key: the mean (or sum) of the answered items where at least ``min_answered`` are answered,
        a sum made up to the full number of items; else the score is missing.

    Returns
    -------
    DataFrame
        ``person, wave, score, items_answered, items_missing``, one row a person and wave with any row in
        ``responses``.
    """
    answers = turned_answers(responses, scale)
    answered = answers.notna().sum(axis=1)
    value = prorated_scores(answers.to_numpy(dtype=float, na_value=np.nan).T, scale.min_answered, rule=scale.rule)
    scored = pd.DataFrame(
        {"score": value, "items_answered": answered, "items_missing": len(scale.items) - answered}
    ).reset_index()
    given = responses[(responses["given_as"] == "score") & (responses["item"] == scale.id)]
    given = given[["person", "wave"]].assign(score=given["code"], items_answered=0, items_missing=0)
    return given if scored.empty else scored if given.empty else pd.concat([scored, given], ignore_index=True)


def side_by_side(scores: pd.DataFrame, people: list[str], waves: list[str]) -> Array:
    """Scores as an array, shape (waves, people); NaN where a person was not measured at a wave.

    Raises
    ------
    ValueError
        If a person has two scores at one wave.
    """
    wide = scores.pivot(index="wave", columns="person", values="score").reindex(index=waves, columns=people)
    values: Array = wide.to_numpy(dtype=float, na_value=np.nan)
    return values


def item_arrays(responses: pd.DataFrame, scale: Scale, people: list[str], waves: list[str]) -> Array:
    """Turned answers as an array, shape (waves, items, people); NaN = missing."""
    answers = turned_answers(responses, scale)
    everyone = answers.reindex(pd.MultiIndex.from_product([waves, people]).swaplevel())
    values = everyone.to_numpy(dtype=float, na_value=np.nan)
    return values.reshape(len(waves), len(people), len(scale.items)).swapaxes(1, 2)
