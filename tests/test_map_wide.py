"""Drafts of wide files: headings that say the measurement, scores, groups; and back through check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_map import SETTINGS, drafted, meant, written

from evaltools.cli import main
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import shipped_instruments

CODES = ("AB01", "AB02", "AB03")
BEFORE, AFTER = [(1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 1)], [(5, 4, 3, 2), (4, 3, 2, 1), (3, 2, 1, 5)]
END = '[[waves]]\nid = "end"\nlabel = "Vid slutet"\nplanned = 2028-01-20\n'
PEOPLE = '[[files]]\npath = "people'
WAVES = SETTINGS.replace(PEOPLE, END + PEOPLE).replace("2027-02-01\n[contract]", "2028-03-01\n[contract]")


def wide(*patterns: str) -> str:
    """A file with the questions js1 to js4 of several waves beside each other, the headings made by patterns."""
    heads = [pattern.format(item=f"js{at}") for pattern in patterns for at in range(1, 5)]
    rows = [(code, *map(str, (*before, *after))) for code, before, after in zip(CODES, BEFORE, AFTER, strict=True)]
    return "\n".join(";".join(row[: len(heads) + 1]) for row in [("Kod", *heads), *rows])


def checked(folder: Path, content: str, name: str = "svar.csv", change: dict[str, str] | None = None
            ) -> tuple[str, Evaluation]:  # fmt: skip
    """The draft for a file in a folder, and what the folder reads with the draft pasted in as it is."""
    (folder / "exports").mkdir(parents=True)
    (folder / "people.csv").write_text("person;group\n" + "".join(f"{code};A\n" for code in CODES), "utf-8")
    (folder / "evaluation.toml").write_text(WAVES, "utf-8")
    draft = drafted(written(folder / "exports", content, name), folder=folder)
    for wrong, right in (change or {}).items():
        assert wrong in draft
        draft = draft.replace(wrong, right)
    (folder / "evaluation.toml").write_text(WAVES + draft, "utf-8")
    return draft, read_evaluation(folder)


def scores(found: Evaluation, wave: str, column: str = "code") -> list[tuple[float, ...]]:
    there = found.responses[found.responses["wave"] == wave]
    table = there.pivot(index="person", columns="item", values=column).loc[list(found.people["person"])]
    return [tuple(row) for row in table.to_numpy().tolist()]


@pytest.mark.parametrize(
    "patterns",
    [("{item}_t1", "{item}_t2"), ("{item}_T1", "{item}_T2"), ("{item}_t0", "{item}_t1"), ("{item}_pre", "{item}_post"),
     ("{item}_före", "{item}_efter"), ("fore_{item}", "efter_{item}"), ("{item}.pre", "{item}.post"),
     ("{item}_baseline", "{item}_end"), ("{item} (före)", "{item} (efter)"), ("t1_{item}", "t2_{item}")],
)  # fmt: skip
def test_headings_that_say_the_measurement_give_both_waves_without_work_by_hand(
    patterns: tuple[str, str], tmp_path: Path
) -> None:
    draft, found = checked(tmp_path, wide(*patterns))
    assert '"?"' not in "".join(line for line in draft.splitlines() if not line.startswith("#"))
    assert (scores(found, "baseline"), scores(found, "end")) == (BEFORE, AFTER)
    assert found.load_log["rows_read"].tolist()[-1] == 3


def test_wordings_with_the_measurement_after_them_are_found_too(tmp_path: Path) -> None:
    items = shipped_instruments()["toolkit_job_satisfaction"].items
    heads = [f"{item.text['sv']} ({when})" for when in ("före", "efter") for item in items]
    content = wide("{item}_t1", "{item}_t2").partition("\n")[2]
    _, found = checked(tmp_path, ";".join(["Kod", *heads]) + "\n" + content)
    assert (scores(found, "baseline"), scores(found, "end")) == (BEFORE, AFTER)


@pytest.mark.parametrize("patterns", [("{item}_t1", "{item}_före"), ("{item}_t7", "{item}_t8")])
def test_a_measurement_that_is_not_clear_is_left_open(patterns: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "evaluation.toml").write_text(WAVES, "utf-8")
    draft = drafted(written(tmp_path, wide(*patterns)), folder=tmp_path)
    assert re.search(r'^wave = "\?"', draft, re.MULTILINE)
    assert main(["check", str(tmp_path)]) != 0


def test_a_column_with_one_word_of_time_is_no_other_measurement_of_a_question_that_has_none(tmp_path: Path) -> None:
    draft = drafted(written(tmp_path, "Kod;js1;js2;under_lunchen;start\nAB01;4;3;2;1\nAB02;4;3;2;1"))
    assert set(meant(draft)) == {"person", "js1", "js2"}
    assert "\nwave = " in draft


SCORED = "Kod;Arbetstillfredsställelse (medel)_t1;job_satisfaction_t2\nAB01;3,5;4\nAB02;2,25;5\nAB03;1;3,75\n"


def test_scores_that_are_worked_out_already_come_back_as_scores(tmp_path: Path) -> None:
    draft, found = checked(tmp_path, SCORED)
    assert draft.count('score = "job_satisfaction"') == 2
    assert scores(found, "baseline") == [(3.5,), (2.25,), (1.0,)]
    assert scores(found, "end") == [(4.0,), (5.0,), (3.75,)]
    assert set(found.responses["given_as"]) == {"score"}


@pytest.mark.parametrize("heading", ["Arbetstillfredsställelse", "job_satisfaction", "Medelvärde job satisfaction"])
def test_one_score_at_one_measurement_takes_the_files_wave(heading: str, tmp_path: Path) -> None:
    _, found = checked(tmp_path, f"Kod;{heading}\nAB01;3,5\nAB02;2\nAB03;1\n", "fore.csv")
    assert scores(found, "baseline") == [(3.5,), (2.0,), (1.0,)]


def test_what_a_score_cannot_be_is_none_and_a_score_beside_its_questions_is_switched_off(tmp_path: Path) -> None:
    far = drafted(written(tmp_path, "Kod;job_satisfaction\nAB01;3,5\nAB02;17\n"))
    assert "score =" not in far
    told = drafted(written(tmp_path, "Kod;js1;js2;js3;js4;job_satisfaction\nAB01;1;2;3;4;2,5\nAB02;1;2;3;4;2,5\n"))
    assert '\n# score = "job_satisfaction"' in told
    assert '\nscore = "job_satisfaction"' not in told


def test_a_group_beside_codes_is_not_read_and_without_codes_it_can_be_switched_on(tmp_path: Path) -> None:
    draft, found = checked(tmp_path / "a", wide("{item}").replace("Kod;", "Kod;Grupp;").replace("AB01;", "AB01;A;")
                           .replace("AB02;", "AB02;A;").replace("AB03;", "AB03;A;"), "fore.csv")  # fmt: skip
    assert "B (Grupp)" in draft
    assert scores(found, "baseline") == BEFORE
    nameless = (
        wide("{item}").replace("Kod;", "Grupp;").replace("AB01;", "A;").replace("AB02;", "A;").replace("AB03;", "A;")
    )
    on = {"# anonymous": "anonymous", "# [mapping.enkat.rows]": "[mapping.enkat.rows]",
          '# match = { heading = "Grupp" }\n# column = "group"': 'match = { heading = "Grupp" }\ncolumn = "group"',
          "anonymous = true\n# [[mapping": "anonymous = true\n[[mapping"}  # fmt: skip
    _, found = checked(tmp_path / "b", nameless, "fore.csv", on)
    assert len(found.responses) == 12
    assert found.responses["person"].nunique() == 3


def test_nobodys_words_get_into_a_draft_of_a_wide_file(tmp_path: Path) -> None:
    draft = drafted(written(tmp_path, wide("{item}_t1", "{item}_t2") + "\nKANARIE;1;1;1;1;1;1;1;1"))
    assert "KANARIE" not in draft
