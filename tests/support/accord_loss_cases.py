"""Portfolios for the tests of the loss engine, and two independent computations to hold it against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss import Portfolio

Z95 = 1.6448536269514722


def lognormal(rate: float, mu: float, sigma: float) -> Portfolio:
    """Compound Poisson with a certain rate and one lognormal form of loss."""
    amounts = np.exp(mu + sigma * np.array([-Z95, 0.0, Z95]))
    return Portfolio(["only"], [[rate] * 3], [[amounts]])


def constant(rate: tuple[float, float, float], amount: float) -> Portfolio:
    return Portfolio(["only"], [rate], [[[amount] * 3]])


def random_portfolio(n: int, forms: int, seed: int, rate: float = 0.3) -> Portfolio:
    """Uncertain rates, lopsided intervals, some forms absent, some amounts certain."""
    rng = np.random.default_rng(seed)
    middle = rate * np.exp(rng.normal(0.0, 1.0, n))
    frequency = np.stack(
        [middle * np.exp(-rng.uniform(0.2, 1.5, n)), middle, middle * np.exp(rng.uniform(0.2, 1.5, n))]
    )
    amount = np.exp(rng.normal(11.0, 1.2, (n, forms)))
    low, high = amount * np.exp(-rng.uniform(0.3, 2.5, (n, forms))), amount * np.exp(rng.uniform(0.3, 2.5, (n, forms)))
    certain = rng.random((n, forms)) < 0.1
    magnitude = np.stack([np.where(certain, amount, low), amount, np.where(certain, amount, high)], axis=2)
    absent = rng.random((n, forms)) < 0.3
    absent[:, 0] = False
    magnitude[absent] = np.nan
    return Portfolio([f"S{i}" for i in range(n)], frequency.T, magnitude)


def simulate(portfolio: Portfolio, years: int, seed: int) -> NDArray[np.float64]:
    """Annual losses (n, years), drawn event by event; the rate is gamma with the interval's mean and variance."""
    rng = np.random.default_rng(seed)
    losses = np.zeros((len(portfolio), years))
    for i in range(len(portfolio)):
        low, middle, high = portfolio.frequency[i]
        draws = _draw(rng, low, middle, high, 400_000)
        mean, variance = draws.mean(), draws.var()
        rate = np.full(years, middle) if low == high else rng.gamma(mean**2 / variance, variance / mean, years)
        year = np.repeat(np.arange(years), rng.poisson(rate * portfolio.frequency_factor[i]))
        for form in portfolio.magnitude[i]:
            if not np.isnan(form).any():
                amounts = _draw(rng, *form, year.size) * portfolio.magnitude_factor[i]
                losses[i] += np.bincount(year, amounts, years)
    return losses


def _draw(rng: np.random.Generator, low: float, middle: float, high: float, size: int) -> NDArray[np.float64]:
    z = rng.standard_normal(size)
    return np.where(z < 0, middle * (middle / low) ** (z / Z95), middle * (high / middle) ** (z / Z95))


def lattice_bounds(rate: float, mu: float, sigma: float, step: float, size: int, p: float) -> tuple[float, float]:
    """Rigorous bounds of the p quantile of compound Poisson-lognormal: amounts rounded down and up to a lattice."""
    from scipy.stats import lognorm

    grid = np.arange(size + 1) * step
    mass = np.diff(lognorm.cdf(grid, sigma, scale=np.exp(mu)))
    tilt = np.exp(-20.0 / size * np.arange(size))
    bounds = []
    for rounded in (mass, np.concatenate([[0.0], mass[:-1]])):
        transform = np.fft.rfft(rounded * tilt)
        law = np.fft.irfft(np.exp(rate * (transform - 1.0)), size) / tilt
        bounds.append(float(np.argmax(np.cumsum(law) >= p)) * step)
    return bounds[0], bounds[1]
