"""What was read of an evaluation folder, as lines for a person: rows in, used and left out, and what to know."""

from __future__ import annotations

from pathlib import Path

from evaltools.errors import problem_text
from evaltools.folder import Evaluation
from evaltools.language import texts
from evaltools.linking import turnover
from evaltools.schemas import row_dicts
from evaltools.tables import left_out_text


def reading_text(evaluation: Evaluation, language: str, folder: Path) -> str:
    """For every file its rows, used and left out by reason; who answered at each wave; then every note.

    For the supervisor only: the numbers of people who are new or gone are told however few they are.
    """
    lines = [*_counted(evaluation, language), *_people_at_waves(evaluation, language)]
    if evaluation.notes:
        lines.append(problem_text(evaluation.notes, language, folder))
    return "\n".join(lines)


def verdict_text(evaluation: Evaluation, language: str) -> str:
    """That a folder is in order, with how much was read."""
    words = texts(language)["cli"]
    after_sessions = evaluation.waves["kind"].eq("session_form").fillna(False).astype(bool)  # no points in time
    return str(
        words["checked_with_notes" if evaluation.notes else "checked"].format(
            id=evaluation.id, people=int(evaluation.people["linked"].sum()), waves=int((~after_sessions).sum()),
            answers=int(evaluation.responses["code"].notna().sum()), notes=len(evaluation.notes),
        )
    )  # fmt: skip


def _counted(evaluation: Evaluation, language: str) -> list[str]:
    """Rows read = rows used + blank + left out, by reason, for every file."""
    words, lines = texts(language)["cli"], []
    for row in row_dicts(evaluation.load_log):
        place = " ".join(filter(None, (row["file"], row["sheet"])))
        reasons = left_out_text(row["left_out_because"], language)
        because = words["because"].format(it=reasons) if reasons else ""
        lines.append(words["checked_file"].format(place=place, because=because, **row))
    return lines


def _people_at_waves(evaluation: Evaluation, language: str) -> list[str]:
    """One line: how many answered with a code at each wave, how many of them are new, gone since the last, or back."""
    linked = evaluation.people["person"][evaluation.people["linked"]]
    answered = evaluation.responses[evaluation.responses["code"].notna() & evaluation.responses["person"].isin(linked)]
    labels = dict(zip(evaluation.waves["wave"], evaluation.waves["label"], strict=True))
    told = turnover({wave: set(answered["person"][answered["wave"] == wave]) for wave in labels})
    words = texts(language)["cli"]
    waves = [
        words["later_wave" if at else "first_wave"].format(**found._replace(wave=labels[found.wave])._asdict())
        for at, found in enumerate(told)
    ]
    return [words["people_at_waves"].format(waves="; ".join(waves))] if waves else []
