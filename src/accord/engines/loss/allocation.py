"""Who carries the loss: exact division among scenarios, and by shares among whatever the scenarios hit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.errors import AccuracyError, LossInputError, Problem
from accord.engines.loss.inversion import LAPS, Tail
from accord.engines.loss.places import DAMPING
from accord.engines.loss.spectrum import Spectrum

Floats = NDArray[np.floating[Any]]


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


def tail_contributions(spectrum: Spectrum, tail: Tail, level: float, tvar: float) -> tuple[Floats, Floats]:
    """Who carries TVaR at `level`, and what moves it: two parts per scenario (m,), in money.

    The first is E[S_i | S beyond VaR] (Euler's principle; Tasche, "Capital allocation to business units and
    sub-portfolios: the Euler principle", 2007), which sums to TVaR. The second is the derivative of TVaR by ln of the
    scenario's rate. Both come from the derivative of the transform; AccuracyError if the first sums to more than one
    per mille beside TVaR.
    """
    means = spectrum.means
    if tail.no_loss >= level:
        return means / (1.0 - level), means / (1.0 - level)
    _, crossing, _ = tail.crossing(np.array([1.0 - level]))
    threshold = max(float(crossing[0]), tail.width / 2.0)
    s = (DAMPING + 2j * np.pi * np.arange(tail.frequencies)) / tail.period
    turn = np.exp(s * threshold)
    atom = np.conj(s) / np.abs(s) ** 2 * tail.no_loss * tail.factor
    by_amount, by_rate = spectrum.weighted((tail.moment + atom * np.conj(s) / np.abs(s) ** 2) * turn)
    beyond = np.maximum(means * (1.0 + LAPS) + by_amount, 0.0)
    total = float(beyond.sum())
    if not abs(total / (1.0 - level) / tvar - 1.0) < 1e-3:
        raise AccuracyError(
            f"the scenarios' parts of the tail at {level:.2%} sum to {total / (1.0 - level):g}, the tail is {tvar:g}"
        )
    gradient: Floats = (means * (1.0 + LAPS) + by_rate) / (1.0 - level)
    parts: Floats = beyond * (tvar / total)
    return parts, gradient
