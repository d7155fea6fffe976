"""What is in a scanner's file, without a database: format, scanner, scope, instances, groups, refused rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.fingerprint import grouping
from accord.intake.records import Coverage, IntakeError, Observation, Record, Refusal, ScanEnd, ScanHeader, Target
from accord.intake.registry import format_named, read_scan
from accord.intake.safe.limits import Limits

KEPT = 500


@dataclass(slots=True)
class Scope:
    """What the scans of a file looked at. Counts are of targets; one with several statements counts once.

    `told`    the file says what it looked for there
    `whole`   it names everything that it looked for (whatever it does not name did not run)
    `checks`, `groups`  different checks, and families of checks, that it names
    `with_credentials`, `without_credentials`  it says that it could, or could not, log in
    `not_finished`  it says that it did not finish there
    """

    targets: int = 0
    told: int = 0
    whole: int = 0
    with_credentials: int = 0
    without_credentials: int = 0
    not_finished: int = 0
    checks: int = 0
    groups: int = 0


@dataclass(slots=True)
class Inspection:
    """One file. `problem` is "" unless the file as a whole is refused; then the counts are those until there.

    `instances` are the observations, `grouped` the different weaknesses (`fingerprint.grouping`), `targets` counts
    by kind, `severities` counts by severity ("unknown" where none is told), `refused` the first rows that could not
    be read, in words.
    """

    name: str
    format: str = ""
    title: str = ""
    scanner: str | None = None
    scanner_version: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    complete: bool | None = None
    scans: int = 0
    instances: int = 0
    grouped: int = 0
    refused_rows: int = 0
    targets: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    scope: Scope = field(default_factory=Scope)
    refused: list[str] = field(default_factory=list)
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as plain data; times in ISO 8601."""
        names = (
            "name", "format", "title", "scanner", "scanner_version", "complete", "scans", "instances", "grouped",
            "refused_rows", "refused", "problem",
        )  # fmt: skip
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found["started"] = self.started.isoformat() if self.started else None
        found["finished"] = self.finished.isoformat() if self.finished else None
        found["targets"] = dict(sorted(self.targets.items()))
        found["severities"] = dict(sorted(self.severities.items()))
        found["kinds"] = dict(sorted(self.kinds.items()))
        found["scope"] = {name: getattr(self.scope, name) for name in Scope.__slots__}
        return found


def inspect(origin: Path | BinaryIO, name: str | None = None, limits: Limits | None = None) -> Inspection:
    """Read a file to its end and count. Never raises for what is in the file: see `problem` and `refused`."""
    given = name or (origin.name if isinstance(origin, Path) else "stream")
    found = Inspection(given)
    try:
        _count(found, read_scan(origin, limits, name=Path(given).name))
    except IntakeError as error:
        found.problem = str(error)
    return found


def _count(found: Inspection, records: Iterable[Record]) -> None:
    groups: set[str] = set()
    seen: set[str] = set()
    checks: set[str] = set()
    families: set[str] = set()
    marks: dict[str, set[str]] = {name: set() for name in ("told", "whole", "in", "out", "cut")}
    for record in records:
        match record:
            case Observation():
                found.instances += 1
                found.severities[record.severity or "unknown"] += 1
                found.kinds[record.kind] += 1
                groups.add(grouping(record))
                found.grouped = len(groups)
            case Target():
                if record.identity not in seen:
                    seen.add(record.identity)
                    found.targets[record.kind] += 1
            case Coverage():
                _cover(record, checks, families, marks)
            case Refusal():
                found.refused_rows += 1
                if len(found.refused) < KEPT:
                    place = ", ".join(str(part) for part in (record.row, record.field) if part)
                    found.refused.append(f"{place}: {record.problem} {record.remedy}".strip())
            case ScanHeader():
                _head(found, record)
            case ScanEnd():
                found.finished = record.finished or found.finished
                found.complete = record.complete if found.complete is not False else False
    found.scope = Scope(
        len(seen), len(marks["told"]), len(marks["whole"]), len(marks["in"]), len(marks["out"]), len(marks["cut"]),
        len(checks), len(families),
    )  # fmt: skip


def _head(found: Inspection, header: ScanHeader) -> None:
    found.scans += 1
    if found.scans > 1:
        return
    found.format, found.title = header.format, format_named(header.format).title
    found.scanner, found.scanner_version = header.scanner, header.scanner_version
    found.started, found.finished = header.started, header.finished


def _cover(record: Coverage, checks: set[str], families: set[str], marks: dict[str, set[str]]) -> None:
    if record.checks or record.groups or record.exhaustive:
        marks["told"].add(record.target)
    if record.exhaustive:
        marks["whole"].add(record.target)
    if record.credentials is not None:
        marks["in" if record.credentials else "out"].add(record.target)
    if record.complete is False:
        marks["cut"].add(record.target)
    if not checks.issuperset(record.checks):
        checks.update(record.checks)
    families.update(record.groups)
