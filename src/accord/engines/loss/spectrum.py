"""The transform of the whole year's loss at the frequencies of an inversion.

Forms multiply to events, events compound to scenarios, the logarithms of the scenarios' transforms are added to the
year's. In every octave of frequencies a scenario is evaluated at as few places as its oscillation allows (`places`);
one that can no longer matter is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.book import Book
from accord.engines.loss.forms import ERROR_KINKED, ERROR_SYMMETRIC, ERROR_WIDE, Place
from accord.engines.loss.lattice import LatticeForms
from accord.engines.loss.places import (
    DAMPING,
    FIRST,
    ORDER,
    PER_OCTAVE,
    SHORTEST,
    WINDOW,
    deepen,
    last_panels,
    octaves,
    omega,
    times,
    to_frequencies,
    to_halves,
    to_panel,
    used_panels,
)

Floats = NDArray[np.floating[Any]]
Numbers = NDArray[Any]
Complexes = NDArray[np.complexfloating[Any, Any]]
Rows = NDArray[np.intp]

NEGLIGIBLE = 1e-12
"""Unless told otherwise, scenarios whose transforms at a frequency sum to less are left out of it."""
SUMMED = 5e-12
"""Error of the sums of logarithms by carrying them from few places to every frequency, per event a year (or scenario
with less). Held by the tests against the sums at every frequency."""
_CHUNK = 1 << 15
_AT_NODES, _AT_NODES_MIXED = 5.0, 1.1
"""Radians per unit of ln j up to which a scenario is summed at the nodes; and the same per `Counts.harmonics`."""
_PER_PANEL, _PER_PANEL_MIXED = 5.0, 0.65
"""Radians of oscillation to either side of a panel's middle that ORDER points carry; and the same per harmonics."""


@dataclass(frozen=True, slots=True)
class Share:
    """The scenarios `rows` evaluated at `place` for one octave (-1: the first frequencies)."""

    octave: int
    place: Place
    rows: Rows


