"""The transforms of single forms of loss, by kind of law, at whatever places an inversion asks for.

Each kind answers two questions about its forms `rows`: E exp(-sY), and s E[Y exp(-sY)] (the size-biased transform,
which divides a tail among scenarios).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.places import (
    ANGLE,
    DAMPING,
    FIRST,
    NODE_START,
    PER_OCTAVE,
    WINDOW,
    Depth,
    last_panels,
    nodes,
    octaves,
    omega,
    read,
    used_panels,
)
from accord.engines.loss.severity import TwoPieceLognormal
from accord.engines.loss.tables import SHIFTED, Reader

Floats = NDArray[np.floating[Any]]
Complexes = NDArray[np.complexfloating[Any, Any]]
Rows = NDArray[np.intp]

ERROR_SYMMETRIC = 3e-12
ERROR_KINKED = 3e-11
ERROR_WIDE = 2e-10
ERROR_CLOSED = 1e-14
"""Absolute error of one form's transform, interpolation included: lognormal, two-piece, with an s above 5, closed form.
The first three are held by the tests against direct integration."""
_GONE = -33.0
"""ln of a transform that is left out of the count of oscillations."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to evaluate: the first frequencies, the nodes, panels of one octave, or every frequency of it below count.

    omega (k,) is s times the period. `octave` is -1 for the first frequencies, -2 for the nodes, -3 for
    frequency 0 alone.
    """

    omega: Complexes
    octave: int = -1
    depth: Depth | None = None
    count: int = 0
    every: bool = False

    @classmethod
    def first(cls) -> Place:
        """Frequencies 0 .. FIRST - 1."""
        return cls(omega(np.arange(FIRST)))

    @classmethod
    def zero(cls) -> Place:
        """Frequency 0 alone."""
        return cls(omega(np.arange(1)), -3)

    @classmethod
    def at_nodes(cls, how_many: int) -> Place:
        """The nodes of `how_many` octaves."""
        return cls(nodes(how_many), -2)

    @classmethod
    def panels(cls, octave: int, panels: int, count: int) -> Place:
        """The points of an octave's 2^panels panels as far as they begin below `count`."""
        depth = Depth(octave, panels, used_panels(octave, panels, count))
        return cls(depth.omega(), octave, depth, count)

    @classmethod
    def frequencies(cls, octave: int, count: int) -> Place:
        """Every frequency of an octave below `count`."""
        start, end = FIRST << octave, min(FIRST << (octave + 1), count)
        panels = last_panels(octave)
        depth = Depth(octave, panels, used_panels(octave, panels, end))
        return cls(omega(np.arange(start, end)), octave, depth, end, every=True)


class Kind(Protocol):
    """Forms of loss of one kind of law."""

    error: Floats

    def prepare(self, count: int) -> None:
        """Make ready for frequencies below `count`."""

    def transform(self, rows: Rows, place: Place) -> Complexes:
        """E exp(-sY) of the forms `rows` (r, k)."""

    def biased(self, rows: Rows, place: Place, transform: Complexes) -> Complexes:
        """s E[Y exp(-sY)] of the forms `rows` (r, k), from their transform at the same place."""

    def bound(self, frequencies: Floats) -> Floats:
        """An upper bound of |E exp(-sY)| (n, k), decreasing in the frequencies (k,), which need not be whole."""

    def turning(self, how_many: int) -> Floats:
        """How fast each transform oscillates at the end of each octave (n, how_many): radians per unit of ln j.

        inf where every frequency has to be evaluated.
        """


