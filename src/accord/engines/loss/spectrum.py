"""The transform of the whole year's loss on a grid of frequencies.

For a period P (money) the grid is s_j = (DAMPING + 2 pi i j) / P, j = 0, 1, ... Each form of loss is evaluated at a
few nodes per octave of j and interpolated between them; forms multiply to events, events compound to scenarios
(negative binomial where the rate is uncertain, Poisson where it is not), scenarios multiply to the portfolio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.laplace import log_full, upper
from accord.engines.loss.portfolio import Portfolio
from accord.engines.loss.severity import TwoPieceLognormal

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[Any]
Complexes = NDArray[np.complexfloating[Any, Any]]

DAMPING = 10.5
"""exp(-DAMPING) is what one period weighs in the next: the aliasing, relative to the tail beyond the period."""
_DIRECT = 16
"""Frequencies 0 .. _DIRECT - 1 are evaluated each for itself, the octaves above by interpolation."""
_ORDER = 16
_CHUNK = 1 << 15
ERROR_SYMMETRIC = 3e-12
ERROR_KINKED = 3e-11
ERROR_WIDE = 2e-10
"""Absolute error of one form's transform, interpolation included: lognormal, two-piece, with an s above 5. Held by the
tests against direct integration."""
NEGLIGIBLE = 1e-12
"""Scenarios whose transforms at a frequency sum to less are left out of it."""
_CONSTANT = 1e-4
"""An s below this is an atom within the interpolation error."""


@dataclass(frozen=True)
class Book:
    """The scenarios that can cost something, flattened for the transforms.

    rate, rate_variance (m,); owner (F,) row of each form's scenario; law: TwoPieceLognormal (F,); rows (m,) places in
    the portfolio; starts (m,) first form of each scenario.
    """

    rows: NDArray[np.intp]
    rate: Floats
    rate_variance: Floats
    law: TwoPieceLognormal
    owner: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, portfolio: Portfolio) -> Book:
        rate, variance = portfolio.rate()
        law = portfolio.amounts()
        costly = law.median > 0
        rows = np.flatnonzero((rate > 0) & costly.any(axis=1))
        keep = costly[rows]
        owner = np.nonzero(keep)[0]
        flat = TwoPieceLognormal(law.median[rows][keep], law.s_low[rows][keep], law.s_high[rows][keep])
        starts = np.searchsorted(owner, np.arange(rows.size))
        return cls(rows, rate[rows], variance[rows], flat, owner, starts)

    def log_generating(self, transform: Numbers, rows: NDArray[np.intp] | None = None) -> Numbers:
        """ln of the probability generating functions at `transform` (r, k) of the scenarios `rows` (all if None)."""
        rate = self.rate if rows is None else self.rate[rows]
        variance = self.rate_variance if rows is None else self.rate_variance[rows]
        away = 1.0 - transform
        certain = variance == 0
        if certain.all():
            return -rate[:, None] * away
        spread = np.where(certain, 1.0, variance / rate)[:, None]
        mixed = -(rate[:, None] / spread) * np.log(1.0 + spread * away)
        return np.where(certain[:, None], -rate[:, None] * away, mixed) if certain.any() else mixed

    @cached_property
    def log_none(self) -> Floats:
        """ln of each scenario's probability of no event in the year (m,)."""
        logs: Floats = self.log_generating(np.zeros((self.rate.size, 1)))[:, 0]
        return logs

    def log_no_loss(self) -> float:
        """ln of the probability that no event happens in the year."""
        return float(self.log_none.sum())

    def log_year(self, transform: Numbers, rows: NDArray[np.intp]) -> Numbers:
        """ln of the year's transform (k,) when only `rows` have events with `transform` (r, k), the rest none."""
        rest = self.log_no_loss() - float(self.log_none[rows].sum())
        year: Numbers = self.log_generating(transform, rows).sum(axis=0) + rest
        return year

    def events(self, forms: Numbers) -> Numbers:
        """Multiply the forms' transforms (F, k) to those of the events (m, k)."""
        return _products(forms, self.starts)

    def means(self) -> Floats:
        """Expected annual loss of each scenario (m,), closed form (money)."""
        means: Floats = self.rate * np.add.reduceat(self.law.mean(), self.starts)
        return means


@dataclass(frozen=True, slots=True)
class Block:
    """A run of frequencies: their places, the scenarios that still count there (rows of the book), and their events.

    events (r, k) transform of one event's money; biased (r, k) E[X exp(-sX)], or (0, k) where not asked for.
    Scenarios left out have a transform below NEGLIGIBLE here: their year's transform is that of no event.
    """

    place: slice
    rows: NDArray[np.intp]
    events: Complexes
    biased: Complexes


