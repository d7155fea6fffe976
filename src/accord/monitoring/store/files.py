"""Files of events: written whole before their rows are, found by time, swept where no row tells of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accord.monitoring.models import EventFile, EventSpan
from accord.monitoring.store.events import StoredEvent
from accord.monitoring.store.place import make_sure, place_of, store
from accord.monitoring.store.table import table_of

if TYPE_CHECKING:
    import pyarrow as pa

MOST_DAYS = 32
"""Days of one source that get a file each when they come together; all further ones share one."""
ROW_GROUP = 65_536
LEVEL = 3
UNREAD_AFTER = 6 * 3600.0
"""Seconds after which nobody can still be about to open a file that has no row any more."""
_PLAIN = ("_key", "_raw", "_time", "_received", "_time_is_told", "_json", "_asset")
_WITH_STATISTICS = ("_time", "_key", "_host", "_user", "_src", "_dst", "_product", "_category", "_service")
Spans = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on the disk, whole, and has no row yet."""

    source: int
    path: str
    day: date
    rows: int
    bytes: int
    first: datetime
    last: datetime
    spans: Spans = field(default_factory=dict)


def write(events: Iterable[StoredEvent], at: Path | None = None) -> list[Written]:
    """Write events of any sources, by source and day; the files count once `record` made their rows."""
    by_source: dict[int, list[StoredEvent]] = {}
    for event in events:
        by_source.setdefault(event.source, []).append(event)
    found = []
    for source, held in by_source.items():
        held.sort(key=lambda one: (one.time, one.key))
        for part in _by_day(held):
            found.append(write_table(table_of(part), source, spans_of(part), part[0].time, part[-1].time, at))
    return found


def _by_day(events: Sequence[StoredEvent]) -> Iterator[list[StoredEvent]]:
    days: dict[date, list[StoredEvent]] = {}
    for event in events:
        days.setdefault(event.time.date(), []).append(event)
    most = sorted(days, key=lambda day: -len(days[day]))[:MOST_DAYS]
    for day in most:
        yield days[day]
    rest = [event for day in sorted(set(days) - set(most)) for event in days[day]]
    if rest:
        yield rest


def spans_of(events: Iterable[StoredEvent]) -> dict[str, tuple[int, int]]:
    """From which offset to which offset records of each segment are among these events."""
    found: dict[str, tuple[int, int]] = {}
    for event in events:
        place = place_of(event.key)
        if place is not None:
            low, high = found.get(place.segment, (place.offset, place.offset))
            found[place.segment] = (min(low, place.offset), max(high, place.offset))
    return found


def write_table(
    table: pa.Table, source: int, spans: Spans, first: datetime, last: datetime, at: Path | None = None
) -> Written:
    """Write a table of events, ordered by time and key, and make sure that it is on the disk."""
    day = last.date()
    keys = table.column("_key")
    path = named(source, day, (str(keys[0]), str(keys[-1])), table.num_rows)
    root = at or store()
    target = root / path
    _make_folder(target.parent, root)
    half = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        _write(table, half)
        make_sure(half)
        size = half.stat().st_size
        half.replace(target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    make_sure(target.parent)
    return Written(source, path, day, table.num_rows, size, first, last, spans)


def _make_folder(folder: Path, root: Path) -> None:
    """Make a folder below the store; each one made is made sure of in the one above it."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folder(folder.parent, root)
        folder.mkdir(exist_ok=True)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    make_sure(folder.parent)


def named(source: int, day: date, marks: Iterable[str], rows: int) -> str:
    """The path of a file within the store: the same for the same events."""
    name = blake2b(f"{source} {day} {' '.join(marks)} {rows}".encode(), digest_size=12).hexdigest()
    return f"{source}/{day:%Y/%m/%d}/{name}.parquet"


def options(schema: pa.Schema) -> dict[str, Any]:
    """How columns are written: texts by their distinct values, what is all different by differences."""
    names = set(schema.names)
    return {
        "compression": "zstd", "compression_level": LEVEL,
        "use_dictionary": [name for name in schema.names if name not in _PLAIN],
        "write_statistics": [name for name in _WITH_STATISTICS if name in names],
        "column_encoding": {"_key": "DELTA_BYTE_ARRAY", "_time": "DELTA_BINARY_PACKED"},
    }  # fmt: skip


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, row_group_size=ROW_GROUP, **options(table.schema))


def record(written: Sequence[Written], now: datetime, parts: int = 1) -> list[EventFile]:
    """Make the rows of files: from here on they count. Inside the caller's transaction."""
    rows = [
        EventFile(
            source_id=one.source, path=one.path, day=one.day, rows=one.rows, bytes=one.bytes, first=one.first,
            last=one.last, written=now, parts=parts,
        )
        for one in written
    ]  # fmt: skip
    made = EventFile.objects.bulk_create(rows)
    EventSpan.objects.bulk_create(
        (
            EventSpan(file=row, segment=segment[:120], first=low, last=high)
            for row, one in zip(made, written, strict=True)
            for segment, (low, high) in one.spans.items()
        ),
        batch_size=1000,
    )
    return made


def rows_of(since: datetime | None, until: datetime | None, sources: Iterable[int] | None = None) -> Any:
    """The rows of files that may hold events from `since` (included) until `until` (not included)."""
    found = EventFile.objects.all()
    if since is not None:
        found = found.filter(last__gte=since)
    if until is not None:
        found = found.filter(first__lt=until)
    if sources is not None:
        found = found.filter(source_id__in=list(sources))
    return found


def files(since: datetime | None, until: datetime | None, sources: Iterable[int] | None = None) -> list[Path]:
    """The files that may hold events of a time and of some sources, oldest first; only those that count."""
    root = store()
    return [
        root / path for path in rows_of(since, until, sources).order_by("first", "pk").values_list("path", flat=True)
    ]


def sweep(older_than: float = UNREAD_AFTER) -> int:
    """Remove files without a row, if they have not been touched for so many seconds; returns how many."""
    root, limit, gone = store(), time.time() - older_than, 0
    for part in _chunks(_left(root, limit), 500):
        names = [str(path.relative_to(root)) for path in part]
        known = set(EventFile.objects.filter(path__in=names).values_list("path", flat=True))
        for path, name in zip(part, names, strict=True):
            if name not in known:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _left(root: Path, limit: float) -> Iterator[Path]:
    for at, _, names in os.walk(root):
        for name in names:
            path = Path(at, name)
            try:
                if path.stat().st_mtime <= limit:
                    yield path
            except FileNotFoundError:
                continue


def _chunks(paths: Iterable[Path], size: int) -> Iterator[list[Path]]:
    part: list[Path] = []
    for path in paths:
        part.append(path)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
