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
    by_value, by_loss = quick(problem, aim="value", seconds=0.1), quick(problem, aim="loss", seconds=0.1)
    assert by_value.gap is not None and by_loss.gap is not None
    assert by_value.value * (1 + by_value.gap) >= most - 1e-6
    assert by_loss.loss * (1 - by_loss.gap) <= least + 1e-5
    joint = quick(problem, seconds=0.1)
    assert not check(problem, joint.starts) and joint.gap is not None
    assert (joint.value, joint.loss) == pytest.approx(figures(problem, joint.starts), rel=1e-7, abs=1e-6)


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
    assert set(found.starts) == {"c"} and found.gap == pytest.approx(0.0, abs=1e-6)


def test_conflicting_pins_are_named() -> None:
    item = Initiative("a", "A", "cio", 1, costs=(YearCost(1, 60.0),), mandatory=True)
    with pytest.raises(Infeasible, match="A is mandatory"):
        quick(make(item, capital=10.0))
