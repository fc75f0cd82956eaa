"""Pictures: right at five people, told apart without colour, true to their figures, and the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from evaltools.change_plot import Change, change_plot

WORDS = ("lägre", "ingen ändring", "högre")
SVG = "{http://www.w3.org/2000/svg}"


def change(value: float, *, spread: float = 0.1, sure: bool = False, name: str = "Skala") -> Change:
    return Change(name, "+1", "ökning", (value, value), (value - spread, value + spread), 0.125, sure)


def dots(svg: str) -> list[tuple[float, str]]:
    """Where each dot lies, and what it is filled with."""
    found = re.findall(r'<use [^>]*x="([\d.]+)"[^>]*style="fill: (#\w+)', svg)
    return [(float(x), fill) for x, fill in found]


def zero(svg: str) -> float:
    match = re.search(r'd="M ([\d.]+) [\d.]+ \nL \1 [\d.]+ \n"[^>]*stroke: #1b2a33', svg)
    assert match
    return float(match[1])


def test_a_rise_lies_right_of_no_change_and_a_fall_as_far_left() -> None:
    svg = change_plot([change(0.2), change(-0.2), change(0.0)], WORDS, "a")
    rise, fall, none = (x - zero(svg) for x, _ in dots(svg))
    assert rise > 0
    assert fall == pytest.approx(-rise, abs=1e-5)
    assert none == pytest.approx(0, abs=1e-5)


def test_a_change_that_cannot_be_told_is_hollow_and_not_only_of_another_colour() -> None:
    (_, sure), (_, unsure) = dots(change_plot([change(0.2, sure=True), change(0.2)], WORDS, "a"))
    assert (sure, unsure) == ("#0b5394", "#ffffff")


def test_a_band_has_no_dot_since_no_one_value_is_known() -> None:
    band = Change("S", "mellan", "ökning", (0.1, 0.3), (0.0, 0.4), 0.125, sure=True)
    assert dots(change_plot([band], WORDS, "a")) == []


def test_every_word_is_drawn_and_long_names_stay_inside() -> None:
    name = "Trygghet och utveckling i chefsrollen och i hela den stora organisationen"
    svg = change_plot([change(0.3, name=name)], WORDS, "a")
    drawn = [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert set(WORDS) <= set(drawn)
    assert {"+1", "ökning", "Trygghet och utveckling i"} <= set(drawn)
    assert all(len(line) <= 30 for line in drawn)


@pytest.mark.parametrize("size", [1e-9, 0.3, 1.0])
def test_any_change_fits_inside_the_picture(size: float) -> None:
    svg = change_plot([change(size, spread=size), change(-size, spread=2 * size)], WORDS, "a")
    width = float(ET.fromstring(svg).attrib["viewBox"].split()[2])
    assert all(0 < x < width for x, _ in dots(svg))
    places = [float(x) for x in re.findall(r"[ML] ([\d.]+) [\d.]+ ", svg)]
    assert all(0 <= x <= width for x in places)


def test_the_same_changes_give_the_same_bytes_with_ids_of_their_own() -> None:
    one, again, other = (change_plot([change(0.2)], WORDS, key) for key in ("a", "a", "b"))
    assert one == again
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, other)]
    assert not ids[0] & ids[1]
