"""Long work and rounds of alerts: replays of exceptions, scores that fade, what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accord.core import rounds
from accord.core.jobs import Context, kind
from accord.monitoring.services.exceptions import REPLAY


@kind(REPLAY, "Replay an exception")
def replay_exception(context: Context, replay: int) -> dict[str, Any]:
    """Look what an exception would have dropped."""
    from accord.monitoring.services.replays import run

    return run(replay, context.progress)


@rounds.every("monitoring.scores", timedelta(minutes=10))
def keep_scores() -> None:
    """Rate the alerts that wait anew."""
    from accord.monitoring.services.alerts import refresh_scores

    refresh_scores()


@rounds.every("monitoring.forget", timedelta(hours=6))
def forget_what_is_old() -> None:
    """Remove what counts for nothing any longer."""
    from accord.monitoring.services.entities import forget

    while forget():
        pass
