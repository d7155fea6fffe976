"""The portfolio of scenarios: struct of arrays, validated once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.errors import LossInputError, Problem
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]

LARGEST_RATIO = 1e5
"""Between the median and either end of an interval; beyond it the units are taken to be mixed up."""

_QUANTILE_NAMES = ("5 %", "50 %", "95 %")


@dataclass(frozen=True, slots=True, init=False)
class Portfolio:
    """n scenarios with up to f forms of loss each.

    keys              n texts, unique
    frequency         (n, 3) events per year at 5, 50 and 95 %
    magnitude         (n, f, 3) money per event and form of loss at 5, 50 and 95 %; a form that the scenario does not
                      have is NaN in all three
    frequency_factor  (n,) multiplies the rate (1 = as stated, 0 = never happens); >= 0
    magnitude_factor  (n,) multiplies every amount (1 = as stated, 0 = costs nothing); >= 0

    Raises LossInputError with every problem found. An unknown number is refused, never read as 0: the caller leaves
    such scenarios out and names them as not quantified.
    """

    keys: tuple[str, ...]
    frequency: Floats
    magnitude: Floats
    frequency_factor: Floats
    magnitude_factor: Floats

    def __init__(
        self,
        keys: Sequence[str],
        frequency: ArrayLike,
        magnitude: ArrayLike,
        frequency_factor: ArrayLike | None = None,
        magnitude_factor: ArrayLike | None = None,
    ) -> None:
        n = len(keys)
        ones = np.ones(n)
        values = {
            "keys": tuple(str(key) for key in keys),
            "frequency": np.array(frequency, dtype=np.float64).reshape(n, 3) if n == 0 else _array(frequency),
            "magnitude": np.zeros((0, 1, 3)) if n == 0 else _array(magnitude),
            "frequency_factor": ones if frequency_factor is None else _array(frequency_factor),
            "magnitude_factor": ones if magnitude_factor is None else _array(magnitude_factor),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        problems = _shape_problems(self) or _problems(self)
        if problems:
            raise LossInputError(problems)

    def __len__(self) -> int:
        return len(self.keys)

    def with_factors(self, frequency_factor: ArrayLike, magnitude_factor: ArrayLike) -> Portfolio:
        """The same scenarios under other residual factors (n,), for example after a set of controls."""
        return Portfolio(self.keys, self.frequency, self.magnitude, frequency_factor, magnitude_factor)

    def rate(self) -> tuple[Floats, Floats]:
        """Mean (n,) and variance (n,) of the uncertain yearly rate, factors included (events, events^2)."""
        law = TwoPieceLognormal.from_quantiles(self.frequency)
        return law.mean() * self.frequency_factor, law.variance() * self.frequency_factor**2

    def amounts(self) -> TwoPieceLognormal:
        """The law (n, f) of the amount per event and form, factors included; absent forms are the constant 0."""
        quantiles = np.where(np.isnan(self.magnitude), 0.0, self.magnitude)
        return TwoPieceLognormal.from_quantiles(quantiles * self.magnitude_factor[:, None, None])

    def event_moments(self) -> tuple[Floats, Floats]:
        """Mean (n,) and variance (n,) of the money of one event: the forms are independent and added."""
        law = self.amounts()
        return law.mean().sum(axis=1), law.variance().sum(axis=1)

    def annual_moments(self) -> tuple[Floats, Floats]:
        """Mean (n,) and variance (n,) of each scenario's annual loss.

        E = E[rate] E[X];  Var = E[rate] E[X^2] + Var[rate] E[X]^2  (mixed Poisson count).
        """
        rate, rate_variance = self.rate()
        mean, variance = self.event_moments()
        return rate * mean, rate * (variance + mean**2) + rate_variance * mean**2


def _array(values: ArrayLike) -> Floats:
    return np.array(values, dtype=np.float64)


def _shape_problems(portfolio: Portfolio) -> list[Problem]:
    n = len(portfolio.keys)
    problems = []
    wanted = {
        "frequency": portfolio.frequency.shape == (n, 3),
        "magnitude": portfolio.magnitude.ndim == 3 and portfolio.magnitude.shape[::2] == (n, 3),
        "frequency_factor": portfolio.frequency_factor.shape == (n,),
        "magnitude_factor": portfolio.magnitude_factor.shape == (n,),
    }
    for name, holds in wanted.items():
        if not holds:
            shape = getattr(portfolio, name).shape
            problems.append(Problem("(all)", name, f"shape {shape} for {n} scenarios", "Give one row per scenario"))
    seen: set[str] = set()
    for key in portfolio.keys:
        if key in seen:
            problems.append(Problem(key, "key", "appears twice", "Give every scenario its own key"))
        seen.add(key)
    return problems


def _problems(portfolio: Portfolio) -> list[Problem]:
    problems: list[Problem] = []
    for i, key in enumerate(portfolio.keys):
        problems += _interval_problems(key, "frequency", portfolio.frequency[i], "events per year")
        absent = np.isnan(portfolio.magnitude[i]).all(axis=1)
        if absent.all():
            problems.append(Problem(key, "magnitude", "no form of loss is known", "Give at least one form of loss"))
        for form in np.flatnonzero(~absent):
            name = f"magnitude of form {form + 1}"
            problems += _interval_problems(key, name, portfolio.magnitude[i, form], "money per event")
        for name in ("frequency_factor", "magnitude_factor"):
            factor = float(getattr(portfolio, name)[i])
            if not (np.isfinite(factor) and factor >= 0):
                problems.append(Problem(key, name, f"{factor} is not a factor", "Give a number of at least 0"))
    return problems


def _interval_problems(key: str, name: str, interval: Floats, unit: str) -> list[Problem]:
    unknown = [_QUANTILE_NAMES[k] for k in range(3) if np.isnan(interval[k])]
    if unknown:
        reason = f"unknown at {', '.join(unknown)}"
        return [Problem(key, name, reason, "Give all three, or leave the scenario out as not quantified")]
    if not np.isfinite(interval).all() or (interval < 0).any():
        return [Problem(key, name, f"{interval.tolist()} holds a number that is no {unit}", "Give numbers from 0 up")]
    low, mid, high = (float(v) for v in interval)
    if not low <= mid <= high:
        return [Problem(key, name, f"5 % {low:g}, 50 % {mid:g}, 95 % {high:g} are out of order", "Order them upward")]
    if low == 0 and high > 0:
        remedy = f"Give the smallest number of {unit} that would still not surprise you, or 0 in all three"
        return [Problem(key, name, "the 5 % bound is 0 but the 95 % bound is not", remedy)]
    if low > 0 and (mid / low > LARGEST_RATIO or high / mid > LARGEST_RATIO):
        reason = f"one bound is more than {LARGEST_RATIO:,.0f} times the other"
        return [Problem(key, name, reason, "Check the unit of the three numbers, or split the scenario")]
    return []
