"""Rounds of alerts: scores are kept right while risk fades."""

from __future__ import annotations

from datetime import timedelta

from accord.core import rounds


@rounds.every("monitoring.scores", timedelta(minutes=10))
def keep_scores() -> None:
    """Rate the alerts that wait anew."""
    from accord.monitoring.services.alerts import refresh_scores

    refresh_scores()
