"""Plans and proofs together: search from below, relaxation and branching from above, in any mix of aims.

For weights (a, b) the relaxation and the branching minimize a × what is left of the goals + b × loss. Their
bound is a line in the plane of loss and value that no plan lies beyond: a × value − b × loss ≤ c. The lines of
several mixes together bound the value of every plan of a given loss, and the loss of every plan of a given
value.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from accord.engines.portfolio.archive import Archive
from accord.engines.portfolio.branch import branch
from accord.engines.portfolio.check import check
from accord.engines.portfolio.compiled import Compiled, Floats, Ints
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.relaxation import Limits, NoPlan, Relaxation
from accord.engines.portfolio.search import Search

SEARCH_SHARE = 0.3
"""Share of an aim's time that goes to the search; what cutting leaves of the rest goes to branching."""
LEAST_GAP = 1e-6
TIE = 1e-5
"""Weight of what does not count in an aim: it decides between plans that are equal in what counts."""


FREE = Limits()


@dataclass(frozen=True, slots=True)
class Line:
    """No plan (within `limits`) has a × value − b × loss > c."""

    a: float
    b: float
    c: float
    limits: Limits = FREE


@dataclass(frozen=True, slots=True)
class Aim:
    """a per unit of value, b per unit of loss (both ≥ 0, not both 0), within limits."""

    a: float
    b: float
    limits: Limits = FREE

    def score(self, value: float, loss: float) -> float:
        """Higher is better."""
        return self.a * value - self.b * loss


