"""Everybody has one seat, by group and code, however the rows are cut into frames and whatever words these share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from evaltools.register.seats import Seats

WORDS = list("abcd")
ROWS = st.lists(st.tuples(st.sampled_from([*WORDS, None]), st.sampled_from([*WORDS, None]), st.integers(1, 4)),
                min_size=1, max_size=12)  # fmt: skip


@given(frames=st.lists(st.tuples(st.booleans(), ROWS), min_size=1, max_size=5), order=st.permutations(WORDS))
def test_a_seat_is_one_person_of_one_group(
    frames: list[tuple[bool, list[tuple[str | None, str | None, int]]]], order: list[str]
) -> None:
    """Frames have the words of the one before, or words of their own, in another order; rows lie together or not."""
    seats, of, words = Seats(), dict[tuple[str, str], int](), pd.Index(WORDS, dtype=object)
    for own_words, rows in frames:
        words = pd.Index(order, dtype=object) if own_words else words
        pairs = [(group, person) for group, person, times in rows for _ in range(times)]
        group, person = (pd.Categorical(list(column), words) for column in zip(*pairs, strict=True))
        for pair, seat in zip(pairs, seats.of_rows(group, person).tolist(), strict=True):
            if pair[0] is None or pair[1] is None:
                assert seat == -1
            else:
                assert of.setdefault((pair[0], pair[1]), seat) == seat
    assert sorted(of.values()) == list(range(len(seats)))
    groups, codes, places = seats.in_order()
    assert list(zip(groups, codes, strict=True)) == sorted(of)
    assert places.tolist() == [of[pair] for pair in sorted(of)]


def test_so_many_rows_that_they_are_looked_at_in_slices() -> None:
    rng = np.random.default_rng(1)
    words = pd.Index([f"p{at}" for at in range(500)], dtype=object)
    for shuffled in (False, True):
        codes = np.sort(rng.integers(-1, 500, 200_000))
        codes = rng.permutation(codes) if shuffled else codes
        groups = np.where(rng.random(len(codes)) < 0.001, (499 - codes) % 500, codes % 7)
        seats = Seats()
        found = seats.of_rows(pd.Categorical.from_codes(groups, words), pd.Categorical.from_codes(codes, words))
        there = (codes >= 0) & (groups >= 0)
        people = pd.DataFrame({"group": groups, "code": codes, "seat": found})[there].drop_duplicates()
        assert (found[~there] == -1).all()
        assert sorted(people["seat"]) == list(range(len(seats)))
        assert not people.duplicated(["group", "code"]).any()
