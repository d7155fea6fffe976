"""What experts state, as laws: ranges, how far to widen them, and several experts pooled into one range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy  # type: ignore[import-untyped]
from scipy.stats import chi2  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.laws import Law, TwoPiece

Floats = NDArray[np.floating[Any]]

ENDS = (0.05, 0.5, 0.95)
OVERSHOOT = 0.1
"""How far the possible values reach beyond the 5 % and 95 % quantiles, as a share of the distance between them."""
SHARE_BINS = (0.05, 0.90, 0.05)
"""Below, inside and above of a 90 % range: how often the truth should fall into each."""


@dataclass(frozen=True, slots=True)
class LinearLaw:
    """A number by its quantiles at 5, 50 and 95 %, each part spread evenly between them, within [least, most].

    The even spread adds nothing to what was stated; the possible values reach beyond both ends by a tenth of the range
    (Cooke, Experts in Uncertainty, 1991: intrinsic range, 10 % overshoot), cut at `least` and `most`. For shares and
    other numbers that may be 0 or below. LossInputError where the three do not rise or lie outside of the bounds.
    """

    low: float
    mid: float
    high: float
    least: float = -np.inf
    most: float = np.inf

    def __post_init__(self) -> None:
        _check_order("range", self.low, self.mid, self.high)
        if self.low < self.least or self.high > self.most:
            reason = f"{self.low:g} to {self.high:g} leaves {self.least:g} to {self.most:g}"
            raise LossInputError([Problem("range", "low", reason, "Give numbers within the bounds")])

    @property
    def knots(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Values and cumulative probabilities (0, 0.05, 0.5, 0.95, 1) between which the law is even."""
        over = OVERSHOOT * (self.high - self.low)
        ends = max(self.low - over, self.least), min(self.high + over, self.most)
        return (ends[0], self.low, self.mid, self.high, ends[1]), (0.0, *ENDS, 1.0)

    def mean(self) -> float:
        x, p = (np.array(v) for v in self.knots)
        return float(np.diff(p) @ (x[1:] + x[:-1]) / 2.0)

    def variance(self) -> float:
        x, p = (np.array(v) for v in self.knots)
        square = float(np.diff(p) @ (x[1:] ** 2 + x[1:] * x[:-1] + x[:-1] ** 2) / 3.0)
        return max(square - self.mean() ** 2, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        values, p = (np.array(v) for v in self.knots)
        # A jump where knots coincide counts from its place on; between knots the law is even.
        at = np.searchsorted(values, np.asarray(x, float), "right")
        before = np.maximum(at - 1, 0)
        after = np.minimum(at, values.size - 1)
        width = np.where(values[after] > values[before], values[after] - values[before], 1.0)
        part = np.clip((np.asarray(x, float) - values[before]) / width, 0.0, 1.0)
        found = np.where(at == 0, 0.0, p[before] + (p[after] - p[before]) * part)
        cdf: Floats = np.where(at == values.size, 1.0, found)
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        values, probabilities = self.knots
        found: Floats = np.interp(np.asarray(p, float), probabilities, values)
        return found

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        values, p = (np.array(v) for v in self.knots)
        low, high, mass = values[:-1], values[1:], np.diff(p)
        at = np.asarray(x, float)[..., None]
        inside = np.clip(at, low, high)
        width = np.where(high > low, high - low, 1.0)
        even = ((inside**2 - low**2) / 2.0 + (high - inside) * inside) / width
        part = np.where(at <= low, at, np.where(high > low, even, np.minimum(low, at)))
        found: Floats = (part * mass).sum(axis=-1)
        return found

    def problems(self) -> list[tuple[str, str]]:
        """Nothing: what is out of order is refused when it is made."""
        return []


def stated_range(low: float, high: float, mid: float | None = None) -> TwoPiece:
    """The law of a 90 % range of a number above 0; without a middle its median is sqrt(low * high), told by the law."""
    _check_order("range", low, low if mid is None else mid, high)
    law = TwoPiece(low, float(np.sqrt(low * high)) if mid is None and low >= 0 else mid or 0.0, high)
    if law.problems():
        raise LossInputError([Problem("range", "range", reason, remedy) for reason, remedy in law.problems()])
    return law


def stated_share(low: float, high: float, mid: float | None = None, *, least: float = 0.0) -> LinearLaw:
    """The law of a 90 % range of a share up to 1; without a middle its median is the centre.

    least = -inf for a share that may be negative (an effect that adds risk).
    """
    return LinearLaw(low, (low + high) / 2.0 if mid is None else mid, high, least, 1.0)


def widened(law: TwoPiece, factor: float) -> TwoPiece:
    """The range with both logarithmic half-widths multiplied by `factor` (scoring.range_calibration tells it)."""
    if not (np.isfinite(factor) and factor > 0):
        raise LossInputError([Problem("range", "factor", f"{factor} does not widen", "Give a number above 0")])
    if law.mid == 0:
        return law
    return TwoPiece(law.mid * (law.low / law.mid) ** factor, law.mid, law.mid * (law.high / law.mid) ** factor)


def pooled(laws: Sequence[Law], weights: Sequence[float] | None = None) -> tuple[float, float, float]:
    """The 5, 50 and 95 % quantiles of the linear opinion pool: the mixture of the laws (Stone 1961).

    weights  at least 0, any sum above 0; equal where None. The pool keeps disagreement: where experts contradict each
    other, the range spans both. LossInputError for weights that weigh nothing.
    """
    given = np.ones(len(laws)) if weights is None else np.asarray(weights, float)
    if given.shape != (len(laws),) or not len(laws) or not (np.isfinite(given) & (given >= 0)).all() or not given.sum():
        reason = f"weights {given.tolist()} for {len(laws)} experts"
        raise LossInputError([Problem("(all)", "weights", reason, "Give one number of at least 0 each, not all 0")])
    parts = given / given.sum()
    kept = [(law, w) for law, w in zip(laws, parts, strict=True) if w > 0]
    low, mid, high = (_pool_quantile(kept, p) for p in ENDS)
    return low, mid, high


def _pool_quantile(laws: Sequence[tuple[Law, float]], p: float) -> float:
    """The least x with mixture cdf >= p, by bisection between the quantiles of the laws."""
    ends = [float(law.quantile(p)) for law, _ in laws]
    low, high = min(ends), max(ends)
    for _ in range(200):
        middle = (low + high) / 2.0
        if not low < middle < high:
            break
        if sum(w * float(law.cdf(middle)) for law, w in laws) >= p:
            high = middle
        else:
            low = middle
    return high


def calibration_score(below: int, inside: int, above: int) -> float:
    """How well counts of truths below, inside and above 90 % ranges fit 5 : 90 : 5; 0 (not at all) to 1.

    The probability that a calibrated expert does at least as badly: 2 n times the relative information of the observed
    shares against the meant ones is about chi-squared with 2 degrees of freedom (Cooke 1991, calibration score). NaN
    without answers.
    """
    counts = np.array([below, inside, above], float)
    n = counts.sum()
    if n == 0:
        return float("nan")
    shares = counts / n
    information = float((xlogy(shares, shares) - xlogy(shares, np.array(SHARE_BINS))).sum())
    return float(chi2.sf(2.0 * n * max(information, 0.0), 2))


def calibration_weights(counts: Sequence[tuple[int, int, int]]) -> tuple[float, ...]:
    """Weights that sum to 1 in proportion to each expert's calibration score on (below, inside, above).

    Somebody without answers gets the mean of those who have some, so nobody is silenced for want of training; equal
    weights where nobody has answered or all scores are 0.
    """
    scores = np.array([calibration_score(*row) for row in counts])
    known = np.isfinite(scores)
    if not known.any() or not scores[known].sum():
        return tuple(1.0 / len(scores) for _ in scores)
    scores = np.where(known, scores, scores[known].mean())
    return tuple(float(w) for w in scores / scores.sum())


def _check_order(key: str, low: float, mid: float, high: float) -> None:
    values = (low, mid, high)
    if not all(np.isfinite(v) for v in values):
        raise LossInputError([Problem(key, "range", f"{values} holds an unknown number", "Give finite numbers")])
    if not low <= mid <= high:
        reason = f"5 % {low:g}, 50 % {mid:g}, 95 % {high:g} are out of order"
        raise LossInputError([Problem(key, "range", reason, "Order them upward")])


__all__ = [
    "ENDS",
    "LinearLaw",
    "calibration_score",
    "calibration_weights",
    "pooled",
    "stated_range",
    "stated_share",
    "widened",
]
