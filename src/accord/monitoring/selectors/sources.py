"""Reads of sources that join: how each stands, what came by the hour, how to send to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accord.monitoring.collecting import certificates
from accord.monitoring.models import Collector, Source, SourceHour
from accord.monitoring.store import place

HOURS = 48
ALIVE = timedelta(seconds=30)
"""How old the last sign of a running collector is at most."""
COLLECTED = (Source.Kind.SYSLOG, Source.Kind.FILES, Source.Kind.NATS)


@dataclass(frozen=True, slots=True)
class Intake:
    """Whether logs are taken in: `problem` says why not or why only in part, "" where all is well."""

    running: bool
    since: datetime | None
    seen: datetime | None
    free: int | None
    problem: str


def intake() -> Intake:
    """The collector as it told of itself last. One query."""
    newest = Collector.objects.order_by("-seen").first()
    if newest is None:
        return Intake(False, None, None, None, "No collector ran yet: `accord serve` or `accord collect` starts it.")
    running = timezone.now() - newest.seen < ALIVE
    problem = newest.paused if running else "The collector does not run: start `accord serve` or `accord collect`."
    return Intake(running, newest.started, newest.seen, newest.free, problem)


def listed() -> QuerySet[Source]:
    """Sources with their watch and, as `recent`, their hours of the last two days. Two queries."""
    since = timezone.now() - timedelta(hours=HOURS)
    hours = SourceHour.objects.filter(hour__gte=since).order_by("hour")
    return Source.objects.select_related("owner", "asset", "watch").prefetch_related(
        Prefetch("hours", queryset=hours, to_attr="recent")
    )


def last_seen(source: Source) -> datetime | None:
    """When anything of a source came last: on disk or stored already."""
    return max((one for one in (source.heard, source.received_up_to) if one is not None), default=None)


def state_of(source: Source, now: datetime) -> str:
    """One of the states of `SourceWatch`; silence is what the round found against its past, or what was told."""
    if not source.enabled:
        return "off"
    if source.paused or source.intake.get("problem"):
        return "paused"
    seen = last_seen(source)
    if seen is None:
        return "never"
    if source.silent_after is not None:
        return "silent" if now - seen > source.silent_after else "receiving"
    watch = getattr(source, "watch", None)
    return "silent" if watch is not None and watch.state == "silent" and seen <= watch.at else "receiving"


def recent_of(source: Source) -> list[SourceHour]:
    """Its hours of the last two days."""
    found = getattr(source, "recent", None)
    if found is None:
        since = timezone.now() - timedelta(hours=HOURS)
        found = list(source.hours.filter(hour__gte=since).order_by("hour"))
    return list(found)


def today_of(source: Source) -> tuple[int, int, int]:
    """Events, malformed and dropped of today, by whole hours from midnight of the shown zone on."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [one for one in recent_of(source) if one.hour >= midnight]
    return sum(one.events for one in rows), sum(one.malformed for one in rows), sum(one.dropped for one in rows)


def delay_of(source: Source) -> float | None:
    """Mean seconds from an event's own time to its receipt, of a day; None where no event told a time."""
    since = timezone.now() - timedelta(hours=24)
    rows = [one for one in recent_of(source) if one.hour >= since]
    timed = sum(one.timed for one in rows)
    return sum(one.delay for one in rows) / timed if timed else None


def by_hour(source: Source) -> list[tuple[datetime, int | None]]:
    """Events of each of the last 48 hours; None before the source was added."""
    end = timezone.now().replace(minute=0, second=0, microsecond=0)
    held = {one.hour: one.events for one in recent_of(source)}
    hours = [end - timedelta(hours=HOURS - 1 - n) for n in range(HOURS)]
    return [(one, held.get(one, None if one + timedelta(hours=1) <= source.created else 0)) for one in hours]


def stream_of(source: Source) -> dict[str, Any] | None:
    """How a source of NATS JetStream stands, as its collector told last: `since` (None = not connected), `server`,
    `pending`, `unacknowledged`, `redelivered` (messages of the consumer), `error` and its moment `error_at`."""
    if source.kind != Source.Kind.NATS:
        return None
    told = source.intake
    moments = {
        name: datetime.fromtimestamp(told[name], UTC) if told.get(name) else None for name in ("since", "error_at")
    }
    names = ("server", "pending", "unacknowledged", "redelivered", "error")
    return {**{name: told.get(name) for name in names}, **moments}


def certificate_of(source: Source) -> tuple[str, str]:
    """The path of the certificate that a listener shows, and its SHA-256 fingerprint; "" where there is none yet."""
    if source.kind != Source.Kind.SYSLOG or source.settings.get("transport") not in ("tls", "relp-tls"):
        return "", ""
    given = source.settings.get("certificate")
    path = Path(given) if given else place.folder() / "certificates" / _first_of_port(source) / "certificate.pem"
    return str(path), certificates.fingerprint(path)


def _first_of_port(source: Source) -> str:
    """The key of the source whose certificate the port shows."""
    rows = Source.objects.filter(kind=Source.Kind.SYSLOG, enabled=True).order_by("pk").only("key", "settings")
    names = ("port", "address", "transport")
    for one in rows:
        if all(one.settings.get(name) == source.settings.get(name) for name in names):
            return str(one.key)
    return str(source.key)


def health() -> dict[str, Any]:
    """For `accord collect --status` and load balancers: whether logs are taken in, and what stands still."""
    found = intake()
    paused = Source.objects.filter(enabled=True).exclude(paused="").values_list("key", "paused")
    return {
        "running": found.running, "seen": found.seen, "free_bytes": found.free,
        "free_floor_bytes": settings.ACCORD_EVENTS_FREE, "problem": found.problem, "paused": dict(paused[:100]),
    }  # fmt: skip
