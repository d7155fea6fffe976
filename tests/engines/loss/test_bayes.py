"""Rates updated with history, against direct integration of Bayes' rule."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats  # type: ignore[import-untyped]

from accord.engines.loss.bayes import RatePrior, combined, prior_of_base_rate, prior_of_range, update
from accord.engines.loss.errors import LossInputError


@given(st.floats(1e-4, 10), st.floats(1.01, 1e5))
def test_the_prior_has_the_stated_ends(low: float, ratio: float) -> None:
    prior = prior_of_range(low, low * ratio)
    found = prior.interval
    assert (found[0], found[2]) == pytest.approx((low, low * ratio), rel=1e-6)
    assert found[0] <= found[1] <= found[2]


@pytest.mark.parametrize(("events", "years"), [(0, 3.0), (4, 2.5), (12, 10.0)])
def test_the_posterior_is_bayes_rule(events: int, years: float) -> None:
    prior = prior_of_range(0.1, 2.0)
    law = stats.gamma(prior.shape, scale=1 / prior.years)

    def weight(rate: float) -> float:
        return float(law.pdf(rate) * stats.poisson.pmf(events, rate * years))

    whole, _ = integrate.quad(weight, 0, 60, limit=400, points=[0.01, 0.5, 2.0])
    found = update(prior, events, years)
    for end, p in zip(found.posterior.interval, (0.05, 0.5, 0.95), strict=True):
        part, _ = integrate.quad(weight, 0, end, limit=400)
        assert part / whole == pytest.approx(p, abs=1e-6)

    # The surprise is the tail of the prior predictive distribution.
    def chance(count: int) -> float:
        return float(integrate.quad(lambda r: law.pdf(r) * stats.poisson.pmf(count, r * years), 0, 60)[0])

    predictive = np.array([chance(k) for k in range(events + 1)])
    below = predictive.sum()
    assert found.surprise == pytest.approx(min(below, 1 - below + predictive[-1]), abs=1e-4)


def test_known_table() -> None:
    # Gelman et al., section 2.6: asthma mortality, prior Gamma(3, 5), 3 deaths in 2 (x 100,000) -> Gamma(6, 7).
    found = update(RatePrior(3.0, 5.0), 3, 2.0).posterior
    assert (found.shape, found.years) == (6.0, 7.0)
    assert found.mean == pytest.approx(0.857, abs=1e-3)
    ten = update(RatePrior(3.0, 5.0), 30, 20.0).posterior
    assert (ten.shape, ten.years) == (33.0, 25.0)
    assert ten.mean == pytest.approx(1.32, abs=5e-3)


@given(st.integers(0, 50), st.floats(0.1, 50))
def test_history_pulls_the_mean_towards_what_was_seen(events: int, years: float) -> None:
    prior = RatePrior(2.0, 4.0)
    found = update(prior, events, years)
    seen = events / years
    assert min(prior.mean, seen) - 1e-12 <= found.posterior.mean <= max(prior.mean, seen) + 1e-12
    mixed = found.weight * seen + (1 - found.weight) * prior.mean
    assert found.posterior.mean == pytest.approx(mixed)


def test_contradiction_is_told() -> None:
    assert update(prior_of_range(0.01, 0.05), 6, 2.0).conflict
    assert not update(prior_of_range(0.01, 5.0), 6, 2.0).conflict


def test_a_base_rate_counts_as_its_years() -> None:
    prior = prior_of_base_rate(0.25, 8.0, "Register of incidents, 2025")
    assert (prior.shape, prior.years) == (2.0, 8.0)
    both = combined(prior, RatePrior(1.0, 2.0, "Expert"))
    assert both == RatePrior(3.0, 10.0, "Register of incidents, 2025; Expert")


def test_bad_input_names_its_place() -> None:
    for low, high in ((0.0, 1.0), (2.0, 1.0), (1e-9, 1e9), (float("nan"), 1.0)):
        with pytest.raises(LossInputError):
            prior_of_range(low, high)
    with pytest.raises(LossInputError, match="source"):
        prior_of_base_rate(0.1, 5.0, " ")
    with pytest.raises(LossInputError, match="period"):
        update(RatePrior(1.0, 1.0), 1, 0.0)
    with pytest.raises(LossInputError, match="count"):
        update(RatePrior(1.0, 1.0), -1, 1.0)
    with pytest.raises(LossInputError, match="certain"):
        update(prior_of_range(2.0, 2.0), 1, 1.0)
    assert prior_of_range(2.0, 2.0).years == inf
