"""Laws of the money that one form of loss costs in one event. All amounts are at least 0.

Every law answers mean(), variance() (either may be inf), cdf(x), quantile(p), limited_mean(x) = E min(X, x), for
arrays, and problems(): what is wrong with its parameters, as (reason, remedy).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammainc, gammaincinv, ndtr, ndtri  # type: ignore[import-untyped]

from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]
Problems = list[tuple[str, str]]


class Law(Protocol):
    """What the engine asks of a law; any class that answers it can be used."""

    def mean(self) -> float:
        """E X (money), inf where it does not exist."""

    def variance(self) -> float:
        """Var X, inf where it does not exist."""

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile, 0 < p < 1."""

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x), x >= 0."""

    def problems(self) -> Problems:
        """Reasons why the parameters are refused, each with its remedy."""


def numbers_above_0(**values: float) -> Problems:
    bad = [f"{name} {value}" for name, value in values.items() if not (np.isfinite(value) and value > 0)]
    return [(f"{text} is no number above 0", "Give a number above 0") for text in bad]


@dataclass(frozen=True, slots=True)
class TwoPiece:
    """Two-piece lognormal through its 5, 50 and 95 % quantiles (money): see `severity`."""

    low: float
    mid: float
    high: float

    @property
    def arrays(self) -> TwoPieceLognormal:
        """The same law as arrays without dimension."""
        return TwoPieceLognormal.from_quantiles(np.array([self.low, self.mid, self.high]))

    def mean(self) -> float:
        """E X."""
        return float(self.arrays.mean())

    def variance(self) -> float:
        """Var X."""
        return float(self.arrays.variance())

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return self.arrays.cdf(np.asarray(x, float))

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        return self.arrays.quantile(np.asarray(p, float))

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        law, at = self.arrays, np.asarray(x, float)
        s_low, s_high, median = float(law.s_low), float(law.s_high), float(law.median)
        if median == 0:
            return np.zeros_like(at)
        with np.errstate(divide="ignore"):
            distance = np.log(at / median)
        below, above = np.minimum(distance, 0.0), np.maximum(distance, 0.0)
        lower = np.where(distance < 0, 0.0, 0.5) if s_low == 0 else _partial(s_low, below / s_low)
        upper = (
            np.where(above > 0, 0.5, 0.0) if s_high == 0 else _partial(s_high, above / s_high) - _partial(s_high, 0.0)
        )
        with np.errstate(invalid="ignore"):
            rest = np.where(np.isfinite(at), at * (1.0 - law.cdf(at)), 0.0)
        # An atom at the median on a side without spread counts as soon as x reaches it.
        whole = median * (lower + np.where(distance < 0, 0.0, upper)) + rest
        limited: Floats = np.minimum(whole, at)
        return limited

    def problems(self) -> Problems:
        """Out of order, or no numbers."""
        values = [self.low, self.mid, self.high]
        if not np.isfinite(values).all() or min(values) < 0 or not self.low <= self.mid <= self.high:
            return [
                (f"5 % {self.low:g}, 50 % {self.mid:g}, 95 % {self.high:g} are no range", "Order them upward, from 0")
            ]
        if self.low == 0 and self.high > 0:
            return [("the 5 % bound is 0 but the 95 % bound is not", "Give a bound above 0, or 0 in all three")]
        return []


def _partial(s: float, z: Any) -> Any:
    """E[exp(sZ); Z <= z]."""
    return math.exp(s * s / 2.0) * ndtr(np.asarray(z) - s)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """ln X is normal with mean mu (ln money) and standard deviation sigma > 0."""

    mu: float
    sigma: float

    def mean(self) -> float:
        """E X."""
        return math.exp(self.mu + self.sigma**2 / 2.0)

    def variance(self) -> float:
        """Var X."""
        return math.expm1(self.sigma**2) * math.exp(2.0 * self.mu + self.sigma**2)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        with np.errstate(divide="ignore"):
            cdf: Floats = ndtr((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma)
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        quantile: Floats = np.exp(self.mu + self.sigma * ndtri(p))
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        at = np.asarray(x, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (np.log(at) - self.mu) / self.sigma
            rest = np.where(np.isfinite(at), at * ndtr(-z), 0.0)
        limited: Floats = self.mean() * ndtr(z - self.sigma) + rest
        return limited

    def problems(self) -> Problems:
        """No numbers, or a spread beyond all units."""
        if not np.isfinite(self.mu) or not 0.0 < self.sigma <= 7.0:
            return [(f"mu {self.mu}, sigma {self.sigma} are no lognormal law", "Give a sigma above 0 and of at most 7")]
        return []


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma with shape > 0 and scale > 0 (money); mean shape * scale. Shape 1 is the exponential law."""

    shape: float
    scale: float

    def mean(self) -> float:
        """E X."""
        return self.shape * self.scale

    def variance(self) -> float:
        """Var X."""
        return self.shape * self.scale**2

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        cdf: Floats = gammainc(self.shape, np.maximum(x, 0.0) / self.scale)
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        quantile: Floats = self.scale * gammaincinv(self.shape, p)
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        at = np.asarray(x, float)
        with np.errstate(invalid="ignore"):
            rest = np.where(np.isfinite(at), at * (1.0 - self.cdf(at)), 0.0)
        limited: Floats = self.mean() * gammainc(self.shape + 1.0, at / self.scale) + rest
        return limited

    def problems(self) -> Problems:
        """No numbers above 0."""
        return numbers_above_0(shape=self.shape, scale=self.scale)


