"""How good a forecaster is: hit rate of ranges, pinball loss, Brier score, CRPS, and how much wider ranges should be.

All scores are negatively oriented (0 is perfect) and proper: nobody can lower the expected score by stating anything
but what they believe (Gneiting, Raftery: Strictly proper scoring rules, prediction, and estimation. JASA 102, 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv  # type: ignore[import-untyped]
from scipy.stats import binom  # type: ignore[import-untyped]

from accord.engines.loss.errors import LossInputError, Problem

Floats = NDArray[np.floating[Any]]
Verdict = Literal["overconfident", "underconfident", "in line", "too few answers"]

RANGE_LEVEL = 0.9
"""The probability that a stated range is meant to hold the truth with: from the 5 % to the 95 % quantile."""
_SURE = 0.95
"""The posterior probability from which on somebody is called over- or underconfident."""


@dataclass(frozen=True, slots=True)
class HitRate:
    """How often something happened: share = hits / count, with a 90 % interval [low, high]; all NaN if count is 0."""

    hits: int
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RangeCalibration:
    """What a forecaster's ranges are worth.

    rate            how many ranges held the truth
    below, above    how many truths lay below and above their range
    verdict         by the posterior of the true hit rate against the level that the ranges were meant for
    widening        factor on both half-widths that would have made the ranges hold at that level; NaN if unknown
    widening_low, widening_high    90 % interval of that factor without assumption on its law; NaN or inf if the answers
                    are too few to bound it
    """

    rate: HitRate
    below: int
    above: int
    verdict: Verdict
    widening: float
    widening_low: float
    widening_high: float


@dataclass(frozen=True, slots=True)
class ConfidenceCalibration:
    """What a forecaster's yes/no answers are worth.

    right             how many answers were right
    brier             mean Brier score of the stated probabilities; 0.25 is what "50 %" to everything earns
    mean_confidence   the mean probability given to one's own answer, 0.5 to 1
    verdict           by the posterior of the true share of right answers against the mean confidence
    """

    right: HitRate
    brier: float
    mean_confidence: float
    verdict: Verdict


def hit_rate(hits: int, count: int, level: float = 0.9) -> HitRate:
    """The share with its central `level` interval by Jeffreys' prior Beta(1/2, 1/2).

    At 0 hits the interval begins at 0 and at `count` hits it ends at 1 (Brown, Cai, DasGupta: Interval estimation for a
    binomial proportion. Statistical Science 16, 2001).
    """
    if not 0 <= hits <= count:
        raise ValueError(f"{hits} hits of {count}")
    if count == 0:
        return HitRate(0, 0, float("nan"), float("nan"), float("nan"))
    a, b, outside = hits + 0.5, count - hits + 0.5, (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(a, b, outside))
    high = 1.0 if hits == count else float(betaincinv(a, b, 1.0 - outside))
    return HitRate(hits, count, hits / count, low, high)


def wilson(hits: int, count: int, level: float = 0.9) -> tuple[float, float]:
    """Wilson's interval of a share (JASA 22, 1927): a check of `hit_rate` that needs no prior; count > 0."""
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2.0))
    share, z2 = hits / count, z * z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = z / (1 + z2 / count) * float(np.sqrt(share * (1 - share) / count + z2 / (4 * count * count)))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def pinball(probability: ArrayLike, quantile: ArrayLike, truth: ArrayLike) -> Floats:
    """The pinball loss of a stated quantile, in the unit of the truth, broadcast over arrays.

    (p - 1{truth < q}) (truth - q): its expectation is least where q is the p quantile (Koenker, Bassett 1978).
    """
    p, q, y = (np.asarray(v, float) for v in (probability, quantile, truth))
    loss: Floats = np.where(y < q, (p - 1.0) * (y - q), p * (y - q))
    return loss


def interval_score(low: ArrayLike, high: ArrayLike, truth: ArrayLike, level: float = RANGE_LEVEL) -> Floats:
    """Width of the range plus 2/alpha times the distance by which it missed, alpha = 1 - level.

    2/alpha times the sum of the pinball losses of both ends (Gneiting, Raftery 2007, section 6.2).
    """
    low, high, y = (np.asarray(v, float) for v in (low, high, truth))
    alpha = 1.0 - level
    score: Floats = high - low + 2.0 / alpha * (np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0))
    return score


def brier(probability: ArrayLike, happened: ArrayLike) -> Floats:
    """The Brier score (p - 1{happened})^2 of each stated probability, 0 to 1 (Brier 1950).

    ValueError where a probability is not between 0 and 1.
    """
    p, truth = np.asarray(probability, float), np.asarray(happened, bool)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a probability is between 0 and 1")
    score: Floats = (p - truth) ** 2
    return score


