"""From the transform back to probabilities, with a proven error.

The annual loss S gets an independent amount K added that lies within half a width of 0, Z = S + K. The density of K is
that of Kaiser and Bessel, tilted so that on the line of frequencies its transform is real. It falls so fast that a
finite number of frequencies is enough, whatever S is, and |S - Z| <= width / 2 turns every statement on Z into a bound
on S. What is left out or wrong is added to the bounds:

* truncation: the frequencies beyond the last one, bounded by the bounds of the forms' transforms;
* aliasing: each period P weighs exp(-DAMPING) of the one before (exponential tilting), which bounds the tail by a
  factor of 1 + 3e-5 at the most;
* arithmetic: the error of the transforms and of the sums.

The Fourier-series method with damping is that of Abate and Whitt, Queueing Systems 10 (1992); the smoothing follows
Esseen's idea with a kernel of bounded support, so that the bounds are on quantiles and not on averages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.places import DAMPING
from accord.engines.loss.spectrum import Spectrum

Floats = NDArray[np.floating[Any]]
Complexes = NDArray[np.complexfloating[Any, Any]]

REACH = 0.42
"""The part of the period that is read: further out the damping would magnify the arithmetic error."""
LAPS = float(np.exp(-DAMPING) / -np.expm1(-DAMPING))
_BLOCK = 512
_ENVELOPE_POINTS = 160


@dataclass(frozen=True, slots=True)
class Tail:
    """The smoothed tail: on a grid of amounts k * step (money), k = 0 .. len(tail) - 1, and at any amount.

    tail       P(Z > x, S > 0), estimated; the truth is in [tail - error - alias, tail + error]
    no_loss    P(S = 0)
    mean       E S, of which `added` by rounding amounts to a lattice; shift: E K (money)
    factor     (frequencies,) E exp(-sK), with what turns a sum over j >= 0 into the inversion
    series     (frequencies,) coefficients of P(Z <= x, S > 0), `moment` those of its integral
    """

    period: float
    step: float
    width: float
    no_loss: float
    mean: float
    added: float
    shift: float
    tail: Floats
    factor: Floats
    series: Complexes
    moment: Complexes
    error_at_0: float
    excess_error_at_0: float
    alias: float
    excess_alias: float
    _crossings: dict[float, tuple[float, float, float]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def frequencies(self) -> int:
        """How many frequencies were evaluated."""
        return self.series.size

    @property
    def reach(self) -> float:
        """The largest amount of the grid (money)."""
        return self.step * (self.tail.size - 1)

    def amounts(self) -> Floats:
        """The grid (money)."""
        amounts: Floats = self.step * np.arange(self.tail.size)
        return amounts

    def growth(self, x: Floats | float) -> Floats:
        """By how much the damping is undone at x (money)."""
        growth: Floats = np.exp(DAMPING * np.asarray(x) / self.period)
        return growth

    def error(self, x: Floats | float) -> Floats:
        """What `tail` may differ from the truth by at x, up to the alias."""
        return self.error_at_0 * self.growth(x)

    def tail_at(self, x: Floats) -> Floats:
        """P(Z > x, S > 0) at x (k,) from -width / 2 up to the reach, summed frequency by frequency."""
        some = 1.0 - self.no_loss
        tail: Floats = some * (1.0 + LAPS) - self.growth(x) * self._sum(self.series, x)
        return tail

    def excess_at(self, x: Floats) -> Floats:
        """E[(Z - x)+; S > 0] (money) at x (k,); the truth is within `excess_error`, and below by `excess_alias`."""
        some, mean = 1.0 - self.no_loss, self.mean + (1.0 - self.no_loss) * self.shift
        laps = LAPS * (some * x - mean) + some * self.period * LAPS * (1.0 + LAPS)
        excess: Floats = mean - some * x + self.growth(x) * self._sum(self.moment, x) - laps
        return excess

    def excess_error(self, x: Floats | float) -> Floats:
        """What `excess_at` may differ from the truth by, up to the alias (money)."""
        return self.excess_error_at_0 * self.growth(x)

    def _sum(self, coefficients: Complexes, x: Floats) -> Floats:
        blocks = -(-coefficients.size // _BLOCK)
        padded = np.zeros(blocks * _BLOCK, complex)
        padded[: coefficients.size] = coefficients
        turn = 2j * np.pi / self.period * x
        inner = padded.reshape(blocks, _BLOCK) @ np.exp(np.multiply.outer(np.arange(_BLOCK), turn))
        total: Floats = np.einsum("bk,bk->k", inner, np.exp(np.multiply.outer(_BLOCK * np.arange(blocks), turn))).real
        return total

    def crossing(self, beyond: Floats) -> tuple[Floats, Floats, Floats]:
        """Where P(Z > x, S > 0) falls to `beyond` (k,): proven from, estimate, proven to (inf past the reach)."""
        missing = np.array([wanted for wanted in beyond.tolist() if wanted not in self._crossings])
        if missing.size:
            found = self._find_crossing(missing)
            self._crossings.update(zip(missing.tolist(), zip(*found.tolist(), strict=True), strict=True))
        known = np.array([self._crossings[wanted] for wanted in beyond.tolist()])
        return known[:, 0], known[:, 1], known[:, 2]

    def _find_crossing(self, beyond: Floats) -> Floats:
        """`crossing` as rows (3, k)."""
        error = self.error(self.amounts())
        found = np.empty((3, beyond.size))
        slope = np.empty(beyond.size)
        for i, wanted in enumerate(beyond):
            under = np.flatnonzero(self.tail + error <= wanted)
            over = np.flatnonzero(self.tail - error - self.alias > wanted)
            found[2, i] = self.step * under[0] if under.size else np.inf
            found[0, i] = self.step * over[-1] if over.size else -np.inf
            k = int(np.argmax(self.tail <= wanted)) if under.size else self.tail.size - 1
            drop = max(float(self.tail[k - 1] - self.tail[k]), 0.0) if k else 0.0
            found[1, i] = self.step * (k - (min((wanted - self.tail[k]) / drop, 1.0) if drop > 0 else 0.0))
            slope[i] = drop / self.step
        steep = (slope > 0) & np.isfinite(found).all(axis=0)
        if steep.any():
            found[:, steep] = self._narrow(found[:, steep], slope[steep], beyond[steep])
        return found

    def _narrow(self, found: Floats, slope: Floats, beyond: Floats) -> Floats:
        """Newton's steps from the grid, then both sides proven close by where that is possible."""
        low, x, high = found[0].copy(), found[1].copy(), found[2].copy()
        residual = np.full(x.size, np.inf)
        for round_ in range(40):
            going = np.flatnonzero(np.abs(residual) > 1e-7 * beyond + 0.3 * self.error(x))
            if not going.size:
                break
            residual[going] = self.tail_at(x[going]) - beyond[going]
            above = residual[going] > 0
            low[going[above]], high[going[~above]] = x[going[above]], x[going[~above]]
            step = x[going] + residual[going] / slope[going]
            # Where the tail has an atom, the slope of the grid is not that of the point: halve instead.
            inside = (step > low[going]) & (step < high[going]) & (round_ < 4)
            x[going] = np.where(inside, step, (low[going] + high[going]) / 2.0)
        residual = np.abs(self.tail_at(x) - beyond)
        above = x + 1.05 * (residual + self.error(x)) / slope + 1e-4 * self.width
        below = x - 1.05 * (residual + self.error(x) + self.alias) / slope - 1e-4 * self.width
        tails = self.tail_at(np.concatenate([below, above]))
        proven_below = tails[: x.size] - self.error(below) - self.alias > beyond
        proven_above = tails[x.size :] + self.error(above) <= beyond
        return np.stack([np.where(proven_below, below, found[0]), x, np.where(proven_above, above, found[2])])

    def quantile(self, p: float) -> tuple[float, float, float]:
        """Lower bound, estimate and upper bound of the p quantile of S; inf above where it is beyond the reach."""
        lower, middle, upper = self.quantiles(np.array([p]))[0]
        return float(lower), float(middle), float(upper)

    def quantiles(self, p: Floats) -> Floats:
        """`quantile` at p (k,): (k, 3)."""
        found = np.zeros((p.size, 3))
        some = p > self.no_loss
        if some.any():
            below, middle, above = self.crossing(1.0 - p[some])
            lower, upper = np.maximum(below - self.width / 2.0, 0.0), above + self.width / 2.0
            found[some] = np.stack([lower, np.clip(middle - self.shift, lower, upper), upper], axis=1)
        return found

    def tail_means(self, p: Floats) -> Floats:
        """Lower bound, estimate and upper bound of TVaR at p (k,): min over d of d + E(S - d)+ / (1 - p).

        (Rockafellar and Uryasev, Journal of Banking and Finance 26, 2002). Needs P(S = 0) < p.
        """
        beyond = 1.0 - p
        below, middle, above = self.crossing(beyond)
        d = np.maximum(middle, self.width / 2.0)
        value = d + self.excess_at(d) / beyond
        error, alias = self.excess_error(d) / beyond, self.excess_alias / beyond
        away = np.maximum(above, d) - np.minimum(below, d)
        slack = np.abs(self.tail_at(d) / beyond - 1.0) + (self.error(d) + self.alias) / beyond
        lower = value - np.where(np.isfinite(away), slack * away, np.inf) - error - alias - self.width / 2.0
        # Jensen: E(S - d)+ is at the most E(S + K - E K - d)+, so the estimate is an upper bound but for the error.
        return np.stack([lower, value - self.shift, value - self.shift + error], axis=1)

    def exceedance(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Lower bound, estimate and upper bound of P(S > x), x (k,) in [0, reach - width - step] (money)."""
        some = 1.0 - self.no_loss
        below = np.floor((x - self.width / 2.0) / self.step).astype(int)
        above = np.ceil((x + self.width / 2.0) / self.step).astype(int)
        middle = np.interp(x + self.shift, self.amounts(), self.tail)
        under = np.maximum(below, 0)
        upper = np.where(below < 0, some, self.tail[under] + self.error(under * self.step))
        upper = np.clip(upper, 0.0, some)
        lower = np.clip(self.tail[above] - self.error(above * self.step) - self.alias, 0.0, some)
        return lower, np.clip(middle, lower, upper), upper

    def stop_loss(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Lower bound, estimate and upper bound of E(S - x)+ (money), x (k,) in [0, reach - width]."""
        some, mean = 1.0 - self.no_loss, self.mean
        middle = np.where(x > self.width, self.excess_at(x + self.shift), mean - some * x)
        # Below the smoothing: E(S - x)+ >= E S - x P(S > 0), and at the most E S.
        near = x <= self.width
        upper = np.where(near, mean, middle + self.excess_error(x + self.shift))
        further = x + self.width / 2.0
        lower = self.excess_at(further) - self.excess_error(further) - self.excess_alias
        lower = np.clip(np.maximum(lower, mean - some * x), 0.0, mean)
        upper = np.clip(upper, lower, mean)
        return lower, np.clip(middle, lower, upper), upper


@dataclass(frozen=True, slots=True)
class Kernel:
    """K in (-width / 2, width / 2): density like exp(DAMPING u / period) I0(sharpness sqrt(1 - (2 u / width)^2))."""

    width: float
    sharpness: float
    period: float

    def transform(self, count: int) -> Floats:
        """E exp(-s_j K) at the frequencies 0 .. count - 1 (count,): real."""
        squares = self.sharpness**2 - (np.pi * self.width / self.period * np.arange(count)) ** 2
        root = np.sqrt(np.abs(squares))
        root = np.maximum(root, 1e-9)
        inside = np.exp(root - self.sharpness) - np.exp(-root - self.sharpness)
        outside = 2.0 * np.sin(root) * np.exp(-self.sharpness)
        tilted, _ = self._tilted()
        scale = 0.5 * np.exp(self.sharpness) / tilted
        transform: Floats = np.where(squares > 0, inside, outside) / root * scale
        return transform

    def mean(self) -> float:
        """E K (money)."""
        _, root = self._tilted()
        half = self.width / 2.0
        return float((1.0 / np.tanh(root) - 1.0 / root) / root * half * half * DAMPING / self.period)

    def _tilted(self) -> tuple[float, float]:
        root = float(np.hypot(self.sharpness, DAMPING * self.width / (2.0 * self.period)))
        return float(np.sinh(root) / root), root


def envelope(spectrum: Spectrum, frequencies: Floats) -> Floats:
    """An upper bound (k,) of |E exp(-sS) - P(S = 0)| at the frequencies (k,), decreasing."""
    book = spectrum.book
    none = book.log_no_loss()
    logs = book.counts.log_generating(np.minimum(spectrum.bound(frequencies), 1.0)).sum(axis=0)
    if none < -30.0:
        everything: Floats = np.exp(np.minimum(logs, 0.0))
        return everything
    apart: Floats = np.exp(none) * np.expm1(np.minimum(logs - none, -none))
    return apart


def cutoff(spectrum: Spectrum, width: float, accuracy: float) -> tuple[int, float, float]:
    """How many frequencies are needed, the kernel's sharpness, and the truncation error that is then left.

    accuracy is absolute on probabilities at the reach.
    """
    period = spectrum.period
    gain = float(np.exp(DAMPING * REACH))
    last = 12.0 * period / (np.pi * width)
    level = float(envelope(spectrum, np.array([last]))[0])
    sharpness = float(np.clip(np.log(max(gain * level / accuracy, 1e-300)), 4.0, 40.0))
    last = 1.06 * sharpness * period / (np.pi * width)
    grid = np.geomspace(4.0, max(last, 8.0), _ENVELOPE_POINTS)
    height = envelope(spectrum, grid)
    angle = np.pi * grid * width / period
    inside = np.sqrt(np.maximum(sharpness**2 - angle**2, 1e-12))
    kernel = np.where(angle < sharpness, np.sinh(inside) / inside * sharpness / np.sinh(sharpness), 0.0)
    side = sharpness / np.sinh(sharpness) / np.sqrt(np.maximum(angle**2 - sharpness**2, 1.0))
    kernel = np.maximum(kernel, side) * 1.01
    pieces = (height * kernel)[:-1] * np.log(grid[1] / grid[0]) / np.pi
    beyond = height[-1] * np.arcsin(min(1.0, sharpness / angle[-1])) / (np.pi * np.sinh(sharpness)) * 1.01
    left = gain * (np.concatenate([np.cumsum(pieces[::-1])[::-1], [0.0]]) + beyond)
    chosen = int(np.argmax(left <= accuracy)) if (left <= accuracy).any() else grid.size - 1
    return int(np.ceil(grid[chosen])) + 1, sharpness, float(left[chosen])


def invert(spectrum: Spectrum, width: float, accuracy: float, steps: int = 8, beyond: float = 1.0) -> Tail:
    """The tail of S smoothed over `width` (money) on `steps` points per width or more.

    Its truncation error is below `accuracy` (a probability); `beyond` is a bound of P(S > period - width) where one is
    known, which lessens the aliasing.
    """
    count, sharpness, truncation = cutoff(spectrum, width, accuracy)
    period, book = spectrum.period, spectrum.book
    none = float(np.exp(book.log_no_loss()))
    kernel = Kernel(width, sharpness, period)
    damped = kernel.transform(count)
    values = np.exp(spectrum.log_year(count))
    s = (DAMPING + 2j * np.pi * np.arange(count)) / period
    modulus = np.abs(s)
    factor = damped * (np.where(np.arange(count) == 0, 1.0, 2.0) / period)
    inverse = np.conj(s) / (modulus * modulus)
    weight = np.abs(values) * np.abs(factor) / modulus
    series = (values - none) * factor * inverse
    moment = series * inverse
    size = 1 << int(np.ceil(np.log2(steps * period / width)))
    shaky = spectrum.shaky()
    loose = spectrum.shaky_anyway() * float((np.abs(factor) / modulus).sum()) if spectrum.shaky_anyway() else 0.0
    at_reach = truncation / np.exp(DAMPING * REACH)
    error_at_0 = at_reach + shaky * float(weight.sum()) + loose
    excess_error_at_0 = at_reach / modulus[-1] + shaky * float((weight / modulus).sum()) + loose / modulus[0]
    mean = float(spectrum.means.sum())
    tail = _tail_on_grid(series, size, int(REACH * size), 1.0 - none)
    found = Tail(
        period, period / size, width, none, mean, mean - float(book.means().sum()), kernel.mean(),
        tail, factor, series, moment, error_at_0, excess_error_at_0, 0.0, 0.0,
    )  # fmt: skip
    end = np.array([found.reach])
    last = max(float(tail[-1] + found.error(found.reach)), 0.0)
    last_excess = max(float(found.excess_at(end)[0] + found.excess_error(found.reach)), 0.0)
    object.__setattr__(found, "alias", LAPS * min(last, beyond))
    object.__setattr__(found, "excess_alias", LAPS * last_excess)
    return found


def _tail_on_grid(series: Complexes, size: int, reach: int, some: float) -> Floats:
    """P(Z > x, S > 0) at the first `reach` of `size` amounts in a period, by one FFT."""
    folded = np.zeros(size, complex)
    for first in range(0, series.size, size):
        part = series[first : first + size]
        folded[: part.size] += part
    # Re sum_j c_j exp(2 pi i j m / size): the half spectrum of a real series.
    half = folded[: size // 2 + 1].copy()
    half[1 : size // 2] += np.conj(folded[: size // 2 : -1])
    half[0] = 2.0 * half[0].real
    half[-1] = 2.0 * half[-1].real
    below = np.fft.irfft(half, size)[:reach] * (size / 2.0)
    growth = np.exp(DAMPING / size * np.arange(reach))
    tail: Floats = some * (1.0 + LAPS) - growth * below
    return tail