@dataclass(frozen=True, slots=True)
class _Part:
    """One coefficient per node and form, real and imaginary apart (F, nodes)."""

    real: Floats
    imaginary: Floats

    def at(self, forms: NDArray[np.intp], basis: Floats) -> Complexes:
        values = np.empty((forms.size, basis.shape[1]), complex)
        values.real = self.real[forms] @ basis
        values.imag = self.imaginary[forms] @ basis
        return values


class Spectrum:
    """The transform of a Book for one period; each octave's nodes are evaluated once, when first asked for."""

    def __init__(self, book: Book, period: float) -> None:
        self.book = book
        self.period = period
        law = book.law
        self._scale = law.median / period
        self._has_full = law.s_low > _CONSTANT
        self._kinked = (np.abs(law.s_high - law.s_low) > 1e-12) | ~self._has_full
        error = np.where(self._kinked, ERROR_KINKED, ERROR_SYMMETRIC)
        self.error: Floats = np.where(np.maximum(law.s_low, law.s_high) > 5.0, ERROR_WIDE, error)
        """Absolute error of each form's transform (F,)."""
        self._octaves: list[tuple[_Part, ...]] = []

    @cached_property
    def damped(self) -> Floats:
        """E exp(-s_0 Y) of each form (F,): the largest that its transform gets on the grid."""
        full, difference, _, _ = self._node_values(np.array([DAMPING + 0j]))
        every = np.arange(self._scale.size)
        turned = np.exp(-DAMPING * self._scale[:, None] + 0j)
        damped: Floats = self._combine(every, np.zeros(1), turned, full, difference)[:, 0].real
        return damped

    def bound(self, frequencies: Floats) -> Floats:
        """An upper bound of each form's transform (F, k) at the frequencies (k,), which need not be whole."""
        variation = self.book.law.density_variation() / self.book.law.median * self.period
        return np.minimum((variation[:, None] + DAMPING) / (2.0 * np.pi * frequencies), self.damped[:, None])

    def blocks(self, count: int, derivative: bool = False) -> Iterator[Block]:
        """Frequencies 0 .. count - 1 in blocks; with `derivative` also the size-biased transforms."""
        self._extend(count)
        first, last, number = 0, _DIRECT, 0
        while first < count:
            rows = self._counting(first)
            forms = np.flatnonzero(np.isin(self.book.owner, rows))
            size = max(256, _CHUNK // max(1, forms.size))
            for low in range(first, min(last, count), size):
                high = min(low + size, last, count)
                j = np.arange(low, high)
                basis = _chebyshev(2.0 * np.log2(j / first) - 1.0) if first else np.eye(_DIRECT)[:, low:high]
                parts = [part.at(forms, basis) for part in self._octaves[number][: 4 if derivative else 2]]
                turned = _turns(self._scale[forms], low, high)
                values = self._combine(forms, j, turned, parts[0], parts[1])
                starts = np.searchsorted(self.book.owner[forms], rows)
                biased = np.zeros((0, j.size), complex)
                if derivative:
                    tilted = self._combine(forms, j, turned, parts[2], parts[3]) * self.book.law.median[forms, None]
                    biased = _product_rule(self.book.owner[forms], starts, values, tilted)
                yield Block(slice(low, high), rows, _products(values, starts), biased)
            first, last, number = last, 2 * last, number + 1

    def _counting(self, first: int) -> NDArray[np.intp]:
        """The scenarios whose events' transform still matters from frequency `first` on (rows of the book)."""
        book = self.book
        if not first:
            return np.arange(book.rate.size)
        events = _products(self.bound(np.array([float(first)])), book.starts)[:, 0]
        return np.flatnonzero(book.rate * events > NEGLIGIBLE / book.rate.size)

    def _extend(self, count: int) -> None:
        """Evaluate what is missing up to `count`: the first frequencies one by one, then nodes of each octave."""
        have = len(self._octaves)
        need = 1 + max(0, int(np.ceil(np.log2(max(count, 1) / _DIRECT))))
        if need <= have:
            return
        nodes, to_coefficients = _nodes()
        starts = [_DIRECT << (octave - 1) for octave in range(max(have, 1), need)]
        places = [start * 2.0 ** ((nodes + 1.0) / 2.0) for start in starts]
        if not have:
            places.insert(0, np.arange(float(_DIRECT)))
        values = self._node_values(DAMPING + 2j * np.pi * np.concatenate(places))
        at = 0
        for octave, place in enumerate(places, start=have):
            matrix = to_coefficients if octave else np.eye(_DIRECT)
            chosen = [value[:, at : at + place.size] for value in values]
            self._octaves.append(tuple(_Part(part.real.copy() @ matrix, part.imag.copy() @ matrix) for part in chosen))
            at += place.size

    def _node_values(self, omega: Complexes) -> tuple[Complexes, Complexes, Complexes, Complexes]:
        """ln F + w, U_high - U_low, ln F1 + w, U1_high - U1_low: each (F, k) at w = median * omega / period."""
        shape = (self._scale.size, omega.size)
        full, full1 = np.zeros(shape, complex), np.zeros(shape, complex)
        difference, difference1 = np.zeros(shape, complex), np.zeros(shape, complex)
        law = self.book.law
        for f, scale in enumerate(self._scale):
            w = scale * omega
            s_low, s_high = float(law.s_low[f]), float(law.s_high[f])
            if self._has_full[f]:
                logs = log_full(s_low, w)
                full[f], full1[f] = logs[0] + w, logs[1] + w
            if self._kinked[f]:
                high, high1 = upper(s_high, w) if s_high > _CONSTANT else (0.5, 0.5)
                low, low1 = upper(s_low, w) if self._has_full[f] else (-0.5, -0.5)
                difference[f], difference1[f] = high - low, high1 - low1
        return full, difference, full1, difference1

    def _combine(
        self, forms: NDArray[np.intp], j: Numbers, turned: Complexes, full: Complexes, difference: Complexes
    ) -> Complexes:
        """F + exp(-w) (U_high - U_low) of `forms` at the frequencies j (k,) from ln F + w and U_high - U_low.

        `turned` is exp(-w); `full` is overwritten by the result.
        """
        kinked, has_full = self._kinked[forms], self._has_full[forms]
        far = DAMPING * self._scale[forms] > 500.0
        if far.any():
            # The median lies far beyond the period: exp(full) alone would overflow.
            w = self._scale[forms, None] * (DAMPING + 2j * np.pi * j)
            full[has_full] = np.exp(full[has_full] - w[has_full])
            full[kinked] += turned[kinked] * difference[kinked]
            return full
        if has_full.all():
            np.exp(full, out=full)
        else:
            full[has_full] = np.exp(full[has_full])
        if kinked.any():
            full += difference
        full *= turned
        return full


def _turns(scale: Floats, low: int, high: int) -> Complexes:
    """exp(-scale * (DAMPING + 2 pi i j)), j from low to high - 1 (F, high - low), by products of few exponentials."""
    inner = 128
    steps = np.arange(0, high - low, inner)
    coarse = np.exp(-scale[:, None] * (DAMPING + 2j * np.pi * (low + steps)))
    fine = np.exp(-2j * np.pi * scale[:, None] * np.arange(inner))
    product: Complexes = (coarse[:, :, None] * fine[:, None, :]).reshape(scale.size, -1)[:, : high - low]
    return product


def _products(forms: Numbers, starts: NDArray[np.intp]) -> Numbers:
    """The product over each scenario's forms: (F, k) to (m, k)."""
    return forms if forms.shape[0] == starts.size else np.multiply.reduceat(forms, starts, axis=0)


def _product_rule(owner: NDArray[np.intp], starts: NDArray[np.intp], forms: Complexes, biased: Complexes) -> Complexes:
    """E[X exp(-sX)] of the events (m, k) from the forms' transforms and size-biased transforms (F, k)."""
    if forms.shape[0] == starts.size:
        return biased
    left, right = np.ones_like(forms), np.ones_like(forms)
    for f in range(1, forms.shape[0]):
        if owner[f] == owner[f - 1]:
            left[f] = left[f - 1] * forms[f - 1]
    for f in range(forms.shape[0] - 2, -1, -1):
        if owner[f] == owner[f + 1]:
            right[f] = right[f + 1] * forms[f + 1]
    products: Complexes = np.add.reduceat(biased * left * right, starts, axis=0)
    return products


@lru_cache(maxsize=1)
def _nodes() -> tuple[Floats, Floats]:
    """Chebyshev nodes on (-1, 1) and the matrix (nodes, coefficients) from values to coefficients."""
    angle = np.pi * (np.arange(_ORDER) + 0.5) / _ORDER
    matrix = np.cos(angle[:, None] * np.arange(_ORDER)) * (2.0 / _ORDER)
    matrix[:, 0] /= 2.0
    return np.cos(angle), matrix


def _chebyshev(x: Floats) -> Floats:
    """Chebyshev polynomials (_ORDER, k) at x (k,)."""
    basis = np.empty((_ORDER, x.size))
    basis[0], basis[1] = 1.0, x
    for k in range(2, _ORDER):
        np.multiply(basis[k - 1], 2.0 * x, out=basis[k])
        basis[k] -= basis[k - 2]
    return basis
