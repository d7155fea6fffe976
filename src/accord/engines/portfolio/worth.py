"""What one more euro or one more month of somebody's work is worth: dual prices, verified by planning again.

The dual price of a budget or skill is the slope of the relaxation without cover cuts: what a little more of it adds
when initiatives can be done in part. A plan is made of whole initiatives, so that a real step may add
nothing or much: `verified` rows say what a stated step adds to the best plan that was found, and at most can add.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from accord.engines.portfolio.compiled import Resource, compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Relaxation
from accord.engines.portfolio.solve import NotFound

MONTHS = 3
"""In a quarter: one full-time equivalent more is so many months of work."""


@dataclass(frozen=True, slots=True)
class Step:
    """The plan made again with `amount` more: `found` is what the objective gained by a plan that was found (≥ 0).

    No plan gains more than `most`, proved; `predicted` is the dual price times the amount.
    """

    amount: float
    predicted: float
    found: float
    most: float
    starts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Worth:
    """A budget of a year (money) or a skill in a quarter (full-time equivalents), and what more of it is worth.

    `dual` is per unit: one more unit of money, or one more month of work; in units of the objective. `used` is
    what the best plan found takes. `step` is None where planning again was not asked for or not in the time.
    """

    kind: Literal["capital", "running", "skill"]
    what: str
    year: int
    quarter: str
    skill: str
    limit: float
    used: float
    dual: float
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Dual prices at the best plan found. `objective` = value_weight × value − loss_weight × loss, in the same units.

    `rows` are sorted by what a tenth of the limit (or a month) would add. No plan has more than `bound`.
    """

    rows: list[Worth]
    starts: Mapping[str, int]
    value: float
    loss: float
    objective: float
    bound: float


def worth_of_more(
    problem: Problem,
    value_weight: float = 1.0,
    loss_weight: float = 0.0,
    known: Sequence[Mapping[str, int]] = (),
    seconds: float = 10.0,
    verify: int = 3,
    step_share: float = 0.1,
    step_fte: float = 1.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prices:
    """Prices for value_weight × value − loss_weight × loss: a price of value and 1 give money, 1 and 0 give value.

    Half of the time goes to the plan and its bound, the rest to planning again for the `verify` dearest rows: with
    a budget larger by `step_share` of it, with `step_fte` more of a skill in a quarter. Raises `Infeasible` when no
    plan exists, `NotFound` when none was found in time, ValueError for weights that are not positive.
    """
    if not (value_weight >= 0 and loss_weight >= 0 and value_weight + loss_weight > 0):
        raise ValueError("weights must be at least 0, and one of them above it")
    if (why := conflict(problem)) is not None:
        raise why
    begun = time.monotonic()
    compiled = compile_problem(problem)
    prover = Prover(compiled, cancelled)
    for plan in known:
        prover.offer(compiled.starts({k: t for k, t in plan.items() if k in compiled.position}))
    aim = Aim(value_weight, loss_weight)
    prover.pursue(aim, begun + (0.4 if verify else 0.9) * seconds, 1e-3)
    n = prover.best(aim)
    if n is None:
        raise NotFound(f"No plan was found in {seconds:g} seconds.")
    starts = prover.archive.plans[n]
    objective = aim.score(prover.archive.values[n], prover.archive.losses[n])
    bound = max(objective, min(line.c for line in prover.lines if (line.a, line.b) == (aim.a, aim.b)))
    plain = Relaxation(compiled, covers=False)
    plain.aim(prover.weights(aim))
    plain.tighten(begun + (0.5 if verify else 1.0) * seconds)
    duals = plain.prices() * prover.scale(aim)
    chosen = np.flatnonzero(starts >= 0)
    used = compiled.usage[chosen, starts[chosen]].sum(axis=0)
    rows = [_row(problem, resource, float(used[r]), float(duals[r])) for r, resource in enumerate(compiled.resources)]
    rows.sort(key=lambda row: -row.dual * (row.limit * step_share if row.kind != "skill" else step_fte * MONTHS))
    for at, row in enumerate(rows[:verify]):
        left = begun + seconds - time.monotonic()
        if left <= 0 or row.dual <= 0:
            break
        amount = step_fte if row.kind == "skill" else row.limit * step_share
        units = amount * MONTHS if row.kind == "skill" else amount
        share = left / (min(verify, len(rows)) - at)
        step = _again(problem, row, amount, aim, compiled.plan(starts), objective, share, units * row.dual, cancelled)
        rows[at] = replace(row, step=step)
    value, loss = value_and_loss(compiled, starts)
    return Prices(rows, compiled.plan(starts), value, loss, objective, bound)


def _row(problem: Problem, resource: Resource, used: float, dual: float) -> Worth:
    skill = resource.kind == "skill"
    return Worth(
        resource.kind, resource.label(problem), resource.year, problem.quarter(resource.index) if skill else "",
        resource.skill, resource.limit, used, dual / MONTHS if skill else dual,
    )  # fmt: skip


def with_more(problem: Problem, row: Worth, amount: float) -> Problem:
    """The problem with more of one budget or skill."""
    if row.kind == "skill":
        capacities = tuple(
            replace(c, fte=c.fte + amount) if (c.skill, c.quarter) == (row.skill, row.quarter) else c
            for c in problem.capacities
        )
        return replace(problem, capacities=capacities)
    budgets = tuple(
        replace(b, **{row.kind: getattr(b, row.kind) + amount}) if b.year == row.year else b for b in problem.budgets
    )
    return replace(problem, budgets=budgets)


def _again(
    problem: Problem, row: Worth, amount: float, aim: Aim, plan: Mapping[str, int], before: float, seconds: float,
    predicted: float, cancelled: Callable[[], bool],
) -> Step:  # fmt: skip
    prover = Prover(compile_problem(with_more(problem, row, amount)), cancelled)
    prover.offer(prover.compiled.starts(plan))
    prover.pursue(aim, time.monotonic() + seconds, 1e-3)
    n = prover.best(aim)
    assert n is not None  # the plan of before keeps the wider rules, too
    after = aim.score(prover.archive.values[n], prover.archive.losses[n])
    bound = min(line.c for line in prover.lines)
    found = max(after - before, 0.0)
    return Step(amount, predicted, found, max(bound - before, found), prover.compiled.plan(prover.archive.plans[n]))
