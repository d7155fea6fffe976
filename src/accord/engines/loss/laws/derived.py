"""Laws made of others, or of what was seen: tails, layers, thinned and empirical laws."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from accord.engines.loss.laws.closed import Floats, Law, Pareto, Problems, no_mean, numbers_above_0


@dataclass(frozen=True, slots=True)
class Tailed:
    """A body up to the threshold (money), and beyond it a Pareto tail: P(X > x) = P(body > t) (t / x)^alpha."""

    body: Law
    threshold: float
    alpha: float

    def _beyond(self) -> float:
        return float(1.0 - self.body.cdf(self.threshold))

    def mean(self) -> float:
        """E X."""
        if self.alpha <= 1:
            return math.inf
        return float(self.body.limited_mean(self.threshold)) + self._beyond() * self.threshold / (self.alpha - 1.0)

    def variance(self) -> float:
        """Var X."""
        if self.alpha <= 2:
            return math.inf
        square = _square(self.body, self.threshold) + self._beyond() * self.threshold**2 * 2.0 / (self.alpha - 2.0)
        return max(square - self.mean() ** 2, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        at = np.asarray(x, float)
        tail = 1.0 - self._beyond() * (self.threshold / np.maximum(at, self.threshold)) ** self.alpha
        return np.where(at <= self.threshold, self.body.cdf(np.minimum(at, self.threshold)), tail)

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        at, beyond = np.asarray(p, float), self._beyond()
        tail = self.threshold * (beyond / np.minimum(1.0 - at, beyond)) ** (1.0 / self.alpha)
        return np.where(at > 1.0 - beyond, tail, self.body.quantile(np.minimum(at, 1.0 - beyond)))

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        at = np.asarray(x, float)
        tail = Pareto(self.threshold, self.alpha).limited_mean(np.maximum(at, self.threshold)) - self.threshold
        limited: Floats = self.body.limited_mean(np.minimum(at, self.threshold)) + self._beyond() * tail
        return limited

    def problems(self) -> Problems:
        """Those of the body, no numbers above 0, nothing beyond the threshold, or no mean."""
        found = self.body.problems() or numbers_above_0(threshold=self.threshold, alpha=self.alpha)
        if not found and self._beyond() <= 0:
            found = [
                (f"nothing of the body lies above {self.threshold:g}", "Lower the threshold, or leave out the tail")
            ]
        if not found and self.alpha <= 1:
            found = [no_mean(f"a tail with alpha {self.alpha:g}")]
        return found


def _square(law: Law, end: float) -> float:
    """E min(X, end)^2 = 2 integral of x P(X > x), by Gauss-Legendre between quantiles."""
    levels = np.concatenate([np.geomspace(1e-12, 0.5, 60), 1.0 - np.geomspace(0.5, 1e-12, 90)[1:]])
    knots = np.unique(np.clip(np.concatenate([[0.0], law.quantile(levels), [end]]), 0.0, end))
    if np.isinf(end):
        knots = knots[:-1]
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = np.diff(knots) / 2.0
    x = (knots[:-1] + half)[:, None] + half[:, None] * nodes
    survival = np.maximum(1.0 - law.cdf(x), 0.0)
    return float(2.0 * ((x * survival) @ weights @ half))


@dataclass(frozen=True, slots=True)
class Empirical:
    """Amounts that were seen, each as likely as its weight (equal where none are given)."""

    amounts: tuple[float, ...]
    weights: tuple[float, ...] | None = None
    _sorted: tuple[Floats, Floats] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        amounts = np.asarray(self.amounts, float)
        weights = np.ones(amounts.size) if self.weights is None else np.asarray(self.weights, float)
        object.__setattr__(self, "amounts", tuple(amounts.tolist()))
        object.__setattr__(self, "weights", None if self.weights is None else tuple(weights.tolist()))
        order = np.argsort(amounts) if weights.shape == amounts.shape else np.arange(0)
        total = weights.sum() if order.size else 1.0
        object.__setattr__(self, "_sorted", (amounts[order], weights[order] / (total if total > 0 else 1.0)))

    def mean(self) -> float:
        """E X."""
        x, p = self._sorted
        return float(x @ p)

    def variance(self) -> float:
        """Var X."""
        x, p = self._sorted
        return float((x - self.mean()) ** 2 @ p)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        at, p = self._sorted
        sums = np.concatenate([[0.0], np.minimum(np.cumsum(p), 1.0)])
        sums[-1] = 1.0
        cdf: Floats = sums[np.searchsorted(at, np.asarray(x, float), side="right")]
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The smallest amount that is not exceeded with probability p."""
        at, weights = self._sorted
        index = np.searchsorted(np.cumsum(weights), np.asarray(p, float) - 1e-12)
        quantile: Floats = at[np.minimum(index, at.size - 1)]
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        at, p = self._sorted
        limits = np.asarray(x, float)
        index = np.searchsorted(at, limits, side="right")
        below = np.concatenate([[0.0], np.cumsum(at * p)])[index]
        with np.errstate(invalid="ignore"):
            rest = np.where(index < at.size, limits * (1.0 - self.cdf(limits)), 0.0)
        limited: Floats = below + rest
        return limited

    def problems(self) -> Problems:
        """None, negative or unknown amounts; weights that do not fit."""
        amounts = np.array(self.amounts)
        if not amounts.size or not np.isfinite(amounts).all() or (amounts < 0).any():
            return [("the amounts are none, or one is no number of at least 0", "Give amounts of at least 0")]
        if self.weights is not None:
            weights = np.array(self.weights)
            if weights.shape != amounts.shape or not (np.isfinite(weights) & (weights >= 0)).all() or not weights.sum():
                return [("the weights do not fit the amounts", "Give one weight of at least 0 per amount, not all 0")]
        return []


