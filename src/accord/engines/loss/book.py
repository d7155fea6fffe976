"""The scenarios that can cost something, flattened for the transforms, and their counts of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc  # type: ignore[import-untyped]

from accord.engines.loss.forms import GammaForms, Kind, LognormalForms, logarithm
from accord.engines.loss.frequency import Binomial, Frequency, Poisson
from accord.engines.loss.lattice import Cells, LatticeForms
from accord.engines.loss.laws import Gamma, Law, Lognormal, TwoPiece
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.scenario import Scenario, unwrap
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
        # Where an event is certain the derivative at 0 is infinite; nobody asks for it there.
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = mean / (1.0 + spread * away)
            by_rate = -slope * away
        trials = spread[:, 0] < 0
        if trials.any():
            by_rate[trials] = self.log_generating(transform[trials], rows[trials])
        return slope, by_rate

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
    with its places (F_kind,) among the F; form_mean (F,) the mean of each form, its chance not counted.
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
    others: tuple[Law, ...] = ()
    other_at: Rows = field(default_factory=lambda: np.zeros(0, np.intp))

    @classmethod
    def of(cls, portfolio: Portfolio | Sequence[Scenario]) -> Book:
        """From a portfolio; what cannot cost anything is left out."""
        return cls._of_arrays(portfolio) if isinstance(portfolio, Portfolio) else cls._of_scenarios(portfolio)

    @classmethod
    def _of_scenarios(cls, scenarios: Sequence[Scenario]) -> Book:
        pieces: list[tuple[int, Law, float]] = []
        rows: list[int] = []
        for row, scenario in enumerate(scenarios):
            forms = [unwrap(form) for form in scenario.forms if form.mean() > 0]
            forms = [(law, chance) for law, chance in forms if chance > 0]
            if scenario.frequency.mean > 0 and forms:
                pieces += [(len(rows), law, chance) for law, chance in forms]
                rows.append(row)
        laws = [law for _, law, _ in pieces]
        kinds = np.array([_kind(law) for law in laws], int)
        lognormal_at, gamma_at, other_at = (np.flatnonzero(kinds == kind) for kind in range(3))
        triples = [_two_piece(laws[i]) for i in lognormal_at]
        median, s_low, s_high = np.array(triples, float).reshape(-1, 3).T
        gammas = [law for law in laws if isinstance(law, Gamma)]
        owner = np.array([at for at, _, _ in pieces], np.intp)
        counts = [scenarios[row].frequency for row in rows]
        mean = np.array([count.mean for count in counts], float)
        spread = np.array([_spread(count) for count in counts], float)
        return cls(
            rows=np.array(rows, np.intp),
            counts=Counts(mean, spread),
            owner=owner,
            starts=np.searchsorted(owner, np.arange(len(rows))),
            chance=np.array([chance for _, _, chance in pieces], float),
            lognormal=TwoPieceLognormal(median, s_low, s_high),
            lognormal_at=lognormal_at,
            gamma_shape=np.array([law.shape for law in gammas], float),
            gamma_scale=np.array([law.scale for law in gammas], float),
            gamma_at=gamma_at,
            form_mean=np.array([law.mean() for law in laws], float),
            others=tuple(laws[i] for i in other_at),
            other_at=other_at,
        )

    @classmethod
    def _of_arrays(cls, portfolio: Portfolio) -> Book:
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

    def kinds(self, period: float, slopes: bool, lattice: LatticeForms | None) -> list[tuple[Rows, Kind]]:
        """The forms by kind of law, for one period: places among the F forms, and their transforms."""
        kinds: list[tuple[Rows, Kind]] = []
        if self.lognormal_at.size:
            kinds.append((self.lognormal_at, LognormalForms(self.lognormal, period, slopes)))
        if self.gamma_at.size:
            kinds.append((self.gamma_at, GammaForms(self.gamma_shape, self.gamma_scale, period)))
        if lattice is not None:
            kinds.append((self.other_at, lattice))
        return kinds

    def cells(self, period: float, size: int, slopes: bool = False) -> Cells | None:
        """The laws without a closed transform on a lattice of `size` cells in a period; None where there are none."""
        return Cells.of(self.others, period, size, slopes) if self.others else None

    @cached_property
    def costless(self) -> Floats:
        """P(an event costs nothing) of each scenario (m,)."""
        nothing = 1.0 - self.chance
        for i, law in zip(self.other_at, self.others, strict=True):
            nothing[i] += self.chance[i] * float(law.cdf(0.0))
        costless: Floats = np.multiply.reduceat(nothing, self.starts)
        return costless

    @cached_property
    def log_none(self) -> Floats:
        """ln of each scenario's probability of a year without loss (m,); -inf where a loss is certain."""
        logs: Floats = self.counts.log_generating(self.costless[:, None])[:, 0]
        return logs

    def survival(self, x: float) -> Floats:
        """P(Y > x) of each form of loss (F,)."""
        survival = np.zeros(self.owner.size)
        survival[self.lognormal_at] = 1.0 - self.lognormal.cdf(x)
        survival[self.gamma_at] = gammaincc(self.gamma_shape, x / self.gamma_scale)
        survival[self.other_at] = [1.0 - float(law.cdf(x)) for law in self.others]
        return survival

    def log_range(self) -> tuple[float, float]:
        """ln of amounts (money) below and above everything that could be asked for."""
        medians = np.concatenate([self.lognormal.median, np.maximum(self.form_mean, 1e-300)])
        return float(np.log(medians.min())) - 20.0, float(np.log(medians.max())) + 60.0

    def log_no_loss(self) -> float:
        """ln of the probability of a year without loss."""
        return float(self.log_none.sum())

    def means(self) -> Floats:
        """Expected annual loss of each scenario (m,), closed form (money)."""
        means: Floats = self.rate * np.add.reduceat(self.chance * self.form_mean, self.starts)
        return means


def _kind(law: Law) -> int:
    """0: two-piece lognormal, 1: gamma, 2: on a lattice."""
    return 0 if isinstance(law, Lognormal | TwoPiece) else 1 if isinstance(law, Gamma) else 2


def _two_piece(law: Law) -> tuple[float, float, float]:
    """Median, s below and s above it."""
    if isinstance(law, Lognormal):
        return float(np.exp(law.mu)), law.sigma, law.sigma
    assert isinstance(law, TwoPiece)
    arrays = law.arrays
    return float(arrays.median), float(arrays.s_low), float(arrays.s_high)


def _spread(count: Frequency) -> float:
    if isinstance(count, Poisson):
        return 0.0
    return -count.probability if isinstance(count, Binomial) else count.variance / count.mean - 1.0
