"""Takes in a scanner's file: kept, read in a process of its own, and applied in short transactions.

A file that cannot be read to its end is refused whole, and kept for another try: nothing is written before it is read
to its end, or proven to be whole (`intake.nessus.proof`). While a scan is applied its findings are visible as they
land, and the scan says how far it is; a screen never waits for the whole. After a crash the work goes on where it
stopped: each transaction notes how many observations are in, and one that is repeated finds its own rows again by their
fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accord.core import files, jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, StoredFile, User
from accord.core.pace import Breath
from accord.exposure.models import Finding, Scan
from accord.exposure.services import assessing, bulk, refingerprint, statements, undo
from accord.exposure.services.importing import applying, survey
from accord.exposure.services.importing.reading import Reading, opened
from accord.intake.nessus.proof import Proof, prove
from accord.intake.records import IntakeError

Tell = Callable[[int, int | None, str], None]
UNREAD = (Scan.State.RECEIVED, Scan.State.READING, Scan.State.REFUSED)


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def receive(actor: User, stored: StoredFile, name: str) -> tuple[Scan, bool]:
    """Open the scan of a kept file; False where that very file is here already (landed or on its way).

    A file that was refused before is tried again.
    """
    with ledger.write(actor) as log:
        scan, made = Scan.of_file(stored.pk).get_or_create(
            file=stored, part=0, defaults={"name": files.safe_name(name), "by": actor}
        )
        if scan.state == Scan.State.UNDOING:
            raise Refused("The import of this file is being undone. Hand it in again when that is done.")
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
    if scan.state in (Scan.State.UNDOING, Scan.State.UNDONE):
        raise Refused("The import was undone. Hand the file in again to take it in anew.")
    first = Scan.of_file(scan.file_id).get(part=0)
    with ledger.write(actor):
        job = jobs.enqueue(actor, "exposure.import", f"Import {first.name}", scan=first.pk)
        Scan.of_file(scan.file_id).update(job=job.pk)
    scan.job = job.pk
    return job


def process(actor: User, scan: Scan, tell: Tell = silent) -> list[Scan]:
    """Read and apply the file of a scan; returns its scans. Goes on where an interrupted run stopped."""
    scan.refresh_from_db()
    if scan.state == Scan.State.LANDED and not _waiting(scan):
        return _of_file(scan)
    version = refingerprint.in_force()
    with opened(scan.file, scan.name, version, applying.most()) as found, bulk.large_writes(Finding):
        if scan.state in UNREAD:
            _survey(actor, scan, found, tell, version)
        try:
            estate = applying.apply(actor, scan.file, found, tell)
        except IntakeError as error:
            _take_back(actor, scan, error, tell)
            raise survey.refused_because(error) from None
    breath = Breath()

    def pause() -> None:
        breath()
        tell(scan.observations, scan.observations, "Bringing priorities up to date")

    assessing.reassess_pending(actor, pause)
    if estate.is_outdated():
        assessing.refresh(actor, pause)
    landed = _of_file(scan)
    for one in landed:
        statements.after_import(actor, one, tell)
    return landed


def _waiting(scan: Scan) -> bool:
    return Scan.of_file(scan.file_id).exclude(state=Scan.State.LANDED).exists()


def _of_file(scan: Scan) -> list[Scan]:
    return list(Scan.of_file(scan.file_id).order_by("part"))


def _take_back(actor: User, scan: Scan, error: IntakeError, tell: Tell) -> None:
    """A file that had been proven whole was not read to its end (a bound of time or memory): nothing of it stays.

    What has landed of the scan is undone by its journal, as a person would undo it; the file may be handed in again.
    """
    told = survey.problem(error.row, error.field, error.problem, error.remedy)
    reason = f"The file could not be read to its end: {error.problem}"[:500]
    with ledger.write(actor) as log:
        for part in Scan.of_file(scan.file_id).filter(state=Scan.State.APPLYING):
            part.undo = {"at": 0, "removed": 0, "restored": 0, "left": {}, "reason": reason, "by": actor.email}
            part.state, part.problems = Scan.State.UNDOING, [*part.problems, told]
            part.save(update_fields=["undo", "state", "problems"])
            log.add("undo", "scan", part.pk, None, {"reason": reason})
    undo.run(actor, scan, tell)


def _survey(actor: User, scan: Scan, found: Reading, tell: Tell, version: int) -> None:
    """What the file holds: known in one transaction, or the file is refused. The reader is at work meanwhile."""
    Scan.objects.filter(pk=scan.pk, state__in=UNREAD).update(state=Scan.State.READING)  # another run may be further
    tell(0, None, "Reading the file")
    try:
        proof = _proof(scan)
        parts = survey.proven(found, proof) if proof is not None else survey.whole(scan.name, found)
        _whole(scan, parts)
    except IntakeError as error:
        refuse(actor, scan, survey.problem(error.row, error.field, error.problem, error.remedy))
        raise survey.refused_because(error) from None
    survey.open_parts(actor, scan, parts, version)


def _proof(scan: Scan) -> Proof | None:
    with files.open_file(scan.file) as stream:
        return prove(stream, scan.name)


def _whole(scan: Scan, parts: list[survey.Part]) -> None:
    if not parts:
        survey.check(scan.name, parts)


def refuse(actor: User, scan: Scan, problem: dict[str, Any]) -> None:
    """Note why a file cannot be read, unless another run could. It stays in the store for another try."""
    with ledger.write(actor) as log:
        scan.refresh_from_db()
        if scan.state not in UNREAD:
            return
        scan.state, scan.problems = Scan.State.REFUSED, [problem]
        scan.save(update_fields=["state", "problems"])
        log.add("refuse", "scan", scan.pk, None, problem)
