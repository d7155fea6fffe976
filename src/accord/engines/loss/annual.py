"""The distribution of a portfolio's loss in one year: exact figures with bounds, checked in every run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accord.engines.loss.allocation import tail_contributions
from accord.engines.loss.errors import AccuracyError
from accord.engines.loss.inversion import REACH, Tail, cutoff, invert
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.severity import TwoPieceLognormal
from accord.engines.loss.spectrum import DAMPING, Book, Spectrum

Floats = NDArray[np.floating[Any]]

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.995)
CURVE_END = 1e-4
"""The exceedance curve ends at the loss of one year in ten thousand."""
WORK_LIMIT = 6e7
"""Forms of loss times frequencies; beyond it the grid stays coarser and the result says so."""


@dataclass(frozen=True, slots=True)
class LossResult:
    """One year's loss. Money in the unit of the portfolio; every bound is proven, every estimate lies within it.

    mean, sd            closed form
    no_loss             P(no event in the year), closed form
    levels              (L,) probabilities
    var, tvar           (L, 3) lower bound, estimate, upper bound of VaR and TVaR at each level
    curve               (k, 4) amount, P(loss > amount): estimate, lower bound, upper bound; amounts log-spaced
    scenario_mean       (n,) expected annual loss of each scenario, sums to the mean
    allocation_level    the level of scenario_tail
    scenario_tail       (n,) part of each scenario in TVaR at that level, sums to the estimate of TVaR
    resolution          (upper - lower) / estimate of VaR at target_level; 0 where VaR is 0
    target_met          whether that is within the width asked for
    """

    keys: tuple[str, ...]
    mean: float
    sd: float
    no_loss: float
    levels: Floats
    var: Floats
    tvar: Floats
    curve: Floats
    scenario_mean: Floats
    allocation_level: float
    scenario_tail: Floats
    target_level: float
    resolution: float
    target_met: bool
    frequencies: int
    _tails: tuple[Tail, ...] = field(repr=False, compare=False)

    def exceedance(self, amounts: ArrayLike) -> Floats:
        """P(loss > amount): (k, 3) lower bound, estimate, upper bound, for amounts (k,) >= 0.

        Beyond the amounts that were computed the estimate is NaN between the bounds 0 and the last one known.
        """
        x = np.atleast_1d(np.asarray(amounts, float))
        found = np.zeros((x.size, 3))
        if not self._tails:
            return found
        found[:, 1:] = np.nan, 1.0
        for tail in reversed(self._tails):
            end = tail.reach - tail.width - tail.step
            reached = x <= end
            found[~reached, 2] = np.minimum(found[~reached, 2], tail.exceedance(np.array([end]))[2])
            found[reached] = np.stack(tail.exceedance(x[reached]), axis=1)
        return found

    def at(self, level: float) -> int:
        """The row of `levels` that holds this level; KeyError if it was not asked for."""
        rows = np.flatnonzero(np.isclose(self.levels, level, rtol=0, atol=1e-12))
        if not rows.size:
            raise KeyError(f"level {level} was not computed; computed are {self.levels.tolist()}")
        return int(rows[0])


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
        return _nothing(portfolio, levels, target_level, allocation_level, curve_points)
    check_transform(book, mean, sd)
    no_loss = float(np.exp(book.log_no_loss()))
    # Where a year with any loss is rarer than the target level, the grid is fitted to the years with one.
    aim = target_level if target_level > no_loss else 1.0 - 0.01 * (1.0 - no_loss)
    top = max([level for level in wanted if level > no_loss] + [aim])
    far_end = min(CURVE_END, 1.0 - top, 0.01 * (1.0 - no_loss))
    far = locate(book, far_end)
    check_grid(far, mean, sd)
    spectrum, main = _refine(book, far, aim, top, target_width)
    var = np.array([main.quantile(level) for level in levels]).reshape(-1, 3)
    tvar = np.array([_tail_mean(main, level, mean) for level in levels]).reshape(-1, 3)
    lower, middle, upper = main.quantile(aim)
    resolution = float((upper - lower) / middle) if aim == target_level else 0.0
    parts = np.zeros(len(portfolio))
    threshold = main.quantile(allocation_level)[1]
    whole = _tail_mean(main, allocation_level, mean)[1]
    parts[book.rows] = tail_contributions(spectrum, allocation_level, threshold, whole)
    end = far.quantile(1.0 - far_end)[1]
    amounts = np.geomspace(max(end / 3000.0, min(4.0 * main.width, end / 10.0)), end, curve_points)
    result = LossResult(
        keys=portfolio.keys,
        mean=mean,
        sd=sd,
        no_loss=no_loss,
        levels=np.array(levels, float),
        var=var,
        tvar=tvar,
        curve=np.zeros((0, 4)),
        scenario_mean=means,
        allocation_level=allocation_level,
        scenario_tail=parts,
        target_level=target_level,
        resolution=resolution,
        target_met=resolution <= target_width,
        frequencies=main.frequencies,
        _tails=(main, far),
    )
    curve = result.exceedance(amounts)
    object.__setattr__(result, "curve", np.column_stack([amounts, curve[:, 1], curve[:, 0], curve[:, 2]]))
    return result


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


def _refine(book: Book, far: Tail, aim: float, top: float, target_width: float) -> tuple[Spectrum, Tail]:
    """The grid fitted to VaR at `aim` and reaching VaR at `top`, narrowed until the bounds are close enough."""
    rough = far if far.quantile(aim)[1] > 8.0 * far.width else locate(book, 1.0 - aim)
    scale = rough.quantile(aim)[1]
    furthest = max(tail.quantile(top)[1] + tail.width for tail in (rough, far))
    spectrum = Spectrum(book, 1.06 * furthest / REACH)
    width, accuracy = 0.75 * target_width * scale, (1.0 - top) * target_width * 1e-3
    while True:
        count, _, _ = cutoff(spectrum, width, accuracy)
        limited = count * book.owner.size > WORK_LIMIT
        if limited:
            width *= count * book.owner.size / WORK_LIMIT
        main = invert(spectrum, width, accuracy)
        lower, middle, upper = main.quantile(aim)
        if limited or upper - lower <= target_width * middle or width < 0.2 * target_width * scale:
            return spectrum, main
        width *= 0.6


def _tail_mean(tail: Tail, level: float, mean: float) -> tuple[float, float, float]:
    if tail.no_loss >= level:
        whole = mean / (1.0 - level)
        return whole, whole, whole
    return tail.tail_mean(level)


def _first_guess(book: Book, beyond: float) -> float:
    """The mean plus the amount that single forms of loss exceed with `beyond` in all: one big jump (money)."""
    law, rate = book.law, book.rate[book.owner]
    low, high = np.log(law.median.min()) - 20.0, np.log(law.median.max()) + 60.0
    for _ in range(60):
        middle = (low + high) / 2.0
        exceeded = float(rate @ (1.0 - law.cdf(float(np.exp(middle)))))
        low, high = (middle, high) if exceeded > beyond else (low, middle)
    return float(np.exp(high)) + float(rate @ law.mean())


def check_transform(book: Book, mean: float, sd: float) -> None:
    """AccuracyError unless m s - E[S^2] s^2 / 2 <= 1 - E exp(-sS) <= m s at a small s, m in closed form."""
    square = sd * sd + mean * mean
    s = 1e-3 * mean / square
    forms = Spectrum(book, DAMPING / s).damped
    missing = -np.expm1(float(book.log_generating(book.events(forms[:, None])).sum()))
    rounding = 1e-12 * float(book.rate[book.owner].sum())
    if not mean * s - square * s * s / 2.0 - rounding <= missing <= mean * s + rounding:
        raise AccuracyError(f"the transform says a mean of {missing / s:g}, the closed form {mean:g}")


def check_grid(tail: Tail, mean: float, sd: float) -> None:
    """AccuracyError unless the area under the tail is the mean, up to what can lie beyond the reach.

    E(S - x)+ <= (sqrt(var + (x - m)^2) - (x - m)) / 2 (Scarf 1958).
    """
    smooth_mean = mean + (1.0 - tail.no_loss) * tail.width / 2.0
    area = float(np.trapezoid(tail.tail, dx=tail.step))
    away = tail.reach - smooth_mean
    spread = sd * sd + tail.width**2
    most = (np.sqrt(spread + away * away) - away) / 2.0
    slack = 1e-4 * smooth_mean + float(tail.error[-1] + tail.alias) * tail.reach
    beyond = float(tail.excess[-1])
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
    portfolio: Portfolio, levels: tuple[float, ...], target: float, allocation_level: float, points: int
) -> LossResult:
    zeros = np.zeros((len(levels), 3))
    nobody = np.zeros(len(portfolio))
    return LossResult(
        portfolio.keys, 0.0, 0.0, 1.0, np.array(levels, float), zeros, zeros.copy(), np.zeros((points, 4)), nobody,
        allocation_level, nobody.copy(), target, 0.0, True, 0, (),
    )  # fmt: skip


__all__ = ["LEVELS", "LossResult", "TwoPieceLognormal", "annual_loss", "expected_loss"]
