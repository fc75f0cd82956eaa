"""What the session log tells of few: a session with three present, one complaint. The page tells of neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
from audit_logs import Thing
from audit_worlds import Report, World, delivered, evaluation_of, prepare

from evaltools.analysis import analyse
from evaltools.disclosure import release
from evaltools.folder import Evaluation
from evaltools.ledger import open_ledger
from evaltools.policy import policies

PEOPLE = [f"a{at}" for at in range(7)]


def log_of(folder: Path, present: list[list[bool]]) -> Evaluation:
    """A group of seven, and who of them was present at each session."""
    places = tuple(
        Thing("place", who, wave, (there,))
        for wave, session in enumerate(present)
        for who, there in zip(PEOPLE, session, strict=True)
    )
    answers: dict[str, list[list[int] | None]] = {who: [[3], [4]] for who in PEOPLE}
    report = Report(dict.fromkeys(PEOPLE, "a"), answers, 2, things=places)
    folder.mkdir()
    world = World(1, 1, 5, 1, "standard", every_wave=True, reports=(report,))
    prepare(world, folder)
    return evaluation_of(world, report)


def page_of(folder: Path, evaluation: Evaluation) -> str:
    ledger = open_ledger(folder)
    return delivered(release(analyse(evaluation, ledger), policies()["standard"], ledger))


def with_complaints(evaluation: Evaluation, count: int, closed: int = 0) -> Evaluation:
    table = evaluation.feedback.reindex(range(count)).assign(
        case=pd.array([f"c{at}" for at in range(count)], dtype=evaluation.feedback["case"].dtype),
        kind=pd.array(["complaint"] * count, dtype=evaluation.feedback["kind"].dtype),
        date=pd.Timestamp(date(2025, 3, 1)),
        closed=[pd.Timestamp(date(2025, 4, 1)) if at < closed else pd.NaT for at in range(count)],
    )
    return replace(evaluation, feedback=table.astype(evaluation.feedback.dtypes.to_dict()))


def test_a_session_with_three_present_is_not_told_of(tmp_path: Path) -> None:
    few = [[at < 3 for at in range(7)], [True] * 7]
    spread = [[at < 5 for at in range(7)], [at >= 2 for at in range(7)]]
    assert sum(map(sum, few)) == sum(map(sum, spread))
    pages = [page_of(tmp_path / name, log_of(tmp_path / name, log)) for name, log in (("f", few), ("s", spread))]
    assert pages[0] == pages[1]
    assert "70 procent eller högre" in pages[0]


def test_how_many_complained_is_not_told_of(tmp_path: Path) -> None:
    pages: dict[str, str] = {}
    for name, count, closed in (("one", 1, 0), ("closed", 1, 1), ("many", 6, 3)):
        evaluation = with_complaints(log_of(tmp_path / name, [[True] * 7] * 2), count, closed)
        assert len(evaluation.feedback) == count
        pages[name] = page_of(tmp_path / name, evaluation)
    assert (
        pages["one"]
        == pages["closed"]
        == pages["many"]
        == page_of(tmp_path / "none", log_of(tmp_path / "none", [[True] * 7] * 2))
    )
