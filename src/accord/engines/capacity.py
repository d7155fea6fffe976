"""How much of what is open gets closed in a month, with its interval, and what that makes of the backlog.

A month's share = closed ÷ (open at its start + opened in it). The interval of one month is that of a binomial share
with Jeffreys' prior, Beta(closed + ½, rest + ½) (Brown, Cai and DasGupta, "Interval Estimation for a Binomial
Proportion", Statistical Science 16, 2001). Findings are closed in batches, so that months differ by more than a
binomial says; the interval over several months is therefore a bootstrap of whole months (Efron, "Bootstrap Methods",
Annals of Statistics 7, 1979): months are drawn with replacement and their shares pooled. The forecast draws whole
months too, with what came in and the share that went.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.90
DRAWS = 4000
FEWEST = 3
"""Months without which nothing is said about the future."""
SEED = 20_261_125


@dataclass(frozen=True)
class Share:
    """A share 0–1 with its interval at `LEVEL`; all None where nothing was open."""

    value: float | None
    low: float | None
    high: float | None


UNKNOWN = Share(None, None, None)


def month(closed: int, open_before: int, opened: int) -> Share:
    """The share closed in one month, with the Beta interval of Jeffreys; its ends are 0 and 1 where it is."""
    at_risk = open_before + opened
    if at_risk <= 0:
        return UNKNOWN
    from scipy.stats import beta  # type: ignore[import-untyped]

    done = min(closed, at_risk)
    tail = (1 - LEVEL) / 2
    low = 0.0 if done == 0 else float(beta.ppf(tail, done + 0.5, at_risk - done + 0.5))
    high = 1.0 if done == at_risk else float(beta.ppf(1 - tail, done + 0.5, at_risk - done + 0.5))
    return Share(done / at_risk, low, high)


def pooled(closed: NDArray[np.int64], at_risk: NDArray[np.int64]) -> Share:
    """The share closed over months, Σ closed ÷ Σ at risk, with a bootstrap interval over whole months."""
    keep = at_risk > 0
    closed, at_risk = np.minimum(closed[keep], at_risk[keep]), at_risk[keep]
    if not at_risk.size:
        return UNKNOWN
    value = float(closed.sum() / at_risk.sum())
    if at_risk.size < FEWEST:
        return Share(value, None, None)
    draw = np.random.default_rng(SEED).integers(0, at_risk.size, (DRAWS, at_risk.size))
    shares = closed[draw].sum(axis=1) / at_risk[draw].sum(axis=1)
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Share(value, float(low), float(high))


def forecast(
    now: int, opened: NDArray[np.int64], closed: NDArray[np.int64], at_risk: NDArray[np.int64], months: int
) -> NDArray[np.float64] | None:
    """(months, 3) open findings at the end of the coming months: low, median, high at `LEVEL`.

    Each draw goes month by month: what is open and comes in, less the share that goes, both of one past month drawn at
    random. None where fewer than `FEWEST` months are known.
    """
    keep = at_risk > 0
    if keep.sum() < FEWEST:
        return None
    share = np.minimum(closed[keep] / at_risk[keep], 1.0)
    came = opened[keep].astype(np.float64)
    draw = np.random.default_rng(SEED).integers(0, len(share), (months, DRAWS))
    left = np.full(DRAWS, float(now))
    found = np.empty((months, 3))
    for n in range(months):
        left = (left + came[draw[n]]) * (1 - share[draw[n]])
        found[n] = np.quantile(left, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return found
