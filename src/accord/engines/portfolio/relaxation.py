"""The linear relaxation: one growing set of rows whose optimum bounds every plan from the good side."""

from __future__ import annotations

import time
from dataclasses import dataclass

import highspy
import numpy as np

from accord.engines.portfolio.columns import Columns, Rows, Shape, base_rows
from accord.engines.portfolio.compiled import Compiled, Floats, Ints
from accord.engines.portfolio.cuts import CoverCuts, ResidualCuts
from accord.engines.portfolio.solver import Solver

STALLED = 2e-4
"""Cutting stops when three rounds together lift the bound by less than this share."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a plan: loss at most `loss` (money over the horizon), value at least `value`; None = free."""

    loss: float | None = None
    value: float | None = None


class NoPlan(Exception):
    """Not even a fractional plan keeps all constraints."""


class OutOfTime(Exception):
    """The first linear program was not solved in time, so that there is no bound."""


class Relaxation:
    """Minimizes Σ weights[j] × residual over fractional plans. Cuts stay when the objective changes.

    Without `covers` no cover cuts are added: they take the price of a resource onto themselves.
    """

    def __init__(
        self,
        compiled: Compiled,
        final: bool = False,
        shape: Shape = lambda columns, residual: residual,
        covers: bool = True,
    ) -> None:
        self.compiled = compiled
        self.columns = Columns(compiled, final, shape)
        self.base, self.resource_rows = base_rows(self.columns)
        self.cuts = Rows.none()
        self.residual_cuts = ResidualCuts(self.columns)
        self._cover_cuts = CoverCuts(self.columns) if covers else None
        self.weights = np.zeros(len(compiled.price))
        self.limits = Limits()
        self.solution: Floats = np.zeros(self.columns.count)
        self.duals: Floats = np.zeros(0)
        self.objective = 0.0
        self._constant = 0.0
        self._lp = self.model(self.base)
        self._limit_row = len(self.base)
        g = compiled.goals
        self._limit_parts = [self._part(slice(g, None)), self._part(slice(0, g))]
        free = Rows.none()
        for row, _, _ in self._limit_parts:
            free.add({k: float(row[k]) for k in np.flatnonzero(row).tolist()})
        append(self._lp, free)
        self.take(self.residual_cuts.at_start())

    def _part(self, part: slice) -> tuple[Floats, float, float]:
        """(coefficients, constant, scale) of what is left of all goals, or of all scenarios, as a share."""
        weights = np.zeros_like(self.compiled.price)
        weights[part] = self.compiled.price[part]
        scale = float(weights.sum()) * self.compiled.horizon or 1.0
        row, constant = self.columns.objective(weights / scale)
        return row, constant, scale

    def model(self, rows: Rows) -> highspy.Highs:
        """A solver that holds the columns with their bounds and these rows."""
        lp = Solver()
        count, steps = self.columns.count, self.columns.steps
        lower, upper = np.zeros(count), np.full(count, highspy.kHighsInf)
        upper[:steps] = 1.0
        for i in np.flatnonzero(self.compiled.must).tolist():
            if (chosen := self.columns.chosen(i)) is not None:
                lower[chosen] = 1.0
        lp.addVars(count, lower, upper)
        append(lp, rows)
        return lp

    def take(self, rows: Rows) -> None:
        """Add cuts for good."""
        self.cuts.extend(rows)
        append(self._lp, rows)

    def aim(self, weights: Floats, limits: Limits | None = None) -> None:
        """Set what is minimized, and the bounds on loss and value."""
        self.weights, self.limits = weights, limits or Limits()
        row, self._constant = self.columns.objective(weights)
        set_objective(self._lp, row, self._constant)
        for n, upper in enumerate(self.limit_rows()[1]):
            self._lp.changeRowBounds(self._limit_row + n, -highspy.kHighsInf, upper)

    def limit_rows(self) -> tuple[list[Floats], list[float]]:
        """Coefficients and upper bounds of the two limit rows; an infinite bound means free."""
        uppers = []
        for (_, constant, scale), bound in zip(self._limit_parts, self._left_allowed(), strict=True):
            uppers.append(np.inf if bound is None else bound / scale - constant)
        return [row for row, _, _ in self._limit_parts], uppers

    def _left_allowed(self) -> tuple[float | None, float | None]:
        value, loss = self.limits.value, self.limits.loss
        full = float(self.compiled.price[: self.compiled.goals].sum()) * self.compiled.horizon
        return loss, None if value is None else full - value

    def solve(self, deadline: float = np.inf) -> float:
        """The bound as things stand; `NoPlan` when the rows contradict each other, `OutOfTime` at the deadline."""
        left = max(deadline - time.monotonic(), 0.0)
        # HiGHS counts the time of all its runs together.
        limit = highspy.kHighsInf if np.isinf(left) else self._lp.getRunTime() + left
        self._lp.setOptionValue("time_limit", limit)
        self._lp.run()
        if self._lp.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise NoPlan
        if self._lp.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
            raise OutOfTime
        found = self._lp.getSolution()
        self.solution = np.array(found.col_value)
        self.duals = np.array(found.row_dual)
        self.objective = float(self._lp.getInfo().objective_function_value)
        return self.objective

    def tighten(self, deadline: float, rounds: int = 40, strict: bool = False) -> float:
        """Cut until nothing is violated, the bound stalls, or the time (`time.monotonic`) is out.

        The first linear program is solved whatever it takes, unless `strict`: then `OutOfTime` may come.
        """
        history = [self.solve(deadline if strict else np.inf)]
        for _ in range(rounds):
            rows = self.residual_cuts.violated(self.solution)
            if self._cover_cuts is not None:
                rows.extend(self._cover_cuts.violated(self.solution))
            if not len(rows) or time.monotonic() > deadline:
                break
            self.take(rows)
            try:
                history.append(self.solve(deadline))
            except OutOfTime:
                break
            size = abs(history[-1]) + 1e-9
            if len(history) > 3 and history[-1] - history[-4] < STALLED * size:
                break
        return self.objective

    def prices(self) -> Floats:
        """What one more unit of each resource is worth in the objective (≥ 0), by the last linear solution."""
        found = np.zeros(len(self.compiled.limits))
        for r, (row, scale) in self.resource_rows.items():
            found[r] = max(0.0, -float(self.duals[row]) / scale)
        return found

    def limit_prices(self) -> tuple[float, float]:
        """What the limits on value and on loss cost in the objective, per unit of either (≥ 0)."""
        loss, value = (
            max(0.0, -float(self.duals[self._limit_row + n])) / scale
            for n, (_, _, scale) in enumerate(self._limit_parts)
        )
        return value, loss

    def tight_cuts(self, slack: float = 1e-3) -> Rows:
        """The cuts that hold the present solution, within a small slack."""
        activity = self.cuts.activity(self.solution)
        lower, upper = np.array(self.cuts.lower), np.array(self.cuts.upper)
        room = np.minimum(activity - lower, upper - activity)
        return self.cuts.pick(np.flatnonzero(room <= slack))


def append(model: highspy.Highs, rows: Rows) -> None:
    """Add rows to a solver."""
    if not len(rows):
        return
    model.addRows(
        len(rows),
        np.array(rows.lower),
        np.array(rows.upper),
        len(rows.index),
        np.array(rows.starts, dtype=np.int32),
        np.array(rows.index, dtype=np.int32),
        np.array(rows.value),
    )


def set_objective(model: highspy.Highs, row: Floats, constant: float) -> None:
    columns: Ints = np.arange(len(row), dtype=np.int64)
    model.changeColsCost(len(row), columns.astype(np.int32), row)
    model.changeObjectiveOffset(constant)
