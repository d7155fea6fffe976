"""Stored events: by key, and page by page of what a search asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db.models import Q

from accord.monitoring.models import EventSpan
from accord.monitoring.store.columns import ENVELOPE
from accord.monitoring.store.database import opened
from accord.monitoring.store.events import StoredEvent
from accord.monitoring.store.files import rows_of
from accord.monitoring.store.place import place_of, store
from accord.monitoring.store.table import events_in

if TYPE_CHECKING:
    import duckdb

Found = TypeVar("Found")
AT_ONCE = 40
"""Files that are asked together; further ones only if these do not give a whole page."""
BYTES_AT_ONCE = 128 << 20
KEYS = 400
SECONDS = 20.0
"""As long as a search that somebody waits for may take."""
SHORTEST = 3
"""Characters of a text from which on files tell whether they may hold it."""
COLUMNS = ", ".join(ENVELOPE)
BY = {
    "hour": "date_trunc('hour', _time)", "day": "date_trunc('day', _time)", "host": "_host", "user": "_user",
    "address": "_src", "product": "_product", "service": "_service", "category": "_category", "format": "_format",
    "asset": "_asset",
}  # fmt: skip


class Place(NamedTuple):
    """Where a page ends: the time and the key of its last event; the next begins behind it."""

    time: datetime
    key: str


class Look(NamedTuple):
    """What a search found. `reached`: there was no time to look at what is not newer than that."""

    events: list[StoredEvent]
    reached: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for; "" and None ask for nothing.

    `since` is included, `until` is not. `text` is looked for in the raw record without regard to case, `host` and
    `user` are compared whole without case (a "*" at an end stands for anything), `address` with both addresses (also a
    network, 10.1.0.0/16). `source`, `product`, `asset` are as stored.
    """

    since: datetime
    until: datetime
    text: str = ""
    host: str = ""
    user: str = ""
    address: str = ""
    source: int | None = None
    product: str = ""
    asset: int | None = None

    def condition(self, before: Place | None) -> tuple[str, list[Any]]:
        """The condition in SQL, and its parameters."""
        parts = ["_time >= ?", "_time < ?"]
        values: list[Any] = [self.since, self.until]
        for column, wanted in (("_host", self.host), ("_user", self.user)):
            if wanted:
                parts.append(f"lower({column}) LIKE ? ESCAPE '\\'")
                values.append(_pattern(wanted))
        if self.address:
            told, given = _addresses(self.address)
            parts.append(f"({told.format('_src')} OR {told.format('_dst')})")
            values += given * 2
        if self.product:
            parts.append("_product = ?")
            values.append(self.product)
        if self.asset is not None:
            parts.append("_asset = ?")
            values.append(self.asset)
        if before is not None:
            parts.append("(_time, _key) < (?, ?)")
            values += [before.time, before.key]
        if self.text:
            parts.append("contains(lower(decode(_raw, 'replace')), ?)")
            values.append(self.text.lower())
        return " AND ".join(parts), values


def _pattern(wanted: str) -> str:
    text = wanted.lower()
    begin, end = text.startswith("*"), text.endswith("*") and len(text) > 1
    text = text[1 if begin else 0 : -1 if end else None]
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return f"{'%' if begin else ''}{text}{'%' if end else ''}"


def _addresses(wanted: str) -> tuple[str, list[Any]]:
    """A condition on a column of addresses: one, or a network whose borders fall between parts."""
    try:
        network = ip_network(wanted.strip(), strict=False)
    except ValueError:
        return "{} = ?", [wanted.strip()]
    if network.num_addresses == 1:
        return "{} = ?", [str(network.network_address)]
    if network.version == 4:
        whole = network.prefixlen // 8 * 8
        parts = list(network.subnets(new_prefix=whole + 8)) if network.prefixlen % 8 else [network]
        kept = (whole + 8) // 8 if network.prefixlen % 8 else whole // 8
        begins = [".".join(str(one.network_address).split(".")[:kept]) + "." if kept < 4 else str(one.network_address)
                  for one in parts]  # fmt: skip
        test = "starts_with({0}, ?)" if kept < 4 else "{0} = ?"
        return "(" + " OR ".join([test] * len(begins)) + ")", begins
    raise ValueError("A network of IPv6 addresses cannot be searched for; give one address.")


