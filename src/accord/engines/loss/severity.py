"""Two-piece lognormal amounts and rates: one law through three quantiles.

ln Y = ln(median) + s_low * z for z < 0 and + s_high * z for z > 0, with z standard normal. The law goes exactly
through the 5 %, 50 % and 95 % quantiles it is given, and is the ordinary lognormal where they are symmetric on the
logarithmic scale (s_low = s_high). A side with s = 0 is an atom of one half at the median. The density of the
logarithm is the two-piece normal of Fechner (Wallis, Statistical Science 29(1), 2014) with both halves of mass 1/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, ndtr, ndtri  # type: ignore[import-untyped]

Floats = NDArray[np.floating[Any]]

Z95 = float(ndtri(0.95))


@dataclass(frozen=True, slots=True)
class TwoPieceLognormal:
    """Arrays of one shape: median (money or events per year), s_low and s_high (dimensionless, >= 0).

    A median of 0 is the constant 0.
    """

    median: Floats
    s_low: Floats
    s_high: Floats

    @classmethod
    def from_quantiles(cls, quantiles: Floats) -> TwoPieceLognormal:
        """The law through `quantiles` (..., 3) at 5 %, 50 % and 95 %, each row 0 < low <= mid <= high or all 0."""
        low, mid, high = (quantiles[..., i] for i in range(3))
        positive = mid > 0
        safe_mid = np.where(positive, mid, 1.0)
        s_low = np.where(positive, np.log(safe_mid / np.where(positive, low, 1.0)) / Z95, 0.0)
        s_high = np.where(positive, np.log(np.where(positive, high, 1.0) / safe_mid) / Z95, 0.0)
        return cls(median=np.where(positive, mid, 0.0), s_low=s_low, s_high=s_high)

    def moment(self, k: int) -> Floats:
        """E[Y^k], k >= 1, in closed form: median^k * (g(-k s_low) + g(k s_high)), g(a) = exp(a^2/2) Phi(a)."""
        lower = 0.5 * erfcx(k * self.s_low / np.sqrt(2.0))
        a = k * self.s_high
        upper = np.exp(a * a / 2.0) * ndtr(a)
        moment: Floats = self.median**k * (lower + upper)
        return moment

    def mean(self) -> Floats:
        """E[Y]."""
        return self.moment(1)

    def variance(self) -> Floats:
        """Var[Y]; exactly 0 for a constant."""
        constant = (self.s_low == 0) & (self.s_high == 0)
        return np.where(constant, 0.0, np.maximum(self.moment(2) - self.moment(1) ** 2, 0.0))

    def cdf(self, x: Floats | float) -> Floats:
        """P(Y <= x), broadcast over the arrays."""
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.log(np.maximum(x, 0.0) / self.median)
            scale = np.where(distance < 0, self.s_low, self.s_high)
            z = np.where(scale > 0, distance / scale, np.where(distance < 0, -np.inf, np.inf))
        return np.where(self.median > 0, ndtr(z), np.where(np.asarray(x) >= 0, 1.0, 0.0))

    def quantile(self, p: Floats | float) -> Floats:
        """The p quantile, 0 < p < 1, broadcast over the arrays."""
        z = ndtri(p)
        scale = np.where(z < 0, self.s_low, self.s_high)
        quantile: Floats = self.median * np.exp(scale * z)
        return quantile

    def density_variation(self) -> Floats:
        """Total variation of the density times the median; inf where there is an atom.

        It bounds the transform: |E exp(-sY)| <= (variation / median + Re s) / |Im s|.
        """
        atom = (self.s_low == 0) | (self.s_high == 0)
        low, high = np.where(atom, 1.0, self.s_low), np.where(atom, 1.0, self.s_high)
        step = np.maximum(1.0 / high - 1.0 / low, 0.0)
        variation = 2.0 * (np.exp(low * low / 2.0) / low + step) / np.sqrt(2.0 * np.pi)
        return np.where(atom, np.inf, variation)
