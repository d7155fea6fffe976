"""The tail of a plan's annual loss: exact figures, the appetite curve as a rule, and a proven floor under TVaR.

A plan's state after the horizon gives each scenario a factor f of its frequency and g of its magnitude;
`engines.loss` gives the exact distribution of that state's annual loss S. `Judge` asks it, once per state.

The floor. TVaR(S) = max E[Z S] over weights 0 ≤ Z ≤ 1 / (1 − level) with E Z = 1 (Rockafellar and Uryasev 2002,
in its dual form), so that the Z of one plan bounds every other plan. With Z the tail of a plan P at (f₀, g₀), let
A_k = E[Z S_k] be its part of TVaR by scenario (Euler) and M_k its mean. A plan with f ≤ f₀ keeps a random part of
P's events, one with f > f₀ has more events that are no less likely where Z is large. Hence, for every plan,

    TVaR ≥ Σ_k g / g₀ · h_k(f / f₀),   h_k(x) = A_k · min(x, 1) + M_k · max(x − 1, 0),

with equality at P. Every plan that is judged adds such a floor; all of them together are what the search looks at
between two exact evaluations, and, made linear in f · g, what the relaxation proves with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from accord.engines.portfolio.compiled import Compiled, Floats, Ints
from accord.engines.portfolio.problem import Fault, Problem, ProblemError, grown

if TYPE_CHECKING:
    from accord.engines.loss import LossResult, Portfolio

NEARLY_ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class Tail:
    """How the annual loss is looked at.

    `portfolio` holds the scenarios' laws as things stand today; its keys include those of the problem's scenarios
    (others stay as they are). `level` is that of TVaR. `appetite` are (amount, probability): in any year a loss
    above the amount may have at most that probability. `width` is the relative width of the bounds on the quantile.
    """

    portfolio: Portfolio
    level: float = 0.95
    appetite: tuple[tuple[float, float], ...] = ()
    width: float = 1e-3

    def faults(self, problem: Problem) -> list[Fault]:
        """What keeps it from being used with a problem."""
        found = []
        if not 0.0 < self.level < 1.0:
            found.append(Fault("tail", "level", f"{self.level:g} is out of range.", "Use a number between 0 and 1."))
        for amount, probability in self.appetite:
            if not (amount >= 0.0 and 0.0 <= probability <= 1.0):
                reason = f"A loss above {amount:g} with probability {probability:g}."
                found.append(Fault("tail", "appetite", reason, "Use amounts from 0 on and probabilities from 0 to 1."))
        curve = sorted(self.appetite)
        for (small, often), (large, rarely) in pairwise(curve):
            if rarely > often:
                reason = f"A loss above {large:g} may be more frequent than one above {small:g}."
                found.append(Fault("tail", "appetite", reason, "Let the probability fall as the amount grows."))
        known = set(self.portfolio.keys)
        for scenario in problem.scenarios:
            if scenario.key not in known:
                found.append(
                    Fault(f"scenario {scenario.key}", "tail", "The loss portfolio does not hold it.", "Add its laws.")
                )
        return found


@dataclass(frozen=True, slots=True)
class Exceeded:
    """One point of the appetite: how probable a year with a loss above `amount` is, and may be."""

    amount: float
    allowed: float
    lower: float
    estimate: float
    upper: float

    @property
    def kept(self) -> bool:
        """Whether it is kept for sure (its upper bound is)."""
        return self.upper <= self.allowed * (1 + 1e-9)


@dataclass(frozen=True, slots=True)
class TailFigures:
    """One state's annual loss, exact: mean, TVaR at the level with its bounds, and each point of the appetite."""

    mean: float
    lower: float
    tvar: float
    upper: float
    appetite: tuple[Exceeded, ...]

    @property
    def kept(self) -> bool:
        return all(point.kept for point in self.appetite)


@dataclass(frozen=True, slots=True)
class Floor:
    """TVaR of any plan from one that was judged: factors, parts of its TVaR and of its mean by scenario [K].

    `rest` is the part of scenarios that no initiative of the problem changes.
    """

    frequency: Floats
    magnitude: Floats
    part: Floats
    mean: Floats
    rest: float

    def at(self, frequency: Floats, magnitude: Floats) -> Floats:
        """The floor under TVaR at other factors, [..., K] → [...]."""
        x = frequency / self.frequency
        h = self.part * np.minimum(x, 1.0) + self.mean * np.maximum(x - 1.0, 0.0)
        return self.rest + np.asarray((magnitude / self.magnitude * h).sum(axis=-1))

    def slopes(self, most: Floats) -> Floats:
        """[K]: TVaR ≥ rest + Σ slopes · f · g for all plans with f ≤ `most` (h is concave and 0 at 0)."""
        x = np.maximum(most / self.frequency, 1.0)
        h = self.part + self.mean * (x - 1.0)
        return np.asarray(h / (x * self.frequency * self.magnitude))


