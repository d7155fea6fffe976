"""What a file says of its scans before their findings are stored: it is read to its end, or proven to be whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.exposure.models import Scan
from accord.exposure.services import refingerprint
from accord.exposure.services.bulk import clip
from accord.exposure.services.importing.reading import Reading
from accord.intake.nessus.proof import Proof
from accord.intake.records import IntakeError
from accord.intake.safe.limits import Limits

KEPT_PROBLEMS = 500
AHEAD = timedelta(days=1)


@dataclass(slots=True)
class Part:
    """One scan of the file. `targets` and `observations` are estimates until `ended`."""

    format: str
    scanner: str | None
    version: str | None
    started: datetime | None
    finished: datetime | None
    name: str | None
    targets: int = 0
    observations: int = 0
    refused: int = 0
    complete: bool | None = None
    ended: bool = False
    problems: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, told: tuple[Any, ...]) -> Part:
        format_, scanner, version, started, finished, name = told
        return cls(format_, scanner, version, moment(started), moment(finished), name)

    def refuse(self, rows: list[tuple[Any, ...]]) -> None:
        self.refused += len(rows)
        self.problems += [problem(*row) for row in rows[: max(0, KEPT_PROBLEMS - len(self.problems))]]

    def end(self, told: tuple[Any, ...]) -> None:
        finished, self.complete, self.targets, self.observations, self.refused = told
        self.finished = self.finished or moment(finished)
        self.ended = True


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def problem(row: int | str | None, name: str | None, what: str, remedy: str) -> dict[str, Any]:
    return {"row": row, "field": name, "problem": clip(what, 1000), "remedy": clip(remedy, 1000)}


def refused_because(error: IntakeError) -> Refused:
    """The same as what a person is told."""
    row = error.row if isinstance(error.row, int) else None
    place = " ".join(str(part) for part in (error.row if isinstance(error.row, str) else "", error.field) if part)
    return Refused(Problem(row, place, error.problem, error.remedy, error.file))


def whole(name: str, found: Reading) -> list[Part]:
    """The parts of a file that is read to its end; IntakeError where it does not come to it."""
    parts: list[Part] = []
    for place in found:
        match place.letter:
            case "P":
                parts.append(Part.of(found.load(place)))
            case "X":
                rows = found.load(place)
                parts[-1].refuse(rows)
                _bound(name, parts, rows[-1])
            case "E":
                parts[-1].end(found.load(place))
            case "!":
                found.load(place)
    check(name, parts)
    return parts


def _bound(name: str, parts: list[Part], last: tuple[Any, ...]) -> None:
    most = Limits().refusals
    if sum(part.refused for part in parts) > most:
        row, place, what, remedy = last
        raise IntakeError(name, row, place, f"More than {most:,} rows cannot be read; the last: {what}", remedy)


def check(name: str, parts: list[Part]) -> None:
    """The file held a scan, and every scan of it came to its end."""
    if not parts:
        raise IntakeError(name, None, None, "The file holds no scan.", "Export it again.")
    if not all(part.ended for part in parts):
        raise IntakeError(name, None, None, "The file ends before its scan does.", "Copy or export the file again.")


def proven(found: Reading, proof: Proof) -> list[Part]:
    """The part of a file that is proven to be whole, before it is read to its end."""
    for place in found:
        if place.letter == "P":
            part = Part.of(found.load(place))
            part.finished = part.finished or proof.finished
            part.targets, part.observations = proof.targets, proof.observations
            return [part]
        found.load(place)
    return []


def describe(row: Scan, part: Part) -> None:
    """Note on a scan what its file says of it."""
    row.format, row.scanner = clip(part.format, 40), clip(part.scanner, 200)
    row.scanner_version, row.title = clip(part.version, 100), clip(part.name, 500)
    row.started, row.finished, row.complete = part.started, part.finished, part.complete
    told = row.finished or row.started
    row.observed_is_told = told is not None and told <= row.received + AHEAD
    row.observed = told if row.observed_is_told else row.received
    row.targets, row.observations = part.targets, part.observations
    row.refused, row.problems = part.refused, list(part.problems)
    if told is not None and not row.observed_is_told:
        row.problems.append(
            problem(None, "time", f"The file says {told.isoformat()}, which lies ahead of the time of import.",
                    "The time of import is taken instead. Set the scanner's clock.")
        )  # fmt: skip
    row.state = Scan.State.APPLYING


def told(row: Scan) -> dict[str, Any]:
    """What the ledger keeps of a scan whose file is read."""
    return {
        "format": row.format, "scanner": row.scanner, "observed": row.observed, "targets": row.targets,
        "observations": row.observations, "refused": row.refused,
    }  # fmt: skip


def open_parts(actor: User, scan: Scan, parts: list[Part], version: int) -> None:
    """The scans of a file are known: in one transaction each has its row, if `version` of fingerprints is in force."""
    with ledger.write(actor) as log:
        if refingerprint.in_force() != version:
            raise Refused("Another version of fingerprints came into force meanwhile. Import the file again.")
        for number, part in enumerate(parts):
            row, _ = Scan.of_file(scan.file_id).get_or_create(
                file=scan.file, part=number, defaults={"name": scan.name, "by": scan.by, "job": scan.job}
            )
            if not row.is_over and row.state != Scan.State.APPLYING:
                describe(row, part)
                row.save()
                log.add("read", "scan", row.pk, None, told(row))
    scan.refresh_from_db()
