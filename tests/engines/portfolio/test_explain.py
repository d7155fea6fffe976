"""Reasons are true: each says what it would take, and with exactly that the initiative fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import figures, make

from accord.engines.portfolio import (
    Contribution,
    Effect,
    Initiative,
    PeopleNeed,
    Problem,
    YearCost,
    check,
    explain,
    forced_in,
    solve,
)

A = Initiative(
    "a", "Alpha", "cio", 1, costs=(YearCost(1, 60.0, 4.0),), people=(PeopleNeed(1, "dba", 2.0),),
    contributions=(Contribution("growth", 0.5),),
)  # fmt: skip
B = replace(A, key="b", name="Beta", contributions=(Contribution("growth", 0.3),))


def test_shortage_is_the_smallest_that_lets_it_in() -> None:
    problem = make(A, B, quarters=4, capital=100.0, first="2027-Q1")
    reason = explain(problem, {"a": 0})["b"]
    assert (reason.kind, reason.chosen, reason.start) == ("short", False, 0)
    [short] = reason.shortages
    assert short.kind == "capital" and short.amount == pytest.approx(20.0)
    assert "20 in the capital budget of 2027" in reason.text

    def with_budget(extra: float) -> Problem:
        return replace(problem, budgets=tuple(replace(b, capital=b.capital + extra) for b in problem.budgets))

    assert check(with_budget(19.99), {"a": 0, "b": 0})
    assert not check(with_budget(20.0), {"a": 0, "b": 0})


def test_shortage_of_people_names_skill_and_quarter() -> None:
    problem = make(A, replace(B, latest="2027-Q1"), quarters=4, capital=200.0, fte=3.5, first="2027-Q1")
    reason = explain(problem, {"a": 0})["b"]
    assert [(s.kind, s.what, s.amount) for s in reason.shortages] == [("skill", "dba in 2027-Q1", 0.5)]


@pytest.mark.parametrize(
    ("change", "plan", "kind", "word"),
    [
        ({"dropped_by": ("ciso",)}, {"a": 0}, "dropped", "CISO"),
        ({"earliest": "2031-Q1"}, {"a": 0}, "window", "cannot be finished"),
        ({"excludes": ("a",)}, {"a": 0}, "excluded", "Alpha"),
        ({"requires": ("a",)}, {}, "prerequisite", "Alpha"),
        ({"requires": ("a",), "latest": "2027-Q4"}, {"a": 3}, "prerequisite", "too late"),
        ({"contributions": (), "effects": (Effect("theft", -0.1),)}, {}, "adds loss", "loss"),
        ({"effects": (Effect("theft", -0.9),)}, {}, "adds loss", "not worth"),
        ({"contributions": ()}, {}, "no effect", "no value"),
    ],
)
def test_reasons_against(change: dict[str, object], plan: dict[str, int], kind: str, word: str) -> None:
    problem = make(A, replace(B, **change), quarters=4, capital=200.0, first="2027-Q1")  # type: ignore[arg-type]
    reason = explain(problem, plan)["b"]
    assert reason.kind == kind and word in reason.text and not reason.chosen


def test_reasons_for() -> None:
    needs = replace(B, requires=("a",))
    problem = make(A, needs, replace(A, key="c", name="Gamma", mandatory=True), capital=300.0)
    plan = {"a": 0, "b": 1, "c": 0}
    reasons = explain(problem, plan)
    assert (reasons["a"].kind, reasons["a"].with_it) == ("needed", ("b",))
    assert reasons["b"].kind == "worth it" and reasons["c"].kind == "mandatory"
    assert reasons["b"].text == "It serves most: Growth."
    assert [part.key for part in reasons["a"].goals] == ["growth"] and not reasons["a"].scenarios
    with_all, _ = figures(problem, plan)
    without, _ = figures(problem, {"c": 0})
    assert reasons["a"].value == pytest.approx(with_all - without)


def test_every_initiative_has_a_reason() -> None:
    problem = make(A, B, replace(A, key="c", name="Gamma"), quarters=4, capital=70.0, first="2027-Q1")
    plan = solve(problem, gap=1e-6)
    reasons = explain(problem, plan.starts)
    assert list(reasons) == ["a", "b", "c"]
    assert {k for k, r in reasons.items() if r.chosen} == set(plan.starts)


def test_forced_in_tells_what_it_costs_and_who_leaves() -> None:
    problem = make(A, B, quarters=4, capital=100.0, first="2027-Q1", goals={"growth": 1.0})
    plan = solve(problem, gap=1e-6)
    assert plan.starts == {"a": 0}
    forced = forced_in(problem, plan.starts, "b")
    assert forced.possible and forced.leaves == ("a",)
    assert forced.value_found == pytest.approx(-0.2 * 3 / 4)
    assert forced.value_most == pytest.approx(-0.2 * 3 / 4, abs=1e-3)


def test_forced_in_may_be_impossible() -> None:
    problem = make(A, replace(B, costs=(YearCost(1, 900.0),)), quarters=4, first="2027-Q1")
    assert not forced_in(problem, {"a": 0}, "b").possible
