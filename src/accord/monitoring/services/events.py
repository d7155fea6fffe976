"""Upkeep of what is stored: how long it is kept, small files joined, files that nobody knows of swept."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accord.core import ledger
from accord.monitoring.models import EventFile, EventSpan, Source
from accord.monitoring.store import Written, sweep
from accord.monitoring.store.joining import fitting, join
from accord.monitoring.store.place import store

AT_ONCE = 2_000
ENOUGH = 8
"""Files of like size that are joined into one of the next size."""
SETTLED = timedelta(minutes=5)
LARGEST = 256 << 20
"""Bytes from which on a file is joined with no other."""
SECONDS = 60.0


def retain(now: datetime | None = None) -> dict[str, int]:
    """Remove what was stored longer ago than its source keeps; returns the events that went, by source.

    It counts from when an event was stored, so that old logs that are handed in today stay as long as any. A file is
    of one day of that, so nothing goes more than a day late.
    """
    moment = now or timezone.now()
    gone: dict[str, int] = {}
    for source in Source.objects.filter(pk__in=EventFile.objects.values("source")).order_by("pk"):
        while removed := _remove(source, moment - timedelta(days=source.retention_days)):
            gone[source.key] = gone.get(source.key, 0) + removed
    return gone


def _remove(source: Source, before: datetime) -> int:
    """Remove files of a source that were written before; returns their number of events."""
    with ledger.write(None) as log:
        rows = list(EventFile.objects.filter(source=source, written__lt=before).order_by("pk")[:AT_ONCE])
        if not rows:
            return 0
        ids = [row.pk for row in rows]
        _delete(ids)
        events = sum(row.rows for row in rows)
        log.add(
            "remove", "event", source.key,
            {
                "events": events, "files": len(rows), "bytes": sum(row.bytes for row in rows),
                "first": min(row.first for row in rows), "last": max(row.last for row in rows),
                "stored_before": before, "retention_days": source.retention_days,
            },
        )  # fmt: skip
    root = store()
    for row in rows:
        (root / row.path).unlink(missing_ok=True)
    return events


def _delete(ids: Sequence[int]) -> None:
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        EventSpan.objects.filter(file_id__in=part).delete()
        EventFile.objects.filter(pk__in=part).delete()


def compact(now: datetime | None = None, seconds: float = SECONDS) -> int:
    """Join small files of one source and one day, as long as there is time; returns how many files went.

    `ENOUGH` of like size make one of the next size; once the day on which they were stored is over, all that are left
    are joined. Files of different days of storing stay apart, so that each can go when its time is over.
    """
    moment, end, gone = now or timezone.now(), time.monotonic() + seconds, 0
    for source, day, stored in _groups(moment):
        for part in _parts(source, day, stored, moment):
            if time.monotonic() > end:
                return gone
            gone += _join(part)
    return gone


def _groups(now: datetime) -> list[tuple[int, date, date]]:
    """Source, day of the events and day of storing, where there is more than one file that could be joined."""
    rows = (
        EventFile.objects.filter(bytes__lt=LARGEST, written__lt=now - SETTLED)
        .annotate(stored=TruncDate("written", tzinfo=UTC))
        .values_list("source_id", "day", "stored")
        .annotate(number=Count("pk"))
        .filter(number__gt=1)
        .order_by("source_id", "day", "stored")
    )
    return [(source, day, stored) for source, day, stored, _ in rows]


def _parts(source: int, day: date, stored: date, now: datetime) -> list[list[EventFile]]:
    """Which files are to be joined with which."""
    begin = datetime(stored.year, stored.month, stored.day, tzinfo=UTC)
    files = list(
        EventFile.objects.filter(
            source=source, day=day, written__gte=begin, written__lt=min(begin + timedelta(days=1), now - SETTLED),
            bytes__lt=LARGEST,
        ).order_by("first", "pk")
    )  # fmt: skip
    if now >= begin + timedelta(days=1) + SETTLED:
        return list(fitting(files, LARGEST))
    sizes: dict[int, list[EventFile]] = {}
    for file in files:
        sizes.setdefault((file.parts.bit_length() - 1) // 3, []).append(file)
    return [part for held in sizes.values() if len(held) >= ENOUGH for part in fitting(held, LARGEST)]


def _join(files: Sequence[EventFile]) -> int:
    """Put one file in the place of several; returns how many went. Readers find either these or that, never both.

    The old files stay where they are until nobody can be about to open them (`sweep`).
    """
    if len(files) < 2:
        return 0
    joined = join(files)
    if joined is None:
        return 0
    written, used = joined
    ids = [file.pk for file in used]
    with ledger.write(None):
        if EventFile.objects.select_for_update().filter(pk__in=ids).count() != len(ids):
            (store() / written.path).unlink(missing_ok=True)
            return 0
        _replace(written, used)
    root = store()
    for file in used:
        with suppress(FileNotFoundError):
            os.utime(root / file.path)
    return len(used)


def _replace(written: Written, used: Sequence[EventFile]) -> None:
    ids = [file.pk for file in used]
    spans: dict[str, tuple[int, int]] = {}
    for segment, first, last in EventSpan.objects.filter(file_id__in=ids).values_list("segment", "first", "last"):
        low, high = spans.get(segment, (first, last))
        spans[segment] = (min(low, first), max(high, last))
    _delete(ids)
    row = EventFile.objects.create(
        source_id=written.source, path=written.path, day=written.day, rows=written.rows, bytes=written.bytes,
        first=written.first, last=written.last, written=max(file.written for file in used),
        parts=sum(file.parts for file in used),
    )  # fmt: skip
    EventSpan.objects.bulk_create(
        (EventSpan(file=row, segment=name, first=low, last=high) for name, (low, high) in spans.items()),
        batch_size=1000,
    )


def tidy() -> int:
    """Remove files that have no row; returns how many."""
    return sweep()


def kept() -> dict[str, int | datetime | None]:
    """How much is stored: events, files, bytes, and the newest moment of storing."""
    found = EventFile.objects.aggregate(
        events=Sum("rows"), files=Count("pk"), bytes=Sum("bytes"), newest=Max("written")
    )  # fmt: skip
    return {**found, "events": found["events"] or 0, "bytes": found["bytes"] or 0}
