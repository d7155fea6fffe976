"""What the pump counts: by source, by hour of receipt, by kind of log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Greatest

from accord.monitoring.models import Source, SourceHour, SourceLog
from accord.monitoring.pumping.feeds import SAMPLES, Feed
from accord.monitoring.services.alerts.subjects import BOUND
from accord.monitoring.services.hosts import note_bound, note_hosts
from accord.monitoring.store import StoredEvent

MOST_HOSTS = 5_000
"""Hosts of one source that are noted in one cycle."""
Kind = tuple[str, str, str, str]
"""Format, product, category and service, "" = not told."""


@dataclass(slots=True)
class Logs:
    """Events of one kind of log."""

    events: int
    first: datetime
    last: datetime


@dataclass(slots=True)
class Delays:
    """Seconds from the time that events tell to their receipt."""

    timed: int = 0
    total: float = 0.0
    longest: float = 0.0


@dataclass(slots=True)
class Counted:
    """What one cycle stores of one source. `bound`: assets of events that are theirs by the binding of the source."""

    events: int = 0
    newest: datetime | None = None
    hours: dict[datetime, int] = field(default_factory=dict)
    delays: dict[datetime, Delays] = field(default_factory=dict)
    logs: dict[Kind, Logs] = field(default_factory=dict)
    hosts: dict[tuple[str, int | None], datetime] = field(default_factory=dict)
    bound: dict[int, datetime] = field(default_factory=dict)


def counted(events: Iterable[StoredEvent]) -> dict[int, Counted]:
    """The counts of events, by source."""
    found: dict[int, Counted] = {}
    for event in events:
        one = found.get(event.source)
        if one is None:
            one = found[event.source] = Counted()
        one.events += 1
        received, time = event.received, event.time
        hour = received.replace(minute=0, second=0, microsecond=0)
        one.hours[hour] = one.hours.get(hour, 0) + 1
        if event.time_is_told:
            if one.newest is None or time > one.newest:
                one.newest = time
            delays = one.delays.get(hour)
            if delays is None:
                delays = one.delays[hour] = Delays()
            seconds = max(0.0, (received - time).total_seconds())
            delays.timed += 1
            delays.total += seconds
            delays.longest = max(delays.longest, seconds)
        kind = (event.format, event.product or "", event.category or "", event.service or "")
        logs = one.logs.get(kind)
        if logs is None:
            one.logs[kind] = Logs(1, received, received)
        else:
            logs.events += 1
            logs.first, logs.last = min(logs.first, received), max(logs.last, received)
        asset = event.asset
        if asset is not None and event.asset_by.startswith(BOUND):
            one.bound[asset] = max(received, one.bound.get(asset, received))
            asset = None  # of the source, not of the host that it names
        if event.host is not None:
            host = (event.host, asset)
            known = one.hosts.get(host)
            if known is None:
                if len(one.hosts) < MOST_HOSTS:
                    one.hosts[host] = received
            elif received > known:
                one.hosts[host] = received
    return found


def keep(feeds: Sequence[Feed], counts: Mapping[int, Counted]) -> None:
    """Write how far the sources are read and what was counted. Inside the caller's transaction."""
    _keep_sources(feeds, counts)
    _keep_hours(feeds, counts)
    _keep_logs(counts)
    sources = {feed.source.pk: feed.source for feed in feeds}
    for pk, one in counts.items():
        if one.hosts and pk in sources:
            note_hosts(sources[pk], one.hosts)
        if one.bound and pk in sources:
            note_bound(sources[pk], one.bound)


def _keep_sources(feeds: Sequence[Feed], counts: Mapping[int, Counted]) -> None:
    """Only what the pump owns: a person may change the rest meanwhile."""
    for feed in feeds:
        source, read, one = feed.source, feed.read, counts.get(feed.source.pk) or Counted()
        malformed = sum(hour.malformed for hour in read.hours.values())
        new: dict[str, Any] = {}
        if source.offsets != read.offsets:
            new["offsets"] = dict(read.offsets)
        if read.samples:
            new["samples"] = [*reversed(read.samples), *source.samples][:SAMPLES]
        if one.newest and (source.newest is None or one.newest > source.newest):
            new["newest"] = one.newest
        up_to = read.received_up_to
        if up_to and (source.received_up_to is None or up_to > source.received_up_to):
            new["received_up_to"] = up_to
        for name, value in new.items():
            setattr(source, name, value)
        if one.events:
            new["events"] = F("events") + one.events
        if malformed:
            new["malformed"] = F("malformed") + malformed
        if new:
            Source.objects.filter(pk=source.pk).update(**new)


def _keep_hours(feeds: Sequence[Feed], counts: Mapping[int, Counted]) -> None:
    wanted: dict[tuple[int, datetime], dict[str, Any]] = {}
    for feed in feeds:
        one = counts.get(feed.source.pk) or Counted()
        for hour in {*feed.read.hours, *one.hours}:
            read, delays = feed.read.hours.get(hour), one.delays.get(hour)
            new = {"events": one.hours.get(hour, 0)}
            new |= {"malformed": read.malformed, "bytes": read.bytes} if read else {}
            values: dict[str, Any] = {name: F(name) + number for name, number in new.items() if number}
            if delays:
                values |= {"timed": F("timed") + delays.timed, "delay": F("delay") + delays.total}
                values["longest_delay"] = Greatest("longest_delay", delays.longest)
            if values:
                wanted[feed.source.pk, hour] = values
    if not wanted:
        return
    SourceHour.objects.bulk_create(
        [SourceHour(source_id=source, hour=hour) for source, hour in wanted], ignore_conflicts=True, batch_size=500
    )
    for (source, hour), values in wanted.items():
        SourceHour.objects.filter(source_id=source, hour=hour).update(**values)


def _keep_logs(counts: Mapping[int, Counted]) -> None:
    if not counts:
        return
    known = {
        (row.source_id, (row.format, row.product, row.category, row.service)): row
        for row in SourceLog.objects.filter(Q(source_id__in=list(counts)))
    }
    fresh, changed = [], []
    for source, one in counts.items():
        for (form, product, category, service), logs in one.logs.items():
            kind = (_fit(form, 40), _fit(product, 60), _fit(category, 60), _fit(service, 60))
            row = known.get((source, kind))
            if row is None:
                row = SourceLog(
                    source_id=source, format=kind[0], product=kind[1], category=kind[2], service=kind[3],
                    first=logs.first, last=logs.last, events=logs.events,
                )  # fmt: skip
                known[source, kind] = row
                fresh.append(row)
            else:
                row.events += logs.events
                row.first, row.last = min(row.first, logs.first), max(row.last, logs.last)
                if row.pk is not None:
                    changed.append(row)
    SourceLog.objects.bulk_create(fresh, batch_size=500)
    SourceLog.objects.bulk_update(changed, ["events", "first", "last"], batch_size=200)


def _fit(text: str, most: int) -> str:
    """A text that any database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most]
