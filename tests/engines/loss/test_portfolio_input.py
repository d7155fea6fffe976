"""What a portfolio refuses, and that it says where and what to do."""

from __future__ import annotations

import numpy as np
import pytest

from accord.engines.loss import LossInputError, Portfolio

RATE = [0.1, 0.2, 0.5]
AMOUNT = [[1e3, 5e3, 2e4], [np.nan] * 3]


@pytest.mark.parametrize(
    ("frequency", "magnitude", "field", "reason"),
    [
        ([np.nan] * 3, AMOUNT, "frequency", "unknown at 5 %, 50 %, 95 %"),
        ([0.1, np.nan, 0.5], AMOUNT, "frequency", "unknown at 50 %"),
        ([0.3, 0.2, 0.5], AMOUNT, "frequency", "out of order"),
        ([-0.1, 0.2, 0.5], AMOUNT, "frequency", "no events per year"),
        ([0.0, 0.2, 0.5], AMOUNT, "frequency", "the 5 % bound is 0"),
        ([0.1, 0.2, np.inf], AMOUNT, "frequency", "no events per year"),
        ([1e-7, 0.2, 0.5], AMOUNT, "frequency", "more than 100,000 times"),
        (RATE, [[np.nan] * 3, [np.nan] * 3], "magnitude", "no form of loss"),
        (RATE, [[1e3, np.nan, 2e4], [np.nan] * 3], "magnitude of form 1", "unknown at 50 %"),
        (RATE, [[1e3, 5e3, 2e4], [5.0, 4.0, 9.0]], "magnitude of form 2", "out of order"),
    ],
)
def test_each_bad_interval_is_named(
    frequency: list[float], magnitude: list[list[float]], field: str, reason: str
) -> None:
    with pytest.raises(LossInputError) as caught:
        Portfolio(["good", "SC-7"], [RATE, frequency], [AMOUNT, magnitude])
    (problem,) = caught.value.problems
    assert (problem.key, problem.field) == ("SC-7", field)
    assert reason in problem.reason
    assert problem.remedy
    assert "SC-7" in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(LossInputError) as caught:
        Portfolio(["a", "b"], [[0.3, 0.2, 0.5], [np.nan] * 3], [AMOUNT, AMOUNT], [1.0, -1.0])
    assert [(problem.key, problem.field) for problem in caught.value.problems] == [
        ("a", "frequency"),
        ("b", "frequency"),
        ("b", "frequency_factor"),
    ]


def test_shapes_and_keys_are_checked() -> None:
    with pytest.raises(LossInputError, match="one row per scenario"):
        Portfolio(["a"], [RATE, RATE], [AMOUNT])
    with pytest.raises(LossInputError, match="appears twice"):
        Portfolio(["a", "a"], [RATE, RATE], [AMOUNT, AMOUNT])


def test_zero_in_all_three_is_a_form_that_costs_nothing() -> None:
    portfolio = Portfolio(["a"], [RATE], [[[1e3, 5e3, 2e4], [0.0, 0.0, 0.0]]])
    alone = Portfolio(["a"], [RATE], [[[1e3, 5e3, 2e4]]])
    assert portfolio.annual_moments() == alone.annual_moments()
