"""Laws of the number of events in a year.

All four belong to Panjer's class, which a mean and a spread = variance / mean - 1 describe: Poisson (spread 0),
negative binomial (above 0), binomial (below 0). H. H. Panjer, ASTIN Bulletin 12 (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlog1py  # type: ignore[import-untyped]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Poisson:
    """Events at a certain rate (events a year, >= 0)."""

    rate: float

    @property
    def mean(self) -> float:
        """Expected number of events."""
        return self.rate

    @property
    def variance(self) -> float:
        """Variance of the number of events."""
        return self.rate

    def log_pgf(self, z: ArrayLike) -> NDArray[Any]:
        """ln E z^N."""
        return -self.rate * (1.0 - np.asarray(z))

    def quantile(self, u: ArrayLike) -> Floats:
        """The smallest number that is not exceeded with probability u, 0 < u < 1."""
        from scipy.stats import poisson  # type: ignore[import-untyped]

        return np.asarray(poisson.ppf(u, self.rate), float)

    def problems(self) -> list[str]:
        """What is wrong with the parameters."""
        return (
            [] if np.isfinite(self.rate) and self.rate >= 0 else [f"a rate of {self.rate} is no number of at least 0"]
        )


@dataclass(frozen=True, slots=True)
class NegativeBinomial:
    """A Poisson count whose rate is uncertain (gamma): mean and variance of the count, variance > mean > 0."""

    mean: float
    variance: float

    def log_pgf(self, z: ArrayLike) -> NDArray[Any]:
        """ln E z^N."""
        spread = self.variance / self.mean - 1.0
        logs: NDArray[Any] = -self.mean / spread * np.log1p(spread * (1.0 - np.asarray(z)))
        return logs

    def quantile(self, u: ArrayLike) -> Floats:
        """The smallest number that is not exceeded with probability u, 0 < u < 1."""
        from scipy.stats import nbinom

        spread = self.variance / self.mean - 1.0
        return np.asarray(nbinom.ppf(u, self.mean / spread, 1.0 / (1.0 + spread)), float)

    def problems(self) -> list[str]:
        """What is wrong with the parameters."""
        if not (np.isfinite([self.mean, self.variance]).all() and self.mean > 0):
            return [f"mean {self.mean} and variance {self.variance} are no numbers above 0"]
        return [] if self.variance > self.mean else [f"a variance of {self.variance} is not above the mean {self.mean}"]


@dataclass(frozen=True, slots=True)
class Binomial:
    """So many chances in a year, each of the same probability: trials >= 1, 0 <= probability <= 1."""

    trials: int
    probability: float

    @property
    def mean(self) -> float:
        """Expected number of events."""
        return self.trials * self.probability

    @property
    def variance(self) -> float:
        """Variance of the number of events."""
        return self.trials * self.probability * (1.0 - self.probability)

    def log_pgf(self, z: ArrayLike) -> NDArray[Any]:
        """ln E z^N."""
        away = 1.0 - np.asarray(z)
        if np.iscomplexobj(away):
            logs: NDArray[Any] = self.trials * np.log1p(-self.probability * away)
        else:
            logs = xlog1py(self.trials, -self.probability * away)
        return logs

    def quantile(self, u: ArrayLike) -> Floats:
        """The smallest number that is not exceeded with probability u, 0 < u < 1."""
        from scipy.stats import binom

        return np.asarray(binom.ppf(u, self.trials, self.probability), float)

    def problems(self) -> list[str]:
        """What is wrong with the parameters."""
        found = []
        if self.trials != int(self.trials) or self.trials < 1:
            found.append(f"{self.trials} trials are no whole number of at least 1")
        if not 0.0 <= self.probability <= 1.0:
            found.append(f"a probability of {self.probability} is not between 0 and 1")
        return found


class Bernoulli(Binomial):
    """At most one event in a year, with a probability."""

    def __init__(self, probability: float) -> None:
        super().__init__(1, probability)


Frequency = Poisson | NegativeBinomial | Binomial
