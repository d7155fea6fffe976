"""Reads about stored events: what they are part of, and whether the store keeps up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accord.estate.models import Asset
from accord.monitoring.models import Alert, AlertEvent, EventFile, PumpState, Source
from accord.monitoring.store import StoredEvent
from accord.ui import format as write

LATE = timedelta(minutes=2)
"""The pump shows every quarter of a minute that it is at work."""
MOST_ALERTS = 50
CORRELATED = timedelta(days=31)
"""A correlation is looked for so long after an event."""
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a list shows it, with the names of what it belongs to."""

    event: StoredEvent
    source: Source | None
    asset: Asset | None
    alerts: int

    @property
    def log(self) -> str:
        """Which kind of log it is of."""
        one = self.event
        return " / ".join(part for part in (one.product, one.category, one.service) if part) or one.format

    @property
    def clock(self) -> str:
        """When it happened, to the second, with the zone: as screens write moments, 3 Feb 2026, 14:05:09 UTC."""
        local = timezone.localtime(self.event.time)
        return f"{write.date(local)}, {local:%H:%M:%S}\N{NO-BREAK SPACE}{local:%Z}"

    @property
    def begin(self) -> str:
        """The beginning of the record, on one line."""
        text = self.event.raw[: 4 * SHOWN].decode("utf-8", "replace")
        words = " ".join(text.split())
        return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"


def lines(events: Sequence[StoredEvent]) -> list[Line]:
    """Events with their sources, assets and the number of alerts that rest on each. Three queries."""
    sources = Source.objects.in_bulk({one.source for one in events})
    assets = Asset.objects.in_bulk({one.asset for one in events if one.asset is not None})
    hits = alerts_by_event(one.key for one in events)
    return [
        Line(one, sources.get(one.source), assets.get(one.asset or 0), len(hits.get(one.key, ()))) for one in events
    ]


def alerts_by_event(keys: Iterable[str]) -> dict[str, list[int]]:
    """The alerts (primary keys) that rest on each of these events, as far as each hit is kept. One query."""
    found: dict[str, list[int]] = {}
    for event, alert in AlertEvent.objects.filter(event__in=list(keys)).values_list("event", "alert"):
        found.setdefault(event, []).append(alert)
    return found


def alerts_of(event: StoredEvent) -> list[Alert]:
    """The alerts that rest on an event, by itself or as one of those that a correlation counted, newest first."""
    alone = Q(event=event.key)
    # A correlation has the time of its last event; of the events that were counted it keeps the keys.
    within = Q(time__range=(event.time, event.time + CORRELATED))
    counted = within & Q(members__icontains=f'"{event.key}"')
    ids = AlertEvent.objects.filter(alone).values("alert").union(AlertEvent.objects.filter(counted).values("alert"))
    found = Alert.objects.filter(pk__in=[one["alert"] for one in ids[: MOST_ALERTS * 2]])
    return list(found.select_related("rule").order_by("-opened", "-pk")[:MOST_ALERTS])


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether what comes in is stored: why not ("" = it is), when the pump was at work last, the newest file."""

    paused: str
    seen: datetime | None
    newest: datetime | None
    is_late: bool


def keeping(now: datetime) -> Keeping:
    """How the store keeps up. Two queries."""
    state = PumpState.objects.only("paused", "seen").first()
    newest = EventFile.objects.order_by("-written").values_list("written", flat=True).first()
    seen = state.seen if state else None
    return Keeping(state.paused if state else "", seen, newest, seen is not None and now - seen > LATE)


def rows_of(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of an event in the order of their names, each as text; nested ones by their paths."""
    found: list[tuple[str, str]] = []
    _walk("", data, found, 0)
    return sorted(found, key=lambda pair: (pair[0].lower(), pair[0]))


MOST_ROWS, DEEPEST = 2_000, 12


def _walk(name: str, value: Any, found: list[tuple[str, str]], depth: int) -> None:
    if len(found) >= MOST_ROWS:
        return
    if isinstance(value, Mapping) and depth < DEEPEST:
        for key, inner in value.items():
            _walk(f"{name}.{key}" if name else str(key), inner, found, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        if all(not isinstance(one, Mapping | list) for one in value):
            found.append((name, "; ".join(str(one) for one in value)))
        else:
            for place, one in enumerate(value):
                _walk(f"{name}[{place}]", one, found, depth + 1)
    else:
        found.append((name, "" if value is None else str(value)))