class Prover:
    """Collects plans (`archive`) and proofs (`lines`) about one problem."""

    def __init__(self, compiled: Compiled, stop: Callable[[], bool] = lambda: False, seed: int = 0) -> None:
        self.compiled, self.stop = compiled, stop
        self.archive = Archive(self._keeps_all_rules)
        self.search = Search(compiled, self.archive, seed)
        self.lines: list[Line] = []
        g = compiled.goals
        self.most_value = float(compiled.price[:g].sum()) * compiled.horizon

    @cached_property
    def relaxation(self) -> Relaxation:
        """Made when it is first needed."""
        return Relaxation(self.compiled)

    def weights(self, aim: Aim) -> Floats:
        """Weights of the residuals for an aim, scaled so that the objective is of size 1."""
        g, price = self.compiled.goals, self.compiled.price
        weights = np.concatenate([aim.a * price[:g], aim.b * price[g:]])
        return weights / self.scale(aim)

    def scale(self, aim: Aim) -> float:
        """What 1 in the relaxation's objective means."""
        return (aim.a * self.most_value + aim.b * self.compiled.loss_today) or 1.0

    def _as_line(self, aim: Aim, bound: float) -> Line:
        return Line(aim.a, aim.b, aim.a * self.most_value - bound * self.scale(aim), aim.limits)

    def _line(self, aim: Aim, bound: float) -> Line:
        self.lines.append(self._as_line(aim, bound))
        return self.lines[-1]

    def best(self, aim: Aim) -> int | None:
        """The archive's best plan for an aim, within its limits."""
        return self.archive.best(lambda v, x: aim.score(v, x) if within(aim.limits, v, x) else None)

    def _keeps_all_rules(self, starts: Ints) -> bool:
        return not check(self.compiled.problem, self.compiled.plan(starts))

    def offer(self, starts: Ints) -> bool:
        """Take a plan that the model met into the archive, if it is news and the independent checker agrees."""
        return self.archive.offer(*value_and_loss(self.compiled, starts), starts)

    def cut(self, aim: Aim, deadline: float, strict: bool = False) -> Line:
        """The line of the relaxation alone; `NoPlan` when the constraints contradict each other.

        With `strict` not even the first linear program takes longer than the deadline: `OutOfTime`.
        """
        self.relaxation.aim(self.weights(aim), aim.limits)
        return self._line(aim, self.relaxation.tighten(deadline, strict=strict))

    def pursue(self, aim: Aim, deadline: float, gap: float) -> None:
        """Cut, search and branch for one aim until its relative gap is at most `gap` or the time is out."""
        begun = time.monotonic()
        self.cut(aim, begun + 0.25 * (deadline - begun))
        self._search(aim, SEARCH_SHARE * (deadline - begun), gap)
        while time.monotonic() < deadline and not self.stop() and self.gap(aim) > gap:
            if not self._branch(aim, deadline, gap):
                break

    def _search(self, aim: Aim, seconds: float, gap: float) -> None:
        """Search with what the relaxation says of scarce resources and of the limits, dearer while none is kept."""
        value_price, loss_price = self.relaxation.limit_prices()
        self.search.value_resources(self.relaxation.prices())
        g, price = self.compiled.goals, self.compiled.price
        ties = TIE / max(self.most_value, 1e-12), TIE / max(self.compiled.loss_today, 1e-12)
        free = aim.limits == FREE
        factor = 1.0
        likely = self.relaxation.columns.rounded(self.relaxation.solution)
        for _ in range(1 if free else 3):
            extra = [(factor * value_price + ties[0]) * price[:g], (factor * loss_price + ties[1]) * price[g:]]
            begin = [self.archive.plans[n]] if (n := self.best(aim)) is not None else []
            if self.search.adopt(likely):
                begin.append(self.search.starts.copy())
            self.search.run(
                self.weights(aim) + np.concatenate(extra), seconds / (1 if free else 3), begin, self._near(aim, gap)
            )
            factor *= 2.0 if self.best(aim) is None else 0.8

    def _near(self, aim: Aim, gap: float) -> Callable[[], bool]:
        """Whether to stop, asked at each step: looks at the gap at every twentieth."""
        asked = 0

        def near() -> bool:
            nonlocal asked
            asked += 1
            return self.stop() or (asked % 20 == 0 and self.gap(aim) <= gap)

        return near

    def _branch(self, aim: Aim, deadline: float, gap: float) -> bool:
        """One run of branch and bound; True when another run can still narrow the gap."""
        known = self.best(aim)
        begin = None if known is None else self.archive.plans[known]

        lock = Lock()

        def enough(bound: float, plans: list[Ints]) -> bool:
            with lock:
                for plan in plans:
                    self.offer(plan)
                return self.gap(aim, bound) <= gap

        found = branch(self.relaxation, begin, deadline, enough, max(gap / 4, LEAST_GAP))
        if found.infeasible and known is None:
            raise NoPlan
        for plan in found.plans:
            self.offer(plan)
            steps = self.relaxation.columns.solution(plan)
            self.relaxation.take(self.relaxation.residual_cuts.exact_at(steps))
        before = self.gap(aim)
        self._line(aim, found.bound)
        return found.finished and self.gap(aim) < before - LEAST_GAP

    def gap(self, aim: Aim, bound: float | None = None) -> float:
        """Proven relative gap of the best plan for an aim: 0 = optimal; infinite without a plan.

        Relative to the value where only value counts, to the loss where only loss counts, else to what the
        aim's objective leaves over.
        """
        n = self.best(aim)
        if n is None:
            return math.inf
        value, loss = self.archive.values[n], self.archive.losses[n]
        extra = None if bound is None else self._as_line(aim, bound)
        if aim.a == 0:
            floor = self.loss_bound(aim.limits.value or 0.0, aim.limits, extra)
            return max(0.0, loss - floor) / max(loss, 1e-12)
        most = loss if aim.b else aim.limits.loss
        ceiling = self.value_bound(math.inf if most is None else most, aim.limits, extra)
        return max(0.0, ceiling - value) / max(value, 1e-12)

    def _known(self, limits: Limits | None, extra: Line | None) -> list[Line]:
        held = limits or FREE
        return [line for line in self.lines if _covers(line, held)] + ([extra] if extra else [])

    def value_bound(self, loss: float, limits: Limits | None = None, extra: Line | None = None) -> float:
        """No plan with a loss of at most `loss` (may be infinite) has more value than this."""
        lines = [line for line in self._known(limits, extra) if line.a > 0]
        found = [(line.c + (line.b * loss if line.b else 0.0)) / line.a for line in lines]
        return min([self.most_value, *found])

    def loss_bound(self, value: float, limits: Limits | None = None, extra: Line | None = None) -> float:
        """No plan with a value of at least `value` has less loss than this."""
        lines = [line for line in self._known(limits, extra) if line.b > 0]
        return max([0.0, *((line.a * value - line.c) / line.b for line in lines)])


def within(limits: Limits, value: float, loss: float) -> bool:
    """Whether figures keep the limits (up to rounding)."""
    if limits.loss is not None and loss > limits.loss * (1 + 1e-9):
        return False
    return limits.value is None or value >= limits.value * (1 - 1e-9)


def _covers(line: Line, limits: Limits) -> bool:
    """Whether a line that was proved under its limits also holds under these (it does when they are tighter)."""
    loss = line.limits.loss is None or (limits.loss is not None and limits.loss <= line.limits.loss)
    value = line.limits.value is None or (limits.value is not None and limits.value >= line.limits.value)
    return loss and value
