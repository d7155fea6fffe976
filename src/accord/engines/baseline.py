"""What a source of events usually sends, learned from its own past by hour of week; and when it is too quiet. Pure.

    past = baseline.learn(hour, cell, events)
    low, mid, high = past.expected(cell_now)
    after = past.silent_after(cells_to_come)

Three things are learned of whole hours. `cell` is the hour of the week, 0–167, in the zone by which people work.

* How many events: the centre of a cell is a weighted median of log(1 + events) over its own weeks, the same hour of
  the same kind of day (working day or weekend), and all hours, so that a few weeks suffice and one odd week does
  little. The interval is split-conformal: its ends are order statistics of what past hours were off a centre learned
  without them (Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005, section 4.1; Lei and others, JASA
  113, 2018, section 2.2). While hours are exchangeable, an hour falls below with a probability of at most `alpha`,
  whatever their distribution; where there are too few hours for that, there is no interval.
* How long it is quiet: an empty hour is as surprising as −log P(empty) of its cell, in nats. A silence is the sum over
  its whole empty hours. It is told when the sum is above `LEAST` and above any that the past has seen; while silences
  are exchangeable, one that means nothing is longer than n of the past with a probability of at most 1 / (n + 1).
* What is unusual of a share or a delay: one-sided, by the same order statistics.

Nothing is concluded from little: with fewer than `FEWEST` silences between events no time of silence is given. How
often it is wrong and how late it is: docs/methods-detection.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

CELLS = 168
DAY = 24
ALPHA = 1 / 300
"""How often an hour may fall outside on one side though nothing changed; asks for 299 hours, 12½ days."""
LEAST = math.log(10_000)
"""A silence that is told is by the past's own rate no likelier than 1 in 10,000: a week has up to 167 silences."""
FEWEST = 20
TIMES = 2.0
"""Much less is half of what is expected or below, much more is twice or above; else a small change is told often."""
OF_DAY, OF_ALL = 2.0, 0.5
"""Weight of the same hour of such days, and of all hours, against 1 for each week's own hour."""
QUIET_OF_DAY, QUIET_OF_ALL = 4.0, 4.0
ROUGHEST = 0.05


@dataclass(frozen=True, slots=True)
class Past:
    """What was learned. centre, spread: (168,) of log(1 + events); quiet: (168,) probability of an empty hour.

    below, above: what an hour may be off its centre, in spreads; NaN where too little is known. threshold: nats of a
    silence that is told, NaN where too little is known. hours: how many were learned from; gaps: silences.
    """

    centre: Floats
    spread: Floats
    quiet: Floats
    below: float
    above: float
    threshold: float
    hours: int
    gaps: int

    def expected(self, cell: int) -> tuple[float, float, float] | None:
        """Events in an hour of this cell: least, middle, most. None where it is not yet known."""
        if math.isnan(self.below):
            return None
        at = float(self.centre[cell])
        ends = (at + self.below * float(self.spread[cell]), at, at + self.above * float(self.spread[cell]))
        return tuple(max(math.expm1(end), 0.0) for end in ends)  # type: ignore[return-value]

    def silent_after(self, cells: ArrayLike) -> float | None:
        """Hours from the end of the hour of the last event until the silence is told; None: not within `cells`.

        cells: of the hours that follow the hour of the last event. Within an hour the surprise grows evenly.
        """
        if math.isnan(self.threshold):
            return None
        surprise = -np.log(self.quiet[np.asarray(cells, dtype=np.int64)])
        total = np.cumsum(surprise)
        at = int(np.searchsorted(total, self.threshold, side="right"))
        if at >= len(total):
            return None
        before = float(total[at - 1]) if at else 0.0
        return at + (self.threshold - before) / float(surprise[at])


def learn(hour: ArrayLike, cell: ArrayLike, events: ArrayLike, alpha: float = ALPHA) -> Past:
    """Learn from whole hours. hour: (n,) number of each hour, rising; cell: (n,) 0–167; events: (n,), empty ones as 0.

    Hours that say nothing of the source (it was known to be silent) are left out by the caller: a silence across a
    left-out hour is not counted. So are those after its last event: the silence in progress is not yet its past.
    """
    when, cells, counts = (np.asarray(a, dtype=np.int64) for a in (hour, cell, events))
    if not (when.shape == cells.shape == counts.shape) or np.any(np.diff(when) <= 0):
        raise ValueError("hours rise, and each has a cell and a number of events")
    if len(cells) and (cells.min() < 0 or cells.max() >= CELLS or counts.min() < 0):
        raise ValueError("cells are 0 to 167 and events are not negative")
    value = np.log1p(counts.astype(np.float64))
    centre, without = _centres(cells, value)
    noise = 1.0 / (np.expm1(without) + 1.0)
    off = value - without
    rough = _rough(off, noise)
    scaled = np.sort(off / np.sqrt(noise + rough))
    place = math.floor((len(scaled) + 1) * alpha)
    below, above = (float(scaled[place - 1]), float(scaled[-place])) if place >= 1 else (math.nan, math.nan)
    quiet = _quiet(cells, counts == 0)
    threshold, gaps = _threshold(when, cells, counts == 0, quiet)
    spread = np.sqrt(1.0 / (np.expm1(centre) + 1.0) + rough)
    return Past(centre, spread, quiet, below, above, threshold, len(when), gaps)


