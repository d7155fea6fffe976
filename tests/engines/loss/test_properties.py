"""What must hold for every portfolio."""

from __future__ import annotations

import numpy as np
import pytest
from accord_loss_cases import random_portfolio
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.loss import LossInputError, Portfolio, allocate, annual_loss, expected_loss

SEEDS = st.integers(0, 10_000)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 6), rate=st.floats(0.01, 3.0))
def test_bounds_are_ordered_and_the_parts_sum(seed: int, n: int, rate: float) -> None:
    result = annual_loss(random_portfolio(n, 2, seed, rate))
    for figures in (result.var, result.tvar):
        assert (figures[:, 0] <= figures[:, 1]).all()
        assert (figures[:, 1] <= figures[:, 2]).all()
        assert (np.diff(figures[:, 1]) >= 0).all()
    assert (result.tvar[:, 1] >= result.var[:, 1]).all()
    assert result.scenario_mean.sum() == pytest.approx(result.mean, rel=1e-12)
    assert result.scenario_tail.sum() == pytest.approx(result.tvar[result.at(0.99), 1], rel=1e-9)
    assert (result.scenario_tail >= 0).all()
    assert result.target_met


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-4, 1e4))
def test_money_in_another_unit_scales_every_figure(seed: int, scale: float) -> None:
    portfolio = random_portfolio(3, 2, seed)
    scaled = Portfolio(portfolio.keys, portfolio.frequency, portfolio.magnitude * scale)
    here, there = annual_loss(portfolio), annual_loss(scaled)
    assert there.mean == pytest.approx(here.mean * scale, rel=1e-12)
    assert there.sd == pytest.approx(here.sd * scale, rel=1e-9)
    np.testing.assert_allclose(there.var[:, 1], here.var[:, 1] * scale, rtol=1e-5)
    np.testing.assert_allclose(there.scenario_tail, here.scenario_tail * scale, rtol=1e-5)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, gone=st.integers(0, 3), side=st.sampled_from(["frequency", "magnitude"]))
def test_a_factor_of_zero_removes_a_scenario(seed: int, gone: int, side: str) -> None:
    portfolio = random_portfolio(4, 2, seed)
    factor = np.ones(4)
    factor[gone] = 0.0
    without = portfolio.with_factors(
        factor if side == "frequency" else np.ones(4), factor if side == "magnitude" else np.ones(4)
    )
    rest = [i for i in range(4) if i != gone]
    alone = Portfolio([portfolio.keys[i] for i in rest], portfolio.frequency[rest], portfolio.magnitude[rest])
    with_zero, left = annual_loss(without), annual_loss(alone)
    assert with_zero.mean == pytest.approx(left.mean, rel=1e-12)
    np.testing.assert_allclose(with_zero.var, left.var, rtol=1e-9)
    np.testing.assert_allclose(with_zero.scenario_tail[rest], left.scenario_tail, rtol=1e-9)
    assert with_zero.scenario_tail[gone] == 0.0


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, plans=st.integers(1, 5))
def test_expected_loss_under_many_plans_is_that_of_each_plan(seed: int, plans: int) -> None:
    portfolio = random_portfolio(5, 3, seed)
    rng = np.random.default_rng(seed)
    frequency, magnitude = rng.uniform(0, 2, (plans, 5)), rng.uniform(0, 2, (plans, 5))
    together = expected_loss(portfolio, frequency, magnitude)
    assert together.shape == (plans, 5)
    for plan in range(plans):
        means, _ = portfolio.with_factors(frequency[plan], magnitude[plan]).annual_moments()
        np.testing.assert_allclose(together[plan], means, rtol=1e-12)
    with pytest.raises(ValueError, match="at least 0"):
        expected_loss(portfolio, -np.ones(5))


@settings(max_examples=50, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 8), m=st.integers(1, 6))
def test_a_division_by_shares_and_its_rest_sum_to_the_whole(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(m + 1), n)[:, :m]
    values = rng.uniform(0, 1e7, n)
    parts, rest = allocate(values, shares)
    assert parts.sum() + rest == pytest.approx(values.sum(), rel=1e-12)
    assert rest >= -1e-6
    np.testing.assert_allclose(parts, [(values * shares[:, k]).sum() for k in range(m)])


@pytest.mark.parametrize(
    ("shares", "reason"),
    [([[0.7, 0.5]], "sum to 1.2"), ([[-0.1, 0.5]], "between 0 and 1"), ([[np.nan, 0.5]], "between 0 and 1")],
)
def test_shares_that_are_none_are_refused(shares: list[list[float]], reason: str) -> None:
    with pytest.raises(LossInputError, match=reason):
        allocate([100.0], shares)
