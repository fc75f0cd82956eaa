"""The supervisor's report goes by the plan: a page that stands alone, outcome by outcome, the rest as rows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from evaluations import analysed, group_of, write_folder
from openpyxl import load_workbook

from evaltools import outcome_report, supervisor
from evaltools.analysis import Analysis
from evaltools.blocks import Block, Figure, Heading, Table, Text
from evaltools.figures_file import figures_file
from evaltools.outcome_choice import main_outcomes
from evaltools.wording import words

PLAN = """
[[evaluation_plan]]
what = "own"
wave = "w0"
to = "participants"
due = 2025-12-31

[[evaluation_plan]]
what = "own"
wave = "w1"
to = "participants"
due = 2025-12-01
delivered = 2025-12-01

[[goals]]
id = "g2"
text = "Färre ska sluta."
"""
PARTS = ("part", "piece")


def folder(path: Path, more: str = PLAN, second: str = "pqr") -> Path:
    """Three groups that rise on the plan's scale, with two more scales of single questions that the plan leaves out."""
    groups = {name: group_of(6, [2, 2, 4], [4, 4, 3], [4, 4, 3], name=name) for name in second}
    write_folder(path, groups, more=more)
    key = path / "scoring_keys" / "own.toml"
    text = key.read_text("utf-8")
    whole = text[text.index("[[scales]]") :]
    for name, item in zip(PARTS, ("q1", "q3"), strict=True):
        part = (
            whole.replace('"own"', f'"{name}"')
            .replace("Own scale", name)
            .replace("min_answered = 3", "min_answered = 1")
        )
        text += part.replace('["q1", "q2", "q3"]', f'["{item}"]')
    key.write_text(text.replace('id = "own"', 'id = "kit"', 1), "utf-8")  # the plan names the scale, not what it is in
    settings = path / "evaluation.toml"
    settings.write_text(settings.read_text("utf-8").replace('instrument = "own"', 'instrument = "kit"'), "utf-8")
    return path


def tables(blocks: tuple[Block, ...]) -> list[Table]:
    return [block for block in blocks if isinstance(block, Table)]


def lines(blocks: tuple[Block, ...]) -> list[str]:
    return [line for block in blocks if isinstance(block, Text) for line in block.paragraphs]


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analysed(folder(tmp_path_factory.mktemp("it")))


def test_the_first_page_stands_alone(analysis: Analysis) -> None:
    blocks = supervisor.brief(analysis, "en").blocks
    told = lines(blocks)
    assert any(line.startswith("Own scale. All groups, Mätning 1 to Mätning 3: ") for line in told)
    assert "Goals that are not measured: Färre ska sluta." in told
    assert "Of what was to be delivered by the date of the report, 1 of 2 have been delivered." in told
    assert "Not delivered according to the plan: Own scale, Mätning 1 (31 days late)." in told


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_the_plan_leaves_out_is_a_row_and_no_section_of_its_own(analysis: Analysis, language: str) -> None:
    own = words(language)
    assert [scale.id for _, scale, _ in main_outcomes(analysis, own)] == ["own"]
    blocks = outcome_report.outcomes(analysis, language).blocks
    assert sum(isinstance(block, Figure) for block in blocks) == 1
    (rest,) = [table for table in tables(blocks) if table.caption == own.text("supervisor.others")]
    assert len(rest.rows) == len(PARTS)
    assert {len(row) for row in rest.rows} == {len(rest.columns)}
    assert rest.columns[-3:] == ("Grupp p", "Grupp q", "Grupp r")
    assert {row[1] for row in rest.rows} == {"18"}
    assert [row[2:4] for row in rest.rows] == [tuple(own.number(it, 2) for it in ends) for ends in ((2, 4), (4, 3))]


def test_without_a_plan_every_scale_is_told_by_itself(tmp_path: Path) -> None:
    path = folder(tmp_path / "it", more="")
    text = (path / "evaluation.toml").read_text("utf-8").replace('to = "commissioner"', 'to = "supervisor"')
    (path / "evaluation.toml").write_text(text.replace('indicator = "own"\n', ""), "utf-8")
    assert len(main_outcomes(analysed(path), words("en"))) == 1 + len(PARTS)


