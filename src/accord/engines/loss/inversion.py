"""From the transform back to probabilities, with a proven error.

The annual loss S gets an independent amount K added that lies in [0, width] (Kaiser-Bessel density), Z = S + K. The
transform of K falls so fast that a finite number of frequencies is enough, whatever S is, and S <= Z <= S + width
turns every statement on Z into a bound on S. What is left out or wrong is added to the bounds:

* truncation: the frequencies beyond the last one, bounded by |E exp(-sY)| <= variation / |s| form by form;
* aliasing: each period P weighs exp(-DAMPING) of the one before (exponential tilting), which bounds the tail by a
  factor of 1 + 3e-5 at the most;
* arithmetic: the error of the transforms and of the sums.

The Fourier-series method with damping is that of Abate and Whitt, Queueing Systems 10 (1992); the smoothing follows
Esseen's idea with a kernel of bounded support, so that the bounds are on quantiles and not on averages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accord.engines.loss.spectrum import DAMPING, NEGLIGIBLE, Spectrum

Floats = NDArray[np.floating[Any]]
Complexes = NDArray[np.complexfloating[Any, Any]]

REACH = 0.42
"""The part of the period that is read: further out the damping would magnify the arithmetic error."""
_LAPS = float(np.exp(-DAMPING) / -np.expm1(-DAMPING))


@dataclass(frozen=True, slots=True)
class Tail:
    """The smoothed tail on a grid: amounts k * step (money), k = 0 .. len(tail) - 1.

    tail       P(Z > x, S > 0), estimated; the truth is in [tail - error - alias, tail + error]
    excess     E[(Z - x)+; S > 0] (money), the truth in [excess - excess_error - excess_alias, excess + excess_error]
    no_loss    P(S = 0)
    """

    step: float
    width: float
    no_loss: float
    tail: Floats
    excess: Floats
    error: Floats
    alias: float
    excess_error: Floats
    excess_alias: float
    frequencies: int

    @property
    def reach(self) -> float:
        """The largest amount of the grid (money)."""
        return self.step * (self.tail.size - 1)

    def amounts(self) -> Floats:
        """The grid (money)."""
        amounts: Floats = self.step * np.arange(self.tail.size)
        return amounts

    def quantile(self, p: float) -> tuple[float, float, float]:
        """Lower bound, estimate and upper bound of the p quantile of S; inf above where it is beyond the reach."""
        beyond = 1.0 - p
        if self.no_loss >= p:
            return 0.0, 0.0, 0.0
        under = np.flatnonzero(self.tail + self.error <= beyond)
        over = np.flatnonzero(self.tail - self.error - self.alias > beyond)
        upper = self.step * under[0] if under.size else np.inf
        lower = max(self.step * over[-1] - self.width, 0.0) if over.size else 0.0
        crossing = int(np.argmax(self.tail <= beyond)) if under.size else self.tail.size - 1
        middle = self.step * float(crossing)
        if crossing > 0 and under.size:
            before, after = self.tail[crossing - 1], self.tail[crossing]
            middle -= self.step * float((beyond - after) / (before - after))
        return lower, float(np.clip(middle - self.width / 2.0, lower, upper)), upper

    def tail_mean(self, p: float) -> tuple[float, float, float]:
        """Lower bound, estimate and upper bound of TVaR at p: min over d of d + E(S - d)+ / (1 - p)

        (Rockafellar and Uryasev, Journal of Banking and Finance 26, 2002). Needs P(S = 0) < p.
        """
        beyond = 1.0 - p
        amounts = self.amounts()
        candidates = (amounts + self.excess / beyond)[amounts >= self.width]
        best = int(np.argmin(candidates))
        start = amounts.size - candidates.size
        before = max(start + best - 1, 0)
        slack = self.step * max(0.0, float(self.tail[before] + self.error[before]) / beyond - 1.0)
        error, alias = float(self.excess_error[start + best]) / beyond, self.excess_alias / beyond
        value = float(candidates[best])
        return value - slack - error - alias - self.width, value - self.width / 2.0, value + error

    def exceedance(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Lower bound, estimate and upper bound of P(S > x), x (k,) in [0, reach - width] (money)."""
        some = 1.0 - self.no_loss
        position = x / self.step
        below = np.floor(position).astype(int)
        above = np.ceil(position + self.width / self.step).astype(int)
        middle = np.interp(x + self.width / 2.0, self.amounts(), self.tail)
        upper = np.clip(self.tail[below] + self.error[below], 0.0, some)
        lower = np.clip(self.tail[above] - self.error[above] - self.alias, 0.0, some)
        return lower, np.clip(middle, lower, upper), upper


