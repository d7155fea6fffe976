"""What is wrong with a problem is told whole: which thing, which field, why, and the remedy."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from accord_portfolios import make, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import (
    Budget,
    Contribution,
    Effect,
    Initiative,
    PeopleNeed,
    Problem,
    ProblemError,
    YearCost,
)

GOOD = Initiative("erp", "New ERP", "cio", 2, costs=(YearCost(1, 50.0, 5.0),))


def faults(*initiatives: Initiative) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as error:
        make(*initiatives)
    assert all(f.reason and (f.remedy or "Write it as" in f.reason) for f in error.value.faults)
    return [(f.subject, f.field) for f in error.value.faults]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duration": 0}, "duration"),
        ({"duration": 13}, "duration"),
        ({"sponsor": "cfo"}, "sponsor"),
        ({"earliest": "2027"}, "earliest"),
        ({"earliest": "2028-Q2", "latest": "2028-Q1"}, "latest"),
        ({"costs": (YearCost(2, 1.0),)}, "costs"),
        ({"costs": (YearCost(1, 1.0), YearCost(1, 1.0))}, "costs"),
        ({"costs": (YearCost(1, -1.0),)}, "capital of year 1"),
        ({"costs": (YearCost(1, 1.0, float("nan")),)}, "running cost of year 1"),
        ({"people": (PeopleNeed(13, "dba", 1.0),)}, "people"),
        ({"contributions": (Contribution("growth", 1.2),)}, "contribution to growth"),
        ({"contributions": (Contribution("fame", 0.2),)}, "contributions"),
        ({"effects": (Effect("theft", 1.2),)}, "frequency of theft"),
        ({"effects": (Effect("theft"),)}, "effect on theft"),
        ({"effects": (Effect("flood", 0.2),)}, "effects"),
        ({"requires": ("crm",)}, "requires"),
        ({"requires": ("erp",)}, "requires"),
        ({"excludes": ("erp",)}, "excludes"),
    ],
)
def test_each_fault_names_its_place(change: dict[str, object], field: str) -> None:
    assert ("initiative erp", field) in faults(replace(GOOD, **change))  # type: ignore[arg-type]


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(replace(GOOD, duration=0), replace(GOOD, key="crm", sponsor="cfo"))) == 2


def test_prerequisites_in_a_circle() -> None:
    other = replace(GOOD, key="crm", requires=("erp",))
    with pytest.raises(ProblemError, match=r"crm → erp → crm|erp → crm → erp"):
        make(replace(GOOD, requires=("crm",)), other)


def test_requires_and_excludes_the_same() -> None:
    assert ("initiative erp", "excludes") in faults(
        replace(GOOD, requires=("crm",), excludes=("crm",)), replace(GOOD, key="crm")
    )


def test_missing_budget_and_capacity_are_not_taken_for_nothing() -> None:
    problem = make(replace(GOOD, people=(PeopleNeed(1, "dba", 1.0),)))
    with pytest.raises(ProblemError, match=r"budget 2028.*without a budget"):
        replace(problem, budgets=(Budget(2027, 1.0, 1.0),))
    with pytest.raises(ProblemError, match=r"capacity of dba.*2027-Q3, 2027-Q4"):
        replace(problem, capacities=problem.capacities[2:])


def test_horizon() -> None:
    with pytest.raises(ProblemError, match="21 quarters"):
        replace(make(GOOD), quarters=21)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_plain_data_and_back(problem: Problem) -> None:
    assert Problem.from_json(json.loads(json.dumps(problem.to_json()))) == problem
