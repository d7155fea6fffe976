"""The distribution of a portfolio's loss in one year: exact figures with bounds, checked in every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.allocation import tail_contributions
from accord.engines.loss.book import Book
from accord.engines.loss.errors import AccuracyError
from accord.engines.loss.inversion import Tail
from accord.engines.loss.lattice import LatticeForms, Rounding
from accord.engines.loss.places import DAMPING
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.refine import CHECK_CELLS, coarse, locate, refine
from accord.engines.loss.result import LossResult, Tails
from accord.engines.loss.scenario import Scenario, check
from accord.engines.loss.spectrum import Spectrum

Floats = NDArray[np.floating[Any]]

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.995)
CURVE_END = 1e-4
"""The exceedance curve ends at the loss of one year in ten thousand."""


def annual_loss(
    portfolio: Portfolio | Sequence[Scenario],
    levels: tuple[float, ...] = LEVELS,
    *,
    target_level: float = 0.99,
    target_width: float = 1e-4,
    allocation_level: float = 0.99,
    curve_points: int = 200,
) -> LossResult:
    """The annual loss of independent scenarios, each a random number of events of independent forms of loss.

    portfolio         arrays of two-piece lognormal laws (Portfolio), or scenarios of any laws
    levels            probabilities in (0, 1) at which VaR and TVaR are told
    target_width      the grid is refined until VaR at target_level is known to this relative width
    allocation_level  the level at which TVaR is divided among the scenarios
    LossInputError for scenarios that cannot be computed; AccuracyError if the distribution contradicts its closed-form
    moments. Method: docs/methods.md, "Loss".
    """
    wanted = sorted({*levels, target_level, allocation_level})
    if not all(0.0 < level < 1.0 for level in wanted):
        raise ValueError(f"levels are probabilities between 0 and 1, not {levels}")
    keys, means, variances = _moments(portfolio)
    mean, sd = float(means.sum()), float(np.sqrt(variances.sum()))
    book = Book.of(portfolio)
    if not book.rate.size:
        return _nothing(keys, levels, target_level, allocation_level, curve_points)
    no_loss = float(np.exp(book.log_no_loss()))
    # Where a year with any loss is rarer than the target level, the grid is fitted to the years with one.
    aim = target_level if target_level > no_loss else 1.0 - 0.01 * (1.0 - no_loss)
    top = max([level for level in wanted if level > no_loss] + [aim])
    far_end = min(CURVE_END, 1.0 - top, 0.01 * (1.0 - no_loss))
    located = locate(book, far_end)
    check_transform(book, mean, sd, located.period)
    check_grid(located, mean, sd)
    far = coarse(book, located, far_end)
    spectrum, main, bounds = refine(book, far, aim, top, target_width)
    tails = Tails(main, far)
    asked = np.array([*levels, allocation_level], float)
    var, tvar = main.quantiles(asked), tails.tail_means(asked, mean)
    lower, middle, upper = bounds
    resolution = float((upper - lower) / middle) if aim == target_level else 0.0
    parts, gradient = np.zeros(means.size), np.zeros(means.size)
    parts[book.rows], gradient[book.rows] = tail_contributions(
        spectrum, main.middle, allocation_level, float(tvar[-1, 1])
    )
    return LossResult(
        keys=keys,
        mean=mean,
        sd=sd,
        no_loss=no_loss,
        levels=np.array(levels, float),
        var=var[:-1],
        tvar=tvar[:-1],
        curve=tails.curve(far_end, curve_points),
        scenario_mean=means,
        allocation_level=allocation_level,
        scenario_tail=parts,
        rate_gradient=gradient,
        target_level=target_level,
        resolution=resolution,
        target_met=resolution <= target_width,
        frequencies=main.middle.frequencies,
        _tails=tails,
    )


def _moments(portfolio: Portfolio | Sequence[Scenario]) -> tuple[tuple[str, ...], Floats, Floats]:
    """Keys, and mean and variance of each scenario's annual loss, in closed form."""
    if isinstance(portfolio, Portfolio):
        return portfolio.keys, *portfolio.annual_moments()
    check(portfolio)
    keys = tuple(scenario.key for scenario in portfolio)
    means = np.array([scenario.mean() for scenario in portfolio], float)
    return keys, means, np.array([scenario.variance() for scenario in portfolio], float)


