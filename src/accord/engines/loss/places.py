"""Where transforms are evaluated: the frequencies of an inversion, and the fewer places that carry them.

For a period P (money) the frequencies are s_j = omega_j / P, omega_j = DAMPING + 2 pi i j. The first FIRST of them are
evaluated each for itself. Above, octave o holds the frequencies FIRST * 2^o .. FIRST * 2^(o + 1) - 1:

* smooth functions are known at `nodes`, 16 per octave on a ray beside the line of frequencies, and read from there;
* sums over scenarios are formed at as few places as their oscillation allows: at the nodes themselves, or at ORDER
  Chebyshev points in each of 2^c equal panels of the octave, c = 0, 1, ..., or at every frequency; then carried down
  from each c to the next, and from the last to the frequencies. Every step is a small matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.tables import STEP, TAPS, lagrange

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[Any]
Complexes = NDArray[np.complexfloating[Any, Any]]

DAMPING = 10.5
"""exp(-DAMPING) is what one period weighs in the next: the aliasing, relative to the tail beyond the period."""
FIRST = 16
PER_OCTAVE = 16
ANGLE = math.pi / 2.0 - 0.05
"""Of the ray that carries the nodes: the line of frequencies is within 0.055 of it from FIRST on."""
ORDER = 24
SHORTEST, LONGEST = 32, 256
"""Frequencies in a panel: at the least (else each is evaluated), and at the most where panels end in frequencies."""
_MARGIN = TAPS // 2
WINDOW = PER_OCTAVE + TAPS
"""Nodes that an octave is read from."""
NODE_START = math.log(2.0 * math.pi * FIRST) - _MARGIN * STEP
"""ln |omega| of the first node."""


def omega(j: Numbers) -> Complexes:
    """DAMPING + 2 pi i j."""
    line: Complexes = DAMPING + 2j * np.pi * j
    return line


def nodes(octaves: int) -> Complexes:
    """omega at the nodes of the first `octaves` octaves (PER_OCTAVE * (octaves - 1) + WINDOW,)."""
    count = PER_OCTAVE * (octaves - 1) + WINDOW
    ray: Complexes = np.exp(NODE_START + STEP * np.arange(count) + 1j * ANGLE)
    return ray


def octaves(count: int) -> int:
    """How many octaves hold the frequencies FIRST .. count - 1; at least 1."""
    return max(1, math.ceil(math.log2(max(count, 1) / FIRST)))


@dataclass(frozen=True, slots=True)
class Depth:
    """Places of one octave: 2^panels panels of ORDER points, of which the first `used` are needed."""

    octave: int
    panels: int
    used: int

    @property
    def length(self) -> int:
        """Frequencies in a panel."""
        return (FIRST << self.octave) >> self.panels

    def omega(self) -> Complexes:
        """omega at the points (used * ORDER,)."""
        start = FIRST << self.octave
        j = start + self.length * (np.arange(self.used)[:, None] + _chebyshev()[None, :])
        return omega(j.ravel())


@lru_cache(maxsize=1)
def _chebyshev() -> Floats:
    """Chebyshev points of [0, 1] (ORDER,)."""
    return 0.5 - 0.5 * np.cos(np.pi * (np.arange(ORDER) + 0.5) / ORDER)


def _from_chebyshev(x: Floats) -> Floats:
    """Matrix (ORDER, k) from values at the Chebyshev points of [0, 1] to the polynomial's values at x (k,)."""
    angle = np.pi * (np.arange(ORDER) + 0.5) / ORDER
    k = np.arange(ORDER)
    coefficients = np.cos(np.outer(angle, k)) * (2.0 / ORDER)
    coefficients[:, 0] /= 2.0
    matrix: Floats = coefficients @ np.cos(np.outer(k, np.arccos(np.clip(1.0 - 2.0 * x, -1.0, 1.0))))
    return matrix


@lru_cache(maxsize=64)
def to_panel(octave: int) -> Complexes:
    """Matrix (WINDOW, ORDER) from an octave's nodes to the points of its one panel."""
    points = Depth(octave, 0, 1).omega()
    place = (np.log(points) - 1j * ANGLE - NODE_START) / STEP - PER_OCTAVE * octave
    first = np.clip(np.floor(place.real).astype(int) - TAPS // 2 + 1, 0, WINDOW - TAPS)
    matrix = np.zeros((WINDOW, ORDER), complex)
    for column, row in enumerate(first):
        matrix[row : row + TAPS, column] = lagrange(place[column] - row, TAPS)
    return matrix


@lru_cache(maxsize=1)
def to_halves() -> Floats:
    """Matrix (ORDER, 2 ORDER) from a panel's points to those of its two halves."""
    points = _chebyshev()
    return _from_chebyshev(np.concatenate([points / 2.0, (points + 1.0) / 2.0]))


@lru_cache(maxsize=16)
def to_frequencies(length: int) -> Floats:
    """Matrix (ORDER, length) from a panel's points to its frequencies."""
    return _from_chebyshev(np.arange(length) / length)


def times(values: Complexes, matrix: Floats) -> Complexes:
    """values (r, a) times a real matrix (a, b), real and imaginary parts apart."""
    product = np.empty((values.shape[0], matrix.shape[1]), complex)
    product.real = np.ascontiguousarray(values.real) @ matrix
    product.imag = np.ascontiguousarray(values.imag) @ matrix
    return product


def deepen(panels: Complexes, used: int) -> Complexes:
    """Values at panels (r, u, ORDER) carried to the first `used` halves (r, used, ORDER)."""
    rows = panels.shape[0]
    halves = times(panels.reshape(-1, ORDER), to_halves()).reshape(rows, -1, ORDER)
    return halves[:, :used]


def used_panels(octave: int, panels: int, count: int) -> int:
    """How many of an octave's 2^panels panels begin below frequency `count`."""
    length = (FIRST << octave) >> panels
    return min(1 << panels, -(-(count - (FIRST << octave)) // length))


def read(window: Complexes, place: Depth, count: int, every: bool) -> Complexes:
    """Smooth functions (r, WINDOW) at an octave's nodes read at `place`, or with `every` at its frequencies < count."""
    panels: Complexes = (window @ to_panel(place.octave))[:, None, :]
    for c in range(1, place.panels + 1):
        panels = deepen(panels, used_panels(place.octave, c, count))
    if not every:
        return panels.reshape(window.shape[0], -1)
    found = times(panels.reshape(-1, ORDER), to_frequencies(place.length))
    return found.reshape(window.shape[0], -1)[:, : count - (FIRST << place.octave)]


def last_panels(octave: int) -> int:
    """The c at which panels are short enough to end in frequencies."""
    return max(0, math.ceil(math.log2((FIRST << octave) / LONGEST)))
