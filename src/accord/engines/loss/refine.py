"""Which period, smoothing and lattice a run needs: from a first guess to bounds as close as asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.book import Book
from accord.engines.loss.errors import AccuracyError
from accord.engines.loss.inversion import REACH, Tail, cutoff, invert
from accord.engines.loss.lattice import Cells, LatticeForms, Rounding
from accord.engines.loss.result import Bracket
from accord.engines.loss.spectrum import NEGLIGIBLE, Spectrum

Floats = NDArray[np.floating[Any]]
Three = tuple[float, float, float]

WORK_LIMIT = 6e7
"""Forms of loss times frequencies; beyond it the grid stays coarser and the result says so."""
CELL_LIMIT = 1 << 24
"""Cells of all forms on a lattice together; beyond it the lattice stays coarser and the result says so."""
CHECK_CELLS = COARSE_CELLS = 1 << 15
_FIRST_CELLS = 1 << 17
_WIDTH = 0.91
"""Of the width asked for, what the smoothing takes; the rest is for errors."""
_WIDTH_ON_LATTICE = 0.5


def locate(book: Book, beyond: float) -> Tail:
    """A coarse tail (a thousandth of its period wide) whose reach holds the amount exceeded with `beyond`."""
    period = 1.3 * _first_guess(book, beyond) / REACH
    for _ in range(80):
        lattice = _lattice(book.cells(period, COARSE_CELLS), Rounding.MIDDLE)
        tail = invert(Spectrum(book, period, lattice=lattice), period / 1000.0, beyond * 1e-3)
        _, middle, upper = tail.quantile(1.0 - beyond)
        if not np.isfinite(upper):
            period *= 4.0
        elif middle < 8.0 * tail.width:
            period = 2.0 * max(upper, tail.width) / REACH
        else:
            return tail
    raise AccuracyError(f"no amount was found that is exceeded with probability {beyond:g}")


def coarse(book: Book, located: Tail, beyond: float) -> Bracket:
    """The located tail with its bounds."""
    cells = book.cells(located.period, COARSE_CELLS)
    if cells is None:
        return Bracket(located, located, located)
    down, up = (
        invert(Spectrum(book, located.period, lattice=LatticeForms(cells, rounding)), located.width, beyond * 1e-3)
        for rounding in (Rounding.DOWN, Rounding.UP)
    )
    return Bracket(down, located, up)


def refine(book: Book, far: Bracket, aim: float, top: float, target_width: float) -> tuple[Spectrum, Bracket, Three]:
    """The grid fitted to VaR at `aim` and reaching VaR at `top`, narrowed until the bounds are close enough.

    Returns the spectrum of the estimate, the tails, and VaR at `aim` with its bounds.
    """
    near = far.middle
    rough = near if near.quantile(aim)[1] > 8.0 * near.width else locate(book, 1.0 - aim)
    scale = rough.quantile(aim)[1]
    furthest = max(tail.quantile(top)[1] + tail.width for tail in (rough, near))
    accuracy = (1.0 - top) * target_width * 5e-3
    period = 1.06 * furthest / REACH
    negligible = max(NEGLIGIBLE, accuracy * 2e-3)
    size = _FIRST_CELLS
    width = (_WIDTH_ON_LATTICE if book.others else _WIDTH) * target_width * scale
    while True:
        cells = book.cells(period, size, slopes=True)
        spectrum = Spectrum(book, period, negligible, slopes=True, lattice=_lattice(cells, Rounding.MIDDLE))
        count, _, _ = cutoff(spectrum, width, accuracy)
        limited = count * book.owner.size > WORK_LIMIT
        if limited:
            width *= count * book.owner.size / WORK_LIMIT
        known = min(period - width, far.middle.reach) - far.middle.width - far.middle.step
        beyond = float(far.exceedance(np.array([known]))[0, 2])
        middle = invert(spectrum, width, accuracy, 2, beyond)
        bracket = Bracket(middle, middle, middle)
        if cells is not None:
            down, up = (
                invert(Spectrum(book, period, negligible, lattice=LatticeForms(cells, way)), width, accuracy, 2, beyond)
                for way in (Rounding.DOWN, Rounding.UP)
            )
            bracket = Bracket(down, middle, up)
        low, mid, high = (float(value) for value in bracket.quantiles(np.array([aim]))[0])
        if high - low <= target_width * mid:
            return spectrum, bracket, (low, mid, high)
        if cells is not None:
            larger = _cells_needed(size, high - low - width, 0.45 * target_width * mid, len(book.others))
            if larger == size:
                return spectrum, bracket, (low, mid, high)
            size = larger
            continue
        if limited or width < 0.2 * target_width * scale:
            return spectrum, bracket, (low, mid, high)
        width *= 0.8


def _cells_needed(size: int, gap: float, wanted: float, forms: int) -> int:
    """Cells that bring the gap between rounding down and up to what is wanted, as far as the limit allows."""
    most = 1 << int(np.log2(CELL_LIMIT / forms))
    if not np.isfinite(gap):
        return min(4 * size, max(most, size))
    needed = 1 << int(np.ceil(np.log2(size * max(gap / wanted, 1.0))))
    return max(size, min(max(needed, 2 * size), most))


def _lattice(cells: Cells | None, rounding: Rounding) -> LatticeForms | None:
    return None if cells is None else LatticeForms(cells, rounding)


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
