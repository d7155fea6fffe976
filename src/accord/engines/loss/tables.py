"""Tables of the lognormal's transform, shared by every run of the process.

With w = t exp(i angle) / s the functions ln F(s, w) + w and U(s, w) of `laplace` are smooth in s and in ln t down to
s = 0 (from s = SHIFTED on ln F alone, which is smaller there). They are kept along a few rays (one angle each) on a
grid that is even in ln(s + OFFSET) and in ln t, and read by local polynomials of high degree (Lagrange). The functions
are analytic, so that a polynomial along a ray also holds a little beside it: that is how the line of an inversion,
whose angle changes, is read from few rays. Cells are computed when first asked for, by direct integration; the tests
hold the whole to the stated error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.laplace import log_full, log_full_shifted, upper

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[Any]
Complexes = NDArray[np.complexfloating[Any, Any]]
Rows = NDArray[np.intp]

STEP = math.log(2.0) / 16.0
"""Between two columns, in ln t."""
TAPS = 14
"""Columns that one value is read from."""
SHIFTED = 1.0
"""Below this s the table of F holds ln F + w, from there on ln F."""
_ROW_TAPS = 12
_ROW_STEP = 0.04
_OFFSET = 0.12
_SMALLEST = 1e-3
_LARGEST = 9.2
_ROWS = 1 + math.ceil((math.log(_LARGEST + _OFFSET) - math.log(_SMALLEST + _OFFSET)) / _ROW_STEP)
_FIRST, _LAST = -34.0, 24.0
_BLOCK = 64
_CHUNK = 1 << 15
_COLUMNS = _BLOCK * math.ceil((_LAST - _FIRST) / STEP / _BLOCK)


def lagrange(x: Numbers, taps: int) -> Numbers:
    """Weights (taps, ...) by which values at 0, 1, .. taps - 1 give the interpolating polynomial at x (...)."""
    away = [x - k for k in range(taps)]
    weights = np.empty((taps, *np.shape(x)), np.result_type(x, float))
    weights[0] = 1.0
    for k in range(1, taps):
        weights[k] = weights[k - 1] * away[k - 1]
    right = np.ones_like(weights[0])
    for k in range(taps - 1, -1, -1):
        weights[k] *= right * _denominators(taps)[k]
        right = right * away[k]
    return weights


def slopes(x: Numbers, taps: int) -> Numbers:
    """Weights (taps, ...) by which values at 0, 1, .. taps - 1 give the derivative of that polynomial at x (...)."""
    left: Numbers = np.ones((taps, *np.shape(x)), np.result_type(x, float))
    left_slope = np.ones_like(left)
    left_slope[0] = 0.0
    for k in range(1, taps):
        left[k] = left[k - 1] * (x - k + 1)
        left_slope[k] = left_slope[k - 1] * (x - k + 1) + left[k - 1]
    right, right_slope = np.ones_like(left[0]), np.zeros_like(left[0])
    for k in range(taps - 1, -1, -1):
        left[k] = (left_slope[k] * right + left[k] * right_slope) * _denominators(taps)[k]
        right, right_slope = right * (x - k), right_slope * (x - k) + right
    return left


@lru_cache(maxsize=4)
def _denominators(taps: int) -> Floats:
    signs = [(-1.0) ** (taps - 1 - k) * math.comb(taps - 1, k) for k in range(taps)]
    denominators: Floats = np.array(signs) / math.factorial(taps - 1)
    return denominators


class Ray:
    """One function along w = t exp(i angle) / s, (rows, columns) over s and ln t, filled where it was asked for."""

    def __init__(self, angle: float, function: Callable[[float, Complexes], Complexes], values: Complexes) -> None:
        self.angle = angle
        self._function = function
        self._values = values
        self._filled = np.zeros((_ROWS, _COLUMNS // _BLOCK), bool)

    def fill(self, rows: Rows, columns: Rows, width: int) -> None:
        """Compute what is missing of `width` columns from `columns` (n,) on, of _ROW_TAPS rows from `rows` (n,) on."""
        first, last = columns // _BLOCK, (columns + width - 1) // _BLOCK + 1
        blocks = self._filled.shape[1]
        wanted = np.zeros((_ROWS + 1) * (blocks + 1), int)
        for bound, sign in ((rows, 1), (rows + _ROW_TAPS, -1)):
            wanted += sign * np.bincount(bound * (blocks + 1) + first, minlength=wanted.size)
            wanted -= sign * np.bincount(bound * (blocks + 1) + last, minlength=wanted.size)
        needed = wanted.reshape(_ROWS + 1, -1).cumsum(axis=0).cumsum(axis=1)[:_ROWS, :blocks] > 0
        missing = needed & ~self._filled
        if not missing.any():
            return
        turn = np.exp(1j * self.angle)
        for row in np.flatnonzero(missing.any(axis=1)):
            s = math.exp(math.log(_SMALLEST + _OFFSET) + _ROW_STEP * row) - _OFFSET
            blocks_here = np.flatnonzero(missing[row])
            at = (blocks_here[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
            self._values[row, at] = self._function(s, np.exp(_FIRST + STEP * at) * (turn / s))
        self._filled |= missing


def _log(s: float, w: Complexes) -> Complexes:
    return log_full(s, w)[0]


def _upper(s: float, w: Complexes) -> Complexes:
    return upper(s, w)[0]


@lru_cache(maxsize=16)
def _rays(kind: str, angles: tuple[float, ...]) -> tuple[Complexes, tuple[Ray, ...]]:
    """The tables of a kind along several angles, and all their cells in one row.

    "shifted" is ln F + w, "log" ln F, "upper" U.
    """
    function = {"shifted": log_full_shifted, "log": _log, "upper": _upper}[kind]
    cells = np.zeros((len(angles), _ROWS, _COLUMNS), complex)
    return cells.ravel(), tuple(Ray(angle, function, cells[k]) for k, angle in enumerate(angles))


class Reader:
    """One kind of table at s = spread (n,) and any t: which rows to read, and with what weights."""

    def __init__(self, kind: str, spread: Floats) -> None:
        self._kind = kind
        place = (np.log(spread + _OFFSET) - math.log(_SMALLEST + _OFFSET)) / _ROW_STEP
        self._rows = np.clip(np.floor(place).astype(np.intp) - _ROW_TAPS // 2 + 1, 0, _ROWS - _ROW_TAPS)
        self._weights = lagrange(place - self._rows, _ROW_TAPS)

    def along(self, angle: float, start: Floats, count: int, slope: bool) -> tuple[Complexes, Complexes | None]:
        """The function at ln t = start + STEP * k, k < count, on the ray itself, for start (n,): (n, count).

        With `slope` also its derivative by ln t.
        """
        cells, (ray,) = _rays(self._kind, (angle,))
        width = count + TAPS - 1
        columns, place = _columns(start, count + TAPS)
        ray.fill(self._rows, columns, width)
        kinds = [lagrange(place, TAPS)] + ([slopes(place, TAPS) / STEP] if slope else [])
        found = [np.empty((start.size, count), complex) for _ in kinds]
        size = max(1, _CHUNK // width)
        for first in range(0, start.size, size):
            part = slice(first, first + size)
            index = (self._rows[part] * _COLUMNS + columns[part])[:, None] + np.arange(width)
            read = self._weights[0, part, None] * cells.take(index)
            for tap in range(1, _ROW_TAPS):
                index += _COLUMNS
                read += self._weights[tap, part, None] * cells.take(index)
            for values, weights in zip(found, kinds, strict=True):
                values[part] = weights[0, part, None] * read[:, :count]
                for tap in range(1, TAPS):
                    values[part] += weights[tap, part, None] * read[:, tap : tap + count]
        return found[0], found[1] if slope else None

    def beside(
        self, angles: tuple[float, ...], ray: Rows, start: Floats, offsets: Complexes, slope: bool
    ) -> tuple[Complexes, Complexes | None]:
        """The function next to rays: at ln t = start + offsets (k,), real parts >= 0, each off its ray `angles[ray]`.

        The imaginary part of an offset is the angle less that of its ray; ray (k,). With `slope` also its derivative.
        """
        cells, rays = _rays(self._kind, angles)
        width = int(np.ceil(offsets.real.max(initial=0.0) / STEP)) + TAPS + 1
        columns, place = _columns(start, width)
        for number in np.unique(ray):
            rays[number].fill(self._rows, columns, width)
        kinds = 2 if slope else 1
        found = [np.empty((start.size, offsets.size), complex) for _ in range(kinds)]
        size = max(1, _CHUNK // (TAPS * offsets.size))
        for first in range(0, start.size, size):
            part = slice(first, first + size)
            at = place[part, None] + offsets / STEP
            taps = np.floor(at.real).astype(np.intp) - TAPS // 2 + 1
            at -= taps
            index = (self._rows[part] * _COLUMNS + columns[part])[:, None] + ray * (_ROWS * _COLUMNS) + taps
            index = index + np.arange(TAPS)[:, None, None]
            read = self._weights[0, part, None] * cells.take(index)
            for tap in range(1, _ROW_TAPS):
                index += _COLUMNS
                read += self._weights[tap, part, None] * cells.take(index)
            found[0][part] = (lagrange(at, TAPS) * read).sum(axis=0)
            if slope:
                found[1][part] = (slopes(at, TAPS) * read).sum(axis=0) / STEP
        return found[0], found[1] if slope else None


def _columns(start: Floats, width: int) -> tuple[Rows, Floats]:
    """The first column to read, and where `start` (ln t, (n,)) lies from it, 6 to 7 columns in."""
    place = (np.clip(start, _FIRST + 7.0 * STEP, _LAST - (width + 8) * STEP) - _FIRST) / STEP
    columns = np.floor(place).astype(np.intp) - TAPS // 2 + 1
    return columns, place - columns
