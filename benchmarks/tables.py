"""Writes the tables of docs/calibration.md from the results, between the marks that stand there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from methods import METHODS

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "calibration.md"
WORDS = ("increase", "suggests_increase", "cannot_tell", "suggests_decrease", "decrease", "not_measurable")


def write_page(page: Path = PAGE, results: Path = HERE / "results") -> None:
    """Put every table whose results exist in its place in the page."""
    text = page.read_text("utf-8")
    if (results / "calibration.csv").exists():
        tried = pd.read_csv(results / "calibration.csv")
        made = {"methods": methods, "beside": beside, "sizes": sizes, "shares": shares}
        for name, table in ((name, make(tried)) for name, make in made.items()):
            text = between(text, name, table)
    if (results / "truth_tables.csv").exists():
        told = pd.read_csv(results / "truth_tables.csv")
        for name, table in (("errors", errors(told)), ("words", words(told))):
            text = between(text, name, table)
    page.write_text(text, "utf-8", newline="\n")


def methods(tried: pd.DataFrame) -> str:
    """Each default on each kind of group: the worst of every figure."""
    return _worst(tried, {row.name for row in METHODS if not row.demoted})


def beside(tried: pd.DataFrame) -> str:
    """What is no default, and why."""
    reasons = {row.name: row.demoted for row in METHODS if row.demoted}
    return _worst(tried, set(reasons)) + "\n" + "".join(f"- *{name}*: {why}.\n" for name, why in reasons.items())


def _worst(tried: pd.DataFrame, names: set[str]) -> str:
    rows = []
    average = {row.name for row in METHODS if row.average}
    for (method, grid), own in tried[tried["method"].isin(names)].groupby(["method", "grid"], sort=False):
        full = own[(own["items"] >= 3) & ((own["people"] >= 6) | (grid == "six_people_four_waves"))]
        covered = own["coverage"].mean() if method in average else own["coverage"].min()
        rows.append((method, grid.replace("_", " "), _span(own["n"]), _share(full["false_alarms"].min()),
                     _share(own["false_alarms"].max()), _share(covered), _share((own["coverage"] - own["level"]).min()),
                     _share(own["without_interval"].max()), own["groups"].max()))  # fmt: skip
    return markdown(("method", "groups", "people", "false alarms, lowest (3 items and 6 people or more)",
                     "false alarms, highest", "coverage, lowest (shares: average)", "coverage less the printed level",
                     "without interval, at most", "groups drawn"), rows)  # fmt: skip


def sizes(tried: pd.DataFrame) -> str:
    """The default for one group, by the number of people."""
    own = tried[(tried["method"] == "mean change, paired t") & (tried["grid"] == "two_waves")]
    rows = []
    for n, at in own.groupby("n"):
        full, single = at[at["items"] >= 3], at[at["items"] == 1]
        rows.append((n, f"{_share(full['false_alarms'].min())} to {_share(full['false_alarms'].max())}",
                     f"{_share(full['coverage'].min())} to {_share(full['coverage'].max())}",
                     _share(single["false_alarms"].max()), _share(at["without_interval"].max())))  # fmt: skip
    heads = ("people", "false alarms, 3 and 5 items", "coverage, 3 and 5 items", "false alarms, 1 item, highest",
             "without interval, at most (1 item)")  # fmt: skip
    return markdown(heads, rows)


def shares(tried: pd.DataFrame) -> str:
    """Coverage of shares on average over every true share."""
    own = tried[tried["grid"] == "all_shares"]
    return markdown(("method", "people", "coverage"),
                     ((row.method, row.n, _share(row.coverage)) for row in own.itertuples()))  # fmt: skip


def errors(told: pd.DataFrame) -> str:
    """How often a word is said where nothing has changed: the worst over all sizes and numbers of items."""
    none = told[told["change"] == 0]
    none = none.assign(sure=none[["increase", "decrease"]].max(axis=1), both=none["increase"] + none["decrease"],
                       likely=none[["suggests_increase", "suggests_decrease"]].max(axis=1),
                       any=none["suggests_increase"] + none["suggests_decrease"])  # fmt: skip
    rows = [
        (route.replace("_", " "), ratio, "middle" if middle == 0.5 else "near the end",
         *(_share(own[name].max()) for name in ("sure", "both", "likely", "any", "not_measurable")))
        for (route, ratio, middle), own in none.groupby(["route", "ratio", "middle"])
    ]  # fmt: skip
    return markdown(("route", "spread of changes", "place", "increase", "increase or decrease", "suggests increase",
                      "suggests either", "not measurable"), rows)  # fmt: skip


def words(told: pd.DataFrame) -> str:
    """The whole truth table of one ordinary group: six people."""
    usual = {"confidential": (3, 1.2), "released": (5, 1.0)}
    rows = []
    for route, (items, ratio) in usual.items():
        own = told[(told["route"] == route) & (told["n"] == 6) & (told["items"] == items) & (told["ratio"] == ratio)]
        for row in own.sort_values(["middle", "change"]).to_dict("records"):
            place = "middle" if row["middle"] == 0.5 else "near the end"
            rows.append((route, place, f"{row['change'] * 4:+.2f}", *(_share(row[word]) for word in WORDS)))
    return markdown(("route", "place", "true change (1 to 5)", *(word.replace("_", " ") for word in WORDS)), rows)


def between(text: str, name: str, table: str) -> str:
    before, start, rest = text.partition(f"<!-- table: {name} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    if not (start and end):
        raise ValueError(f"the page has no place for the table {name}")
    return f"{before}{start}\n{table}\n{end}{after}"


def markdown(heads: tuple[object, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{100 * value:.1f} %"


def _span(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low}-{high}"
