"""Forms of loss without a transform in closed form: their amounts rounded to a lattice, down and up.

X_down <= X <= X_up, both on multiples of a step, so that every figure of the year computed with X_down is a lower
bound and with X_up an upper bound. Half of the one and half of the other is the estimate: its error falls with the
square of the step. The transform at all frequencies is one FFT of the damped probabilities. Amounts beyond the period
never enter what is read from it and count as infinite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.laws import Law
from accord.engines.loss.places import DAMPING

Floats = NDArray[np.floating[Any]]
Complexes = NDArray[np.complexfloating[Any, Any]]
Rows = NDArray[np.intp]

ERROR_LATTICE = 1e-13
_PART = 1 << 16


class Rounding(Enum):
    """Which way amounts on a lattice are rounded."""

    DOWN = "down"
    MIDDLE = "middle"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Cells:
    """Laws on a lattice of `size` cells in a period (money); what all roundings share.

    at_0 (n,) P(X = 0); steps (n, size / 2 + 1) sum of P(x_k < X <= x_(k+1)) exp(-s x_k) at the frequencies;
    mass (n,) P(0 < X <= period), and lost (n,) what rounding down takes from the mean (money).
    """

    period: float
    size: int
    at_0: Floats
    steps: Complexes
    weighted: Complexes
    mass: Floats
    lost: Floats

    @classmethod
    def of(cls, laws: Sequence[Law], period: float, size: int, slopes: bool) -> Cells:
        """Evaluate the laws; `slopes` also prepares what divides a tail among scenarios."""
        step = period / size
        edges = step * np.arange(size + 1)
        damping = np.exp(-DAMPING / size * np.arange(size))
        at_0, mass, lost = (np.zeros(len(laws)) for _ in range(3))
        steps = np.zeros((len(laws), size // 2 + 1), complex)
        weighted = np.zeros_like(steps) if slopes else steps
        for i, law in enumerate(laws):
            cdf = np.concatenate([law.cdf(edges[first : first + _PART]) for first in range(0, size + 1, _PART)])
            cell = np.maximum(np.diff(np.clip(np.maximum.accumulate(cdf), 0.0, 1.0)), 0.0)
            at_0[i], mass[i] = float(cdf[0]), float(cell.sum())
            rounded = float(cell @ edges[:-1])
            inside = float(law.limited_mean(period)) - period * (1.0 - float(cdf[-1]))
            lost[i] = min(max(inside - rounded, 0.0), step * mass[i])
            steps[i] = np.fft.rfft(cell * damping)
            if slopes:
                weighted[i] = np.fft.rfft(cell * damping * np.arange(size))
        return cls(period, size, at_0, steps, weighted, mass, lost)

    def at(self, which: Complexes, rows: Rows, j: Floats) -> Complexes:
        """One of the sums at whole frequencies j (k,): they repeat after `size`, mirrored in the middle."""
        k = np.mod(j.astype(np.int64), self.size)
        mirrored = k > self.size // 2
        found = which[rows][:, np.where(mirrored, self.size - k, k)]
        found[:, mirrored] = np.conj(found[:, mirrored])
        return found


class LatticeForms:
    """Forms on a lattice, rounded one way."""

    def __init__(self, cells: Cells, rounding: Rounding) -> None:
        self._cells, self._rounding = cells, rounding
        self.error: Floats = np.full(cells.at_0.size, ERROR_LATTICE)

    def mean_change(self) -> Floats:
        """What the rounding adds to each mean (n,), in money."""
        cells = self._cells
        down, up = -cells.lost, cells.period / cells.size * cells.mass - cells.lost
        return {Rounding.DOWN: down, Rounding.UP: up, Rounding.MIDDLE: (down + up) / 2.0}[self._rounding]

    def prepare(self, count: int) -> None:
        """Nothing: every frequency is there."""

    def _shift(self, omega: Complexes) -> Complexes:
        """exp(-s * what is added to X_down): one step up, half of that, or nothing."""
        step: Complexes = np.exp(-omega / self._cells.size)
        if self._rounding is Rounding.UP:
            return step
        return np.ones_like(step) if self._rounding is Rounding.DOWN else (1.0 + step) / 2.0

    def transform(self, rows: Rows, place: Any) -> Complexes:
        """P(X = 0) + exp(-s added) * sum of the cells."""
        j = np.round(place.omega.imag / (2.0 * np.pi))
        found: Complexes = self._cells.at(self._cells.steps, rows, j) * self._shift(place.omega)
        return found + self._cells.at_0[rows, None]

    def biased(self, rows: Rows, place: Any, transform: Complexes) -> Complexes:
        """s E[X exp(-sX)]."""
        cells = self._cells
        j = np.round(place.omega.imag / (2.0 * np.pi))
        added = {Rounding.DOWN: 0.0, Rounding.UP: 1.0, Rounding.MIDDLE: 0.5}[self._rounding]
        steps = cells.at(cells.weighted, rows, j) + added * cells.at(cells.steps, rows, j)
        biased: Complexes = steps * self._shift(place.omega) * (place.omega / cells.size)
        return biased

    def bound(self, frequencies: Floats) -> Floats:
        """The transform at frequency 0: on a lattice it does not fall."""
        at_0 = self.transform(np.arange(self.error.size), _Zero)[:, 0].real
        return np.repeat(at_0[:, None], frequencies.size, axis=1)

    def turning(self, how_many: int) -> Floats:
        """Every frequency is evaluated."""
        return np.full((self.error.size, how_many), np.inf)


class _Zero:
    omega = np.array([DAMPING + 0j])


__all__ = ["Cells", "LatticeForms", "Rounding"]
