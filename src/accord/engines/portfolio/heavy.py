"""Plans against the tail: least TVaR, or most value or least loss where the appetite curve is a rule.

The search looks at the floors under TVaR (see `tail`) between exact evaluations; what comes back was evaluated
exactly, and keeps the appetite for sure. What is proved is told with the plan, and what is not, too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from accord.engines.portfolio.check import check
from accord.engines.portfolio.compiled import Compiled, Ints, compile_problem
from accord.engines.portfolio.conflict import Infeasible, Rule, conflict
from accord.engines.portfolio.floors import floor_under
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover, within
from accord.engines.portfolio.relaxation import Limits, NoPlan
from accord.engines.portfolio.search import Search
from accord.engines.portfolio.solve import NotFound
from accord.engines.portfolio.tail import Exceeded, Judge, Tail, TailFigures

TailObjective = Literal["value", "loss", "tail"]
PRICES = (0.0, 0.3, 1.0, 3.0, 10.0)
"""Weight of the tail beside the objective, in turn, each as a share of the objective's own size."""
SEARCH_SHARE = 0.65
ROUND_SECONDS = 0.25
FLOOR = (
    "No plan has a lower TVaR: proved from the tails of the plans that were judged, up to the accuracy with which "
    "the loss engine divides TVaR among scenarios."
)
NEARBY = 3
"""Candidates that are evaluated exactly after each round."""


@dataclass(frozen=True, slots=True)
class TailPlan:
    """A plan with exact figures of its value, its loss over the horizon, and its tail after the horizon.

    `by_year` is the tail at the end of each calendar year of the horizon. `bound`: no plan within the limits has
    more value (less loss, a lower TVaR) than this, whether or not it keeps the appetite; `gap` is relative to the
    plan's own figure; `proof` says in words what both rest on. `evaluated` counts exact evaluations, `refused`
    the plans among them that break the appetite.
    """

    starts: Mapping[str, int]
    value: float
    loss: float
    tail: TailFigures
    by_year: Mapping[int, TailFigures]
    objective: TailObjective
    bound: float
    gap: float
    proof: str
    evaluated: int
    refused: int


@dataclass(slots=True)
class _Pool:
    """Takes the place of the archive: remembers every plan that the search meets, within the limits."""

    judge: Judge
    limits: Limits
    met: dict[bytes, tuple[float, float, Ints]] = field(default_factory=dict)
    judged: dict[bytes, tuple[float, float, Ints, TailFigures]] = field(default_factory=dict)

    def offer(self, value: float, loss: float, starts: Ints) -> bool:
        key = starts.tobytes()
        if within(self.limits, value, loss) and key not in self.judged:
            self.met.setdefault(key, (value, loss, starts.copy()))
        return True

    def take(self, key: bytes) -> TailFigures | None:
        """Judge a plan that was met exactly; None when the independent checker refuses it."""
        value, loss, starts = self.met.pop(key)
        compiled = self.judge.compiled
        if check(compiled.problem, compiled.plan(starts)):
            return None
        figures = self.judge.figures(starts)
        self.judged[key] = (value, loss, starts, figures)
        return figures


