"""Compute the frontier and keep its plans."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from accord.core import ledger
from accord.core.errors import Problem as Refusal
from accord.core.errors import Refused
from accord.core.models import User
from accord.decisions import figures
from accord.decisions.evidence import Evidence
from accord.decisions.models import Frontier, Plan, PlanItem
from accord.decisions.selectors.inputs import METHOD, Heard, PlanInputs, collect, left_out_rows
from accord.decisions.versions import versions
from accord.risk.selectors.inputs import METHOD as LOSS_METHOD
from accord.strategy.models import Initiative

if TYPE_CHECKING:
    from accord.engines import portfolio

SECONDS = 60.0
POINTS = 9
GAP = 0.01
Tell = Callable[[int, int, str, dict[str, Any] | None], None]
Row = tuple[str, str, dict[str, int], float, float, dict[str, Any]]
"""Origin, name, starts, value, loss and proof of one plan."""


class Interrupted(Exception):
    """The watcher stopped the computation; `frontier` keeps what was found, None when that was nothing."""

    def __init__(self, frontier: Frontier | None) -> None:
        super().__init__("The computation was stopped.")
        self.frontier = frontier


def run_frontier(
    actor: User,
    *,
    heard: Heard = "both",
    points: int = POINTS,
    seconds: float = SECONDS,
    tell: Tell = lambda done, total, message, so_far: None,
    stop: type[BaseException] | tuple[type[BaseException], ...] = (),
) -> Frontier:
    """Read the inputs, compute outside of any transaction, keep the frontier and its plans.

    `tell(done, total, message, so far)` hears of each step; when it raises one of `stop`, what was found is kept
    as an incomplete frontier and `Interrupted` is raised. Refused where no plan exists, naming the conflict.
    """
    from accord.engines import portfolio

    inputs = collect(heard)
    begun, last = time.monotonic(), None

    def progress(done: int, total: int, message: str, found: portfolio.Frontier | None) -> None:
        nonlocal last
        last = found or last
        tell(done, total, message, None if found is None else figures.of_frontier(inputs.problem, found))

    try:
        found = portfolio.frontier(inputs.problem, points, seconds, GAP, progress)
    except portfolio.Infeasible as error:
        raise Refused(*(_of_rule(rule) for rule in error.rules)) from error
    except portfolio.NotFound as error:
        raise Refused(Refusal(None, "plan", str(error), "Loosen budgets, people or pins, or try again.")) from error
    except stop as error:
        kept = None if last is None else _keep(actor, inputs, last, time.monotonic() - begun)
        raise Interrupted(kept) from error
    return _keep(actor, inputs, found, time.monotonic() - begun)


def _of_rule(rule: portfolio.Rule) -> Refusal:
    return Refusal(
        None, rule.kind, f"It cannot hold together with the others: {rule.text}.", "Loosen one of them.", "plan"
    )


def _keep(actor: User, inputs: PlanInputs, found: portfolio.Frontier, seconds: float) -> Frontier:
    """Store a frontier with a plan for each of its points and references."""
    problem = inputs.problem
    rows: list[Row] = [
        (origin, name, dict(plan.starts), plan.value, plan.loss, figures.proof_of(plan))
        for origin, name, plan in figures.marked(found)
    ]
    for origin, reference in found.references.items():
        if reference.starts is not None and reference.value is not None and reference.loss is not None:
            proof = {"gap": figures.behind(found, reference.value, reference.loss)}
            rows.append((origin, reference.name, dict(reference.starts), reference.value, reference.loss, proof))
    evidence, beside = Evidence(problem, inputs.laws), figures.compared(problem, found)
    common = {"compared": beside, "along": [[plan.loss, plan.value] for _, _, plan in figures.marked(found)]}
    results = [{**figures.of_plan(problem, row[2], row[5], evidence), **common} for row in rows]
    result = {
        **figures.of_frontier(problem, found), "compared": beside, "laws": inputs.laws,
        "method": METHOD, "methods": [METHOD, LOSS_METHOD], "versions": versions(),
        "heard": inputs.heard, "seconds": seconds,
        "left_out": left_out_rows(inputs), "ledger_number": inputs.number, "problem": problem.to_json(),
    }  # fmt: skip
    with ledger.write(actor) as log:
        frontier = Frontier.objects.create(
            by=actor, inputs_hash=inputs.hash, currency=inputs.currency, complete=found.complete, result=result
        )
        for number, (row, own) in enumerate(zip(rows, results, strict=True), 1):
            _add_plan(log, actor, frontier, problem, number, row, own)
        after = {"inputs_hash": inputs.hash, "plans": len(rows), "complete": found.complete}
        log.add("run", "frontier", frontier.pk, None, after)
    return frontier


def _add_plan(
    log: ledger.Log, actor: User, frontier: Frontier, problem: portfolio.Problem, number: int, row: Row,
    result: dict[str, Any],
) -> None:  # fmt: skip
    origin, name, starts, value, loss, _ = row
    suffix = f"P{number}" if origin == Plan.Origin.POINT else str(origin).upper()
    plan = Plan.objects.create(
        key=f"F{frontier.pk}-{suffix}", name=name, origin=origin, frontier=frontier, made=frontier.at, by=actor,
        inputs_hash=frontier.inputs_hash, value=value, loss=loss, result=result,
    )  # fmt: skip
    ids = dict(Initiative.objects.filter(key__in=list(starts)).values_list("key", "pk"))
    PlanItem.objects.bulk_create(
        PlanItem(plan=plan, initiative_id=ids[key], start=problem.quarter(start)) for key, start in starts.items()
    )
    log.add("add", "plan", plan.key, None, {"value": value, "loss": loss, "starts": figures.starts(problem, starts)})
