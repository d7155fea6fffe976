"""Long work on fixes and patch plans, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind


@kind("exposure.fixes", "Count what each fix closes")
def count_fixes(context: Context) -> dict[str, int]:
    """Count fixes, months and campaigns anew."""
    from accord.exposure.services.fix_events import recount

    return recount(context.actor, context.progress)


@kind("exposure.patch_plan", "Compute a patch plan")
def compute_patch_plan(context: Context, until: str = "", first: int = 1) -> dict[str, Any]:
    """Schedule the fixes in the change windows; `until` is the day until which loss is counted."""
    from datetime import date

    from accord.exposure.services.patch_plan import make_plan

    ends = date.fromisoformat(until) if until else None
    plan = make_plan(context.actor, ends, first, context.progress, context.job.pk)
    return {"plan": plan.pk, "value": plan.figures["value"], "share": plan.figures["share"]}
