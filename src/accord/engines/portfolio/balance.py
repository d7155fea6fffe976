"""One plan for a stated price of value: `balanced` maximizes price × value − loss, beginning from plans that are known.

Two plans of two questions that differ in one point are compared by it: both figures in money, with one proof.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Limits, NoPlan
from accord.engines.portfolio.solve import NotFound


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

    `price` is money per unit of value (> 0). Plans of `known` that keep every rule of this problem are where the
    search begins; others are passed over. Ends early when the relative gap of the aim is at most `enough`.
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
    for plan in known:
        if keys.issuperset(plan):
            prover.offer(prover.compiled.starts(plan))
    scale = prover.compiled.loss_today or 1.0
    aim = Aim(price / scale, 1.0 / scale, held)
    try:
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
