"""A number in the commissioner's report that the release does not hold fails the build, wherever it stands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from evaltools import reports
from evaltools.analysis import analyse
from evaltools.blocks import Block, Callout, Figure, FigureTables, Heading, KeyFigures, Table, Text
from evaltools.disclosure import release
from evaltools.errors import ReportError
from evaltools.folder import read_evaluation
from evaltools.ledger import open_ledger
from evaltools.notebook import notebook_path, run_notebook
from evaltools.number_sources import require_sources
from evaltools.policy import policies
from evaltools.sealed import Release


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("numbers") / "sample"
    shutil.copytree(ROOT / "data" / "sample" / "hemtjanst", folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(folder.parent / "a.key"))
        ledger = open_ledger(folder)
        return release(analyse(read_evaluation(folder), ledger), policies()["standard"], ledger)


@pytest.fixture(params=["sv", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def report(issued: Release, language: str) -> tuple[Block, ...]:
    return run_notebook(notebook_path("commissioner"), {"language": language, "release": issued})


def refused(blocks: tuple[Block, ...], issued: Release, language: str = "sv") -> str:
    """The message of the refusal; blank where there is none."""
    try:
        require_sources(blocks, issued.document, language)
    except ReportError as error:
        return str(error)
    return ""


def with_everywhere(block: Block, planted: str) -> Iterator[Block]:
    """The block with a text added in each place that holds text, one place at a time."""
    for field in fields(block):
        value: Any = getattr(block, field.name)
        if field.name == "mark":
            continue  # a link's aim, which nobody reads
        if isinstance(block, Figure) and field.name == "svg":
            yield replace(block, svg=value.replace("</text>", f" {planted}</text>", 1))
        elif isinstance(value, Table):
            yield from (replace(block, table=table) for table in with_everywhere(value, planted))  # type: ignore[arg-type]  # a table is a block
        elif isinstance(value, str):
            yield replace(block, **{field.name: f"{value} {planted}"})
        elif isinstance(value, tuple) and value and isinstance(value[-1], str):
            yield replace(block, **{field.name: (*value[:-1], f"{value[-1]} {planted}")})
        elif isinstance(value, tuple) and value:
            yield replace(block, **{field.name: (*value[:-1], (*value[-1][:-1], f"{value[-1][-1]} {planted}"))})


def test_the_sample_report_has_a_source_for_every_number(issued: Release, language: str) -> None:
    assert refused(report(issued, language), issued, language) == ""


def test_a_planted_number_is_seen_wherever_it_stands(issued: Release, language: str) -> None:
    blocks = report(issued, language)
    assert {type(block) for block in blocks} == {Heading, Callout, Table, KeyFigures, Text, Figure, FigureTables}
    tried = 0
    for at, block in enumerate(blocks):
        for planted in with_everywhere(block, "987"):
            assert refused((*blocks[:at], planted, *blocks[at + 1 :]), issued, language), (at, planted)
            tried += 1
    assert tried > 50


@pytest.mark.parametrize("text", [
    "Upplevd kompetens: medelvärdet var 4,4.",  # nowhere in the release
    "Upplevd kompetens: medelvärdet var 4.3.",  # in another language's clothes
    "Upplevd kompetens: en minskning (−1,0).",  # with another sign
    "Arbetstillfredsställelse: medelvärdet var 4,3.",  # another scale's
    "Det är 1 234 personer.", "Ungefär 60%: 61 träffar.", "T17", "Kontrollsumma: 6a862f3e4753b0f7.",
])  # fmt: skip
def test_a_number_that_is_only_nearly_right_is_seen(issued: Release, text: str) -> None:
    assert "EV-470" in refused((Heading("Resultat"), Text((text,))), issued)


def test_the_message_names_the_place_and_not_the_number(issued: Release) -> None:
    told = refused((Heading("Resultat"), Text(("Av 987 svarade 654.",))), issued)
    assert "avsnittet ”Resultat”" in told
    assert "antal: 2" in told
    assert "987" not in told


def test_numbers_of_the_language_itself_count_only_in_their_own_sentence(issued: Release) -> None:
    assert refused((Text(("p under 0,001",)),), issued) == ""
    assert refused((Text(("högst 0,001",)),), issued) != ""


def test_a_notebook_with_a_number_of_its_own_makes_no_report(
    issued: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = json.loads(notebook_path("commissioner").read_text("utf-8"))
    source = "from evaltools.blocks import Section, Text\nSection((Text(('Av dem var 23 nöjda.',)),))"
    notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": [source]})
    changed = tmp_path / "commissioner.ipynb"
    changed.write_text(json.dumps(notebook), "utf-8")
    monkeypatch.setattr(reports, "notebook_path", lambda _: changed)
    with pytest.raises(ReportError, match="EV-470"):
        reports.commissioner_report(issued, "sv")
