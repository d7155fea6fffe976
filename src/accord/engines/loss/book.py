"""The scenarios that can cost something, flattened for the transforms, and their counts of events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc  # type: ignore[import-untyped]

from accord.engines.loss.forms import GammaForms, Kind, LognormalForms, logarithm
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[Any]
Complexes = NDArray[np.complexfloating[Any, Any]]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Counts:
    """Numbers of events a year, arrays (m,): the Panjer class by mean (> 0) and spread = variance / mean - 1.

    spread 0 is Poisson, above 0 negative binomial, below 0 binomial (spread = -probability). The generating function
    is (1 + spread (1 - z))^(-mean / spread).
    """

    mean: Floats
    spread: Floats

    def log_generating(self, transform: Numbers, rows: Rows | slice = slice(None)) -> Numbers:
        """ln of the generating functions of `rows` at `transform` (r, k)."""
        mean, spread = self.mean[rows, None], self.spread[rows, None]
        away = 1.0 - transform
        certain = spread[:, 0] == 0
        if certain.all():
            return -mean * away
        safe = np.where(certain[:, None], 1.0, spread)
        inside: Numbers = 1.0 + safe * away
        with np.errstate(divide="ignore"):
            logs = logarithm(inside) if np.iscomplexobj(inside) else np.log(np.maximum(inside, 0.0))
        logs *= -mean / safe
        if certain.any():
            logs[certain] = -mean[certain] * away[certain]
        return logs

    def sensitivity(self, transform: Numbers, rows: Rows) -> tuple[Numbers, Numbers]:
        """Derivatives (r, k) of `log_generating`: by the transform, and by ln of the rate.

        The rate of a Poisson count, the rate with its uncertainty in proportion (negative binomial), the number of
        trials (binomial).
        """
        mean, spread = self.mean[rows, None], self.spread[rows, None]
        away = 1.0 - transform
        slope = mean / (1.0 + spread * away)
        by_rate = -slope * away
        trials = spread[:, 0] < 0
        if trials.any():
            by_rate[trials] = self.log_generating(transform[trials], rows[trials])
        return slope, by_rate

    @cached_property
    def log_none(self) -> Floats:
        """ln of each probability of no event (m,); -inf where an event is certain."""
        logs: Floats = self.log_generating(np.zeros((self.mean.size, 1)))[:, 0]
        return logs

    @cached_property
    def steepest(self) -> Floats:
        """The largest derivative of the generating function's logarithm by a transform near 0 (m,)."""
        with np.errstate(divide="ignore"):
            steepest: Floats = self.mean / np.where(self.spread < 0, 1.0 + self.spread, 1.0)
        return steepest

    def harmonics(self, transform: Floats) -> Floats:
        """How purely ln of the generating function oscillates with a transform of at most this size (m, k).

        Its expansion in the transform goes on with powers of a ratio r: -ln r. inf for Poisson, which has no powers.
        """
        spread = self.spread[:, None]
        with np.errstate(divide="ignore"):
            ratio = np.abs(spread) * transform / (1.0 + spread)
            harmonics: Floats = np.maximum(-np.log(ratio), 0.0)
        return harmonics


@dataclass(frozen=True)
class Book:
    """m scenarios with F forms of loss.

    rows (m,) places in the portfolio; counts; starts (m,) first form of each scenario; owner (F,) scenario of each
    form; chance (F,) probability that the form costs anything in an event; the forms themselves by kind of law, each
    with its places (F_kind,) among the F; event_mean, event_square (m,) E[X] and E[X^2] of an event.
    """

    rows: Rows
    counts: Counts
    owner: Rows
    starts: Rows
    chance: Floats
    lognormal: TwoPieceLognormal
    lognormal_at: Rows
    gamma_shape: Floats
    gamma_scale: Floats
    gamma_at: Rows
    form_mean: Floats

    @classmethod
    def of(cls, portfolio: Portfolio) -> Book:
        """From arrays of two-piece lognormal laws."""
        rate, variance = portfolio.rate()
        law = portfolio.amounts()
        costly = law.median > 0
        rows = np.flatnonzero((rate > 0) & costly.any(axis=1))
        keep = costly[rows]
        owner = np.nonzero(keep)[0]
        flat = TwoPieceLognormal(law.median[rows][keep], law.s_low[rows][keep], law.s_high[rows][keep])
        none, nowhere = np.zeros(0), np.zeros(0, np.intp)
        return cls(
            rows=rows,
            counts=Counts(rate[rows], variance[rows] / rate[rows]),
            owner=owner,
            starts=np.searchsorted(owner, np.arange(rows.size)),
            chance=np.ones(owner.size),
            lognormal=flat,
            lognormal_at=np.arange(owner.size),
            gamma_shape=none,
            gamma_scale=none,
            gamma_at=nowhere,
            form_mean=flat.mean(),
        )

    @property
    def rate(self) -> Floats:
        """Mean number of events of each scenario (m,)."""
        return self.counts.mean

    def kinds(self, period: float, slopes: bool) -> list[tuple[Rows, Kind]]:
        """The forms by kind of law, for one period: places among the F forms, and their transforms."""
        kinds: list[tuple[Rows, Kind]] = []
        if self.lognormal_at.size:
            kinds.append((self.lognormal_at, LognormalForms(self.lognormal, period, slopes)))
        if self.gamma_at.size:
            kinds.append((self.gamma_at, GammaForms(self.gamma_shape, self.gamma_scale, period)))
        return kinds

    def survival(self, x: float) -> Floats:
        """P(Y > x) of each form of loss (F,)."""
        survival = np.zeros(self.owner.size)
        survival[self.lognormal_at] = 1.0 - self.lognormal.cdf(x)
        survival[self.gamma_at] = gammaincc(self.gamma_shape, x / self.gamma_scale)
        return survival

    def log_range(self) -> tuple[float, float]:
        """ln of amounts (money) below and above everything that could be asked for."""
        medians = np.concatenate([self.lognormal.median, self.gamma_scale * np.maximum(self.gamma_shape, 1e-9)])
        return float(np.log(medians.min())) - 20.0, float(np.log(medians.max())) + 60.0

    def log_no_loss(self) -> float:
        """ln of the probability that no event happens in the year."""
        return float(self.counts.log_none.sum())

    def means(self) -> Floats:
        """Expected annual loss of each scenario (m,), closed form (money)."""
        means: Floats = self.rate * np.add.reduceat(self.chance * self.form_mean, self.starts)
        return means
