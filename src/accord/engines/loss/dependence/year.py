"""The year of scenarios with shared causes: its moments, and its distribution enclosed on a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.dependence.lattice import WRAPPED, Complex, Lattice, forms_of, log_count
from accord.engines.loss.errors import AccuracyError
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]

CURVE_END = 1e-4


@dataclass(frozen=True, slots=True)
class Year:
    """The counts: own rate and variance (n,), cause rate and variance (c,), probability (c, n) after factors."""

    law: TwoPieceLognormal
    own: Floats
    own_variance: Floats
    rate: Floats
    variance: Floats
    probability: Floats
    event_mean: Floats
    event_variance: Floats


def annual_means(year: Year) -> Floats:
    means: Floats = (year.own + year.rate @ year.probability) * year.event_mean
    return means


def annual_sd(year: Year) -> float:
    """Closed form: a mixed Poisson count of events X has variance E[N] E[X^2] + Var[rate] E[X]^2."""
    square = year.event_variance + year.event_mean**2
    own = year.own * square + year.own_variance * year.event_mean**2
    hit = year.probability @ year.event_mean
    hit_square = year.probability @ square - year.probability**2 @ year.event_mean**2 + hit**2
    return float(np.sqrt(own.sum() + (year.rate * hit_square + year.variance * hit**2).sum()))


def log_no_loss(year: Year) -> float:
    """ln P(no event that costs anything)."""
    total = 0.0
    costs = year.event_mean > 0
    for i in np.flatnonzero(costs):
        total += float(log_count(np.zeros(1, complex), year.own[i], year.own_variance[i]).real[0])
    for c in range(year.rate.size):
        quiet = np.prod(1.0 - year.probability[c, costs])
        total += float(log_count(np.full(1, quiet, complex), year.rate[c], year.variance[c]).real[0])
    return total


def _amounts(year: Year) -> tuple[float, float]:
    """Mean and standard deviation of the number of single amounts in a year: each is rounded by less than a step."""
    forms = (year.law.median > 0).sum(axis=1).astype(float)
    hit = year.probability @ forms
    hit_square = (year.probability - year.probability**2) @ forms**2 + hit**2
    mean = float(year.own @ forms + year.rate @ hit)
    variance = (year.own + year.own_variance) @ forms**2 + year.rate @ hit_square + year.variance @ hit**2
    return mean, float(np.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Enclosed:
    """P(S <= j step), (n,) each: of amounts rounded down (never below the truth), dispersed, rounded up (never above).

    rounded   lower and upper bound of the mean with every amount rounded down (money); they differ because amounts
              beyond the reach are rounded by an unknown part of a step
    """

    year: Year
    lattice: Lattice
    low: Floats
    middle: Floats
    high: Floats
    rounded: tuple[float, float]

    def quantile(self, level: float) -> tuple[float, float, float]:
        """Lower bound, estimate, upper bound of VaR (money)."""
        step, n = self.lattice.step, self.lattice.n
        lower = int(np.searchsorted(self.low, level - WRAPPED)) * step
        last = int(np.searchsorted(self.high, level + WRAPPED))
        upper = last * step if last < n else float("inf")
        at = int(np.searchsorted(self.middle, level))
        estimate = 0.0
        if at > 0:
            before, after = float(self.middle[at - 1]), float(self.middle[min(at, n - 1)])
            part = (level - before) / (after - before) if after > before else 1.0
            # Probability at a point stands for the cell around it.
            estimate = (at - 0.5 + min(max(part, 0.0), 1.0)) * step
        return lower, min(max(estimate, lower), upper), upper

    def tail_mean(self, level: float, mean: float) -> tuple[float, float, float]:
        """Lower bound, estimate, upper bound of TVaR: d + E(S - d)+ / (1 - level), least at d = VaR.

        Rockafellar, Uryasev 2002; E(S - d)+ is the mean less the area under P(S > x) up to d. The lower bound is that
        of the amounts rounded down. TVaR being subadditive, rounding takes away at most a step times TVaR of the
        number of amounts, which is at most mean + sd sqrt(level / (1 - level)).
        """
        step = self.lattice.step

        def tail(cdf: Floats, whole: float) -> float:
            steps = min(int(np.searchsorted(cdf, level)), self.lattice.n - 1)
            area = step * float((1.0 - cdf[:steps]).sum())
            return steps * step + max(whole - area, 0.0) / (1.0 - level)

        wrapped = self.lattice.reach * WRAPPED / (1.0 - level)
        count, spread = _amounts(self.year)
        taken = step * (count + spread * float(np.sqrt(level / (1.0 - level))))
        lower = tail(self.low, self.rounded[0]) - wrapped
        upper = tail(self.low, self.rounded[1]) + wrapped + taken
        return lower, min(max(tail(self.middle, mean), lower), upper), upper

    def curve(self, points: int) -> Floats:
        """(k, 4) amount, P(S > amount): estimate, lower, upper bound; amounts log-spaced."""
        step, n = self.lattice.step, self.lattice.n
        last = min(int(np.searchsorted(self.middle, 1.0 - CURVE_END)), n - 2) * step
        amounts = np.geomspace(max(last / 3000.0, 4.0 * step), last, points)
        at = np.minimum((amounts / step).astype(int), n - 2)
        part = amounts / step - at
        # Probability at a point stands for the cell around it.
        spread = (np.append(0.0, self.middle[:-1]) + self.middle) / 2.0
        estimate = 1.0 - ((1.0 - part) * spread[at] + part * spread[at + 1])
        least = np.clip(1.0 - self.low[at] - WRAPPED, 0.0, 1.0)
        most = np.clip(1.0 - self.high[at] + WRAPPED, 0.0, 1.0)
        return np.column_stack([amounts, np.clip(estimate, least, most), least, most])


def enclose(year: Year, lattice: Lattice) -> Enclosed:
    """The distribution of the year on a lattice."""
    size, shift = lattice.n // 2 + 1, lattice.shift
    low, middle, high = (_Product(year, size) for _ in range(3))
    moved, unknown = np.zeros(year.own.size), np.zeros(year.own.size)
    points = np.arange(lattice.n, dtype=float)
    for i in range(year.own.size):
        forms = forms_of(year.law, i)
        down, kept = np.ones(size, complex), np.ones(size, complex)
        for form in forms:
            rounded, dispersed = lattice.masses(*form)
            down = down * lattice.transform(rounded)
            kept = kept * lattice.transform(dispersed)
            moved[i] += lattice.step * float(points @ (rounded - dispersed))
            unknown[i] += lattice.step * max(1.0 - float(rounded.sum()), 0.0)
        low.add(i, down)
        middle.add(i, kept)
        high.add(i, down * shift ** len(forms))
    events = year.own + year.rate @ year.probability
    mean = float(events @ (year.event_mean + moved))
    bounds = mean - float(events @ unknown), mean
    below, between, above = (product.distribution(lattice) for product in (low, middle, high))
    return Enclosed(year, lattice, below, between, above, bounds)


class _Product:
    """The year's transform, gathered scenario by scenario."""

    def __init__(self, year: Year, size: int) -> None:
        self.year = year
        self.log = np.zeros(size, complex)
        self.hits = np.ones((year.rate.size, size), complex)

    def add(self, scenario: int, event: Complex) -> None:
        year = self.year
        self.log += log_count(event, float(year.own[scenario]), float(year.own_variance[scenario]))
        for c in np.flatnonzero(year.probability[:, scenario]):
            p = year.probability[c, scenario]
            self.hits[c] *= 1.0 - p + p * event

    def distribution(self, lattice: Lattice) -> Floats:
        log = self.log.copy()
        for c, hit in enumerate(self.hits):
            log += log_count(hit, float(self.year.rate[c]), float(self.year.variance[c]))
        return rising(np.cumsum(lattice.back(np.exp(log))))


def reach_of(year: Year, top: float, mean: float, sd: float) -> float:
    """An amount that the year exceeds with less than 1 - top, found on coarse lattices (money)."""
    reach, n = mean + 10.0 * sd, 2**11
    for _ in range(60):
        lattice = Lattice(reach / n, n)
        product = _Product(year, n // 2 + 1)
        for i in range(year.own.size):
            event = np.ones(n // 2 + 1, complex)
            for form in forms_of(year.law, i):
                event = event * lattice.transform(lattice.masses(*form)[1])
            product.add(i, event)
        beyond = np.flatnonzero(product.distribution(lattice)[: n - 64] >= top + 0.1 * (1.0 - top))
        if not beyond.size:
            reach *= 3.0
        elif beyond[0] < 200:
            reach *= max(1.2 * float(beyond[0]) / n, 0.02)
        else:
            return reach * min(1.0, 1.2 * (float(beyond[0]) + 2.0) / n)
    raise AccuracyError(f"no amount was found that is exceeded with probability {1.0 - top:g}")


def rising(cdf: Floats) -> Floats:
    """The distribution function without the last digits' ups and downs."""
    found: Floats = np.maximum.accumulate(cdf)
    return found
