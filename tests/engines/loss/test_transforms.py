"""The transform of the two-piece lognormal against direct integration."""

from __future__ import annotations

import numpy as np
import pytest
from accord_loss_cases import random_portfolio
from scipy.integrate import quad
from scipy.special import ndtri
from scipy.stats import norm

from accord.engines.loss import Portfolio
from accord.engines.loss.forms import Place
from accord.engines.loss.laplace import log_full, upper
from accord.engines.loss.places import FIRST, octaves
from accord.engines.loss.severity import TwoPieceLognormal
from accord.engines.loss.spectrum import DAMPING, ERROR_KINKED, ERROR_SYMMETRIC, ERROR_WIDE, SUMMED, Book, Spectrum

Z95 = float(ndtri(0.95))


def integral(s: float, w: complex, first: float) -> complex:
    """E[exp(-w exp(sZ)); Z > first] along the real line: slow, and the definition itself."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.linspace(first, 10.0, 40 * round(100 + 100 * s) + 1)
    half = (ends[1] - ends[0]) / 2.0
    total = 0j
    for centres in np.split((ends[1:] + ends[:-1]) / 2.0, 40):
        z = centres[:, None] + half * nodes
        growth = w * np.exp(s * z)
        total += (np.exp(-growth[growth.real < 700]) * norm.pdf(z[growth.real < 700])) @ np.broadcast_to(
            weights, z.shape
        )[growth.real < 700]
    return total * half


@pytest.mark.parametrize("s", [1e-3, 0.1, 0.69, 0.71, 1.3, 2.5, 5.0])
@pytest.mark.parametrize("w", [0.0 + 0j, 1e-3 + 2e-3j, 0.3 + 1.7j, 1.0 + 0j, 0.05 + 6.0j])
def test_transforms_agree_with_direct_integration(s: float, w: complex) -> None:
    argument = np.array([w])
    if w:
        assert np.exp(log_full(s, argument)[0])[0] == pytest.approx(integral(s, w, -10.0), abs=1e-11)
    assert np.exp(-w) * upper(s, argument)[0][0] == pytest.approx(integral(s, w, 0.0), abs=1e-11)


@pytest.mark.parametrize("s", [0.2, 1.0, 2.0, 4.0])
def test_size_biased_transforms_are_the_derivatives(s: float) -> None:
    w = np.array([0.02 + 0.3j, 0.5 + 4.0j, 0.001 + 0.01j])
    step = 1e-5 * np.abs(w)
    for direction in (1.0, 1j):
        above, below = (np.exp(log_full(s, w + sign * direction * step)[0]) for sign in (1, -1))
        derivative = (above - below) / (2.0 * step * direction)
        np.testing.assert_allclose(np.exp(log_full(s, w)[1]), -derivative, rtol=1e-5, atol=1e-9)


def law(s_low: float, s_high: float, scale: float) -> Book:
    amounts = scale * np.exp([-Z95 * s_low, 0.0, Z95 * s_high])
    return Book.of(Portfolio(["x"], [[1.0] * 3], [[amounts]]))


def every_frequency(count: int) -> list[Place]:
    return [
        Place.first(),
        *(Place.frequencies(octave, count) for octave in range(octaves(count)) if FIRST << octave < count),
    ]


@pytest.mark.parametrize("s_low", [0.02, 0.3, 0.69, 0.72, 1.5, 3.0, 6.5])
@pytest.mark.parametrize("s_high", [0.02, 0.5, 0.9, 2.0, 6.5])
def test_interpolated_transforms_keep_their_stated_error(s_low: float, s_high: float) -> None:
    rng = np.random.default_rng(int(100 * s_low + s_high))
    only = np.array([0])
    for scale in (1e-5, 1e-3, 0.1, 1.5):
        spectrum = Spectrum(law(s_low, s_high, scale), 1.0)
        stated = ERROR_WIDE if max(s_low, s_high) > 5 else ERROR_SYMMETRIC if s_low == s_high else ERROR_KINKED
        assert spectrum.error.tolist() == [stated]
        chosen = np.unique(np.exp(rng.uniform(0.0, np.log(60_000), 150)).astype(int))
        logs = spectrum.log_year(60_000)
        found = np.concatenate([spectrum.events(only, place)[0] for place in every_frequency(60_000)])
        w = scale * (DAMPING + 2j * np.pi * chosen)
        direct = np.exp(log_full(s_low, w)[0]) + np.exp(-w) * (upper(s_high, w)[0] - upper(s_low, w)[0])
        assert np.abs(found[chosen] - direct).max() <= stated
        # One Poisson event a year: ln of the year is the transform less 1, however it is summed and interpolated.
        assert np.abs(logs[chosen] - (direct - 1.0)).max() <= stated + SUMMED + spectrum.negligible


@pytest.mark.parametrize(("n", "forms", "rate", "seed"), [(8, 3, 0.3, 1), (30, 2, 0.05, 2), (5, 3, 20.0, 3)])
def test_sums_over_few_places_are_those_over_every_frequency(n: int, forms: int, rate: float, seed: int) -> None:
    portfolio = random_portfolio(n, forms, seed, rate)
    book = Book.of(portfolio)
    period = 20.0 * float(book.means().sum())
    spectrum = Spectrum(book, period, slopes=True)
    rows, count = np.arange(n), 20_000
    logs = spectrum.log_year(count)
    weights = np.random.default_rng(seed).normal(size=(count, 2)) @ np.array([1.0, 1j]) / (1.0 + np.arange(count))
    by_amount, by_rate = spectrum.weighted(weights)
    expected, amounts, rates = np.empty(count, complex), np.zeros(n), np.zeros(n)
    for place in every_frequency(count):
        events, biased = spectrum.with_bias(rows, place)
        j = np.round(place.omega.imag / (2.0 * np.pi)).astype(int)
        slope, change = book.counts.sensitivity(events, rows)
        expected[j] = book.counts.log_generating(events).sum(axis=0)
        amounts -= ((slope * biased) @ weights[j]).real
        rates += (change @ weights[j]).real
    assert np.abs(logs - expected).max() <= spectrum.negligible + SUMMED * max(1.0, float(book.rate.sum()))
    np.testing.assert_allclose(by_amount, amounts, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(by_rate, rates, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("quantiles", [(1.0, 4.0, 9.0), (2.0, 2.0, 30.0), (0.1, 5.0, 5.0), (3.0, 3.0, 3.0)])
def test_moments_are_those_of_the_quantile_function(quantiles: tuple[float, float, float]) -> None:
    two_piece = TwoPieceLognormal.from_quantiles(np.array(quantiles))
    low, middle, high = quantiles
    for k in (1, 2):
        sides = [
            quad(lambda z, b=base, k=k: (middle * b ** (z / Z95)) ** k * norm.pdf(z), *ends, limit=200)[0]
            for base, ends in ((middle / low, (-9.0, 0.0)), (high / middle, (0.0, 16.0)))
        ]
        assert float(two_piece.moment(k)) == pytest.approx(sum(sides), rel=1e-8)
    for p, value in zip((0.05, 0.5, 0.95), quantiles, strict=True):
        assert float(two_piece.quantile(p)) == pytest.approx(value, rel=1e-12)
    if quantiles[0] < quantiles[1] < quantiles[2]:
        np.testing.assert_allclose(two_piece.cdf(np.array(quantiles)), [0.05, 0.5, 0.95], rtol=1e-12)


def test_a_side_without_spread_is_half_an_atom() -> None:
    two_piece = TwoPieceLognormal.from_quantiles(np.array([2.0, 2.0, 30.0]))
    assert float(two_piece.cdf(1.999)) == 0.0
    assert float(two_piece.cdf(2.0)) == 0.5
    sure = TwoPieceLognormal.from_quantiles(np.array([2.0, 2.0, 2.0]))
    assert [float(sure.cdf(x)) for x in (1.9, 2.0)] == [0.0, 1.0]
    assert float(sure.variance()) == 0.0
