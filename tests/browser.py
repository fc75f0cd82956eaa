"""A browser of the system, and the accessibility checker axe-core, where they are to be had."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
PLACES = (
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--virtual-time-budget=60000",
)  # fmt: skip
TOLD = re.compile(r'<pre id="told">(.*?)</pre>', re.DOTALL)


def browser() -> str:
    """The program to start; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None) or next(filter(os.path.exists, PLACES), None)
    return found or pytest.skip("no Chromium, Chrome or Edge on this computer")


def axe() -> str:
    """The script of axe-core; skips the test where there is none."""
    place = Path(os.environ.get("EVALTOOLS_AXE") or ROOT / "node_modules" / "axe-core" / "axe.min.js")
    if not place.is_file():
        pytest.skip("axe-core is not here: npm install --no-save axe-core, or its path in EVALTOOLS_AXE")
    return place.read_text("utf-8")


def asked(page: str, script: str, folder: Path) -> Any:
    """What a script finds out about a page in a browser: it gives its answer to ``tell``."""
    tell = (
        "function tell(it) { document.documentElement.innerHTML = '<body></body>';"
        " const shown = document.createElement('pre'); shown.id = 'told'; shown.textContent = JSON.stringify(it);"
        " document.body.append(shown) }"
    )
    place = folder / "page.html"
    place.write_text(page.replace("</body>", f"<script>{tell}\n{script}</script></body>"), "utf-8")
    done = subprocess.run(
        [browser(), *QUIET, f"--user-data-dir={folder / 'profile'}", "--dump-dom", place.as_uri()],
        capture_output=True, timeout=180, check=True,
    )  # fmt: skip
    told = TOLD.search(done.stdout.decode("utf-8"))
    assert told, done.stderr.decode("utf-8", "replace")[-2000:]
    return json.loads(unescape(told[1]))


def violations(page: str, folder: Path) -> list[tuple[str, str]]:
    """What axe-core holds against a page: rule, and the first element that breaks it."""
    script = axe() + "\n;axe.run().then(result => tell(result.violations.map(one => [one.id, one.nodes[0].html])))"
    return [(rule, element) for rule, element in asked(page, script, folder)]


def widths(pages: dict[str, str], width: int, folder: Path) -> dict[str, int]:
    """How wide each page becomes in a window of so many pixels."""
    frames = "".join(
        f'<iframe width="{width}" height="600" style="border:0" title="{name}" srcdoc="{escape(page)}"></iframe>'
        for name, page in pages.items()
    )
    script = (
        "window.onload = () => tell(Object.fromEntries([...document.querySelectorAll('iframe')]"
        ".map(one => [one.title, one.contentDocument.documentElement.scrollWidth])))"
    )
    found: dict[str, int] = asked(f"<!DOCTYPE html><html><body>{frames}</body></html>", script, folder)
    return found
