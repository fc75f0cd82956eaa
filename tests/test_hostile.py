"""A hostile or careless file harms nobody: nothing is run, nothing gets into a page or workbook or fills the memory."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evaluations import group_of, write_folder
from folders import PRE, small, told
from made_files import as_ods, as_xlsx, edited

from evaltools.blocks import Figure
from evaltools.cli import main
from evaltools.errors import Problem
from evaltools.exports.mapping import _compiles
from evaltools.forms import write_forms
from evaltools.instruments import shipped_instruments
from evaltools.ledger import append, open_ledger
from evaltools.plots import Mark, levels_plot, with_alternative
from evaltools.problem_report import write_problem_report
from evaltools.reports import write_reports
from evaltools.workbook import answer_sheet, session_log

SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>klicka</a>",
    "{{ 7 * 7 }}{% raw %}",
    "{0.__class__}{scale}{n}",
    "&lt;script&gt;&#60;b&#62;",
    "$\\frac{x$ kostar 5 $ och 6 $",
    "--><script>alert(1)</script><!--",
    'id="c0-x" url(#x)',
    "%s%n%(x)s",
]
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.org";"klicka")',
            "\t=1+1", "\r=1+1", "＝1+1"]  # fmt: skip


# --- markup in every label


class Elements(HTMLParser):
    """What a browser would make of a page: elements, attributes that run something, links, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "object", "embed", "form", "base", "link"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (name in ("src", "style", "action") and "script" in (value or "")):
                self.found.append(f"{tag} {name}")
            if name in ("href", "xlink:href") and not str(value).startswith("#"):
                self.found.append(f"{tag} {name}")

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_data(self, data: str) -> None:
        self.text += data


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def poisoned(folder: Path, poison: str) -> Path:
    """An evaluation whose every declared text is an attack; its codes and comments too."""
    people = {f"{at}{poison}": [[3, 4, 3], [4, 4, 4]] for at in range(6)}
    write_folder(folder, {"a": people})
    settings = folder / "evaluation.toml"
    text = settings.read_text("utf-8")
    for label in ("Beställaren", "Syftet", "Målet", "Grupp a", "Mätning 1", "Mätning 2"):
        text = text.replace(f'"{label}"', quoted(f"{label} {poison}"))
    text = text.replace("schema = 1\n", f"schema = 1\nnotice = {quoted(poison)}\n", 1)
    text += f"\n[report]\nrecommendations = {quoted(poison)}\n"
    text += f"\n[[supervisor_periods]]\nsupervisor = {quoted(poison)}\nfrom = 2024-09-01\n"
    settings.write_text(text, "utf-8")
    key = folder / "scoring_keys" / "own.toml"
    own = key.read_text("utf-8").replace('"Egen skala"', quoted(f"Egen skala {poison}"))
    own = own.replace('"Own scale"', quoted(f"Own scale {poison}")).replace('"made for a test"', quoted(poison))
    key.write_text(own.replace('sv = "Egen"', f"sv = {quoted(poison)}").replace('"CC0-1.0"', quoted(poison)), "utf-8")
    return folder


