"""What one's own history says: a yearly rate updated with the incidents of an observed period (Gamma-Poisson).

Prior: rate ~ Gamma(shape, years), mean shape / years. k events in T years of Poisson events: posterior
Gamma(shape + k, years + T). `years` is what the prior is worth in years of one's own observation (Gelman et al.,
Bayesian Data Analysis, 3rd ed., section 2.6; Klugman, Panjer, Willmot, Loss Models, section on credibility).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, log

import numpy as np
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import gammaincinv  # type: ignore[import-untyped]
from scipy.stats import nbinom  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError, Problem

LARGEST_RATIO = 1e8
"""Of the 95 % to the 5 % end of a prior; beyond it the gamma law has its median where the range does not show it."""
SURPRISE = 0.025
"""A count with less prior probability at its side than this is told as a contradiction of prior and history."""


@dataclass(frozen=True, slots=True)
class RatePrior:
    """Gamma law of a yearly rate: shape (no unit) and years (exposure-years); where it comes from, in words.

    years = inf is a rate known for certain: `shape` is then that rate.
    """

    shape: float
    years: float
    source: str = ""

    @property
    def mean(self) -> float:
        """Events a year."""
        return self.shape if self.years == inf else self.shape / self.years

    @property
    def interval(self) -> tuple[float, float, float]:
        """Events a year at 5, 50 and 95 %."""
        if self.years == inf:
            return self.shape, self.shape, self.shape
        low, mid, high = (float(gammaincinv(self.shape, p)) / self.years for p in (0.05, 0.5, 0.95))
        return low, mid, high


@dataclass(frozen=True, slots=True)
class RateUpdate:
    """Prior, what was observed, and posterior.

    weight     share of the posterior mean that the own history carries: T / (years + T) (Buehlmann's credibility)
    surprise   prior probability of a count at least as far out on its side: P(N >= k) or P(N <= k), the smaller one
    conflict   whether that is below 2.5 %: prior and history contradict each other, and somebody should find out why
    """

    prior: RatePrior
    events: int
    years: float
    posterior: RatePrior
    weight: float
    surprise: float
    conflict: bool


def prior_of_range(low: float, high: float, source: str = "") -> RatePrior:
    """The gamma law with exactly these 5 % and 95 % quantiles (events a year, 0 < low <= high).

    low = high is a rate that nothing moves. LossInputError otherwise, also beyond a ratio of 1e8.
    """
    if not (isfinite(low) and isfinite(high) and 0 < low <= high):
        reason = f"{low:g} to {high:g} is no range of a yearly rate"
        raise LossInputError([Problem("prior", "range", reason, "Give 5 % and 95 % above 0, the smaller one first")])
    if low == high:
        return RatePrior(low, inf, source)
    if high / low > LARGEST_RATIO:
        reason = f"one end is more than {LARGEST_RATIO:,.0f} times the other"
        raise LossInputError([Problem("prior", "range", reason, "Check the unit, or split the scenario")])

    def off(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        return log(float(gammaincinv(shape, 0.95)) / float(gammaincinv(shape, 0.05))) - log(high / low)

    shape = float(np.exp(brentq(off, log(0.05), log(1e9), xtol=1e-13))) if off(log(1e9)) < 0 else 1e9
    return RatePrior(shape, float(gammaincinv(shape, 0.95)) / high, source)


def prior_of_base_rate(rate: float, years: float, source: str) -> RatePrior:
    """A published rate (events a year for an organization like this one) that counts as `years` of own observation.

    LossInputError unless both are above 0 and a source is named.
    """
    problems = []
    if not (isfinite(rate) and rate > 0):
        problems.append(Problem("base rate", "rate", f"{rate:g} is no rate", "Give events a year above 0"))
    if not (isfinite(years) and years > 0):
        remedy = "Say how many years of own observation the source is worth"
        problems.append(Problem("base rate", "years", f"{years:g} is no weight", remedy))
    if not source.strip():
        problems.append(Problem("base rate", "source", "no source is named", "Name where the rate comes from"))
    if problems:
        raise LossInputError(problems)
    return RatePrior(rate * years, years, source)


def combined(first: RatePrior, second: RatePrior) -> RatePrior:
    """Two independent pieces of evidence as one prior: their shapes and years add."""
    if inf in (first.years, second.years):
        raise LossInputError([Problem("prior", "years", "a rate known for certain needs no other", "Use one of them")])
    source = "; ".join(part for part in (first.source, second.source) if part)
    return RatePrior(first.shape + second.shape, first.years + second.years, source)


def update(prior: RatePrior, events: int, years: float) -> RateUpdate:
    """The posterior after `events` (>= 0) in `years` (> 0) of own observation; LossInputError otherwise.

    The period must have been chosen without looking at when the events were: from the day since which every such event
    would have been written down.
    """
    problems = []
    if events != int(events) or events < 0:
        problems.append(Problem("history", "events", f"{events} is no count", "Give a whole number of at least 0"))
    if not (isfinite(years) and years > 0):
        problems.append(Problem("history", "years", f"{years:g} is no period", "Say since when incidents are kept"))
    if problems:
        raise LossInputError(problems)
    if prior.years == inf:
        raise LossInputError(
            [Problem("prior", "range", "the rate is stated as certain, no history can move it", "State it as a range")]
        )
    posterior = RatePrior(prior.shape + events, prior.years + years, prior.source)
    law = nbinom(prior.shape, prior.years / (prior.years + years))
    surprise = float(min(law.cdf(events), law.sf(events - 1)))
    weight = years / (prior.years + years)
    return RateUpdate(prior, int(events), years, posterior, weight, surprise, surprise < SURPRISE)


__all__ = ["RatePrior", "RateUpdate", "combined", "prior_of_base_rate", "prior_of_range", "update"]
