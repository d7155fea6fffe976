"""Experts' ranges as laws, pooled and weighted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate  # type: ignore[import-untyped]

from accord.engines.loss import Law, TwoPiece
from accord.engines.loss.errors import LossInputError
from accord.engines.loss.expert import (
    LinearLaw,
    calibration_score,
    calibration_weights,
    pooled,
    stated_range,
    stated_share,
    widened,
)

LAWS: list[Law] = [
    TwoPiece(1.0, 4.0, 40.0),
    TwoPiece(2.0, 2.0, 9.0),
    TwoPiece(3.0, 3.0, 3.0),
    LinearLaw(0.1, 0.3, 0.9, 0.0, 1.0),
    LinearLaw(-2.0, -1.0, 5.0),
    LinearLaw(0.0, 0.0, 0.5, 0.0, 1.0),
]


@pytest.mark.parametrize("law", LAWS)
def test_moments_and_limited_means_are_the_integrals_of_the_quantiles(law: Law) -> None:
    u = (np.arange(400_000) + 0.5) / 400_000
    x = np.array([law.quantile(float(p)) for p in u[::40]])
    for limit in (0.05, 0.4, 2.0, 5.0, 30.0):
        assert law.limited_mean(limit) == pytest.approx(np.minimum(x, limit).mean(), rel=2e-3, abs=2e-3)
    # The mean as integral of the survival function, an independent way.
    low, high = law.quantile(1e-9), law.quantile(1 - 1e-12)
    if high > low:
        area, _ = integrate.quad(lambda v: 1 - law.cdf(v), low, high, limit=500, points=[law.quantile(0.5)])
        assert law.mean() == pytest.approx(low + area, rel=1e-3, abs=1e-6)
        mean = law.mean()
        second, _ = integrate.quad(
            lambda v: 2 * (v - low) * (1 - law.cdf(v)), low, high, limit=500, points=[law.quantile(0.5)]
        )
        assert law.variance() == pytest.approx(second - (mean - low) ** 2, rel=5e-3)


@pytest.mark.parametrize("law", LAWS)
def test_laws_meet_what_was_stated(law: Law) -> None:
    for p in (0.05, 0.5, 0.95):
        assert law.cdf(law.quantile(p)) >= p - 1e-9
    assert (law.quantile(0.05), law.quantile(0.95)) == pytest.approx((law.low, law.high))  # type: ignore[attr-defined]


def test_a_range_without_middle_is_symmetric_in_ratio() -> None:
    assert stated_range(1.0, 100.0) == TwoPiece(1.0, 10.0, 100.0)
    assert stated_share(0.2, 0.6).mid == pytest.approx(0.4)


def test_widening_multiplies_the_logarithmic_half_widths() -> None:
    wide = widened(TwoPiece(1.0, 10.0, 1000.0), 2.0)
    assert (wide.low, wide.mid, wide.high) == pytest.approx((0.1, 10.0, 100_000.0))
    with pytest.raises(LossInputError):
        widened(wide, float("nan"))


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(1.01, 10), st.floats(1.01, 10)), min_size=1, max_size=5))
def test_pool_lies_between_the_experts_and_is_the_mixture(rows: list[tuple[float, float, float]]) -> None:
    laws = [TwoPiece(a, a * b, a * b * c) for a, b, c in rows]
    for p, value in zip((0.05, 0.5, 0.95), pooled(laws), strict=True):
        ends = [law.quantile(p) for law in laws]
        assert min(ends) - 1e-12 <= value <= max(ends) + 1e-12
        mixture = sum(law.cdf(value) for law in laws) / len(laws)
        assert mixture >= p - 1e-9


def test_pool_of_two_who_contradict_spans_both() -> None:
    low, _, high = pooled([TwoPiece(1.0, 1.5, 2.0), TwoPiece(100.0, 150.0, 200.0)])
    assert low < 1.5
    assert high > 150
    # All weight on one of them is that one.
    one = pooled([TwoPiece(1.0, 1.5, 2.0), TwoPiece(100.0, 150.0, 200.0)], [1.0, 0.0])
    assert one == pytest.approx((1.0, 1.5, 2.0))


def test_weights_follow_the_calibration() -> None:
    assert calibration_score(1, 18, 1) == pytest.approx(1.0)
    # 10 of 20 inside: 2n I = 2 * 20 * (0.5 ln(0.5 / 0.9) + 2 * 0.25 ln(0.25 / 0.05)) = 20.43, chi-squared with 2 df.
    information = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(5)
    assert calibration_score(5, 10, 5) == pytest.approx(np.exp(-20 * information))
    good, bad, untrained = calibration_weights([(1, 18, 1), (5, 10, 5), (0, 0, 0)])
    assert good > bad
    assert untrained == pytest.approx((good + bad) / 2)
    assert calibration_weights([(0, 0, 0), (0, 0, 0)]) == (0.5, 0.5)


@pytest.mark.parametrize("values", [(2.0, 1.0, 3.0), (float("nan"), 1.0, 2.0), (0.0, 1.0, 2.0), (-1.0, 1.0, 2.0)])
def test_ranges_that_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(LossInputError):
        stated_range(values[0], values[2], values[1])


def test_shares_and_weights_that_are_refused() -> None:
    with pytest.raises(LossInputError):
        stated_share(0.5, 1.2)
    with pytest.raises(LossInputError):
        pooled([TwoPiece(1.0, 1.0, 1.0)], [0.0])
    with pytest.raises(LossInputError):
        pooled([])
