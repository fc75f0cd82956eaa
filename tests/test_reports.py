"""The two reports as files: what they hold, what they must not hold, and that they are the same every time."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT, shared
from evaluations import analysed, group_of, released, write_folder

from evaltools import blocks, notebook
from evaltools.blocks import Figure, Table, Text, from_data, to_data
from evaltools.errors import ReportError
from evaltools.language import texts
from evaltools.notebook import notebook_path, run_notebook, run_walled
from evaltools.reports import commissioner_report, estimates_json, write_reports

Sample = Callable[[str], Path]
CANARY = "KANARIE7F3A"


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def texts_of(paths: list[Path]) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in paths if path.suffix != ".xlsx"}


def test_a_sample_gives_the_promised_files(sample: Sample, tmp_path: Path) -> None:
    folder = sample("hemtjanst")
    paths = write_reports(folder, ["sv", "en"], tmp_path / "out")
    names = {path.relative_to(tmp_path / "out" / "hemtjanst-lindmarka").as_posix() for path in paths}
    assert names == {
        "commissioner.sv.html", "commissioner.en.html", "release.json", "confidential/estimates.json",
        "confidential/supervisor.sv.html", "confidential/supervisor.en.html", "confidential/figures.xlsx",
        "participants.sv.html", "participants.en.html",
    }  # fmt: skip
    one = write_reports(folder, [], tmp_path / "one")
    assert {path.name for path in one} == {
        "commissioner.html", "participants.html", "release.json", "estimates.json", "supervisor.html", "figures.xlsx"
    }  # fmt: skip


def test_the_same_input_gives_the_same_bytes_with_any_key(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for number, key in enumerate(["a" * 32, "b" * 40]):
        key_file = tmp_path / f"{number}.key"
        key_file.write_text(key)
        monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(key_file))
        folder = sample("hemtjanst")
        for again in range(2):
            write_reports(folder, ["sv"], tmp_path / f"{number}{again}")
            made.append(files_of(tmp_path / f"{number}{again}"))
        shutil.rmtree(folder)
    assert all(other == made[0] for other in made[1:])


def test_other_surroundings_give_the_same_bytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "e", {"a": group_of(7, [3, 4, 3], [4, 4, 5])})
    made = []
    for number, surroundings in enumerate([{"TZ": "UTC", "PYTHONHASHSEED": "1"},
                                           {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "LC_ALL": "C"}]):  # fmt: skip
        out = tmp_path / str(number)
        command = [sys.executable, "-m", "evaltools", "report", str(folder), "--out", str(out)]
        subprocess.run(command, env=os.environ | surroundings, check=True, capture_output=True)
        made.append(files_of(out))
    assert made[0] == made[1]


def test_shuffled_rows_give_the_same_estimates(sample: Sample, tmp_path: Path) -> None:
    straight = estimates_json(analysed(sample("hemtjanst")))
    folder = tmp_path / "hemtjanst"
    for path in (folder / "exports").glob("*.csv"):
        head, *rows = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(head + b"".join(reversed(rows)))
    assert estimates_json(analysed(folder)) == straight


def test_canaries_are_in_no_released_byte(sample: Sample, tmp_path: Path) -> None:
    """Every code, profession and reason is replaced by a canary; the auditor's scanner looks into every layer."""
    scanner = shared("tools/audit/canary_scan.py")
    folder = sample("hemtjanst")
    from openpyxl import load_workbook

    book = load_workbook(folder / "handledningslogg.xlsx")
    codes: dict[str, str] = {}
    for row in book["Personer"].iter_rows(min_row=2):
        codes[str(row[0].value)] = f"{CANARY}{len(codes):02d}"
        row[3].value = f"{CANARY}-yrke"
        if row[6].value:
            row[6].value = f"{CANARY}-orsak"
    for name, column in (("Personer", 0), ("Närvaro", 1)):
        for row in book[name].iter_rows(min_row=2):
            row[column].value = codes[str(row[column].value)]
    book.save(folder / "handledningslogg.xlsx")
    for path in (folder / "exports").glob("*.csv"):
        data = path.read_bytes()
        for code, canary in codes.items():
            data = re.sub(rb"(?<=[;\"])" + code.encode() + rb"(?=[;\"])", canary.encode(), data)
        path.write_bytes(data)
    out = tmp_path / f"{CANARY}-out"
    paths = write_reports(folder, ["sv", "en"], out)
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    for path in paths:
        if path.parent.name != "confidential":
            shutil.copy(path, delivered)
    command = [
        sys.executable,
        str(scanner),
        "--canary",
        CANARY,
        "--canary",
        str(tmp_path),
        "--max-decimals",
        "1",
        ".",
    ]
    done = subprocess.run(command, cwd=delivered, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    confidential = (out / "hemtjanst-lindmarka" / "confidential" / "estimates.json").read_text("utf-8")
    assert CANARY not in confidential


def test_the_report_is_a_pure_function_of_the_release(tmp_path: Path) -> None:
    """Other answers that give the same release give the same report, byte for byte."""
    one = group_of(6, [3, 4, 3], [4, 4, 4])
    other = one | {"p0": [[4, 3, 3], [4, 4, 4]], "p1": [[3, 3, 4], [4, 4, 4]]}
    first, second = (
        released(write_folder(tmp_path / name, {"a": people})) for name, people in (("1", one), ("2", other))
    )
    assert first.content == second.content
    assert commissioner_report(first) == commissioner_report(second)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_number_of_an_outcome_in_the_report_comes_from_the_release(tmp_path: Path, language: str) -> None:
    made = released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    document = made.document
    shown = {figure["shown"][end] for figure in document["figures"] + document["changes"] for end in ("low", "high")}
    shown |= {change["uncertainty"] for change in document["changes"]}
    shown |= {scale["minimal_change"]["value"] for scale in document["scales"]}
    shown = {text.lstrip("-") for text in shown}
    visible = re.sub(
        r"<[^>]*>",
        " ",
        re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", commissioner_report(made, language), flags=re.S),
    )
    examples = [entry["example"] for entry in texts(language)["glossary"]["words"].values()]
    for name in (document["versions"]["evaltools"], "CC0-1.0", *examples):
        visible = visible.replace(name, "")
    found = {number.replace(",", ".") for number in re.findall(r"(?<![\d.])\d+[.,]\d+(?![\d.])", visible)}
    assert found
    assert found <= shown


class Checker(HTMLParser):
    """Collects what an accessible, self-contained page needs."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.headings: list[int] = []
        self.language = ""
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "html":
            self.language = str(given["lang"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name in ("src", "href", "action"):
            target = given.get(name)
            if target and not target.startswith("#"):
                self.outside.append(target)
        if tag == "svg":
            self.images += 1
            assert given["role"] == "img"
            assert len(str(given["aria-label"])) >= blocks.SHORTEST_ALTERNATIVE
        if tag == "th":
            assert given.get("scope") in ("col", "row")


@pytest.mark.parametrize(("language", "tag"), [("sv", "sv-SE"), ("en", "en-GB")])
def test_the_pages_are_accessible_and_stand_alone(sample: Sample, tmp_path: Path, language: str, tag: str) -> None:
    paths = write_reports(sample("hemtjanst"), [language], tmp_path / "out")
    for path in (path for path in paths if path.suffix == ".html"):
        page = path.read_text("utf-8")
        checker = Checker()
        checker.feed(page)
        assert checker.language == tag
        assert checker.outside == []
        assert "script" not in checker.tags
        assert len(set(checker.ids)) == len(checker.ids)
        assert checker.tags.count("table") == checker.tags.count("caption")
        assert checker.headings.count(1) == 1
        main = checker.headings[checker.headings.index(1) :]
        assert all(after <= before + 1 for before, after in itertools.pairwise(main))
        # two scales; for the commissioner also all changes, the time line, who answered, the goals and attendance, and
        # for the supervisor attendance by group, and over the sessions of all groups above each other
        pictures = {"participants.html": 0, "supervisor.html": 4, "commissioner.html": 7}
        assert checker.images == pictures[path.name]
        assert "@import" not in page
        assert "url(http" not in page
        for picture in re.findall(r"<svg.*?</svg>", page, flags=re.S):
            ET.fromstring(picture)


def test_a_picture_draws_only_the_released_figure(tmp_path: Path) -> None:
    """Two groups whose means round to the same figure have the same picture."""
    near, far = ({f"p{at}": [[3, 3, 3 + (at < more)], [4, 4, 4]] for at in range(7)} for more in (2, 3))
    pictures = []
    for name, people in (("near", near), ("far", far)):
        page = commissioner_report(released(write_folder(tmp_path / name, {"a": people})))
        pictures.append(re.findall(r"<svg.*?</svg>", page, flags=re.S))
    assert pictures[0] == pictures[1]


def test_a_figure_without_a_real_alternative_is_refused() -> None:
    table = Table("t", ("a",), (("b",),))
    with pytest.raises(ReportError, match="textbeskrivning"):
        Figure("<svg></svg>", "bild", "c", table)


def test_blocks_survive_the_way_through_data(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path, {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    shown = run_walled(notebook_path("commissioner"), made, "sv")
    assert from_data(json.loads(json.dumps(to_data(shown)))) == shown


def kernel_blocks(notebook: Path, folder: Path) -> list[object]:
    """What the same notebook shows in a real Jupyter kernel."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(notebook, as_version=4)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    shown: list[object] = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            shown += output.get("data", {}).get(blocks.MIME, [])
    return shown


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_what_is_to_be_known_about_the_data_is_told_to_the_supervisor_only(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "e", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    plain = texts_of(write_reports(folder, out=tmp_path / "plain"))
    with (folder / "evaluation.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[codes]\n"aldrig" = "p0"\n')
    noted = texts_of(write_reports(folder, out=tmp_path / "noted"))
    assert "Att känna till om underlaget" not in plain["supervisor.html"]
    assert "Att känna till om underlaget" in noted["supervisor.html"]
    assert "EV-278 evaluation.toml, rad " in noted["supervisor.html"]
    for released_name in ("commissioner.html", "release.json"):
        assert noted[released_name] == plain[released_name]


def test_a_kernel_shows_the_same_blocks_as_the_walled_process(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    (tmp_path / "release.json").write_bytes(made.content)
    walled = json.loads(json.dumps(to_data(run_walled(notebook_path("commissioner"), made, "sv"))))
    assert kernel_blocks(notebook_path("commissioner"), tmp_path) == walled


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_the_supervisors_notebook_opens_in_jupyter_on_the_sample(sample: Sample) -> None:
    values = {"language": "sv", "analysis": analysed(sample("hemtjanst"))}
    plain = json.loads(json.dumps(to_data(run_notebook(notebook_path("supervisor"), values))))
    assert kernel_blocks(notebook_path("supervisor"), ROOT / "notebooks") == plain


def test_notebooks_are_stored_without_outputs_and_define_nothing() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None
                assert "def " not in "".join(cell["source"])


SECTION = "from evaltools.blocks import Section, Text\nSection((Text(({},)),))"
HOSTILE = [
    "open({secret!r}).read()",
    "open({secret!r}.encode()).read()",
    "__import__('pathlib').Path({secret!r}).read_text()",
    "__import__('os').open({secret!r}, 0)",
    "__import__('os').listdir({folder!r})",
    "list(__import__('os').scandir({folder!r}))",
    "__import__('os').chdir({folder!r})",
    "__import__('pandas').read_csv({secret!r})",
    "__import__('numpy').fromfile({secret!r})",
    "__import__('numpy').memmap({secret!r})",
    "__import__('sqlite3').connect({secret!r})",
    "__import__('shutil').copy({secret!r}, 'copy')",
    "__import__('os').symlink({secret!r}, 'link')",
    "__import__('os').rename({secret!r}, 'mine')",
    "__import__('os').remove({secret!r})",
    "__import__('os').mkdir({folder!r} + '/made')",
    "__import__('ctypes').CDLL(None)",
    "__import__('ctypes').string_at(0)",
    "__import__('socket').socket()",
    "__import__('socket').getaddrinfo('localhost', 80)",
    "__import__('urllib.request').request.urlopen('http://localhost')",
    "__import__('subprocess').run(['true'])",
    "__import__('os').system('true')",
    "__import__('os').fork()",
    "__import__('os').execv('/bin/true', ['true'])",
    "__import__('os').kill(0, 0)",
    "open({folder!r} + '/written', 'w')",
    "open('written', 'w')",
    "open('release.json', 'r+')",
    "open('../' * 20 + {secret!r}[1:]).read()",
    "open('/proc/self/environ').read()",
]


def notebook_of(path: Path, source: str) -> Path:
    """A notebook of one cell."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": [source], "outputs": [], "execution_count": None}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def test_the_wall_lets_no_cell_out(tmp_path: Path) -> None:
    """Every attempt is made behind the wall, in one process; each must be refused before anything is done."""
    secret = tmp_path / "answers.csv"
    secret.write_text("hemligt")
    attempts = [code.format(secret=str(secret), folder=str(tmp_path)) for code in HOSTILE if os.name == "posix"]
    source = f"""
from evaltools.blocks import Section, Text
told = []
for attempt in {attempts!r}:
    try:
        told.append(attempt + " -> " + repr(eval(attempt)))
    except PermissionError:
        pass
    except BaseException as error:
        told.append(attempt + " -> " + type(error).__name__)
Section((Text(tuple(told)),))
"""
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    before = files_of(tmp_path / "e") | {"secret": secret.read_bytes()}
    (shown,) = run_walled(notebook_of(tmp_path / "own.ipynb", source), made, "sv")
    assert shown.paragraphs == ()  # type: ignore[union-attr]
    assert files_of(tmp_path / "e") | {"secret": secret.read_bytes()} == before


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_in_the_working_folder_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that somebody placed there beforehand is followed before it is judged."""
    (tmp_path / "answers.csv").write_text("hemligt")
    real = shutil.copyfile

    def with_a_link(source: Path, target: Path) -> Path:
        (target.parent / "link").symlink_to(tmp_path / "answers.csv")
        return real(source, target)

    monkeypatch.setattr(shutil, "copyfile", with_a_link)
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    with pytest.raises(ReportError, match="PermissionError") as told:
        run_walled(notebook_of(tmp_path / "own.ipynb", "open('link').read()"), made, "sv")
    assert "hemligt" not in str(told.value)


def test_a_release_edited_on_its_way_is_refused_without_a_traceback(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    (tmp_path / "release.json").write_bytes(made.content.replace(b'"n": 6', b'"n": 7'))
    notebook_of(tmp_path / "own.ipynb", "1")
    told = notebook._asked("evaltools.commissioner", asked_in(tmp_path))
    assert told["failed"].startswith("EV-097")
    assert "blocks" not in told


def asked_in(folder: Path) -> dict[str, str]:
    """The question that brings the walled process into a folder."""
    return {"folder": str(folder), "notebook": "own.ipynb", "language": "sv"}


@pytest.mark.parametrize("end", ["import os; os._exit(0)", "raise SystemExit", "import os; os.abort()"])
def test_a_cell_that_ends_its_process_is_told_and_the_next_report_is_made(tmp_path: Path, end: str) -> None:
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    with pytest.raises(ReportError, match="EV-"):
        run_walled(notebook_of(tmp_path / "own.ipynb", end), made, "sv")
    (shown,) = run_walled(notebook_of(tmp_path / "own.ipynb", SECTION.format("'here'")), made, "sv")
    assert shown == Text(("here",))


def test_what_one_report_leaves_in_its_process_is_gone_in_the_next(tmp_path: Path) -> None:
    """What a cell keeps in the program itself is kept for nobody else; what it prints is no block."""
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    keeps = "import evaltools; print(1); evaltools.kept = open('release.json').read()\n" + SECTION.format("'kept'")
    looks = "import evaltools\n" + SECTION.format("repr(hasattr(evaltools, 'kept'))")
    (kept,) = run_walled(notebook_of(tmp_path / "own.ipynb", keeps), made, "sv")
    (seen,) = run_walled(notebook_of(tmp_path / "own.ipynb", looks), made, "sv")
    assert (kept, seen) == (Text(("kept",)), Text(("False",)))


def test_a_walled_process_that_was_stopped_is_started_again(tmp_path: Path) -> None:
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    own = notebook_of(tmp_path / "own.ipynb", SECTION.format("'here'"))
    assert run_walled(own, made, "sv") == (Text(("here",)),)
    for waiting in notebook._waiting.values():
        waiting.kill()
        waiting.wait()
    assert run_walled(own, made, "sv") == (Text(("here",)),)


def test_a_delivered_page_says_nothing_of_the_machine_the_user_or_the_time(sample: Sample, tmp_path: Path) -> None:
    import getpass
    import platform

    paths = write_reports(sample("hemtjanst"), ["sv"], tmp_path / "out")
    machine = [getpass.getuser(), platform.node(), str(Path.home()), str(tmp_path), str(ROOT), sys.prefix, "matplotlib",
               "Creator", "generator", "<metadata", "<!--", "<?xml", "DOCTYPE svg", "dc:date", "python"]  # fmt: skip
    for path in paths:
        if path.parent.name == "confidential":
            continue
        page = path.read_text("utf-8")
        words = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
        assert [sign for sign in machine if re.search(rf"(?<![\w]){re.escape(sign)}(?![\w])", words, re.I)] == []
        assert not re.search(r"\d{4}-\d\d-\d\d[T ]\d\d|\d\d:\d\d:\d\d", page)


def test_a_drawn_mean_lies_where_the_released_figure_says_and_knows_no_more(tmp_path: Path) -> None:
    """Read back from the picture, a dot gives the released figure, not the mean behind it."""
    people = {f"p{at}": [[3, 3, 3 + (at < 2)], [4, 4, 4 - (at < 3)]] for at in range(7)}
    made = released(write_folder(tmp_path / "e", {"a": people}))
    figures = [figure["shown"] for figure in made.document["figures"]]
    assert [shown["kind"] for shown in figures] == ["value", "value"]
    exact = [3 + 2 / 21, 4 - 3 / 21]
    drawn = re.findall(r"<svg.*?</svg>", commissioner_report(made), flags=re.S)
    [picture] = [svg for svg in drawn if "Egen skala, medelvärden" in svg]
    tracks = re.findall(r'd="M ([\d.]+) [\d.]+\s+L ([\d.]+) ', picture)
    dots = [float(x) for x in re.findall(r'<use [^>]*?x="([\d.]+)"', picture)]
    assert len(dots) == 2
    left, right = map(float, tracks[1])  # the first is the background
    read = [1 + 4 * (x - left) / (right - left) for x in dots]
    assert read == pytest.approx([float(shown["low"]) for shown in figures], abs=1e-5)
    assert read != pytest.approx(exact, abs=1e-3)


def test_the_walled_process_is_told_no_path_to_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE_THE_DATA_IS", str(tmp_path))
    source = "\n".join(
        [
            "import os",
            "from evaltools.blocks import Section, Text",
            "seen = repr(sorted(os.environ.items())), repr(sorted(os.listdir()))",
            "Section((Text(seen),))",
        ]
    )
    made = released(write_folder(tmp_path / "e", {"a": group_of(6, [3, 4, 3], [4, 4, 4])}))
    (shown,) = run_walled(notebook_of(tmp_path / "own.ipynb", source), made, "sv")
    environment, files = shown.paragraphs  # type: ignore[union-attr]
    assert environment == "[]"
    assert files == "['own.ipynb', 'release.json']"


def test_a_failing_cell_is_told_without_its_text(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="ValueError") as told:
        run_notebook(notebook_of(tmp_path / "own.ipynb", "raise ValueError('hemligt')"), {})
    assert "hemligt" not in str(told.value)