def compare(past: Past, cells: ArrayLike, events: ArrayLike) -> str:
    """ "less", "more", "usual" or "unknown": the last hours (newest last) against the past.

    Something is less or more when every one of these hours is, both against its interval and by `TIMES`. Two hours in
    a row are asked for by Accord.
    """
    found: set[str] = set()
    for cell, got in zip(np.asarray(cells).tolist(), np.asarray(events).tolist(), strict=True):
        told = past.expected(int(cell))
        if told is None:
            return "unknown"
        low, mid, high = told
        if got < low and (got + 1) * TIMES <= mid + 1:
            found.add("less")
        elif got > high and got + 1 >= (mid + 1) * TIMES:
            found.add("more")
        else:
            found.add("usual")
    return found.pop() if len(found) == 1 else "usual" if found else "unknown"


def unusual(past: ArrayLike, now: float, least: float, alpha: float = ALPHA) -> tuple[float | None, str]:
    """The median of past hours, and "more", "usual" or "unknown" for this hour's share or delay.

    past: (n,) one figure for each past hour, NaN where it had none. More: above all but `alpha` of the past, at least
    `TIMES` its median, and at least `least` above it.
    """
    held = np.asarray(past, dtype=np.float64)
    held = np.sort(held[~np.isnan(held)])
    mid = float(np.median(held)) if len(held) else None
    place = math.floor((len(held) + 1) * alpha)
    if mid is None or place < 1:
        return mid, "unknown"
    more = now > held[-place] and now >= mid * TIMES and now - mid >= least
    return mid, "more" if more else "usual"


def _kind(cells: Whole) -> Whole:
    """The same hour of a working day (0–23) or of the weekend (24–47); the week begins on Monday."""
    return cells % DAY + np.where(cells >= 5 * DAY, DAY, 0)


def _centres(cells: Whole, value: Floats) -> tuple[Floats, Floats]:
    """(168,) the weighted median of each cell, and (n,) that of each hour's cell when it is left out."""
    order = np.argsort(value, kind="stable")
    ranked, of, kinds = value[order], cells[order], _kind(cells)[order]
    centre, without = np.zeros(CELLS), np.zeros(len(value))
    if not len(value):
        return centre, without
    own_kinds = _kind(np.arange(CELLS))
    alike = np.bincount(kinds, minlength=2 * DAY)
    for cell in range(CELLS):
        kind = own_kinds[cell]
        weight = np.full(len(ranked), OF_ALL / len(ranked))
        if alike[kind]:
            weight[kinds == kind] += OF_DAY / alike[kind]
        mine = np.flatnonzero(of == cell)
        weight[mine] += 1.0
        centre[cell] = _median(ranked, weight[None, :])[0]
        if len(mine):
            left = np.repeat(weight[None, :], len(mine), axis=0)
            left[np.arange(len(mine)), mine] = 0.0
            without[order[mine]] = _median(ranked, left)
    return centre, without


def _median(ranked: Floats, weight: Floats) -> Floats:
    """Weighted medians: (m,) for weights (m, n) of values that rise; the middle of two where halves weigh alike."""
    total = np.cumsum(weight, axis=1)
    half = total[:, -1:] / 2
    lower = np.minimum((total < half * (1 - 1e-12)).sum(axis=1), len(ranked) - 1)
    upper = np.minimum((total <= half * (1 + 1e-12)).sum(axis=1), len(ranked) - 1)
    found: Floats = (ranked[lower] + ranked[upper]) / 2
    return found


def _rough(off: Floats, noise: Floats) -> float:
    """The variance beyond that of counting, by the median of squares; at least `ROUGHEST` squared."""
    if not len(off):
        return ROUGHEST**2
    squares = float(np.median(off**2)) / 0.4549364231195724  # the median of chi-squared with one degree
    return max(squares - float(np.median(noise)), ROUGHEST**2)


def _quiet(cells: Whole, empty: Bools) -> Floats:
    """(168,) probability of an empty hour: own weeks, shrunk to the same hour of such days, and that to all hours."""
    everything = (float(empty.sum()) + 0.5) / (len(empty) + 1)
    kinds = _kind(cells)
    number = np.bincount(kinds, minlength=2 * DAY)
    of_day = (np.bincount(kinds, empty, 2 * DAY) + QUIET_OF_ALL * everything) / (number + QUIET_OF_ALL)
    own = np.bincount(cells, minlength=CELLS)
    prior = of_day[_kind(np.arange(CELLS))]
    found: Floats = (np.bincount(cells, empty, CELLS) + QUIET_OF_DAY * prior) / (own + QUIET_OF_DAY)
    return found


def _threshold(when: Whole, cells: Whole, empty: Bools, quiet: Floats) -> tuple[float, int]:
    """Nats of a silence that is told, NaN where too little is known; and the number of silences of the past.

    A silence stands between an hour with events and the next one; most are of no hour at all. Each of its empty hours
    is weighed by what its cell says without it.
    """
    own = np.bincount(cells, minlength=CELLS)
    number = own[cells] + QUIET_OF_DAY
    left_out = np.maximum((quiet[cells] * number - 1.0) / (number - 1.0), 1e-12)
    weighed = np.where(empty, -np.log(left_out), 0.0)
    total = np.concatenate([[0.0], np.cumsum(weighed)])
    busy = np.flatnonzero(~empty)
    if len(busy) < 2:
        return math.nan, 0
    whole = when[busy[1:]] - when[busy[:-1]] == np.diff(busy)
    sums = (total[busy[1:]] - total[busy[:-1] + 1])[whole]
    if len(sums) < FEWEST:
        return math.nan, len(sums)
    return max(LEAST, float(sums.max())), len(sums)
