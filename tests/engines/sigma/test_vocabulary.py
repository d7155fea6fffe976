"""What was found of values is found again under their numbers, until all is forgotten at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.sigma.vocabulary import UNKNOWN, Table, Vocabularies, Vocabulary


def test_values_are_numbered_as_they_come() -> None:
    known = Vocabulary()
    assert known.numbers(["a", ("a",), "b", "a"]).tolist() == [0, 1, 2, 0]
    assert known.numbers([b"digest", "b"]).tolist() == [3, 2]


@given(st.lists(st.dictionaries(st.integers(0, 300), st.integers(0, 70_000), min_size=1), max_size=6))
def test_a_table_keeps_the_last_that_was_put(rounds: list[dict[int, int]]) -> None:
    table, wanted = Table(), dict[int, int]()
    for told in rounds:
        table.put(np.array(list(told)), np.array(list(told.values()), np.int32))
        wanted |= told
    numbers = np.arange(400)
    assert table.of(numbers).tolist() == [wanted.get(number, UNKNOWN) for number in numbers.tolist()]


def test_sets_are_told_by_numbers_and_nothing_is_zero() -> None:
    sets = Vocabulary().sets(1)
    assert [sets.number(one) for one in ((), (4, 2), (1,), (4, 2))] == [0, 1, 2, 1]
    assert sets[1] == (4, 2)
    assert sets[0] == ()


def test_all_is_forgotten_together_when_it_takes_too_much() -> None:
    all_of = Vocabularies(2_000)
    first = all_of.of("F")
    first.numbers([f"value {number}" for number in range(5)])
    all_of.bound()
    assert all_of.of("F") is first
    first.numbers([f"other value {number}" for number in range(20)])
    all_of.of("G").numbers(["x"])
    all_of.bound()
    assert all_of.of("F") is not first
    assert all_of.of("F").bytes == 0
