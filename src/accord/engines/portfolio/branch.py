"""Branch and bound by HiGHS over the relaxation's rows, stopped as soon as the proof is good enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import highspy
import numpy as np

from accord.engines.portfolio.columns import Rows
from accord.engines.portfolio.compiled import Ints
from accord.engines.portfolio.relaxation import Relaxation, set_objective

LEAST_SECONDS = 0.05


@dataclass(slots=True)
class Branching:
    """What came of it: plans that the model met, a bound that holds for every plan, and whether it was finished."""

    bound: float
    plans: list[Ints] = field(default_factory=list)
    finished: bool = False
    infeasible: bool = False
    nodes: int = 0


def branch(
    relaxation: Relaxation,
    begin: Ints | None,
    deadline: float,
    enough: Callable[[float, list[Ints]], bool],
    gap: float,
) -> Branching:
    """Minimize the relaxation's objective over whole plans until `deadline` (`time.monotonic`).

    `begin` is a feasible plan. `enough(bound, new plans)` is asked now and then whether to end, maybe from
    another thread; `gap` is the relative gap at which HiGHS itself ends.
    """
    columns = relaxation.columns
    rows = Rows.none()
    rows.extend(relaxation.base)
    rows.extend(relaxation.tight_cuts())
    for row, upper in zip(*relaxation.limit_rows(), strict=True):
        if np.isfinite(upper):
            rows.add({k: float(row[k]) for k in np.flatnonzero(row).tolist()}, upper=upper)
    if begin is not None:
        rows.extend(relaxation.residual_cuts.exact_at(columns.solution(begin)))
    model = relaxation.model(rows)
    row, constant = columns.objective(relaxation.weights)
    set_objective(model, row, constant)
    steps = np.arange(columns.steps, dtype=np.int32)
    kinds = np.array([highspy.HighsVarType.kInteger] * columns.steps)
    model.changeColsIntegrality(columns.steps, steps, kinds)
    model.setOptionValue("time_limit", max(deadline - time.monotonic(), LEAST_SECONDS))
    model.setOptionValue("mip_rel_gap", gap)
    if begin is not None:
        model.setSolution(columns.steps, steps, columns.solution(begin))
    found = Branching(bound=relaxation.objective)
    fresh: list[Ints] = []

    def solution(event: highspy.HighsCallbackEvent) -> None:
        fresh.append(columns.starts(np.array(event.data_out.mip_solution)))

    def interrupt(event: highspy.HighsCallbackEvent) -> None:
        found.bound = max(found.bound, float(event.data_out.mip_dual_bound))
        taken = fresh.copy()
        fresh.clear()
        found.plans.extend(taken)
        if enough(found.bound, taken) and event.data_in is not None:
            event.data_in.user_interrupt = True

    model.cbMipImprovingSolution.subscribe(solution)
    model.cbMipInterrupt.subscribe(interrupt)
    model.run()
    found.plans.extend(fresh)
    status = model.getModelStatus()
    info = model.getInfo()
    found.infeasible = status == highspy.HighsModelStatus.kInfeasible
    found.finished = status == highspy.HighsModelStatus.kOptimal
    found.nodes = int(info.mip_node_count)
    if np.isfinite(info.mip_dual_bound):
        found.bound = max(found.bound, float(info.mip_dual_bound))
    return found
