"""The frontier: non-dominated, with its ends, the joint proposal and the references; gaps that hold."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from accord_portfolios import figures, make, plans

from accord.engines.portfolio import (
    Cancelled,
    Contribution,
    Effect,
    Frontier,
    Initiative,
    PeopleNeed,
    Problem,
    YearCost,
    check,
    evaluate,
    frontier,
    six_plans,
)


def portfolio() -> Problem:
    """Six initiatives that fight for one budget and one skill."""

    def item(key: str, sponsor: str, cost: float, growth: float, theft: float, duration: int = 1) -> Initiative:
        return Initiative(
            key,
            key.upper(),
            sponsor,  # type: ignore[arg-type]
            duration,
            costs=(YearCost(1, cost, cost / 10),),
            people=(PeopleNeed(1, "engineer", 1.0),),
            contributions=(Contribution("growth", growth),) if growth else (),
            effects=(Effect("theft", theft),) if theft else (),
        )

    return make(
        item("shop", "cio", 60.0, 0.5, -0.3),
        item("data", "cio", 50.0, 0.4, 0.0, 2),
        item("mail", "cio", 30.0, 0.15, 0.1),
        item("mfa", "ciso", 40.0, 0.0, 0.5),
        item("soc", "ciso", 70.0, 0.05, 0.6, 2),
        quarters=4,
        capital=110.0,
        running=30.0,
        fte=1.0,
        first="2027-Q1",
    )


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier(portfolio(), points=7, time_limit=6.0, gap=1e-4)


@pytest.fixture(scope="module")
def known() -> list[tuple[float, float]]:
    return [figures(portfolio(), plan) for plan in plans(portfolio())]


def test_points_keep_all_rules_and_none_beats_another(found: Frontier) -> None:
    assert len(found.points) >= 3
    for plan in found.points:
        assert not check(portfolio(), plan.starts)
        outcome = evaluate(portfolio(), plan.starts)
        assert (outcome.value, outcome.loss) == pytest.approx((plan.value, plan.loss))
    for one, other in itertools.pairwise(found.points):
        assert one.loss < other.loss and one.value < other.value


def test_ends_are_the_optima(found: Frontier, known: list[tuple[float, float]]) -> None:
    most = max(v for v, _ in known)
    least = min(x for _, x in known)
    assert found.cio.value == pytest.approx(most)
    assert found.cio.loss == pytest.approx(min(x for v, x in known if v >= most - 1e-9))
    assert found.ciso.loss == pytest.approx(least)
    assert found.ciso.value == pytest.approx(max(v for v, x in known if x <= least + 1e-9))


def test_joint_has_the_largest_nash_product_within_its_proof(found: Frontier, known: list[tuple[float, float]]) -> None:
    best = max(max(v - found.ciso.value, 0) * max(found.cio.loss - x, 0) for v, x in known)
    assert found.product <= best + 1e-9 <= found.product_bound + 1e-6
    assert found.product >= best * 0.98


def test_no_plan_lies_beyond_the_ceiling_or_a_bound(found: Frontier, known: list[tuple[float, float]]) -> None:
    for loss, value in found.ceiling:
        assert all(v <= value + 1e-6 for v, x in known if x <= loss)
    for plan in found.points:
        if plan.objective == "value" and plan.limits.loss is not None:
            assert all(v <= plan.bound + 1e-6 for v, x in known if x <= plan.limits.loss)
        if plan.objective == "loss" and plan.limits.value is not None:
            assert all(x >= plan.bound - 1e-5 for v, x in known if v >= plan.limits.value)


def test_references_keep_their_own_rules(found: Frontier) -> None:
    for name in ("rosi", "split"):
        reference = found.references[name]
        assert reference.starts is not None and not check(portfolio(), reference.starts)
    assert found.joint.value >= (found.references["rosi"].value or 0) - 1e-9


def test_every_step_is_told_and_partial_results_are_usable() -> None:
    told: list[tuple[int, int, str]] = []
    partial: list[Frontier] = []

    def progress(done: int, total: int, message: str, so_far: Frontier | None) -> None:
        told.append((done, total, message))
        if so_far is not None:
            partial.append(so_far)

    frontier(portfolio(), points=4, time_limit=2.0, progress=progress)
    assert [done for done, _, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][0] == told[-1][1]
    assert partial and not partial[0].complete and partial[0].points


def test_cancelling_ends_it() -> None:
    with pytest.raises(Cancelled):
        frontier(portfolio(), points=5, time_limit=30.0, cancelled=lambda: True)


def test_one_plan_serves_both_when_they_want_the_same() -> None:
    item = Initiative("a", "A", "cio", 1, contributions=(Contribution("growth", 0.5),), effects=(Effect("theft", 0.5),))
    found = frontier(make(item, replace(item, key="b", name="B")), points=4, time_limit=2.0)
    assert len(found.points) == 1
    assert found.joint.starts == found.cio.starts == found.ciso.starts == {"a": 0, "b": 0}


def test_six_plans_stand_side_by_side_with_what_each_loses(found: Frontier, known: list[tuple[float, float]]) -> None:
    six = six_plans(portfolio(), found)
    assert list(six) == ["today", "cio", "ciso", "split", "rosi", "joint"]
    assert six["today"].starts == {} and six["today"].value == 0.0
    assert six["joint"].value_lost == 0.0 and six["joint"].loss_added == 0.0
    for row in six.values():
        assert row.starts is not None and not check(portfolio(), row.starts)
        assert row.value is not None and row.loss is not None
        assert row.value_lost == pytest.approx(found.joint.value - row.value)
        assert row.loss_added == pytest.approx(row.loss - found.joint.loss)
        assert any(v == pytest.approx(row.value_possible) and x <= row.loss * (1 + 1e-9) for v, x in known)
        assert any(x == pytest.approx(row.loss_possible) and v >= row.value * (1 - 1e-9) for v, x in known)


def test_today_holds_what_is_mandatory_and_its_prerequisites() -> None:
    must = replace(portfolio().initiatives[0], mandatory=True, requires=("mail",))
    problem = make(must, *portfolio().initiatives[1:], quarters=4, capital=110.0, running=30.0, first="2027-Q1")
    six = six_plans(problem, frontier(problem, points=3, time_limit=2.0))
    assert six["today"].starts == {"mail": 0, "shop": 1}
