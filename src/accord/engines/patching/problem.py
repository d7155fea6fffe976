"""What a patch plan is made from: jobs, windows, freezes and the rules between systems, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEVER = np.inf


class Invalid(ValueError):
    """The problem contradicts itself; the message says where."""


@dataclass(frozen=True)
class Jobs:
    """n fixes, each on one system. Times in days after the plan's begin.

    rate:     loss a day that ends once the job is done (money a day), NaN = not priced.
    hours:    hours of its team, > 0.       downtime: hours that its system is down, ≥ 0.
    restart:  whether its system restarts.  team, system: indices.
    earliest: no window that starts before (held until, or not possible sooner).
    deadline: a window must end by then; inf = none.
    pinned:   the one window it may be in, −1 = any.
    urgency:  class of the job, lower first; orders jobs that are not priced.
    """

    rate: Floats
    hours: Floats
    downtime: Floats
    restart: Bools
    team: Ints
    system: Ints
    earliest: Floats
    deadline: Floats
    pinned: Ints
    urgency: Ints

    def __len__(self) -> int:
        return len(self.rate)


@dataclass(frozen=True)
class Windows:
    """W change windows in order of time. `start` and `end` in days after the plan's begin.

    hours: how long each is; the jobs on one system may not be down longer in it.
    team_hours: (T, W) hours of work that a team has in it.
    restarts, downtime: (W,) so many restarts and hours of downtime over all systems, inf = no limit.
    open: (S, W) whether changes to a system may be made in it.
    """

    start: Floats
    end: Floats
    hours: Floats
    team_hours: Floats
    restarts: Floats
    downtime: Floats
    open: Bools

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Freeze:
    """Windows in which systems must not be changed: `frozen` is (S, W)."""

    name: str
    frozen: Bools


@dataclass(frozen=True)
class Rules:
    """Rules between systems (indices).

    apart:  (k, 2) pairs that are never changed in the same window, such as both sides of a redundant pair.
    before: (k, 2) (a, b): no job on a that is planned is later than a planned one on b, such as database before
            application; the same window is allowed.
    limits: (systems, most): so many of them at most are down in one window.
    """

    apart: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    before: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    limits: Sequence[tuple[Ints, int]] = ()


@dataclass(frozen=True)
class Problem:
    """Everything that a schedule is computed from.

    horizon: days; what a job removes is its rate × the days from the end of its window to the horizon.
    first:   jobs that are not priced and of this class or a more urgent one are placed before all priced ones, the
             others after them (a price that nobody knows is not a low price).
    """

    jobs: Jobs
    windows: Windows
    horizon: float
    freezes: Sequence[Freeze] = ()
    rules: Rules = field(default_factory=Rules)
    first: int = 1

    def __post_init__(self) -> None:
        _check(self)

    def without(self, freeze: int) -> Problem:
        """The same problem without one of its freezes."""
        return replace(self, freezes=[f for n, f in enumerate(self.freezes) if n != freeze])

    def with_window_again(self, window: int) -> Problem:
        """The same problem with one of its windows twice (the copy stands right behind it)."""
        order = np.insert(np.arange(len(self.windows)), window + 1, window)
        w, jobs = self.windows, self.jobs
        pinned = np.where(jobs.pinned > window, jobs.pinned + 1, jobs.pinned)
        return replace(
            self, jobs=replace(jobs, pinned=pinned),
            windows=Windows(w.start[order], w.end[order], w.hours[order], w.team_hours[:, order], w.restarts[order],
                            w.downtime[order], w.open[:, order]),
            freezes=[Freeze(f.name, f.frozen[:, order]) for f in self.freezes],
        )  # fmt: skip


def _check(problem: Problem) -> None:
    jobs, windows = problem.jobs, problem.windows
    n, w = len(jobs), len(windows)
    systems, teams = windows.open.shape[0], windows.team_hours.shape[0]
    for name in Jobs.__dataclass_fields__:
        if getattr(jobs, name).shape != (n,):
            raise Invalid(f"jobs.{name} has {getattr(jobs, name).shape[0]} values for {n} jobs.")
    if windows.open.shape != (systems, w) or windows.team_hours.shape != (teams, w):
        raise Invalid("windows.open is (systems, windows), windows.team_hours (teams, windows).")
    if w and (np.any(np.diff(windows.start) < 0) or np.any(windows.end <= windows.start)):
        raise Invalid("Windows stand in order of their start, and each ends after it starts.")
    if n and (np.any(jobs.rate < 0) or np.any(~(jobs.hours > 0)) or np.any(~(jobs.downtime >= 0))):
        raise Invalid("Rates and downtime are not negative, hours of work are positive.")
    for name, index, size in (("team", jobs.team, teams), ("system", jobs.system, systems)):
        if n and (index.min() < 0 or index.max() >= size):
            raise Invalid(f"jobs.{name} refers to a {name} that is not there.")
    if n and (jobs.pinned.min() < -1 or jobs.pinned.max() >= w):
        raise Invalid("jobs.pinned refers to a window that is not there.")
    for freeze in problem.freezes:
        if freeze.frozen.shape != (systems, w):
            raise Invalid(f"The freeze {freeze.name} is not (systems, windows).")
    for a, b in (*problem.rules.apart.tolist(), *problem.rules.before.tolist()):
        if a == b or not (0 <= a < systems and 0 <= b < systems):
            raise Invalid("A rule names one system twice, or one that is not there.")


@dataclass(frozen=True)
class Columns:
    """Which job may be in which window at all, before any capacity is shared: (n, W) each.

    `usable` heeds deadlines where a window in time is usable; `anyhow` does not. `value` is what a job would remove
    (money), 0 where it is not priced. `in_time` (n,): a usable window ends by the deadline, or there is no deadline.
    `open_to` (n,): some window is open to it, whatever its hours.
    """

    usable: Bools
    anyhow: Bools
    value: Floats
    in_time: Bools
    open_to: Bools


def columns(problem: Problem) -> Columns:
    """The columns of a problem."""
    jobs, windows = problem.jobs, problem.windows
    free = windows.open.copy()
    for freeze in problem.freezes:
        free &= ~freeze.frozen
    at = np.arange(len(windows))
    allowed = free[jobs.system]
    allowed &= windows.start[None, :] >= jobs.earliest[:, None]
    allowed &= (jobs.pinned[:, None] < 0) | (jobs.pinned[:, None] == at[None, :])
    allowed &= windows.end[None, :] <= problem.horizon
    anyhow = allowed & (jobs.hours[:, None] <= windows.team_hours[jobs.team])
    limit = np.minimum(windows.hours, windows.downtime)
    anyhow &= jobs.downtime[:, None] <= limit[None, :]
    anyhow &= ~(jobs.restart[:, None] & (windows.restarts[None, :] < 1))
    timely = anyhow & (windows.end[None, :] <= jobs.deadline[:, None])
    in_time = timely.any(axis=1) | np.isinf(jobs.deadline)
    usable = np.where(in_time[:, None], timely, anyhow)
    left = np.maximum(problem.horizon - windows.end, 0.0)
    value = np.nan_to_num(jobs.rate, nan=0.0)[:, None] * left[None, :]
    open_to: Bools = np.any(allowed, axis=1)
    return Columns(usable, anyhow, value, in_time, open_to)


def array(values: Any, kind: Any = np.float64) -> Any:
    """A contiguous array of the wanted kind."""
    return np.ascontiguousarray(values, dtype=kind)
