"""The distribution of a portfolio's loss in one year: exact figures with bounds, checked in every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.allocation import tail_contributions
from accord.engines.loss.book import Book
from accord.engines.loss.errors import AccuracyError
from accord.engines.loss.inversion import REACH, Tail, cutoff, invert
from accord.engines.loss.places import DAMPING
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.result import LossResult, Tails
from accord.engines.loss.spectrum import NEGLIGIBLE, Spectrum

Floats = NDArray[np.floating[Any]]

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.995)
CURVE_END = 1e-4
"""The exceedance curve ends at the loss of one year in ten thousand."""
WORK_LIMIT = 6e7
"""Forms of loss times frequencies; beyond it the grid stays coarser and the result says so."""
_WIDTH = 0.93
"""Of the width asked for, what the smoothing takes; the rest is for errors."""


def annual_loss(
    portfolio: Portfolio,
    levels: tuple[float, ...] = LEVELS,
    *,
    target_level: float = 0.99,
    target_width: float = 1e-4,
    allocation_level: float = 0.99,
    curve_points: int = 200,
) -> LossResult:
    """The annual loss of independent scenarios, each a mixed Poisson number of events of independent forms of loss.

    levels            probabilities in (0, 1) at which VaR and TVaR are told
    target_width      the grid is refined until VaR at target_level is known to this relative width
    allocation_level  the level at which TVaR is divided among the scenarios
    AccuracyError if the distribution contradicts its closed-form moments. Method: docs/methods.md, "Loss".
    """
    wanted = sorted({*levels, target_level, allocation_level})
    if not all(0.0 < level < 1.0 for level in wanted):
        raise ValueError(f"levels are probabilities between 0 and 1, not {levels}")
    book = Book.of(portfolio)
    means, variances = portfolio.annual_moments()
    mean, sd = float(means.sum()), float(np.sqrt(variances.sum()))
    if not book.rate.size:
        return _nothing(portfolio.keys, levels, target_level, allocation_level, curve_points)
    check_transform(book, mean, sd)
    no_loss = float(np.exp(book.log_no_loss()))
    # Where a year with any loss is rarer than the target level, the grid is fitted to the years with one.
    aim = target_level if target_level > no_loss else 1.0 - 0.01 * (1.0 - no_loss)
    top = max([level for level in wanted if level > no_loss] + [aim])
    far_end = min(CURVE_END, 1.0 - top, 0.01 * (1.0 - no_loss))
    far = locate(book, far_end)
    check_grid(far, mean, sd)
    spectrum, main, bounds = _refine(book, far, aim, top, target_width)
    tails = Tails(main, far)
    asked = np.array([*levels, allocation_level], float)
    var = main.quantiles(asked)
    tvar = tails.tail_means(asked, mean)
    lower, middle, upper = bounds
    resolution = float((upper - lower) / middle) if aim == target_level else 0.0
    parts, gradient = np.zeros(means.size), np.zeros(means.size)
    parts[book.rows], gradient[book.rows] = tail_contributions(spectrum, main, allocation_level, float(tvar[-1, 1]))
    return LossResult(
        keys=portfolio.keys,
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
        frequencies=main.frequencies,
        _tails=tails,
    )


def locate(book: Book, beyond: float) -> Tail:
    """A coarse tail (a thousandth of its period wide) whose reach holds the amount exceeded with `beyond`."""
    period = 1.3 * _first_guess(book, beyond) / REACH
    for _ in range(80):
        tail = invert(Spectrum(book, period), period / 1000.0, beyond * 1e-3)
        _, middle, upper = tail.quantile(1.0 - beyond)
        if not np.isfinite(upper):
            period *= 4.0
        elif middle < 8.0 * tail.width:
            period = 2.0 * max(upper, tail.width) / REACH
        else:
            return tail
    raise AccuracyError(f"no amount was found that is exceeded with probability {beyond:g}")


def _refine(
    book: Book, far: Tail, aim: float, top: float, target_width: float
) -> tuple[Spectrum, Tail, tuple[float, float, float]]:
    """The grid fitted to VaR at `aim` and reaching VaR at `top`, narrowed until the bounds are close enough."""
    rough = far if far.quantile(aim)[1] > 8.0 * far.width else locate(book, 1.0 - aim)
    scale = rough.quantile(aim)[1]
    furthest = max(tail.quantile(top)[1] + tail.width for tail in (rough, far))
    accuracy = (1.0 - top) * target_width * 5e-3
    spectrum = Spectrum(book, 1.06 * furthest / REACH, max(NEGLIGIBLE, accuracy * 2e-3), slopes=True)
    width = _WIDTH * target_width * scale
    beyond = float(far.exceedance(np.array([min(spectrum.period - width, far.reach) - far.width - far.step]))[2][0])
    while True:
        count, _, _ = cutoff(spectrum, width, accuracy)
        limited = count * book.owner.size > WORK_LIMIT
        if limited:
            width *= count * book.owner.size / WORK_LIMIT
        main = invert(spectrum, width, accuracy, 2, beyond)
        lower, middle, upper = main.quantile(aim)
        if limited or upper - lower <= target_width * middle or width < 0.2 * target_width * scale:
            return spectrum, main, (lower, middle, upper)
        width *= 0.8


def _first_guess(book: Book, beyond: float) -> float:
    """The mean plus the amount that single forms of loss exceed with `beyond` in all: one big jump (money)."""
    low, high = book.log_range()
    rate = book.rate[book.owner] * book.chance
    for _ in range(60):
        if high - low < 0.1:
            break
        middle = (low + high) / 2.0
        exceeded = float(rate @ book.survival(float(np.exp(middle))))
        low, high = (middle, high) if exceeded > beyond else (low, middle)
    return float(np.exp(high)) + float(book.means().sum())


def check_transform(book: Book, mean: float, sd: float) -> None:
    """AccuracyError unless m s - E[S^2] s^2 / 2 <= 1 - E exp(-sS) <= m s at a small s, m in closed form."""
    square = sd * sd + mean * mean
    s = 1e-3 * mean / square
    events = Spectrum(book, DAMPING / s).zero().real
    missing = -np.expm1(float(book.counts.log_generating(events).sum()))
    rounding = 1e-12 * float(book.rate[book.owner].sum())
    if not mean * s - square * s * s / 2.0 - rounding <= missing <= mean * s + rounding:
        raise AccuracyError(f"the transform says a mean of {missing / s:g}, the closed form {mean:g}")


def check_grid(tail: Tail, mean: float, sd: float) -> None:
    """AccuracyError unless the area under the tail is the mean, up to what can lie beyond the reach.

    E(S - x)+ <= (sqrt(var + (x - m)^2) - (x - m)) / 2 (Scarf 1958).
    """
    some = 1.0 - tail.no_loss
    smooth_mean = mean + some * tail.shift
    before = -tail.step * np.arange(int(np.ceil(tail.width / 2.0 / tail.step)), -1, -1.0)
    below_0 = float(np.trapezoid(some - tail.tail_at(before), dx=tail.step))
    area = float(np.trapezoid(tail.tail, dx=tail.step)) - below_0
    away = tail.reach - smooth_mean
    spread = sd * sd + tail.width**2
    most = (np.sqrt(spread + away * away) - away) / 2.0
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


__all__ = ["LEVELS", "LossResult", "annual_loss", "expected_loss"]