def crps_curve(amounts: ArrayLike, exceedance: ArrayLike, truth: float) -> float:
    """CRPS = integral of (F(x) - 1{x >= truth})^2 dx for a distribution given by a curve, in the unit of the amounts.

    amounts     (k,) ascending; exceedance (k,) P(Y > amount), not ascending
    F is linear between the amounts. Probability below the first amount is taken to lie at it, probability above the
    last amount at the last one: give a curve that starts at the smallest possible amount (0 for a year's loss) and
    ends where the rest does not matter. Exact for that F. LossInputError for a curve that is no distribution.
    """
    x, beyond = np.asarray(amounts, float), np.asarray(exceedance, float)
    problem = _curve_problem(x, beyond, truth)
    if problem:
        raise LossInputError([problem])
    cdf = 1.0 - beyond
    inside = float(np.clip(truth, x[0], x[-1]))
    first, end = np.searchsorted(x, inside, "left"), np.searchsorted(x, inside, "right")
    met = first < end
    at = float(np.interp(inside, x, cdf))
    left_f = np.append(cdf[:first], cdf[first] if met else at)
    right_f = np.append(cdf[end - 1] if met else at, cdf[end:])
    left_x, right_x = np.append(x[:first], inside), np.append(inside, x[end:])
    return _square_area(left_x, left_f) + _square_area(right_x, 1.0 - right_f) + abs(truth - inside)


def crps_quantiles(probabilities: ArrayLike, quantiles: ArrayLike, truth: float) -> float:
    """CRPS of a forecast given by quantiles (k,) at ascending probabilities (k,), in the unit of the quantiles.

    The distribution is linear between the quantiles, with what lies outside of the first and the last at these (so a
    5/50/95 forecast has an atom of 5 % at both ends). Exact for that distribution.
    """
    p, q = np.asarray(probabilities, float), np.asarray(quantiles, float)
    if p.shape != q.shape or p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all() or (np.diff(p) <= 0).any():
        reason = "the probabilities are not ascending numbers between 0 and 1, one per quantile"
        raise LossInputError([Problem("(all)", "probabilities", reason, "Order them upward, one per quantile")])
    return crps_curve(q, 1.0 - p, truth)


def crps_draws(draws: ArrayLike, truth: float) -> float:
    """CRPS of the empirical distribution of draws (k,): E|Y - truth| - E|Y - Y'| / 2, exact, in their unit."""
    y = np.sort(np.asarray(draws, float))
    if y.ndim != 1 or not y.size or not np.isfinite(y).all():
        raise LossInputError([Problem("(all)", "draws", "no finite draws", "Give at least one number")])
    weights = 2.0 * np.arange(1, y.size + 1) - y.size - 1.0
    return float(np.abs(y - truth).mean() - weights @ y / y.size**2)


