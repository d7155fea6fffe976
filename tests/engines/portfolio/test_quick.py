"""The quick answer: keeps the rules as they are now, begins from known plans, and its gap holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import figures, make, plans, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import Contribution, Infeasible, Initiative, Problem, YearCost, check, quick, solve

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(problems(most=4))
def test_gap_holds_against_enumeration(problem: Problem) -> None:
    known = [figures(problem, plan) for plan in plans(problem)]
    if not known:
        with pytest.raises(Infeasible):
            quick(problem)
        return
    most, least = max(v for v, _ in known), min(x for _, x in known)
    by_value, by_loss = quick(problem, aim="value", seconds=0.5), quick(problem, aim="loss", seconds=0.5)
    joint = quick(problem, seconds=0.5)
    for found in (by_value, by_loss, joint):
        assert not check(problem, found.starts)
        assert (found.value, found.loss) == pytest.approx(figures(problem, found.starts), rel=1e-7, abs=1e-6)
    # On a busy machine the time may not suffice for a proof; where there is one, it holds.
    if by_value.gap is not None:
        assert by_value.value * (1 + by_value.gap) >= most - 1e-6
    if by_loss.gap is not None:
        assert by_loss.loss * (1 - by_loss.gap) <= least + 1e-5
    if joint.gap is not None:
        beside = max(v for v, x in known if x <= joint.loss * (1 + 1e-9))
        below = min(x for v, x in known if v >= joint.value * (1 - 1e-9))
        by_either = beside <= joint.value * (1 + joint.gap) + 1e-6 or below >= joint.loss * (1 - joint.gap) - 1e-5
        assert by_either


def test_a_proof_comes_when_there_is_time() -> None:
    item = Initiative("a", "A", "cio", 1, contributions=(Contribution("growth", 0.5),))
    found = quick(make(item), aim="value", seconds=20.0)
    assert found.starts == {"a": 0} and found.gap == pytest.approx(0.0, abs=1e-6)


def test_known_plans_are_repaired_to_smaller_budgets_and_new_pins() -> None:
    items = [
        Initiative(k, k, "cio", 1, costs=(YearCost(1, 40.0),), contributions=(Contribution("growth", s),))
        for k, s in (("a", 0.5), ("b", 0.4), ("c", 0.1))
    ]
    wide = make(*items, quarters=4, capital=80.0, first="2027-Q1")
    known = [solve(wide, gap=1e-6).starts]
    assert set(known[0]) == {"a", "b"}
    narrow = replace(wide, budgets=tuple(replace(b, capital=40.0) for b in wide.budgets))
    assert set(quick(narrow, known, "value", 0.1).starts) == {"a"}
    pinned = replace(narrow, initiatives=(items[0], items[1], replace(items[2], pinned_by=("ciso",))))
    found = quick(pinned, [*known, {"gone": 0, "a": 0}], "value", 0.1)
    assert set(found.starts) == {"c"}


def test_conflicting_pins_are_named() -> None:
    item = Initiative("a", "A", "cio", 1, costs=(YearCost(1, 60.0),), mandatory=True)
    with pytest.raises(Infeasible, match="A is mandatory"):
        quick(make(item, capital=10.0))
