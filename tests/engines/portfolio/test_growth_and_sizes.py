"""Benefits that grow after the finish, and initiatives that are sizes of the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from accord_portfolios import make, plans, problems
from hypothesis import HealthCheck, given, settings

from accord.engines.portfolio import (
    Contribution,
    Effect,
    Infeasible,
    Initiative,
    Problem,
    ProblemError,
    YearCost,
    check,
    conflict,
    evaluate,
    explain,
    solve,
)
from accord.engines.portfolio.archive import Archive
from accord.engines.portfolio.columns import Columns
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.cuts import ResidualCuts
from accord.engines.portfolio.evaluate import residuals
from accord.engines.portfolio.search import Search

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def grower(**fields: object) -> Initiative:
    item = Initiative(
        "a", "A", "cio", 1, costs=(YearCost(1, 60.0),), contributions=(Contribution("growth", 0.4),),
        effects=(Effect("theft", 0.5, -0.2),), ramp=(0.25, 0.5, 1.0),
    )  # fmt: skip
    return replace(item, **fields)  # type: ignore[arg-type]


def test_benefits_grow_by_the_shares_and_added_risk_is_there_at_once() -> None:
    problem = make(grower(), quarters=5, goals={"growth": 1.0}, scenarios={"theft": 40.0})
    outcome = evaluate(problem, {"a": 0})
    shares = [0.25, 0.5, 1.0, 1.0]
    assert outcome.value_by_quarter == pytest.approx([0.0, *(0.4 * s / 5 for s in shares)])
    assert outcome.loss_by_quarter == pytest.approx([10.0, *(10.0 * (1 - 0.5 * s) * 1.2 for s in shares)])


def test_a_ramp_that_is_full_at_once_changes_nothing() -> None:
    plain, full = make(grower(ramp=())), make(grower(ramp=(1.0, 1.0)))
    assert evaluate(plain, {"a": 1}) == evaluate(full, {"a": 1})


@QUICK
@given(problems(most=4))
def test_cuts_are_exact_at_their_plan_and_hold_at_all_others(problem: Problem) -> None:
    compiled = compile_problem(problem)
    columns = Columns(compiled)
    cuts = ResidualCuts(columns)
    feasible = [compiled.starts(plan) for plan in list(plans(problem))[:60]]
    for at in feasible[:6]:
        rows = cuts.exact_at(columns.solution(at))
        for starts in feasible:
            solution = np.zeros(columns.count)
            solution[: columns.steps] = columns.solution(starts)
            left = residuals(compiled, starts)
            for residual in columns.residuals:
                solution[residual.column] = left[residual.quarter, residual.j]
            slack = rows.activity(solution) - np.array(rows.lower)
            assert (slack >= -1e-7).all()
            if starts is at:
                assert slack == pytest.approx(np.zeros(len(rows)), abs=1e-7)


@QUICK
@given(problems(most=4))
def test_gains_of_the_search_are_differences_of_the_objective(problem: Problem) -> None:
    compiled = compile_problem(problem)
    search = Search(compiled, Archive())
    for plan in list(plans(problem))[:8]:
        search.load(compiled.starts(plan))
        gains, before = search.gains(), search.score()
        for i in np.flatnonzero(search.starts < 0).tolist():
            for t in range(int(compiled.first[i]), int(compiled.last[i]) + 1):
                search.put(i, t)
                assert gains[i, t] == pytest.approx(search.score() - before, abs=1e-9)
                search.take(i)


def sizes() -> tuple[Initiative, Initiative, Initiative]:
    small = Initiative(
        "s", "Small", "ciso", 1, costs=(YearCost(1, 20.0),), effects=(Effect("theft", 0.3),), group="Watch"
    )
    large = replace(small, key="l", name="Large", costs=(YearCost(1, 70.0),), effects=(Effect("theft", 0.6),))
    after = Initiative(
        "n",
        "Next",
        "cio",
        1,
        costs=(YearCost(1, 20.0),),
        contributions=(Contribution("growth", 0.5),),
        requires=("Watch",),
    )
    return small, large, after


def test_one_size_at_most_and_any_of_them_fulfils_a_prerequisite() -> None:
    rich = solve(make(*sizes(), quarters=4, capital=200.0, first="2027-Q1"), "loss", gap=1e-6)
    assert "l" in rich.starts and "s" not in rich.starts
    scarce = solve(make(*sizes(), quarters=4, capital=45.0, first="2027-Q1"), "value", gap=1e-6)
    assert scarce.starts == {"s": 0, "n": 1}


def test_the_checker_and_the_reasons_know_sizes() -> None:
    problem = make(*sizes(), quarters=4, capital=200.0, first="2027-Q1")
    assert [v.kind for v in check(problem, {"s": 0, "l": 0})] == ["sizes"]
    assert [v.kind for v in check(problem, {"n": 1})] == ["requires"]
    assert [v.kind for v in check(problem, {"n": 0, "l": 0})] == ["requires"]
    reasons = explain(problem, {"l": 0})
    assert reasons["s"].text == "Large is in the plan, another size of Watch."
    assert explain(problem, {})["n"].text == "It requires a size of Watch, which is not in the plan."


def test_two_pinned_sizes_are_a_conflict_that_is_named() -> None:
    small, large, after = sizes()
    pinned = [replace(small, pinned_by=("cio",)), replace(large, pinned_by=("ciso",)), after]
    found = conflict(make(*pinned, capital=500.0))
    assert isinstance(found, Infeasible) and found.minimal
    assert {(rule.kind, rule.subject) for rule in found.rules} == {("must", "s"), ("must", "l"), ("sizes", "Watch")}


def test_old_rows_load_and_new_ones_come_back() -> None:
    small, large, after = sizes()
    item = replace(small, cost_range=(0.9, 1.5), effects=(Effect("theft", 0.3, None, (0.1, 0.4)),), ramp=(0.5,))
    problem = make(item, large, after)
    assert Problem.from_json(problem.to_json()) == problem
    row = make(grower(ramp=())).to_json()
    for initiative in row["initiatives"]:
        for new in ("ramp", "group", "cost_range", "benefit_range"):
            del initiative[new]
        initiative["costs"] = [{"year": 1, "capital": 60.0, "running": 0.0}]
        initiative["contributions"] = [{"goal": "growth", "share": 0.4}]
        initiative["effects"] = [{"scenario": "theft", "frequency": 0.5, "magnitude": -0.2}]
    row["scenarios"] = [{k: s[k] for k in ("key", "name", "loss")} for s in row["scenarios"]]
    assert Problem.from_json(row) == make(grower(ramp=()))


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"ramp": (0.5, 0.2)}, "ramp", "shares fall"),
        ({"ramp": (0.5, 1.2)}, "ramp in quarter 2", "out of range"),
        ({"ramp": (0.1,) * 13}, "ramp", "13 quarters"),
        ({"cost_range": (1.5, 0.9)}, "cost_range", "wrong way round"),
        ({"benefit_range": (1.1, 1.4)}, "benefit_range", "lies outside"),
        ({"effects": (Effect("theft", 0.5, None, (0.7, 0.2)),)}, "range of the frequency of theft", "wrong way round"),
        ({"effects": (Effect("theft", 0.5, None, None, (0.1, 0.2)),)}, "range of the magnitude of theft", "no value"),
        ({"contributions": (Contribution("growth", 0.4, (0.3, 1.2)),)}, "range of growth", "out of range"),
        ({"costs": (YearCost(1, 60.0, 0.0, "USD"), YearCost(2, 0.0, 0.0, "EUR"))}, "currency", "in EUR"),
        ({"group": "Watch", "requires": ("Watch",)}, "requires", "own group"),
        ({"group": "a"}, "group", "has this key"),
    ],
)
def test_faults_have_their_place(fields: dict[str, object], place: str, words: str) -> None:
    with pytest.raises(ProblemError) as error:
        make(grower(**fields))
    assert [fault.field for fault in error.value.faults] == [place]
    assert words in str(error.value) and error.value.faults[0].remedy


def test_a_circle_through_a_group_counts_only_where_no_size_avoids_it() -> None:
    small, large, after = sizes()
    make(replace(small, requires=("n",)), large, after)
    with pytest.raises(ProblemError, match="circle"):
        make(replace(small, requires=("n",)), replace(large, requires=("n",)), after)