def range_calibration(
    low: ArrayLike,
    high: ArrayLike,
    truth: ArrayLike,
    *,
    middle: ArrayLike | None = None,
    logarithmic: ArrayLike = False,
    level: float = RANGE_LEVEL,
) -> RangeCalibration:
    """The calibration of n ranges (n,) meant to hold the truth (n,) with probability `level`.

    middle       (n,) the point from which a range is widened; its centre where None
    logarithmic  (n,) or one: widen on the logarithmic scale (amounts and rates over orders of magnitude; all positive)
    The widening factor of one answer is what its half-width would have had to be multiplied by to just hold the truth;
    the suggested one is the ceil((n + 1) level)-th smallest of them, which holds at `level` for the next question where
    questions are exchangeable (split conformal prediction: Vovk, Gammerman, Shafer 2005; Romano, Patterson, Candes
    2019). It is NaN where n is too small for that rank. LossInputError for ranges that are the wrong way round.
    """
    low, high, truth = (np.atleast_1d(np.asarray(v, float)) for v in (low, high, truth))
    logs = np.broadcast_to(np.asarray(logarithmic, bool), low.shape)
    _check_ranges(low, high, truth, logs)
    below, above = int((truth < low).sum()), int((truth > high).sum())
    rate = hit_rate(low.size - below - above, low.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        lo, hi, y = (np.where(logs, np.log(np.where(logs, v, 1.0)), v) for v in (low, high, truth))
        if middle is None:
            mid = (lo + hi) / 2.0
        else:
            given = np.atleast_1d(np.asarray(middle, float))
            mid = np.where(logs, np.log(np.where(logs, given, 1.0)), given)
        half = np.where(y < mid, mid - lo, hi - mid)
        off = np.abs(y - mid)
        needed = np.sort(np.where(off == 0, 0.0, np.where(half > 0, off / half, np.inf)))
    widening, least, most = _conformal(needed, level)
    return RangeCalibration(rate, below, above, _verdict(rate, level), widening, least, most)


def confidence_calibration(probability: ArrayLike, happened: ArrayLike) -> ConfidenceCalibration:
    """The calibration of n probabilities (n,) of yes against what was true (n,).

    The answer is yes from 0.5 up; the confidence is the probability given to the answer. Probabilities between
    people's answers may differ, so the verdict compares the share of right answers with their mean (a mean of unlike
    probabilities has a smaller variance than a binomial of that mean, so the verdict is a little slow to blame).
    """
    p, truth = np.atleast_1d(np.asarray(probability, float)), np.atleast_1d(np.asarray(happened, bool))
    scores = brier(p, truth)
    if not p.size:
        return ConfidenceCalibration(hit_rate(0, 0), float("nan"), float("nan"), "too few answers")
    right = int(((p >= 0.5) == truth).sum())
    confidence = float(np.maximum(p, 1.0 - p).mean())
    rate = hit_rate(right, p.size)
    return ConfidenceCalibration(rate, float(scores.mean()), confidence, _verdict(rate, confidence))


def _verdict(rate: HitRate, meant: float) -> Verdict:
    """Against the posterior Beta(hits + 1/2, misses + 1/2) of the true rate; too few where no outcome could tell."""
    if rate.count < 5:
        return "too few answers"
    under = float(betainc(rate.hits + 0.5, rate.count - rate.hits + 0.5, min(meant, 1.0)))
    if under >= _SURE:
        return "overconfident"
    return "underconfident" if 1.0 - under >= _SURE else "in line"


def _conformal(needed: Floats, level: float) -> tuple[float, float, float]:
    """The suggested factor and the 90 % interval of the level quantile of `needed` (ascending) by order statistics."""
    n = needed.size
    rank = int(np.ceil((n + 1) * level - 1e-9))
    if n == 0 or rank > n:
        return float("nan"), float("nan"), float("nan")
    lowest = int(binom.ppf(0.05, n, level))
    highest = int(binom.ppf(0.95, n, level)) + 1
    low = float(needed[lowest - 1]) if lowest >= 1 else 0.0
    high = float(needed[highest - 1]) if highest <= n else float("inf")
    return float(needed[rank - 1]), low, high


def _square_area(x: Floats, f: Floats) -> float:
    """The integral of f^2 for f linear between the points."""
    a, b = f[:-1], f[1:]
    return float((np.diff(x) * (a * a + a * b + b * b)).sum() / 3.0)


def _curve_problem(x: Floats, beyond: Floats, truth: float) -> Problem | None:
    if x.ndim != 1 or x.shape != beyond.shape or not x.size:
        return Problem("(all)", "curve", f"shapes {x.shape} and {beyond.shape}", "Give one probability per amount")
    if not (np.isfinite(x).all() and np.isfinite(beyond).all() and np.isfinite(truth)):
        return Problem("(all)", "curve", "holds a number that is unknown or infinite", "Leave unknown points out")
    if (np.diff(x) < 0).any():
        return Problem("(all)", "amounts", "are not ascending", "Order the amounts upward")
    if (np.diff(beyond) > 1e-12).any() or beyond.min() < 0 or beyond.max() > 1:
        reason = "are no probabilities that fall from 1 to 0"
        return Problem("(all)", "exceedance", reason, "Give P(Y > amount) for each amount")
    return None


def _check_ranges(low: Floats, high: Floats, truth: Floats, logs: NDArray[np.bool_]) -> None:
    if not low.shape == high.shape == truth.shape or low.ndim != 1:
        reason = f"shapes {low.shape}, {high.shape} and {truth.shape}"
        raise LossInputError([Problem("(all)", "ranges", reason, "Give one low, high and truth per question")])
    problems = []
    for i in range(low.size):
        if not (np.isfinite(low[i]) and np.isfinite(high[i]) and np.isfinite(truth[i])):
            problems.append(Problem(f"row {i + 1}", "range", "a number is unknown", "Leave unanswered questions out"))
        elif low[i] > high[i]:
            reason = f"from {low[i]:g} to {high[i]:g} is the wrong way round"
            problems.append(Problem(f"row {i + 1}", "range", reason, "Give the smaller number first"))
        elif logs[i] and min(low[i], truth[i]) <= 0:
            reason = "a number of 0 or less has no logarithm"
            problems.append(Problem(f"row {i + 1}", "range", reason, "Score this question on the plain scale"))
    if problems:
        raise LossInputError(problems)


__all__ = [
    "RANGE_LEVEL",
    "ConfidenceCalibration",
    "HitRate",
    "RangeCalibration",
    "Verdict",
    "brier",
    "confidence_calibration",
    "crps_curve",
    "crps_draws",
    "crps_quantiles",
    "hit_rate",
    "interval_score",
    "pinball",
    "range_calibration",
    "wilson",
]
