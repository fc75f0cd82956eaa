"""The notebooks to look further with: they run in a real kernel, show what the reports show, and open by a command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from evaluations import group_of, write_folder
from test_reports import kernel_blocks

from evaltools import lab
from evaltools.analysis import analyse
from evaltools.blocks import Heading, KeyFigures, Section, Table, to_data
from evaltools.cli import main
from evaltools.errors import FolderError, ReportError
from evaltools.folder import read_evaluation
from evaltools.lab import NOTEBOOK, lab_notebook, open_lab
from evaltools.ledger import open_ledger
from evaltools.notebook import notebook_path, run_notebook

Sample = Callable[[str], Path]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_the_notebook_of_a_folder_shows_its_figures_in_a_kernel(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "Åsas grupp", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    book = lab_notebook(folder, "en")
    analysis = analyse(read_evaluation(folder), open_ledger(folder))
    plain = run_notebook(notebook_path("explore"), {"language": "en", "analysis": analysis})
    assert len(plain) > 10
    assert kernel_blocks(book, folder) == json.loads(json.dumps(to_data(plain)))


def test_the_participants_page_is_a_notebook_like_the_others(sample: Sample) -> None:
    folder = sample("hemtjanst")
    facts = analyse(read_evaluation(folder), open_ledger(folder)).facts
    blocks = run_notebook(notebook_path("participants"), {"language": "sv", "facts": facts})
    assert isinstance(blocks[0], Heading)
    assert blocks[0].level == 1
    assert any(isinstance(block, Table) for block in blocks)


def test_the_command_opens_the_notebook_and_keeps_what_somebody_has_written_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path / "Åsas grupp", {"g": group_of(6, [3, 4, 3], [4, 4, 4])})
    started: list[Sequence[str]] = []
    monkeypatch.setattr(open_lab, "__defaults__", ("sv", started.append))
    assert main(["lab", str(folder)]) == 0
    assert started == [[sys.executable, "-m", "jupyterlab", str((folder / NOTEBOOK).resolve())]]
    assert "konfidentiellt" in capsys.readouterr().out
    (folder / NOTEBOOK).write_text("mine", "utf-8")
    assert main(["lab", str(folder)]) == 0
    assert (folder / NOTEBOOK).read_text("utf-8") == "mine"


def test_what_is_no_evaluation_or_cannot_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FolderError):
        lab_notebook(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(lab, "find_spec", lambda _: None)
    with pytest.raises(ReportError, match="EV-476"):
        open_lab(tmp_path)


def test_what_a_cell_shows_brings_its_own_look() -> None:
    shown = Section((Heading("Rubrik"), KeyFigures((("5", "personer"),))))._repr_mimebundle_()["text/html"]
    assert ".evaltools table" in shown[: shown.index('<div class="evaltools">')]
    assert shown.count("<style>") == 1
