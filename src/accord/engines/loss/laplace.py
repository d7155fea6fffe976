"""The Laplace transform of the two-piece lognormal at complex arguments, to about 1e-11 absolute.

For Y with median 1 and w in the right half-plane,

    E exp(-wY) = F(s_low, w) + exp(-w) * (U(s_high, w) - U(s_low, w)),
    F(s, w) = E exp(-w exp(sZ)),   exp(-w) U(s, w) = E[exp(-w exp(sZ)); Z > 0],   Z standard normal.

ln F and U are smooth functions of ln w, so that a few nodes per octave carry them (see `spectrum`); the oscillation
sits in exp(-w) alone. F is integrated along a horizontal line through (small s) or below (large s) the saddle point,
which is given by Lambert's W (Asmussen, Jensen, Rojas-Nandayapa, "On the Laplace transform of the lognormal
distribution", Methodology and Computing in Applied Probability 18, 2016). U is integrated along a path that leaves
the median into the valley where the integrand decays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw  # type: ignore[import-untyped]

Floats = NDArray[np.floating[Any]]
Complexes = NDArray[np.complexfloating[Any, Any]]

_ROOT_2PI = float(np.sqrt(2.0 * np.pi))
_SADDLE_ONLY = 0.7
"""Up to this s the line goes through the saddle point, above it further down."""
_NEGLIGIBLE = -28.0
_FIRST = -21.0
"""ln of the smallest step away from the median; what is nearer is added in closed form."""


def log_full(s: float, w: Complexes) -> tuple[Complexes, Complexes]:
    """ln F(s, w) and ln F1(s, w), F1 = E[exp(sZ) exp(-w exp(sZ))], s > 0, Re w >= 0; continuous in w."""
    step = min(0.25, 0.24 / s)
    x = np.arange(-8.5, 8.5 + step / 2, step)
    weight = np.exp(-x * x / 2.0) * (step / _ROOT_2PI)
    growth = np.expm1(s * x)
    saddle = lambertw(w * s * s)
    exponent = -saddle * (saddle + 2.0) / (2.0 * s * s)
    if s < _SADDLE_ONLY:
        kernel = np.exp(-saddle[:, None] * ((growth - s * x) / (s * s)))
        moments = kernel @ np.stack([weight, weight * (growth + 1.0)], axis=1)
        correction = np.log(moments[:, 0])
        return exponent + correction, exponent + np.log(moments[:, 1]) - saddle
    shift = np.maximum(saddle.imag, np.minimum(0.6 * np.angle(w), 0.8 * s)) / s
    start = -saddle.real / s - 1j * shift
    scaled = w * np.exp(s * start)
    kernel = np.exp(-scaled[:, None] * growth - start[:, None] * x)
    moments = kernel @ np.stack([weight, weight * (growth + 1.0)], axis=1)
    relative = moments[:, 0] * np.exp(-scaled - start * start / 2.0 - exponent)
    ratio = moments[:, 1] / moments[:, 0] * np.exp(s * start + saddle)
    negligible = exponent.real < _NEGLIGIBLE
    relative[negligible] = 1.0 / np.sqrt(1.0 + saddle[negligible])
    ratio[negligible] = 1.0
    logarithm = exponent + np.log(relative)
    return logarithm, logarithm - saddle + np.log(ratio)


def log_full_shifted(s: float, w: Complexes) -> Complexes:
    """ln F(s, w) + w, without the cancellation that there is for small s."""
    if s >= _SADDLE_ONLY:
        return log_full(s, w)[0] + w
    step = 0.25
    x = np.arange(-8.5, 8.5 + step / 2, step)
    weight = np.exp(-x * x / 2.0) * (step / _ROOT_2PI)
    saddle = lambertw(w * s * s)
    moments = np.exp(-saddle[:, None] * ((np.expm1(s * x) - s * x) / (s * s))) @ weight
    shifted: Complexes = saddle * (np.expm1(saddle) - saddle / 2.0) / (s * s) + np.log(moments)
    return shifted


def upper(s: float, w: Complexes) -> tuple[Complexes, Complexes]:
    """U(s, w) and U1(s, w), the latter with exp(sZ) inside the expectation; s > 0, Re w >= 0."""
    if s < _SADDLE_ONLY:
        return _upper_on(w, *_bent_path(s))
    first, second = np.empty_like(w), np.empty_like(w)
    steep = np.angle(w) > 1.0
    for rows, turn in ((steep, 1.05), (~steep, 0.4)):
        if rows.any():
            first[rows], second[rows] = _upper_on(w[rows], *_turned_ray(s, turn))
    return first, second


def _upper_on(w: Complexes, growth: Complexes, weight: Complexes) -> tuple[Complexes, Complexes]:
    moments = np.exp(np.multiply.outer(-w, growth)) @ np.stack([weight, weight * (growth + 1.0)], axis=1)
    return moments[:, 0], moments[:, 1]


def _bent_path(s: float) -> tuple[Complexes, Complexes]:
    """exp(sz) - 1 and weights along z = x - i d (1 - exp(-x / d)): down into the valley, then level."""
    step = 0.09
    x = np.exp(np.arange(_FIRST, 2.15, step))
    depth = min(1.0, 1.1 / s)
    z = x + 1j * depth * np.expm1(-x / depth)
    weight = np.exp(-z * z / 2.0) * (x * step / _ROOT_2PI) * (1.0 - 1j * np.exp(-x / depth))
    return _with_start(np.expm1(s * z), weight, step, (1.0 - 1j) / _ROOT_2PI)


def _turned_ray(s: float, turn: float) -> tuple[Complexes, Complexes]:
    """exp(sz) - 1 = r exp(-i turn), r from 0 up, and its weights."""
    step = 0.25
    growth = np.exp(np.arange(_FIRST, 8.0 * s, step) - 1j * turn)
    z = np.log1p(growth) / s
    weight = np.exp(-z * z / 2.0) * growth / (1.0 + growth) * (step / (s * _ROOT_2PI))
    return _with_start(growth, weight, step, np.exp(-1j * turn) / (s * _ROOT_2PI))


def _with_start(growth: Complexes, weight: Complexes, step: float, slope: complex) -> tuple[Complexes, Complexes]:
    """Add what lies nearer to the median than the first point: there the integrand is constant."""
    rest = slope * np.exp(_FIRST) * step / np.expm1(step)
    return np.concatenate([[0.0], growth]), np.concatenate([[rest], weight])
