"""Who carries the loss: exact division among scenarios, and by shares among whatever the scenarios hit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.errors import AccuracyError, LossInputError, Problem
from accord.engines.loss.inversion import Tail, cutoff, invert, kernel_transform
from accord.engines.loss.spectrum import DAMPING, Spectrum

Floats = NDArray[np.floating[Any]]

_SMOOTHING = 1.0 / 200.0
"""Width of the smoothing around VaR, relative to it, within which the tail's scenarios are told apart."""


def allocate(values: ArrayLike, shares: ArrayLike) -> tuple[Floats, float]:
    """Divide `values` (n,) by `shares` (n, m): the amounts (m,) and the amount that no share assigns.

    The amounts and the rest sum to the sum of the values. Shares are 0 to 1 and each row sums to 1 at the most;
    LossInputError otherwise.
    """
    amounts, parts = np.asarray(values, float), np.asarray(shares, float)
    problems = []
    if parts.ndim != 2 or amounts.shape != parts.shape[:1]:
        reason = f"values {amounts.shape} and shares {parts.shape} do not fit"
        raise LossInputError([Problem("(all)", "shares", reason, "Give one row of shares per value")])
    for i in np.flatnonzero(~((parts >= 0) & (parts <= 1)).all(axis=1)):
        problems.append(Problem(f"row {i + 1}", "shares", "a share is not between 0 and 1", "Correct the share"))
    for i in np.flatnonzero(parts.sum(axis=1) > 1 + 1e-9):
        total = f"the shares sum to {parts[i].sum():.6g}"
        problems.append(Problem(f"row {i + 1}", "shares", total, "Lower them to a sum of 1 at the most"))
    if problems:
        raise LossInputError(problems)
    assigned = amounts @ parts
    return assigned, float(amounts.sum() - assigned.sum())


def tail_contributions(spectrum: Spectrum, level: float, var: float, tvar: float) -> Floats:
    """Each scenario's part (m,) of TVaR at `level`: E[S_i | S beyond VaR], which sums to TVaR (money).

    Euler's principle (Tasche, "Capital allocation to business units and sub-portfolios: the Euler principle", 2007).
    The tail is entered over a band of half a per cent around VaR; AccuracyError if that moved the sum by over 1 %.
    """
    book = spectrum.book
    if var <= 0:
        return book.means() / (1.0 - level)
    width = var * _SMOOTHING
    accuracy = (1.0 - level) * 1e-5
    near = invert(spectrum, width, accuracy, steps=64)
    threshold = _smoothed_quantile(near, level)
    count, sharpness, _ = cutoff(spectrum, width, accuracy)
    period = spectrum.period
    s = (DAMPING + 2j * np.pi * np.arange(count)) / period
    inside = np.zeros(book.rate.size)
    spread = (book.rate_variance / book.rate)[:, None]
    for block in spectrum.blocks(count, derivative=True):
        rows, at = block.rows, s[block.place]
        derivative = book.rate[rows, None] / (1.0 + spread[rows] * (1.0 - block.events)) * block.biased
        year = np.exp(book.log_year(block.events, rows) + at * threshold)
        weight = np.where(np.arange(block.place.start, block.place.stop) == 0, 1.0, 2.0)
        inside[rows] += (derivative @ (year * kernel_transform(at, width, sharpness) / at * weight)).real / period
    laps = np.exp(-DAMPING) / -np.expm1(-DAMPING)
    means = book.means()
    beyond = np.maximum(means - (inside - laps * means), 0.0)
    total = float(beyond.sum())
    if not abs(total / (1.0 - level) / tvar - 1.0) < 0.01:
        raise AccuracyError(
            f"the scenarios' parts of the tail at {level:.2%} sum to {total / (1.0 - level):g}, the tail is {tvar:g}"
        )
    parts: Floats = beyond * (tvar / total)
    return parts


def _smoothed_quantile(near: Tail, level: float) -> float:
    """The amount that the smoothed loss exceeds with probability 1 - level."""
    crossing = int(np.argmax(near.tail <= 1.0 - level))
    before, after = float(near.tail[crossing - 1]), float(near.tail[crossing])
    return near.step * (crossing - (1.0 - level - after) / (before - after))
