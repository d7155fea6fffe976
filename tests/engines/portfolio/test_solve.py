"""The planner against enumeration, its proofs, and the properties that any optimum has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import figures, make, plans, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import (
    Contribution,
    Effect,
    Infeasible,
    Initiative,
    Limits,
    PeopleNeed,
    Problem,
    YearCost,
    check,
    evaluate,
    solve,
)

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def best(problem: Problem, objective: str, limits: Limits | None = None) -> float | None:
    """The optimum by enumeration."""
    held = limits or Limits()
    found = [figures(problem, plan) for plan in plans(problem)]
    found = [(v, x) for v, x in found if (held.loss is None or x <= held.loss * (1 + 1e-9))
             and (held.value is None or v >= held.value * (1 - 1e-9))]  # fmt: skip
    if not found:
        return None
    return max(v for v, _ in found) if objective == "value" else min(x for _, x in found)


@QUICK
@given(problems())
def test_exact_figures_are_those_of_the_definition(problem: Problem) -> None:
    for plan in list(plans(problem))[:40]:
        outcome = evaluate(problem, plan)
        assert (outcome.value, outcome.loss) == pytest.approx(figures(problem, plan), rel=1e-7, abs=1e-6)
        assert sum(outcome.value_by_goal.values()) == pytest.approx(outcome.value)
        assert sum(outcome.loss_by_scenario.values()) == pytest.approx(outcome.loss)


@QUICK
@given(problems())
def test_optimum_is_that_of_enumeration(problem: Problem) -> None:
    for objective in ("value", "loss"):
        expected = best(problem, objective)
        if expected is None:
            with pytest.raises(Infeasible):
                solve(problem, objective, time_limit=2, gap=1e-6)
            continue
        plan = solve(problem, objective, time_limit=2, gap=1e-6)
        assert not check(problem, plan.starts)
        assert getattr(plan, objective) == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert (plan.value, plan.loss) == pytest.approx(figures(problem, plan.starts), rel=1e-7, abs=1e-6)


@QUICK
@given(problems(most=3))
def test_limits_hold_and_cost_what_enumeration_says(problem: Problem) -> None:
    free = best(problem, "loss")
    if free is None:
        return
    limits = Limits(loss=(free + evaluate(problem, {}).loss) / 2 + 1e-6)
    expected = best(problem, "value", limits)
    if expected is None:
        return
    plan = solve(problem, "value", limits, time_limit=2, gap=1e-6)
    assert plan.loss <= limits.loss * (1 + 1e-9)
    assert plan.value == pytest.approx(expected, rel=1e-5, abs=1e-6)


@QUICK
@given(problems(most=4))
def test_bound_holds_even_when_time_is_out(problem: Problem) -> None:
    expected = best(problem, "value")
    if expected is None:
        return
    plan = solve(problem, "value", time_limit=0.01, gap=0.0)
    assert not check(problem, plan.starts)
    assert plan.bound >= expected - 1e-6
    assert plan.gap == pytest.approx((plan.bound - plan.value) / max(plan.value, 1e-12))


@QUICK
@given(problems(most=3))
def test_more_budget_never_worsens_and_a_rule_never_improves(problem: Problem) -> None:
    if best(problem, "value") is None:
        return
    richer = replace(problem, budgets=tuple(replace(b, capital=b.capital * 2) for b in problem.budgets))
    last = problem.initiatives[-1]
    barred = replace(problem, initiatives=(*problem.initiatives[:-1], replace(last, dropped_by=("ciso",))))
    for objective, sign in (("value", 1), ("loss", -1)):
        base = getattr(solve(problem, objective, time_limit=2, gap=1e-6), objective)
        more = getattr(solve(richer, objective, time_limit=2, gap=1e-6), objective)
        assert sign * more >= sign * base - 1e-5 * abs(base) - 1e-6
        if best(barred, "value") is not None:
            less = getattr(solve(barred, objective, time_limit=2, gap=1e-6), objective)
            assert sign * less <= sign * base + 1e-5 * abs(base) + 1e-6


def _pair() -> tuple[Initiative, Initiative]:
    strong = Initiative("a", "A", "cio", 1, costs=(YearCost(1, 60.0),), contributions=(Contribution("growth", 0.5),))
    weak = replace(strong, key="b", name="B", contributions=(Contribution("growth", 0.4),))
    return strong, weak


def test_returns_diminish() -> None:
    """Two contributions of 0.5 and 0.4 close 1 − 0.5 × 0.6 = 0.7 of the gap, in three of four quarters."""
    problem = make(*_pair(), quarters=4, capital=200.0, goals={"growth": 1.0}, scenarios={}, first="2027-Q1")
    plan = solve(problem, gap=1e-6)
    assert plan.starts == {"a": 0, "b": 0}
    assert plan.value == pytest.approx(0.7 * 3 / 4)
    assert plan.status == "optimal"


def test_equal_plans_are_told_apart_by_the_other_figure() -> None:
    strong, _ = _pair()
    safer = replace(strong, key="c", name="C", effects=(Effect("theft", 0.5),))
    plan = solve(make(strong, safer, quarters=4, first="2027-Q1"), "value", gap=1e-6)
    assert set(plan.starts) == {"c"}


def test_a_limit_beyond_reach_is_named_with_what_is_reachable() -> None:
    item = Initiative("a", "A", "ciso", 1, effects=(Effect("theft", 0.5),))
    with pytest.raises(Infeasible) as error:
        solve(make(item), "value", Limits(loss=10.0), time_limit=2)
    assert [rule.kind for rule in error.value.rules] == ["loss"]
    assert "no plan gets below" in str(error.value)


def test_nothing_at_all_is_a_plan_when_nothing_is_mandatory() -> None:
    item = Initiative("a", "A", "cio", 1, people=(PeopleNeed(1, "engineer", 4.0),))
    plan = solve(make(item, fte=1.0), "value", gap=1e-6)
    assert plan.starts == {} and plan.value == 0.0


def test_an_effect_of_a_hundred_percent_is_planned_with() -> None:
    total = Initiative(
        "a", "A", "cio", 1, contributions=(Contribution("growth", 1.0),), effects=(Effect("theft", 1.0),)
    )
    half = replace(
        total, key="b", name="B", contributions=(Contribution("growth", 0.5),), effects=(Effect("theft", 0.5),)
    )
    plan = solve(make(total, half, quarters=4, first="2027-Q1"), "loss", gap=1e-6)
    assert plan.starts["a"] == 0
    assert plan.loss == pytest.approx(40.0 + 60.0 / 4, abs=1e-5)


def test_nothing_is_written_to_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    solve(make(*_pair(), first="2027-Q1"), gap=1e-6)
    assert capfd.readouterr() == ("", "")
