"""The long work of coverage and ends of support, and the round that keeps both up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accord.core import rounds
from accord.core.jobs import Context, kind


@kind("exposure.coverage", "Compute the coverage")
def compute_coverage(context: Context) -> dict[str, Any]:
    """Match software with its end of support, then compute the matrix."""
    from accord.exposure.services import safeguards, support

    matched = support.refresh(context.actor, context.progress)
    result = safeguards.refresh(context.actor)
    return {"assets": result["assets"], "unwatched": result["unwatched"], "software": matched}


@rounds.every("exposure.coverage", timedelta(minutes=5))
def keep_up_to_date() -> None:
    """Compute anew where something changed since, or where evidence grew old over night."""
    from accord.exposure.services import safeguards, support

    if support.is_pending():
        support.refresh(None)
    safeguards.refresh_if_stale()
