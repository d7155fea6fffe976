"""What more money or people is worth: against enumeration of the wider problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import figures, make, plans, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import Contribution, Initiative, PeopleNeed, Problem, YearCost, check, worth_of_more
from accord.engines.portfolio.worth import with_more

QUICK = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def item(key: str, cost: float, share: float, fte: float = 0.0) -> Initiative:
    people = (PeopleNeed(1, "engineer", fte),) if fte else ()
    return Initiative(
        key, key, "cio", 1, latest="2027-Q1", costs=(YearCost(1, cost),), people=people,
        contributions=(Contribution(f"goal {key}", share),),
    )  # fmt: skip


def one_quarter(*items: Initiative, capital: float, fte: float = 10.0) -> Problem:
    goals = {f"goal {i.key}": 1 / len(items) for i in items}
    return make(*items, quarters=2, capital=capital, fte=fte, goals=goals, scenarios={}, first="2027-Q1")


def test_dual_of_a_budget_is_the_slope_of_the_fractional_plan() -> None:
    """“b” and two thirds of “a” fit: one more unit of money buys 1/60 of a third of all goals, for half of the time."""
    problem = one_quarter(item("a", 60.0, 1.0), item("b", 40.0, 0.9), item("c", 50.0, 0.1), capital=80.0)
    found = worth_of_more(problem, seconds=1.0, verify=1, step_share=0.25)
    row = found.rows[0]
    assert (row.what, row.used, row.limit) == ("capital budget of 2027", 60.0, 80.0)
    assert row.step is not None and row.step.amount == 20.0
    assert row.step.found == pytest.approx(0.9 / 3 / 2) and row.step.most >= row.step.found
    assert set(row.step.starts) == {"a", "b"}
    assert row.dual == pytest.approx(1.0 / 60 / 3 / 2)


def test_a_month_of_work_is_a_third_of_a_full_time_equivalent_and_what_is_left_over_is_worth_nothing() -> None:
    problem = one_quarter(item("a", 10.0, 0.5, 2.0), item("b", 10.0, 0.5, 2.0), capital=100.0, fte=3.0)
    rows = {row.what: row for row in worth_of_more(problem, seconds=1.0, verify=4).rows}
    people = rows["engineer in 2027-Q1"]
    assert people.step is not None and people.step.amount == 1.0
    assert people.step.found == pytest.approx(0.5 / 2 / 2)
    assert people.dual == pytest.approx(0.5 / 2 / 2 / 2 / 3)
    assert people.step.predicted == pytest.approx(3 * people.dual)
    assert all("capital" not in what for what in rows), "a budget that nothing can exhaust has no row"


@QUICK
@given(problems(most=3))
def test_no_plan_gains_more_than_the_bound_on_a_step(problem: Problem) -> None:
    known = [figures(problem, plan) for plan in plans(problem)]
    if not known:
        return
    found = worth_of_more(problem, 100.0, 1.0, seconds=0.6, verify=2)
    assert not check(problem, found.starts)
    assert max(100.0 * v - x for v, x in known) <= found.bound + 1e-5
    for row in found.rows:
        assert row.dual >= 0.0 and row.used <= row.limit * (1 + 1e-9)
        if row.step is not None:
            wider = with_more(problem, row, row.step.amount)
            best = max(100.0 * v - x for v, x in (figures(wider, plan) for plan in plans(wider)))
            assert not check(wider, row.step.starts)
            assert 0.0 <= row.step.found <= row.step.most + 1e-9
            assert best - found.objective <= row.step.most + 1e-5


def test_weights_have_to_be_positive() -> None:
    problem = replace(one_quarter(item("a", 60.0, 1.0), capital=30.0))
    with pytest.raises(ValueError, match="weights"):
        worth_of_more(problem, 0.0, 0.0)