def search(
    since: datetime, until: datetime, text: str = "", host: str = "", user: str = "", address: str = "",
    source: int | None = None, product: str = "", limit: int = 200, before: Place | None = None,
    asset: int | None = None, fields: bool = True,
) -> list[StoredEvent]:  # fmt: skip
    """The newest events that fit, newest first; with `before`, those behind that place.

    Without `fields`, only the envelope and the raw record (a page of a list needs no more, and it is much faster).
    """
    wanted = Search(since, until, text, host, user, address, source, product, asset)
    return find(wanted, limit, before, fields)


def find(wanted: Search, limit: int = 200, before: Place | None = None, fields: bool = True) -> list[StoredEvent]:
    """As `search`, for as long as it takes."""
    return look(wanted, limit, before, fields, None).events


def look(
    wanted: Search, limit: int = 200, before: Place | None = None, fields: bool = True, seconds: float | None = SECONDS
) -> Look:
    """The newest events that fit, and how far back they were looked for. Newest files first, and no further than the
    page asks for; after `seconds` with what was found until then. TooBusy where others search for so long.
    """
    return _again(lambda: _look(wanted, limit, before, fields, seconds))


def _look(wanted: Search, limit: int, before: Place | None, fields: bool, seconds: float | None) -> Look:
    import duckdb

    until = min(wanted.until, before.time) if before else wanted.until
    rows = rows_of(wanted.since, None, None if wanted.source is None else [wanted.source])
    rows = rows.filter(first__lte=until).order_by("-last", "-pk")
    known = list(rows.values_list("path", "source_id", "last", "bytes"))
    found: list[tuple[Any, ...]] = []
    reached = None
    end = None if seconds is None else time.monotonic() + seconds
    with opened(seconds) as database:
        for part in _parts(known):
            newest = part[0][2]
            if len(found) >= limit and found[limit - 1][1] > newest:
                break
            if end is not None and time.monotonic() > end:
                reached = newest
                break
            try:
                paths = [path for path, *_ in part if _may_hold(path, wanted.text)]
                found += _ask(database, paths, wanted, limit, before) if paths else []
            except duckdb.InterruptException:
                reached = newest
                break
            found.sort(key=lambda row: (row[1], row[0]), reverse=True)
            del found[limit:]
    if reached is not None:  # files that were not looked into may hold newer events than some that were found
        found = [row for row in found if row[1] > reached]
    sources = {path: source for path, source, *_ in known}
    return Look(_filled(found, sources) if fields else [_bare(row, sources) for row in found], reached)


