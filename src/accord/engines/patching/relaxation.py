"""An upper bound on what any schedule can remove, by prices on what is scarce.

Each hour of a team in a window, each restart and each hour of downtime gets a price λ ≥ 0. Whatever the prices,

    L(λ) = Σ price × capacity + Σ_jobs max(0, max_windows (value − what the job uses at these prices))

is at least the value of every schedule that keeps the capacities (Lagrangian relaxation; Fisher, "The Lagrangian
Relaxation Method for Solving Integer Programming Problems", Management Science 27, 1981). Its minimum over λ equals the
bound of the linear relaxation. Rules between systems are left out of it: that can only raise the bound.

The first prices are exact where hours alone are scarce and every window is open to every job: the densest jobs (rate ÷
hours) fill the windows in order, and the price of an hour falls from window to window by the density at the border ×
the days between. From there on, subgradient steps of Polyak's length with averaged directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from accord.engines.patching.problem import Bools, Columns, Floats, Problem

STEPS = 160
"""Subgradient steps at most."""
PATIENCE = 12
"""Steps without a better bound after which the step is halved."""


@dataclass(frozen=True)
class Capacity:
    """What is left to share: (T, W) hours, (W,) restarts and (W,) hours of downtime, inf = no limit."""

    hours: Floats
    restarts: Floats
    downtime: Floats


@dataclass(frozen=True)
class Prices:
    """Money for one hour of a team (T, W), one restart (W,), one hour of downtime (W,)."""

    hour: Floats
    restart: Floats
    downtime: Floats


class Relaxation:
    """L(λ) over chosen jobs. `value` is −inf where a job cannot be in a window."""

    def __init__(self, problem: Problem, cols: Columns, chosen: Bools, capacity: Capacity) -> None:
        jobs = problem.jobs
        keep = chosen & cols.usable.any(axis=1)
        self.index = np.flatnonzero(keep)
        self.value = np.where(cols.usable[self.index], cols.value[self.index], -np.inf)
        self.hours, self.team = jobs.hours[self.index], jobs.team[self.index]
        self.restart = jobs.restart[self.index].astype(np.float64)
        self.downtime = jobs.downtime[self.index]
        self.density = jobs.rate[self.index] / self.hours
        self.capacity = capacity
        self.problem = problem
        self.cells = self.team * len(problem.windows)

    def first_prices(self) -> Prices:
        """Prices that are exact where hours alone are scarce and every window is open to every job."""
        windows = self.problem.windows
        teams, number = self.capacity.hours.shape
        ends = np.append(windows.end, self.problem.horizon)
        hour = np.zeros((teams, number))
        for team in range(teams):
            of_team = np.flatnonzero(self.team == team)
            if not of_team.size or not number:
                continue
            order = of_team[np.argsort(-self.density[of_team], kind="stable")]
            filled = np.cumsum(self.hours[order])
            border = np.searchsorted(filled, np.cumsum(self.capacity.hours[team]), side="right")
            marginal = np.append(self.density[order], 0.0)[np.minimum(border, len(order))]
            falls = marginal * np.maximum(np.diff(ends), 0.0)
            hour[team] = np.cumsum(falls[::-1])[::-1]
        return Prices(hour, np.zeros(number), np.zeros(number))

    def reduced(self, prices: Prices) -> Floats:
        """(jobs, W) what a job is worth in a window beyond what it uses at these prices."""
        left: Floats = self.value - self.hours[:, None] * prices.hour[self.team]
        if prices.restart.any():
            left -= self.restart[:, None] * prices.restart
        if prices.downtime.any():
            left -= self.downtime[:, None] * prices.downtime
        return left

    def bound(self, prices: Prices) -> tuple[float, Floats, Floats, Floats]:
        """L at these prices, and what the jobs' best choices use of hours, restarts and downtime."""
        left = self.reduced(prices)
        best = left.argmax(axis=1) if left.shape[1] else np.zeros(len(left), np.int64)
        worth = left[np.arange(len(left)), best] if left.size else np.zeros(0)
        takes = worth > 0
        held, at = self.capacity, best[takes]
        number = held.hours.shape[1]
        used = np.bincount(self.cells[takes] + at, weights=self.hours[takes], minlength=held.hours.size)
        restarts = np.bincount(at, weights=self.restart[takes], minlength=number)
        downtime = np.bincount(at, weights=self.downtime[takes], minlength=number)
        whole = float(worth[takes].sum()) + _cost(prices, held)
        return whole, np.asarray(used, np.float64).reshape(held.hours.shape), _floats(restarts), _floats(downtime)

    def improve(self, prices: Prices, known: float, steps: int = STEPS, close: float = 2e-4) -> tuple[float, Prices]:
        """Lower the bound step by step; `known` is the value of a schedule. Returns the best bound and its prices."""
        scale, limits = _scale(self.capacity), _limits(self.capacity)
        limited = np.isfinite(limits)
        there = np.where(limited, limits, 0.0) / scale
        at = np.where(limited, _pack(prices) * scale, 0.0)
        best, best_at = np.inf, at
        stride, waiting = 1.0, 0
        direction = np.zeros_like(at)
        for _ in range(steps):
            whole, used, restarts, downtime = self.bound(self._unpack(at / scale))
            waiting = 0 if whole < best * (1 - 1e-6) or not np.isfinite(best) else waiting + 1
            if whole < best:
                best, best_at = whole, at
            if best - known <= close * max(abs(best), 1e-9):
                break
            if waiting >= PATIENCE:
                stride, waiting, at = stride / 2, 0, best_at
                direction[:] = 0.0
                if stride < 0.01:
                    break
                continue
            slack = there - np.concatenate([used.ravel(), restarts, downtime]) / scale
            slack[~limited | ((at <= 0) & (slack > 0))] = 0.0
            direction = slack + 0.6 * direction
            direction[(at <= 0) & (direction > 0)] = 0.0
            length = float(direction @ direction)
            if length <= 1e-18:
                break
            at = np.maximum(at - stride * (whole - known) / length * direction, 0.0)
        return best, self._unpack(best_at / scale)

    def _unpack(self, flat: Floats) -> Prices:
        teams, number = self.capacity.hours.shape
        cut = teams * number
        return Prices(flat[:cut].reshape(teams, number), flat[cut : cut + number], flat[cut + number :])


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _pack(prices: Prices) -> Floats:
    return np.concatenate([prices.hour.ravel(), prices.restart, prices.downtime])


def _limits(capacity: Capacity) -> Floats:
    return np.concatenate([capacity.hours.ravel(), capacity.restarts, capacity.downtime])


def _scale(capacity: Capacity) -> Floats:
    limits = _limits(capacity)
    return np.where(np.isfinite(limits) & (limits > 0), limits, 1.0)


def _cost(prices: Prices, capacity: Capacity) -> float:
    """Σ price × capacity; what has no limit has no price."""
    flat, limits = _pack(prices), _limits(capacity)
    priced = flat > 0
    return float((flat[priced] * limits[priced]).sum())
