"""What a freeze costs and what one more window or hour is worth, by solving again with or without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accord.engines.patching.problem import Floats, Problem
from accord.engines.patching.relaxation import Prices
from accord.engines.patching.solving import Schedule, solve

STEPS = 60


@dataclass(frozen=True)
class Difference:
    """What a change of the problem is worth (money over the horizon): the difference of the two best schedules.

    estimate: difference of the two schedules that were found.
    low, high: the difference certainly lies between these, by the two bounds.
    """

    estimate: float
    low: float
    high: float


def _difference(wider: Schedule, narrower: Schedule) -> Difference:
    """Each best schedule lies between what was found and its bound."""
    return Difference(wider.value - narrower.value, wider.value - narrower.bound, wider.bound - narrower.value)


def cost_of_freeze(problem: Problem, schedule: Schedule, freeze: int) -> Difference:
    """How much more could be removed without one freeze."""
    return _difference(solve(problem.without(freeze), schedule.prices, STEPS), schedule)


def window_worth(problem: Problem, schedule: Schedule) -> Floats:
    """(W,) what a second window like each one would be worth at most at the margin: Σ price × its capacities."""
    prices, windows = schedule.prices, problem.windows
    worth: Floats = (prices.hour * windows.team_hours).sum(axis=0)
    for price, limit in ((prices.restart, windows.restarts), (prices.downtime, windows.downtime)):
        worth += price * np.where(np.isfinite(limit), limit, 0.0)
    return worth


def one_more_window(problem: Problem, schedule: Schedule) -> tuple[int, Difference] | None:
    """The window whose repetition is worth most, and what that is; None without a window."""
    if not len(problem.windows):
        return None
    best = int(window_worth(problem, schedule).argmax())
    order = np.insert(np.arange(len(problem.windows)), best + 1, best)
    prices = schedule.prices
    start = Prices(prices.hour[:, order], prices.restart[order], prices.downtime[order])
    return best, _difference(solve(problem.with_window_again(best), start, STEPS), schedule)
