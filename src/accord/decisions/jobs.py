"""The long work of this room, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Cancelled, Context, kind
from accord.decisions.selectors.inputs import Heard


@kind("decisions.frontier", "Compute the frontier")
def compute_frontier(context: Context, heard: Heard = "both", points: int = 9, seconds: float = 60.0) -> dict[str, Any]:
    """One frontier with its plans; while it runs, what was found so far. Stopping it keeps that."""
    from accord.decisions.services import Interrupted, run_frontier

    def tell(done: int, total: int, message: str, so_far: dict[str, Any] | None) -> None:
        if so_far is not None:
            context.partial(so_far)
        context.progress(done, total, message)

    context.progress(0, points + 3, "Reading initiatives, budgets, people and scenarios")
    try:
        frontier = run_frontier(context.actor, heard=heard, points=points, seconds=seconds, tell=tell, stop=Cancelled)
    except Interrupted as stopped:
        context.partial({"frontier": stopped.frontier.pk if stopped.frontier else None})
        raise Cancelled from stopped
    return {"frontier": frontier.pk, "currency": frontier.currency}
