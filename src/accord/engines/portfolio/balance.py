"""One plan for a stated price of value: `balanced` maximizes price × value − loss, beginning from plans that are known.

Two plans of two questions that differ in one point are compared by it: both figures in money, with one proof.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accord.engines.portfolio.compiled import Ints, compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover, within
from accord.engines.portfolio.relaxation import Limits, NoPlan
from accord.engines.portfolio.solve import NotFound

BRIEF = 1.0
"""Below so many seconds nothing is branched on: the bound of the relaxation first, then the search."""
REPAIR_SHARE, CUT_SHARE = 0.1, 0.65
SEEDS = 4


@dataclass(frozen=True, slots=True)
class Balanced:
    """A plan (`starts`: key → index of the first quarter) with its exact figures and a proof.

    `worth` = price × value − loss, in money; no plan of the question has more than `bound`. `open` = bound −
    worth: how much better, in money, another plan may be.
    """

    starts: Mapping[str, int]
    value: float
    loss: float
    worth: float
    bound: float

    @property
    def open(self) -> float:
        return max(0.0, self.bound - self.worth)


def balanced(
    problem: Problem,
    price: float,
    known: Sequence[Mapping[str, int]] = (),
    seconds: float = 3.0,
    enough: float = 0.002,
    limits: Limits | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Balanced:
    """The plan with the highest price × value − loss that is found in about `seconds`.

    `price` is money per unit of value (> 0). The search begins from the plans of `known`; those that break a rule
    of this problem are brought back to one that fits. Ends early when the relative gap of the aim is at most `enough`.
    Raises `Infeasible` with the conflicting rules when no plan exists, `NotFound` when none was found
    in time, or when it was proved that none keeps the limits.
    """
    if not (math.isfinite(price) and price > 0):
        raise ValueError("price must be a positive amount of money per unit of value")
    if (why := conflict(problem)) is not None:
        raise why
    held = limits or Limits()
    begun = time.monotonic()
    prover = Prover(compile_problem(problem), cancelled)
    keys = {item.key for item in problem.initiatives}
    asked = [prover.compiled.starts({key: at for key, at in plan.items() if key in keys}) for plan in known]
    broken = [starts for starts in asked if not prover.offer(starts)]
    scale = prover.compiled.loss_today or 1.0
    aim = Aim(price / scale, 1.0 / scale, held)
    try:
        if seconds < BRIEF:
            _briefly(prover, aim, asked, broken, begun, seconds)
        else:
            _repair(prover, broken, begun + REPAIR_SHARE * seconds)
            _seed(prover, aim, asked)
            prover.pursue(aim, begun + seconds, enough)
    except NoPlan:
        raise NotFound("No plan keeps these limits: that was proved.") from None
    n = prover.best(aim)
    if n is None:
        raise NotFound(f"No plan was found in {seconds:g} seconds.")
    value, loss = prover.archive.values[n], prover.archive.losses[n]
    worth = price * value - loss
    lines = [line.c * scale for line in prover.lines if (line.a, line.b) == (aim.a, aim.b)]
    ceiling = min([price * prover.most_value, *lines])
    return Balanced(prover.compiled.plan(prover.archive.plans[n]), value, loss, worth, max(worth, ceiling))


def _repair(prover: Prover, broken: Sequence[Ints], deadline: float) -> None:
    """Move or leave out what no longer fits, plan by plan."""
    for starts in broken:
        if time.monotonic() > deadline:
            break
        if prover.search.adopt(starts):
            prover.offer(prover.search.starts)


def _briefly(
    prover: Prover, aim: Aim, asked: Sequence[Ints], broken: Sequence[Ints], begun: float, seconds: float
) -> None:
    """Repair, the bound of the relaxation, and what is left of the time for a search with its prices."""
    _repair(prover, broken, begun + REPAIR_SHARE * seconds)
    _seed(prover, aim, asked)
    prover.cut(aim, begun + CUT_SHARE * seconds)
    best = prover.best(aim)
    begin = [] if best is None else [prover.archive.plans[best]]
    prover.search.value_resources(prover.relaxation.prices())
    left = begun + seconds - time.monotonic()
    prover.search.run(prover.weights(aim), max(left, 0.05), begin, beginnings=0 if begin else 4)


def _seed(prover: Prover, aim: Aim, asked: Sequence[Ints]) -> None:
    """Give the relaxation the tangents at the best known plans: it need not find them round by round.

    A tangent holds for every plan, also where the one that it is taken at breaks a rule.
    """
    rated = [(within(aim.limits, *figures), aim.score(*figures), n)
             for n, figures in enumerate(value_and_loss(prover.compiled, starts) for starts in asked)]  # fmt: skip
    relaxation = prover.relaxation
    for _, _, n in sorted(rated, reverse=True)[:SEEDS]:
        steps = relaxation.columns.solution(asked[n])
        relaxation.take(relaxation.residual_cuts.exact_at(steps))
