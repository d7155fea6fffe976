"""Amounts on a lattice: rounded down, and dispersed to both neighbours so that every mean is kept.

Damped ("tilted") FFT: p_j is weighted by exp(-theta j), so that sums beyond the last point, which wrap around, come
back weighted by exp(-theta n) = 1e-8 (Gruebel, Hermesmeier: Computation of compound distributions I. ASTIN Bulletin 29,
1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft  # type: ignore[import-untyped]
from scipy.special import ndtr  # type: ignore[import-untyped]

from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]
Complex = NDArray[np.complexfloating[Any, Any]]

WRAPPED = 1e-8
"""Weight with which probability beyond the reach comes back into the lattice: the error of every probability."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """n points (a power of 2) of width `step` (money): 0, step, ..., (n - 1) step."""

    step: float
    n: int

    @property
    def reach(self) -> float:
        return self.step * self.n

    @property
    def tilt(self) -> Floats:
        """(n,) weights exp(-theta j)."""
        weights: Floats = np.exp(np.log(WRAPPED) / self.n * np.arange(self.n))
        return weights

    @property
    def shift(self) -> Complex:
        """(n/2 + 1,) the transform of one step: rounding up instead of down multiplies by it."""
        turn: Complex = np.exp(np.log(WRAPPED) / self.n - 2j * np.pi * np.arange(self.n // 2 + 1) / self.n)
        return turn

    def transform(self, mass: Floats) -> Complex:
        """(n/2 + 1,) the damped transform of (n,) probabilities (or amounts) at the points."""
        found: Complex = rfft(mass * self.tilt)
        return found

    def back(self, transform: Complex) -> Floats:
        """(n,) the probabilities at the points."""
        found: Floats = irfft(transform, self.n) / self.tilt
        return found

    def masses(self, median: float, s_low: float, s_high: float) -> tuple[Floats, Floats]:
        """The two-piece lognormal law rounded down (n,), and dispersed (n,) so that mass and mean of each cell hold.

        What lies beyond the reach is left out of both: a distribution function below the reach needs none of it.
        """
        inner, mass, money = _cells(self, median, s_low, s_high)
        kept = np.clip(money / self.step - inner * mass, 0.0, mass)
        dispersed = mass - kept
        dispersed[1:] += kept[:-1]
        return mass, dispersed


def _cells(lattice: Lattice, median: float, s_low: float, s_high: float) -> tuple[Floats, Floats, Floats]:
    """Number, probability and partial mean E[Y; cell] of the cells (j step, (j + 1) step]."""
    inner = np.arange(lattice.n, dtype=float)
    edges = lattice.step * np.arange(1, lattice.n + 1)
    distance = np.log(edges / median)
    cdf, partial = np.zeros(lattice.n), np.zeros(lattice.n)
    below = distance < 0
    for part, s in ((below, s_low), (~below, s_high)):
        if s > 0:
            z = distance[part] / s
            cdf[part] = ndtr(z)
            partial[part] = np.exp(s * s / 2.0) * ndtr(z - s)
    lower_mean = float(np.exp(s_low * s_low / 2.0) * ndtr(-s_low)) if s_low > 0 else 0.5
    if s_high > 0:
        partial[~below] += lower_mean - np.exp(s_high * s_high / 2.0) * ndtr(-s_high)
    else:
        cdf[~below], partial[~below] = 1.0, lower_mean + 0.5
    mass = np.maximum(np.diff(cdf, prepend=0.0), 0.0)
    money = np.maximum(np.diff(partial, prepend=0.0), 0.0) * median
    return inner, mass, money


def log_count(transform: Complex, rate: float, variance: float) -> Complex:
    """ln E z^N of the mixed Poisson count with gamma rate (rate, variance) at z = transform."""
    if rate == 0:
        return np.zeros_like(transform)
    if variance == 0:
        result: Complex = rate * (transform - 1.0)
        return result
    result = -(rate * rate / variance) * np.log1p(variance / rate * (1.0 - transform))
    return result


def count_slope(transform: Complex, rate: float, variance: float) -> Complex:
    """d ln E z^N / dz of the same count."""
    spread = variance / rate if rate > 0 else 0.0
    slope: Complex = rate / (1.0 + spread * (1.0 - transform))
    return slope


def forms_of(law: TwoPieceLognormal, row: int) -> list[tuple[float, float, float]]:
    """(median, s_low, s_high) of the forms of loss that a scenario has."""
    columns = zip(law.median[row], law.s_low[row], law.s_high[row], strict=True)
    return [(float(m), float(a), float(b)) for m, a, b in columns if m > 0]