class LognormalForms:
    """Two-piece lognormal amounts, the constant among them: law (n,), in money, for one period."""

    def __init__(self, law: TwoPieceLognormal, period: float, slopes: bool) -> None:
        """`slopes`: whether the size-biased transforms will be asked for."""
        self._law = law
        self._scale = law.median / period
        self._has_full = law.s_low > 0
        self._shift = np.where(law.s_low < SHIFTED, self._scale, 0.0)
        self._kinked = (np.abs(law.s_high - law.s_low) > 1e-12) | ~self._has_full
        self._simple = bool(self._has_full.all() and not self._kinked.any())
        error = np.where(self._kinked, ERROR_KINKED, ERROR_SYMMETRIC)
        self.error: Floats = np.where(np.maximum(law.s_low, law.s_high) > 5.0, ERROR_WIDE, error)
        self._variation = law.density_variation() / law.median * period
        self._octaves = 0
        self._slopes = slopes
        self._readers = self._choose_readers()
        self._samples: dict[tuple[int, bool, bool], Complexes] = {}
        self._damped: Floats | None = None

    def prepare(self, count: int) -> None:
        """Read the tables anew where more octaves are needed than so far."""
        if octaves(count) > self._octaves:
            self._octaves = octaves(count)
            self._samples = {key: value for key, value in self._samples.items() if key[1]}

    @property
    def damped(self) -> Floats:
        """E exp(-s_0 Y) of each form (n,): the largest that its transform gets on the line."""
        if self._damped is None:
            self._damped = self.transform(np.arange(self._scale.size), Place.zero())[:, 0].real
        return self._damped

    def transform(self, rows: Rows, place: Place) -> Complexes:
        """F + exp(-w) (U_high - U_low), from ln F + w (or ln F) and U_high - U_low."""
        full = self._smooth(0, rows, place)
        full -= np.multiply.outer(self._shift[rows], place.omega)
        if self._simple:
            return np.exp(full, out=full)
        has_full, kinked = self._has_full[rows], self._kinked[rows]
        values = np.zeros_like(full)
        values[has_full] = np.exp(full[has_full])
        if kinked.any():
            turned = np.exp(np.multiply.outer(-self._scale[rows[kinked]], place.omega))
            values[kinked] += turned * self._smooth(1, rows[kinked], place)
        return values

    def biased(self, rows: Rows, place: Place, transform: Complexes) -> Complexes:
        """-w d/dw of the transform: with D = U_high - U_low, -F (ln F)' + exp(-w) (w D - D'), ' by ln w."""
        slope = self._smooth(0, rows, place, slope=True) - np.multiply.outer(self._shift[rows], place.omega)
        if self._simple:
            values: Complexes = -transform * slope
            return values
        w = np.multiply.outer(self._scale[rows], place.omega)
        has_full, kinked = self._has_full[rows], self._kinked[rows]
        turned = np.exp(-w)
        difference = turned * self._smooth(1, rows, place)
        tilted = turned * (w * self._smooth(1, rows, place) - self._smooth(1, rows, place, slope=True))
        difference[~kinked], tilted[~kinked] = 0.0, 0.0
        full = np.where(has_full[:, None], (difference - transform) * slope, 0.0)
        biased: Complexes = full + tilted
        return biased

    def bound(self, frequencies: Floats) -> Floats:
        """(variation / median + Re s) / |Im s|, and what the transform is at frequency 0."""
        bound: Floats = np.minimum(
            (self._variation[:, None] + DAMPING) / (2.0 * np.pi * frequencies), self.damped[:, None]
        )
        return bound

    def turning(self, how_many: int) -> Floats:
        """w where there is a kink; else |w F' / F|, about W(w s^2) / s^2, as long as F is not negligible."""
        ends = FIRST * 2.0 ** np.arange(1, how_many + 1)
        w = 2.0 * np.pi * self._scale[:, None] * ends
        square = self._law.s_low[:, None] ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.minimum(w, 1.25 * np.log1p(w * square) / square)
        starts = self._samples_of(0, False, False)[:, : PER_OCTAVE * how_many : PER_OCTAVE]
        ray = self._shift[:, None] * np.exp(NODE_START + 1j * ANGLE) * 2.0 ** np.arange(how_many)
        size = (starts - ray).real + 0.06 * rate
        return np.where(self._kinked[:, None], w, np.where(size < _GONE, 0.0, rate))

    def _smooth(self, which: int, rows: Rows, place: Place, slope: bool = False) -> Complexes:
        """ln F + w (which = 0; ln F from SHIFTED on) or U_high - U_low (1), or their derivative by ln w."""
        if place.octave == -3 and (which, True, slope) not in self._samples:
            return self._sample(which, 1)[0][rows]
        first = place.octave in (-1, -3)
        samples = self._samples_of(which, first, slope)
        if place.octave < 0:
            return samples[rows][:, : place.omega.size]
        start = PER_OCTAVE * place.octave
        assert place.depth is not None
        return read(samples[rows, start : start + WINDOW], place.depth, place.count, place.every)

    def _samples_of(self, which: int, first: bool, slope: bool) -> Complexes:
        if (which, first, slope) not in self._samples:
            found = self._sample(which, FIRST if first else 0)
            self._samples[which, first, False], self._samples[which, first, True] = found
        return self._samples[which, first, slope]

    def _choose_readers(self) -> tuple[list[tuple[float, Rows, Floats, Reader]], ...]:
        """For ln F and for U_high - U_low: sign, forms, their s, and the table."""
        law, some = self._law, self._has_full
        full = [("shifted", some & (law.s_low < SHIFTED)), ("log", some & (law.s_low >= SHIFTED))]
        sides = [(1.0, law.s_high, self._kinked & (law.s_high > 0)), (-1.0, law.s_low, self._kinked & some)]
        return (
            [(1.0, np.flatnonzero(m), law.s_low[m], Reader(kind, law.s_low[m])) for kind, m in full if m.any()],
            [(sign, np.flatnonzero(m), s[m], Reader("upper", s[m])) for sign, s, m in sides if m.any()],
        )

    def _sample(self, which: int, first: int) -> tuple[Complexes, Complexes]:
        """Values and slopes at the `first` frequencies, or at the nodes where that is 0."""
        width = first or PER_OCTAVE * (self._octaves - 1) + WINDOW
        slopes = self._slopes and first != 1
        values = np.zeros((self._scale.size, width), complex)
        gradients = np.zeros_like(values) if slopes else values
        for sign, forms, s, reader in self._readers[which]:
            start = np.log(self._scale[forms] * s)
            if first:
                found = reader.beside(_ANGLES, _RAY_OF[:first], start + _LINE[0].real, _OFFSETS[:first], slopes)
            else:
                found = reader.along(ANGLE, start + NODE_START, width, slopes)
            values[forms] += sign * found[0]
            if found[1] is not None:
                gradients[forms] += sign * found[1]
        if which == 1:
            # Half of the law is an atom at the median, on whichever side has no spread.
            for s in (self._law.s_high, self._law.s_low):
                values[self._kinked & (s == 0)] += 0.5
        return values, gradients


