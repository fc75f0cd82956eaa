"""The participants' page and a person's own page: what they say is true, and they say nothing of anybody else."""

from __future__ import annotations

import html
import itertools
import os
import re
import tomllib
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from evaluations import group_of, write_folder
from folders import small
from logs import followed

from evaltools.blocks import Table
from evaltools.cli import main
from evaltools.errors import FolderError, ReportError
from evaltools.instruments import Reference, Scale, shipped_instruments
from evaltools.page import Page
from evaltools.participants import SIZES, participants_page
from evaltools.person import person_page, write_person_page
from evaltools.policy import policies, shown_mean
from evaltools.reports import write_reports
from evaltools.web_page import web_page

SCALE = shipped_instruments()["toolkit_competence"].scales[0]


def scale_of(low: int, high: int, items: int) -> Scale:
    names = tuple(f"q{at}" for at in range(items))
    return replace(SCALE, items=names, low=low, high=high, item_count=items, step=1 / items, min_answered=items)


def visible(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", text, flags=re.S))).split())


def rows(scale: Scale, policy: str, language: str = "en", smallest: int = 0) -> list[str]:
    blocks = participants_page(policies()[policy], [scale], {scale.id: smallest}, language)
    (table,) = (block for block in blocks if isinstance(block, Table))
    return [row[1] for row in table.rows]


@pytest.mark.parametrize("policy", ["standard", "strict"])
@pytest.mark.parametrize(("low", "high", "items"), [(1, 5, 5), (1, 7, 3), (0, 10, 1), (1, 4, 2), (1, 6, 4)])
def test_every_figure_that_a_report_can_print_is_told_on_the_page(policy: str, low: int, high: int, items: int) -> None:
    """Each group mean that can occur is printed by the rule, and looked up in what the page says."""
    scale = scale_of(low, high, items)
    told = rows(scale, policy)
    assert len(told) == len(SIZES)
    assert told[0].startswith("Nothing")
    for n, sentence in zip(SIZES[1:], told[1:], strict=True):
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", sentence.replace("one decimal", ""))]
        for total in range((high - low) * n * items + 1):
            shown = shown_mean(low + total / (n * items), n, scale, policies()[policy])
            if shown.kind == "value":
                assert numbers[0] <= float(shown.low) <= numbers[1]
            else:
                assert {float(shown.low), float(shown.high)} - {float(low), float(high)} <= set(numbers)


def test_a_contract_that_asks_for_more_people_is_told() -> None:
    assert [sentence.startswith("Nothing") for sentence in rows(SCALE, "standard", smallest=8)] == [True, True, False]


def test_questionnaires_of_which_the_same_is_shown_share_a_table() -> None:
    labels = [{"sv": name} for name in ("Stöd", "Tillit", "Läge")]
    scales = [
        replace(scale, label=label) for scale, label in zip((SCALE, SCALE, scale_of(0, 10, 1)), labels, strict=True)
    ]
    blocks = participants_page(policies()["standard"], scales, {}, "sv")
    captions = [block.caption for block in blocks if isinstance(block, Table)]
    assert captions == ["Stöd och Tillit (från 1 till 7)", "Läge (från 0 till 10)"]


def test_the_shares_of_groups_that_usual_tables_give_away_are_right() -> None:
    """Every ordered set of answers is counted: those whose rounded mean and SD no other set of answers shares."""
    told = tomllib.loads((ROOT / "src" / "evaltools" / "attacks.toml").read_text("utf-8"))
    chances = np.array(told["answers"])
    for entry in told["usual"]:
        answers = np.array(list(itertools.product(range(1, 6), repeat=entry["people"])))
        weights = chances[answers - 1].prod(axis=1)
        means, spreads = answers.mean(axis=1).round(1), answers.std(axis=1, ddof=1).round(1)
        fit: dict[tuple[float, float], set[bytes]] = defaultdict(set)
        for mean, spread, one in zip(means, spreads, np.sort(answers, axis=1), strict=True):
            fit[mean, spread].add(one.tobytes())
        alone = [len(fit[mean, spread]) == 1 for mean, spread in zip(means, spreads, strict=True)]
        assert weights[alone].sum() == pytest.approx(entry["pinned"], abs=5e-3), entry["people"]


@pytest.mark.parametrize(("language", "question"), [("sv", "Kan min chef se"), ("en", "Can my manager see")])
def test_the_page_lies_beside_the_report_and_says_what_it_cannot_promise(
    tmp_path: Path, language: str, question: str
) -> None:
    folder = write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    paths = {path.name: path for path in write_reports(folder, [language], tmp_path / "out")}
    told = visible(paths["participants.html"].read_text("utf-8"))
    assert paths["participants.html"].parent == paths["commissioner.html"].parent
    assert question in told
    for word in {"sv": ("Handledaren", "alla andra", "allmän handling"),
                 "en": ("supervisor", "everyone else", "public document")}[language]:  # fmt: skip
        assert word in told


def test_the_page_does_not_depend_on_the_answers(tmp_path: Path) -> None:
    pages = []
    for name, people in (("1", group_of(6, [1, 1, 1], [5, 5, 5])), ("2", group_of(4, [3, 4, 3], [2, 2, 2]))):
        paths = write_reports(write_folder(tmp_path / name, {"a": people}), [], tmp_path / f"out{name}")
        pages += [path.read_bytes() for path in paths if path.name == "participants.html"]
    assert len(pages) == 2
    assert pages[0] == pages[1]


# --- a person's own page


def test_a_persons_page_holds_their_scores_and_nobody_elses(tmp_path: Path) -> None:
    people = {"anna": [[1, 2, 3], [4, 4, 5]], "bo": [[5, 5, 5], [5, 5, 4]], "cia": [[3, 3, 3], [2, 2, 2]]}
    folder = write_folder(tmp_path / "e", {"a": people})
    told = visible(person_page(folder, "anna", "en"))
    scores = re.findall(r"\d\.\d\d", told)
    assert scores[:2] == ["2.00", "4.33"]
    assert "went from 2.00 to 4.33 (difference +2.33)" in told
    assert not {"5.00", "4.67", "3.00"} & set(scores)
    assert "anna" not in told


def test_the_page_tells_change_against_measurement_error_where_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SD 7.5 and reliability .80 the smallest detectable change is 9.3 (Jacobson and Truax 1991: SEM 3.35)."""
    from evaltools import person
    from evaltools.wording import words

    known = replace(SCALE, references=(Reference(7.5, 0.80, "retest", "", "norm group", "Author (1990)"),))
    larger, smaller = (
        (" ".join(person._change(scores, known, words("en")))) for scores in ([47.5, 32.5], [47.5, 40.0])
    )
    assert "off by about 3.35 points" in larger
    assert "more than 9.30 points" in larger
    assert "is larger than that" in larger
    assert "is smaller than that" in smaller
    assert "Author (1990)" in larger
    assert "is not known" in " ".join(person._change([1.0, 2.0], replace(SCALE, references=()), words("en")))
    assert person._change([1.0], known, words("en")) == (
        "You have one score only, so nothing can be said about change.",
    )


def test_a_code_is_read_as_everywhere_else(tmp_path: Path) -> None:
    folder = small(tmp_path / "e", more='\n[codes]\n"ab1" = "AB01"\n')
    assert visible(person_page(folder, " AB01 ")) == visible(person_page(folder, "ab1"))
    for unknown in ("ab01", "7", "AB0", "", "KANARIE"):
        with pytest.raises(ReportError) as told:
            person_page(folder, unknown, "en")
        assert "EV-358" in str(told.value)
        assert "KANARIE" not in str(told.value)


def test_a_person_without_enough_answers_is_told_so(tmp_path: Path) -> None:
    told = visible(
        person_page(small(tmp_path / "e", {"pre.csv": "Code;Q1;Q2;Q3;Q4\nAB01;;;;2\nAB02;3;3;2;3\n"}), "AB01")
    )
    assert "too few answers for a score" in told
    assert "one score only" in told


def test_a_persons_page_leaves_no_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "e", {"a": {"kanarie": [[1, 2, 3], [4, 4, 5]], "bo": [[5, 5, 5], [5, 5, 4]]}})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    out = tmp_path / "page.html"
    assert main(["person", str(folder), "kanarie", "--out", str(out), "--lang", "en"]) == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    shown = capsys.readouterr()
    assert "kanarie" not in shown.out + shown.err
    assert "kanarie" not in out.read_text("utf-8")
    if os.name == "posix":
        assert out.stat().st_mode & 0o077 == 0
    assert main(["person", str(folder), "kanarie", "--out", str(out)]) == 1, "nothing is written over"
    assert main(["person", str(folder), "nobody", "--out", str(tmp_path / "none.html")]) == 1
    assert not (tmp_path / "none.html").exists()


def test_a_persons_page_is_not_put_where_others_look(tmp_path: Path) -> None:
    folder = small(tmp_path / "e")
    (tmp_path / "given out").mkdir()
    (tmp_path / "given out" / "release.json").write_text("{}")
    (tmp_path / "Reports" / "x").mkdir(parents=True)
    for place in (folder / "p.html", tmp_path / "given out" / "p.html", tmp_path / "Reports" / "x" / "p.html",
                  tmp_path / "e" / ".." / "e" / "p.html"):  # fmt: skip
        with pytest.raises(ReportError, match="EV-359"):
            write_person_page("page", place, folder)
    with pytest.raises(ReportError, match="EV-360"):
        write_person_page("page", tmp_path / "no folder" / "p.html", folder)


def test_of_a_folder_that_is_not_in_order_no_page_is_made(tmp_path: Path) -> None:
    with pytest.raises(FolderError):
        person_page(small(tmp_path / "e", {"pre.csv": "Code;Q1\nAB01;99\n"}), "AB01")


def test_pages_are_escaped() -> None:
    scale = replace(SCALE, label={"sv": "<script>alert(1)</script>"})
    blocks = participants_page(policies()["standard"], [scale], {}, "sv")
    assert "<script" not in web_page(Page(blocks, "sv", date(2026, 1, 31)))


def test_a_person_reads_their_own_ratings_after_every_session_and_their_trend(tmp_path: Path) -> None:
    followed(tmp_path / "a", [2, 3, 4, 5, 6, 7, 8])  # of six people, one a point above the others and one below
    told = visible(person_page(tmp_path / "a", "p3", "en"))
    assert "After the sessions" in told
    assert "Learning: your trend is +1.00 points per session (+1.00 to +1.00; 7 sessions)." in told
    assert {f"{rating}.00" for rating in range(2, 9)} <= set(re.findall(r"\d\.\d\d", told))
    assert "9.00" not in told  # the highest rating of the person above


def test_of_few_sessions_there_is_no_trend(tmp_path: Path) -> None:
    followed(tmp_path / "a", [2, 3, 4, 5, 6])
    told = visible(person_page(tmp_path / "a", "p3", "en"))
    assert "your trend is" not in told
    assert "at least 6 sessions" in told


def test_a_persons_measurements_after_the_start_are_held_against_those_before(tmp_path: Path) -> None:
    """Three before and three after, all six different: 9 pairs, of which the later is higher in 8."""
    people = {"anna": [[1, 1], [3, 3], [2, 2], [4, 4], [5, 5], [2, 3]], "bo": [[3, 3]] * 6}
    folder = write_folder(tmp_path / "e", {"a": people})
    settings, text = folder / "evaluation.toml", (folder / "evaluation.toml").read_text("utf-8")
    for at, day in enumerate(("2024-06-01", "2024-07-01", "2024-08-01", "2024-10-01", "2024-11-01", "2024-12-01")):
        text = text.replace(f'id = "w{at}"', f'id = "w{at}"\nactual = {day}')
    settings.write_text(text, "utf-8")
    told = visible(person_page(folder, "anna", "en"))
    assert "higher in 89% of the comparisons" in told
    assert "Your trend is +0.50 points per measurement" in told  # scipy.stats.theilslopes([1, 3, 2, 4, 5, 2.5])
