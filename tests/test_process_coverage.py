"""The hundred elements: what measures each, and what a folder holds; without its columns one is not recorded."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from logs import LOG, write_log

from evaltools.analysis import analyse
from evaltools.canonical import FROM_FILES, TABLES
from evaltools.cli import main
from evaltools.coverage import SCALE_MEASURES, Covered, coverage, elements
from evaltools.coverage_text import column_in_words
from evaltools.folder import Evaluation, read_evaluation
from evaltools.measures import measures
from evaltools.schemas import typed_column

# what the session log alone shows, with no questionnaire and no contract beyond its intervals
OF_THE_LOG = {
    *("0.1", "0.2", "0.6", "0.7", "0.8", "0.9", "0.10", "0.11", "0.12", "0.14", "0.16"),
    *("0.19", "0.20", "0.21", "0.25", "0.26"),
    *("1.2", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11"),
    *("2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.14"),
    *("3.3", "3.6", "3.11", "3.13", "3.14", "3.16"),
    *("4.1", "4.2", "4.3", "4.4", "4.5", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "4.13", "4.14", "4.15"),
    *("4.19", "4.20", "4.21", "4.22", "4.23", "4.24", "4.25"),
}  # fmt: skip
TOGETHER = {"ideas.person": ("ideas.question",)}  # where a person is not named, the question tells who it was
OPTIONAL = [f"{table}.{column}" for table in LOG if table != "people"
            for column, field in TABLES[table].items() if not field.required]  # fmt: skip
PLANNED = ["contract.interval_days_from", "contract.sessions_planned"]


def full_samples() -> list[Path]:
    """The sample folders in which every table is filled."""
    found = []
    for settings in sorted((ROOT / "data" / "sample").glob("*/evaluation.toml")):
        files = tomllib.loads(settings.read_text("utf-8")).get("files", [])
        if {entry["table"] for entry in files} >= set(FROM_FILES):
            found.append(settings.parent)
    return found


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    return read_evaluation(write_log(tmp_path_factory.mktemp("log") / "log"))


@lru_cache(maxsize=4)
def _covered(evaluation: Evaluation) -> dict[str, Covered]:
    return {element.id: element for element in coverage(analyse(evaluation))}


def recorded(evaluation: Evaluation) -> set[str]:
    return {name for name, element in _covered(evaluation).items() if element.recorded}


def without(evaluation: Evaluation, *columns: str) -> Evaluation:
    """The evaluation as if some columns had never been filled in."""
    tables: dict[str, pd.DataFrame] = {}
    for name in columns:
        table, _, column = name.partition(".")
        frame: pd.DataFrame = tables.get(table, getattr(evaluation, table))
        tables[table] = frame.assign(**{column: typed_column([None] * len(frame), TABLES[table][column].kind)})
    return replace(evaluation, **tables)  # type: ignore[arg-type]


def test_there_are_a_hundred_elements_each_with_a_name_in_both_languages() -> None:
    parts = [sum(name.startswith(f"{part}.") for name in elements()) for part in range(5)]
    assert parts == [28, 15, 15, 17, 25]
    assert len({name["sv"] for name in elements().values()}) == len({name["en"] for name in elements().values()}) == 100


def test_whatever_a_measure_says_it_covers_or_is_made_of_exists() -> None:
    for measure in measures().values():
        assert set(measure.covers) <= set(elements()), measure.id
        assert measure.direction in ("up", "down", "none")
        for column in measure.columns:
            table, _, name = column.partition(".")
            assert column == "responses" or name in TABLES[table], column
        assert measure.columns or not measure.covers or measure.id.startswith("share_"), measure.id


def test_no_measure_of_the_session_cycle_is_for_anyone_but_the_supervisor_unless_in_a_form_of_its_own() -> None:
    own = [measure for measure in measures().values() if measure.limit == "own_record"]
    assert own
    assert {measure.readers for measure in own if not measure.form} == {("supervisor",)}


def test_the_session_log_alone_shows_every_element_of_the_session_cycle(evaluation: Evaluation) -> None:
    assert recorded(evaluation) == OF_THE_LOG


def test_every_element_that_is_recorded_is_traced_to_rows_with_a_value(evaluation: Evaluation) -> None:
    found = analyse(evaluation)
    keys = ["measure", "scale", "group_by", "group", "wave", "wave_to", "period", "basis"]
    held = {
        tuple(row[name] for name in keys)
        for row in found.estimates[found.estimates["value"].notna()].to_dict("records")
    }
    for element in coverage(found):
        assert element.recorded == bool(element.rows or element.facts)
        for row in element.rows:
            assert tuple(row[name] for name in keys) in held
            assert row["measure"] in {it.measure for it in element.indicators if not it.scale} | set(SCALE_MEASURES)


@pytest.mark.parametrize("column", [*OPTIONAL, *PLANNED])
def test_without_a_column_exactly_its_measures_are_not_recorded(column: str, evaluation: Evaluation) -> None:
    gone = (column, *TOGETHER.get(column, ()))
    before = _measured(evaluation)
    lost = before - _measured(without(evaluation, *gone))
    assert lost == {name for name in before if column in measures()[name].columns}


@lru_cache(maxsize=4)
def _measured(evaluation: Evaluation) -> frozenset[str]:
    rows = analyse(evaluation).estimates
    return frozenset(rows[rows["value"].notna()]["measure"])


@pytest.mark.parametrize("column", ["follow_ups.helped", "attendance.took_from_others", "questions.level"])
def test_without_a_column_exactly_the_elements_that_need_it_are_not_recorded(
    column: str, evaluation: Evaluation
) -> None:
    found = _covered(evaluation)
    needing = {
        name for name in recorded(evaluation)
        if all(column in it.columns or not it.columns for it in found[name].indicators if it.scale == "")
    }  # fmt: skip
    assert needing
    assert recorded(evaluation) - recorded(without(evaluation, column)) == needing


@pytest.mark.parametrize("table", [name for name in LOG if name not in ("people", "sessions")])
def test_without_a_table_none_of_its_measures_is_recorded(table: str, evaluation: Evaluation) -> None:
    empty = replace(evaluation, **{table: getattr(evaluation, table).iloc[:0]})
    left = _measured(empty)
    assert {name for name in left if any(it.startswith(f"{table}.") for it in measures()[name].columns)} == set()
    assert "sessions_held" in left


@pytest.mark.parametrize("folder", full_samples(), ids=lambda folder: folder.name)
def test_a_full_sample_holds_all_hundred_elements(folder: Path) -> None:
    found = coverage(analyse(read_evaluation(folder)))
    assert [element.id for element in found if not element.indicators] == []
    assert [element.id for element in found if not element.recorded] == []


@pytest.mark.parametrize("folder", full_samples(), ids=lambda folder: folder.name)
def test_in_a_full_sample_a_missing_column_leaves_exactly_its_elements_unrecorded(folder: Path) -> None:
    whole = read_evaluation(folder)
    found = _covered(whole)
    for column in ("follow_ups.helped", "questions.level", "strengths.within_24h", "sessions.methods"):
        needing = {name for name in recorded(whole) if not found[name].facts
                   and all(column in it.columns for it in found[name].indicators)}  # fmt: skip
        assert recorded(whole) - recorded(without(whole, column)) == needing


def test_measures_lists_every_element_as_text_and_says_what_a_folder_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measures", "--lang", "en"]) == 0
    listed = capsys.readouterr().out
    assert "4.24 Follow-up as built-in quality assurance\n  idea_helped_at_session: Follow-up: helped\n" in listed
    assert "recorded" not in listed
    assert main(["measures", str(write_log(tmp_path / "log", without=["follow_ups.helped"]))]) == 0
    told = capsys.readouterr().out
    assert "4.24 Follow-up as built-in quality assurance: not recorded\n" in told
    assert "0.7 Starts from the participant's need; the participant words the question: recorded (" in told
    assert f"{len(OF_THE_LOG) - 1} are recorded in the folder." in told


def test_measures_as_json_has_the_documented_keys_and_no_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measures", "--json"]) == 0
    bare = json.loads(capsys.readouterr().out)
    assert bare["counts"]["recorded"] is None
    assert {element["recorded"] for element in bare["elements"]} == {None}
    assert main(["measures", str(write_log(tmp_path / "log")), "--json", "--lang", "sv"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1
    assert told["counts"]["elements"] == len(told["elements"]) == 100
    assert told["counts"]["recorded"] == len(OF_THE_LOG)
    (helped,) = [element for element in told["elements"] if element["id"] == "4.24"]
    assert set(helped) == {"id", "title", "indicators", "recorded", "rows", "facts"}
    assert helped["indicators"][0]["columns"] == ["follow_ups.helped"]
    assert {row["period"] for row in helped["rows"]} == {"a2", "a3", "b2"}
    assert all("value" not in row for element in told["elements"] for row in element["rows"])


def test_measures_of_a_folder_that_is_wrong_tells_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", str(tmp_path / "none"), "--lang", "en"]) == 1
    assert "Traceback" not in (err := capsys.readouterr().err)
    assert "none: " in err


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_column_of_the_log_is_told_by_its_sheet_and_heading(language: str) -> None:
    for measure in measures().values():
        for column in measure.columns:
            if column.partition(".")[0] in LOG:
                assert column_in_words(column, language) != column