def _parts(known: Sequence[tuple[str, int, datetime, int]]) -> Iterator[list[tuple[str, int, datetime, int]]]:
    """Files that are asked together: a few, and not too many bytes."""
    part: list[tuple[str, int, datetime, int]] = []
    size = 0
    for one in known:
        if part and (len(part) >= AT_ONCE or size + one[3] > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(one)
        size += one[3]
    if part:
        yield part


def _may_hold(path: str, text: str) -> bool:
    """Whether a word may be in the records of a file, as far as the file itself tells."""
    if len(text) < SHORTEST:
        return True
    import pyarrow.parquet as pq

    from accord.engines.sigma.summaries import raw_summary

    summary = raw_summary(pq.read_metadata(store() / path).metadata)
    return summary is None or summary.may_hold(text)


def _ask(
    database: duckdb.DuckDBPyConnection, paths: Sequence[str], wanted: Search, limit: int, before: Place | None
) -> list[tuple[Any, ...]]:
    condition, values = wanted.condition(before)
    root = store()
    query = (
        f"SELECT {COLUMNS}, filename, file_row_number "
        "FROM read_parquet(?, filename = true, file_row_number = true) "
        f"WHERE {condition} ORDER BY _time DESC, _key DESC LIMIT {int(limit)}"
    )
    rows = database.execute(query, [[str(root / path) for path in paths], *values]).fetchall()
    skip = len(str(root)) + 1
    return [(*row[:-2], row[-2][skip:], row[-1]) for row in rows]


def _bare(row: tuple[Any, ...], sources: dict[str, int]) -> StoredEvent:
    """The event of a row without its fields."""
    (
        key, at, told, received, host, user, src, dst, asset, product, category, service, form, json, raw, path, _,
    ) = row  # fmt: skip
    return StoredEvent(
        key, sources[path], at.astimezone(UTC), told, received.astimezone(UTC), host, user, src, dst, asset, product,
        category, service, form or "", {}, raw or b"", json,
    )  # fmt: skip


def _filled(rows: Sequence[tuple[Any, ...]], sources: dict[str, int]) -> list[StoredEvent]:
    """The events of rows with all their fields, in the same order."""
    places: dict[str, list[int]] = {}
    for row in rows:
        places.setdefault(row[-2], []).append(row[-1])
    whole = {one.key: one for path, numbers in places.items() for one in rows_at(path, sources[path], numbers)}
    return [whole[row[0]] for row in rows]


def rows_at(path: str, source: int, numbers: Iterable[int]) -> Iterator[StoredEvent]:
    """The events at these rows of a file; only the row groups that hold them are read."""
    import pyarrow.parquet as pq

    wanted = sorted(numbers)
    with pq.ParquetFile(store() / path) as file:
        begin = 0
        for group in range(file.num_row_groups):
            end = begin + file.metadata.row_group(group).num_rows
            held = [number - begin for number in wanted if begin <= number < end]
            if held:
                yield from events_in(file.read_row_group(group).take(held), source)
            begin = end


def events_of(keys: Iterable[str]) -> dict[str, StoredEvent]:
    """The stored events of these keys; what is not there (no longer, or not yet) is left out."""
    wanted = list(dict.fromkeys(keys))

    def once() -> dict[str, StoredEvent]:
        found: dict[str, StoredEvent] = {}
        for (path, source), held in _files_of(wanted).items():
            if missing := held - found.keys():
                found.update((one.key, one) for one in _in_file(path, source, missing))
        return {key: found[key] for key in wanted if key in found}

    return _again(once)


def _files_of(keys: Sequence[str]) -> dict[tuple[str, int], set[str]]:
    """The files that may hold each key."""
    places = {key: place for key in keys if (place := place_of(key)) is not None}
    found: dict[tuple[str, int], set[str]] = {}
    for start in range(0, len(places), KEYS):
        part = list(places.items())[start : start + KEYS]
        segments = {place.segment for _, place in part}
        low, high = min(place.offset for _, place in part), max(place.offset for _, place in part)
        spans = EventSpan.objects.filter(
            Q(segment__in=segments) & Q(first__lte=high) & Q(last__gte=low),
            file__source__in={p.source for _, p in part},
        ).values_list("segment", "first", "last", "file__path", "file__source_id")
        by_segment: dict[tuple[int, str], list[tuple[int, int, str]]] = {}
        for segment, first, last, path, source in spans:
            by_segment.setdefault((source, segment), []).append((first, last, path))
        for key, place in part:
            for first, last, path in by_segment.get((place.source, place.segment), ()):
                if first <= place.offset <= last:
                    found.setdefault((path, place.source), set()).add(key)
    return found


def _in_file(path: str, source: int, keys: set[str]) -> list[StoredEvent]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(store() / path) as file:
        there = file.read(columns=["_key"]).column("_key")
    mask = pc.is_in(there, value_set=pa.array(sorted(keys), pa.string()))
    numbers = pc.indices_nonzero(mask).to_pylist()
    return list(rows_at(path, source, numbers)) if numbers else []


def counts(
    since: datetime, until: datetime, by: str = "hour", sources: Iterable[int] | None = None, most: int = 1000
) -> list[tuple[Any, int]]:
    """Numbers of events by hour, day, host, user, address (of source), product, service, category, format or asset.

    Hours and days in their order, everything else by number, largest first; at most `most` of them.
    """
    what = BY[by]
    order = "1" if by in ("hour", "day") else "2 DESC, 1"

    def once() -> list[tuple[Any, int]]:
        root = store()
        paths = [str(root / path) for path in rows_of(since, until, sources).values_list("path", flat=True)]
        if not paths:
            return []
        query = (
            f"SELECT {what} AS what, count(*) AS number FROM read_parquet(?) WHERE _time >= ? AND _time < ? "
            f"GROUP BY 1 ORDER BY {order} LIMIT {int(most)}"
        )
        with opened() as database:
            rows = database.execute(query, [paths, since, until]).fetchall()
        return [(one.astimezone(UTC) if isinstance(one, datetime) else one, number) for one, number in rows]

    return _again(once)


def _again(once: Callable[[], Found]) -> Found:
    """Do it; and again, with the files that are there then, if one was joined with others and went meanwhile."""
    import duckdb

    for _ in range(3):
        try:
            return once()
        except (FileNotFoundError, duckdb.IOException):
            continue
    return once()
