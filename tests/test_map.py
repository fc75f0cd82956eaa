"""``evaltools map``: a draft that is right where everything is exact, says so where it is not, and tells on nobody."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, SHARED, shared
from made_exports import ANSWERS, CODES, FREE, INSTRUMENT, LABELS, MADE, TEXTS, csv_text, made, words
from made_files import as_csv, as_ods, as_sav, as_xls, as_xlsx

from evaltools.answer_table import Declared
from evaltools.canonical import MISSING_REASONS
from evaltools.cli import main
from evaltools.column_labels import column_labels
from evaltools.draft_mapping import draft_mapping
from evaltools.draft_scales import UNKNOWN
from evaltools.errors import FolderError, Problems
from evaltools.exports.answer_scales import answer_scale_labels
from evaltools.exports.grid import Grid, read_grid
from evaltools.exports.mapping import read_mapping
from evaltools.exports.signatures import recognise
from evaltools.folder import read_evaluation
from evaltools.language import languages
from evaltools.map_text import map_text

REAL = sorted(
    path.relative_to(SHARED / "exports").as_posix()
    for path in (SHARED / "exports").rglob("*")
    if path.is_file() and path.suffix != ".md"
)
SETTINGS = """schema = 1
id = "made"
language = "sv"
report_date = 2027-02-01
[contract]
commissioner = "Beställaren"
purpose = "Syftet"
start = 2027-02-01
[[groups]]
id = "A"
label = "Grupp A"
[[waves]]
id = "baseline"
label = "Före start"
actual = 2027-01-20
[[files]]
path = "people.csv"
table = "people"
"""


def drafted(path: Path, language: str = "sv", **declared: Any) -> str:
    return map_text(draft_mapping(path, Declared(**declared), language), language)


def written(folder: Path, content: bytes | str, name: str = "svar.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["map", *arguments])
    out, error = capsys.readouterr()
    return code, out, error


def refused(path: Path, **declared: Any) -> str:
    with pytest.raises(FolderError) as error:
        draft_mapping(path, Declared(**declared), "en")
    return str(error.value)


def meant(draft: str) -> dict[str, Any]:
    """What the rules of a draft give a meaning: item or column by how it is found."""
    mapping = next(iter(tomllib.loads(draft)["mapping"].values()))
    rules = mapping.get("columns", [])
    return {rule.get("item") or rule["column"]: next(iter(rule["match"].items())) for rule in rules}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("language", languages())
def test_every_question_of_ours_is_found_in_every_tools_export(name: str, language: str, tmp_path: Path) -> None:
    draft = drafted(made(tmp_path, name), language)
    assert {"js1", "js2", "js3", "js4", "person"} <= set(meant(draft))
    for entry in [*FREE, *CODES]:
        assert entry not in draft


def filled_in(draft: str) -> str:
    """The draft as a person completes it: the codes A1 to A5 of LimeSurvey have their numbers."""
    return re.sub(r'"A(\d)" = "\?"', r'"A\1" = \1', draft)


def in_every_form(name: str) -> dict[str, bytes]:
    """An export as it is and, where it is a table of one heading row, as workbooks and as a file of SPSS."""
    if name != "kobo_fore.csv":
        return {name: MADE[name]()}
    told = list(csv.reader(io.StringIO(MADE[name]().decode())))
    short = [[f"{head.partition('/')[2] or head}".lstrip("_") for head in told[0]], *told[1:]]
    return {name: MADE[name](), "fore.xlsx": as_xlsx({"Svar": told}), "fore.ods": as_ods({"Svar": told}),
            "fore.xls": as_xls({"Svar": told}), "fore.sav": as_sav(short)}  # fmt: skip


FORMS = [(name, form) for name in MADE for form in in_every_form(name)]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_draft_pasted_into_a_folder_makes_the_answers_right(name: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    draft = filled_in(drafted(written(tmp_path / "exports", in_every_form(name)[form], form)))
    assert not re.search(r'^[^#\n]*"\?"', draft, re.MULTILINE)
    (tmp_path / "people.csv").write_bytes(csv_text([["person", "group"], *([code, "A"] for code in CODES)]))
    (tmp_path / "evaluation.toml").write_text(SETTINGS + draft, encoding="utf-8")
    found = read_evaluation(tmp_path)
    table = found.responses.pivot(index="person", columns="item", values="code")
    # Pseudonyms shuffle nobody: people stand in the order of their codes.
    assert [tuple(map(int, table.loc[person])) for person in found.people["person"]] == list(ANSWERS)


@pytest.mark.parametrize("name", MADE)
def test_a_draft_is_understood_by_the_reader_of_mappings(name: str, tmp_path: Path) -> None:
    problems = Problems()
    read_mapping("enkat", tomllib.loads(filled_in(drafted(made(tmp_path, name))))["mapping"]["enkat"], "a", problems)
    assert problems.found == []


def test_a_wave_is_proposed_from_the_files_name_and_the_folders_waves(tmp_path: Path) -> None:
    sample = SAMPLES / "hemtjanst"
    for name, wave in (("enkat_2024-09.csv", "baseline"), ("enkat_2026-09.csv", "follow_up")):
        draft = drafted(sample / "exports" / name, folder=sample)
        assert tomllib.loads(draft)["files"][0]["wave"] == wave
        assert len(meant(draft)) == 12
    for name, wave in (
        ("efter.csv", "end"),
        ("uppfoljning efter.csv", "follow_up"),
        ("svar.csv", "?"),
        ("T1.csv", "baseline"),
    ):
        path = written(tmp_path, MADE["google_fore.csv"](), name)
        assert tomllib.loads(drafted(path))["files"][0]["wave"] == wave


def test_events_are_matched_with_waves_and_no_other_value_is_told(tmp_path: Path) -> None:
    draft = tomllib.loads(drafted(made(tmp_path, "redcap.csv")))
    assert draft["mapping"]["enkat"]["waves"] == {"fore_arm_1": "baseline"}
    assert "wave" not in draft["files"][0]
    rows = [["kod", "mätning", "js1"], *([code, free, 4] for code, free in zip(CODES, FREE, strict=True))]
    draft_of_words = drafted(written(tmp_path, csv_text(rows)))
    assert not any(free in draft_of_words for free in FREE)


def test_a_question_that_is_nearly_the_same_is_only_proposed(tmp_path: Path) -> None:
    rows = [["Tidstämpel", "Din kod", "Jag trivs på mitt arbete"], ["2027-01-20 10:00:00", "AB12", LABELS[4]]]
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert "js1" not in meant(draft)
    assert re.search(r'^# item = "js1"$', draft, re.MULTILINE)


def test_the_same_question_twice_is_left_to_the_person(tmp_path: Path) -> None:
    rows = [["Din kod", TEXTS[0], f"{TEXTS[0]} "], ["AB12", LABELS[4], LABELS[3]], ["CD34", LABELS[1], LABELS[3]]]
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert "js1" not in meant(draft)
    assert draft.count('# item = "js1"') == 2


def test_a_built_in_scale_is_named_and_a_misspelling_is_told_by_what_it_is_near(tmp_path: Path) -> None:
    asked = ["kod", "Hur är stödet?", "Hur är lokalen?"]
    said = [("Instämmer inte alls", "Instämmer helt"), ("Instämmer delvis", "4 – Instämmer i hög grad")]
    said += [("5", "Vet ej"), ("Instämmer i låg grad", "Instämmer  helt.")]
    rows = [asked, *([code, *row] for code, row in zip(CODES, said, strict=False))]
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert draft.count('# scale = "agree5"') == 2
    rows[2][1] = "Instämer delvis"
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert "Instämer delvis" not in draft
    assert '"Instämmer delvis"' in draft


def test_a_misspelling_does_not_decide_between_scales_with_other_numbers(tmp_path: Path) -> None:
    said = ["Instämmer inte alls", "Instämmer delvis", "Instämer delvis", "Instämmer helt"]  # 4 is the top, or 5
    rows = [["kod", "Hur är stödet?"], *([code, it] for code, it in zip(CODES, said, strict=False))]
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert '# scale = "?"' in draft
    assert "agree5" in draft
    assert "agree4_partly" in draft
    sure = ["Lokalen?", "Instämmer delvis", "Instämmer i hög grad", "Instämmer helt", "Instämmer helt"]
    rows = [[*row, own] for row, own in zip(rows, sure, strict=True)]  # another column decides
    assert drafted(written(tmp_path, csv_text(rows))).count('# scale = "agree5"') == 2


def test_texts_in_one_column_or_of_one_person_are_never_told(tmp_path: Path) -> None:
    shared_by_all = ["Blå", "Röd", "Blå", "Röd", "Blå", "Grön"]
    rows = [["kod", "Fråga ett", "Fråga två", "Vem litar du på?", "Vem stör dig?"]]
    rows += [
        [code, shared_by_all[at], ["Röd", "Blå"][at % 2], FREE[at], f"Kanarie{at % 4}"] for at, code in enumerate(CODES)
    ]
    draft = drafted(written(tmp_path, csv_text(rows)))
    assert re.findall(r'^# "(\w+)" = "\?"$', draft, re.MULTILINE) == ["Blå", "Röd"]
    assert "Kanarie" not in draft
    assert "Grön" not in draft  # one person only


def test_one_person_answering_alike_in_many_columns_and_rows_is_not_told(tmp_path: Path) -> None:
    rows = [["kod", "a", "b", "c"]] + [["AB12", "Karin", "Karin", "Karin"]] * 3 + [["CD34", "x", "y", "z"]]
    assert "Karin" not in drafted(written(tmp_path, csv_text(rows)))


PRIVATE = {
    "Namn": ["Kanarie Fågel"] * 6, "E-post": ["kanarie@example.se"] * 6, "Mobil": ["070-123 45 67"] * 6,
    "Kommentar": ["Kanarie gråter"] * 6, "Personnummer": ["19811218-9876"] * 6,
}  # fmt: skip


@pytest.mark.parametrize("head", PRIVATE)
def test_personal_data_are_dropped_and_nothing_of_them_told(head: str, tmp_path: Path) -> None:
    rows = [
        ["kod", head, f"{head} igen", "js1"],
        *([code, it, it, 4] for code, it in zip(CODES, PRIVATE[head], strict=True)),
    ]
    path = written(tmp_path, csv_text(rows))
    draft = drafted(path)
    assert PRIVATE[head][0] not in draft
    if head != "Kommentar":
        assert head in tomllib.loads(draft)["mapping"]["enkat"]["privacy"]["drop"]
    with pytest.raises(FolderError) as error:
        column_labels(path, head, Declared(), "en")
    assert PRIVATE[head][0] not in str(error.value)


@pytest.mark.parametrize("name", REAL or [pytest.param("", marks=pytest.mark.skip("no real files beside us"))])
def test_every_real_file_is_drafted_or_refused_and_tells_no_ones_words(name: str) -> None:
    path = shared(f"exports/{name}")
    try:
        draft = draft_mapping(path, Declared(), "sv")
    except FolderError as error:
        assert "EV-" in str(error)
        return
    text = map_text(draft, "sv")
    tomllib.loads(text)
    grid = read_grid(path, name, Problems())
    if grid is None or path.suffix in (".json", ".xml"):
        return
    heads = " ".join(cell for row in grid.rows[: draft.recognition.header_rows] for cell in row)
    cells = {
        cell for row in grid.rows[draft.recognition.header_rows :] for cell in row if len(cell) > 12 or "@" in cell
    }
    options = {label for column in draft.columns if column.scale for label, _, _ in column.scale.labels}
    options |= {event for event, _ in draft.events}
    assert [cell for cell in cells - options if cell in text and cell not in heads] == []
    assert all(len(label) <= 60 for label in options)


def test_labels_are_listed_in_the_order_of_their_scale_or_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "google_fore.csv")
    assert column_labels(path, "c", Declared())[0] == (
        "Stämmer ganska dåligt",
        "Stämmer delvis",
        "Stämmer ganska bra",
        "Stämmer helt",
    )
    for wanted, key in (("G", "EV-251"), ("Din kod", "EV-248"), ("A", "EV-249"), ("ZZ", "EV-246")):
        with pytest.raises(FolderError, match=key):
            column_labels(path, wanted, Declared())
    rows = [["kod", "Färg"], *([code, ["Blå", "Röd"][at % 2]] for at, code in enumerate(CODES))]
    path = written(tmp_path, csv_text(rows))
    assert column_labels(path, "Färg", Declared()) == (("Blå", "Röd"), 0)


def test_the_draft_is_printed_or_written_and_never_over_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = made(tmp_path, "google_fore.csv"), tmp_path / "draft.toml"
    code, printed, error = told([str(path)], capsys)
    assert (code, error) == (0, "")
    assert told([str(path), "--out", str(out)], capsys)[0] == 0
    assert out.read_text("utf-8") == printed
    code, printed, error = told([str(path), "--out", str(out)], capsys)
    assert (code, printed) == (1, "")
    assert "EV-244" in error
    assert "EV-245" in told([str(path), "--out", str(tmp_path / "no" / "x.toml")], capsys)[2]
    code, printed, _ = told([str(path), "--labels", "C", "--lang", "en"], capsys)
    assert (code, len(printed.splitlines())) == (0, 5)


def test_files_without_answers_are_refused_with_a_sentence(tmp_path: Path) -> None:
    log = SAMPLES / "hemtjanst" / "handledningslogg.xlsx"
    assert "EV-242" in refused(log, sheet="Träffar")
    assert "EV-037" in refused(log, sheet="Finns inte")
    assert "EV-105" in refused(made(tmp_path, "kobo_fore.csv"), tool="nothing")
    assert "EV-030" in refused(tmp_path / "none.csv")
    assert "EV-030" in refused(made(tmp_path, "kobo_fore.csv"), structure=tmp_path / "none.lss")
    assert "EV-240" in refused(made(tmp_path, "kobo_fore.csv"), structure=made(tmp_path, "redcap.csv"))
    assert "EV-001" in refused(made(tmp_path, "kobo_fore.csv"), folder=tmp_path / "none")
    assert "EV-243" in refused(written(tmp_path, "person;wave;item;code\nAB12;baseline;js1;4\n"))


def test_the_built_in_scales_are_whole_and_the_lowest_number_is_first() -> None:
    for name, scale in answer_scale_labels().items():
        assert set(scale.missing.values()) <= set(MISSING_REASONS), name
        if name != "no_answer":
            low, high = scale.ends
            assert (low, set(scale.codes.values())) == (1, set(range(1, int(high) + 1))), name
            assert str(int(high)) in name
    assert set(answer_scale_labels()["no_answer"].missing.values()) == set(MISSING_REASONS)


def test_every_built_in_scale_can_be_declared_as_it_stands() -> None:
    from importlib.resources import files

    tables = tomllib.loads((files("evaltools.exports") / "answer_scales.toml").read_text("utf-8"))
    for name, spoken in tables.items():
        problems = Problems()
        read_mapping(
            "x", {"scales": {f"{name}_{language}": table for language, table in spoken.items()}}, "a", problems
        )
        assert problems.found == [], name


def test_numbers_get_no_scale_and_the_questionnaires_range_is_known(tmp_path: Path) -> None:
    rows = [["kod", "js1", "tc1"], *([code, row[0], row[1]] for code, row in zip(CODES, ANSWERS, strict=True))]
    mapping = tomllib.loads(drafted(written(tmp_path, csv_text(rows))))["mapping"]["enkat"]
    assert [rule.get("scale") for rule in mapping["columns"]] == [None, None, None]
    rows[1][1] = "Vet ej"
    mapping = tomllib.loads(drafted(written(tmp_path, csv_text(rows))))["mapping"]["enkat"]
    assert mapping["scales"][INSTRUMENT.id]["missing"] == {"Vet ej": "dont_know"}
    assert words((1,))[0] in mapping["scales"][INSTRUMENT.id]["labels"]


def test_the_code_is_found_beside_its_explanation_and_columns_share_the_scale_that_one_of_them_proves(
    tmp_path: Path,
) -> None:
    every = [
        "Instämmer inte alls",
        "Instämmer i låg grad",
        "Instämmer delvis",
        "Instämmer i hög grad",
        "Instämmer helt",
    ]
    rows = [["Din kod (två bokstäver, två siffror)", "Fråga ett", "Fråga två", "Hur nöjd är du?", "Vem är din chef?"]]
    rows += [
        [code, every[at % 5], every[3 * (at % 2)], ["Ganska nöjd", "Mycket nöjd"][at % 2], ["Karin", "Bo"][at % 2]]
        for at, code in enumerate(CODES)
    ]
    path = written(tmp_path, csv_text(rows))
    draft = drafted(path)
    assert meant(draft)["person"] == ("heading", rows[0][0])
    assert draft.count('# scale = "agree5"') == 2
    assert draft.count('# scale = "?"') == 1  # very satisfied is 4, 5 or 7
    assert "satisfaction5, satisfaction7" in draft
    with pytest.raises(FolderError, match="EV-251"):
        column_labels(path, "E", Declared())


def test_a_data_file_that_has_its_own_labels_needs_no_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {str(n): label for n, label in enumerate(LABELS, 1)} | {"-99": "Vet ej", "-98": "Annat"}
    rows = [("kod", "v1", "v2"), ("AB12", "-99", "4"), ("CD34", "3", "-98")]
    grid = Grid("fore.sav", "", tuple(rows), (1, 2, 3), "sav", labels={1: labels, 2: labels},
                user_missing=dict.fromkeys((1, 2), frozenset({"-99", "-98"})),
                questions={1: TEXTS[0], 2: TEXTS[1]})  # fmt: skip
    monkeypatch.setattr("evaltools.draft_mapping.read_answers", lambda *_: (grid, recognise(grid, "spss")))
    mapping = tomllib.loads(drafted(Path("fore.sav")))["mapping"]["enkat"]
    assert [rule.get("item") for rule in mapping["columns"]] == [None, "js1", "js2"]
    scale = next(iter(mapping["scales"].values()))
    assert scale["missing"] == {"-99": "dont_know", "-98": UNKNOWN}
    assert scale["labels"] == {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}


@pytest.mark.parametrize(
    ("times", "declared"),
    [
        (["1/20/2027 9:00:00", "1/3/2027 9:05:00"], ['timezone = "Europe/Stockholm"', 'date_order = "mdy"']),
        (["20/1/2027 9:00:00", "3/1/2027 9:05:00"], ['timezone = "Europe/Stockholm"', 'date_order = "dmy"']),
        (["3/1/2027 9:00:00"], ['timezone = "Europe/Stockholm"', '# date_order = "dmy"', '# date_order = "mdy"']),
        (["2027-01-20 09:00:00"], ['timezone = "Europe/Stockholm"']),
        (["2027/01/20 9:00:00 fm GMT+1"], []),
        (["", ""], []),
    ],
)
def test_a_draft_declares_the_zone_and_order_that_the_times_do_not_say(
    tmp_path: Path, times: list[str], declared: list[str]
) -> None:
    path = tmp_path / "fore.csv"
    rows = [["Tidstämpel", "Din kod", "js1. Jag trivs"], *([time, f"AB{at}", "4"] for at, time in enumerate(times))]
    path.write_bytes(as_csv(rows, ","))
    text = map_text(draft_mapping(path, Declared(), "sv"), "sv")
    found = [line for line in text.split("\n") if re.match(r"(# )?(timezone|date_order) = ", line)]
    assert found == declared
