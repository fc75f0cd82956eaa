"""A register of many groups: the same figures as group by group, however it is parted, and every bad row counted."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytest.importorskip("pyarrow", reason="a register needs the extra `register` (pyarrow)")

import pyarrow.parquet as pq
from conftest import ROOT
from make_register import ITEMS, PLANTED, REVERSED, SCALES, WAVES, make_register

from evaltools.blocks import Text
from evaltools.cli import main
from evaltools.errors import DisclosureError, FolderError, ReportError
from evaltools.register import page
from evaltools.register.cube import Cube
from evaltools.register.declaration import read_register
from evaltools.register.executors import evaluate_part
from evaltools.register.finished import finished_file
from evaltools.register.partial import Partial, evaluate_partition, merged
from evaltools.register.parts import frames, parts_of
from evaltools.register.review import Run, write_register_review
from evaltools.register.summary import Summary, read_summary
from evaltools.statistics.pooling import random_effects

GROUPS = 60
SERIAL = Run()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small register, cut into many row groups, so that groups lie on both sides of cuts."""
    path = tmp_path_factory.mktemp("register")
    table = pq.read_table(make_register(path, GROUPS))
    pq.write_table(table, path / "answers.parquet", row_group_size=1_000)
    return path


def evaluated(folder: Path, rows: int, name: str = "answers.parquet") -> Partial:
    register = read_register(folder, "en")
    parts = parts_of(folder / name, "en", rows)
    return merged([evaluate_partition(frames(part), register, part.name) for part in parts])


def assert_same(one: Partial, other: Partial) -> None:
    """Equal to the last digit."""
    pd.testing.assert_frame_equal(one.groups, other.groups, check_exact=True)
    assert (one.rows, one.missing, one.people) == (other.rows, other.missing, other.people)
    assert one.measured.tolist() == other.measured.tolist()
    assert [[np.asarray(part).tolist() for part in sums] for sums in one.items] == [
        [np.asarray(part).tolist() for part in sums] for sums in other.items
    ]
    assert one.courses == other.courses
    assert one.violations == other.violations


def clean(folder: Path) -> pd.DataFrame:
    """The rows that break no rule, found by plain pandas, with what breaks a rule named in ``rule``."""
    frame = pd.read_parquet(folder / "answers.parquet")
    frame = frame.astype(dict.fromkeys(("group", "person", "wave", "item"), "object"))
    frame["row"] = np.arange(1, len(frame) + 1)
    known = {f"{scale}{item + 1}" for scale in SCALES for item in range(ITEMS)}
    breaks = {
        "group_missing": frame["group"].isna(), "person_missing": frame["person"].isna(),
        "wave_unknown": ~frame["wave"].isin(WAVES), "item_unknown": ~frame["item"].isin(known),
        "answer_outside": frame["answer"].notna() & ~frame["answer"].between(1, 5),
    }  # fmt: skip
    frame["rule"] = ""
    for rule, rows in breaks.items():
        frame.loc[rows & (frame["rule"] == ""), "rule"] = rule
    twice = frame[frame["rule"] == ""].duplicated(["group", "person", "wave", "item"])
    frame.loc[twice[twice].index, "rule"] = "answer_twice"
    return frame