def solve_tail(
    problem: Problem,
    tail: Tail,
    objective: TailObjective = "tail",
    limits: Limits | None = None,
    seconds: float = 20.0,
    gap: float = 0.01,
    known: Sequence[Mapping[str, int]] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> TailPlan:
    """The best plan found whose annual loss after the horizon keeps the appetite for sure, in about `seconds`.

    `objective`: least TVaR at the tail's level ("tail"), most value or least loss over the horizon; `limits` bound
    value and loss as in `solve`, so that TVaR against value is "tail" under rising floors of value. `known` are
    plans to begin from. Raises `ProblemError` when the loss portfolio does not fit, `Infeasible` when no plan keeps
    all rules or when it is proved that none keeps the appetite, `NotFound` when none that does was met in time.
    """
    if (why := conflict(problem)) is not None:
        raise why
    held = limits or Limits()
    begun = time.monotonic()
    compiled = compile_problem(problem)
    judge = Judge(compiled, tail)
    _within_reach(judge)
    pool = _Pool(judge, held)
    prover = Prover(compiled, cancelled)
    _begin(prover, pool, known, begun + 0.15 * seconds)
    course = _Course(compiled, judge, pool, objective, cancelled)
    try:
        if objective == "tail":
            course.run(begun + SEARCH_SHARE * seconds, 0.0, gap)
            bound, proof = floor_under(judge, held, begun + 0.95 * seconds), FLOOR
        else:
            bound, proof = _bound(prover, pool, objective, held, begun + (1 - SEARCH_SHARE) * seconds, gap)
            course.run(begun + 0.95 * seconds, bound, gap)
    except NoPlan:
        raise NotFound("No plan keeps these limits: that was proved.") from None
    best = course.best()
    if best is None:
        raise NotFound(_nearest(pool, seconds))
    value, loss, starts, figures = best
    ends = [q for q in range(1, compiled.horizon + 1) if (problem.first + q) % 4 == 0]
    own = {"value": value, "loss": loss, "tail": figures.tvar}[objective]
    bound = max(bound, own) if objective == "value" else min(bound, own)
    return TailPlan(
        compiled.plan(starts), value, loss, figures,
        {int(problem.quarter(q - 1)[:4]): judge.figures(starts, q) for q in ends},
        objective, bound, abs(bound - own) / max(abs(own), 1e-12), proof,
        judge.asked, sum(not f.kept for *_, f in pool.judged.values()),
    )  # fmt: skip


def _within_reach(judge: Judge) -> None:
    """`Infeasible` when even a plan of everything that helps would break the appetite: no plan's tail is lighter."""
    if not judge.tail.appetite:
        return
    rules = []
    for point in judge.least().appetite:
        if point.lower > point.allowed * (1 + 1e-9):
            text = f"a loss above {point.amount:,.0f} in a year has a probability of at most {point.allowed:.3g}"
            least = f"with every initiative that helps and none that harms it is still {point.lower:.3g}"
            rules.append(Rule("appetite", f"{point.amount:.17g}", f"{text} ({least})"))
    if rules:
        raise Infeasible(rules, minimal=len(rules) == 1)


def _begin(prover: Prover, pool: _Pool, known: Sequence[Mapping[str, int]], deadline: float) -> None:
    """Plans to begin from: those that are known, and what the search meets for value, for loss and for both."""
    compiled = prover.compiled
    for plan in known:
        starts = compiled.starts({k: t for k, t in plan.items() if k in compiled.position})
        if prover.offer(starts) or prover.search.adopt(starts):
            prover.offer(prover.search.starts if prover.search.starts.any() else starts)
    scale = max(prover.compiled.loss_today, 1e-12)
    even = Aim(1.0 / max(prover.most_value, 1e-12), 1.0 / scale)
    aims = (Aim(0.0, 1.0), Aim(1.0, 0.0), even)
    for n, aim in enumerate(aims):
        prover.search.run(prover.weights(aim), (deadline - time.monotonic()) / (len(aims) - n))
    archive = prover.archive
    for value, loss, starts in zip(archive.values, archive.losses, archive.plans, strict=True):
        pool.offer(value, loss, starts)
    pool.judge.floor(np.full(compiled.size, -1, dtype=np.int64))


def _bound(
    prover: Prover, pool: _Pool, objective: TailObjective, limits: Limits, deadline: float, gap: float
) -> tuple[float, str]:
    """What no plan within the limits exceeds (or falls below), and the words for it."""
    aim = Aim(1.0, 0.0, limits) if objective == "value" else Aim(0.0, 1.0, limits)
    prover.pursue(aim, deadline, gap)
    archive = prover.archive
    for value, loss, starts in zip(archive.values, archive.losses, archive.plans, strict=True):
        pool.offer(value, loss, starts)
    if objective == "value":
        most = math.inf if limits.loss is None else limits.loss
        return prover.value_bound(most, limits), "No plan has more value; that is proved without the appetite."
    return prover.loss_bound(limits.value or 0.0, limits), "No plan has less loss; that is proved without the appetite."


class _Course:
    """The search: aims at the objective and the tail in turn, judges the most promising, learns from each."""

    def __init__(
        self, compiled: Compiled, judge: Judge, pool: _Pool, objective: TailObjective, cancelled: Callable[[], bool]
    ) -> None:
        self.compiled, self.judge, self.pool, self.objective = compiled, judge, pool, objective
        self.cancelled = cancelled
        self.search = Search(compiled, pool, seed=1)

    def primary(self, value: float, loss: float, tvar: float) -> float:
        """What is minimized."""
        return {"value": -value, "loss": loss, "tail": tvar}[self.objective]

    def best(self) -> tuple[float, float, Ints, TailFigures] | None:
        kept = [row for row in self.pool.judged.values() if row[3].kept]
        return min(kept, key=lambda row: (self.primary(row[0], row[1], row[3].tvar), row[1], -row[0]), default=None)

    def _rate(self, value: float, loss: float, starts: Ints) -> float:
        return self.primary(value, loss, self.judge.guess(*self.judge.factors(starts)))

    def _promising(self) -> list[bytes]:
        """What to judge next: better than the best by its floor and, of those, what may keep the appetite."""
        best = self.best()
        than = math.inf if best is None else self.primary(best[0], best[1], best[3].tvar)
        rated = [(self._rate(*row), key) for key, row in self.pool.met.items()]
        rated = sorted((r, key) for r, key in rated if r < than * (1 - math.copysign(1e-9, than)))
        self.pool.met = {key: self.pool.met[key] for _, key in rated[:2000]}
        if self.objective == "tail" or not self.judge.tail.appetite:
            return [key for _, key in rated[:NEARBY]]
        # TVaR stands for the appetite's own points: half way between what was kept and what was not, at first.
        kept = [row[3].tvar for row in self.pool.judged.values() if row[3].kept]
        broken = [row[3].tvar for row in self.pool.judged.values() if not row[3].kept]
        guess = {key: self.judge.guess(*self.judge.factors(self.pool.met[key][2])) for _, key in rated[:300]}
        if not kept:
            return sorted(guess, key=lambda key: guess[key])[:NEARBY]
        edge = max(kept) if not broken else (max(kept) + min(broken, key=lambda x: abs(x - max(kept)))) / 2
        return [key for _, key in rated[:300] if guess[key] <= edge][:NEARBY]

    def run(self, deadline: float, bound: float, gap: float) -> None:
        for key in self._promising():
            self.pool.take(key)
        n = 0
        while time.monotonic() < deadline and not self.cancelled() and not self._near(bound, gap):
            self._look(PRICES[n % len(PRICES)], min(ROUND_SECONDS, deadline - time.monotonic()))
            n += 1
            for key in self._promising():
                if time.monotonic() < deadline or not self.pool.judged:
                    self.pool.take(key)

    def _near(self, bound: float, gap: float) -> bool:
        best = self.best()
        if best is None:
            return False
        own = {"value": best[0], "loss": best[1], "tail": best[3].tvar}[self.objective]
        return abs(own - bound) <= gap * abs(own)

    def _look(self, price: float, seconds: float) -> None:
        """One round of the search, from the best plan, with weights along the steepest floor."""
        compiled, g = self.compiled, self.compiled.goals
        best = self.best()
        start = best if best is not None else min(self.pool.judged.values(), key=lambda row: row[3].tvar, default=None)
        anchor = np.full(compiled.size, -1, dtype=np.int64) if start is None else start[2]
        floor = self.judge.floor(anchor)
        slopes = floor.part / (floor.frequency * floor.magnitude)
        weights = np.zeros((compiled.horizon + 1, len(compiled.price)))
        share = price if self.objective != "tail" else 1.0
        weights[-1, g:] = share * slopes / max(float(slopes.sum()), 1e-300)
        value_size = max(float(compiled.price[:g].sum()) * compiled.horizon, 1e-300)
        value_share = {"value": 1.0, "loss": 1e-6, "tail": price if self.pool.limits.value else 1e-6}[self.objective]
        weights[:-1, :g] = value_share * compiled.price[:g] / value_size
        loss_share = 1.0 if self.objective == "loss" else 1e-6
        weights[:-1, g:] = loss_share * compiled.price[g:] / max(compiled.loss_today, 1e-300)
        begin = [] if start is None else [anchor]
        self.search.run(weights, seconds, begin, self.cancelled, beginnings=1)


def _nearest(pool: _Pool, seconds: float) -> str:
    """Why nothing came back: the plan that broke the appetite least."""
    broken = [row[3].appetite for row in pool.judged.values()]
    if not broken:
        return f"No plan within the limits was found in {seconds:g} seconds."

    def worst(points: Sequence[Exceeded]) -> Exceeded:
        return max(points, key=lambda point: point.upper / max(point.allowed, 1e-12))

    nearest = min((worst(points) for points in broken), key=lambda point: point.upper / max(point.allowed, 1e-12))
    return (
        f"No plan that was met in {seconds:g} seconds keeps the appetite. The nearest has a loss above "
        f"{nearest.amount:,.0f} with a probability of {nearest.estimate:.3g}, where {nearest.allowed:.3g} is allowed."
    )