def test_a_sentence_that_holds_for_several_outcomes_stands_once(tmp_path: Path) -> None:
    path = folder(tmp_path / "it", more="")
    text = (path / "evaluation.toml").read_text("utf-8").replace('to = "commissioner"', 'to = "supervisor"')
    (path / "evaluation.toml").write_text(text.replace('indicator = "own"\n', ""), "utf-8")
    blocks = outcome_report.outcomes(analysed(path), "en").blocks
    told = lines(blocks)
    assert max(told.count(line) for line in told if not line.startswith("To weigh in")) < 1 + len(PARTS)
    headings = [at for at, block in enumerate(blocks) if isinstance(block, Heading)]
    shared = [
        at for at, block in enumerate(blocks) if isinstance(block, Text) and "all outcomes below" in block.paragraphs[0]
    ]
    assert shared
    assert shared[0] < headings[1]
    notes = [it.note for block in blocks for it in [getattr(block, "table", block)] if isinstance(it, Table)]
    assert set(notes) == {""}  # those of every outcome's tables stand there too
    assert sum("compare the mean changes, not the means" in line for line in told) == 1


def test_statistics_of_outcomes_of_the_same_measurements_stand_side_by_side(tmp_path: Path) -> None:
    path = folder(tmp_path / "it", more="")
    text = (path / "evaluation.toml").read_text("utf-8").replace('to = "commissioner"', 'to = "supervisor"')
    (path / "evaluation.toml").write_text(text.replace('indicator = "own"\n', ""), "utf-8")
    analysis = analysed(path)
    outcomes = [label for _, _, label in main_outcomes(analysis, words("en"))]
    (table,) = [it for it in outcome_report.statistics(analysis, "en").blocks if isinstance(it, Table)]
    assert table.columns == ("Measure", *outcomes)
    figures = [row[0] for row in table.rows]
    assert len(set(figures)) == len(figures)
    assert {"People", "p, exact test", "g_z"} <= set(figures)


def test_how_many_were_measured_is_told_for_all_scales_at_once_and_never_as_nobody(tmp_path: Path) -> None:
    few = {"q0": [[3, 3], None]} | {f"q{at}": [None, None] for at in (1, 2)}
    people = {"p": group_of(6, [2, 2], [4, 3]), "q": few}
    (table,) = tables(supervisor.data(analysed(write_folder(tmp_path, people)), "en").blocks)[1:]
    assert table.rows == (("Own scale", "7 (6 + 1)", "6 (6 + 0)"),)
    assert table.note == "In brackets: Grupp p and Grupp q, in that order."


def test_every_figure_stands_in_the_workbook_with_its_note_in_place_of_one_of_too_few(tmp_path: Path) -> None:
    analysis = analysed(folder(tmp_path / "it", second="p"))
    rows = list(
        load_workbook(io.BytesIO(figures_file(analysis, "sv")), read_only=True).active.iter_rows(values_only=True)
    )
    codes = [code for row in rows[1:] for code in str(row[-1]).split("; ")]
    assert set(codes) == set(analysis.estimates["measure"])
    shown = analysis.estimates["value"].notna() & ~analysis.estimates["note"].isin(["too_few", "below_limit"])
    assert sum(row[7] is not None for row in rows[1:]) == shown.sum() < len(rows) - 1 < len(analysis.estimates)
    assert all(row[7] is not None or row[13] for row in rows[1:]), "a row has a value or says why not"
    assert len(set(map(len, rows))) == 1
    heads = rows[0]
    changes = [dict(zip(heads, row, strict=True)) for row in rows if row[-1] == "mean_change"]
    assert changes[0]["Skala"] == "Egen skala"
    assert changes[0]["Mätning"] == "Mätning 1"
    few = analysed(write_folder(tmp_path / "few", {"a": group_of(4, [2, 2], [4, 3])}))
    shown = list(load_workbook(io.BytesIO(figures_file(few, "sv")), read_only=True).active.iter_rows(values_only=True))
    told = [dict(zip(heads, row, strict=True)) for row in shown if "mean_change" in str(row[-1]).split("; ")]
    assert {(row["Värde"], row["Anmärkning"]) for row in told} == {(None, "för få personer")}
    assert figures_file(few, "sv") == figures_file(few, "sv")


def test_no_text_becomes_a_formula_in_the_workbook(tmp_path: Path) -> None:
    path = write_folder(tmp_path, {"a": group_of(6, [2, 2], [4, 3]), "b": group_of(6, [2, 2], [4, 3], name="q")})
    text = (path / "evaluation.toml").read_text("utf-8").replace('label = "Grupp a"', 'label = "=1+1"')
    (path / "evaluation.toml").write_text(text, "utf-8")
    sheet = load_workbook(io.BytesIO(figures_file(analysed(path), "sv"))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"} == {"s"}
