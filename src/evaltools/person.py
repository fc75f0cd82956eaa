"""A person's own page: their scores over the waves, and what is known of measurement error. On request, never kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from evaltools.blocks import Block, Callout, Heading, Table, Text
from evaltools.errors import Problems, ReportError, message
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import Scale
from evaltools.keys import load_key
from evaltools.language import DEFAULT
from evaltools.linking import Codes
from evaltools.notebook import RELEASE_FILE
from evaltools.page import Page
from evaltools.person_series import case_sentences, session_blocks, trend_note
from evaltools.pseudonyms import pseudonymiser
from evaltools.schemas import row_dicts
from evaltools.scores import score
from evaltools.settings import read_settings
from evaltools.statistics.reliability import minimal_detectable_change, standard_error_of_measurement
from evaltools.web_page import web_page
from evaltools.wording import Words, words

_DIGITS = 2
_REPORTS = "reports"


def person_page(folder: str | Path, code: str, language: str = "") -> str:
    """One person's own answers as scores, wave by wave, as a self-contained HTML page for that person.

    Parameters
    ----------
    folder : path
        The evaluation folder.
    code : str
        The person's code, as it stands in the files; nothing that is told or kept names it.
    language : str
        Language of the page; the evaluation's own where none is given.

    Returns
    -------
    str
        For every scale the person's score at every wave where they answered enough, whether it has changed by more than
        measurement error, where that is known, and the trend; then what they said after each session. Nothing about
        anybody else.

    Raises
    ------
    FolderError
        If the folder is not in order.
    ReportError
        If nobody has answered under that code.
    """
    folder = Path(folder)
    evaluation = read_evaluation(folder, language=language)
    own = words(language or evaluation.language)
    person = _pseudonym(folder, code, evaluation, own.language)
    answers = evaluation.responses[evaluation.responses["person"] == person]
    after_sessions = session_blocks(evaluation, person, own)
    if answers.empty and not after_sessions:
        raise ReportError(message("person_not_found", own.language))
    blocks: list[Block] = [
        Heading(own.text("person.title"), 1, own.text("person.lead")),
        Callout(own.text("person.yours"), own.text("person.not_kept")),
    ]
    waves = dict(zip(evaluation.waves["wave"], evaluation.waves["label"], strict=True))
    asked = [row["wave"] for row in row_dicts(evaluation.waves) if row["kind"] != "then_test"]
    for key in evaluation.instruments.values():
        for scale in key.scales:
            blocks += _scale_blocks(score(answers, scale), scale, waves, asked, evaluation, person, own)
    blocks += [*after_sessions, Heading(own.text("person.trend")), Text((trend_note(own),))]
    return web_page(Page(tuple(blocks), own.language, evaluation.report_date, own.text("person.banner")))


def write_person_page(page_text: str, out: Path, folder: Path, language: str = DEFAULT) -> None:
    """Write the page to a new file that its owner alone can read, away from the evaluation and its reports.

    Raises
    ------
    ReportError
        If the file exists, cannot be written, or would lie where others are given what is in the folder.
    """
    places = [*out.absolute().parents, *out.resolve().parents]
    kept = out.resolve().is_relative_to(folder.resolve())
    if kept or any(place.name.casefold() == _REPORTS or (place / RELEASE_FILE).exists() for place in places):
        raise ReportError(message("person_kept", language))
    taken = False
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(page_text)
    except OSError:
        taken = True
    if taken:
        raise ReportError(message("person_not_written", language, out=out))


def _pseudonym(folder: Path, code: str, evaluation: Evaluation, language: str) -> str:
    settings = read_settings(folder, Problems())
    meant = Codes(settings.codes if settings else {}).meant(code.strip())
    return pseudonymiser(load_key(folder, evaluation.id, language).secret, evaluation.id)(meant)


def _scale_blocks(
    scores: pd.DataFrame, scale: Scale, waves: Mapping[str, str], asked: list[str], evaluation: Evaluation, person: str,
    own: Words,
) -> list[Block]:  # fmt: skip
    """The scale's table, and what its first and last score say; nothing where the person has no row of the scale."""
    found = {row["wave"]: row for row in row_dicts(scores)}
    if not found:
        return []
    rows = tuple(
        (label, own.text("person.too_few_answers") if pd.isna(found[wave]["score"]) else
         own.number(found[wave]["score"], _DIGITS))
        for wave, label in waves.items() if wave in found
    )  # fmt: skip
    low, high = scale.score_range
    fill = {"scale": own.label(scale.label), "low": own.number(low, 0), "high": own.number(high, 0)}
    known = [float(found[wave]["score"]) for wave in asked if wave in found and pd.notna(found[wave]["score"])]
    better = own.text("person.higher_is_better" if scale.higher_is_better else "person.lower_is_better")
    heads = (own.text("heads.wave"), own.text("person.score"))
    return [
        Heading(own.label(scale.label)),
        Table(own.text("person.table", **fill), heads, rows),
        Text((better, *_change(known, scale, own), *case_sentences(evaluation, person, scale, own))),
    ]


def _change(known: list[float], scale: Scale, own: Words) -> tuple[str, ...]:
    """The change from the first to the last score, against measurement error where it is known."""
    if len(known) < 2:
        return (own.text("person.one_score"),)
    change = known[-1] - known[0]
    told = own.text("person.change", first=own.number(known[0], _DIGITS), last=own.number(known[-1], _DIGITS),
                    change=own.number(change, _DIGITS, signed=True))  # fmt: skip
    reference = scale.reference
    if reference is None:
        return told, own.text("person.error_unknown")
    error = standard_error_of_measurement(reference.sd, reference.reliability)
    smallest = float(minimal_detectable_change(error))
    larger = own.text("person.larger" if abs(change) > smallest else "person.within")
    about = own.text("person.error", error=own.number(float(error), _DIGITS), smallest=own.number(smallest, _DIGITS))
    return told, f"{about} {larger}", own.text("person.source", source=reference.name)
