"""Scores of forecasters against closed forms, published tables and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError
from accord.engines.loss.scoring import (
    brier,
    confidence_calibration,
    crps_curve,
    crps_draws,
    crps_quantiles,
    hit_rate,
    interval_score,
    pinball,
    range_calibration,
    wilson,
)


def test_crps_of_a_normal_law_agrees_with_its_closed_form() -> None:
    # Gneiting, Raftery 2007, eq. 21: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)).
    x = np.linspace(-12, 12, 40_001)
    for truth in (-2.0, 0.0, 0.7, 3.0):
        z = truth
        closed = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
        assert crps_curve(x, stats.norm.sf(x), truth) == pytest.approx(closed, rel=1e-6)


def test_crps_of_an_exponential_law_and_of_a_point() -> None:
    x = np.append(0.0, np.geomspace(1e-6, 60, 60_000))
    for truth in (0.0, 0.5, 4.0):
        closed = truth + 2 * np.exp(-truth) - 1.5
        assert crps_curve(x, np.exp(-x), truth) == pytest.approx(closed, rel=1e-5)
    assert crps_curve([3.0], [0.0], 5.0) == 2.0
    assert crps_curve([3.0], [0.0], 1.0) == 2.0


def test_crps_outside_of_the_curve_grows_by_the_distance() -> None:
    inside = crps_curve([0.0, 10.0], [1.0, 0.0], 10.0)
    assert inside == pytest.approx(10 / 3)
    assert crps_curve([0.0, 10.0], [1.0, 0.0], 14.0) == pytest.approx(10 / 3 + 4)
    assert crps_curve([0.0, 10.0], [1.0, 0.0], -4.0) == pytest.approx(10 / 3 + 4)


def test_crps_of_a_year_without_loss() -> None:
    # 60 % no loss, else exactly 100: truth 0 -> 0.4^2 * 100, truth 100 -> 0.6^2 * 100.
    assert crps_curve([0.0, 100.0, 100.0], [0.4, 0.4, 0.0], 0.0) == pytest.approx(16.0)
    assert crps_curve([0.0, 100.0, 100.0], [0.4, 0.4, 0.0], 100.0) == pytest.approx(36.0)


def test_crps_of_draws_is_the_double_sum() -> None:
    draws = np.random.default_rng(1).lognormal(size=50)
    double = np.abs(draws[:, None] - draws[None, :]).mean() / 2
    assert crps_draws(draws, 1.3) == pytest.approx(np.abs(draws - 1.3).mean() - double, rel=1e-12)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12),
    st.floats(-2e3, 2e3),
)
def test_quantile_forecast_equals_the_integral_of_its_pinball_losses(values: list[float], truth: float) -> None:
    # CRPS = 2 * integral over p of the pinball loss (Laio, Tamea 2007), here by the midpoint rule.
    quantiles = np.sort(values)
    probabilities = (np.arange(quantiles.size) + 1.0) / (quantiles.size + 1.0)
    p = (np.arange(20_000) + 0.5) / 20_000
    q = np.interp(p, probabilities, quantiles)
    by_pinball = 2 * pinball(p, q, truth).mean()
    assert crps_quantiles(probabilities, quantiles, truth) == pytest.approx(by_pinball, abs=0.5, rel=2e-3)


@given(st.floats(0.01, 0.99), st.integers(0, 99))
def test_pinball_is_least_at_the_quantile(p: float, other: int) -> None:
    values = np.arange(100.0)
    best = min(pinball(p, q, values).mean() for q in values)
    assert pinball(p, values[int(np.ceil(p * 100)) - 1], values).mean() == pytest.approx(best)
    assert pinball(p, values[other], values).mean() >= best - 1e-12


def test_interval_score_is_the_scaled_sum_of_pinball_losses() -> None:
    low, high, truth = np.array([1.0, 1.0, 1.0]), np.array([3.0, 3.0, 3.0]), np.array([0.0, 2.0, 7.0])
    ends = pinball(0.05, low, truth) + pinball(0.95, high, truth)
    assert interval_score(low, high, truth) == pytest.approx(2 / 0.1 * ends)


def test_brier_of_known_cases() -> None:
    assert brier([0.9, 0.5, 0.0], [True, False, False]) == pytest.approx([0.01, 0.25, 0.0])
    with pytest.raises(ValueError):
        brier([1.2], [True])


def test_intervals_of_a_share_are_the_published_ones() -> None:
    # Wilson 95 % of 81 in 263 (Newcombe, Statistics in Medicine 17, 1998, table I): 0.2553 to 0.3662.
    assert wilson(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    # Jeffreys by the quantiles of the beta law itself.
    rate = hit_rate(7, 10, 0.9)
    assert (rate.low, rate.high) == pytest.approx(stats.beta(7.5, 3.5).ppf([0.05, 0.95]))
    assert hit_rate(0, 10).low == 0.0
    assert hit_rate(10, 10).high == 1.0


@given(st.integers(0, 40))
def test_the_interval_of_a_share_contains_it(hits: int) -> None:
    rate = hit_rate(hits, 40)
    assert rate.low <= rate.share <= rate.high


def test_half_the_hits_of_twenty_ranges_is_overconfident_and_the_factor_mends_it() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=2000)
    low, high = np.full(2000, -0.6745), np.full(2000, 0.6745)  # a 50 % range called a 90 % range
    found = range_calibration(low, high, truth)
    assert found.verdict == "overconfident"
    assert found.rate.share == pytest.approx(0.5, abs=0.04)
    # the half-width of the true 90 % range over that of the stated one
    assert found.widening_low <= 1.6449 / 0.6745 <= found.widening_high
    fresh = np.random.default_rng(4).normal(size=20_000)
    assert (np.abs(fresh) <= 0.6745 * found.widening).mean() == pytest.approx(0.9, abs=0.02)


def test_the_conformal_factor_covers_the_next_question() -> None:
    # Exact for exchangeable questions: with n = 19 the 18th of 19 factors covers with probability 18/20 = 0.9.
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(2000):
        truth = rng.standard_cauchy(20)
        found = range_calibration(np.full(19, -1.0), np.full(19, 1.0), truth[:19])
        inside += abs(truth[19]) <= found.widening
    assert inside / 2000 == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 2000))


def test_calibrated_ranges_are_in_line_and_wide_ones_underconfident() -> None:
    truth = np.arange(100.0)
    exact = range_calibration(np.full(100, 5.0), np.full(100, 94.0), truth)
    assert (exact.rate.hits, exact.below, exact.above, exact.verdict) == (90, 5, 5, "in line")
    assert range_calibration(np.full(100, -1.0), np.full(100, 100.0), truth).verdict == "underconfident"


def test_logarithmic_ranges_widen_by_ratio() -> None:
    # 1 to 100 around 10; the truth 1,000 needs twice the logarithmic half-width.
    found = range_calibration(np.ones(9), np.full(9, 100.0), np.full(9, 1000.0), logarithmic=True)
    assert found.widening == pytest.approx(2.0)


def test_few_answers_give_no_verdict_and_no_factor() -> None:
    found = range_calibration([0.0], [1.0], [2.0])
    assert found.verdict == "too few answers"
    assert np.isnan(found.widening)


def test_confidence_against_right_answers() -> None:
    p = np.array([0.9] * 20)
    happened = np.array([True] * 10 + [False] * 10)
    found = confidence_calibration(p, happened)
    assert found.verdict == "overconfident"
    assert found.brier == pytest.approx(0.5 * 0.01 + 0.5 * 0.81)
    assert found.mean_confidence == pytest.approx(0.9)
    no = confidence_calibration(1 - p, ~happened)
    assert no.brier == pytest.approx(found.brier)
    assert confidence_calibration([], []).verdict == "too few answers"


@pytest.mark.parametrize(
    ("low", "high", "truth", "logarithmic", "word"),
    [
        ([2.0], [1.0], [1.0], False, "wrong way round"),
        ([np.nan], [1.0], [1.0], False, "unknown"),
        ([0.0], [1.0], [1.0], True, "logarithm"),
        ([1.0, 2.0], [3.0], [1.0], False, "shapes"),
    ],
)
def test_ranges_that_are_refused(low: object, high: object, truth: object, logarithmic: bool, word: str) -> None:
    with pytest.raises(LossInputError, match=word):
        range_calibration(low, high, truth, logarithmic=logarithmic)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("x", "beyond"),
    [([2.0, 1.0], [0.5, 0.4]), ([1.0, 2.0], [0.4, 0.5]), ([1.0], [1.5]), ([np.nan], [0.5]), ([], [])],
)
def test_curves_that_are_refused(x: list[float], beyond: list[float]) -> None:
    with pytest.raises(LossInputError):
        crps_curve(x, beyond, 1.0)
