"""An answer while somebody waits: what a changed question comes to, from plans that are known, in under a second.

Weights, budgets or pins have moved a little since the frontier was found. Its plans are repaired to the new
rules, improved by the search, and bounded by the relaxation as far as the time goes; nothing is branched on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from accord.engines.portfolio.archive import Archive
from accord.engines.portfolio.bargain import disagreement, ends_of, largest_product
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Limits, NoPlan, OutOfTime
from accord.engines.portfolio.solve import NotFound, plan_of

Wanted = Literal["joint", "value", "loss"]
REPAIR_SHARE, SEARCH_SHARE = 0.25, 0.6
"""By these shares of the time the known plans are repaired, and the search has ended; the rest goes to the bound."""
MOST_OFFERED = 6
"""Of the known plans the two ends and those near the joint one are worth the checker's time."""
BOUND_COST = 6
"""The relaxation takes at least so many times as long to make as the arrays: not begun when time is shorter."""


@dataclass(frozen=True, slots=True)
class Quick:
    """A plan (`starts`: key → index of its first quarter) with its exact figures.

    `gap` is proved: how much more value a plan of no more loss could have (for "loss": how much less loss any
    plan could have; of a joint plan the better of the two statements), relative to the plan's own figure. None
    = the time did not suffice for a proof.
    """

    starts: Mapping[str, int]
    value: float
    loss: float
    gap: float | None


def quick(
    problem: Problem, known: Sequence[Mapping[str, int]] = (), aim: Wanted = "joint", seconds: float = 0.6
) -> Quick:
    """A good plan for the problem as it is now, in about `seconds`.

    `known` are plans of a similar problem, such as the points of its stored frontier: initiatives that are no
    longer there are passed over, starts that no longer fit are moved. "joint" is the plan with the largest Nash
    product of what was met (see `frontier`). Every plan has passed the independent checker. Raises `Infeasible`
    with the conflicting rules when no plan exists, `NotFound` when none was met in time.
    """
    begun = time.monotonic()
    if (why := conflict(problem)) is not None:
        raise why
    compiling = time.monotonic()
    prover = Prover(compile_problem(problem))
    compiling = time.monotonic() - compiling
    _repair(prover, known, begun + REPAIR_SHARE * seconds)
    deadline = begun + SEARCH_SHARE * seconds
    ends = {"value": [Aim(1.0, 0.0)], "loss": [Aim(0.0, 1.0)]}.get(aim, [Aim(1.0, 0.0), Aim(0.0, 1.0)])
    for done, end in enumerate(ends):
        left = len(ends) - done + (aim == "joint")
        _look(prover, end, (deadline - time.monotonic()) / left)
    if not prover.archive.plans:
        raise NotFound(f"No plan was found in {seconds:g} seconds.")
    final = ends[0] if aim != "joint" else _mix(prover)
    if aim == "joint":
        _look(prover, final, deadline - time.monotonic())
        final = _mix(prover)
    n = largest_product(prover.archive)[3] if aim == "joint" else prover.best(_with_tie(prover, final))
    assert n is not None
    rest = begun + seconds - time.monotonic()
    gap = None if rest < BOUND_COST * compiling else _gap(prover, n, aim, final, begun + seconds)
    return Quick(prover.compiled.plan(prover.archive.plans[n]), prover.archive.values[n], prover.archive.losses[n], gap)


def _repair(prover: Prover, known: Sequence[Mapping[str, int]], deadline: float) -> None:
    """Bring the known plans to the rules as they are now (one that keeps them stays as it is), offer the best."""
    compiled, met = prover.compiled, Archive()
    for plan in known:
        starts = compiled.starts({k: t for k, t in plan.items() if k in compiled.position})
        if prover.search.adopt(starts):
            met.offer(*value_and_loss(compiled, prover.search.starts), prover.search.starts)
        if time.monotonic() > deadline:
            break
    if not met.plans:
        return
    value_0, loss_0 = disagreement(met)
    products = [max(v - value_0, 0.0) * max(loss_0 - x, 0.0) for v, x in zip(met.values, met.losses, strict=True)]
    first = list(dict.fromkeys([*ends_of(met), *sorted(range(len(products)), key=lambda n: -products[n])]))
    for n in first[:MOST_OFFERED]:
        prover.offer(met.plans[n])


def _with_tie(prover: Prover, aim: Aim) -> Aim:
    """The aim with a little of the other figure, which decides between equal plans."""
    tie = 1e-7
    value, loss = max(prover.most_value, 1e-12), max(prover.compiled.loss_today, 1e-12)
    return Aim(aim.a or tie / value * loss * aim.b, aim.b or tie * value / loss * aim.a, aim.limits)


def _look(prover: Prover, aim: Aim, seconds: float) -> None:
    """Search from the best known plan for an aim."""
    best = prover.best(aim)
    begin = [] if best is None else [prover.archive.plans[best]]
    prover.search.run(prover.weights(_with_tie(prover, aim)), max(seconds, 0.0), begin, beginnings=0 if begin else 4)


def _mix(prover: Prover) -> Aim:
    """The mix under which the plan with the largest Nash product is about the best."""
    value, loss, product, _ = largest_product(prover.archive)
    value_0, loss_0 = disagreement(prover.archive)
    if product > 0:
        return Aim(1.0 / (value - value_0), 1.0 / (loss_0 - loss))
    return Aim(1.0 / max(prover.most_value, 1e-12), 1.0 / max(prover.compiled.loss_today, 1e-12))


def _gap(prover: Prover, n: int, aim: Wanted, final: Aim, deadline: float) -> float | None:
    try:
        prover.cut(final, deadline, strict=True)
    except OutOfTime:
        return None
    except NoPlan:  # pragma: no cover - a plan is known, so that only rounding can say so
        return None
    value, loss = prover.archive.values[n], prover.archive.losses[n]
    by_value = plan_of(prover, n, "value", Limits() if aim == "value" else Limits(loss=loss), 0.0).gap
    by_loss = plan_of(prover, n, "loss", Limits() if aim == "loss" else Limits(value=value), 0.0).gap
    return {"value": by_value, "loss": by_loss}.get(aim, min(by_value, by_loss))
