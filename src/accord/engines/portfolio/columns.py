"""Columns and base rows of the mixed-integer model, as plain arrays.

A plan is written with steps: w[i, t] = 1 when initiative i has started by quarter t (first[i] ≤ t ≤ last[i]),
so w never falls, w[i, last] says whether i is in the plan, and w[i, q − duration] whether it is finished
before quarter q. A residual that two or more initiatives touch has a continuous column r[j, q] ≥ the product;
one that a single initiative touches is linear in w and needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from accord.engines.portfolio.compiled import Compiled, Floats, Ints


@dataclass(slots=True)
class Rows:
    """Rows `lower ≤ Σ value × column ≤ upper` in compressed form."""

    lower: list[float]
    upper: list[float]
    starts: list[int]
    index: list[int]
    value: list[float]

    @staticmethod
    def none() -> Rows:
        return Rows([], [], [], [], [])

    def __len__(self) -> int:
        return len(self.lower)

    def add(self, columns: dict[int, float], lower: float = -np.inf, upper: float = np.inf) -> None:
        """Append one row; coefficients of zero are left out."""
        self.starts.append(len(self.index))
        self.lower.append(lower)
        self.upper.append(upper)
        for column, value in columns.items():
            if value:
                self.index.append(column)
                self.value.append(value)

    def extend(self, other: Rows) -> None:
        offset = len(self.index)
        self.lower += other.lower
        self.upper += other.upper
        self.starts += [s + offset for s in other.starts]
        self.index += other.index
        self.value += other.value

    def pick(self, wanted: Ints) -> Rows:
        """The rows at these positions."""
        chosen = Rows.none()
        ends = [*self.starts[1:], len(self.index)]
        for n in wanted.tolist():
            part = slice(self.starts[n], ends[n])
            columns = dict(zip(self.index[part], self.value[part], strict=True))
            chosen.add(columns, self.lower[n], self.upper[n])
        return chosen

    def activity(self, solution: Floats) -> Floats:
        """Σ value × column of each row (no row is empty)."""
        products = np.asarray(self.value) * solution[np.asarray(self.index, dtype=np.int64)]
        return np.asarray(np.add.reduceat(products, self.starts)) if self.starts else np.zeros(0)


@dataclass(frozen=True, slots=True)
class Residual:
    """One residual of one goal or scenario in one quarter: its column and the flags that it hangs on.

    A flag says that an initiative is finished, or that a later phase of its ramp-up has begun. `logs` is what each
    adds to the logarithm; `after` is the position of the earlier phase of the same initiative, −1 for the first.
    `values` [2^flags] takes the place of the product where the column stands for another function of its flags.
    """

    j: int
    quarter: int
    column: int
    flags: tuple[int, ...]
    logs: tuple[float, ...]
    after: tuple[int, ...]
    values: tuple[float, ...] | None = None


Shape = Callable[["Columns", Residual], Residual]


def _residual(j: int, q: int, column: int, chains: list[dict[int, float]]) -> Residual:
    flags: list[int] = []
    logs: list[float] = []
    after: list[int] = []
    for chain in chains:
        for n, (flag, log) in enumerate(chain.items()):
            after.append(len(flags) - 1 if n else -1)
            flags.append(flag)
            logs.append(log)
    return Residual(j, q, column, tuple(flags), tuple(logs), tuple(after))


class Columns:
    """Where each variable stands. `steps` is the number of binaries, `count` that of all columns.

    With `final` the residuals after the horizon have columns, too; `shape` may make one stand for something else.
    """

    def __init__(self, compiled: Compiled, final: bool = False, shape: Shape = lambda columns, residual: residual):
        self.compiled = compiled
        possible = (compiled.first <= compiled.last) & ~compiled.banned
        self.offset = np.full(compiled.size, -1, dtype=np.int64)
        at = 0
        for i in np.flatnonzero(possible).tolist():
            self.offset[i] = at
            at += int(compiled.last[i] - compiled.first[i]) + 1
        self.steps = at
        self.residuals: list[Residual] = []
        self.linear: list[tuple[int, int, int, float]] = []
        touched = (compiled.phases != 0.0).any(axis=0) & possible
        for j in range(len(compiled.price)):
            for q in range(compiled.horizon + final):
                able = [chain for i in np.flatnonzero(touched[j]).tolist() if (chain := self._chain(j, i, q))]
                if len(able) == 1:
                    self._one(j, q, able[0])
                elif able:
                    self.residuals.append(shape(self, _residual(j, q, at, able)))
                    at += 1
        self.count = at

    def _chain(self, j: int, i: int, q: int) -> dict[int, float]:
        """Flag → what it adds to the logarithm of residual j in quarter q, by the phases of initiative i."""
        found: dict[int, float] = {}
        for k in range(len(self.compiled.phases)):
            log = float(self.compiled.phases[k, j, i])
            if log and (flag := self.finished(i, q - k)) is not None:
                found[flag] = found.get(flag, 0.0) + log
        return found

    def _one(self, j: int, q: int, chain: dict[int, float]) -> None:
        """A residual that one initiative alone touches: its phases begin one after the other, so that it is linear."""
        level = 0.0
        for flag, log in chain.items():
            self.linear.append((j, q, flag, float(np.exp(level + log) - np.exp(level))))
            level += log

    def started(self, i: int, t: int) -> int | None:
        """Column of “i has started by quarter t”; None when that cannot be."""
        c = self.compiled
        if self.offset[i] < 0 or t < c.first[i]:
            return None
        return int(self.offset[i] + min(t, int(c.last[i])) - c.first[i])

    def finished(self, i: int, q: int) -> int | None:
        """Column of “i is finished before quarter q”."""
        return self.started(i, q - int(self.compiled.duration[i]))

    def chosen(self, i: int) -> int | None:
        """Column of “i is in the plan”."""
        return self.started(i, self.compiled.horizon)

    def by_start(self, i: int, amounts: Floats) -> dict[int, float]:
        """Coefficients on steps of Σ over starts t of amounts[t] × (i starts in t); `amounts` runs over the window."""
        ahead = np.append(amounts[1:], 0.0)
        values = amounts - ahead
        at = int(self.offset[i])
        return {at + int(k): float(values[k]) for k in np.flatnonzero(np.abs(values) > 1e-12)}

    def window(self, i: int) -> slice:
        """The possible starts of an initiative."""
        return slice(int(self.compiled.first[i]), int(self.compiled.last[i]) + 1)

    def masses(self, solution: Floats) -> Floats:
        """[n, T]: how much of each start a (fractional) solution takes."""
        c = self.compiled
        found = np.zeros((c.size, c.horizon))
        for i in np.flatnonzero(self.offset >= 0):
            at, window = int(self.offset[i]), self.window(int(i))
            steps = solution[at : at + window.stop - window.start]
            found[i, window] = np.diff(steps, prepend=0.0)
        return np.maximum(found, 0.0)

    def starts(self, solution: Floats) -> Ints:
        """Start per initiative of an integral solution, −1 where it is not in the plan."""
        found = np.full(self.compiled.size, -1, dtype=np.int64)
        mass = self.masses(np.round(solution))
        rows, quarters = np.nonzero(mass > 0.5)
        found[rows] = quarters
        return found

    def rounded(self, solution: Floats) -> Ints:
        """The likeliest start of each initiative of which a fractional solution takes more than half, −1 elsewhere."""
        mass = self.masses(solution)
        return np.where(mass.sum(axis=1) > 0.5, np.argmax(mass, axis=1), -1)

    def solution(self, starts: Ints) -> Floats:
        """The binaries of a plan."""
        found = np.zeros(self.steps)
        for i in np.flatnonzero((starts >= 0) & (self.offset >= 0)):
            at, window = int(self.offset[i]), self.window(int(i))
            found[at : at + window.stop - window.start] = np.arange(window.start, window.stop) >= starts[i]
        return found

    def objective(self, weights: Floats) -> tuple[Floats, float]:
        """Coefficients and constant of Σ weights × r[j, q]: weights [J], or [T + 1, J] (see `Compiled.by_quarter`)."""
        held = self.compiled.by_quarter(weights)
        row, constant = np.zeros(self.count), float(held.sum())
        for residual in self.residuals:
            weight = float(held[residual.quarter, residual.j])
            row[residual.column] += weight
            constant -= weight
        for j, q, flag, change in self.linear:
            row[flag] += held[q, j] * change
        return row, constant


def base_rows(columns: Columns) -> tuple[Rows, dict[int, tuple[int, float]]]:
    """Steps that do not fall, prerequisites, exclusions, and every budget and skill that could run short.

    With them, where each resource stands: resource → (row, amount that 1 in the row means).
    """
    c, rows = columns.compiled, Rows.none()
    places: dict[int, tuple[int, float]] = {}
    for i in np.flatnonzero(columns.offset >= 0).tolist():
        at = int(columns.offset[i])
        for k in range(int(c.last[i] - c.first[i])):
            rows.add({at + k: 1.0, at + k + 1: -1.0}, upper=0.0)
        for t in range(int(c.first[i]), int(c.last[i]) + 1):
            for any_of in c.requires[i]:
                row = {int(columns.started(i, t) or 0): 1.0}
                for other in any_of:
                    if (ready := columns.finished(other, t)) is not None:
                        row[ready] = row.get(ready, 0.0) - 1.0
                rows.add(row, upper=0.0)
        for other in c.excludes[i]:
            sizes = any(i in members and other in members for members in c.groups)
            if i < other and not sizes and (there := columns.chosen(other)) is not None:
                rows.add({int(columns.chosen(i) or 0): 1.0, there: 1.0}, upper=1.0)
    for members in c.groups:
        able = [column for i in members if (column := columns.chosen(i)) is not None]
        if len(able) > 1:
            rows.add(dict.fromkeys(able, 1.0), upper=1.0)
    for r, limit in enumerate(c.limits):
        row = {}
        scale = max(float(limit), float(c.usage[:, :, r].max(initial=0.0)) * 1e-3, 1e-9)
        for i in np.flatnonzero(columns.offset >= 0).tolist():
            row |= columns.by_start(i, c.usage[i, columns.window(i), r] / scale)
        if row:
            places[r] = (len(rows), scale)
            rows.add(row, upper=float(limit) / scale)
    return rows, places
