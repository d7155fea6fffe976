"""The long work of this room, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind


@kind("risk.run_loss", "Compute the annual loss")
def compute_annual_loss(context: Context) -> dict[str, Any]:
    """One loss run; its primary key and expected loss."""
    from accord.risk.services import run_loss

    run = run_loss(context.actor, context.progress)
    return {"run": run.pk, "mean": run.result["mean"]["value"], "currency": run.currency}


@kind("risk.run_hazard", "Price the findings")
def price_findings(context: Context, anew: bool = False) -> dict[str, Any]:
    """One hazard run; its primary key and what findings cost a year. `anew`: anchored at today's findings."""
    from accord.risk.services import run_hazard

    run = run_hazard(context.actor, context.progress, anew=anew)
    return {"run": run.pk, "by_findings": run.result["by_findings"], "currency": run.currency}


@kind("risk.run_paths", "Find the paths to the goals")
def find_paths(context: Context) -> dict[str, Any]:
    """One run of paths; its primary key and how many fixes the smallest cut has."""
    from accord.risk.services.paths import run_paths

    run = run_paths(context.actor)
    return {"run": run.pk, "cut": run.result["cut"]["size"]}
