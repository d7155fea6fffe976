"""Shared causes and copulas against closed forms, the independent engine, and a simulation event by event."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from accord.engines.loss import Portfolio, annual_loss
from accord.engines.loss.dependence import (
    SharedCause,
    copula_loss,
    explained,
    own_share,
    paired_difference,
    shared_loss,
)
from accord.engines.loss.errors import LossInputError

FREQUENCY = [(0.2, 0.5, 1.5), (0.1, 0.3, 0.9), (0.5, 1.0, 2.0)]
MAGNITUDE = [
    [(10e3, 50e3, 400e3), (5e3, 20e3, 100e3)],
    [(50e3, 100e3, 900e3), (np.nan,) * 3],
    [(1e3, 8e3, 60e3), (2e3, 2e3, 2e3)],
]
PORTFOLIO = Portfolio(["a", "b", "c"], FREQUENCY, MAGNITUDE, [1.0, 0.5, 1.0], [1.0, 1.0, 0.8])
CAUSES = [
    SharedCause("identity", (0.05, 0.15, 0.5), {"a": 0.9, "b": 0.7}),
    SharedCause("supplier", (0.1, 0.2, 0.4), {"b": 0.5, "c": 1.0}),
]


def test_without_causes_it_is_the_independent_engine() -> None:
    ours, theirs = shared_loss(PORTFOLIO, []), annual_loss(PORTFOLIO)
    assert ours.mean == pytest.approx(theirs.mean, rel=1e-12)
    assert ours.sd == pytest.approx(theirs.sd, rel=1e-12)
    assert ours.no_loss == pytest.approx(theirs.no_loss, rel=1e-12)
    # Both enclose the truth, so the intervals meet; the estimate is far closer than the bounds.
    for mine, other in ((ours.var, theirs.var), (ours.tvar, theirs.tvar)):
        assert (mine[:, 0] <= other[:, 2]).all()
        assert (mine[:, 2] >= other[:, 0]).all()
        assert mine[:, 1] == pytest.approx(other[:, 1], rel=3e-4)
    assert ours.scenario_tail == pytest.approx(theirs.scenario_tail, rel=5e-3)


def test_means_stay_and_the_tail_grows() -> None:
    alone, together = shared_loss(PORTFOLIO, []), shared_loss(PORTFOLIO, CAUSES)
    assert together.mean == pytest.approx(alone.mean, rel=1e-12)
    assert together.scenario_mean == pytest.approx(alone.scenario_mean, rel=1e-12)
    assert together.tvar[3, 0] > alone.tvar[3, 2]
    assert together.scenario_tail.sum() == pytest.approx(together.tvar[3, 1], rel=1e-9)
    assert (together.cause_tail.sum(axis=0) <= together.scenario_tail + 1e-6).all()
    assert together.cause_mean[0, 2] == 0.0
    # The part of a scenario's mean that its causes bring is its explained share of the mean.
    assert together.cause_mean.sum(axis=0) == pytest.approx(together.explained * together.scenario_mean)


def _simulated(years: int, seed: int) -> np.ndarray:
    """Event by event, in another way: thinned causes, own events, amounts drawn one by one."""
    rng = np.random.default_rng(seed)

    def moments(quantiles: tuple[float, float, float]) -> tuple[float, float]:
        mean, variance = Portfolio(["x"], [quantiles], [[(1.0, 1.0, 1.0)]]).rate()
        return float(mean[0]), float(variance[0])

    def gamma(rate: float, variance: float) -> np.ndarray:
        return rng.gamma(rate**2 / variance, variance / rate, years)

    def amounts(scenario: int, count: int) -> np.ndarray:
        total = np.zeros(count)
        for low, mid, high in MAGNITUDE[scenario]:
            if np.isnan(low):
                continue
            z = rng.standard_normal(count)
            s = np.where(z < 0, np.log(mid / low), np.log(high / mid)) / 1.6448536269514722
            total += mid * np.exp(s * z)
        return total * PORTFOLIO.magnitude_factor[scenario]

    counts = np.zeros((3, years), int)
    share = own_share(PORTFOLIO, CAUSES)
    for i, key in enumerate(PORTFOLIO.keys):
        rate, variance = moments(FREQUENCY[i])
        left = variance - sum(c.probabilities.get(key, 0.0) ** 2 * moments(c.rate)[1] for c in CAUSES)
        assert left > 0
        counts[i] += rng.poisson(gamma(rate * share[i], left) * PORTFOLIO.frequency_factor[i])
    for cause in CAUSES:
        happened = rng.poisson(gamma(*moments(cause.rate)))
        for key, p in cause.probabilities.items():
            i = PORTFOLIO.keys.index(key)
            counts[i] += rng.binomial(happened, p * PORTFOLIO.frequency_factor[i])
    loss = np.zeros(years)
    for i in range(3):
        owner = np.repeat(np.arange(years), counts[i])
        loss += np.bincount(owner, amounts(i, owner.size), years)
    return loss


def test_a_simulation_agrees_within_its_own_error() -> None:
    found = shared_loss(PORTFOLIO, CAUSES)
    loss = _simulated(400_000, 11)
    assert loss.mean() == pytest.approx(found.mean, abs=4 * loss.std() / np.sqrt(loss.size))
    for level, (lower, _, upper) in zip(found.levels, found.var, strict=True):
        spread = 4 * np.sqrt(level * (1 - level) / loss.size)
        assert (loss <= lower).mean() <= level + spread
        assert (loss <= upper).mean() >= level - spread
    assert (loss == 0).mean() == pytest.approx(found.no_loss, abs=0.004)
    tail = np.sort(loss)[-4000:]
    assert tail.mean() == pytest.approx(found.tvar[3, 1], rel=0.05)


def test_one_cause_that_explains_all_is_a_single_scenario() -> None:
    # A cause that always sets off all its scenarios is one scenario whose event has all the forms.
    rate = (0.2, 0.4, 0.8)
    parts = Portfolio(["a", "b"], [rate, rate], [[(1e3, 5e3, 40e3)], [(2e3, 6e3, 90e3)]])
    merged = Portfolio(["ab"], [rate], [[(1e3, 5e3, 40e3), (2e3, 6e3, 90e3)]])
    ours = shared_loss(parts, [SharedCause("c", rate, {"a": 1.0, "b": 1.0})])
    theirs = annual_loss(merged)
    assert ours.explained == pytest.approx([1.0, 1.0])
    assert ours.no_loss == pytest.approx(theirs.no_loss)
    assert ours.sd == pytest.approx(theirs.sd)
    assert ours.var[:, 1] == pytest.approx(theirs.var[:, 1], rel=3e-4)
    assert ours.tvar[:, 1] == pytest.approx(theirs.tvar[:, 1], rel=3e-4)
    assert (ours.var[:, 0] <= theirs.var[:, 2]).all()
    assert (ours.var[:, 2] >= theirs.var[:, 0]).all()


def test_certain_amounts_give_the_law_of_the_count() -> None:
    # One cause, two scenarios at 1.0 each, own rates Poisson: S = own counts + hits, by direct convolution.
    portfolio = Portfolio(["a", "b"], [(1.0, 1.0, 1.0), (0.5, 0.5, 0.5)], [[(1.0,) * 3], [(1.0,) * 3]])
    found = shared_loss(portfolio, [SharedCause("c", (0.3, 0.3, 0.3), {"a": 0.5, "b": 1.0})], points=2**12)
    own = stats.poisson(1.0 - 0.15 + 0.5 - 0.3).pmf(np.arange(60))
    one = stats.poisson(0.15).pmf(np.arange(60))
    two = np.zeros(60)
    two[::2] = stats.poisson(0.15).pmf(np.arange(30))
    whole = np.convolve(np.convolve(own, one)[:60], two)[:60]
    cdf = np.cumsum(whole)
    for level, (lower, _, upper) in zip(found.levels, found.var, strict=True):
        exact = int(np.searchsorted(cdf, level))
        assert lower <= exact <= upper + 1e-12
    beyond = np.arange(60) @ whole
    level, (lower, _, upper) = 0.99, found.tvar[3]
    at = int(np.searchsorted(cdf, level))
    tvar = at + (np.maximum(np.arange(60) - at, 0) @ whole) / 0.01
    assert lower <= tvar <= upper
    assert found.mean == pytest.approx(beyond)


def test_causes_that_are_refused() -> None:
    with pytest.raises(LossInputError, match="set off"):
        explained(PORTFOLIO, [SharedCause("x", (5.0, 6.0, 7.0), {"b": 1.0})])
    with pytest.raises(LossInputError, match="no scenario"):
        shared_loss(PORTFOLIO, [SharedCause("x", (0.1, 0.1, 0.1), {"z": 1.0})])
    with pytest.raises(LossInputError, match="between 0 and 1"):
        shared_loss(PORTFOLIO, [SharedCause("x", (0.1, 0.1, 0.1), {"a": 1.2})])
    with pytest.raises(LossInputError, match="out of order"):
        shared_loss(PORTFOLIO, [SharedCause("x", (0.3, 0.1, 0.2), {"a": 0.2})])
    raised = PORTFOLIO.with_factors([1.5, 1.0, 1.0], [1.0, 1.0, 1.0])
    with pytest.raises(LossInputError, match="probability"):
        shared_loss(raised, [SharedCause("x", (0.1, 0.1, 0.1), {"a": 0.9})])


def test_the_independence_copula_is_the_independent_engine() -> None:
    theirs = annual_loss(PORTFOLIO, (0.9, 0.95, 0.99))
    ours = copula_loss(PORTFOLIO, np.eye(3), reach=6 * theirs.var[2, 1])
    for mine, error, other in ((ours.var, ours.var_se, theirs.var), (ours.tvar, ours.tvar_se, theirs.tvar)):
        assert (np.abs(mine - other[:, 1]) <= 5 * error + ours.step).all()
    assert (ours.tvar_se / ours.tvar < 5e-3).all()


@pytest.mark.parametrize("degrees", [None, 4.0])
def test_perfect_dependence_has_a_closed_form(degrees: float | None) -> None:
    # Equal gamma rates that are one rate: the total count is negative binomial of the summed rate.
    rate = (0.5, 1.0, 2.5)
    portfolio = Portfolio(["a", "b", "c"], [rate] * 3, [[(1.0,) * 3]] * 3)
    mean, variance = (float(v[0]) for v in portfolio.rate())
    shape = mean**2 / variance
    exact = stats.nbinom(shape, shape / (shape + 3 * mean))
    found = copula_loss(portfolio, np.ones((3, 3)), (0.9, 0.99), reach=128.0, degrees=degrees, lattice_points=1024)
    counts = np.arange(2000)
    for i, level in enumerate((0.9, 0.99)):
        at = exact.ppf(level)
        tvar = at + float(np.maximum(counts - at, 0) @ exact.pmf(counts)) / (1 - level)
        assert found.tvar[i] == pytest.approx(tvar, abs=5 * found.tvar_se[i] + 0.01)
        assert found.var[i] == pytest.approx(at, abs=0.51)


def test_more_dependence_means_a_heavier_tail_on_common_numbers() -> None:
    theirs = annual_loss(PORTFOLIO, (0.9, 0.95, 0.99))
    reach = 8 * theirs.var[2, 1]
    joined = np.full((3, 3), 0.8) + 0.2 * np.eye(3)
    alone = copula_loss(PORTFOLIO, np.eye(3), reach=reach, points=256)
    together = copula_loss(PORTFOLIO, joined, reach=reach, points=256)
    difference, error = paired_difference(alone, together)
    assert (difference[1:] > 3 * error[1:]).all()
    # Before and after a control on the same points: the paired error is smaller than that of two separate runs.
    after = copula_loss(PORTFOLIO.with_factors([0.9, 0.5, 1.0], [1.0, 1.0, 0.8]), joined, reach=reach, points=256)
    _, paired = paired_difference(together, after)
    assert (paired < np.hypot(together.tvar_se, after.tvar_se)).all()


def test_correlations_that_are_refused() -> None:
    for wrong in (np.eye(2), np.full((3, 3), 2.0), np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])):
        with pytest.raises(LossInputError, match="correlation"):
            copula_loss(PORTFOLIO, wrong, reach=1e6)
    with pytest.raises(ValueError, match="random numbers"):
        one = copula_loss(PORTFOLIO, np.eye(3), reach=1e7, points=16, scramblings=2, lattice_points=256)
        other = copula_loss(PORTFOLIO, np.eye(3), reach=1e7, points=16, scramblings=2, lattice_points=256, seed=2)
        paired_difference(one, other)