def kernel_transform(s: Complexes, width: float, sharpness: float) -> Complexes:
    """E exp(-sK), K on [0, width] with density proportional to I0(sharpness * sqrt(1 - u^2)), u from -1 to 1."""
    half = s * (width / 2.0)
    root = np.sqrt(sharpness * sharpness + half * half)
    transform: Complexes = (np.exp(root - half) - np.exp(-root - half)) / root
    transform *= 0.5 * sharpness / np.sinh(sharpness)
    return transform


def envelope(spectrum: Spectrum, frequencies: Floats) -> Floats:
    """An upper bound (k,) of |E exp(-sS) - P(S = 0)| at the frequencies (k,), decreasing."""
    book = spectrum.book
    none = book.log_no_loss()
    logs = book.log_generating(book.events(spectrum.bound(frequencies))).sum(axis=0)
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
    grid = np.geomspace(4.0, max(last, 8.0), 400)
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


def invert(spectrum: Spectrum, width: float, accuracy: float, steps: int = 8) -> Tail:
    """The tail of S smoothed over `width` (money) on `steps` points per width or more.

    Its truncation error is below `accuracy` (a probability).
    """
    count, sharpness, truncation = cutoff(spectrum, width, accuracy)
    period, book = spectrum.period, spectrum.book
    none = float(np.exp(book.log_no_loss()))
    values = np.empty(count, complex)
    for block in spectrum.blocks(count):
        values[block.place] = np.exp(book.log_year(block.events, block.rows))
    s = (DAMPING + 2j * np.pi * np.arange(count)) / period
    kernel = kernel_transform(s, width, sharpness)
    weight = np.abs(values * kernel / s)
    values = (values - none) * kernel / s
    size = 1 << int(np.ceil(np.log2(steps * period / width)))
    reach = int(REACH * size)
    step = period / size
    x = step * np.arange(reach)
    growth = np.exp(DAMPING * x / period) / period
    some, mean = 1.0 - none, float(book.means().sum()) + (1.0 - none) * width / 2.0
    below = growth * _series(values, size)[:reach]
    tail = some - (below - _LAPS * some)
    area = growth * _series(values / s, size)[:reach]
    laps = _LAPS * (some * x - mean) + some * period * _LAPS * (1.0 + _LAPS)
    excess = mean - some * x + area - laps
    rate = book.rate[book.owner]
    shaky = 2.0 / period * (float(rate @ spectrum.error) + NEGLIGIBLE + 4e-15)
    gain = growth * period
    error = gain * (truncation / np.exp(DAMPING * REACH) + shaky * float(weight.sum()))
    modulus = np.abs(s)
    excess_error = gain * (truncation / np.exp(DAMPING * REACH) / modulus[-1] + shaky * float((weight / modulus).sum()))
    end, end_excess = max(float(tail[-1] + error[-1]), 0.0), max(float(excess[-1] + excess_error[-1]), 0.0)
    return Tail(
        step, width, none, tail, excess, error, _LAPS * end, excess_error, _LAPS * end_excess, frequencies=count
    )


def _series(values: Complexes, size: int) -> Floats:
    """values_0 + 2 Re sum over j >= 1 of values_j exp(2 pi i j m / size), m = 0 .. size - 1, by one FFT."""
    folded = np.zeros(size, complex)
    for first in range(0, values.size, size):
        part = values[first : first + size]
        folded[: part.size] += part
    half = folded[: size // 2 + 1].copy()
    half[1 : size // 2] += np.conj(folded[: size // 2 : -1])
    half[0] = 2.0 * half[0].real - values[0].real
    half[-1] = 2.0 * half[-1].real
    series: Floats = np.fft.irfft(half, size) * size
    return series