@dataclass(frozen=True, slots=True)
class Layer:
    """What a cover pays per event: min((X - deductible)+, limit). limit may be inf."""

    law: Law
    deductible: float
    limit: float = math.inf

    def mean(self) -> float:
        """E of what is paid."""
        if np.isinf(self.limit):
            return self.law.mean() - float(self.law.limited_mean(self.deductible))
        ends = self.law.limited_mean(np.array([self.deductible, self.deductible + self.limit]))
        return float(ends[1] - ends[0])

    def variance(self) -> float:
        """Var of what is paid."""
        if np.isinf(self.limit) and np.isinf(self.law.variance()):
            return math.inf
        return max(_square(self, self.limit) - self.mean() ** 2, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(paid <= x)."""
        at = np.asarray(x, float)
        below = np.where(at < 0, 0.0, self.law.cdf(np.maximum(at, 0.0) + self.deductible))
        return np.where(at >= self.limit, 1.0, below)

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        quantile: Floats = np.clip(self.law.quantile(p) - self.deductible, 0.0, self.limit)
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(paid, x)."""
        upto = self.deductible + np.minimum(np.asarray(x, float), self.limit)
        limited: Floats = self.law.limited_mean(upto) - self.law.limited_mean(self.deductible)
        return limited

    def problems(self) -> Problems:
        """A deductible or limit below 0, and what is wrong with the law beneath; a limit gives any law a mean."""
        if not (np.isfinite(self.deductible) and self.deductible >= 0 and self.limit > 0):
            reason = f"deductible {self.deductible:g}, limit {self.limit:g} are no layer"
            return [(reason, "Give a deductible of at least 0 and a limit above 0")]
        found = self.law.problems()
        return [one for one in found if "has no mean" not in one[0]] if np.isfinite(self.limit) else found


@dataclass(frozen=True, slots=True)
class Thinned:
    """The law's amount with a probability, else 0: an event that does not always cost this."""

    law: Law
    probability: float

    def mean(self) -> float:
        """E X."""
        return self.probability * self.law.mean()

    def variance(self) -> float:
        """Var X."""
        mean = self.law.mean()
        return self.probability * (self.law.variance() + (1.0 - self.probability) * mean * mean)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        at = np.asarray(x, float)
        return np.where(at < 0, 0.0, 1.0 - self.probability * (1.0 - self.law.cdf(at)))

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        at = np.asarray(p, float)
        inner = 1.0 - (1.0 - at) / max(self.probability, 1e-300)
        return np.where(inner > 0, self.law.quantile(np.clip(inner, 1e-300, 1.0)), 0.0)

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        limited: Floats = self.probability * self.law.limited_mean(x)
        return limited

    def problems(self) -> Problems:
        """No probability, and those of the law."""
        found = self.law.problems()
        if not 0.0 <= self.probability <= 1.0:
            found.append((f"a probability of {self.probability:g} is not between 0 and 1", "Give a share of at most 1"))
        return found
