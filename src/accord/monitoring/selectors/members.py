"""The events that a correlation rule counted, as far as their keys are kept and they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accord.monitoring import store
from accord.monitoring.models import Alert, AlertEvent
from accord.monitoring.selectors import events
from accord.monitoring.selectors.alerts import seen_by


@dataclass(frozen=True, slots=True)
class Members:
    """The events of one hit of a correlation rule.

    `rows`: each with the alerts that rest on it by itself, in the order of their times. `gone` are the keys of those
    that are stored no longer, `total` how many events were counted, `kept` of how many the keys are kept.
    """

    rows: list[tuple[events.Line, list[Alert]]]
    gone: list[str]
    total: int
    kept: int


def total_of(hit: AlertEvent) -> int:
    """How many events a hit of a correlation rule counted."""
    told = str(hit.asked.get("events", ""))
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 0
    return max(number, len(hit.members))


def members_of(user: Any, hit: AlertEvent) -> Members:
    """Its events, looked up in the store. Four queries, and the files that hold them."""
    keys = [str(key) for key in hit.members]
    found = store.events_of(keys)
    own: dict[str, list[Alert]] = {}
    rows = AlertEvent.objects.filter(event__in=keys, alert__in=seen_by(user)).exclude(alert_id=hit.alert_id)
    for one in rows.filter(alert__kind=Alert.Kind.RULE).select_related("alert").order_by("pk"):
        own.setdefault(one.event, []).append(one.alert)
    lines = events.lines(sorted(found.values(), key=lambda event: (event.time, event.key)))
    gone = [key for key in keys if key not in found]
    return Members([(line, own.get(line.event.key, [])) for line in lines], gone, total_of(hit), len(keys))
