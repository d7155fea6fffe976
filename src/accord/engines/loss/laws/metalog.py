"""The metalog law through stated quantiles: T. W. Keelin, "The Metalog Distributions", Decision Analysis 13 (2016)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.laws.closed import Problems, no_mean

Floats = NDArray[np.floating[Any]]

_TERMS = 4


@dataclass(frozen=True, slots=True)
class Metalog:
    """Through quantiles at probabilities (2 to 4 of each, money), between lower and upper (None: no such bound).

    With as many terms as quantiles the law meets each exactly. Amounts are at least 0, so lower is needed. Without an
    upper bound ln(X - lower) is metalog, with a tail like x^-(1/c): the mean exists for c < 1, the variance for
    c < 1/2.
    """

    probabilities: tuple[float, ...]
    quantiles: tuple[float, ...]
    lower: float | None = None
    upper: float | None = None
    _terms: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", tuple(float(p) for p in self.probabilities))
        object.__setattr__(self, "quantiles", tuple(float(q) for q in self.quantiles))
        terms = np.zeros(_TERMS)
        if not self._shape_problems():
            p, q = np.array(self.probabilities), np.array(self.quantiles)
            with np.errstate(all="ignore"):
                t = np.log(p / (1.0 - p))
                values = self._to_line(q)
            basis = _basis(t)[:, : p.size]
            if np.isfinite(values).all() and np.linalg.matrix_rank(basis) == p.size:
                terms[: p.size] = np.linalg.solve(basis, values)
        object.__setattr__(self, "_terms", terms)

    def _to_line(self, x: Floats) -> Floats:
        assert self.lower is not None
        line: Floats = np.log(x - self.lower)
        return line if self.upper is None else line - np.log(self.upper - x)

    def _at(self, t: Floats) -> Floats:
        """The quantile at p = 1 / (1 + exp(-t))."""
        assert self.lower is not None
        line = _basis(t) @ self._terms
        if self.upper is None:
            amounts: Floats = self.lower + np.exp(np.minimum(line, 700.0))
            return amounts
        return self.lower + (self.upper - self.lower) / (1.0 + np.exp(-np.clip(line, -700.0, 700.0)))

    @property
    def heaviness(self) -> float:
        """c: the tail falls like x^-(1/c); 0 where there is an upper bound."""
        return 0.0 if self.upper is not None else max(float(self._terms[1] + self._terms[2] / 2.0), 0.0)

    def _moment(self, power: int) -> float:
        """E (X - lower)^power, by the trapezoid rule over t: p (1 - p) dt falls like exp(-|t|)."""
        assert self.lower is not None
        left = 1.0 - power * self.heaviness
        if left <= 0:
            return math.inf
        t = np.linspace(-45.0, 45.0 / left, 1 << 15)
        mass = np.exp(-np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t))))
        return float(np.trapezoid((self._at(t) - self.lower) ** power * mass, t))

    def mean(self) -> float:
        """E X."""
        return (self.lower or 0.0) + self._moment(1)

    def variance(self) -> float:
        """Var X."""
        square = self._moment(2)
        return square - self._moment(1) ** 2 if math.isfinite(square) else math.inf

    def quantile(self, p: ArrayLike) -> Floats:
        """The p quantile."""
        at = np.asarray(p, float)
        return self._at(np.log(at) - np.log1p(-at))

    def _find(self, x: Floats) -> Floats:
        """t at the amounts x, by a table and bisection; -inf and inf outside."""
        assert self.lower is not None
        grid = np.linspace(-45.0, 45.0 / max(1.0 - self.heaviness, 0.05), 1 << 13)
        known = np.maximum.accumulate(self._at(grid))
        index = np.clip(np.searchsorted(known, x), 1, grid.size - 1)
        low, high = grid[index - 1], grid[index]
        for _ in range(34):
            middle = (low + high) / 2.0
            over = self._at(middle) > x
            low, high = np.where(over, low, middle), np.where(over, middle, high)
        found = (low + high) / 2.0
        found = np.where(x <= known[0], -np.inf, np.where(x > known[-1], np.inf, found))
        return found

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        at = np.asarray(x, float)
        with np.errstate(over="ignore"):
            cdf: Floats = 1.0 / (1.0 + np.exp(-self._find(at.ravel())))
        return cdf.reshape(at.shape)

    def limited_mean(self, x: ArrayLike) -> Floats:
        """E min(X, x)."""
        assert self.lower is not None
        at = np.asarray(x, float)
        end = np.clip(self._find(at.ravel()), -45.0, 45.0 / max(1.0 - self.heaviness, 0.05))
        t = np.linspace(-45.0, 45.0 / max(1.0 - self.heaviness, 0.05), 1 << 15)
        mass = np.exp(-np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t))))
        values = (self._at(t) - self.lower) * mass
        area = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2.0) * (t[1] - t[0])])
        below = np.interp(end, t, area).reshape(at.shape)
        p = self.cdf(at)
        with np.errstate(invalid="ignore"):
            rest = np.where(p < 1.0, at * (1.0 - p), 0.0)
        limited: Floats = np.minimum(self.lower * p + below + rest, at)
        return limited

    def _shape_problems(self) -> Problems:
        p, q = np.array(self.probabilities), np.array(self.quantiles)
        if p.shape != q.shape or not 2 <= p.size <= _TERMS:
            return [(f"{p.size} probabilities and {q.size} quantiles do not fit", "Give 2 to 4 pairs")]
        ordered = (np.diff(p) > 0).all() and (np.diff(q) > 0).all()
        if not (np.isfinite(q).all() and ordered and p[0] > 0 and p[-1] < 1):
            return [("the quantiles are out of order", "Order probabilities between 0 and 1 and amounts upward")]
        if self.lower is None or not 0 <= self.lower < q[0]:
            return [("an amount cannot be below 0", "Give a lower bound from 0 up to below the smallest quantile")]
        if self.upper is not None and not q[-1] < self.upper < math.inf:
            return [("the upper bound is not above the largest quantile", "Raise the upper bound, or leave it out")]
        return []

    def problems(self) -> Problems:
        """Quantiles that no metalog law meets, or no mean."""
        found = self._shape_problems()
        if found:
            return found
        ends = 45.0 / max(1.0 - self.heaviness, 0.05)
        if not (np.diff(_basis(np.linspace(-45.0, ends, 4001)) @ self._terms) > 0).all():
            return [("no metalog law meets these quantiles", "Give fewer or smoother quantiles, or another law")]
        if self.heaviness >= 1.0:
            return [no_mean("a metalog law through these quantiles, without an upper bound,")]
        return []


def _basis(t: Floats) -> Floats:
    """Keelin's first four terms at p = 1 / (1 + exp(-t)): 1, t, (p - 1/2) t, p - 1/2."""
    centre = 0.5 * np.tanh(np.asarray(t) / 2.0)
    return np.stack([np.ones_like(centre), t, centre * t, centre], axis=-1)
