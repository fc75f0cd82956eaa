"""What is followed session by session: session forms, charts from so many points, and what stands out."""

from __future__ import annotations

from pathlib import Path

import pytest
from logs import followed

from evaltools.analysis import Analysis
from evaltools.blocks import Figure, Table, Text
from evaltools.process_report import process


def rows_of_measure(analysis: Analysis, measure: str) -> list[dict[str, object]]:
    rows = analysis.estimates[analysis.estimates["measure"] == measure]
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def test_a_session_form_gives_a_mean_a_session_of_those_who_answered(tmp_path: Path) -> None:
    found = rows_of_measure(followed(tmp_path / "a", [5, 7, 6]), "session_mean")
    assert [(row["period"], row["group"], row["scale"], row["wave"]) for row in found] == [
        (f"s{at}", "A", "learned", "after") for at in range(3)
    ]
    assert [row["value"] for row in found] == [5, 7, 6]
    assert {row["n"] for row in found} == {6}


def test_sessions_are_rated_by_method_and_every_person_counts_once(tmp_path: Path) -> None:
    methods = ["Round", "round, scaling", "", "Scaling"]
    found = followed(tmp_path / "a", [5, 7, 6, 4], methods=methods, away={(3, 1), (4, 1), (6, 3)})
    rows = rows_of_measure(found, "session_mean_by_method")
    # by hand: person 1 is one above, person 2 one below, 3 and 4 missed the second session, 6 the fourth
    by_hand = {"round": (7 + 5 + 5 + 5 + 6 + 6) / 6, "scaling": (6.5 + 4.5 + 4 + 4 + 5.5 + 7) / 6}
    assert {row["basis"]: row["value"] for row in rows} == pytest.approx(by_hand)
    assert {(row["n"], row["period"], row["scale"]) for row in rows} == {(6, "", "learned")}
    table = next(
        block for block in process(found, "en").blocks if isinstance(block, Table) and "each method" in block.caption
    )
    assert table.rows == (("round", "5.67 (6)"), ("scaling", "5.25 (6)"))


def test_a_method_that_fewer_than_five_rated_has_no_figure(tmp_path: Path) -> None:
    found = followed(tmp_path / "a", [5, 7], people=4, methods=["round", "round"])
    assert {row["note"] for row in rows_of_measure(found, "session_mean_by_method")} == {"below_limit"}
    shown = [row for block in process(found, "en").blocks if isinstance(block, Table) and "each method" in block.caption
             for row in block.rows]  # fmt: skip
    assert {row[1] for row in shown} == {"too few people (4)"}


def test_the_answers_of_fewer_than_five_are_no_figure_and_no_point_of_a_series(tmp_path: Path) -> None:
    found = followed(tmp_path / "a", [5, 6, 7, 6, 5, 6, 7, 8], people=4)
    assert {row["note"] for row in rows_of_measure(found, "session_mean")} == {"below_limit"}
    assert rows_of_measure(found, "series_median") == []
    shown = [text for block in process(found, "en").blocks if isinstance(block, Table) and "Learning" in block.caption
             for row in block.rows for text in row[1:]]  # fmt: skip
    assert set(shown) == {"too few people"}


@pytest.mark.parametrize(
    ("points", "measures"),
    [
        (5, set()),
        (6, {"series_median", "series_longest_run", "series_crossings"}),
        (11, {"series_median", "series_longest_run", "series_crossings"}),
        (12, {"series_median", "series_longest_run", "series_crossings", "series_limits"}),
    ],
)
def test_a_chart_has_a_middle_from_six_points_and_limits_from_twelve(
    points: int, measures: set[str], tmp_path: Path
) -> None:
    found = followed(tmp_path / "a", [5 + at % 2 for at in range(points)]).estimates
    assert {name for name in found["measure"] if name.startswith("series_")} == measures


def test_a_session_far_from_the_others_is_a_signal_and_told_as_a_reason_to_ask(tmp_path: Path) -> None:
    found = followed(tmp_path / "a", [6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 1])
    signal = rows_of_measure(found, "series_signal")
    assert [(row["period"], row["value"], row["basis"], row["scale"]) for row in signal] == [
        ("s12", 1, "session_mean", "learned")
    ]
    told = [line for block in process(found, "en").blocks if isinstance(block, Text) for line in block.paragraphs]
    assert "Group A, 24 June 2025: Learning (session form) lies outside what has been ordinary in the group." in told


def test_a_long_run_below_the_middle_is_told_of_before_there_are_limits(tmp_path: Path) -> None:
    found = followed(tmp_path / "a", [8, 8, 8, 8, 8, 4, 4, 4, 4, 4])
    # ten points: at most round(log2 10 + 3) = 6 in a row, at least 2 crossings; here 5 and 1
    (crossings,) = rows_of_measure(found, "series_crossings")
    assert (crossings["value"], crossings["low"]) == (1, 2)
    assert rows_of_measure(found, "series_signal") == []
    told = [line for block in process(found, "en").blocks if isinstance(block, Text) for line in block.paragraphs]
    assert any("seldom crosses its middle (number of times: 1; fewer than 2 is unusual)" in line for line in told)


def test_a_steady_group_has_no_signal(tmp_path: Path) -> None:
    found = followed(tmp_path / "a", [6, 7, 6, 5, 7, 6, 5, 6, 7, 5, 6, 7, 6])
    told = [line for block in process(found, "en").blocks if isinstance(block, Text) for line in block.paragraphs]
    assert not any("ordinary in the group" in line or "seldom" in line or "one side" in line for line in told)


def test_false_alarms_of_the_rules_are_rare_in_groups_in_which_nothing_happens() -> None:
    # the rules as they are used: twenty sessions of ratings that only vary at random
    import numpy as np

    from evaltools.process.series_rows import series_rows

    random, sessions, alarms = np.random.default_rng(11), [f"s{at}" for at in range(20)], 0
    where = {"scale": "x", "group_by": "group", "group": "A", "wave": "after", "wave_to": "", "note": "", "of": 6.0,
             "n": 6, "people": (0, 1), "measure": "session_mean", "basis": ""}  # fmt: skip
    for _ in range(300):
        ratings = random.normal(6, 1, len(sessions)).tolist()
        rows = [where | {"period": name, "value": value} for name, value in zip(sessions, ratings, strict=True)]
        alarms += any(row["measure"] == "series_signal" for row in series_rows(rows, sessions))
    assert alarms / 300 < 0.2


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_series_is_drawn_with_a_text_alternative_that_has_every_point(language: str, tmp_path: Path) -> None:
    found = process(followed(tmp_path / "a", [5, 6, 7, 6, 5, 6, 8]), language)
    (figure,) = [block for block in found.blocks if isinstance(block, Figure)]
    assert figure.svg.startswith("<svg")
    assert len(figure.table.rows) == 7
    assert all(value in figure.alternative for _, value in figure.table.rows)
