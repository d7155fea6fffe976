"""Schedules against every possible one of small problems; bounds that must hold whatever the prices."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines import patching
from accord.engines.patching import Freeze, Jobs, Missed, Problem, Rules, Why, Windows, columns, solve
from accord.engines.patching.placing import Placing
from accord.engines.patching.relaxation import Prices, Relaxation


def keeps_everything(problem: Problem, window: np.ndarray) -> bool:
    """Capacities and rules of a whole schedule, counted anew."""
    jobs, windows, rules = problem.jobs, problem.windows, problem.rules
    frozen = np.zeros_like(windows.open)
    for freeze in problem.freezes:
        frozen |= freeze.frozen
    placed = [(j, int(w)) for j, w in enumerate(window) if w >= 0]
    for job, at in placed:
        system = jobs.system[job]
        if not windows.open[system, at] or frozen[system, at] or windows.start[at] < jobs.earliest[job]:
            return False
        if windows.end[at] > problem.horizon or jobs.pinned[job] not in (-1, at):
            return False
    for at in range(len(windows)):
        here = [j for j, w in placed if w == at]
        for team in range(windows.team_hours.shape[0]):
            if sum(jobs.hours[j] for j in here if jobs.team[j] == team) > windows.team_hours[team, at] + 1e-7:
                return False
        if sum(bool(jobs.restart[j]) for j in here) > windows.restarts[at]:
            return False
        if sum(jobs.downtime[j] for j in here) > windows.downtime[at] + 1e-7:
            return False
        for system in {int(jobs.system[j]) for j in here}:
            if sum(jobs.downtime[j] for j in here if jobs.system[j] == system) > windows.hours[at] + 1e-7:
                return False
        changed = {int(jobs.system[j]) for j in here}
        down = {int(jobs.system[j]) for j in here if jobs.downtime[j] > 0}
        if any(a in changed and b in changed for a, b in rules.apart.tolist()):
            return False
        if any(len(down & set(members.tolist())) > most for members, most in rules.limits):
            return False
    for a, b in rules.before.tolist():
        of_a = [w for j, w in placed if jobs.system[j] == a]
        of_b = [w for j, w in placed if jobs.system[j] == b]
        if of_a and of_b and max(of_a) > min(of_b):
            return False
    return True


def best_of_all(problem: Problem, found: np.ndarray) -> float:
    """The most that priced jobs can remove beside what is placed first, over every assignment."""
    jobs, windows = problem.jobs, problem.windows
    first = np.isnan(jobs.rate) & (jobs.urgency <= problem.first) | (jobs.pinned >= 0)
    choices, frozen = [], np.zeros_like(windows.open)
    for freeze in problem.freezes:
        frozen |= freeze.frozen
    for job in range(len(jobs)):
        if first[job]:
            choices.append([int(found[job])])
            continue
        if np.isnan(jobs.rate[job]):
            choices.append([-1])
            continue
        alone = []
        for at in range(len(windows)):
            only = np.full(len(jobs), -1)
            only[job] = at
            if keeps_everything(replace(problem, rules=Rules()), only):
                alone.append(at)
        timely = [at for at in alone if windows.end[at] <= jobs.deadline[job]]
        choices.append([-1, *(timely or alone)])
    best = 0.0
    for window in product(*choices):
        if keeps_everything(problem, np.array(window)):
            worth = sum(
                jobs.rate[j] * (problem.horizon - windows.end[w])
                for j, w in enumerate(window)
                if w >= 0 and not np.isnan(jobs.rate[j])
            )
            best = max(best, worth)
    return best


@st.composite
def problems(draw: st.DrawFn, most_jobs: int = 5, most_windows: int = 3) -> Problem:
    n, w = draw(st.integers(1, most_jobs)), draw(st.integers(1, most_windows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    systems, teams = int(rng.integers(2, 5)), int(rng.integers(1, 3))
    rate = rng.choice([0.0, 1.0, 2.0, 5.0, 5.0, 9.5, np.nan], n)
    pinned = np.where(rng.random(n) < 0.15, rng.integers(0, w, n), -1)
    start = 1.0 + np.cumsum(rng.choice([0.0, 3.0, 7.0], w))
    pairs = rng.permutation(systems)
    return Problem(
        Jobs(
            rate, rng.choice([0.5, 1.0, 1.5, 3.0], n), rng.choice([0.0, 0.0, 1.0, 2.0], n), rng.random(n) < 0.5,
            rng.integers(0, teams, n), rng.integers(0, systems, n), rng.choice([0.0, 0.0, 5.0], n),
            rng.choice([2.0, 8.0, np.inf], n), pinned, rng.integers(0, 4, n),
        ),
        Windows(
            start, start + 0.5, rng.choice([1.0, 2.0, 4.0], w), rng.choice([0.0, 1.0, 2.5, 4.0], (teams, w)),
            rng.choice([0.0, 1.0, np.inf], w), rng.choice([1.0, 3.0, np.inf], w), rng.random((systems, w)) < 0.85,
        ),
        float(start[-1] + rng.choice([0.25, 2.0, 7.0])),
        [Freeze("f", rng.random((systems, w)) < 0.15)] if rng.random() < 0.5 else [],
        Rules(
            np.array([pairs[:2]] if rng.random() < 0.5 else np.empty((0, 2)), dtype=np.int64),
            np.array([pairs[-2:]] if rng.random() < 0.5 else np.empty((0, 2)), dtype=np.int64),
            [(np.arange(systems), 1)] if rng.random() < 0.3 else [],
        ),
        first=int(rng.integers(0, 3)),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(problems())
def test_a_small_problem_is_solved_exactly(problem: Problem) -> None:
    found = solve(problem)
    assert keeps_everything(problem, found.window)
    best = best_of_all(problem, found.window)
    assert found.bound >= best - 1e-6
    assert found.value == pytest.approx(best, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(problems(30, 5))
def test_nothing_is_dropped_silently(problem: Problem) -> None:
    found = solve(problem, seconds=0.5)
    jobs, windows = problem.jobs, problem.windows
    assert keeps_everything(problem, found.window)
    assert found.value <= found.bound + 1e-9 and 0 <= found.share <= 1
    placed = found.window >= 0
    assert np.array_equal(placed, found.why <= Why.LATE)
    ends = np.where(placed, windows.end[found.window], np.inf)
    assert np.array_equal(ends > jobs.deadline, (found.missed != Missed.NO))
    for job in np.flatnonzero(found.missed == Missed.NO_WINDOW):
        alone = replace(problem, rules=Rules())
        for at in np.flatnonzero(windows.end <= jobs.deadline[job]):
            only = np.full(len(jobs), -1)
            only[job] = at
            assert not keeps_everything(alone, only)
    priced = placed & ~np.isnan(jobs.rate)
    whole = float((jobs.rate[priced] * (problem.horizon - windows.end[found.window[priced]])).sum())
    assert found.value + found.extra == pytest.approx(whole)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 1000))
def test_any_prices_give_an_upper_bound(problem: Problem, seed: int) -> None:
    found = solve(problem)
    cols = columns(problem)
    chosen = ~np.isnan(problem.jobs.rate) & (problem.jobs.pinned < 0)
    start = Placing(problem)
    first = np.isnan(problem.jobs.rate) & (problem.jobs.urgency <= problem.first) | (problem.jobs.pinned >= 0)
    for job in np.flatnonzero(first & (found.window >= 0)):
        start.place(int(job), int(found.window[job]))
    held = problem.jobs.pinned >= 0
    value = np.nan_to_num(problem.jobs.rate) * (problem.horizon - problem.windows.end[found.window])
    fixed_value = float(value[held & (found.window >= 0)].sum())
    relaxation = Relaxation(problem, cols, chosen, start.capacity())
    draw = np.random.default_rng(seed)
    capacity = start.capacity()
    prices = Prices(
        draw.exponential(5, capacity.hours.shape),
        np.where(np.isfinite(capacity.restarts), draw.exponential(5, len(problem.windows)), 0),
        np.where(np.isfinite(capacity.downtime), draw.exponential(5, len(problem.windows)), 0),
    )
    best = best_of_all(problem, found.window) - fixed_value
    assert relaxation.bound(prices)[0] >= best - 1e-6
    assert relaxation.bound(relaxation.first_prices())[0] >= best - 1e-6
    assert relaxation.improve(prices, found.value - fixed_value)[0] >= best - 1e-6


def test_first_prices_are_those_of_the_linear_program_where_hours_alone_are_scarce() -> None:
    from scipy.optimize import linprog

    draw = np.random.default_rng(3)
    n, w = 60, 5
    start = 1.0 + 7.0 * np.arange(w)
    problem = Problem(
        Jobs(
            draw.lognormal(0, 1, n), draw.uniform(0.5, 2, n), np.zeros(n), np.zeros(n, bool), np.zeros(n, int),
            np.zeros(n, int), np.zeros(n), np.full(n, np.inf), np.full(n, -1), np.zeros(n, int),
        ),
        Windows(start, start + 0.5, np.full(w, 9.0), np.full((1, w), 9.0), np.full(w, np.inf), np.full(w, np.inf),
                np.ones((1, w), bool)),
        40.0,
    )  # fmt: skip
    cols = columns(problem)
    relaxation = Relaxation(problem, cols, np.ones(n, bool), Placing(problem).capacity())
    rows = np.zeros((n + w, n * w))
    for job in range(n):
        rows[job, job * w : job * w + w] = 1
        rows[n + np.arange(w), job * w + np.arange(w)] = problem.jobs.hours[job]
    exact = linprog(-cols.value.ravel(), rows, np.concatenate([np.ones(n), np.full(w, 9.0)]), bounds=(0, 1))
    assert relaxation.bound(relaxation.first_prices())[0] == pytest.approx(-exact.fun)
    found = solve(problem)
    assert -exact.fun * 0.95 <= found.value <= -exact.fun + 1e-6


@settings(max_examples=60, deadline=None)
@given(problems())
def test_what_a_freeze_costs_lies_in_its_interval(problem: Problem) -> None:
    found = solve(problem)
    for number in range(len(problem.freezes)):
        free = solve(problem.without(number))
        cost = patching.cost_of_freeze(problem, found, number)
        exact = best_of_all(problem.without(number), free.window) - best_of_all(problem, found.window)
        assert cost.low - 1e-6 <= exact <= cost.high + 1e-6
        assert cost.low - 1e-6 <= cost.estimate <= cost.high + 1e-6


def test_one_more_window_and_hour_are_worth_what_they_let_in() -> None:
    """Two jobs of 10 and 4 a day, one hour of room: a second hour lets the second job in, 4 × 7 days."""
    one = np.ones(2)
    problem = Problem(
        Jobs(np.array([10.0, 4.0]), one, one * 0, one < 0, np.zeros(2, int), np.zeros(2, int), one * 0, one * np.inf,
             np.full(2, -1), np.zeros(2, int)),
        Windows(np.array([2.0]), np.array([3.0]), np.array([4.0]), np.array([[1.0]]), np.array([np.inf]),
                np.array([np.inf]), np.ones((1, 1), bool)),
        10.0,
    )  # fmt: skip
    found = solve(problem)
    assert (found.value, found.bound, found.window.tolist()) == (70.0, 70.0, [0, -1])
    assert found.why.tolist() == [Why.PLANNED, Why.NO_ROOM]
    assert patching.scarce(found) == [(0, 0, pytest.approx(28.0))]
    assert patching.window_worth(problem, found).tolist() == [pytest.approx(28.0)]
    again = patching.one_more_window(problem, found)
    assert again is not None
    at, worth = again
    assert (at, worth.estimate) == (0, 28.0)
    assert worth.low <= 28.0 <= worth.high


def test_unpriced_jobs_are_placed_by_class_and_deadline_and_in_no_sum() -> None:
    """Room for two: the urgent job without a price comes before the priced one, the other one is left out."""
    n = 3
    problem = Problem(
        Jobs(np.array([5.0, np.nan, np.nan]), np.ones(n), np.zeros(n), np.zeros(n, bool), np.zeros(n, int),
             np.zeros(n, int), np.zeros(n), np.full(n, np.inf), np.full(n, -1), np.array([3, 3, 1])),
        Windows(np.array([0.0]), np.array([1.0]), np.array([4.0]), np.array([[2.0]]), np.array([np.inf]),
                np.array([np.inf]), np.ones((1, 1), bool)),
        11.0,
    )  # fmt: skip
    found = solve(problem)
    assert found.window.tolist() == [0, -1, 0]
    assert (found.value, found.bound, found.extra) == (50.0, 50.0, 0.0)


@pytest.mark.parametrize(("jobs", "windows", "teams"), [(0, 0, 0), (0, 2, 1), (2, 0, 1)])
def test_nothing_to_do_or_no_window_is_a_plan_too(jobs: int, windows: int, teams: int) -> None:
    start = 7.0 * np.arange(windows)
    problem = Problem(
        Jobs(np.ones(jobs), np.ones(jobs), np.zeros(jobs), np.zeros(jobs, bool), np.zeros(jobs, int),
             np.zeros(jobs, int), np.zeros(jobs), np.full(jobs, 5.0), np.full(jobs, -1), np.zeros(jobs, int)),
        Windows(start, start + 1, np.ones(windows), np.ones((teams, windows)), np.full(windows, np.inf),
                np.full(windows, np.inf), np.ones((1, windows), bool)),
        20.0,
    )  # fmt: skip
    found = solve(problem)
    assert (found.value, found.share, found.window.tolist()) == (0.0, 1.0, [-1] * jobs)
    assert found.why.tolist() == [Why.NO_WINDOW] * jobs
    assert found.missed.tolist() == [Missed.NO_WINDOW] * jobs
    again = patching.one_more_window(problem, found)
    assert (again is None) == (windows == 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: replace(p.jobs, hours=np.array([0.0])), "hours of work are positive"),
        (lambda p: replace(p.jobs, team=np.array([9])), "team that is not there"),
        (lambda p: replace(p.jobs, pinned=np.array([4])), "window that is not there"),
        (lambda p: replace(p.jobs, rate=np.array([1.0, 2.0])), "1 values for 2 jobs"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(change: object, said: str) -> None:
    problem = Problem(
        Jobs(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1, bool), np.zeros(1, int), np.zeros(1, int), np.zeros(1),
             np.full(1, np.inf), np.full(1, -1), np.zeros(1, int)),
        Windows(np.zeros(1), np.ones(1), np.ones(1), np.ones((1, 1)), np.ones(1), np.ones(1), np.ones((1, 1), bool)),
        7.0,
    )  # fmt: skip
    with pytest.raises(patching.Invalid, match=said):
        replace(problem, jobs=change(problem))  # type: ignore[operator]