class Spectrum:
    """The transform of a Book for one period (money)."""

    def __init__(
        self,
        book: Book,
        period: float,
        negligible: float = NEGLIGIBLE,
        slopes: bool = False,
        lattice: LatticeForms | None = None,
    ) -> None:
        """`slopes`: for `weighted`; `lattice`: the forms without a closed transform, needed where there are any."""
        self.book = book
        self.period = period
        self.negligible = negligible
        self._kinds = book.kinds(period, slopes, lattice)
        change = np.zeros(book.owner.size)
        if lattice is not None:
            change[book.other_at] = lattice.mean_change()
        self.means: Floats = book.means() + book.rate * np.add.reduceat(book.chance * change, book.starts)
        """Expected annual loss of each scenario (m,), with what a lattice's rounding changes (money)."""
        forms = book.owner.size
        self._kind_of, self._row_in = np.zeros(forms, np.intp), np.zeros(forms, np.intp)
        self.error: Floats = np.zeros(forms)
        """Absolute error of each form's transform (F,)."""
        for number, (at, kind) in enumerate(self._kinds):
            self._kind_of[at], self._row_in[at] = number, np.arange(at.size)
            self.error[at] = kind.error

    def shaky(self) -> float:
        """What the transform of the year may be wrong by, relative to itself: transforms, scenarios left out, sums."""
        rate = self.book.rate[self.book.owner]
        rate = np.where(self.book.counts.spread[self.book.owner] < 0, 0.0, rate)
        return float(rate @ self.error) + SUMMED * max(1.0, float(self.book.rate.sum())) + self.negligible + 4e-15

    def shaky_anyway(self) -> float:
        """The same in absolute terms, from the binomial counts, whose generating function may vanish."""
        binomial = self.book.counts.spread[self.book.owner] < 0
        return float(self.book.rate[self.book.owner][binomial] @ self.error[binomial])

    def bound(self, frequencies: Floats) -> Floats:
        """An upper bound of each event's transform (m, k) at the frequencies (k,), which need not be whole."""
        forms = np.empty((self.book.owner.size, frequencies.size))
        for at, kind in self._kinds:
            forms[at] = kind.bound(frequencies)
        return self._events(np.arange(self.book.rate.size), forms)

    def zero(self) -> Complexes:
        """The transforms of all events at frequency 0 (m, 1)."""
        return self.events(np.arange(self.book.rate.size), Place.zero())

    def events(self, rows: Rows, place: Place) -> Complexes:
        """E exp(-sX) of one event of the scenarios `rows` (r, k)."""
        forms, _ = self._forms_of(rows)
        return self._events(rows, self._transforms(forms, place))

    def _forms_of(self, rows: Rows) -> tuple[Rows, Rows]:
        """The forms of the scenarios `rows`, and where each scenario's begin among them."""
        if rows.size == self.book.rate.size:
            return np.arange(self.book.owner.size), self.book.starts
        ends = np.append(self.book.starts, self.book.owner.size)
        sizes = np.diff(ends)[rows]
        starts = np.cumsum(sizes) - sizes
        forms = np.repeat(self.book.starts[rows] - starts, sizes) + np.arange(sizes.sum())
        return forms, starts

    def _transforms(self, forms: Rows, place: Place) -> Complexes:
        values: Complexes | None = None
        for number, (_, kind) in enumerate(self._kinds):
            here = self._kind_of[forms] == number
            if here.all():
                values = kind.transform(self._row_in[forms], place)
                break
            if here.any():
                values = np.empty((forms.size, place.omega.size), complex) if values is None else values
                values[here] = kind.transform(self._row_in[forms[here]], place)
        assert values is not None
        return values

    def _events(self, rows: Rows, forms: Numbers) -> Numbers:
        chosen, starts = self._forms_of(rows)
        chance = self.book.chance[chosen]
        if (chance < 1.0).any():
            forms = 1.0 - chance[:, None] + chance[:, None] * forms
        return forms if forms.shape[0] == starts.size else np.multiply.reduceat(forms, starts, axis=0)

    def with_bias(self, rows: Rows, place: Place) -> tuple[Complexes, Complexes]:
        """E exp(-sX) and s E[X exp(-sX)] of one event of the scenarios `rows`, (r, k) each."""
        chosen, starts = self._forms_of(rows)
        forms = self._transforms(chosen, place)
        biased = np.empty_like(forms)
        for number, (_, kind) in enumerate(self._kinds):
            here = self._kind_of[chosen] == number
            if here.any():
                biased[here] = kind.biased(self._row_in[chosen[here]], place, forms[here])
        chance = self.book.chance[chosen][:, None]
        forms, biased = 1.0 - chance + chance * forms, chance * biased
        events = self._events_of(forms, starts)
        return events, _product_rule(starts, forms, biased)

    @staticmethod
    def _events_of(forms: Complexes, starts: Rows) -> Complexes:
        events: Complexes = forms if forms.shape[0] == starts.size else np.multiply.reduceat(forms, starts, axis=0)
        return events

    def shares(self, count: int) -> Iterator[Share]:
        """Which scenarios are evaluated where, for the frequencies below `count`."""
        for _, kind in self._kinds:
            kind.prepare(count)
        how_many = octaves(count)
        yield Share(-1, Place.first(), np.arange(self.book.rate.size))
        turning = np.empty((self.book.owner.size, how_many))
        for at, kind in self._kinds:
            turning[at] = kind.turning(how_many)
        turning = np.add.reduceat(turning, self.book.starts, axis=0)
        sizes = self.bound(FIRST * 2.0 ** np.arange(how_many))
        most = (sizes - self.book.costless[:, None]) * self.book.counts.steepest[:, None] * self.book.rate.size
        harmonics = self.book.counts.harmonics(sizes)
        smooth = turning <= np.minimum(_AT_NODES, _AT_NODES_MIXED * harmonics)
        carried = np.minimum(_PER_PANEL, _PER_PANEL_MIXED * harmonics)
        with np.errstate(divide="ignore", invalid="ignore"):
            panels = np.maximum(np.ceil(np.log2(turning / (4.0 * carried))), 0.0)
        every = ~(panels <= np.log2((FIRST << np.arange(how_many)) / SHORTEST))
        for octave in range(how_many):
            counting = most[:, octave] > self.negligible
            at_nodes, at_all = counting & smooth[:, octave], counting & ~smooth[:, octave] & every[:, octave]
            if at_nodes.any():
                yield Share(octave, Place.at_nodes(how_many), np.flatnonzero(at_nodes))
            rest = counting & ~at_nodes & ~at_all
            for c in np.unique(panels[rest, octave]).astype(int):
                here = rest & (panels[:, octave] == c)
                yield Share(octave, Place.panels(octave, int(c), count), np.flatnonzero(here))
            if at_all.any():
                yield Share(octave, Place.frequencies(octave, count), np.flatnonzero(at_all))

    def log_year(self, count: int) -> Complexes:
        """ln E exp(-sS) at the frequencies 0 .. count - 1, less what is negligible."""
        book = self.book
        logs = np.empty(max(count, FIRST), complex)
        sums: dict[int, list[tuple[Place, Complexes]]] = {}
        absent = np.ones((octaves(count) + 1, book.rate.size), bool)
        at_nodes = self._sums_at_nodes(count)
        for share in self._planned:
            if share.place.octave == -2:
                total = at_nodes[share.octave]
            else:
                total = np.zeros(share.place.omega.size, complex)
                for rows in _chunks(share.rows, share.place.omega.size):
                    total += book.counts.log_generating(self.events(rows, share.place), rows).sum(axis=0)
            absent[share.octave, share.rows] = False
            sums.setdefault(share.octave, []).append((share.place, total))
        (first,) = sums.pop(-1)
        logs[:FIRST] = first[1]
        for octave in range(octaves(count)):
            start, end = FIRST << octave, min(FIRST << (octave + 1), count)
            if end > start:
                logs[start:end] = _gather(octave, sums.get(octave, []), end) + book.log_none[absent[octave]].sum()
        return logs[:count]

    def _sums_at_nodes(self, count: int) -> dict[int, Complexes]:
        """For each octave the sum, at its nodes, over the scenarios that are summed there."""
        self._planned = list(self.shares(count))
        smooth = [share for share in self._planned if share.place.octave == -2]
        if not smooth:
            return {}
        member = np.zeros((len(smooth), self.book.rate.size))
        for number, share in enumerate(smooth):
            member[number, share.rows] = 1.0
        width = smooth[0].place.omega.size
        totals = np.zeros((len(smooth), 2 * width))
        every = np.flatnonzero(member.any(axis=0))
        for rows in _chunks(every, width):
            last = max(share.octave for number, share in enumerate(smooth) if member[number, rows].any())
            place = Place.at_nodes(last + 1)
            values = self.book.counts.log_generating(self.events(rows, place), rows)
            # Real and imaginary parts side by side: one product of real matrices.
            totals[:, : 2 * place.omega.size] += member[:, rows] @ values.view(float)
        sums = {}
        for number, share in enumerate(smooth):
            start = PER_OCTAVE * share.octave
            sums[share.octave] = totals[number].view(complex)[start : start + WINDOW]
        return sums

    def weighted(self, weights: Complexes) -> tuple[Floats, Floats]:
        """Re sum_j weights_j * (d ln E exp(-s_j S_i) / d x), by x = ln of the amounts and by x = ln of the rate.

        weights (count,) at the frequencies 0 .. count - 1; two sums per scenario (m,), by which figures of the year
        are divided among scenarios.
        """
        count, book = weights.size, self.book
        by_amount, by_rate = np.zeros(book.rate.size), np.zeros(book.rate.size)
        # What a scenario contributes where it is left out: there its events' transform is that of costing nothing.
        total = complex(weights.sum())
        _, resting = book.counts.sensitivity(book.costless[:, None], np.arange(book.rate.size))
        resting = np.where(np.isfinite(resting), resting, 0.0)
        for share in self.shares(count):
            start = 0 if share.octave < 0 else FIRST << share.octave
            here = weights[start : min(FIRST if share.octave < 0 else 2 * start, count)]
            carried = _scatter(share, here)
            place = Place.at_nodes(share.octave + 1) if share.place.octave == -2 else share.place
            rest = complex(here.sum()).real
            for rows in _chunks(share.rows, place.omega.size):
                events, biased = self.with_bias(rows, place)
                slope, rates = book.counts.sensitivity(events, rows)
                by_amount[rows] -= ((slope * biased)[:, -carried.size :] @ carried).real
                by_rate[rows] += (rates[:, -carried.size :] @ carried).real - resting[rows, 0] * rest
        return by_amount, by_rate + resting[:, 0] * total.real


