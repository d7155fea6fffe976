"""The place of a finding among all: its class, then its price or what it has at stake, then its score."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from accord.engines.priority.classes import Urgency
from accord.engines.priority.policies import MOST_BITS, Policy, classes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

STAKES = 10_000
LEVELS = 2 * STAKES
"""Places inside a class: the upper half for priced findings, the lower half for the others."""
_CHEAPEST, _DEAREST = 1e-2, 1e10
"""Prices beyond these (money a year) are ordered as these."""
SCORES = 101
PUBLISHED = Policy()


@dataclass(frozen=True, slots=True)
class Assessment:
    """For each finding: the mildest and the most urgent class that is possible, and its place (lower = sooner)."""

    best: NDArray[np.uint8]
    worst: NDArray[np.uint8]
    rank: NDArray[np.int32]


def assess(
    known_exploited: ArrayLike,
    exposed: ArrayLike,
    possible: ArrayLike,
    epss: ArrayLike,
    goal_weight: ArrayLike,
    score: ArrayLike,
    price: ArrayLike | None = None,
    policy: Policy = PUBLISHED,
) -> Assessment:
    """Class and place of many findings at once, by a policy (default: the table of BOD 26-04).

    `known_exploited`, `exposed`: 1 yes, 0 no, -1 unknown. `possible`: bits of `with_points`. `epss` (0–1),
    `goal_weight` (0–1), `score` (CVSS, 0–10) and `price` (money a year, ≥ 0) are NaN where unknown. ValueError where
    one is out of its range.
    """
    import numpy as np

    known = np.asarray(known_exploited, dtype=np.int8)
    open_ = np.asarray(exposed, dtype=np.int8)
    bits = np.asarray(possible, dtype=np.uint8)
    chance, weight = _share(epss, "epss"), _share(goal_weight, "goal_weight")
    points = np.asarray(score, dtype=np.float64)
    if np.any(points < 0) or np.any(points > 10):
        raise ValueError("score must be from 0 to 10")
    cost = np.full(points.shape, np.nan) if price is None else np.asarray(price, dtype=np.float64)
    if np.any(cost < 0):
        raise ValueError("a price must not be negative")
    if np.any(np.abs(known) > 1) or np.any(np.abs(open_) > 1) or np.any(bits > MOST_BITS):
        raise ValueError("answers are -1, 0 or 1; possible answers are seven bits")
    best, worst = classes_of(policy, known, open_, bits, weight, points, cost)
    stake = np.nan_to_num(weight) * np.where(known == 1, 1.0, np.nan_to_num(chance))
    depth = 1 + np.log10(np.maximum(stake, 1e-8)) / 8  # 0 … 1 over eight decades
    priced = np.log10(np.clip(np.nan_to_num(cost), _CHEAPEST, _DEAREST) / _CHEAPEST) / log10(_DEAREST / _CHEAPEST)
    levels = np.where(np.isnan(cost), 0, STAKES) + np.rint((STAKES - 1) * np.where(np.isnan(cost), depth, priced))
    tenths = np.rint(np.nan_to_num(points) * 10).astype(np.int32)
    rank = (worst.astype(np.int32) * len(Urgency) + best) * LEVELS + (LEVELS - 1 - levels.astype(np.int32))
    return Assessment(best, worst, (rank * SCORES + (SCORES - 1 - tenths)).astype(np.int32))


def first_rank(worst: int) -> int:
    """The lowest rank that a finding of this worst class can have: class c holds first_rank(c) … first_rank(c+1)−1."""
    return worst * len(Urgency) * LEVELS * SCORES


def repriced(rank: int, price: float | None, stake: float) -> int:
    """The place once the price is another one. `stake`: goal weight × probability, what orders without a price."""
    rest, score = divmod(rank, SCORES)
    return (rest - rest % LEVELS + LEVELS - 1 - level(price, stake)) * SCORES + score


def level(price: float | None, stake: float) -> int:
    """The place inside a class, higher = sooner."""
    if price is None:
        return round((STAKES - 1) * (1 + log10(max(stake, 1e-8)) / 8))
    part = log10(min(max(price, _CHEAPEST), _DEAREST) / _CHEAPEST) / log10(_DEAREST / _CHEAPEST)
    return STAKES + round((STAKES - 1) * part)


def _share(values: ArrayLike, name: str) -> NDArray[np.float64]:
    import numpy as np

    found = np.asarray(values, dtype=np.float64)
    if np.any(found < 0) or np.any(found > 1 + 1e-9):
        raise ValueError(f"{name} must be a share from 0 to 1")
    return found
