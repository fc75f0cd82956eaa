"""Writes the tables of docs/confidentiality.md from the results, between the marks that stand there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from tables import between, markdown

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "confidentiality.md"


def write_page(page: Path = PAGE, results: Path = HERE / "results") -> None:
    """Put every table whose results exist in its place in the page."""
    text = page.read_text("utf-8")
    for name, make in TABLES.items():
        if (results / f"audit_{name}.csv").exists():
            text = between(text, name, make(pd.read_csv(results / f"audit_{name}.csv")))
    if (results / "audit_reports.jsonl").exists():
        text = between(text, "reports", reports(results / "audit_reports.jsonl"))
    page.write_text(text, "utf-8", newline="\n")


def attacks(rows: pd.DataFrame) -> str:
    """All answers pinned, and anything found, for every rule."""
    wide = []
    for (rule, items, answers), own in rows.groupby(["rule", "items", "answers"], sort=False):
        cells = {row.n: f"{_share(row.pinned)} / {_share(row.found)}" for row in own.itertuples()}
        wide.append((rule, items, answers, *(cells.get(n, "") for n in (5, 6, 8, 10))))
    return markdown(("published", "questions", "answers", "n = 5", "n = 6", "n = 8", "n = 10"), wide)


def seen(rows: pd.DataFrame) -> str:
    """A true rise of half a point: seen in the published figures, and told in words."""
    wide = []
    for (policy, items, baseline), own in rows.groupby(["policy", "items", "baseline"], sort=False):
        cells = {row.n: f"{_share(row.rise)} / {_share(row.word)}" for row in own.itertuples()}
        wide.append((policy, items, baseline, *(cells[n] for n in (5, 6, 7, 8))))
    return markdown(("policy", "questions", "mean before", "n = 5", "n = 6", "n = 7", "n = 8"), wide)


def together(rows: pd.DataFrame) -> str:
    """Colleagues who put their answers together: one, two, three."""
    wide = []
    for (policy, answers), own in rows.groupby(["policy", "answers"], sort=False):
        cells = {row.n: " / ".join(map(_share, (row.of_1, row.of_2, row.of_3))) for row in own.itertuples()}
        wide.append((policy, answers, *(cells[n] for n in (5, 6, 8, 10))))
    return markdown(("one question", "answers", "n = 5", "n = 6", "n = 8", "n = 10"), wide)


def goals(rows: pd.DataFrame) -> str:
    """What stands beside a goal."""
    return markdown(
        ("policy", "people", "what has changed", "why it cannot be read", "nothing", "figures show a rise", "untrue"),
        ((row.policy, row.n, *map(_share, (row.change, row.reason, row.blank, row.rise, row.untrue)))
         for row in rows.itertuples()),
    )  # fmt: skip


def reports(path: Path) -> str:
    """The random evaluations: how many, what came out, what was found."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = pd.DataFrame(lines).assign(found=[bool(line["found"]) for line in lines])
    heads = ("scales", "policy", "evaluations", "reports", "figures out", "shares out", "evaluations with a finding")
    return markdown(
        heads,
        (("one or two questions" if short else "longer", policy, len(own), own["reports"].sum(), own["figures"].sum(),
          own["shares"].sum(), own["found"].sum()) for (short, policy), own in rows.groupby(["short", "policy"])),
    )  # fmt: skip


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


TABLES: dict[str, Callable[[pd.DataFrame], str]] = {
    "attacks": attacks,
    "seen": seen,
    "together": together,
    "goals": goals,
}

if __name__ == "__main__":
    write_page()
