"""Random evaluations as they happen: people join, leave, move, answer late and correct an answer; several reports.

Nothing here knows how the toolkit decides: it makes answers, hands them in, and remembers who answered what.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pandas as pd
from audit_logs import Thing, log_tables, random_things

from evaltools.analysis import Analysis, analyse
from evaltools.disclosure import release
from evaltools.folder import Evaluation, read_evaluation
from evaltools.instruments import Instrument, Scale, shipped_instruments
from evaltools.ledger import Ledger, open_ledger
from evaltools.notebook import run_notebook
from evaltools.policy import policies
from evaltools.reports import commissioner_report
from evaltools.schemas import TABLES, empty_table, typed_column
from evaltools.sealed import Release

Answers = dict[str, list[list[int] | None]]  # by person: a wave's answers, or None where there are none

SHORT = [(1, 4, 1), (1, 4, 2), (1, 6, 1), (1, 6, 2), (0, 10, 1), (0, 10, 2)]
LONG = [(1, 5, 3), (1, 5, 5), (1, 7, 3), (1, 5, 10), (0, 4, 4), (1, 6, 3), (1, 4, 5), (1, 5, 1), (0, 3, 7)]
NOT_RELEASED = ("_level_rows", "item_rows", "_over_time", "then_test_rows", "agreement_rows", "case_rows",
                 "_contract_rows")  # fmt: skip
STYLES = ("spread", "ceiling", "floor", "alike", "split")
_TOML = 'schema = 1\nid = "{id}"\nlanguage = "sv"\nreport_date = 2026-01-31\n[contract]\ncommissioner = "Beställaren"\n'


@dataclass(frozen=True)
class Report:
    """What is handed in for one report: who is in which group, what has been answered so far, which scales exist.

    ``things`` is the session log so far, and ``ended`` whether the supervision has.
    """

    groups: dict[str, str]
    answers: Answers
    waves: int
    scales: tuple[str, ...] = ("own",)
    things: tuple[Thing, ...] = ()
    ended: bool = True


@dataclass(frozen=True)
class World:
    """One evaluation and its reports in order."""

    seed: int
    low: int
    high: int
    items: int
    policy: str
    every_wave: bool
    reports: tuple[Report, ...] = field(default=())
    managers: frozenset[str] = frozenset()

    def members(self, report: Report, told: str) -> set[str]:
        """Whom a page means by a group's name: a group, all staff or managers, or everybody."""
        named = {f"Grupp {group}": {group} for group in report.groups.values()}
        named |= {"Chefer": set(self.managers), "Medarbetare": set(report.groups.values()) - self.managers}
        meant = named.get(told, set(report.groups.values()))
        return {who for who, group in report.groups.items() if group in meant}

    def scale_items(self, scale: str) -> int:
        """How many of the questions a scale has: all, or the first half."""
        return self.items if scale == "own" else max(1, self.items // 2)

    def score(self, answers: list[int], scale: str) -> float:
        """Mean of the answers to a scale's questions."""
        own = answers[: self.scale_items(scale)]
        return sum(own) / len(own)

    def compared(self, report: Report) -> list[int]:
        """The waves that a report compares: all of the plan, or the first and the last."""
        answered = [wave for wave in range(report.waves) if any(own[wave] for own in report.answers.values())]
        return answered if self.every_wave else sorted({*answered[:1], *answered[-1:]})


def random_world(seed: int) -> World:
    """Every other world has scales of one or two items with ranges 1-4, 1-6 and 0-10."""
    draw = random.Random(seed)
    low, high, items = draw.choice(SHORT if seed % 2 else LONG)
    sizes = _sizes(draw)
    groups = {f"{group}{at}": group for group, size in zip("abcd", sizes, strict=False) for at in range(size)}
    waves, style = draw.choice((1, 2, 2, 3, 3, 4)), draw.choice(STYLES)
    answers: Answers = {who: _person(draw, waves, low, high, items, style) for who in groups}
    part = ("a_part", "z_part")[seed % 2] if items >= 4 and draw.random() < 0.4 else ""
    world = World(seed, low, high, items, draw.choice(("standard", "standard", "strict")), draw.random() < 0.6)
    return _with_log(replace(world, reports=tuple(_reports(draw, world, groups, answers, waves, part))), groups, waves)


def _with_log(world: World, groups: dict[str, str], waves: int) -> World:
    """The world with a log that grows from report to report, an end of the supervision, and a group of managers."""
    draw = random.Random(world.seed + 10**6)
    things, last = random_things(draw, groups, waves), draw.randint(1, waves)
    names = sorted(set(groups.values()))
    managers = frozenset(names[-1:]) if len(names) > 1 and draw.random() < 0.5 else frozenset()
    reports = (
        replace(
            report, things=tuple(thing for thing in things if thing.wave < report.waves), ended=report.waves >= last
        )
        for report in world.reports
    )
    return replace(world, reports=tuple(reports), managers=managers)


def _sizes(draw: random.Random) -> list[int]:
    kind = draw.random()
    if kind < 0.7:
        return [draw.randint(5, 12)]
    if kind < 0.85:
        return [draw.randint(3, 8), draw.randint(3, 8)]
    return [draw.randint(4, 8) for _ in range(draw.choice((3, 4)))]


def _person(draw: random.Random, waves: int, low: int, high: int, items: int, style: str) -> list[list[int] | None]:
    joins = draw.randint(1, waves) if draw.random() < 0.12 else 0
    leaves = draw.randint(1, waves) if draw.random() < 0.15 else waves
    return [
        None if wave < joins or wave >= leaves or draw.random() < 0.04 else _answer(draw, low, high, items, style)
        for wave in range(waves)
    ]


def _answer(draw: random.Random, low: int, high: int, items: int, style: str) -> list[int]:
    top, options = (
        {"ceiling": high, "floor": low, "alike": (low + high) // 2, "split": 0, "spread": 0}[style],
        [low, high],
    )
    if style == "spread":
        return [draw.randint(low, high) for _ in range(items)]
    if style == "split":
        return [draw.choice(options)] * items
    return [top if draw.random() < 0.85 else draw.randint(low, high) for _ in range(items)]


def _reports(
    draw: random.Random, world: World, groups: dict[str, str], answers: Answers, waves: int, part: str
) -> Iterator[Report]:
    """A report after some of the waves; between two, somebody answers late, corrects an answer or changes group."""
    groups, answers = dict(groups), {who: list(own) for who, own in answers.items()}
    since = draw.randint(1, waves)  # the report from which the part is a scale of its own
    for told in range(1, waves + 1):
        if told < waves and draw.random() < 0.35:
            continue
        known = {who: [own[wave] if wave < told else None for wave in range(waves)] for who, own in answers.items()}
        scales = ("own", part) if part and told >= since else ("own",)
        if any(any(own) for own in known.values()):
            yield Report(dict(groups), known, told, scales)
        for who in draw.sample(sorted(groups), 2):
            wave, event = draw.randrange(told), draw.random()
            if event < 0.3:
                answers[who][wave] = _answer(draw, world.low, world.high, world.items, "spread")
            elif event < 0.4:
                groups[who] = draw.choice(sorted(set(groups.values())))


@cache
def _template() -> Evaluation:
    with TemporaryDirectory() as folder:
        text = _TOML.format(id="template") + 'purpose = "Syftet"\nstart = 2024-09-01\n'
        groups = '[[groups]]\nid = "a"\nlabel = "Grupp a"\n[[waves]]\nid = "w0"\nlabel = "Före"\n'
        (Path(folder) / "evaluation.toml").write_text(text + groups, "utf-8")
        return read_evaluation(folder)


def evaluation_of(world: World, report: Report) -> Evaluation:
    """The evaluation as it stands when a report is made, as `read_evaluation` gives it."""
    names = sorted(set(report.groups.values()))
    answers = [(who, f"w{wave}", "own", f"q{item}", "item", float(code))
               for who, own in report.answers.items() for wave, given in enumerate(own)
               for item, code in enumerate(given or ())]  # fmt: skip
    plan = [(scale, f"w{wave}", "commissioner") for scale in report.scales for wave in range(report.waves)]
    people = _table("people", ["person", "group"], list(report.groups.items()))
    waves = [(f"w{wave}", f"Mätning {chr(65 + wave)}") for wave in range(report.waves)]
    kinds: list[tuple[object, ...]] = [
        (name, f"Grupp {name}", "managers" if name in world.managers else "staff") for name in names
    ]
    log = {name: _table(name, *rows) for name, rows in log_tables(report.things, report.groups).items() if rows[1]}
    end = pd.Timestamp("2025-12-31" if report.ended else "2026-12-31")
    return replace(
        _template(), id=f"world-{world.seed}", policy=world.policy, **log,
        contract=_template().contract.assign(end=end),
        groups=_table("groups", ["group", "label", "audience"], kinds),
        waves=_table("waves", ["wave", "label"], waves), people=people.assign(linked=True),
        evaluation_plan=_table("evaluation_plan", ["what", "wave", "to"], plan if world.every_wave else []),
        goals=_table("goals", ["goal", "text", "indicator"], [("g1", "Målet", "own")]),
        instruments={"own": _instrument(world, report.scales)},
        planned={scale: {"sv": scale} for scale in report.scales},
        responses=_table("responses", ["person", "wave", "instrument", "item", "given_as", "code"], answers),
    )  # fmt: skip


def _table(name: str, columns: list[str], rows: list[tuple[object, ...]]) -> pd.DataFrame:
    empty = empty_table(name)
    given = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    typed = {column: typed_column(values, TABLES[name][column].kind) for column, values in given.items()}
    return empty.reindex(range(len(rows))).assign(**typed) if rows else empty


def _instrument(world: World, scales: tuple[str, ...]) -> Instrument:
    key = shipped_instruments()["toolkit_competence"]  # asked of everybody
    own = tuple(_scale(key.scales[0], world, scale) for scale in scales)
    return replace(key, id="own", items=(), scales=own)


def _scale(pattern: Scale, world: World, name: str) -> Scale:
    count = world.scale_items(name)
    items = tuple(f"q{at}" for at in range(count))
    label = {"sv": "Egen skala" if name == "own" else "Delskala"}
    return replace(pattern, id=name, instrument="own", label=label, items=items, reversed=frozenset(), low=world.low,
                   high=world.high, min_answered=count, references=(), item_count=count, step=1 / count,
                   published_change=None)  # fmt: skip


def let_out(world: World, report: Report, folder: Path, *, whole: bool = False) -> Release:
    """What the toolkit lets out for one report of a world, with the ledger of the earlier ones in the folder."""
    ledger = open_ledger(folder)
    return release(analysed(world, report, ledger, whole=whole), policies()[world.policy], ledger)


def analysed(world: World, report: Report, ledger: Ledger, *, whole: bool = False) -> Analysis:
    """The analysis of a report.

    Only the rows that a release draws on are computed, unless the whole analysis is asked for; a test holds that it
    makes no difference.
    """
    left_out = dict.fromkeys(() if whole else NOT_RELEASED, _nothing)
    with patch.multiple("evaltools.analysis", **left_out) if left_out else nullcontext():
        return analyse(evaluation_of(world, report), ledger)


def _nothing(*_: object) -> list[object]:
    return []


def prepare(world: World, folder: Path) -> None:
    """A folder that is an evaluation of its own, so that its ledger is too."""
    (folder / "evaluation.toml").write_text(_TOML.format(id=f"world-{world.seed}"), "utf-8")


def delivered(issued: Release) -> str:
    """The commissioner's page: the same bytes as from the walled process, without starting one each time."""

    def warm(path: Path, given: Release, language: str) -> object:
        return run_notebook(path, {"language": language, "release": given})

    with patch("evaltools.reports.run_walled", warm):
        return commissioner_report(issued, "sv")
