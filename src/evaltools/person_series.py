"""One person's own figures over time: ratings after the sessions, and before against after the start."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.blocks import Block, Heading, Table, Text
from evaltools.case_rows import case_rows, session_scales
from evaltools.cells import Cells, Row, part
from evaltools.folder import Evaluation
from evaltools.instruments import Scale
from evaltools.measures import limits
from evaltools.schemas import row_dicts
from evaltools.scores import score, side_by_side
from evaltools.statistics.estimate import Array, field_records
from evaltools.statistics.single_case import trend
from evaltools.wording import Words, figure_text, interval_text

_DIGITS = 2


def session_blocks(evaluation: Evaluation, person: str, own: Words) -> list[Block]:
    """The person's ratings after each session, and the trend of each scale; nothing where they rated none.

    Parameters
    ----------
    evaluation : Evaluation
        As read from its folder.
    person : str
        The person's pseudonym.
    own : Words
        The words of the reader's language.
    """
    answers = evaluation.session_responses
    answers = answers[answers["person"] == person]
    rated = set(answers["session"].dropna())
    sessions = [row for row in row_dicts(evaluation.sessions) if row["session"] in rated]
    if not sessions:
        return []
    names = [row["session"] for row in sessions]
    scales = session_scales(evaluation)
    series = {scale.id: _scores(answers.assign(wave=answers["session"]), scale, person, names) for scale in scales}
    answered = [scale for scale in scales if np.isfinite(series[scale.id]).any()]
    heads = (own.text("person.session"), *(own.label(scale.label) for scale in answered))
    body = tuple((own.day(row["date"].date()), *(_shown(series[scale.id][at], own) for scale in answered))
                 for at, row in enumerate(sessions))  # fmt: skip
    told = tuple(said for scale in answered for said in _trend(series[scale.id], scale, own, "session"))
    return [
        Heading(own.text("person.sessions")),
        Table(own.text("person.session_table"), heads, body),
        *([Text(told)] if told else []),
    ]


def case_sentences(evaluation: Evaluation, person: str, scale: Scale, own: Words) -> tuple[str, ...]:
    """The person's trend over the measurements of a scale, and how those after the start lie against those before it.

    Parameters
    ----------
    evaluation, person, own
        As for `session_blocks`.
    scale : Scale
        One that the person has answered.
    """
    waves = evaluation.waves["wave"][~evaluation.waves["kind"].isin(["then_test", "session_form"])].tolist()
    values = _scores(evaluation.responses, scale, person, waves)
    alone = Cells((("group", person),), np.ones((1, 1), dtype=bool))
    rows = case_rows(values[:, None], evaluation, alone, waves, scale)
    told = [_compared(row, own) for row in rows if row["measure"] == "nap" and not row["note"]]
    return (*_trend(values, scale, own, "wave"), *told)


def _scores(answers: pd.DataFrame, scale: Scale, person: str, when: list[str]) -> Array:
    return side_by_side(score(answers, scale), [person], when)[:, 0]


def _shown(value: float, own: Words) -> str:
    return own.number(value, _DIGITS) if np.isfinite(value) else own.text("process.report.blank")


def trend_note(own: Words) -> str:
    """How a trend is read, and from how many measurements there is one."""
    return own.text("person.trend_note", least=int(limits()["single_case_points"]))


def _trend(series: Array, scale: Scale, own: Words, step: str) -> tuple[str, ...]:
    """What the trend is a step; nothing where there are too few measurements for one."""
    points = int(np.isfinite(series).sum())
    row = field_records(part(trend(series), ...))[0] | {"measure": "case_trend"}
    if points < limits()["single_case_points"] or row["note"]:
        return ()
    value, interval = (form(row, own.language, signed=True) for form in (figure_text, interval_text))
    return (own.text(f"person.trend_{step}", scale=own.label(scale.label), n=points, trend=value, interval=interval),)


def _compared(row: Row, own: Words) -> str:
    low, value, high = (own.number(100 * row[name], 0) for name in ("low", "value", "high"))
    return own.text("person.after_start", share=value, low=low, high=high)
