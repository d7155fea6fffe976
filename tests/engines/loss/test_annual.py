"""The annual loss against published tables, closed forms and two independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from accord_loss_cases import constant, lattice_bounds, lognormal, random_portfolio, simulate
from scipy.stats import nbinom, poisson

from accord.engines.loss import AccuracyError, Portfolio, annual_loss
from accord.engines.loss.annual import check_grid, check_transform, locate
from accord.engines.loss.severity import TwoPieceLognormal
from accord.engines.loss.spectrum import Book


@pytest.mark.parametrize(("rate", "published"), [(1.0, 490.55), (10.0, 1779.16), (100.0, 5853.06)])
def test_published_quantiles_of_poisson_lognormal(rate: float, published: float) -> None:
    """99.9 % quantiles of compound Poisson with lognormal(0, 2) amounts: a common benchmark of operational risk."""
    result = annual_loss(lognormal(rate, 0.0, 2.0), (0.999,), target_level=0.999)
    lower, middle, upper = result.var[0]
    assert middle == pytest.approx(published, rel=1e-5)
    assert lower - 0.005 <= published <= upper + 0.005
    assert result.resolution == pytest.approx((upper - lower) / middle)
    assert result.resolution <= 1e-4
    assert result.target_met


@pytest.mark.parametrize(("rate", "mu", "sigma"), [(0.2, 3.0, 1.0), (2.0, 0.0, 0.5), (5.0, 1.0, 1.5)])
def test_bounds_meet_those_of_a_lattice(rate: float, mu: float, sigma: float) -> None:
    """Both are proven, so they overlap, and the estimate lies in both."""
    result = annual_loss(lognormal(rate, mu, sigma))
    for row, level in enumerate(result.levels):
        lower, middle, upper = result.var[row]
        step = max(float(result.var[-1, 2]), 1.0) / 8000
        below, above = lattice_bounds(rate, mu, sigma, step, 1 << 15, float(level))
        assert max(lower, below) <= min(upper, above) + 1e-12
        assert below - 1e-9 <= middle <= above + 1e-9


@pytest.mark.parametrize("rate", [0.3, 4.0, 30.0])
def test_certain_amounts_give_the_poisson_distribution(rate: float) -> None:
    result = annual_loss(constant((rate, rate, rate), 1000.0))
    for level, (lower, _, upper) in zip(result.levels, result.var, strict=True):
        assert lower <= 1000.0 * poisson.ppf(level, rate) <= upper
    between = 1000.0 * (np.arange(0, 12) + 0.5)
    found = result.exceedance(between)
    exact = poisson.sf(between / 1000.0, rate)
    assert ((found[:, 0] <= exact) & (exact <= found[:, 2])).all()
    known = ~np.isnan(found[:, 1])
    np.testing.assert_allclose(found[known, 1], exact[known], atol=2e-7)
    assert known[exact > 1e-4].all()
    assert result.no_loss == pytest.approx(np.exp(-rate), rel=1e-12)
    assert result.mean == pytest.approx(1000.0 * rate)
    assert result.sd == pytest.approx(1000.0 * np.sqrt(rate))


def test_an_uncertain_rate_gives_the_negative_binomial() -> None:
    interval = (0.5, 1.5, 6.0)
    law = TwoPieceLognormal.from_quantiles(np.array(interval))
    mean, variance = float(law.mean()), float(law.variance())
    counts = nbinom(mean**2 / variance, mean / (mean + variance))
    result = annual_loss(constant(interval, 10.0))
    between = 10.0 * (np.arange(0, 15) + 0.5)
    np.testing.assert_allclose(result.exceedance(between)[:, 1], counts.sf(between / 10.0), atol=2e-7)
    assert result.sd == pytest.approx(10.0 * np.sqrt(counts.var()))


def test_two_certain_forms_are_added_within_the_event() -> None:
    result = annual_loss(Portfolio(["x"], [[2.0] * 3], [[[300.0] * 3, [700.0] * 3]]))
    between = 1000.0 * (np.arange(0, 9) + 0.5)
    np.testing.assert_allclose(result.exceedance(between)[:, 1], poisson.sf(between / 1000.0, 2.0), atol=2e-7)


def test_tail_mean_of_a_poisson_year() -> None:
    rate, level = 4.0, 0.99
    quantile = poisson.ppf(level, rate)
    k = np.arange(quantile + 1, 200)
    beyond = float((k * poisson.pmf(k, rate)).sum())
    exact = (beyond + quantile * (poisson.cdf(quantile, rate) - level)) / (1 - level)
    result = annual_loss(constant((rate, rate, rate), 1.0))
    lower, middle, upper = result.tvar[result.at(level)]
    assert lower <= exact <= upper
    assert middle == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(("n", "forms", "rate"), [(1, 1, 1.0), (6, 3, 0.3), (15, 2, 2.0)])
def test_an_independent_simulation_agrees_within_its_error(n: int, forms: int, rate: float) -> None:
    portfolio = random_portfolio(n, forms, seed=n, rate=rate)
    result = annual_loss(portfolio)
    years = 200_000
    losses = simulate(portfolio, years, seed=5)
    total = losses.sum(axis=0)
    assert abs(total.mean() - result.mean) < 4.5 * result.sd / np.sqrt(years)
    for level, var, tvar in zip(result.levels, result.var[:, 1], result.tvar[:, 1], strict=True):
        if var == 0.0:
            assert (total == 0).mean() > level - 0.01
            continue
        beyond = total > var
        assert abs(beyond.mean() - (1 - level)) < 4.5 * np.sqrt(level * (1 - level) / years)
        excess = np.maximum(total - var, 0.0)
        error = excess.std() / np.sqrt(years) / (1 - level)
        assert abs(var + excess.mean() / (1 - level) - tvar) < 4.5 * error
    worst = total > result.var[result.at(0.99), 1]
    for i in range(n):
        share = losses[i, worst]
        assert abs(share.mean() - result.scenario_tail[i]) < 5.0 * share.std() / np.sqrt(worst.sum()) + 0.02 * abs(
            result.tvar[result.at(0.99), 1]
        )


def test_the_curve_ends_at_a_year_in_ten_thousand_and_never_rises() -> None:
    result = annual_loss(random_portfolio(10, 3, seed=2))
    amounts, middle, lower, upper = result.curve.T
    assert (np.diff(amounts) > 0).all()
    assert (np.diff(middle) <= 1e-6).all()
    assert ((lower <= middle) & (middle <= upper)).all()
    assert middle[-1] == pytest.approx(1e-4, rel=0.02)
    assert middle[0] <= 1.0 - result.no_loss + 1e-9
    at_var = result.exceedance(result.var[:, 1])
    for level, (low, _, high) in zip(result.levels, at_var, strict=True):
        assert low - 1e-6 <= 1.0 - level <= high + 1e-6 or result.no_loss >= level


def test_beyond_what_was_computed_the_probability_is_unknown_but_bounded() -> None:
    result = annual_loss(lognormal(1.0, 0.0, 1.0))
    lower, middle, upper = result.exceedance([result.curve[-1, 0] * 1e6])[0]
    assert (lower, np.isnan(middle)) == (0.0, True)
    assert upper < 1e-3


def test_a_rare_loss_has_a_quantile_of_zero_and_a_tail_mean_above() -> None:
    result = annual_loss(lognormal(0.001, 8.0, 1.0))
    assert (result.var == 0).all()
    np.testing.assert_allclose(result.tvar[:, 1], result.mean / (1 - result.levels))
    assert result.scenario_tail.sum() == pytest.approx(result.mean / 0.01)
    assert result.exceedance([np.exp(8.0)])[0, 1] == pytest.approx(-np.expm1(-0.0005), rel=1e-3)


def test_nothing_that_can_happen_costs_nothing() -> None:
    portfolio = lognormal(1.0, 0.0, 1.0).with_factors([0.0], [1.0])
    result = annual_loss(portfolio)
    assert (result.mean, result.sd, result.no_loss) == (0.0, 0.0, 1.0)
    assert not result.var.any()
    assert annual_loss(Portfolio([], [], [])).mean == 0.0


def test_a_wrong_moment_is_noticed() -> None:
    portfolio = random_portfolio(4, 2, seed=9)
    book = Book.of(portfolio)
    means, variances = portfolio.annual_moments()
    mean, sd = float(means.sum()), float(np.sqrt(variances.sum()))
    check_transform(book, mean, sd)
    with pytest.raises(AccuracyError):
        check_transform(book, mean * 1.01, sd)
    small = Book.of(lognormal(20.0, 0.0, 0.5))
    tail = locate(small, 1e-4)
    true_mean = float(small.means().sum())
    check_grid(tail, true_mean, 3.0)
    with pytest.raises(AccuracyError):
        check_grid(tail, true_mean * 1.05, 3.0)


def test_a_level_is_a_probability_and_must_have_been_asked_for() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        annual_loss(lognormal(1.0, 0.0, 1.0), (1.0,))
    with pytest.raises(KeyError, match="was not computed"):
        annual_loss(lognormal(1.0, 0.0, 1.0), (0.9,)).at(0.5)
