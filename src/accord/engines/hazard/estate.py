"""What the hazard is computed on: places with findings, the systems on them, and the scenarios that hit systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from accord.engines.hazard import spread
from accord.engines.hazard.errors import HazardInputError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estate:
    """Systems, what runs where, and how a foothold spreads.

    systems: keys of the n systems. holds: (places, n), how much of a foothold on a place is one in each system (the
    share of the system that runs there), 0–1. factor: (3, n) at LOW, MID, HIGH ≥ 0: how much more or less often than
    EPSS says a weakness is used there (exposure class), times what safeguards leave. base: (3, n) footholds a year by
    other ways than findings. chains: P at LOW, MID, HIGH (see `spread`).

    HazardInputError lists what is out of its range, and names the loop that never lets an intruder go.
    """

    systems: tuple[str, ...]
    holds: csr_array
    factor: Floats
    base: Floats
    chains: tuple[csr_array, csr_array, csr_array]

    def __post_init__(self) -> None:
        number = len(self.systems)
        problems: list[Problem] = []
        if self.holds.shape[1] != number:
            raise ValueError(f"holds has {self.holds.shape[1]} columns for {number} systems")
        data = self.holds.data
        if not (np.isfinite(data).all() and (data >= 0).all() and (data <= 1 + 1e-12).all()):
            reason = "A share of a system on a place lies outside of 0 to 1"
            problems.append(Problem("places", "share", reason, "Give shares from 0 to 1"))
        for name, values in (("factor", self.factor), ("base hazard", self.base)):
            if values.shape != (3, number):
                raise ValueError(f"{name} has the shape {values.shape}, not {(3, number)}")
            problems += [
                Problem(self.systems[at], name, "It is negative or no number", "Give a number from 0 on")
                for at in np.flatnonzero(~(np.isfinite(values) & (values >= 0)).all(axis=0))
            ]
            problems += [
                Problem(self.systems[at], name, "The interval is the wrong way round", "Order it: low, middle, high")
                for at in np.flatnonzero((np.diff(values, axis=0) < -1e-12 * np.abs(values[1:])).any(axis=0))
            ]
        if problems:
            raise HazardInputError(problems)
        for chain in {id(chain): chain for chain in self.chains}.values():
            if chain.shape != (number, number):
                raise ValueError(f"a chain has the shape {chain.shape}, not {(number, number)}")
            spread.check(chain, self.systems)

    def direct(self, of_places: Floats) -> Floats:
        """Footholds a year that begin in each system by findings, (3, n), from those on the places, (3, places)."""
        back = self.holds.T.tocsr()
        return np.stack([(back @ rates) * factor for rates, factor in zip(of_places, self.factor, strict=True)])


@dataclass(frozen=True, slots=True)
class Scenarios:
    """Scenarios as the hazard sees them.

    keys: of the k scenarios. shares: (k, n), the share of each scenario on each system, rows sum to at most 1.
    frequency: (3, k) events a year in all, after controls; MID is the mean. amount: (3, k) mean loss of an event.
    explained: (3, k) share of the events that begin with a finding (0 where no attacker is needed).
    """

    keys: tuple[str, ...]
    shares: csr_array
    frequency: Floats
    amount: Floats
    explained: Floats

    def __post_init__(self) -> None:
        number = len(self.keys)
        problems: list[Problem] = []
        if self.shares.shape[0] != number:
            raise ValueError(f"shares has {self.shares.shape[0]} rows for {number} scenarios")
        sums = self.shares.sum(axis=1)
        problems += [
            Problem(self.keys[at], "shares", f"They sum to {sums[at]:.4g}, over 1", "Let them sum to at most 1")
            for at in np.flatnonzero(sums > 1 + 1e-9)
        ]
        for name, values, most in (
            ("frequency", self.frequency, np.inf),
            ("amount", self.amount, np.inf),
            ("explained share", self.explained, 1),
        ):  # fmt: skip
            if values.shape != (3, number):
                raise ValueError(f"{name} has the shape {values.shape}, not {(3, number)}")
            bad = ~(np.isfinite(values) & (values >= 0) & (values <= most)).all(axis=0)
            problems += [
                Problem(self.keys[at], name, "It is out of its range or no number", "Give a number from 0 on")
                for at in np.flatnonzero(bad)
            ]
            problems += [
                Problem(self.keys[at], name, "The interval is the wrong way round", "Order it: low, middle, high")
                for at in np.flatnonzero((np.diff(values, axis=0) < -1e-12 * np.abs(values[1:])).any(axis=0) & ~bad)
            ]
        if problems:
            raise HazardInputError(problems)
