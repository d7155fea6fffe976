"""What imports did to findings: kept packed beside the ledger, whose entry carries the digest; read back here.

Findings that were added are kept as columns, each value once; findings seen as they were as numbers with their sighting
before; others with the fields that differ. Moments are ISO 8601 texts; a reference is a primary key.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from accord.core import ledger
from accord.core.models import LedgerEntry
from accord.exposure.models import Finding, ImportJournal, Scan
from accord.exposure.services import bulk

VERSION = 2
Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]
ADDED = (
    "state", "definition", "target", "asset", "component", "version", "fixed_version", "severity", "cvss_score",
    "port", "protocol", "path", "line", "note", "worst_class", "best_class",
)  # fmt: skip
"""What is kept of a finding that was added; what is blank is left out when it is read."""
SEEN = ("last_seen", "last_scan", "stale_since")
MOMENTS = frozenset({"first_seen", "last_seen", "closed_at", "clock", "due", "accepted_until", "stale_since"})
COMPRESSION = 1


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What one import did to one finding: its primary key, the verb, the fields that differ before and after.

    `verb`: "add" (`before` None), "see", "change", "close", "verify", "reopen" or "stale".
    """

    finding: int
    verb: str
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(slots=True)
class Entries:
    """The entries of one transaction while it runs; values as the database stores them."""

    added: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[tuple[list[int], list[tuple[Any, ...]], tuple[Any, ...]]] = field(default_factory=list)
    changed: list[tuple[int, str, Row, Row]] = field(default_factory=list)
    several: list[tuple[str, list[int], Columns, Columns]] = field(default_factory=list)
    alike: list[tuple[str, list[int], Row, Row]] = field(default_factory=list)

    def add(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows that were inserted, with the names of their columns; "id" comes first."""
        self.added = [row[0] for row in rows]
        self.columns = {name: _encoded(map(itemgetter(names.index(name)), rows)) for name in ADDED}

    def see(self, pks: list[int], before: list[tuple[Any, ...]], after: tuple[Any, ...]) -> None:
        """Findings seen as they were: SEEN before each, and after all."""
        self.seen.append((pks, before, after))

    def change(self, pk: int, verb: str, before: Row, after: Row) -> None:
        """One finding, with the fields that differ."""
        self.changed.append((pk, verb, before, after))

    def change_all(self, verb: str, pks: list[int], before: Columns, after: Columns) -> None:
        """Several findings with the same fields that differ: for each field a value a finding."""
        self.several.append((verb, pks, before, after))

    def same(self, verb: str, pks: list[int], before: Row, after: Row) -> None:
        """Several findings to which the same was done, with the same fields before and after."""
        self.alike.append((verb, pks, before, after))

    def pks(self) -> Iterator[int]:
        yield from self.added
        for pks, _, _ in self.seen:
            yield from pks
        yield from (pk for pk, _, _, _ in self.changed)
        for _, pks, _, _ in (*self.several, *self.alike):
            yield from pks


def keep(scan: Scan, entries: Entries, log: ledger.Log) -> None:
    """Write the journal of this transaction, and its one entry in the ledger. Nothing where nothing happened."""
    pks = list(entries.pks())
    if not pks:
        return
    data = _pack(entries)
    last = ImportJournal.objects.filter(scan=scan).order_by("-number").values_list("number", flat=True).first()
    number = 1 if last is None else last + 1
    digest = hashlib.sha256(data).hexdigest()
    ImportJournal.objects.create(
        scan=scan, number=number, rows=len(pks), first=min(pks), last=max(pks), digest=digest, data=data
    )
    did = {"add": len(entries.added), "see": sum(len(seen) for seen, _, _ in entries.seen)}
    for _, verb, _, _ in entries.changed:
        did[verb] = did.get(verb, 0) + 1
    for verb, some, _, _ in (*entries.several, *entries.alike):
        did[verb] = did.get(verb, 0) + len(some)
    told = {verb: n for verb, n in did.items() if n}
    log.add("apply", "scan", scan.pk, None, {"journal": number, "sha256": digest, "findings": told})


def _plain(row: Row) -> dict[str, Any]:
    return {name: _text(name, value) for name, value in row.items()}


def _text(name: str, value: Any) -> Any:
    return _iso(value) if name in MOMENTS and value is not None else value


@lru_cache(maxsize=4096)
def _iso(value: Any) -> str | None:
    told = bulk.moment(value)
    return told.isoformat() if told else None


def _encoded(values: Iterable[Any], name: str = "") -> list[Any]:
    """[distinct values, place of each]; [value] where there is one only."""
    column = values if isinstance(values, list | tuple) else list(values)
    places = {value: at for at, value in enumerate(dict.fromkeys(column))}
    distinct = [_text(name, value) for value in places]
    return [distinct] if len(places) == 1 else [distinct, list(map(places.__getitem__, column))]


def _decoded(held: list[Any], number: int) -> list[Any]:
    return held[0] * number if len(held) == 1 else [held[0][at] for at in held[1]]


def _grouped(changed: Iterable[tuple[int, str, Row, Row]]) -> list[list[Any]]:
    """[verb, primary keys, columns before, columns after] for each verb and set of fields."""
    groups: dict[tuple[Any, ...], list[tuple[int, str, Row, Row]]] = {}
    for one in changed:
        groups.setdefault((one[1], *one[2], None, *one[3]), []).append(one)
    return [
        [some[0][1], [one[0] for one in some], _columns([one[2] for one in some]), _columns([one[3] for one in some])]
        for some in groups.values()
    ]


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: _encoded((row[name] for row in rows), name) for name in rows[0]}


def _packed(columns: Columns) -> dict[str, list[Any]]:
    return {name: _encoded(values, name) for name, values in columns.items()}


def _rows(columns: Mapping[str, list[Any]], number: int) -> Iterator[dict[str, Any]]:
    values = [_decoded(held, number) for held in columns.values()]
    return (dict(zip(columns, (column[at] for column in values), strict=True)) for at in range(number))


def _pack(entries: Entries) -> bytes:
    held: dict[str, Any] = {"version": VERSION}
    if entries.added:
        held["added"], held["columns"] = entries.added, entries.columns
    held["seen"] = [
        [pks, [_encoded(map(itemgetter(at), before), name) for at, name in enumerate(SEEN)],
         [_text(name, value) for name, value in zip(SEEN, after, strict=True)]]
        for pks, before, after in entries.seen
    ]  # fmt: skip
    held["changed"] = _grouped(entries.changed) + [
        [verb, pks, _packed(before), _packed(after)] for verb, pks, before, after in entries.several
    ]
    held["alike"] = [[verb, pks, _plain(before), _plain(after)] for verb, pks, before, after in entries.alike]
    return zlib.compress(json.dumps(held, separators=(",", ":"), ensure_ascii=False).encode(), COMPRESSION)


def _unpack(data: bytes) -> Iterator[JournalEntry]:
    held = json.loads(zlib.decompress(data))
    pks = held.get("added", ())
    if pks:
        columns = {name: _decoded(told, len(pks)) for name, told in held["columns"].items()}
        for at, pk in enumerate(pks):
            after = {name: values[at] for name, values in columns.items()}
            yield JournalEntry(pk, "add", None, {name: v for name, v in after.items() if v not in ("", None)})
    for pks, before, after in held["seen"]:
        values = zip(*(_decoded(told, len(pks)) for told in before), strict=True)
        now = dict(zip(SEEN, after, strict=True))
        for pk, was in zip(pks, values, strict=True):
            yield JournalEntry(pk, "see", dict(zip(SEEN, was, strict=True)), dict(now))
    for verb, pks, before, after in held["changed"] if held["version"] > 1 else ():
        for pk, old, new in zip(pks, _rows(before, len(pks)), _rows(after, len(pks)), strict=True):
            yield JournalEntry(pk, verb, old, new)
    for pk, verb, before, after in held["changed"] if held["version"] == 1 else ():
        yield JournalEntry(pk, verb, before, after)
    for verb, pks, before, after in held["alike"]:
        for pk in pks:
            yield JournalEntry(pk, verb, dict(before), dict(after))


def entries(scan: Scan, backwards: bool = False) -> Iterator[JournalEntry]:
    """What the import of a scan did, in its order, or the last first. One chunk is in memory at a time."""
    numbers = ImportJournal.objects.filter(scan=scan).order_by("-number" if backwards else "number")
    for pk in list(numbers.values_list("pk", flat=True)):
        found = _unpack(bytes(ImportJournal.objects.values_list("data", flat=True).get(pk=pk)))
        yield from reversed(list(found)) if backwards else found


def history(finding: Finding | int, limit: int = 50) -> list[tuple[Scan, str, dict[str, Any] | None, dict[str, Any]]]:
    """(scan, verb, before, after) of what imports did to one finding, the newest first. Two queries."""
    pk = finding if isinstance(finding, int) else finding.pk
    near = ImportJournal.objects.filter(first__lte=pk, last__gte=pk).select_related("scan").order_by("-pk")
    found = []
    for held in near[:limit]:
        for entry in reversed(list(_unpack(bytes(held.data)))):
            if entry.finding == pk:
                found.append((held.scan, entry.verb, entry.before, entry.after))
    return found


def stands(held: ImportJournal) -> bool:
    """Whether the kept bytes are those whose digest the ledger carries."""
    digest = hashlib.sha256(bytes(held.data)).hexdigest()
    told = LedgerEntry.objects.filter(noun="scan", verb="apply", key=str(held.scan_id), after__contains=digest)
    return digest == held.digest and told.exists()


def moment(value: str | None) -> datetime | None:
    """A moment of an entry."""
    return None if value is None else datetime.fromisoformat(value)
