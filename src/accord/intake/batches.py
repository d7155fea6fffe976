"""Records of a file as batches of columns, so that another process can read the file while this one stores rows.

    python -m accord.intake.batches FILE NAME ROWS DESCRIPTOR VERSION

writes messages to the open file DESCRIPTOR and, for each, a line "letter offset length" to its standard output. A
message is packed with `marshal` (both ends are the same program of the same Python). `messages` yields the same in
this process. What a scanner says of a weakness is sent once (`KIND`), and pointed to by the rows.

    P  a part (scan) begins: format, scanner, version, started, finished, name
    R  a `Rows`
    X  refused rows: [(row, field, problem, remedy)]
    E  the part ends: finished, complete, targets, observations, refusals
    !  the file cannot be read: file, row, field, problem, remedy
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from accord.intake.fingerprint import VERSION, weakness
from accord.intake.records import (
    Coverage,
    IntakeError,
    Observation,
    PortRange,
    Record,
    Refusal,
    ScanEnd,
    ScanHeader,
    Target,
)
from accord.intake.registry import read_scan
from accord.intake.safe.limits import Limits

ROWS = 8000
FEW = 2000
"""The first batch has so many, each further one up to twice as many as the one before: the receiver begins early."""
TARGETS = 1000
KIND = (
    "definition_id", "title", "kind", "check", "aliases", "description", "solution", "severity", "cvss_vectors",
    "cvss_score", "cwes", "references", "group", "needs_credentials",
)  # fmt: skip
"""What a scanner says of a weakness: fields of an Observation."""
PLACE = (
    "component", "version", "fixed_version", "purl", "port", "protocol", "service", "path", "line", "evidence", "note",
)  # fmt: skip
"""What it says of one sighting, as a store names it, cut to `WIDTHS`; "" for None but for numbers."""
WIDTHS = (300, 200, 200, 500, None, 20, 100, 500, None, 1000, 500)
KINDS = 20_000
"""So many kinds are held; then the table begins anew."""
Message = tuple[str, bytes]
_kind = attrgetter(*KIND)


class Rows(NamedTuple):
    """Columns of some observations, each with the numbers of its target and its kind in the tables of the part.

    `targets`, `kinds` and `sets` are added to those tables (`anew`: the table of kinds begins again first). `keys` are
    `fingerprint.weakness`, `content` 64-bit digests of `places` and of the analysis, `analyses` {row: analysis}.
    `coverage` is [(target identity, set of checks, set of groups, exhaustive, ports, credentials, complete)].
    """

    anew: bool
    targets: list[tuple[Any, ...]]
    kinds: list[tuple[Any, ...]]
    sets: list[tuple[str, ...]]
    target: list[int]
    kind: list[int]
    keys: list[str]
    content: list[int]
    places: list[tuple[Any, ...]]
    analyses: dict[int, str]
    coverage: list[tuple[Any, ...]]


def target_of(row: tuple[Any, ...]) -> Target:
    """The record of a row of `Rows.targets`."""
    return Target(*row)


def exemplar(row: tuple[Any, ...], target: str = "") -> Observation:
    """An observation that says what a row of `Rows.kinds` says."""
    return Observation(target=target, **dict(zip(KIND, row, strict=True)))


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _cut(text: str | None, width: int) -> str:
    if text is None:
        return ""
    return text if len(text) <= width else text[: width - 1] + "…"


class _Part:
    """One scan of the file while its records come."""

    def __init__(self, rows: int, version: int) -> None:
        self._rows, self._most, self._version = min(FEW, rows), rows, version
        self._targets: dict[str, int] = {}
        self._kinds: dict[tuple[Any, ...], int] = {}
        self._sets: dict[frozenset[str], int] = {}
        self._anew = True
        self._refused: list[tuple[Any, ...]] = []
        self._begin()

    def _begin(self) -> None:
        self._batch = Rows(self._anew, [], [], [], [], [], [], [], [], {}, [])
        self._anew = False

    def take(self, record: Record) -> Iterator[Message]:
        if isinstance(record, Observation):
            self._observe(record)
            if len(self._batch.kind) >= self._rows:
                yield from self.flush()
                self._rows = min(self._rows * 2, self._most)
        elif isinstance(record, Target):
            self._number(record)
            if len(self._batch.targets) >= TARGETS:
                yield from self.flush()
        elif isinstance(record, Coverage):
            self._cover(record)
        elif isinstance(record, Refusal):
            self._refused.append((record.row, record.field, record.problem, record.remedy))
            if len(self._refused) >= 100:
                yield from self.flush()
        elif isinstance(record, ScanEnd):
            yield from self.flush()
            told = (_told(record.finished), record.complete, record.targets, record.observations, record.refusals)
            yield "E", marshal.dumps(told)

    def flush(self) -> Iterator[Message]:
        batch = self._batch
        if self._refused:
            yield "X", marshal.dumps(self._refused)
            self._refused = []
        if batch.kind or batch.targets or batch.coverage:
            if len(self._kinds) > KINDS:
                self._kinds.clear()
                self._anew = True
            self._begin()
            yield "R", marshal.dumps(tuple(batch))

    def _number(self, record: Target) -> None:
        """A target comes again where the file says more of it: both together describe it."""
        self._targets.setdefault(record.identity, len(self._targets))
        self._batch.targets.append(
            (record.kind, record.name, record.hostnames, record.addresses, record.macs, record.identifiers,
             record.operating_system)
        )  # fmt: skip

    def _observe(self, seen: Observation) -> None:
        batch = self._batch
        kind = _kind(seen)
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds[kind] = len(self._kinds)
            batch.kinds.append(kind)
        place = (
            _cut(seen.component, 300), _cut(seen.component_version, 200), _cut(seen.fixed_version, 200),
            _cut(seen.purl, 500), seen.port, _cut(seen.protocol, 20), _cut(seen.service, 100), _cut(seen.path, 500),
            seen.line, _cut(seen.evidence, 1000), _cut(seen.analysis_detail, 500),
        )  # fmt: skip
        if seen.analysis is not None:
            batch.analyses[len(batch.kind)] = seen.analysis
        said = "\x1f".join(map(str, place)) if seen.analysis is None else "\x1f".join(map(str, (*place, seen.analysis)))
        digest = blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        batch.target.append(self._targets[seen.target])
        batch.kind.append(number)
        batch.keys.append(weakness(seen, self._version))
        batch.content.append(int.from_bytes(digest, "big", signed=True))
        batch.places.append(place)

    def _cover(self, told: Coverage) -> None:
        ports = None if told.ports is None else [(one.protocol, one.first, one.last) for one in told.ports]
        self._batch.coverage.append(
            (told.target, self._set(told.checks), self._set(told.groups), told.exhaustive, ports, told.credentials,
             told.complete)
        )  # fmt: skip

    def _set(self, names: frozenset[str]) -> int:
        number = self._sets.get(names)
        if number is None:
            number = self._sets[names] = len(self._sets)
            self._batch.sets.append(tuple(names))
        return number


def coverage_of(row: tuple[Any, ...], sets: list[frozenset[str]]) -> Coverage:
    """The record of a row of `Rows.coverage`."""
    target, checks, groups, exhaustive, ports, credentials, complete = row
    ranges = None if ports is None else tuple(PortRange(*one) for one in ports)
    return Coverage(target, sets[checks], sets[groups], exhaustive, ranges, credentials, complete)


def messages(origin: Path | BinaryIO, name: str, rows: int = ROWS, version: int = VERSION) -> Iterator[Message]:
    """The messages of a file, one after the other. Never raises what belongs to the file: that is the last message.

    How many rows may be refused is for the receiver to say.
    """
    part: _Part | None = None
    try:
        for record in read_scan(origin, replace(Limits(), refusals=sys.maxsize), name):
            if isinstance(record, ScanHeader):
                part = _Part(rows, version)
                told = (record.format, record.scanner, record.scanner_version, _told(record.started),
                        _told(record.finished), record.name)  # fmt: skip
                yield "P", marshal.dumps(told)
            elif part is not None:
                yield from part.take(record)
    except IntakeError as error:
        yield "!", marshal.dumps((error.file, error.row, error.field, error.problem, error.remedy))


def main() -> None:
    """Write the messages of a file, and tell of each; ends quietly where nobody listens any more."""
    path, name, rows, descriptor, version = sys.argv[1:6]
    at = 0
    try:
        with os.fdopen(int(descriptor), "wb", buffering=0) as out:
            for letter, data in messages(Path(path), name, int(rows), int(version)):
                left = memoryview(data)
                while left:
                    left = left[out.write(left) :]
                print(letter, at, len(data), flush=True)
                at += len(data)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