@pytest.mark.parametrize("poison", [" ".join(SCRIPTS[:8]), " ".join(SCRIPTS[8:])], ids=["one half", "the other"])
def test_markup_in_every_label_stays_text_in_every_page(
    tmp_path: Path, poison: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = poisoned(tmp_path / "e", poison)
    paths = [path for path in write_reports(folder, ["sv"], tmp_path / "out") if path.suffix == ".html"]
    assert len(paths) == 3
    assert main(["person", str(folder), f"0{poison}", "--out", str(tmp_path / "person.html")]) == 0
    capsys.readouterr()
    for path in [*paths, tmp_path / "person.html"]:
        page = Elements()
        page.feed(path.read_text("utf-8"))
        assert page.found == [], path.name
        assert poison in page.text, "the text itself is to be read as it was written"


@pytest.mark.parametrize("poison", SCRIPTS)
def test_a_picture_with_markup_in_its_names_is_well_formed(poison: str) -> None:
    svg = with_alternative(levels_plot([Mark(poison, poison, 2.0)], (1, 5), (poison, "5"), "k"), poison + "x" * 20)
    root = ET.fromstring(svg)
    assert not [element.tag for element in root.iter() if element.tag.endswith(("script", "img", "iframe", "a"))]
    assert Figure(svg, "x" * 20, "", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("letters", ["\x1b[2J\x1b[1;1H", "\x07", "\x9b31m", "‮gnp.exe", "⁦x⁩"])
def test_letters_that_steer_the_screen_are_refused_in_settings_and_never_printed(
    tmp_path: Path, letters: str, capsys: pytest.CaptureFixture[str]
) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in letters)
    message = told(small(tmp_path / "e", change={'"Before"': f'"Before {escaped}"'}))
    assert "EV-361" in message
    assert "waves.label" in message
    assert letters not in message
    folder = write_folder(tmp_path / "f", {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    opened = open_ledger(folder)
    from test_ledger import entry

    append(opened, [entry(opened)])
    settings = (folder / "evaluation.toml").read_text("utf-8")
    (folder / "evaluation.toml").write_text(settings.replace("Grupp a", f"Grupp {escaped}"), "utf-8")
    assert main(["ledger", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert not [letter for letter in letters if not letter.isprintable() and letter in shown]


# --- formulas


def formula_cells(data: bytes) -> list[str]:
    """Every cell of a workbook that a spreadsheet would compute or ask about."""
    from openpyxl import load_workbook

    cells = [cell for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    return [str(cell.value) for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_workbook_that_we_write_holds_a_formula(tmp_path: Path, formula: str) -> None:
    plain = formula.replace("\t", " ").replace("\r", " ")
    report = tmp_path / "p.xlsx"
    problem = Problem("cell_missing", file=plain, sheet=plain, row=2, column=plain)
    assert write_problem_report(report, [(Path(plain), [problem]), (Path("e"), [problem])]) == 2
    assert formula_cells(report.read_bytes()) == []
    assert formula_cells(session_log("sv", [plain])) == []
    assert formula_cells(answer_sheet("sv", ["Kod", plain], [plain], 1, 5)) == []


def test_no_form_that_we_write_begins_a_cell_like_a_formula() -> None:
    for language in ("sv", "en"):
        for name, data in write_forms(list(shipped_instruments().values()), language).items():
            if name.endswith(".xlsx"):
                assert formula_cells(data) == []
            elif name.endswith((".csv", "limesurvey.txt")):
                text = data.decode("utf-8-sig")
                rows = list(csv.reader(io.StringIO(text), delimiter="\t" if name.endswith(".txt") else ","))
                assert rows
                assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))] == []


def test_formulas_in_an_export_are_text_or_their_last_value_and_get_nowhere(tmp_path: Path) -> None:
    rows = [["Code", "Q1", "Q2", "Q3", "Q4", "Comment"]]
    rows += [
        [code, "1", "2", "3", "4", formula] for code, formula in zip(("AB01", "AB02", "007"), FORMULAS, strict=False)
    ]
    out = tmp_path / "out"
    folder = small(tmp_path / "e", {"pre.xlsx": as_xlsx({"S": rows})}, change={'path = "pre.csv"': 'path = "pre.xlsx"'})
    paths = write_reports(folder, [], out)
    text = "".join(path.read_text("utf-8") for path in paths if path.suffix != ".xlsx")
    assert not [formula for formula in FORMULAS if formula.strip() in text]


def test_an_answer_that_is_a_formula_is_refused_by_its_place(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"pre.csv": PRE.replace("AB01;1", "AB01;=cmd|' /C calc'!A0")}))
    assert "pre.csv, row 2, column B" in message
    assert "calc" not in message


# --- paths


OUTSIDE = [
    "../secret.csv", "exports/../../secret.csv", "/etc/passwd", "//server/share/x.csv", "\\\\server\\share\\x.csv",
    "\\\\?\\C:\\x.csv", "\\\\.\\PhysicalDrive0", "C:\\Users\\x.csv", "C:x.csv", "\\x.csv", "..\\..\\x.csv",
    "/proc/self/environ", "/dev/zero",
]  # fmt: skip
DEVICES = ["CON", "nul.csv", "exports/COM1.csv", "LPT9", "AUX.tar.csv", "com¹", "x.csv:hidden", "x.csv.",
           "x.csv /x.csv", "a?.csv", "con /x.csv", "file:///etc/passwd"]  # fmt: skip
NOT_THERE = ["x.csv ", "x" * 5000 + ".csv"]  # blanks around a setting are dropped; no system holds so long a name
REFUSALS = {"EV-029": OUTSIDE, "EV-362": DEVICES, "EV-361": ["a\u0000b.csv"], "EV-030": NOT_THERE}


@pytest.mark.parametrize(("refusal", "path"), [(key, path) for key, paths in REFUSALS.items() for path in paths])
def test_no_path_leads_out_of_the_folder_or_to_a_device(tmp_path: Path, refusal: str, path: str) -> None:
    (tmp_path / "secret.csv").write_text(PRE.replace("AB01", "KANARIE"))
    written = quoted(path).replace("\u0000", "\\u0000")
    message = told(small(tmp_path / "e", change={'"pre.csv"': written}))
    assert "KANARIE" not in message
    assert refusal in message


def test_a_path_on_a_server_is_refused_before_the_server_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = Path.resolve

    def resolve(self: Path, strict: bool = False) -> Path:
        asked.append(str(self))
        return real(self, strict)

    monkeypatch.setattr(Path, "resolve", resolve)
    for name in ("//server/share/x.csv", "\\\\server\\share\\x.csv"):
        told(small(tmp_path / "e", change={'"pre.csv"': quoted(name)}))
    assert asked
    assert not [path for path in asked if "share" in path]


@pytest.mark.skipif(os.name == "nt", reason="pipes and links are made otherwise there")
def test_a_pipe_a_device_and_links_in_a_circle_do_not_hold_up_a_run(tmp_path: Path) -> None:
    def pipe(path: Path) -> None:
        os.mkfifo(path)

    def device(path: Path) -> None:
        path.symlink_to("/dev/zero")

    def circle(path: Path) -> None:
        path.symlink_to(path.name)

    for at, make in enumerate((pipe, device, circle)):
        folder = small(tmp_path / str(at))
        (folder / "pre.csv").unlink()
        make(folder / "pre.csv")
        assert "pre.csv" in told(folder)
        (folder / "evaluation.toml").unlink()
        make(folder / "evaluation.toml")
        assert told(folder)


@pytest.mark.parametrize("name", ["con", "nul", "com1", "aux", "../up", "a/b", "a\\\\b", ".", "..", "A", "é", ""])
def test_an_id_that_is_no_folder_everywhere_is_refused(tmp_path: Path, name: str) -> None:
    assert "EV-007" in told(small(tmp_path, change={'id = "small"': f'id = "{name}"'}))


# --- bombs, and files without end; each in a process of its own, with bounded memory and time

_LIMITED = """
import json, resource, sys, time
from evaltools.cli import main
for command, path in json.loads(sys.argv[1]):
    began = time.process_time()
    main([command, path, "--lang", "en"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024 ** 2)
    print(f"END {peak} {time.process_time() - began}", file=sys.stderr)
"""
ENTITIES = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{at} '{f'&a{at - 1};' * 10}'>" for at in range(1, 12)
) + "]>"  # fmt: skip
OUTER = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"


def bomb(kind: str) -> tuple[str, bytes]:
    table = {"S": [["Code", "Q1", "Q2", "Q3", "Q4"], ["AB01", "1", "2", "3", "4"]]}
    if kind == "entities in a workbook":
        return "pre.xlsx", edited(as_xlsx(table), "xl/workbook.xml", "<workbook", f"{ENTITIES}<workbook")
    if kind == "entities in a sheet":
        sheet = edited(as_xlsx(table), "xl/worksheets/sheet1.xml", "<worksheet", f"{ENTITIES}<worksheet")
        return "pre.xlsx", edited(sheet, "xl/worksheets/sheet1.xml", "</sheetData>", "</sheetData><x>&a11;</x>")
    if kind == "entities in an ODS":
        return "pre.ods", edited(as_ods(table), "content.xml", "<office:document", f"{ENTITIES}<office:document")
    if kind == "entities in a structure":
        return "pre.lss", f'<?xml version="1.0"?>{ENTITIES}<document>&a11;</document>'.encode()
    if kind == "a file of this machine in a structure":
        return "pre.lss", f'<?xml version="1.0"?>{OUTER}<document>&a;</document>'.encode()
    if kind == "zeros in a workbook":
        return "pre.xlsx", zipped(as_xlsx(table), "xl/worksheets/sheet1.xml", 400)
    if kind == "zeros beside a workbook":
        return "pre.xlsx", zipped(as_xlsx(table), "xl/media/x.bin", 400)
    if kind == "a row without end":
        return "pre.csv", b"Code;" + b"Q;" * 1_000_000 + b"\n"
    if kind == "a quote without end":
        return "pre.csv", b'Code;Q1\n"' + b"x" * 5_000_000
    if kind == "brackets without end":
        return "pre.json", b"[" * 1_000_000
    return "pre.csv", b"\x00" * 5_000_000


def zipped(workbook: bytes, part: str, megabytes: int) -> bytes:
    """A workbook one part of which unpacks to zeros without end."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        with target.open(part, "w", force_zip64=True) as stream:
            for _ in range(megabytes):
                stream.write(b"\0" * 1_000_000)
    return made.getvalue()


BOMBS = ["entities in a workbook", "entities in a sheet", "entities in an ODS", "entities in a structure",
         "a file of this machine in a structure", "zeros in a workbook", "zeros beside a workbook",
         "a row without end", "a quote without end", "brackets without end", "nothing but zeros"]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="memory is measured otherwise there")
def test_bombs_are_told_with_little_memory_and_in_little_time(tmp_path: Path) -> None:
    """All of them in one process: the most memory that any took is the last that is told."""
    runs = []
    for at, kind in enumerate(BOMBS):
        name, data = bomb(kind)
        folder = small(tmp_path / str(at), {name: data}, change={'path = "pre.csv"': f'path = "{name}"'})
        runs += [("check", str(folder)), ("inspect", str(folder / name))]
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, json.dumps(runs)], capture_output=True, text=True, check=False, timeout=600
    )
    assert "Traceback" not in done.stderr
    assert "EV-107" not in done.stderr
    assert "root:" not in done.stdout + done.stderr
    told = re.split(r"^END (\d+) ([\d.]+)$", done.stderr, flags=re.MULTILINE)
    assert len(told) == 3 * len(runs) + 1, "a run did not come to its end"
    for at, (command, _) in enumerate(runs):
        message, peak, seconds = told[3 * at : 3 * at + 3]
        assert "EV-" in message or command == "inspect", BOMBS[at // 2]
        assert int(peak) < 1000, BOMBS[at // 2]
        assert float(seconds) < 30, BOMBS[at // 2]


def test_files_of_settings_without_end_are_told_unread(tmp_path: Path) -> None:
    folder = small(tmp_path / "e")
    with (folder / "evaluation.toml").open("r+b") as stream:
        stream.truncate(3_000_000_000)  # takes no room on the disk
    assert "EV-363" in told(folder)
    folder = write_folder(tmp_path / "f", {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    with (folder / "scoring_keys" / "own.toml").open("r+b") as stream:
        stream.truncate(3_000_000_000)
    assert "too large" in told(folder)
    folder = write_folder(tmp_path / "g", {"a": group_of(6, [3, 4, 3], [4, 4, 4])})
    with (folder / "answers.csv").open("r+b") as stream:
        stream.truncate(3_000_000_000)
    assert "answers.csv" in told(folder)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a*)*b", "(x{1,9}y?)+", r"((\w+)\s?)*q", "(.*,)+z"])
def test_an_expression_that_runs_for_ever_is_refused(tmp_path: Path, expression: str) -> None:
    began = time.monotonic()
    message = told(
        small(tmp_path, {"pre.csv": PRE.replace("Q1", "a" * 60)}, change={'"Q(?P<number>[1-4])"': f"'{expression}'"})
    )
    assert "mapping.wide" in message
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "expression", ["Q(?P<number>[1-4])", r"(.*\[)?tc(?P<number>[1-7])\b.*", r"(Q|q)\d+ (?:.*)", "a(b)+"]
)
def test_an_expression_as_people_write_them_is_read(expression: str) -> None:
    assert _compiles(expression)


# --- nothing confidential is printed


def test_confidential_things_print_as_nothing(tmp_path: Path) -> None:
    from evaluations import analysed, released

    from evaltools.errors import Problems
    from evaltools.folder import read_evaluation
    from evaltools.keys import load_key
    from evaltools.linking import Codes
    from evaltools.settings import read_settings

    canary = "KANARIE"
    folder = write_folder(
        tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4], name=canary)},
        more=f'[codes]\n"{canary}9" = "{canary}0"',
    )  # fmt: skip
    settings = read_settings(folder, Problems())
    made, opened, analysis = released(folder), open_ledger(folder), analysed(folder)
    tokens = [token for entry in opened.entries for token in entry.people]
    secret = load_key(folder, "made")
    things = [settings, made, opened, analysis, analysis.facts, secret, Codes(settings.codes if settings else {}),
              read_evaluation(folder), *opened.entries]  # fmt: skip
    printed = "".join(repr(thing) + str(thing) + repr([thing]) for thing in things)
    hidden = [canary, secret.secret.decode(), *tokens]
    assert len(hidden) > 6
    assert [one for one in hidden if one in printed] == []
