"""Long work and rounds of alerts: replays of exceptions, scores that fade, what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accord.core import rounds
from accord.core.jobs import Context, kind
from accord.monitoring.models import AlertAct
from accord.monitoring.services.acts import ACT, UNDO
from accord.monitoring.services.exceptions import REPLAY


@kind(REPLAY, "Replay an exception")
def replay_exception(context: Context, replay: int) -> dict[str, Any]:
    """Look what an exception would have dropped."""
    from accord.monitoring.services.replays import run

    return run(replay, context.progress)


@kind(ACT, "Change alerts")
def act_on_alerts(context: Context, act: int) -> dict[str, Any]:
    """Do one act to many alerts, or go on with it."""
    from accord.monitoring.lists.alerts import picking
    from accord.monitoring.services import acts
    from accord.monitoring.services.triage import in_words

    done = acts.run(AlertAct.objects.select_related("by").get(pk=act), picking(context.actor), context.progress)
    return {"changed": done.changed, "passed": done.passed, "text": in_words(done.changed, done.passed)}


@kind(UNDO, "Undo an act on alerts")
def undo_act(context: Context, act: int) -> dict[str, Any]:
    """Put back what an act changed, or go on with it."""
    from accord.monitoring.services import acts

    done = acts.run_undo(AlertAct.objects.select_related("undo_by").get(pk=act), context.progress)
    return {"undone": done.undone, "left": done.left}


@rounds.every("monitoring.scores", timedelta(minutes=10))
def keep_scores() -> None:
    """Rate the alerts that wait anew."""
    from accord.monitoring.services.alerts import refresh_scores

    refresh_scores()


@rounds.every("monitoring.forget", timedelta(hours=6))
def forget_what_is_old() -> None:
    """Remove what counts for nothing any longer."""
    from accord.monitoring.services import acts, entities

    for forget in (entities.forget, acts.forget):
        while forget():
            pass
