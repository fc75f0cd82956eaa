"""Pictures of how it was carried out and how far goals came: drawn from the release alone, each where its words say."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from evaluations import group_of, released, write_folder

from evaltools.blocks import Figure
from evaltools.process_pictures import ideas_picture, responses_picture, shares_picture, timeline_picture
from evaltools.released_goals import goals_picture
from evaltools.reports import commissioner_report
from evaltools.steps_plot import Step, steps_plot
from evaltools.wording import words

sys.path.insert(0, str(ROOT / "benchmarks"))
from audit_transcript import TranscriptError, transcribe

SV = words("sv")
EVENTS = """
[[events]]
date = 2025-05-10
kind = "reorganisation"
label = "CANARY Anna Berg slutar"
[[events]]
date = 2025-03-02
kind = "staffing"
label = "CANARY"
group = "A"
"""


def share(measure: str, low: str, high: str, group: str = "", n: int = 6) -> dict[str, Any]:
    return {"measure": measure, "group": group, "n": n, "until": "2026-01",
            "shown": {"kind": "between", "low": low, "high": high}}  # fmt: skip


def change(scale: str, n: int, group: str = "") -> dict[str, Any]:
    return {"scale": scale, "group": group, "n": n, "verdict": "cannot_tell", "uncertainty": "0.5",
            "shown": {"kind": "value", "low": "0.1", "high": "0.1"}}  # fmt: skip


def document(**parts: Any) -> dict[str, Any]:
    """As much of a released document as the pictures read."""
    scales = [{"scale": name, "label": {"sv": name.title()}, "higher_is_better": True} for name in ("trygghet", "lust")]
    contract = {"start_month": "2024-09", "end_month": "2026-01", "waves": ["Före", "Efter"], "goals": []}
    return {"process": {}, "shares": [], "share_absences": [], "changes": [], "absences": [], "scales": scales,
            "contract": contract, "report_date": "2026-02-01"} | parts  # fmt: skip


def rows(figure: Figure | None) -> list[tuple[str, ...]]:
    assert figure is not None
    assert all(row[0] in figure.alternative for row in figure.table.rows)
    return [tuple(row) for row in figure.table.rows]


def test_the_time_line_has_a_row_for_each_month_in_which_something_took_place_in_the_order_of_time() -> None:
    happened = {"measurements": [{"wave": 0, "month": "2024-09"}, {"wave": 1, "month": "2026-06"}],
                "events": [{"kind": "reorganisation", "month": "2025-05", "group": "Norr"}]}  # fmt: skip
    assert rows(timeline_picture(document(process=happened), SV)) == [
        ("Handledningen", "september 2024 till januari 2026"), ("Mätning: Före", "september 2024"),
        ("Norr, Omorganisation", "maj 2025"), ("Mätning: Efter", "juni 2026"),
    ]  # fmt: skip


def test_of_a_supervision_that_has_no_end_yet_the_line_goes_to_the_report_and_says_so() -> None:
    told = document(process={"measurements": [{"wave": 0, "month": "2024-09"}]})
    del told["contract"]["end_month"]
    assert rows(timeline_picture(told, SV))[0] == ("Handledningen hittills", "september 2024 till februari 2026")


def test_without_months_there_is_no_time_line() -> None:
    assert timeline_picture(document(), SV) is None


def test_of_events_only_kind_month_and_group_go_out(tmp_path: Path) -> None:
    groups = {name: group_of(6, [3, 4, 3], [4, 4, 4], name=name) for name in "AB"}
    issued = released(write_folder(tmp_path / "e", groups, more=EVENTS))
    assert issued.document["process"]["events"] == [
        {"kind": "staffing", "month": "2025-03", "group": "Grupp A"}, {"kind": "reorganisation", "month": "2025-05"},
    ]  # fmt: skip
    assert "CANARY" not in json.dumps(issued.document) + commissioner_report(issued)


def test_what_happened_in_individual_supervision_does_not_go_out(tmp_path: Path) -> None:
    groups = {"A": group_of(6, [3, 4, 3], [4, 4, 4]), "B": group_of(1, [3, 4, 3], [4, 4, 4], name="b")}
    folder = write_folder(tmp_path / "e", groups, more=EVENTS.replace('group = "A"', 'group = "B"'))
    settings = (folder / "evaluation.toml").read_text("utf-8")
    alone = settings.replace('label = "Grupp B"', 'label = "Grupp B"\nform = "individual"')
    (folder / "evaluation.toml").write_text(alone, "utf-8")
    assert alone != settings
    assert released(folder).document["process"]["events"] == [{"kind": "reorganisation", "month": "2025-05"}]


def test_the_response_picture_tells_those_at_the_sessions_and_those_behind_each_result() -> None:
    told = document(shares=[share("attendance_share", "80", "100", n=9)],
                    changes=[change("trygghet", 7), change("lust", 6)])  # fmt: skip
    assert rows(responses_picture(told, SV)) == [
        ("Antecknade vid träffarna", "9 personer"), ("Bakom Trygghet", "7 personer"), ("Bakom Lust", "6 personer"),
    ]  # fmt: skip


def test_a_group_without_a_result_is_said_to_have_none_and_gets_no_number() -> None:
    told = document(changes=[change("trygghet", 7, "Norr"), change("lust", 7, "Norr")],
                    absences=[{"scale": "trygghet", "group": "Söder", "absence": "too_few"}])  # fmt: skip
    assert rows(responses_picture(told, SV)) == [
        ("Norr, Bakom alla resultat", "7 personer"), ("Söder, Bakom alla resultat", "visas inte"),
    ]  # fmt: skip
    assert responses_picture(document(), SV) is None


def test_ideas_are_drawn_in_the_order_in_which_they_come_to_use_and_apart_from_other_shares() -> None:
    told = document(
        shares=[
            share("attendance_share", "80", "100"),
            share("idea_tried", "50", "70", "Norr"),
            share("idea_tried", "30", "50", "Söder"),
            share("idea_helped", "30", "50", "Norr"),
        ]
    )
    assert [row[0] for row in rows(ideas_picture(told, SV))] == [
        "Norr, Idéer som prövades", "Norr, Idéer som hjälpte", "Söder, Idéer som prövades",
    ]  # fmt: skip
    assert [row[0] for row in rows(shares_picture(told, SV))] == ["Platser vid träffarna där någon kom"]
    assert ideas_picture(document(), SV) is shares_picture(document(), SV) is None


def marks(svg: str) -> list[tuple[float, str]]:
    return [(float(x), fill) for x, fill in re.findall(r'<use [^>]*x="([\d.]+)"[^>]*style="fill: (#\w+)', svg)]


def test_steps_lie_evenly_and_an_unsure_one_is_hollow_and_a_row_without_one_has_no_mark() -> None:
    steps = [Step("a", "Åt fel håll", 0), Step("b", "Går inte att avgöra", 2, sure=False), Step("c", "Inte mätt"),
             Step("d", "Nått", 4)]  # fmt: skip
    (left, sure), (middle, unsure), (right, _) = marks(steps_plot(steps, ("a", "b"), 2, 5, "k"))
    assert middle == pytest.approx((left + right) / 2, abs=1e-4)
    assert left < right
    assert (sure, unsure) == ("#0b5394", "#ffffff")


def test_the_picture_of_goals_tells_what_was_expected_and_what_was_shown() -> None:
    goals = [{"text": "Tryggare", "indicator": "trygghet", "expected": 0.5}, {"text": "Färre slutar"}]
    contract = document()["contract"] | {"goals": goals}
    told = document(contract=contract, changes=[change("trygghet", 6)])
    figure = goals_picture(told, SV)
    assert figure is not None
    assert "Tryggare Går inte att avgöra; Färre slutar Inte mätt" in figure.alternative
    assert rows(figure) == [
        ("Tryggare", "+0,1", "+0,5", "Går inte att avgöra"),
        ("Färre slutar", "Ingen att visa", "Inte angiven", "Inte mätt"),
    ]  # fmt: skip
    assert goals_picture(document(contract=contract | {"goals": goals[1:]}), SV) is None


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A whole report with a goal, a time line, and the people behind the results."""
    folder = tmp_path_factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALTOOLS_KEY_FILE", str(folder / "a.key"))
        groups = {name: group_of(size, [2, 2, 3], [4, 4, 4], name=name) for name, size in (("A", 6), ("B", 8))}
        return commissioner_report(released(write_folder(folder / "e", groups, more=EVENTS)))


def test_the_transcript_reads_every_picture_of_the_page(page: str) -> None:
    assert len(transcribe(page)) == 4  # two groups at two waves


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<td>Åt rätt håll</td>", "<td>Åt fel håll</td>"), ("<td>maj 2025</td>", "<td>juni 2025</td>"),
        ("<td>6 personer</td>", "<td>5 personer</td>"), ('<a href="#figure-1">', "<a>"),
    ],
)  # fmt: skip
def test_the_transcript_sees_a_picture_that_says_another_thing_than_its_table(page: str, old: str, new: str) -> None:
    assert old in page
    with pytest.raises(TranscriptError):
        transcribe(page.replace(old, new))
