"""The long work of this room, run by a worker."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from accord.core import rounds
from accord.core.jobs import Cancelled, Context, kind

if TYPE_CHECKING:
    from accord.decisions.models import Sheet
from accord.decisions.selectors.inputs import Heard


@kind("decisions.frontier", "Compute the frontier")
def compute_frontier(context: Context, heard: Heard = "both", points: int = 9, seconds: float = 60.0) -> dict[str, Any]:
    """One frontier with its plans; while it runs, what was found so far. Stopping it keeps that."""
    from accord.decisions.services import Interrupted, run_frontier

    def tell(done: int, total: int, message: str, so_far: dict[str, Any] | None) -> None:
        if so_far is not None:
            context.partial(so_far)
        context.progress(done, total, message)

    context.progress(0, points + 4, "Reading initiatives, budgets, people and scenarios")
    try:
        frontier = run_frontier(context.actor, heard=heard, points=points, seconds=seconds, tell=tell, stop=Cancelled)
    except Interrupted as stopped:
        context.partial({"frontier": stopped.frontier.pk if stopped.frontier else None})
        raise Cancelled from stopped
    return {"frontier": frontier.pk, "currency": frontier.currency}


@kind("decisions.robustness", "Study how firm the plans are")
def compute_robustness(context: Context, frontier: int, seconds: float = 60.0) -> dict[str, Any]:
    """How the plans of a frontier stand up under other inputs and against the tail; kept beside the frontier."""
    from accord.core.errors import Refused
    from accord.decisions.models import Frontier
    from accord.decisions.services import run_robustness

    found = Frontier.objects.filter(pk=frontier).first()
    if found is None:
        raise Refused(f"There is no frontier {frontier}.")
    made = run_robustness(context.actor, found, seconds=seconds, tell=context.progress)
    return {"robustness": made.pk, "frontier": frontier}


@kind("decisions.sheet", "Compute the options of a sheet")
def compute_sheet(context: Context, sheet: str) -> dict[str, Any]:
    """The options of a drafted sheet; kept unless it was filled in anew meanwhile, which has a job of its own."""
    from accord.decisions.selectors import job_of
    from accord.decisions.services import compute_sheet

    def wanted(held: Sheet) -> bool:
        newest = job_of(held)
        return newest is None or newest.pk == context.job.pk

    compute_sheet(context.actor, sheet, tell=context.progress, wanted=wanted)
    return {"sheet": sheet}


@kind("decisions.what_if", "Plan again with one initiative held in")
def compute_what_if(context: Context, plan: str, initiative: str, seconds: float = 8.0) -> dict[str, Any]:
    """What becomes of a plan when an initiative is held in, at no more loss. Nothing is stored but the answer."""
    from dataclasses import asdict

    from accord.core.errors import Refused
    from accord.decisions.models import Plan
    from accord.engines import portfolio

    stored = Plan.objects.select_related("frontier").filter(key=plan).first()
    if stored is None or stored.frontier is None:
        raise Refused(f"There is no plan “{plan}” with its inputs.")
    problem = portfolio.Problem.from_json(stored.frontier.result["problem"])
    if all(item.key != initiative for item in problem.initiatives):
        raise Refused(f"“{initiative}” is not among the initiatives that can be planned.")
    starts = {row["key"]: problem.index(row["start"]) for row in stored.result["schedule"]}
    context.progress(0, 1, "Planning again")
    found = asdict(portfolio.forced_in(problem, starts, initiative, seconds))
    if found["starts"] is not None:
        found["starts"] = {key: problem.quarter(start) for key, start in found["starts"].items()}
    names = {item.key: item.name for item in problem.initiatives}
    for side in ("leaves", "enters"):
        found[side] = [{"key": key, "name": names[key]} for key in found[side]]
    return {**found, "name": names[initiative]}


@kind("decisions.differences", "Price the differences between both positions")
def compute_differences(context: Context, sitting: str, seconds: float = 60.0) -> dict[str, Any]:
    """What each difference of a revealed sitting costs: one plan for each way, kept with the sitting."""
    from accord.decisions.services import price_differences

    found = price_differences(context.actor, sitting, seconds=seconds, tell=context.progress)
    return {"sitting": found.key, "plans": found.differences["plans"] if found.differences else 0}


@rounds.every("decisions.expire", timedelta(hours=1))
def end_what_ran_out() -> None:
    """End sheets on patches and acceptances whose last day is over; what is read tells so without it."""
    from accord.decisions.services import end_acceptances_that_ran_out, end_sheets_that_ran_out

    end_sheets_that_ran_out()
    end_acceptances_that_ran_out()
