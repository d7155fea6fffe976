"""Plays ways of choosing what is urgent against what turned out to be exploited.

A way of choosing marks findings (or CVEs) as urgent by what was known before their exploitation was. Four measures, as
in the literature on exploit prediction (Jacobs et al., "Exploit Prediction Scoring System", 2021):

* effort: how many are urgent, and per month where the time of their appearance is known;
* coverage: of those that were exploited later, the share that was urgent before it was known (recall);
* efficiency: of those that were urgent, the share that was exploited later (precision);
* days exposed: mean days between the moment when exploitation was known and the fix, if each is fixed at its deadline:
  so many days after it appeared, or so many after its exploitation was known, whichever comes first.

What was known to be exploited before it appeared is no test of a forecast, and left out. Shares have Wilson's interval
(Wilson 1927) at 95 %, monthly counts the exact Poisson interval (Garwood 1936), means Student's.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054
MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval from `cases`; None = no case to tell from."""

    value: float | None
    low: float | None
    high: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class Played:
    """What a way of choosing would have done. `per_month` and `days` have no value where times are unknown."""

    name: str
    judged: int
    exploited: int
    urgent: int
    hits: int
    coverage: Estimate
    efficiency: Estimate
    per_month: Estimate
    days: Estimate


def play(
    name: str,
    urgent: ArrayLike,
    exploited: ArrayLike,
    seen: ArrayLike | None = None,
    within: ArrayLike | None = None,
    after: float = 3.0,
    until: float | None = None,
) -> Played:
    """One way of choosing, against what happened.

    urgent: whether each was chosen before its exploitation was known. exploited: the day on which it became known,
    NaN = never. seen: the day on which each appeared; without it, effort per month and days exposed are not told.
    within: days from its appearance to its fix by its class, NaN = no deadline. after: days to the fix once its
    exploitation is known.
    until: the last day of the history (default: the last day in it). ValueError where lengths differ.
    """
    import numpy as np

    chosen = np.asarray(urgent, dtype=bool)
    known = np.asarray(exploited, dtype=np.float64)
    if chosen.shape != known.shape or chosen.ndim != 1:
        raise ValueError("urgent and exploited must be of one length")
    begun = None if seen is None else np.asarray(seen, dtype=np.float64)
    if begun is not None and begun.shape != known.shape:
        raise ValueError("seen must be as long as the others")
    judged = np.ones(known.shape, bool) if begun is None else ~(known <= begun)
    became = judged & ~np.isnan(known)
    picked = judged & chosen
    hits = int(np.sum(picked & became))
    return Played(
        name, int(judged.sum()), int(became.sum()), int(picked.sum()), hits,
        share(hits, int(became.sum())), share(hits, int(picked.sum())),
        _per_month(picked, begun, until), _days(became, known, begun, within, after),
    )  # fmt: skip


def share(hits: int, cases: int) -> Estimate:
    """A share with Wilson's interval."""
    if cases == 0:
        return Estimate(None, None, None, 0)
    p, n = hits / cases, cases
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return Estimate(p, max(middle - half, 0.0), min(middle + half, 1.0), cases)


def _per_month(picked: NDArray[np.bool_], seen: NDArray[np.float64] | None, until: float | None) -> Estimate:
    from scipy.stats import chi2  # type: ignore[import-untyped]

    number = int(picked.sum())
    if seen is None or not seen.size:
        return Estimate(None, None, None, number)
    last = float(seen.max()) if until is None else until
    months = max((last - float(seen.min())) / MONTH, 1.0)
    low = 0.0 if number == 0 else float(chi2.ppf(0.025, 2 * number)) / 2
    high = float(chi2.ppf(0.975, 2 * number + 2)) / 2
    return Estimate(number / months, low / months, high / months, number)


def _days(
    became: NDArray[np.bool_], known: NDArray[np.float64], seen: NDArray[np.float64] | None, within: ArrayLike | None,
    after: float,
) -> Estimate:  # fmt: skip
    import numpy as np
    from scipy.stats import t

    number = int(became.sum())
    if seen is None or within is None or number == 0:
        return Estimate(None, None, None, number)
    due = np.fmin(seen + np.asarray(within, dtype=np.float64), known + after)
    waits = np.maximum(due - known, 0.0)[became]
    mean = float(waits.mean())
    if number < 2:
        return Estimate(mean, None, None, number)
    half = float(t.ppf(0.975, number - 1)) * float(waits.std(ddof=1)) / sqrt(number)
    return Estimate(mean, max(mean - half, 0.0), mean + half, number)


def top(values: ArrayLike, number: int) -> NDArray[np.bool_]:
    """The `number` with the highest values; of equal ones the first, and never one whose value is unknown (NaN)."""
    import numpy as np

    given = np.asarray(values, dtype=np.float64)
    order = np.argsort(-np.where(np.isnan(given), -np.inf, given), kind="stable")[: max(number, 0)]
    found = np.zeros(given.shape, bool)
    found[order] = True
    return found & ~np.isnan(given)
