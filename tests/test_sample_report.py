"""The sample's released report that lies in the repository is the one that is made today."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from conftest import ROOT

from evaltools.reports import write_reports

KEPT = ROOT / "reports" / "hemtjanst-lindmarka"
RENEW = "renew it with: python tasks.py report"


def first_page(report: bytes) -> bytes:
    spec = importlib.util.spec_from_file_location("make_first_page", ROOT / "data" / "sample" / "make_first_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: bytes = module.first_page(report)
    return made


def test_the_kept_sample_report_and_its_first_page_are_current(tmp_path: Path) -> None:
    folder = tmp_path / "hemtjanst"
    shutil.copytree(ROOT / "data" / "sample" / "hemtjanst", folder, ignore=shutil.ignore_patterns("ledger.jsonl"))
    write_reports(folder, ("sv", "en"), tmp_path / "out", formats=("html", "pdf"))
    made = tmp_path / "out" / "hemtjanst-lindmarka"
    for language in ("sv", "en"):
        for form in ("html", "pdf"):
            name = f"commissioner.{language}.{form}"
            assert (KEPT / name).read_bytes() == (made / name).read_bytes(), f"{name}: {RENEW}"
        page = first_page((made / f"commissioner.{language}.pdf").read_bytes())
        assert (KEPT / f"first-page.{language}.png").read_bytes() == page, RENEW


def test_readme_shows_the_first_page() -> None:
    for readme in (ROOT / "README.md", ROOT / "reports" / "README.md"):
        text = readme.read_text("utf-8")
        assert "hemtjanst-lindmarka/commissioner.sv.html" in text
    assert "](reports/hemtjanst-lindmarka/first-page.sv.png)" in (ROOT / "README.md").read_text("utf-8")
