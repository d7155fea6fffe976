"""No plan: the conflict names a set of rules of which each is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from accord_portfolios import make, plans, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import Infeasible, Initiative, PeopleNeed, Problem, YearCost, conflict, solve

BASE = Initiative("a", "Alpha", "cio", 2, mandatory=True, costs=(YearCost(1, 60.0),))
B = replace(BASE, key="b", name="Beta")


def rules(problem: Problem) -> list[tuple[str, str]]:
    with pytest.raises(Infeasible) as error:
        solve(problem, time_limit=2)
    assert error.value.minimal
    return sorted((rule.kind, rule.subject) for rule in error.value.rules)


def test_a_budget_too_small_for_what_is_mandatory() -> None:
    assert rules(make(BASE, quarters=4, capital=50.0, first="2027-Q1")) == [("capital", "2027"), ("must", "a")]


def test_pinned_by_one_and_dropped_by_the_other() -> None:
    item = replace(BASE, mandatory=False, pinned_by=("cio",), dropped_by=("ciso",))
    problem = make(item, B)
    assert rules(problem) == [("dropped", "a"), ("must", "a")]
    with pytest.raises(Infeasible, match=r"pinned by the CIO.*dropped by the CISO"):
        solve(problem)


def test_two_mandatory_ones_exclude_each_other() -> None:
    assert rules(make(replace(BASE, excludes=("b",)), B)) == [("excludes", "a b"), ("must", "a"), ("must", "b")]


def test_a_window_that_ends_before_the_prerequisite_is_finished() -> None:
    late = replace(BASE, requires=("b",), latest="2027-Q4")
    assert rules(make(late, replace(B, mandatory=False))) == [("latest", "a"), ("must", "a"), ("requires", "a b")]


def test_a_window_outside_of_the_horizon() -> None:
    assert rules(make(replace(BASE, earliest="2030-Q1"))) == [("earliest", "a"), ("must", "a")]


def test_people_name_the_quarter() -> None:
    need = (PeopleNeed(1, "dba", 6.0), PeopleNeed(2, "dba", 6.0))
    pair = [replace(i, people=need, earliest="2027-Q4", latest="2027-Q4") for i in (BASE, B)]
    found = rules(make(*pair, capital=500.0))
    assert ("must", "a") in found and ("must", "b") in found
    assert {kind for kind, _ in found} == {"must", "latest", "capacity"}


def test_a_problem_with_a_plan_has_no_conflict() -> None:
    assert conflict(make(BASE, B, capital=200.0)) is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(most=3))
def test_a_conflict_is_told_exactly_when_no_plan_exists(problem: Problem) -> None:
    found = conflict(problem)
    assert (found is None) == any(True for _ in plans(problem))
    assert found is None or found.rules
