"""Which fix is made in which change window, so that the most expected loss is removed before a horizon.

A job removes a loss of so much a day from the end of its window on: value = rate × days left. It takes hours of one
team, restarts or takes down one system, may be held until a day, pinned to a window, or due by a deadline. Windows have
hours by team, and limits on restarts and downtime; freezes close windows; rules keep systems apart, in order, or few of
them down at once. The problem is a generalized assignment problem with side constraints (NP-hard; Martello and Toth,
"Knapsack Problems", 1990, chapter 7).

`solve` gives a schedule that keeps everything, and a bound that no schedule exceeds: greedy by what each job is worth
beyond the prices of what it uses, local moves, and the Lagrangian bound at the best prices found; exact by HiGHS where
the problem is small. `cost_of_freeze` and `one_more_window` solve again with the change and give an interval that
certainly holds. Jobs without a price are placed by class and deadline and are in no sum.
"""

from accord.engines.patching.explaining import Difference, cost_of_freeze, one_more_window, window_worth
from accord.engines.patching.problem import (
    Columns,
    Freeze,
    Invalid,
    Jobs,
    Problem,
    Rules,
    Windows,
    columns,
)
from accord.engines.patching.relaxation import Prices
from accord.engines.patching.solving import Missed, Schedule, Why, scarce, solve

__all__ = [
    "Columns",
    "Difference",
    "Freeze",
    "Invalid",
    "Jobs",
    "Missed",
    "Prices",
    "Problem",
    "Rules",
    "Schedule",
    "Why",
    "Windows",
    "columns",
    "cost_of_freeze",
    "one_more_window",
    "scarce",
    "solve",
    "window_worth",
]
