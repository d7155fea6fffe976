"""The checker catches every kind of broken plan, and passes what the planner makes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import make

from accord.engines.portfolio import Initiative, PeopleNeed, Problem, YearCost, check, spending

BASE = Initiative("a", "A", "cio", 2, costs=(YearCost(1, 60.0, 8.0),), people=(PeopleNeed(1, "dba", 2.0),))


def kinds(problem: Problem, plan: dict[str, int]) -> set[str]:
    return {v.kind for v in check(problem, plan)}


@pytest.mark.parametrize(
    ("change", "plan", "kind"),
    [
        ({}, {"a": 4}, "horizon"),
        ({}, {"a": -1}, "horizon"),
        ({"earliest": "2028-Q1"}, {"a": 1}, "earliest"),
        ({"latest": "2027-Q3"}, {"a": 1}, "latest"),
        ({"pinned_start": "2027-Q4"}, {"a": 0}, "pinned"),
        ({"dropped_by": ("ciso",)}, {"a": 0}, "dropped"),
        ({"mandatory": True}, {}, "must"),
        ({"pinned_by": ("cio",)}, {}, "must"),
        ({"requires": ("b",)}, {"a": 0}, "requires"),
        ({"requires": ("b",)}, {"a": 1, "b": 0}, "requires"),
        ({"excludes": ("b",)}, {"a": 0, "b": 3}, "excludes"),
        ({"costs": (YearCost(1, 101.0),)}, {"a": 0}, "capital"),
        ({"costs": (YearCost(1, 0.0, 300.0),)}, {"a": 0}, "running"),
        ({"people": (PeopleNeed(2, "dba", 10.5),)}, {"a": 0}, "skill"),
    ],
)
def test_broken_plans(change: dict[str, object], plan: dict[str, int], kind: str) -> None:
    problem = make(replace(BASE, **change), replace(BASE, key="b", name="B", costs=()))  # type: ignore[arg-type]
    assert kinds(problem, plan) == {kind}


def test_unknown_initiative() -> None:
    assert kinds(make(BASE), {"z": 0}) == {"unknown"}


def test_a_plan_that_keeps_everything() -> None:
    assert check(make(BASE), {"a": 0}) == []
    assert check(make(BASE), {}) == []


def test_the_excess_is_told() -> None:
    [violation] = check(make(replace(BASE, costs=(YearCost(1, 130.0),))), {"a": 0})
    assert violation.subject == "2027" and violation.excess == pytest.approx(30.0)
    assert "2027" in str(violation)


def test_exactly_the_budget_is_no_breach_even_in_thirds() -> None:
    """0.1 is no binary number, and a year's capital may be spread over three quarters."""
    thin = replace(BASE, duration=3, costs=(YearCost(1, 0.1, 0.0),), people=())
    problem = make(*(replace(thin, key=f"x{n}") for n in range(3)), capital=0.3, first="2027-Q1")
    assert check(problem, {"x0": 0, "x1": 0, "x2": 0}) == []


def test_when_money_is_spent() -> None:
    """Capital while it is built, running evenly over own years; the last listed year goes on."""
    item = Initiative("a", "A", "cio", 3, costs=(YearCost(1, 30.0, 4.0), YearCost(2, 8.0, 12.0)))
    problem = make(item, quarters=12, first="2027-Q3", capital=1000.0, running=1000.0)
    found = spending(problem, {"a": 1})  # starts 2027-Q4
    assert found.capital == pytest.approx({2027: 10.0, 2028: 20.0 + 2.0, 2029: 6.0, 2030: 0.0})
    assert found.running == pytest.approx({2027: 1.0, 2028: 3.0 + 3.0, 2029: 9.0 + 3.0, 2030: 6.0})
    assert found.people_limit == {}
