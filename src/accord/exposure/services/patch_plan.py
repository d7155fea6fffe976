"""Computes and keeps a patch plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem as Wrong
from accord.core.errors import Refused
from accord.core.models import User
from accord.exposure.models import PatchJob, PatchPlan, TotalExposure
from accord.exposure.services import bulk
from accord.exposure.services.fixes import ceiling_of, recount_fixes
from accord.exposure.services.patch_inputs import DAYS_A_YEAR, Inputs, Work, gather, last_day

if TYPE_CHECKING:
    from accord.engines.patching import Difference, Problem, Schedule

Tell = Callable[[int, int | None, str], None]
MOST_DAYS = 731
FREEZES = 24
"""So many freezes are priced, each by solving again."""
SCARCE = 12
Why = PatchJob.Why
REASONS = (Why.PLANNED, Why.LATE, Why.NO_WINDOW, Why.TOO_LONG, Why.NO_ROOM, Why.RULE, Why.PIN_BROKEN)
"""Of `engines.patching.Why`, in its order."""
MISSED = ("", "no_window", "no_room")


def check_span(ends: date | None, first: int) -> tuple[date, date]:
    """The first and the last day of a plan that would be made now; Refused where they make no sense."""
    begins = timezone.localdate()
    last = ends or last_day(begins)
    if not 0 < (last - begins).days <= MOST_DAYS:
        raise Refused(
            Wrong(None, "until", f"{last} is not within the next two years.", "Write a day after the last window.")
        )
    if not -1 <= first <= 4:
        raise Refused(Wrong(None, "first", f"{first} is no class.", "Write a class from 0 to 4, or -1 for none."))
    return begins, last


def make_plan(actor: User, ends: date | None, first: int, tell: Tell, job: Any = None) -> PatchPlan:
    """Compute a plan from the present findings and keep it with the hash of its inputs."""
    from accord.engines import patching

    begins, last = check_span(ends, first)
    tell(0, None, "Counting fixes")
    recount_fixes(actor)
    inputs = gather(begins, last, first)
    steps = 3 + min(len(inputs.freezes), FREEZES)
    tell(1, steps, "Looking for the best schedule")
    schedule = patching.solve(inputs.problem)
    figures = _figures(inputs, schedule)
    tell(2, steps, "Pricing one more window")
    more = patching.one_more_window(inputs.problem, schedule) if inputs.jobs else None
    figures["one_more"] = None if more is None else {"window": inputs.windows[more[0]].key, **_told(more[1])}
    for number, freeze in enumerate(inputs.freezes[:FREEZES]):
        tell(3 + number, steps, f"Pricing the freeze {freeze.name}")
        cost = patching.cost_of_freeze(inputs.problem, schedule, number)
        figures["freezes"].append({"key": freeze.key, "name": freeze.name, **_told(cost)})
    figures["freezes_unpriced"] = [freeze.key for freeze in inputs.freezes[FREEZES:]]
    return _keep(actor, inputs, schedule, figures, job)


def _told(found: Difference) -> dict[str, float]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _figures(inputs: Inputs, schedule: Schedule) -> dict[str, Any]:
    """What the page says of the whole plan; money over the plan's days."""
    from accord.engines import patching

    problem = inputs.problem
    removed = [_removed(problem, w, schedule, n) for n, w in enumerate(inputs.jobs)]
    ends = [sum(found[end] for found in removed if found is not None) for end in range(3)]
    ceiling = ceiling_of(TotalExposure.objects.first()) / DAYS_A_YEAR * problem.horizon
    ends[2] = max(min(ends[2], ceiling), ends[1])
    placed = [n for n in range(len(inputs.jobs)) if schedule.window[n] >= 0]
    scarce = patching.scarce(schedule)[:SCARCE]
    return {
        "value": schedule.value, "bound": schedule.bound, "share": schedule.share, "exact": schedule.exact,
        "extra": schedule.extra, "removed": ends, "first": problem.first, "horizon": problem.horizon,
        "jobs": len(inputs.jobs) + len(inputs.out), "planned": len(placed),
        "unpriced": sum(w.rate is None for w in inputs.jobs),
        "unpriced_planned": sum(inputs.jobs[n].rate is None for n in placed),
        "missed": dict(Counter(MISSED[m] for m in schedule.missed.tolist() if m)),
        "hours": [sum(float(getattr(inputs.jobs[n].effort, name)) for n in placed)
                  for name in ("hours_low", "hours", "hours_high")],
        "windows": _windows(inputs, schedule, removed), "freezes": [],
        "scarce": [{"team": inputs.teams[t], "window": inputs.windows[w].key, "hour": worth} for t, w, worth in scarce],
    }  # fmt: skip