@dataclass(frozen=True, slots=True)
class Pert:
    """Beta between low and high (money) with its peak at mode; shape 4 is PERT, more is narrower."""

    low: float
    mode: float
    high: float
    shape: float = 4.0

    def _beta(self) -> tuple[float, float, float]:
        width = self.high - self.low
        return (
            1.0 + self.shape * (self.mode - self.low) / width,
            1.0 + self.shape * (self.high - self.mode) / width,
            width,
        )

    def mean(self) -> float:
        """E X = (low + shape mode + high) / (shape + 2)."""
        return (self.low + self.shape * self.mode + self.high) / (self.shape + 2.0)

    def variance(self) -> float:
        """Var X."""
        a, b, width = self._beta()
        return width**2 * a * b / ((a + b) ** 2 * (a + b + 1.0))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        a, b, width = self._beta()
        cdf: Floats = betainc(a, b, np.clip((np.asarray(x, float) - self.low) / width, 0.0, 1.0))
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        a, b, width = self._beta()
        quantile: Floats = self.low + width * betaincinv(a, b, p)
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        a, b, width = self._beta()
        at = np.asarray(x, float)
        u = np.clip((at - self.low) / width, 0.0, 1.0)
        inside = self.low + width * (a / (a + b) * betainc(a + 1.0, b, u) + u * (1.0 - betainc(a, b, u)))
        limited: Floats = np.minimum(inside, at)
        return limited

    def problems(self) -> Problems:
        """Out of order."""
        values = [self.low, self.mode, self.high, self.shape]
        ordered = 0 <= self.low <= self.mode <= self.high and self.low < self.high
        if not (np.isfinite(values).all() and ordered and self.shape > 0):
            reason = f"low {self.low:g}, mode {self.mode:g}, high {self.high:g}, shape {self.shape:g} are no PERT law"
            return [(reason, "Order them upward from 0, low below high, shape above 0")]
        return []


@dataclass(frozen=True, slots=True)
class Pareto:
    """P(X > x) = (minimum / x)^alpha from minimum (money) on. The mean exists for alpha > 1, the variance for > 2."""

    minimum: float
    alpha: float

    def mean(self) -> float:
        """E X."""
        return self.alpha * self.minimum / (self.alpha - 1.0) if self.alpha > 1 else math.inf

    def variance(self) -> float:
        """Var X."""
        if self.alpha <= 2:
            return math.inf
        return self.minimum**2 * self.alpha / ((self.alpha - 1.0) ** 2 * (self.alpha - 2.0))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        cdf: Floats = 1.0 - (self.minimum / np.maximum(x, self.minimum)) ** self.alpha
        return cdf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        quantile: Floats = self.minimum * (1.0 - np.asarray(p, float)) ** (-1.0 / self.alpha)
        return quantile

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        at = np.asarray(x, float)
        beyond = np.maximum(at, self.minimum)
        if self.alpha == 1.0:
            excess = self.minimum * np.log(beyond / self.minimum)
        else:
            growth = 1.0 - (self.minimum / beyond) ** (self.alpha - 1.0)
            excess = self.minimum * growth / (self.alpha - 1.0)
        limited: Floats = np.minimum(at, self.minimum) + excess
        return limited

    def problems(self) -> Problems:
        """No numbers above 0, or no mean."""
        found = numbers_above_0(minimum=self.minimum, alpha=self.alpha)
        if not found and self.alpha <= 1:
            found = [no_mean(f"a Pareto tail with alpha {self.alpha:g}")]
        return found


def no_mean(what: str) -> tuple[str, str]:
    return (
        f"{what} has no mean: the expected loss is infinite",
        "Give a heavier exponent than 1, or put a limit on the amount (Layer), for example what the company can lose",
    )
