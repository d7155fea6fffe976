"""A plan at a stated price of value: against enumeration; what is known is never answered with less."""

from __future__ import annotations

import math

import pytest
from accord_portfolios import figures, make, plans, problems
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.engines.portfolio import (
    Contribution,
    Effect,
    Infeasible,
    Initiative,
    Limits,
    NotFound,
    Problem,
    YearCost,
    balanced,
    check,
)

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(problems(), st.sampled_from([1.0, 60.0, 5000.0]))
def test_worth_is_the_best_of_enumeration(problem: Problem, price: float) -> None:
    rated = [price * value - loss for value, loss in (figures(problem, plan) for plan in plans(problem))]
    if not rated:
        with pytest.raises(Infeasible):
            balanced(problem, price)
        return
    found = balanced(problem, price, seconds=2.0, enough=1e-7)
    assert not check(problem, found.starts)
    value, loss = figures(problem, found.starts)
    assert found.worth == pytest.approx(price * value - loss, rel=1e-7, abs=1e-6)
    assert max(rated) == pytest.approx(found.worth, rel=1e-5, abs=1e-4)
    assert found.bound >= max(rated) - 1e-6 * max(1.0, abs(found.worth))


@QUICK
@given(problems(), st.sampled_from([1.0, 60.0, 5000.0]), st.data())
def test_in_brief_the_bound_holds_and_what_is_known_is_brought_to_fit(
    problem: Problem, price: float, data: st.DataObject
) -> None:
    """Whatever plans are known, broken ones included: no plan is worth more than the bound."""
    rated = [price * value - loss for value, loss in (figures(problem, plan) for plan in plans(problem))]
    if not rated:
        return
    starts = st.dictionaries(st.sampled_from([i.key for i in problem.initiatives]), st.integers(0, 4))
    found = balanced(problem, price, data.draw(st.lists(starts, max_size=3)), seconds=0.1)
    assert not check(problem, found.starts)
    assert found.worth <= max(rated) + 1e-6 * max(1.0, abs(max(rated)))
    assert found.bound >= max(rated) - 1e-6 * max(1.0, abs(max(rated)))


def two() -> Problem:
    """Money for one of two: one brings value, the other avoids loss."""
    return make(
        Initiative("shop", "Shop", "cio", 1, costs=(YearCost(1, 100.0),), contributions=(Contribution("growth", 0.5),)),
        Initiative("wall", "Wall", "ciso", 1, costs=(YearCost(1, 100.0),), effects=(Effect("theft", 0.5),)),
        quarters=2,
    )


def test_the_price_decides() -> None:
    """In one quarter of two: the shop closes 0.5 of 0.6, the wall avoids 7.5 (half of a quarter of 60 a year)."""
    assert balanced(two(), 49.0).starts == {"wall": 0}
    assert balanced(two(), 51.0).starts == {"shop": 0}


def test_what_is_known_is_where_it_begins_and_broken_plans_are_passed_over() -> None:
    known = [{"shop": 0, "wall": 0}, {"moon": 0}, {"shop": 0}]
    found = balanced(two(), 51.0, known, seconds=0.0)
    assert found.worth >= 51.0 * 0.15 - 50.0 - 1e-9


def test_limits_hold_and_what_is_beyond_reach_is_said() -> None:
    assert balanced(two(), 5000.0, limits=Limits(loss=43.0)).starts == {"wall": 0}
    with pytest.raises(NotFound, match="proved"):
        balanced(two(), 1.0, limits=Limits(loss=1.0))


@pytest.mark.parametrize("price", [0.0, -1.0, math.inf, math.nan])
def test_a_price_is_money(price: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        balanced(two(), price)