_LINE = np.log(omega(np.arange(FIRST)))
_ANGLES = (0.0, float(_LINE[1].imag), 1.0, 1.23, 1.35, 1.43)
"""Of the rays beside which the first frequencies are read."""
_RAY_OF = np.repeat(np.arange(6), (1, 1, 2, 2, 4, 6))
_OFFSETS = _LINE - _LINE[0].real - 1j * np.array(_ANGLES)[_RAY_OF]


class GammaForms:
    """Gamma amounts: shape (n,), scale (n,) in money, for one period. (1 + scale s)^-shape."""

    def __init__(self, shape: Floats, scale: Floats, period: float) -> None:
        self._shape, self._scale = shape, scale / period
        self.error: Floats = np.full(shape.size, ERROR_CLOSED) * (1.0 + shape)

    def prepare(self, count: int) -> None:
        """Nothing: the transform is a formula."""

    def transform(self, rows: Rows, place: Place) -> Complexes:
        """(1 + scale s)^-shape."""
        stretched = 1.0 + np.multiply.outer(self._scale[rows], place.omega)
        transform: Complexes = np.exp(-self._shape[rows, None] * logarithm(stretched))
        return transform

    def biased(self, rows: Rows, place: Place, transform: Complexes) -> Complexes:
        """shape * scale s / (1 + scale s) times the transform."""
        stretch = np.multiply.outer(self._scale[rows], place.omega)
        biased: Complexes = self._shape[rows, None] * stretch / (1.0 + stretch) * transform
        return biased

    def bound(self, frequencies: Floats) -> Floats:
        """Its modulus."""
        real = 1.0 + DAMPING * self._scale[:, None]
        imaginary = 2.0 * np.pi * self._scale[:, None] * frequencies
        bound: Floats = np.exp(-0.5 * self._shape[:, None] * np.log(real * real + imaginary * imaginary))
        return bound

    def turning(self, how_many: int) -> Floats:
        """shape * |w| / |1 + w|, as long as the transform is not negligible."""
        ends = FIRST * 2.0 ** np.arange(1, how_many + 1)
        w = 2.0 * np.pi * self._scale[:, None] * ends
        rate = self._shape[:, None] * w / np.sqrt(1.0 + w * w)
        return np.where(np.log(self.bound(ends / 2.0)) < _GONE, 0.0, rate)


def logarithm(z: Complexes) -> Complexes:
    """The principal complex logarithm; a tenth of the time of NumPy's, to 1e-16 absolute."""
    logs = np.empty_like(z)
    with np.errstate(divide="ignore"):
        logs.real = 0.5 * np.log(z.real * z.real + z.imag * z.imag)
    logs.imag = np.arctan2(z.imag, z.real)
    return logs