def _chunks(rows: Rows, width: int) -> Iterator[Rows]:
    size = max(1, _CHUNK // max(width, 1))
    for first in range(0, rows.size, size):
        yield rows[first : first + size]


def _gather(octave: int, parts: list[tuple[Place, Complexes]], end: int) -> Complexes:
    """From sums at several depths of one octave to its frequencies below `end`."""
    start = FIRST << octave
    last = last_panels(octave)
    direct = np.zeros(end - start, complex)
    by_depth: dict[int, Complexes] = {}
    for place, total in parts:
        if place.octave == -2:
            by_depth[0] = by_depth.get(0, 0.0) + (total @ to_panel(octave))[None, None, :]
        elif place.every:
            direct += total
        else:
            assert place.depth is not None
            panels = place.depth.panels
            by_depth[panels] = by_depth.get(panels, 0.0) + total.reshape(1, -1, ORDER)
    if not by_depth:
        return direct
    lowest, deepest = min(by_depth), max(last, *by_depth)
    panels_so_far = by_depth[lowest]
    for c in range(lowest + 1, deepest + 1):
        panels_so_far = deepen(panels_so_far, used_panels(octave, c, end)) + by_depth.get(c, 0.0)
    found = times(panels_so_far[0], to_frequencies(start >> deepest))
    return direct + found.ravel()[: end - start]


def _scatter(share: Share, weights: Complexes) -> Complexes:
    """The transpose of `_gather` for one share: from weights at an octave's frequencies to weights at its places."""
    place = share.place
    if share.octave < 0:
        return np.concatenate([weights, np.zeros(FIRST - weights.size)])
    if place.every:
        return weights
    panels = place.depth.panels if place.depth is not None else 0
    deepest = max(last_panels(share.octave), panels)
    start = FIRST << share.octave
    length = start >> deepest
    used = used_panels(share.octave, deepest, start + weights.size)
    padded = np.zeros(used * length, complex)
    padded[: weights.size] = weights
    carried = times(padded.reshape(used, length), np.ascontiguousarray(to_frequencies(length).T))
    for c in range(deepest - 1, panels - 1, -1):
        above = used_panels(share.octave, c, start + weights.size)
        halves = np.zeros((2 * above, ORDER), complex)
        halves[: carried.shape[0]] = carried
        carried = times(halves.reshape(above, 2 * ORDER), np.ascontiguousarray(to_halves().T))
    if place.octave == -2:
        at_nodes: Complexes = to_panel(share.octave) @ carried[0]
        return at_nodes
    return carried.ravel()


def _product_rule(starts: Rows, forms: Complexes, biased: Complexes) -> Complexes:
    """s E[X exp(-sX)] of the events (r, k) from the forms' transforms and size-biased transforms (f, k)."""
    if forms.shape[0] == starts.size:
        return biased
    first = np.zeros(forms.shape[0], bool)
    first[starts] = True
    left, right = np.ones_like(forms), np.ones_like(forms)
    for f in range(1, forms.shape[0]):
        if not first[f]:
            left[f] = left[f - 1] * forms[f - 1]
    for f in range(forms.shape[0] - 2, -1, -1):
        if not first[f + 1]:
            right[f] = right[f + 1] * forms[f + 1]
    products: Complexes = np.add.reduceat(biased * left * right, starts, axis=0)
    return products


__all__ = ["DAMPING", "ERROR_KINKED", "ERROR_SYMMETRIC", "ERROR_WIDE", "NEGLIGIBLE", "Book", "Spectrum", "omega"]
