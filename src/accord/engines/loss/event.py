"""What one event costs: the sum of its independent forms of loss, by a lattice, with proven bounds.

Each amount is rounded up to a multiple of the step. Rounded so, the sum of n forms is never below the true one and
less than n steps above it: P(rounded sum > t) is an upper bound of P(sum > t), P(rounded sum > t + n steps) a lower
one. The lattice is convolved by FFT; the rounding of that arithmetic is below 1e-12 and is added to the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]

CELLS = 2**16
_ARITHMETIC = 1e-12


@dataclass(frozen=True, slots=True)
class Lattice:
    """P(amount rounded up <= k * step), k = 0 .. len(below) - 1, of a sum of `forms` positive amounts."""

    step: float
    below: Floats
    forms: int

    @property
    def masses(self) -> Floats:
        """The probability of each multiple of the step; what lies beyond the last one is left out."""
        return np.diff(self.below, prepend=0.0)

    def bounds(self, amounts: ArrayLike) -> Floats:
        """P(sum > amount): (k, 3) lower bound, estimate, upper bound, for amounts within the lattice."""
        x = np.atleast_1d(np.asarray(amounts, float)) / self.step
        last = self.below.size - 1
        upper = 1.0 - self.below[np.clip(np.floor(x + 1e-9).astype(int), 0, last)]
        lower = 1.0 - self.below[np.clip(np.ceil(x - 1e-9).astype(int) + self.forms, 0, last)]
        lower = np.where(np.ceil(x - 1e-9) + self.forms > last, 0.0, lower)
        low, high = np.clip(lower - _ARITHMETIC, 0.0, 1.0), np.clip(upper + _ARITHMETIC, 0.0, 1.0)
        return np.stack([low, (low + high) / 2.0, high], axis=1)

    def layer_mean(self, attachment: float, limit: float) -> tuple[float, float, float]:
        """Lower bound, estimate and upper bound of E min(max(X - attachment, 0), limit): the tail's integral."""
        edges = np.unique(np.concatenate([
            [attachment, attachment + limit],
            self.step * np.arange(np.ceil(attachment / self.step), np.floor((attachment + limit) / self.step) + 1),
        ]))  # fmt: skip
        edges = edges[(edges >= attachment) & (edges <= attachment + limit)]
        found, widths = self.bounds(edges), np.diff(edges)
        low, high = float(widths @ found[1:, 0]), float(widths @ found[:-1, 2])
        return low, (low + high) / 2.0, high


def event_lattice(quantiles: ArrayLike, furthest: float, cells: int = CELLS) -> Lattice:
    """The lattice of the sum of independent forms, each given by its 5, 50 and 95 % quantiles (f, 3), up to `furthest`.

    Money in any one unit. LossInputError for quantiles that are no interval (see `Portfolio`).
    """
    rows = np.atleast_2d(np.asarray(quantiles, float))
    _check(rows, furthest)
    rows = rows[rows[:, 1] > 0]
    step = furthest / cells
    size = cells + rows.shape[0] + 1
    if not rows.shape[0]:
        return Lattice(step, np.ones(size), 0)
    edges = step * np.arange(size)
    length = 1 << int(2 * size - 1).bit_length()
    transform: Any = None
    for row in rows:
        law = TwoPieceLognormal.from_quantiles(row)
        with np.errstate(divide="ignore"):
            mass = np.diff(law.cdf(edges), prepend=0.0)
        if transform is None:
            transform = np.fft.rfft(mass, length)
        else:
            # Each product is cut to the lattice again: what lies beyond cannot come back below its end.
            product = np.fft.irfft(transform * np.fft.rfft(mass, length), length)[:size]
            transform = np.fft.rfft(product, length)
    masses = np.maximum(np.fft.irfft(transform, length)[:size], 0.0)
    return Lattice(step, np.minimum(np.cumsum(masses), 1.0), rows.shape[0])


def exceeds(quantiles: ArrayLike, amount: float) -> tuple[float, float, float]:
    """P(sum of independent forms > amount): lower bound, estimate, upper bound; amount > 0."""
    low, middle, high = event_lattice(quantiles, amount).bounds(amount)[0].tolist()
    return low, middle, high


def exceeds_together(quantiles: ArrayLike, amount: float) -> float:
    """The same where the forms rise and fall together (comonotone): the sum of quantiles at one common level."""
    from scipy.optimize import brentq  # type: ignore[import-untyped]
    from scipy.special import ndtr  # type: ignore[import-untyped]

    rows = np.atleast_2d(np.asarray(quantiles, float))
    _check(rows, amount)
    law = TwoPieceLognormal.from_quantiles(rows)

    def over(z: float) -> float:
        return float((law.median * np.exp(np.where(z < 0, law.s_low, law.s_high) * z)).sum()) - amount

    if over(38.0) <= 0:
        return 0.0
    if over(-38.0) > 0:
        return 1.0
    return float(ndtr(-brentq(over, -38.0, 38.0, xtol=1e-12)))


def _check(rows: Floats, amount: float) -> None:
    problems = []
    if not (np.isfinite(amount) and amount > 0):
        problems.append(Problem("(all)", "amount", f"{amount:g} is no amount", "Give an amount above 0"))
    for number, row in enumerate(rows, 1):
        place = f"form {number}"
        if row.size != 3 or not np.isfinite(row).all() or (row < 0).any():
            remedy = "Give 5, 50 and 95 % as numbers from 0 up, or leave the form out as unknown"
            problems.append(Problem(place, "magnitude", f"{row.tolist()} is no interval of money", remedy))
        elif not row[0] <= row[1] <= row[2]:
            reason = f"5 % {row[0]:g}, 50 % {row[1]:g}, 95 % {row[2]:g} are out of order"
            problems.append(Problem(place, "magnitude", reason, "Order them upward"))
        elif row[0] == 0 and row[2] > 0:
            remedy = "Give the smallest amount that would still not surprise you, or 0 in all three"
            problems.append(Problem(place, "magnitude", "the 5 % bound is 0 but the 95 % bound is not", remedy))
    if problems:
        raise LossInputError(problems)