def test_every_group_has_the_figures_of_pandas_and_scipy(folder: Path) -> None:
    frame = clean(folder)
    frame = frame[frame["rule"] == ""].dropna(subset="answer")
    frame["scale"] = frame["item"].str.rstrip("0123456789")
    turned = frame["item"].str.extract(r"(\d+)$")[0].astype(int).sub(1).isin(REVERSED)
    frame["answer"] = frame["answer"].where(~turned, 6 - frame["answer"])
    scored = frame.groupby(["group", "scale", "person", "wave"])["answer"].agg(["mean", "size"])
    wide = scored["mean"].where(scored["size"] >= 8).unstack("wave")
    pairs = wide[["start", "end"]].dropna()
    found = evaluated(folder, 3_000).groups.set_index(["group", "scale"])
    assert len(found) == GROUPS * len(SCALES)
    for key, own in pairs.groupby(level=["group", "scale"]):
        change = (own["end"] - own["start"]).to_numpy()
        ours = found.loc[key]
        interval = stats.ttest_rel(own["end"], own["start"]).confidence_interval()
        assert ours["n"] == len(own)
        expected = [
            own["start"].mean(),
            own["end"].mean(),
            change.mean(),
            interval.low,
            interval.high,
            change.std(ddof=1),
        ]
        names = ["mean_before", "mean_after", "change", "low", "high", "sd_change"]
        assert ours[names].astype(float).tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)
        if key[0] > "g0000009":  # the program that checks takes its time
            continue
        flipped = stats.permutation_test((change.round(9),), np.mean, permutation_type="samples", n_resamples=np.inf)
        assert ours["p_sign_flip"] == pytest.approx(flipped.pvalue, abs=1e-12)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_parts_make_no_difference(folder: Path, parts: int) -> None:
    whole = evaluated(folder, 10**9)
    rows = -(-whole.rows // parts)
    assert len(parts_of(folder / "answers.parquet", "en", rows)) == parts
    assert_same(evaluated(folder, rows), whole)


def test_every_bad_row_is_counted_and_named_by_its_place(folder: Path) -> None:
    frame, truth = clean(folder), json.loads((folder / "truth.json").read_text("utf-8"))
    found = evaluated(folder, 5_000)
    assert found.violations.counts == {rule: truth[rule] for rule in PLANTED}
    assert (found.rows, found.missing) == (truth["rows"], truth["missing"])
    for rule in PLANTED:
        expected = frame.loc[frame["rule"] == rule, "row"].tolist()
        assert found.violations.rows[rule] == tuple(("answers.parquet", row) for row in expected)


def test_the_order_of_rows_and_the_kind_of_file_make_no_difference(folder: Path, tmp_path: Path) -> None:
    whole = evaluated(folder, 10**9)
    for csv in (True, False):
        make_register(tmp_path, GROUPS, csv=csv, shuffled=not csv)
        name = "answers.csv" if csv else "answers.parquet"
        other = evaluated(tmp_path, 5_000, name)
        pd.testing.assert_frame_equal(other.groups, whole.groups, check_exact=True)
        assert other.violations.counts == whole.violations.counts


def test_a_group_that_reaches_over_many_row_groups_stays_whole(tmp_path: Path) -> None:
    table = pq.read_table(make_register(tmp_path, 6))
    whole = evaluated(tmp_path, 10**9)
    pq.write_table(table, tmp_path / "answers.parquet", row_group_size=100)
    parts = parts_of(tmp_path / "answers.parquet", "en", 100)
    assert len(parts) >= 6
    assert any(len(part.more) > 1 for part in parts)
    assert_same(evaluated(tmp_path, 100), whole)
    assert_same_review(reviewed(tmp_path, tmp_path / "a", Run(rows=100)), reviewed(tmp_path, tmp_path / "b"))


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_of_several_answers_to_a_question_the_first_counts(folder: Path, pieces: int) -> None:
    """Also where they stand in different pieces, and where the rows between are many."""
    register, many = read_register(folder, "en"), 600
    rows = [("g", f"p{at}", "start", "calm1", 2) for at in range(many)]
    rows += [("g", "p0", "start", "calm1", 5), ("g", "p7", "start", "calm1", 5), ("g", "p0", "half", "calm1", 4),
             ("g", "p0", "half", "calm1", 1), ("g", "p7", "start", "calm1", 4)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group", "person", "wave", "item", "answer"])
    cube = Cube(register, "f")
    for start in range(pieces):
        cube.add(frame.iloc[start * len(frame) // pieces : (start + 1) * len(frame) // pieces])
    people = cube.people()
    stored = dict(zip(people.codes, people.answers[:, :2, 0].tolist(), strict=True))
    assert (stored["p0"], stored["p7"], stored["p8"]) == ([2, 4], [2, 0], [2, 0])
    assert cube.violations.rows == {"answer_twice": tuple(("f", row) for row in (601, 602, 604, 605))}


@pytest.mark.parametrize("order", ["sorted", "mixed"])
def test_the_same_code_in_every_group_is_somebody_else_in_each(folder: Path, order: str) -> None:
    """Persons numbered anew in every group have the answers that they have under codes of their own."""
    register = read_register(folder, "en")
    frame = clean(folder).query("rule == '' and group < 'g0000009'")
    if order == "mixed":
        frame = frame.sample(frac=1, random_state=1)
    number = frame.groupby("group")["person"].rank("dense").astype(int).astype(str)
    own, shared = Cube(register, "f"), Cube(register, "f")
    for start in range(0, len(frame), 700):
        piece = slice(start, start + 700)
        own.add(frame.iloc[piece])
        shared.add(frame.assign(person=number).iloc[piece])
    assert shared.people().groups.tolist() == own.people().groups.tolist()
    assert sorted(set(shared.people().codes)) == list("123456")
    assert np.array_equal(shared.people().answers, own.people().answers)
    assert (shared.violations.total, own.violations.total) == (0, 0)


def test_columns_of_other_types_are_read_as_the_same_words_and_numbers(folder: Path, tmp_path: Path) -> None:
    """As pandas writes them: plain texts, codes that are numbers, answers with decimals where some are missing."""
    make_register(tmp_path, GROUPS)
    frame = pd.read_parquet(folder / "answers.parquet")
    for name in ("group", "person"):
        frame[name] = pd.to_numeric(frame[name].astype(object).str.lstrip("gp")).astype("Int64") + 10**9
    frame = frame.assign(
        wave=frame["wave"].astype(str), item=frame["item"].astype(str), answer=frame["answer"].astype(float)
    )
    frame.to_parquet(tmp_path / "answers.parquet", row_group_size=1_000)
    whole, other = evaluated(folder, 10**9), evaluated(tmp_path, 5_000)
    figures = [name for name in whole.groups.columns if name != "group"]
    pd.testing.assert_frame_equal(other.groups[figures], whole.groups[figures], check_exact=True)
    assert other.violations.rows == whole.violations.rows


def test_a_register_is_the_same_register_from_the_same_seed(folder: Path, tmp_path: Path) -> None:
    again = pq.read_table(make_register(tmp_path, GROUPS))
    assert again.equals(pq.read_table(folder / "answers.parquet"))
    other = pq.read_table(make_register(tmp_path, GROUPS, seed=2))
    assert not again.equals(other)


# --- the whole review


def reviewed(source: Path, out: Path, run: Run = SERIAL, **told: Any) -> tuple[Summary, dict[str, bytes], pd.DataFrame]:
    """The summary, the files of figures, and the table of groups; the page is made once, in a test of its own.

    It is made of a copy of the register, of which nothing has been told.
    """
    fresh = out / "of"
    if not fresh.exists():
        shutil.copytree(source, fresh, ignore=shutil.ignore_patterns("ledger*", "of", "made-up"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaltools.register.review.run_walled", lambda *_: ())
        patch.setenv("EVALTOOLS_KEY_FILE", str(out / "key"))
        summary, paths = write_register_review([fresh], ["en"], out, (), run, **told)
    assert not (out / "made-up" / "confidential" / "parts").exists()
    table = pd.read_parquet(out / "made-up" / "confidential" / "groups.parquet")
    return summary, {path.name: path.read_bytes() for path in paths if path.name != "groups.parquet"}, table


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, dict[str, bytes], pd.DataFrame]:
    return reviewed(folder, tmp_path_factory.mktemp("whole"), Run(rows=10**9))


def assert_same_review(one: Any, other: Any) -> None:
    assert one[1] == other[1]
    pd.testing.assert_frame_equal(one[2], other[2], check_exact=True)


@pytest.mark.parametrize(
    "run", [Run(rows=20_000), Run(rows=6_000), Run(jobs=2, rows=6_000)], ids=["2", "7", "processes"]
)
def test_a_review_is_the_same_however_it_is_parted_and_wherever_it_is_worked_out(
    folder: Path, tmp_path: Path, whole: Any, run: Run
) -> None:
    assert_same_review(reviewed(folder, tmp_path, run), whole)


def test_workers_of_dask_give_the_same_review(folder: Path, tmp_path: Path, whole: Any) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (extra `dask`)")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        run = Run(dask=cluster.scheduler_address, rows=6_000)
        assert_same_review(reviewed(folder, tmp_path, run), whole)


def test_the_pooled_figures_are_those_of_the_groups_own(folder: Path, whole: Any) -> None:
    """By metafor's formulas as the pooling functions have them, over figures that pandas works out."""
    summary, _, table = whole
    for outcome in summary.document["outcomes"]:
        own = table[(table["scale"] == outcome["scale"]) & table["change"].notna()]
        assert (outcome["groups"], outcome["with_change"]) == (len(own), own["n"].sum())
        df = own["n"] - 1
        spread = np.sqrt((df * own["sd_change"] ** 2).sum() / df.sum())
        assert outcome["spread"] == pytest.approx(spread, abs=1e-4)
        found = random_effects(own["change"].to_numpy(), spread**2 / own["n"].to_numpy())
        assert outcome["mean"] == pytest.approx([float(found.value), float(found.low), float(found.high)], abs=1e-4)


def test_alpha_over_all_parts_is_that_of_everybody(folder: Path, whole: Any) -> None:
    frame = clean(folder)
    frame = frame[(frame["rule"] == "") & (frame["wave"] == "start")].dropna(subset="answer")
    for outcome in whole[0].document["outcomes"]:
        own = frame[frame["item"].str.startswith(outcome["scale"])]
        wide = own.pivot(index=["group", "person"], columns="item", values="answer").astype(float).dropna()
        turned = [f"{outcome['scale']}{item + 1}" for item in REVERSED]
        wide[turned] = 6 - wide[turned]
        k = wide.shape[1]
        alpha = k / (k - 1) * (1 - wide.var().sum() / wide.sum(axis=1).var())
        assert (outcome["alpha"][0], outcome["alpha"][3]) == (pytest.approx(alpha, abs=1e-4), len(wide))


def test_a_run_that_was_broken_off_goes_on_where_it_was(folder: Path, tmp_path: Path, whole: Any) -> None:
    class Broken(Exception):
        pass

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise Broken

    with pytest.raises(Broken):
        reviewed(folder, tmp_path, Run(rows=6_000), step=stop)
    assert len(list((tmp_path / "made-up" / "confidential" / "parts").glob("*.parquet"))) == 3
    steps: list[tuple[int, int]] = []
    assert_same_review(reviewed(folder, tmp_path, Run(rows=6_000), step=lambda *at: steps.append(at)), whole)
    assert steps[0] == (3, 7)


def test_finished_parts_of_other_rows_or_another_declaration_are_not_used(folder: Path, tmp_path: Path) -> None:
    register, other = (read_register(folder, "en"), tmp_path / "other")
    part = parts_of(folder / "answers.parquet", "en")[0]
    declared = (folder / "register.toml").read_text("utf-8").replace('["start", "end"]', '["start", "half"]')
    make_register(other, 3, seed=2)
    (other / "register.toml").write_text(declared, "utf-8")
    names = {
        finished_file(tmp_path, part, register),
        finished_file(tmp_path, part, read_register(other, "en")),
        finished_file(tmp_path, parts_of(other / "answers.parquet", "en")[0], register),
    }
    assert len(names) == 3


def test_a_bad_file_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    make_register(tmp_path, 12)
    good = (tmp_path / "answers.parquet").rename(tmp_path / "b.parquet")
    (tmp_path / "a.csv").write_text("group,person,wave,item\ng,p,start,calm1\n", "utf-8")
    (tmp_path / "c.parquet").write_bytes(good.read_bytes()[:-50])
    (tmp_path / "d.parquet").write_bytes(good.read_bytes())
    told: dict[str, str] = {}
    summary, _, _ = reviewed(
        tmp_path, tmp_path / "out", refused=lambda file, error: told.update({file.name: str(error)})
    )
    assert {name: text[:6] for name, text in told.items()} == {
        "a.csv": "EV-538",
        "c.parquet": "EV-539",
        "d.parquet": "EV-542",
    }
    assert summary.document["unread"] == ["a.csv", "c.parquet", "d.parquet"]
    assert summary.document["groups"] == 12


def test_a_scale_of_too_few_groups_is_told_without_figures(tmp_path: Path) -> None:
    make_register(tmp_path, 2)
    summary, _, _ = reviewed(tmp_path, tmp_path / "out")
    assert all("mean" not in outcome and "funnel" not in outcome for outcome in summary.document["outcomes"])
    told = "\n".join(paragraph for block in page.overview(summary, "en").blocks if isinstance(block, Text)
                     for paragraph in block.paragraphs)  # fmt: skip
    assert "fewer than three groups" in told


def test_person_codes_that_are_no_codes_are_refused(tmp_path: Path) -> None:
    make_register(tmp_path, 1)
    (tmp_path / "answers.csv").write_text("group,person,wave,item,answer\ng,19811218-9876,start,calm1,3\n", "utf-8")
    with pytest.raises(ReportError) as refused:
        parts_of(tmp_path / "answers.csv", "en")
    assert "personnummer" in str(refused.value)
    assert "9876" not in str(refused.value)


def test_messages_and_delivered_files_hold_no_code_and_no_answer(folder: Path, whole: Any) -> None:
    for name, content in whole[1].items():
        assert re.search(rb"g0000\d\d\d|p000000\d\d", content) is None, name


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("waves = []", "EV-533"),
        ('waves = ["start"]', "EV-534"),
        ('compare = ["start", "never"]', "EV-534"),
        ('instruments = ["no_such"]', "EV-535"),
        ("wavs = 1", "EV-532"),
        ("schema = 2", "EV-533"),
        ("= 3", "EV-531"),
    ],
)
def test_a_declaration_that_is_not_right_is_told(folder: Path, tmp_path: Path, line: str, problem: str) -> None:
    make_register(tmp_path, 3)
    path = tmp_path / "register.toml"
    name = line.partition(" =")[0]
    kept = [own for own in path.read_text("utf-8").splitlines() if not own.startswith(f"{name} =")]
    path.write_text("\n".join([line, *kept]), "utf-8")
    with pytest.raises(FolderError, match=problem):
        read_register(tmp_path, "en")


def test_words_numbers_and_blanks_of_a_csv_are_read_as_what_they_are(tmp_path: Path) -> None:
    make_register(tmp_path, 1)
    rows = ["group;person;wave;item;answer", "g;1;start;calm1;4", "g;1;start;calm2;", "g;1;start;calm3;4.0",
            "g;1;start;calm4;four", "g;1;start;calm5;4,5", "g;1;start;calm6;300", "h;1;start;calm1;2"]  # fmt: skip
    (tmp_path / "t.csv").write_text("\ufeff" + "\r\n".join(rows) + "\r\n", "utf-8")
    found = evaluated(tmp_path, 10, "t.csv")
    assert (found.rows, found.missing, found.people) == (7, 1, 2)
    assert found.violations.rows == {
        "answer_not_whole": (("t.csv", 4), ("t.csv", 5)),
        "answer_outside": (("t.csv", 6),),
    }


def test_rows_of_a_csv_that_have_too_many_columns_are_counted_and_later_rows_keep_their_numbers(tmp_path: Path) -> None:
    make_register(tmp_path, 1)
    rows = ["group,person,wave,item,answer", "g,1,start,calm1,4", "g,1,start,calm2,4,5", "g,1,start",
            "g,1,start,calm3,9", "g,1,start,calm4,2"]  # fmt: skip
    (tmp_path / "t.csv").write_text("\n".join(rows), "utf-8")
    (part,) = parts_of(tmp_path / "t.csv", "en")
    found = evaluate_part(part, read_register(tmp_path, "en"))
    assert isinstance(found, Partial)
    assert (found.rows, found.people) == (5, 1)
    assert found.violations.rows == {"answer_outside": (("t.csv", 4),), "row_broken": (("t.csv", 2), ("t.csv", 3))}


def test_the_page_of_the_documentation_declares_a_register_that_is_right(tmp_path: Path) -> None:
    page_text = (ROOT / "docs" / "register.md").read_text("utf-8")
    (declared,) = re.findall(r"```toml\n(.*?)```", page_text, re.DOTALL)
    (tmp_path / "register.toml").write_text(declared, "utf-8")
    assert read_register(tmp_path, "en").compare == ("start", "end")


def test_the_command_makes_a_page_and_says_what_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    path = make_register(tmp_path / "in", 30)
    assert main(["review", str(path), "--out", str(tmp_path), "--lang", "en", "--format", "html"]) == 0
    told = capsys.readouterr().out
    assert "30 groups" in told
    assert "18 are left out" in told
    shown = (tmp_path / "made-up" / "register.html").read_text("utf-8")
    assert "In 30 groups" in shown
    assert "prediction interval" in shown
    for folder, option, told in (
        (str(path), ("--by", "sector"), "in these columns: sector"),
        (str(tmp_path), ("--dask", "tcp://127.0.0.1:1"), "--dask does not apply"),
    ):
        assert main(["review", folder, *option, "--out", str(tmp_path), "--lang", "en"]) == 1
        assert told in capsys.readouterr().err


def test_a_summary_that_was_edited_is_refused(tmp_path: Path, whole: Any) -> None:
    path = tmp_path / "register.json"
    path.write_bytes(whole[0].content)
    assert read_summary(path) == whole[0]
    path.write_bytes(whole[0].content.replace(b'"people": 360', b'"people": 361'))
    with pytest.raises(DisclosureError, match="EV-547"):
        read_summary(path)


def test_nobody_at_an_address_of_dask_is_told(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (extra `dask`)")
    with pytest.raises(ReportError, match="EV-546"):
        reviewed(folder, tmp_path, Run(dask="nowhere"))
