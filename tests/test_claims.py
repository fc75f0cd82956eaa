"""An answer stands in one figure at most: against the algebra of everything that is out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools.claims import Claim, free
from evaltools.ledger import Entry

FIVE = 5


def _entry(wave: str, people: str, *questions: str) -> Entry:
    return Entry("", "", "s", "group", "g", wave, frozenset(people), {"answers": list(questions)})


@pytest.mark.parametrize(
    ("wave", "people", "question", "may"),
    [
        ("w0", "abcdef", "k/1", False),  # a part of the total
        ("w0", "efghij", "k/3", False),  # two people in both
        ("w0", "ghijkl", "k/1", True),  # other people
        ("w1", "abcdef", "k/1", True),  # another wave's answers
        ("w0", "abcdef", "k/4", True),  # other questions
    ],
)
def test_an_answer_stands_in_one_figure(wave: str, people: str, question: str, may: bool) -> None:
    out = [_entry("w0", "abcdef", "k/1", "k/2", "k/3")]
    assert free(Claim(frozenset({question}), wave, frozenset(people)), out) is may


def isolated(out: Iterable[Entry]) -> set[int]:
    """Sizes below five of sets of people about whom some sum of the figures tells, nothing else being in it.

    Every person's answer to every question at every wave is an unknown; a figure is a row of ones. A combination that
    leaves only some people's unknowns exists if the figures lose rank when these people are left out.
    """
    figures = [(entry.wave, entry.people, entry.figure["answers"]) for entry in out]
    people = sorted({who for _, own, _ in figures for who in own})
    unknowns = sorted({(wave, who, question) for wave, own, asked in figures for who in own for question in asked})
    rows = [[float(u[0] == wave and u[1] in own and u[2] in asked) for u in unknowns] for wave, own, asked in figures]
    matrix = np.array(rows).reshape(len(figures), len(unknowns))
    rank = np.linalg.matrix_rank(matrix) if figures else 0
    found = set()
    for size in range(1, FIVE):
        for some in combinations(people, size):
            others = [u[1] not in some for u in unknowns]
            if rank > (np.linalg.matrix_rank(matrix[:, others]) if any(others) else 0):
                found.add(size)
    return found


def let_out(asked: Iterable[Entry]) -> list[Entry]:
    """The figures that go out when they are asked for one after the other."""
    out: list[Entry] = []
    for entry in asked:
        claim = Claim(frozenset(entry.figure["answers"]), entry.wave, entry.people)
        if len(entry.people) >= FIVE and free(claim, out):
            out.append(entry)
    return out


UNITS = {"A": "abcdef", "A and B": "abcdefghijkl", "B less one": "ghijk"}
PARTS = {"total": ["k/1", "k/2", "k/3"], "first": ["k/1"], "second": ["k/2"]}
POOL = {"all": "abcdefghijklmnopqr", "one": "abcdef", "two": "ghijkl", "three less one": "mnopq"}


@pytest.mark.parametrize("order", list(permutations(UNITS)), ids=", ".join)
def test_units_and_their_sum_less_one_in_every_order(order: tuple[str, ...]) -> None:
    asked = [_entry("w0", UNITS[name], "k/1") for name in order]
    assert 1 in isolated(asked)
    assert isolated(let_out(asked)) == set()


@pytest.mark.parametrize("order", list(permutations(PARTS)), ids=", ".join)
def test_a_total_never_stands_beside_one_of_its_parts(order: tuple[str, ...]) -> None:
    out = let_out(_entry("w0", "abcdef", *PARTS[name]) for name in order)
    answers = [question for entry in out for question in entry.figure["answers"]]
    assert len(answers) == len(set(answers))


@pytest.mark.parametrize("order", list(permutations(POOL)), ids=", ".join)
def test_a_pool_less_its_published_groups_is_nobody(order: tuple[str, ...]) -> None:
    asked = [_entry("w0", POOL[name], "k/1") for name in order]
    assert 1 in isolated(asked)
    assert isolated(let_out(asked)) == set()


figures = st.builds(
    lambda wave, people, questions: _entry(wave, "".join(sorted(people)), *sorted(questions)),
    st.sampled_from(["w0", "w1"]),
    st.sets(st.sampled_from("abcdefghi"), min_size=4),
    st.sets(st.sampled_from(["k/1", "k/2", "k/3"]), min_size=1),
)


@given(st.lists(figures, max_size=6))
def test_no_sum_of_what_is_out_is_about_fewer_than_five(asked: list[Entry]) -> None:
    assert isolated(let_out(asked)) == set()
