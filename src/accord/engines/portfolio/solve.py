"""One plan for one aim: `solve`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.conflict import Infeasible, Rule, conflict
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Limits, NoPlan

Objective = Literal["value", "loss"]
Status = Literal["optimal", "within gap", "best found"]
ENOUGH = 1e-6


class NotFound(Exception):
    """No plan was found in the time, and it was not proved that there is none. More time may help."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which initiatives start when, with exact figures and a proof.

    `starts` maps key → index of the first quarter (0 = first of the horizon). `value` and `loss` are exact
    (see `evaluate`). `bound` holds for every plan under the same limits: of a plan that aims at value, no
    other has more value than `bound`; of one that aims at loss, none has less loss. `gap` is their relative
    difference. `status` is "optimal" when the gap is nil, "within gap" when it is what was asked for.
    """

    starts: Mapping[str, int]
    value: float
    loss: float
    objective: Objective
    bound: float
    gap: float
    status: Status
    limits: Limits = field(default_factory=Limits)


def status_of(gap: float, asked: float) -> Status:
    return "optimal" if gap <= ENOUGH else "within gap" if gap <= asked * (1 + 1e-9) else "best found"


def plan_of(prover: Prover, n: int, objective: Objective, limits: Limits, asked: float) -> Plan:
    """The archive's plan at position n with its proof for an objective."""
    value, loss = prover.archive.values[n], prover.archive.losses[n]
    if objective == "value":
        most = float("inf") if limits.loss is None else limits.loss
        bound = max(prover.value_bound(most, limits), value)
        gap = (bound - value) / max(value, 1e-12)
    else:
        bound = min(prover.loss_bound(limits.value or 0.0, limits), loss)
        gap = (loss - bound) / max(loss, 1e-12)
    starts = prover.compiled.plan(prover.archive.plans[n])
    return Plan(starts, value, loss, objective, bound, gap, status_of(gap, asked), limits)


def aim_of(objective: Objective, limits: Limits) -> Aim:
    return Aim(1.0, 0.0, limits) if objective == "value" else Aim(0.0, 1.0, limits)


def solve(
    problem: Problem,
    objective: Objective = "value",
    limits: Limits | None = None,
    time_limit: float = 20.0,
    gap: float = 0.01,
    cancelled: Callable[[], bool] = lambda: False,
) -> Plan:
    """The plan with the most value, or the least loss, within budgets, people, relations and `limits`.

    Ends when the relative gap is proved to be at most `gap`, or after `time_limit` seconds with the best plan
    found. Raises `Infeasible` with the conflicting rules when no plan exists, `NotFound` when none was found
    in time. Equal plans are told apart by the other figure.
    """
    held = limits or Limits()
    if (why := conflict(problem)) is not None:
        raise why
    prover = Prover(compile_problem(problem), cancelled)
    aim = aim_of(objective, held)
    deadline = time.monotonic() + time_limit
    try:
        prover.pursue(aim, deadline, gap)
    except NoPlan:
        raise _beyond_reach(prover, held) from None
    n = prover.best(aim)
    if n is None:
        raise NotFound(f"No plan within the limits was found in {time_limit:g} seconds.")
    return plan_of(prover, n, objective, held, gap)


def _beyond_reach(prover: Prover, limits: Limits) -> Infeasible:
    """The limits on value and loss that no plan keeps, with what is proved about how far one can get."""
    rules = []
    if limits.loss is not None:
        floor = _reach(prover, Aim(0.0, 1.0))
        rules.append(Rule("loss", "loss", f"loss is at most {limits.loss:,.0f} (no plan gets below {floor:,.0f})"))
    if limits.value is not None:
        most = _reach(prover, Aim(1.0, 0.0))
        rules.append(Rule("value", "value", f"value is at least {limits.value:.4g} (no plan exceeds {most:.4g})"))
    return Infeasible(rules or [Rule("rules", "rules", "the rules of the problem")], minimal=len(rules) == 1)


def _reach(prover: Prover, aim: Aim) -> float:
    prover.cut(aim, time.monotonic() + 5.0)
    return prover.value_bound(float("inf")) if aim.a else prover.loss_bound(0.0)