def check_transform(book: Book, mean: float, sd: float, period: float | None = None) -> None:
    """AccuracyError unless m s - E[S^2] s^2 / 2 <= 1 - E exp(-sS) <= m s at a small s, m in closed form.

    Where the variance is infinite only the right side is left, at the s of `period`.
    """
    square = sd * sd + mean * mean
    s = 1e-3 * mean / square if np.isfinite(square) else DAMPING / (1e3 * (period or mean))
    missing = {}
    cells = book.cells(DAMPING / s, CHECK_CELLS)
    for rounding in (Rounding.DOWN, Rounding.UP):
        lattice = None if cells is None else LatticeForms(cells, rounding)
        events = Spectrum(book, DAMPING / s, lattice=lattice).zero().real
        missing[rounding] = -np.expm1(float(book.counts.log_generating(events).sum()))
        if cells is None:
            missing[Rounding.UP] = missing[rounding]
            break
    rounding_error = 1e-12 * float(book.rate[book.owner].sum())
    least = mean * s - square * s * s / 2.0 if np.isfinite(square) else 0.0
    if not (least - rounding_error <= missing[Rounding.UP] and missing[Rounding.DOWN] <= mean * s + rounding_error):
        raise AccuracyError(f"the transform says a mean of {missing[Rounding.UP] / s:g}, the closed form {mean:g}")


def check_grid(tail: Tail, mean: float, sd: float) -> None:
    """AccuracyError unless the area under the tail is the mean, up to what can lie beyond the reach.

    E(S - x)+ <= (sqrt(var + (x - m)^2) - (x - m)) / 2 (Scarf 1958); at the most m where the variance is infinite.
    """
    some = 1.0 - tail.no_loss
    smooth_mean = mean + tail.added + some * tail.shift
    before = -tail.step * np.arange(int(np.ceil(tail.width / 2.0 / tail.step)), -1, -1.0)
    below_0 = float(np.trapezoid(some - tail.tail_at(before), dx=tail.step))
    area = float(np.trapezoid(tail.tail, dx=tail.step)) - below_0
    away = tail.reach - smooth_mean
    spread = sd * sd + tail.width**2
    most = float((np.sqrt(spread + away * away) - away) / 2.0) if np.isfinite(sd) else smooth_mean
    slack = 1e-4 * smooth_mean + float(tail.error(tail.reach) + tail.alias) * tail.reach
    beyond = float(tail.excess_at(np.array([tail.reach]))[0])
    if not (-slack <= smooth_mean - area <= most + slack and abs(smooth_mean - area - beyond) <= slack):
        raise AccuracyError(f"the grid gives a mean of {area + beyond:g}, the closed form {smooth_mean:g}")


def expected_loss(
    portfolio: Portfolio, frequency_factor: ArrayLike | None = None, magnitude_factor: ArrayLike | None = None
) -> Floats:
    """Expected annual loss of each scenario under many factor vectors, in closed form (money).

    Factors (..., n) multiply the portfolio's own; the result is (..., n) and sums to the portfolio's mean. Raises
    ValueError for a factor that is not a number of at least 0.
    """
    means, _ = portfolio.annual_moments()
    result = means
    for factor in (frequency_factor, magnitude_factor):
        if factor is not None:
            values = np.asarray(factor, float)
            if not (np.isfinite(values) & (values >= 0)).all():
                raise ValueError("a factor is a number of at least 0")
            result = result * values
    return result


def _nothing(
    keys: Sequence[str], levels: tuple[float, ...], target: float, allocation_level: float, points: int
) -> LossResult:
    zeros = np.zeros((len(levels), 3))
    nobody = np.zeros(len(keys))
    return LossResult(
        tuple(keys), 0.0, 0.0, 1.0, np.array(levels, float), zeros, zeros.copy(), np.zeros((points, 4)), nobody,
        allocation_level, nobody.copy(), nobody.copy(), target, 0.0, True, 0, None,
    )  # fmt: skip


__all__ = ["LEVELS", "LossResult", "annual_loss", "expected_loss", "locate"]