@dataclass(slots=True)
class Judge:
    """Exact figures of plans, remembered by state; every state that was judged leaves a `Floor`.

    `sides` [L, 2, K, n] is what each phase of each ramp-up adds to the logarithms of frequency and magnitude.
    """

    compiled: Compiled
    tail: Tail
    floors: list[Floor] = field(default_factory=list)
    asked: int = 0
    _known: dict[bytes, tuple[TailFigures, int]] = field(default_factory=dict)
    _rows: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sides: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        problem = self.compiled.problem
        if faults := self.tail.faults(problem):
            raise ProblemError(faults)
        position = {key: n for n, key in enumerate(self.tail.portfolio.keys)}
        self._rows = np.array([position[s.key] for s in problem.scenarios], dtype=np.int64)
        self.sides = _phases_by_side(problem)

    def factors(self, starts: Ints, quarter: int | None = None) -> tuple[Floats, Floats]:
        """What is left of frequency and of magnitude [K] at the beginning of a quarter (None = after the horizon)."""
        at = self.compiled.horizon if quarter is None else quarter
        logs = np.zeros(self.sides.shape[1:3])
        for k, phase in enumerate(self.sides):
            begun = (starts >= 0) & (at >= starts + self.compiled.duration + k)
            logs += phase[:, :, begun].sum(axis=2)
        frequency, magnitude = np.exp(logs)
        return frequency, magnitude

    def most_frequency(self) -> Floats:
        """[K]: no plan has a higher factor of frequency: everything that adds risk and could be chosen."""
        able = (self.compiled.first <= self.compiled.last) & ~self.compiled.banned
        whole = self.sides.sum(axis=0)[0]
        return np.asarray(np.exp(np.maximum(whole, 0.0)[:, able].sum(axis=1)))

    def least(self) -> TailFigures:
        """Everything done that lowers a scenario and nothing that adds to one: no plan's tail is lighter."""
        able = (self.compiled.first <= self.compiled.last) & ~self.compiled.banned
        # A phase of a growing benefit never adds to a logarithm after the first, so that the sum is its least.
        whole = self.sides.sum(axis=0)
        frequency, magnitude = np.exp(np.minimum(whole, 0.0)[:, :, able].sum(axis=2))
        return self._figures(self._run(frequency, magnitude))

    def figures(self, starts: Ints, quarter: int | None = None) -> TailFigures:
        """Exact figures of a plan's state."""
        return self._ask(*self.factors(starts, quarter))[0]

    def floor(self, starts: Ints) -> Floor:
        """The floor that a plan's own tail puts under every other plan's TVaR."""
        return self.floors[self._ask(*self.factors(starts))[1]]

    def guess(self, frequency: Floats, magnitude: Floats) -> float:
        """The highest of the floors so far: below TVaR, and exact at every state that was judged."""
        return max((float(floor.at(frequency, magnitude)) for floor in self.floors), default=0.0)

    def _ask(self, frequency: Floats, magnitude: Floats) -> tuple[TailFigures, int]:
        frequency, magnitude = np.maximum(frequency, NEARLY_ZERO), np.maximum(magnitude, NEARLY_ZERO)
        key = np.round(np.log([frequency, magnitude]), 9).tobytes()
        if key not in self._known:
            result = self._run(frequency, magnitude)
            part = np.asarray(result.scenario_tail[self._rows], dtype=np.float64)
            mean = np.asarray(result.scenario_mean[self._rows], dtype=np.float64)
            # The parts are estimates; held at least at the mean, which they cannot be below, and at the proved sum.
            scale = float(result.tvar[0, 0] / result.tvar[0, 1]) if result.tvar[0, 1] > 0 else 1.0
            rest = scale * float(np.delete(result.scenario_tail, self._rows).sum())
            self.floors.append(Floor(frequency, magnitude, np.maximum(part * scale, mean), mean, rest))
            self._known[key] = self._figures(result), len(self.floors) - 1
        return self._known[key]

    def _run(self, frequency: Floats, magnitude: Floats) -> LossResult:
        from accord.engines.loss import annual_loss

        self.asked += 1
        base = self.tail.portfolio
        sides = np.array([base.frequency_factor, base.magnitude_factor])
        sides[0, self._rows] *= frequency
        sides[1, self._rows] *= magnitude
        level = self.tail.level
        return annual_loss(
            base.with_factors(*sides), (level,), target_level=level, target_width=self.tail.width,
            allocation_level=level, curve_points=8,
        )  # fmt: skip

    def _figures(self, result: LossResult) -> TailFigures:
        amounts = [amount for amount, _ in self.tail.appetite]
        found = result.exceedance(amounts) if amounts else np.zeros((0, 3))
        points = zip(self.tail.appetite, found.tolist(), strict=True)
        appetite = tuple(Exceeded(amount, allowed, *row) for (amount, allowed), row in points)
        lower, estimate, upper = result.tvar[0].tolist()
        return TailFigures(result.mean, lower, estimate, upper, appetite)


def _phases_by_side(problem: Problem) -> Floats:
    """[L, 2, K, n]: what each phase of each ramp-up adds to the logarithm of frequency and of magnitude."""
    ramps = [(*item.ramp, 1.0) for item in problem.initiatives]
    longest = max(map(len, ramps), default=1)
    left = np.ones((longest, 2, len(problem.scenarios), len(ramps)))
    rows = {s.key: n for n, s in enumerate(problem.scenarios)}
    for i, (item, ramp) in enumerate(zip(problem.initiatives, ramps, strict=True)):
        for k in range(longest):
            share = ramp[min(k, len(ramp) - 1)]
            for effect in item.effects:
                left[k, 0, rows[effect.scenario], i] = 1.0 - grown(effect.frequency, share)
                left[k, 1, rows[effect.scenario], i] = 1.0 - grown(effect.magnitude, share)
    return np.diff(np.log(np.maximum(left, NEARLY_ZERO)), axis=0, prepend=0.0)


def tail_of(
    problem: Problem | Compiled, plan: Mapping[str, int], tail: Tail, quarter: int | None = None
) -> TailFigures:
    """Exact figures of a plan's tail at the beginning of a quarter (index; None = after the horizon).

    Raises `ProblemError` when the loss portfolio does not fit the problem.
    """
    from accord.engines.portfolio.compiled import compile_problem

    compiled = problem if isinstance(problem, Compiled) else compile_problem(problem)
    return Judge(compiled, tail).figures(compiled.starts(plan), quarter)
