"""From what is known of a weakness and of safeguards to rates: how often a year an attacker gets a foothold.

An interval is an array whose first axis is LOW, MID, HIGH. LOW and HIGH are those of the hazard: where a safeguard
works at its best the hazard is at its LOW.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from accord.engines.hazard.errors import HazardInputError, Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LOW, MID, HIGH = 0, 1, 2
DAYS_A_YEAR = 365.25
EPSS_DAYS = 30.0
"""EPSS is the probability of exploitation within 30 days (FIRST, Exploit Prediction Scoring System)."""
SCALE = (1e-5, 1.0 - 1e-5)
"""The least and the greatest score that FIRST publishes (five decimals)."""
MOST_UNKNOWN = 0.99
"""The greatest share that a safeguard is trusted with while nobody has stated it."""
ENOUGH = 30
"""So many known rates make a class of its own; with fewer the whole scale counts."""


def yearly_rate(probability: ArrayLike, days: float = EPSS_DAYS) -> Floats:
    """Rate a year r = −ln(1 − p) · 365.25 / days of a Poisson process with probability p of any event in `days`.

    probability: any shape, 0 ≤ p < 1, NaN = unknown (stays NaN). HazardInputError names the first that is neither.
    """
    found = np.asarray(probability, dtype=np.float64)
    wrong = ~((found >= 0) & (found < 1)) & ~np.isnan(found)
    if wrong.any():
        at = int(np.flatnonzero(wrong.ravel())[0])
        reason = f"{found.ravel()[at]:g} is no probability from 0 to less than 1"
        raise HazardInputError([Problem(f"row {at}", "probability", reason, "Give a share from 0 to less than 1")])
    rate: Floats = np.log1p(-found)
    rate *= -DAYS_A_YEAR / days
    return rate


def whole_range(days: float = EPSS_DAYS) -> Floats:
    """(LOW, MID, HIGH) rate a year of a weakness of which nothing is known: the whole scale of EPSS.

    The middle is that of the scale in logarithms. It is a mark on the scale, no estimate; the interval is what counts.
    """
    low, high = SCALE
    return yearly_rate([low, float(np.sqrt(low * high)), high], days)


def range_of_class(rates: ArrayLike, days: float = EPSS_DAYS) -> Floats:
    """(LOW, MID, HIGH) rate a year of a weakness without EPSS, from the known rates of its class.

    LOW and HIGH are the 5 % and 95 % quantiles, MID the mean (the rate of a Poisson process whose rate is drawn from
    the class), HIGH at least the mean. With fewer than ENOUGH known rates: the whole range.
    """
    known = np.asarray(rates, dtype=np.float64)
    known = known[~np.isnan(known)]
    if known.size < ENOUGH:
        return whole_range(days)
    low, high = np.quantile(known, [0.05, 0.95])
    mean = float(known.mean())
    return np.array([min(float(low), mean), mean, max(float(high), mean)])


def effectiveness(coverage: ArrayLike, capability: ArrayLike, reliability: ArrayLike) -> Floats:
    """Coverage × capability × reliability of safeguards at (low, middle, high); shape (3, n), shares 0–1.

    coverage: share of the footholds that meet the safeguard; capability: share of these that it stops when it works
    as intended; reliability: share of the time in which it does (FAIR-CAM: coverage, capability and reliability make
    the operational performance of a loss event control). NaN = unknown: it may be anything from 0 to MOST_UNKNOWN, and
    in the middle what is not stated stops nothing.
    """
    low, mid, high = np.ones((3, np.asarray(coverage).shape[-1]))
    problems: list[Problem] = []
    for name, given in (("coverage", coverage), ("capability", capability), ("reliability", reliability)):
        ends = np.asarray(given, dtype=np.float64)
        problems += _ordered_shares(ends, name)
        low, mid, high = low * np.nan_to_num(ends[0]), mid * np.nan_to_num(ends[1]), high * _or_most(ends[2])
    if problems:
        raise HazardInputError(problems)
    return np.stack([low, mid, high])


def _or_most(values: Floats) -> Floats:
    return np.where(np.isnan(values), MOST_UNKNOWN, values)


def _ordered_shares(ends: Floats, name: str) -> list[Problem]:
    """What is wrong with intervals of shares, shape (3, n)."""
    known = ~np.isnan(ends)
    bad = (known & ~((ends >= 0) & (ends <= 1))).any(axis=0)
    whole = known.all(axis=0)
    wrong_way = whole & ~((ends[0] <= ends[1]) & (ends[1] <= ends[2]))
    partly = known.any(axis=0) & ~whole
    found = [
        Problem(f"safeguard {at}", name, "A share must lie from 0 to 1", "Give shares from 0 to 1")
        for at in np.flatnonzero(bad)
    ]
    found += [
        Problem(f"safeguard {at}", name, "The interval is the wrong way round", "Order it: low, middle, high")
        for at in np.flatnonzero(wrong_way & ~bad)
    ]
    found += [
        Problem(f"safeguard {at}", name, "Of an interval all three ends are needed", "Give all three or none")
        for at in np.flatnonzero(partly & ~bad)
    ]  # fmt: skip
    return found


def left_by(systems: ArrayLike, effective: ArrayLike, number: int) -> Floats:
    """What safeguards leave of each system's hazard: Π (1 − effectiveness); shape (3, number).

    systems: (n,) the system that each safeguard covers, effective: (3, n) as of `effectiveness`. Safeguards on one
    system are independent of each other.
    """
    at = np.asarray(systems, dtype=np.intp)
    left = np.ones((3, number))
    for end, of in ((LOW, HIGH), (MID, MID), (HIGH, LOW)):
        np.multiply.at(left[end], at, 1.0 - np.asarray(effective, dtype=np.float64)[of])
    return left


def place_rates(place: ArrayLike, rate: ArrayLike, number: int, copies: ArrayLike | None = None) -> Floats:
    """Rate a year of a foothold on each place: the sum of the rates of its findings. Shape (number,) or (3, number).

    place: (n,) where each finding is, 0 … number − 1. rate: (n,) or (3, n). copies: (n,) how many findings of the
    same definition are on the same place; together they count once (None = each is alone).
    Rates add, as those of independent Poisson processes do: each is a way in of its own. That many ways compete for
    the same few attackers is left out, so the sum is an upper end where a place has very many findings; in exchange
    the prices of findings sum to the whole.
    """
    at = np.asarray(place, dtype=np.intp)
    rates = np.asarray(rate, dtype=np.float64)
    if copies is not None:
        rates = rates / np.asarray(copies, dtype=np.float64)
    if rates.ndim == 1:
        return np.bincount(at, rates, number).astype(np.float64, copy=False)
    return np.stack([np.bincount(at, of, number) for of in rates])


def copies_of(place: ArrayLike, definition: ArrayLike) -> NDArray[np.int64]:
    """How many findings have the same place and definition as each one; shape (n,)."""
    at, what = np.asarray(place, dtype=np.int64), np.asarray(definition, dtype=np.int64)
    if not at.size:
        return np.zeros(0, dtype=np.int64)
    _, which, numbers = np.unique(at * (int(what.max()) + 1) + what, return_inverse=True, return_counts=True)
    found: NDArray[np.int64] = numbers[which].astype(np.int64)
    return found


def as_interval(values: Sequence[float] | Any) -> Floats:
    """Three numbers, or one that counts for all three, as (LOW, MID, HIGH)."""
    found = np.asarray(values, dtype=np.float64)
    return np.repeat(found, 3) if found.ndim == 0 else found
