"""The multidimensional knapsack problem as a portfolio, so that published instances try the planner.

An item is an initiative of one quarter that can start in the first of two; it closes the gap of a goal of its own,
whose weight is the item's profit; a constraint is a skill. `solve` then maximizes the profit, proof included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accord.engines.portfolio.problem import (
    Budget,
    Capacity,
    Contribution,
    Fault,
    Goal,
    Initiative,
    PeopleNeed,
    Problem,
    ProblemError,
)

FIRST, SECOND = "2027-Q1", "2027-Q2"
MOST_NUMBERS = 5_000_000


@dataclass(frozen=True, slots=True)
class Knapsack:
    """Maximize Σ profit · x, x ∈ {0, 1}, with Σ weight · x ≤ capacity in each row of `weights`; all numbers ≥ 0.

    `best` is the optimum or the best profit that is published with it, None when none is.
    """

    profits: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    capacities: tuple[float, ...]
    best: float | None = None

    def profit(self, plan: Mapping[str, int]) -> float:
        """The profit of a plan of `knapsack`'s problem, exact."""
        return sum(self.profits[int(key[1:])] for key in plan)

    def profit_of(self, value: float) -> float:
        """The profit that a value or a bound on it stands for."""
        return value * 2.0 * sum(self.profits)


def knapsack(
    profits: Sequence[float], weights: Sequence[Sequence[float]], capacities: Sequence[float]
) -> tuple[Problem, Knapsack]:
    """The portfolio of an instance, and the instance, which turns value back into profit.

    Raises `ProblemError` where the sizes do not match or a number is negative.
    """
    faults = []
    for r, row in enumerate(weights):
        if len(row) != len(profits):
            reason = f"{len(row)} weights for {len(profits)} items."
            faults.append(Fault(f"constraint {r + 1}", "weights", reason, "Give one weight for each item."))
    if len(capacities) != len(weights):
        reason = f"{len(capacities)} capacities for {len(weights)} constraints."
        faults.append(Fault("knapsack", "capacities", reason, "Give one capacity for each constraint."))
    if not sum(profits) > 0:
        faults.append(Fault("knapsack", "profits", "They do not add up to more than 0.", "Give the items' profits."))
    if faults:
        raise ProblemError(faults)
    total = float(sum(profits))
    items = tuple(
        Initiative(
            f"x{k}", f"Item {k}", "cio", 1, latest=FIRST,
            people=tuple(PeopleNeed(1, f"r{r}", float(row[k])) for r, row in enumerate(weights) if row[k]),
            contributions=(Contribution(f"x{k}", 1.0),),
        )
        for k in range(len(profits))
    )  # fmt: skip
    goals = tuple(Goal(f"x{k}", f"Item {k}", float(p) / total) for k, p in enumerate(profits))
    free = tuple(Capacity(f"r{r}", q, float(c)) for r, c in enumerate(capacities) for q in (FIRST, SECOND))
    problem = Problem(FIRST, 2, items, goals, budgets=(Budget(2027, 0.0, 0.0),), capacities=free)
    return problem, Knapsack(tuple(map(float, profits)), tuple(tuple(map(float, w)) for w in weights),
                             tuple(map(float, capacities)))  # fmt: skip


def read_mknap(text: str) -> list[Knapsack]:
    """The instances of a file in the form of OR-Library's mknap1 and mknapcb (Beasley 1990), each with its optimum.

    Their number; then for each: items, constraints and optimum (0 = unknown), the profits, the weights row by row,
    the capacities. Raises `ProblemError` that names the number at which the text ends or is none.
    """
    words = text.split()
    at = 0

    def take(count: int) -> list[float]:
        nonlocal at
        found = []
        for n in range(at, at + count):
            try:
                found.append(float(words[n]))
            except (IndexError, ValueError):
                reason = "The text ends." if n >= len(words) else f"“{words[n][:30]}” is not a number."
                fault = Fault(f"number {n + 1}", "mknap", reason, "Give the whole file as it was published.")
                raise ProblemError([fault]) from None
        at += count
        return found

    found = []
    for _ in range(int(take(1)[0])):
        n, m, best = (int(x) if k < 2 else x for k, x in enumerate(take(3)))
        items, rows = int(n), int(m)
        if not (items > 0 and rows > 0 and items * rows <= MOST_NUMBERS):
            fault = Fault(f"number {at - 2}", "mknap", f"{items} items and {rows} constraints.", "Use a smaller file.")
            raise ProblemError([fault])
        profits = tuple(take(items))
        weights = tuple(tuple(take(items)) for _ in range(rows))
        found.append(Knapsack(profits, weights, tuple(take(rows)), best or None))
    return found
