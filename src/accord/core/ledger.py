"""The ledger: every write through a service appends an entry that carries the hash of the one before it.

A service writes like this, in one transaction::

    with ledger.write(actor) as log:
        unit.name = name
        unit.save()
        log.add("change", "unit", unit.key, before, after)

The chain is `hash = SHA-256(previous_hash, canonical JSON of the entry)`. It proves that no entry was
changed, taken out or put in between; that the tail was not cut off is proved by the head, and against
somebody who can rewrite the whole database by an export that an auditor keeps (docs/threat-model.md).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

from django.db import transaction

from accord.core.models import LedgerEntry, LedgerHead, User

GENESIS = "0" * 64
FIELDS = ("number", "at", "actor", "verb", "noun", "key", "before", "after", "batch")
SYSTEM = "system"

Snapshot = Mapping[str, Any] | None


def canonical(value: Any) -> str:
    """Canonical JSON of `value`: sorted keys, no spaces, decimals and dates as text; "" for None."""
    if value is None:
        return ""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return sorted(value) if not isinstance(value, tuple) else list(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"cannot write {type(value).__name__} to the ledger")


def digest(previous_hash: str, row: Mapping[str, Any]) -> str:
    """The hash of one entry: SHA-256 over the previous hash and the entry's fields in a fixed order."""
    body = json.dumps([row[name] for name in FIELDS], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{body}".encode()).hexdigest()


@dataclass(slots=True)
class Log:
    """Entries of one transaction, written when the `write` block ends."""

    actor: str
    batch: str = ""
    entries: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, verb: str, noun: str, key: object, before: Snapshot = None, after: Snapshot = None) -> None:
        """Note that `verb` was done to `noun` `key`; a snapshot is what the object said before and after."""
        self.entries.append((verb, noun, str(key), canonical(before), canonical(after)))


@contextmanager
def write(actor: User | None, batch: str = "") -> Iterator[Log]:
    """Open one transaction and append what was logged in it; an exception undoes both.

    `actor` None means the system itself (a feed update by timer, say). Writers wait in one line from the
    start of the block, so that what a service reads in it cannot be changed under its hands: keep it short.
    """
    with transaction.atomic():
        head, _ = LedgerHead.objects.select_for_update().get_or_create(id=1)
        log = Log(actor.email if actor is not None else SYSTEM, batch)
        yield log
        if log.entries:
            _append(log, head)


def _append(log: Log, head: LedgerHead) -> None:
    head.refresh_from_db()  # an inner `write` of the same transaction may have moved it on
    number, previous = head.number, head.hash
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    rows = []
    for verb, noun, key, before, after in log.entries:
        number += 1
        values: dict[str, Any] = {
            "number": number, "at": at, "actor": log.actor, "verb": verb, "noun": noun, "key": key,
            "before": before, "after": after, "batch": log.batch,
        }  # fmt: skip
        current = digest(previous, values)
        rows.append(LedgerEntry(**values, previous_hash=previous, hash=current))
        previous = current
    LedgerEntry.objects.bulk_create(rows, batch_size=500)
    head.number, head.hash = number, previous
    head.save()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: `broken` is the number of the first entry that does not hold, or None."""

    entries: int
    head: str
    broken: int | None = None
    problem: str = ""

    @property
    def holds(self) -> bool:
        return self.broken is None


def verify_rows(rows: Iterable[Mapping[str, Any]]) -> Verdict:
    """Walk the chain over rows in order of number. No database: an export can be proved anywhere."""
    previous, expected = GENESIS, 1
    for row in rows:
        number = int(row["number"])
        if number != expected:
            return Verdict(expected - 1, previous, expected, f"entry {expected} is missing; next is {number}")
        if row["previous_hash"] != previous:
            return Verdict(expected - 1, previous, number, f"entry {number} does not follow entry {number - 1}")
        if digest(previous, row) != row["hash"]:
            return Verdict(expected - 1, previous, number, f"entry {number} was changed after it was written")
        previous, expected = str(row["hash"]), expected + 1
    return Verdict(expected - 1, previous)


def verify() -> Verdict:
    """Prove the chain in the database, the head included."""
    columns = (*FIELDS, "previous_hash", "hash")
    verdict = verify_rows(LedgerEntry.objects.order_by("number").values(*columns).iterator(chunk_size=2000))
    if not verdict.holds:
        return verdict
    head = LedgerHead.objects.filter(id=1).first()
    number, last = (head.number, head.hash) if head else (0, GENESIS)
    if (number, last) != (verdict.entries, verdict.head):
        missing = verdict.entries + 1
        problem = f"the head says {number} entries, the chain has {verdict.entries}"
        return Verdict(verdict.entries, verdict.head, min(missing, number + 1), problem)
    return verdict


def lines() -> Iterator[str]:
    """The chain as JSON lines, one entry each, in order."""
    columns = (*FIELDS, "previous_hash", "hash")
    for row in LedgerEntry.objects.order_by("number").values(*columns).iterator(chunk_size=2000):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def export(stream: IO[str]) -> int:
    """Write the chain as JSON lines; returns how many entries."""
    count = 0
    for count, line in enumerate(lines(), 1):  # noqa: B007 - the last number is the count
        stream.write(line)
    return count


def history(noun: str, key: object, limit: int = 50) -> list[LedgerEntry]:
    """The last `limit` entries about one object, newest first. One query."""
    return list(LedgerEntry.objects.filter(noun=noun, key=str(key)).order_by("-number")[:limit])


def changes(entry: LedgerEntry) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of what one entry changed."""
    before = json.loads(entry.before) if entry.before else {}
    after = json.loads(entry.after) if entry.after else {}
    names = [*before, *(name for name in after if name not in before)]
    return [(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]
