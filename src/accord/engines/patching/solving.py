"""From a problem to a schedule with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from accord.engines.patching import exact, filling
from accord.engines.patching.placing import Placing
from accord.engines.patching.problem import Bools, Columns, Floats, Ints, Problem, columns
from accord.engines.patching.relaxation import STEPS, Capacity, Prices, Relaxation

CHECKS = 3
"""So often the windows are filled anew at better prices."""
ENOUGH = 2e-3
"""A gap below this share is not worked on any longer."""


class Why(IntEnum):
    """Why a job is where it is."""

    PLANNED = 0
    LATE = 1
    NO_WINDOW = 2
    TOO_LONG = 3
    NO_ROOM = 4
    RULE = 5
    PIN_BROKEN = 6


class Missed(IntEnum):
    """Why a job is not done by its deadline: it is; no window in time could take it even if it were alone; no room."""

    NO = 0
    NO_WINDOW = 1
    NO_ROOM = 2


@dataclass(frozen=True)
class Schedule:
    """A feasible schedule and what is certain about it.

    window: (n,) window of each job, −1 = in none.   why: `Why`.   missed: `Missed`.
    value:  money that the priced jobs remove which keep to the rules of the certificate (all but those in `extra`).
    bound:  no schedule of these removes more.       exact: the schedule is proven to be the best one.
    extra:  money that jobs remove beyond that which found no room before their deadline and are done late.
    prices: of one hour of a team (T, W), one restart and one hour of downtime (W,).
    """

    window: Ints
    why: Ints
    missed: Ints
    value: float
    bound: float
    exact: bool
    extra: float
    prices: Prices
    cols: Columns

    @property
    def share(self) -> float:
        """At least this share of the best possible is removed (1 where nothing could be)."""
        return min(self.value / self.bound, 1.0) if self.bound > 0 else 1.0

    @property
    def gap(self) -> float:
        return 1.0 - self.share


def solve(
    problem: Problem, start: Prices | None = None, steps: int = STEPS, seconds: float = exact.SECONDS
) -> Schedule:
    """Schedule the jobs so that the most loss is removed until the horizon, and bound what any schedule removes.

    First come pinned jobs, then those without a price up to class `problem.first` (by class and deadline, as early as
    there is room): the best schedule is that of the priced rest in what they leave. Jobs with a deadline may only be
    placed in time where some window in time could take them; what then finds no room is done late where there is some
    (`extra`), and told. Jobs without a price and less urgent come last. `start`: prices of a like problem.
    """
    cols = columns(problem)
    jobs = problem.jobs
    has_price = ~np.isnan(jobs.rate)
    placing = Placing(problem)
    _first(placing, problem, cols, has_price)
    fixed = placing.result()
    chosen = has_price & (fixed < 0)
    relaxation = Relaxation(problem, cols, chosen, placing.capacity())
    found, bound, prices, proven = _priced(problem, cols, placing, relaxation, start, steps, seconds)
    window = found.result()
    held = _removed(cols, window, has_price & (fixed >= 0))
    value = _removed(cols, window, chosen) + held
    in_time = window.copy()
    _late(found, problem, cols, chosen)
    _unpriced(found, problem, cols, has_price)
    window = found.result()
    extra = _removed(cols, window, chosen & (in_time < 0))
    why, missed = _reasons(problem, cols, found)
    return Schedule(window, why, missed, value, max(bound + held, value), proven, extra, prices, cols)


def _removed(cols: Columns, window: Ints, chosen: Bools) -> float:
    index = np.flatnonzero(chosen & (window >= 0))
    return float(cols.value[index, window[index]].sum())


def _first(placing: Placing, problem: Problem, cols: Columns, has_price: Bools) -> None:
    jobs = problem.jobs
    pinned = np.flatnonzero(jobs.pinned >= 0)
    filling.earliest(placing, cols.anyhow, pinned, (jobs.deadline, jobs.urgency))
    urgent = ~has_price & (jobs.urgency <= problem.first) & (jobs.pinned < 0)
    filling.earliest(placing, cols.usable, np.flatnonzero(urgent), (jobs.deadline, jobs.urgency))


def _priced(
    problem: Problem, cols: Columns, placing: Placing, relaxation: Relaxation, start: Prices | None, steps: int,
    seconds: float,
) -> tuple[Placing, float, Prices, bool]:  # fmt: skip
    """The priced jobs placed beside what is fixed; a bound on their value, the prices, and whether it is proven."""
    fixed, capacity = placing.result(), placing.capacity()
    prices = relaxation.first_prices() if start is None else _no_price_without_limit(start, capacity)
    best, best_value = _fill(problem, cols, fixed, relaxation, prices)
    bound = relaxation.bound(prices)[0]
    for _ in range(CHECKS):
        lower, better = relaxation.improve(prices, best_value, max(steps // CHECKS, 1))
        if lower < bound:
            bound, prices = lower, better
        tried, value = _fill(problem, cols, fixed, relaxation, prices)
        if value > best_value:
            best, best_value = tried, value
        if bound - best_value <= ENOUGH * abs(bound):
            break
    size = int(cols.usable[relaxation.index].sum())
    if size > exact.MOST_COLUMNS or best_value >= bound * (1 - 1e-9):
        return best, bound, prices, best_value >= bound * (1 - 1e-9)
    chosen = np.zeros(len(problem.jobs), dtype=np.bool_)
    chosen[relaxation.index] = True
    solved = exact.solve(problem, cols, chosen, capacity, fixed, seconds)
    if solved is None:
        return best, bound, prices, False
    bound = min(bound, solved.bound)
    tried = _again(problem, np.where(fixed >= 0, fixed, solved.window))
    value = _removed(cols, tried.result(), chosen)
    if value > best_value:
        best, best_value = tried, value
    return best, bound, prices, solved.proven and best_value >= solved.value * (1 - 1e-9)


def _fill(
    problem: Problem, cols: Columns, fixed: Ints, relaxation: Relaxation, prices: Prices
) -> tuple[Placing, float]:
    placing = _again(problem, fixed)
    index = relaxation.index
    filling.priced(placing, relaxation, prices)
    filling.improve(placing, cols, index, problem.jobs.rate, problem.jobs.hours)
    filling.replace(placing, cols, index, problem)
    filling.improve(placing, cols, index, problem.jobs.rate, problem.jobs.hours)
    chosen = np.zeros(len(problem.jobs), dtype=np.bool_)
    chosen[index] = True
    return placing, _removed(cols, placing.result(), chosen)


def _again(problem: Problem, window: Ints) -> Placing:
    """A state in which these jobs are placed; one that does not fit (by the solver's tolerance) is left out."""
    placing = Placing(problem)
    for job in np.flatnonzero(window >= 0).tolist():
        if placing.fits(job, int(window[job])):
            placing.place(job, int(window[job]))
    return placing


def _no_price_without_limit(prices: Prices, capacity: Capacity) -> Prices:
    def cut(price: Floats, limit: Floats) -> Floats:
        return np.where(np.isfinite(limit), price, 0.0)

    return Prices(
        cut(prices.hour, capacity.hours), cut(prices.restart, capacity.restarts),
        cut(prices.downtime, capacity.downtime),
    )  # fmt: skip


def _late(placing: Placing, problem: Problem, cols: Columns, chosen: Bools) -> None:
    left = np.flatnonzero(chosen & (placing.result() < 0) & cols.in_time & np.isfinite(problem.jobs.deadline))
    density = problem.jobs.rate / problem.jobs.hours
    filling.earliest(placing, cols.anyhow, left, (-density,))


def _unpriced(placing: Placing, problem: Problem, cols: Columns, has_price: Bools) -> None:
    jobs = problem.jobs
    for usable in (cols.usable, cols.anyhow):
        left = np.flatnonzero(~has_price & (placing.result() < 0))
        filling.earliest(placing, usable, left, (jobs.deadline, jobs.urgency))


def _reasons(problem: Problem, cols: Columns, placing: Placing) -> tuple[Ints, Ints]:
    jobs, window = problem.jobs, placing.result()
    number = len(jobs)
    why = np.full(number, int(Why.NO_ROOM))
    placed = window >= 0
    ends = np.where(placed, problem.windows.end[np.maximum(window, 0)] if len(problem.windows) else 0.0, np.inf)
    late = ends > jobs.deadline
    why[placed] = int(Why.PLANNED)
    why[placed & late] = int(Why.LATE)
    none = ~placed & ~cols.anyhow.any(axis=1)
    why[none] = np.where(cols.open_to[none], int(Why.TOO_LONG), int(Why.NO_WINDOW))
    for job in np.flatnonzero(~placed & ~none).tolist():
        if any(placing.room(job, w) for w in np.flatnonzero(cols.anyhow[job]).tolist()):
            why[job] = int(Why.RULE)
    why[~placed & (jobs.pinned >= 0)] = int(Why.PIN_BROKEN)
    missed = np.zeros(number, dtype=np.int64)
    due = np.isfinite(jobs.deadline) & late
    missed[due] = np.where(cols.in_time[due], int(Missed.NO_ROOM), int(Missed.NO_WINDOW))
    return why, missed


def scarce(schedule: Schedule) -> list[tuple[int, int, float]]:
    """(team, window, money) of one more hour where it is worth most, highest first. By the bound's prices."""
    team, window = np.nonzero(schedule.prices.hour > 0)
    worth: Any = schedule.prices.hour[team, window]
    order = np.argsort(-worth, kind="stable")
    return [(int(team[i]), int(window[i]), float(worth[i])) for i in order]
