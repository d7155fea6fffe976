"""The upkeep of stored events, done by a worker now and then."""

from __future__ import annotations

from datetime import timedelta

from accord.core import rounds


@rounds.every("monitoring.join_events", timedelta(minutes=5))
def join() -> None:
    """Join small files of events."""
    from accord.monitoring.services import events

    events.compact()


@rounds.every("monitoring.retain_events", timedelta(hours=6))
def retain() -> None:
    """Remove events that were kept long enough."""
    from accord.monitoring.services import events

    events.retain()


@rounds.every("monitoring.tidy_events", timedelta(hours=1))
def tidy() -> None:
    """Remove files of events that no row tells of."""
    from accord.monitoring.services import events

    events.tidy()