def _removed(problem: Problem, work: Work, schedule: Schedule, number: int) -> tuple[float, float, float] | None:
    """Loss that a placed job removes until the end of the plan (low, middle, high); None = not placed or not priced."""
    at = int(schedule.window[number])
    if at < 0 or work.rate is None:
        return None
    days = max(problem.horizon - float(problem.windows.end[at]), 0.0)
    return work.rate[0] * days, work.rate[1] * days, work.rate[2] * days


def _windows(inputs: Inputs, schedule: Schedule, removed: list[tuple[float, float, float] | None]) -> list[Any]:
    """Per window: what is done in it, and what is used of each team's hours."""
    from accord.engines import patching

    worth = patching.window_worth(inputs.problem, schedule).tolist()
    rows: list[dict[str, Any]] = [
        {
            "key": w.key, "name": w.name, "starts": w.starts.isoformat(), "time": w.start_time,
            "length": float(w.hours), "jobs": 0, "removed": 0.0, "restarts": 0, "downtime": 0.0,
            "most_restarts": w.most_restarts,
            "most_downtime": None if w.most_downtime is None else float(w.most_downtime), "worth": worth[n],
            "teams": {team: [0.0, float(hours[n])] for team, hours in
                      zip(inputs.teams, inputs.problem.windows.team_hours.tolist(), strict=True) if hours[n]},
        }
        for n, w in enumerate(inputs.windows)
    ]  # fmt: skip
    for n, work in enumerate(inputs.jobs):
        at, effort, found = int(schedule.window[n]), work.effort, removed[n]
        if at < 0 or effort is None:
            continue
        row = rows[at]
        row["jobs"] += 1
        row["removed"] += 0.0 if found is None else found[1]
        row["restarts"] += effort.restart
        row["downtime"] += float(effort.downtime)
        row["teams"][work.team][0] += float(effort.hours)
    return rows


def _keep(actor: User, inputs: Inputs, schedule: Schedule, figures: dict[str, Any], job: Any) -> PatchPlan:
    total = TotalExposure.objects.first()
    currency = total.pricing.get("currency", "") if total is not None else ""
    with bulk.wide_statements(), ledger.write(actor) as log:
        plan = PatchPlan.objects.create(
            by=actor, job=job, begins=inputs.begins, ends=inputs.ends, inputs=inputs.digest, currency=currency,
            figures=figures,
        )  # fmt: skip
        rows = [_row(plan, work, inputs, schedule, n) for n, work in enumerate(inputs.jobs)]
        rows += [_row(plan, work, inputs, schedule, None) for work in inputs.out]
        bulk.insert(PatchJob, rows)
        told = {name: figures[name] for name in ("value", "bound", "jobs", "planned", "unpriced")}
        log.add("run", "patch_plan", plan.key, None, {"inputs": plan.inputs, **told})
    return plan


def _row(plan: PatchPlan, work: Work, inputs: Inputs, schedule: Schedule, number: int | None) -> PatchJob:
    row = PatchJob(
        plan=plan, fix=work.fix, system_id=work.part.system_id, why=work.why or "", team=work.team,
        findings=work.findings, worst_class=work.worst_class, due=work.due, also=work.also,
    )  # fmt: skip
    if work.rate is not None:
        row.rate_low, row.rate_mid, row.rate_high = work.rate
    if work.effort is not None:
        row.hours, row.downtime, row.restart = (
            float(work.effort.hours),
            float(work.effort.downtime),
            work.effort.restart,
        )
    if work.decision is not None:
        row.sheet, row.sheet_address = work.decision.decision, work.decision.address
        row.sheet_choice = work.decision.choice
    if number is None:
        return row
    at = int(schedule.window[number])
    row.why = REASONS[int(schedule.why[number])]
    row.due_why = MISSED[int(schedule.missed[number])]
    row.window = inputs.windows[at] if at >= 0 else None
    found = _removed(inputs.problem, work, schedule, number)
    row.removed = None if found is None or not math.isfinite(found[1]) else found[1]
    return row
