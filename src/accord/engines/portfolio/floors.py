"""The proof under TVaR: the least that the floors of judged plans leave possible (see `tail`).

Each floor is a sum over scenarios of a function of the initiatives that change the scenario, and so is every mix
of floors. Where few initiatives do, that function has a column of its own, held up by lifted cuts over all states;
where many do, the line under it in f · g takes its place.
"""

from __future__ import annotations

import time

import numpy as np

from accord.engines.portfolio.branch import branch
from accord.engines.portfolio.columns import Columns, Residual
from accord.engines.portfolio.compiled import Bools, Floats
from accord.engines.portfolio.cuts import WIDE
from accord.engines.portfolio.relaxation import Limits, Relaxation
from accord.engines.portfolio.tail import Floor, Judge

MOST_FLOORS = 4


def floor_under(judge: Judge, limits: Limits, deadline: float) -> float:
    """No plan within the limits has a lower TVaR than this.

    Mixes of the floors of the plans with the lowest TVaR are tried; the highest result holds. The last one is
    branched on until the deadline (`time.monotonic`). `NoPlan` when not even a fractional plan keeps the limits.
    """
    ranked = sorted(judge.floors, key=lambda floor: float(floor.part.sum()) + floor.rest)[:MOST_FLOORS]
    today = judge.floors[0]
    mixes = [ranked[:1], ranked[:2], ranked, [ranked[0], today]]
    tried: list[tuple[float, list[Floor]]] = []
    begun = time.monotonic()
    for n, mix in enumerate(mixes):
        left = (deadline - begun) * 0.5 / len(mixes)
        tried.append((_Proof(judge, mix, limits).cut(begun + left * (n + 1)), mix))
        if time.monotonic() > begun + 0.5 * (deadline - begun):
            break
    best, mix = max(tried, key=lambda pair: pair[0])
    return max(best, _Proof(judge, mix, limits).branched(deadline))


class _Proof:
    """The relaxation that minimizes an even mix of floors."""

    def __init__(self, judge: Judge, mix: list[Floor], limits: Limits) -> None:
        self.judge, self.mix = judge, mix
        compiled = judge.compiled
        self.rest = float(np.mean([floor.rest for floor in mix]))
        most = judge.most_frequency()
        slopes = np.mean([floor.slopes(most) for floor in mix], axis=0)
        self.scale = max(float(slopes.sum()), 1e-300)
        weights = np.zeros((compiled.horizon + 1, len(compiled.price)))
        weights[-1, compiled.goals :] = slopes / self.scale
        self.relaxation = Relaxation(compiled, final=True, shape=self._shaped)
        self.relaxation.aim(weights, limits)

    def _shaped(self, columns: Columns, residual: Residual) -> Residual:
        """The residual with the mix in place of the product, in units of the slope, where few flags change it."""
        compiled, k = self.judge.compiled, residual.j - self.judge.compiled.goals
        if residual.quarter < compiled.horizon or k < 0 or len(residual.flags) > WIDE:
            return residual
        # An initiative that changes both sides so that their product stays has no flag here.
        if ((self.judge.sides[:, :, k] != 0.0).any(axis=1) & (compiled.phases[:, residual.j] == 0.0)).any():
            return residual
        slope = float(np.mean([floor.slopes(self.judge.most_frequency())[k] for floor in self.mix]))
        if slope <= 0.0:
            return residual
        numbers = np.arange(2 ** len(residual.flags))
        states = (numbers[:, None] >> np.arange(len(residual.flags)) & 1).astype(bool)
        frequency, magnitude = self._factors(columns, residual, k, states)
        values = np.mean([_one(floor, k, frequency, magnitude) for floor in self.mix], axis=0) / slope
        return Residual(
            residual.j, residual.quarter, residual.column, residual.flags, residual.logs, residual.after,
            tuple(values.tolist()),
        )  # fmt: skip

    def _factors(self, columns: Columns, residual: Residual, k: int, states: Bools) -> tuple[Floats, Floats]:
        """Factors of frequency and magnitude of scenario k in each state of the residual's flags."""
        compiled = self.judge.compiled
        sides = np.zeros((2, len(residual.flags)))
        position = {flag: n for n, flag in enumerate(residual.flags)}
        for phase in range(len(compiled.phases)):
            for i in np.flatnonzero(compiled.phases[phase, residual.j]).tolist():
                if (flag := columns.finished(i, compiled.horizon - phase)) is not None:
                    sides[:, position[flag]] += self.judge.sides[phase, :, k, i]
        frequency, magnitude = np.exp(states @ sides.T).T
        return frequency, magnitude

    def cut(self, deadline: float) -> float:
        return self.relaxation.tighten(deadline) * self.scale + self.rest

    def branched(self, deadline: float) -> float:
        self.cut((time.monotonic() + deadline) / 2)
        found = branch(self.relaxation, None, deadline, lambda bound, plans: False, 1e-4)
        return found.bound * self.scale + self.rest


def _one(floor: Floor, k: int, frequency: Floats, magnitude: Floats) -> Floats:
    x = frequency / floor.frequency[k]
    h = floor.part[k] * np.minimum(x, 1.0) + floor.mean[k] * np.maximum(x - 1.0, 0.0)
    return np.asarray(magnitude / floor.magnitude[k] * h)
