"""Knapsacks as portfolios: against enumeration, and the first of the published instances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.engines.portfolio import ProblemError, check, solve
from accord.engines.portfolio.knapsack import Knapsack, knapsack, read_mknap

PETERSEN = """1
6 10 3800
100 600 1200 2400 500 2000
8 12 13 64 22 41
8 12 13 75 22 41
3 6 4 18 6 4
5 10 8 32 6 12
5 13 8 42 6 20
5 13 8 48 6 20
0 0 0 0 8 0
3 0 4 0 8 0
3 2 4 0 8 4
3 2 4 8 8 4
80 96 20 36 44 48 10 18 22 24
"""


def optimum(instance: Knapsack) -> float:
    profits, weights = np.array(instance.profits), np.array(instance.weights)
    choices = np.array(list(itertools.product((0, 1), repeat=len(profits))))
    fits = (choices @ weights.T <= np.array(instance.capacities) + 1e-9).all(axis=1)
    return float((choices[fits] @ profits).max())


def test_first_published_instance() -> None:
    """Petersen (1967), the first of mknap1."""
    (instance,) = read_mknap(PETERSEN)
    assert instance.best == 3800.0 == optimum(instance)
    problem, asked = knapsack(instance.profits, instance.weights, instance.capacities)
    plan = solve(problem, gap=1e-7, time_limit=5)
    assert asked.profit(plan.starts) == 3800.0
    assert asked.profit_of(plan.value) == pytest.approx(3800.0, rel=1e-6)
    assert asked.profit_of(plan.bound) == pytest.approx(3800.0, rel=1e-4)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000), st.integers(3, 9), st.integers(1, 4), st.sampled_from([0.25, 0.5, 0.75]))
def test_optimum_is_that_of_enumeration(seed: int, items: int, rows: int, tightness: float) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 1001, (rows, items))
    profits = np.floor(weights.sum(axis=0) / rows + 500 * rng.random(items))
    capacities = np.floor(tightness * weights.sum(axis=1))
    problem, instance = knapsack(profits.tolist(), weights.tolist(), capacities.tolist())
    plan = solve(problem, gap=1e-7, time_limit=5)
    assert not check(problem, plan.starts)
    assert instance.profit(plan.starts) == optimum(instance)
    assert instance.profit_of(plan.bound) >= optimum(instance) * (1 - 1e-6)


def test_five_hundred_items_can_be_asked() -> None:
    problem, instance = knapsack([1.0] * 500, [[1.0] * 500] * 30, [40.0] * 30)
    plan = solve(problem, time_limit=3.0)
    assert instance.profit(plan.starts) == 40.0 and instance.profit_of(plan.bound) >= 40.0 * (1 - 1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PETERSEN[:60], "number 19, mknap: The text ends"),
        (PETERSEN.replace("2400", "many"), "number 8, mknap: “many” is not a number"),
        ("1\n0 5 0\n", "0 items"),
        ("1\n100000 5000 0\n", "smaller file"),
    ],
)
def test_damaged_files_are_refused_with_their_place(text: str, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        read_mknap(text)


def test_sizes_have_to_match() -> None:
    with pytest.raises(ProblemError) as error:
        knapsack([1.0, 2.0], [[1.0]], [1.0, 2.0])
    assert [fault.subject for fault in error.value.faults] == ["constraint 1", "knapsack"]
