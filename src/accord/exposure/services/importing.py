"""Takes in a scanner's file: kept, read once as a whole without a write, then applied in short transactions.

A file that cannot be read to its end is refused whole, and kept for another try. While a scan is applied its
findings are visible as they land, and the scan says how far it is; a screen never waits for the whole. After a
crash the work goes on where it stopped: each transaction notes how many observations are in, and one that is
repeated finds its own rows again by their fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accord.core import events, files, jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import Job, StoredFile, User
from accord.exposure.models import Scan
from accord.exposure.services import assessing, claims, closing, landing
from accord.exposure.services.bulk import clip
from accord.exposure.services.facts import Estate
from accord.exposure.services.landing import Chunk
from accord.exposure.services.pace import Breath, Portion
from accord.intake.records import (
    Coverage,
    IntakeError,
    Observation,
    Record,
    Refusal,
    ScanEnd,
    ScanHeader,
    Target,
)  # fmt: skip
from accord.intake.registry import read_scan

Tell = Callable[[int, int | None, str], None]
KEPT_PROBLEMS = 500
FEWEST, FIRST, MOST = 200, 250, 4000
AHEAD = timedelta(days=1)


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def receive(actor: User, stored: StoredFile, name: str) -> tuple[Scan, bool]:
    """Open the scan of a kept file; False where that very file is here already (landed or on its way).

    A file that was refused before is tried again.
    """
    with ledger.write(actor) as log:
        scan, made = Scan.objects.get_or_create(
            file=stored, part=0, defaults={"name": files.safe_name(name), "by": actor}
        )
        again = scan.state == Scan.State.REFUSED
        if again:
            scan.state, scan.problems, scan.refused = Scan.State.RECEIVED, [], 0
            scan.save(update_fields=["state", "problems", "refused"])
        if made or again:
            log.add("import", "scan", scan.pk, None, {"file": stored.digest, "name": scan.name})
    return scan, made or again


def submit(actor: User, stored: StoredFile, name: str) -> tuple[Scan, bool]:
    """Have a worker take in a kept file; False where that very file is here already."""
    with ledger.write(actor):
        scan, is_new = receive(actor, stored, name)
        if is_new:
            start(actor, scan)
    return scan, is_new


def start(actor: User, scan: Scan) -> Job:
    """Have a worker take in (or go on with) a scan that has not landed."""
    if scan.state == Scan.State.LANDED:
        raise Refused("All findings of this scan are in already.")
    first = Scan.objects.get(file_id=scan.file_id, part=0)
    with ledger.write(actor):
        job = jobs.enqueue(actor, "exposure.import", f"Import {first.name}", scan=first.pk)
        Scan.objects.filter(file_id=scan.file_id).update(job=job.pk)
    scan.job = job.pk
    return job


def process(actor: User, scan: Scan, tell: Tell = silent) -> list[Scan]:
    """Read and apply the file of a scan; returns its scans. Goes on where an interrupted run stopped."""
    scan.refresh_from_db()
    if scan.state in (Scan.State.RECEIVED, Scan.State.READING, Scan.State.REFUSED):
        _survey(actor, scan, tell)
    estate = _apply(actor, scan.file, scan.name, tell)
    breath = Breath()

    def pause() -> None:
        breath()
        tell(scan.observations, scan.observations, "Bringing priorities up to date")

    assessing.reassess_pending(actor, pause)
    if estate.is_outdated():
        assessing.refresh(actor, pause)
    return list(Scan.objects.filter(file_id=scan.file_id).order_by("part"))


# Pass 1: the whole file, nothing written.


@dataclass(slots=True)
class _Part:
    header: ScanHeader
    targets: int = 0
    observations: int = 0
    refused: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    end: ScanEnd | None = None

    def take(self, record: Record) -> None:
        match record:
            case Target():
                self.targets += 1
            case Observation():
                self.observations += 1
            case Refusal():
                self.refused += 1
                if len(self.problems) < KEPT_PROBLEMS:
                    self.problems.append(_problem(record.row, record.field, record.problem, record.remedy))
            case ScanEnd():
                self.end = record


def _problem(row: int | str | None, name: str | None, problem: str, remedy: str) -> dict[str, Any]:
    return {"row": row, "field": name, "problem": clip(problem, 1000), "remedy": clip(remedy, 1000)}


def _records(stored: StoredFile, name: str) -> Iterator[Record]:
    with files.open_file(stored) as stream:
        yield from read_scan(stream, name=name)  # type: ignore[arg-type]


def _survey(actor: User, scan: Scan, tell: Tell) -> None:
    """Read the file to its end; then, in one transaction, its parts are known or the file is refused."""
    Scan.objects.filter(pk=scan.pk).update(state=Scan.State.READING)
    parts: list[_Part] = []
    try:
        for number, record in enumerate(_records(scan.file, scan.name)):
            if isinstance(record, ScanHeader):
                parts.append(_Part(record))
            else:
                parts[-1].take(record)
            if number % 500 == 0:
                tell(number, None, "Reading the file")
        _whole(scan, parts)
    except IntakeError as error:
        refuse(actor, scan, _problem(error.row, error.field, error.problem, error.remedy))
        raise Refused(
            Problem(
                error.row if isinstance(error.row, int) else None,
                " ".join(str(p) for p in (error.row if isinstance(error.row, str) else "", error.field) if p),
                error.problem, error.remedy, error.file,
            )
        ) from None  # fmt: skip
    with ledger.write(actor) as log:
        for number, part in enumerate(parts):
            row, _ = Scan.objects.get_or_create(
                file=scan.file, part=number, defaults={"name": scan.name, "by": scan.by, "job": scan.job}
            )
            if not row.is_over:
                _describe(row, part)
                row.save()
                log.add("read", "scan", row.pk, None, _told(row))
    scan.refresh_from_db()


def _whole(scan: Scan, parts: list[_Part]) -> None:
    """The file says how many records it held: as many were read."""
    if not parts:
        raise IntakeError(scan.name, None, None, "The file holds no scan.", "Export it again.")
    for part in parts:
        end = part.end
        if end is None or (end.targets, end.observations) != (part.targets, part.observations):
            raise IntakeError(
                scan.name, None, None, "The file ends before its scan does.", "Copy or export the file again."
            )


def _describe(row: Scan, part: _Part) -> None:
    header = part.header
    row.format, row.scanner = clip(header.format, 40), clip(header.scanner, 200)
    row.scanner_version, row.title = clip(header.scanner_version, 100), clip(header.name, 500)
    row.started = header.started
    row.finished = header.finished or (part.end.finished if part.end else None)
    row.complete = part.end.complete if part.end else None
    told = row.finished or row.started
    row.observed_is_told = told is not None and told <= row.received + AHEAD
    row.observed = told if row.observed_is_told else row.received
    row.targets, row.observations = part.targets, part.observations
    row.refused, row.problems = part.refused, list(part.problems)
    if told is not None and not row.observed_is_told:
        row.problems.append(
            _problem(None, "time", f"The file says {told.isoformat()}, which lies ahead of the time of import.",
                     "The time of import is taken instead. Set the scanner's clock.")
        )  # fmt: skip
    row.state = Scan.State.APPLYING


def _told(row: Scan) -> dict[str, Any]:
    return {
        "format": row.format, "scanner": row.scanner, "observed": row.observed, "targets": row.targets,
        "observations": row.observations, "refused": row.refused,
    }  # fmt: skip


def refuse(actor: User, scan: Scan, problem: dict[str, Any]) -> None:
    """Note why a file cannot be read. It stays in the store for another try."""
    with ledger.write(actor) as log:
        scan.state, scan.problems = Scan.State.REFUSED, [problem]
        scan.save(update_fields=["state", "problems"])
        log.add("refuse", "scan", scan.pk, None, problem)


# Pass 2: applied, chunk by chunk.


class _Landing:
    """One part of a file on its way in."""

    def __init__(self, actor: User, scan: Scan, estate: Estate, portion: Portion, tell: Tell) -> None:
        self.actor, self.scan, self.estate, self.portion, self.tell = actor, scan, estate, portion, tell
        self.breath = Breath()
        self.chunk = Chunk(0)
        self.seen: dict[str, int] = {}
        self.coverage: dict[str, list[Coverage]] = {}
        self._names: dict[str, str] = {}

    def take(self, record: Record) -> None:
        match record:
            case Target():
                self.chunk.targets[record.identity] = record
                self.seen.setdefault(record.identity, 0)
            case Observation():
                self.chunk.observations.append(record)
                self.seen[record.target] = self.seen.get(record.target, 0) + 1
            case Coverage():
                self.coverage.setdefault(record.target, []).append(self._lean(record))
            case ScanEnd():
                self.flush()
                self.land()
        if len(self.chunk.observations) >= self.portion.size or len(self.chunk.targets) >= 1000:
            self.flush()

    def _lean(self, record: Coverage) -> Coverage:
        """The same, with one copy of each check's name for all targets."""
        if len(record.checks) > 1000:
            return record  # one set for all targets of the file
        checks = frozenset(self._names.setdefault(check, check) for check in record.checks)
        return Coverage(
            record.target, checks, record.groups, record.exhaustive, record.ports, record.credentials, record.complete
        )

    def flush(self) -> None:
        chunk = self.chunk
        if not (chunk.targets or chunk.observations):
            return
        self.chunk = Chunk(chunk.start + len(chunk.observations))
        self.portion.begin()
        applied = landing.apply(self.actor, self.scan.pk, chunk, self.estate)
        self.portion.end(len(chunk.observations))
        self.breath()
        self.tell(applied, self.scan.observations, "Applying")

    def _pause(self) -> None:
        self.breath()
        self.tell(self.scan.observations, self.scan.observations, "Closing what is gone")

    def land(self) -> None:
        """All is in: close what was not seen again, and tell."""
        closing.note_coverage(self.actor, self.scan.pk, self.seen, self.coverage, self.estate, self._pause)
        claims.rematch(self.actor, list(self.seen), self._pause)
        with ledger.write(self.actor, f"scan:{self.scan.pk}") as log:
            scan = Scan.objects.get(pk=self.scan.pk)
            if scan.is_over:
                return
            scan.state, scan.landed = Scan.State.LANDED, timezone.now()
            scan.save(update_fields=["state", "landed"])
            log.add("land", "scan", scan.pk, None, _counts(scan))
            events.scan_landed.send(scan=scan, actor=self.actor)


def _counts(scan: Scan) -> dict[str, int]:
    names = ("added", "changed", "unchanged", "closed", "reopened", "refused")
    return {name: getattr(scan, name) for name in names}


def _apply(actor: User, stored: StoredFile, name: str, tell: Tell) -> Estate:
    """Apply what has not landed yet; returns the facts that it used.

    The same file always gives the same records in the same order.
    """
    parts = list(Scan.objects.filter(file=stored).order_by("part"))
    estate, portion = Estate(), Portion(FIRST, FEWEST, MOST)
    if all(part.state == Scan.State.LANDED for part in parts):
        return estate
    number = -1
    landing_: _Landing | None = None
    for record in _records(stored, name):
        if isinstance(record, ScanHeader):
            number += 1
            part = parts[number]
            done = part.state == Scan.State.LANDED
            landing_ = None if done else _Landing(actor, part, estate, portion, tell)
        elif landing_ is not None:
            landing_.take(record)
    return estate

