"""Undoing a whole import, by its journal: first shown, then run by a worker in short transactions.

Every part of the file is undone, the last first. What the import added goes where nobody else saw it; what it changed
is put back where nothing newer touched it; the rest stays, and is told with its reason. Where a finding goes back to a
sighting by an import that is undone itself, that one is followed as well. Then the scan no longer counts as a look at
its targets, what its file stated ends, and the file may be handed in again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError, Q, Sum
from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import Job, User
from accord.core.pace import Breath, Portion
from accord.exposure.models import (
    OPEN_STATES,
    AssetExposure,
    Finding,
    ImportJournal,
    Scan,
    ScanTarget,
    Target,
    VexStatement,
)
from accord.exposure.services import bulk, journal, ranking, rollups
from accord.exposure.services.journal import JournalEntry
from accord.exposure.services.lifecycle.writing import note_facts, recount
from accord.exposure.services.undo.sorting import LEAVE, REMOVE, RESTORE, Step, put_back, sort

FIRST, FEWEST, ROWS = 500, 100, 1000
SHOWN = 20
LOOKED_AT_ONCE = 50_000
"""So many entries are sorted while somebody waits; more are a worker's."""
KIND, PREVIEW_KIND = "exposure.undo", "exposure.undo_preview"
Tell = Callable[[int, int | None, str], None]
FIELDS = tuple(f.name for f in Finding._meta.concrete_fields if not f.primary_key)


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


@dataclass(slots=True)
class Preview:
    """What undoing would do: how many findings go, are put back and stay by reason, with some of each."""

    removed: int = 0
    restored: int = 0
    left: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[int]] = field(default_factory=dict)

    def note(self, steps: Iterable[Step]) -> None:
        for step in steps:
            kind = {REMOVE: "removed", RESTORE: "restored"}.get(step.what, step.reason)
            if step.what == REMOVE:
                self.removed += 1
            elif step.what == RESTORE:
                self.restored += 1
            if step.reason:
                self.left[step.reason] += 1
            if kind and len(held := self.samples.setdefault(kind, [])) < SHOWN:
                held.append(step.entry.finding)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"removed": self.removed, "restored": self.restored, "left": dict(self.left), "samples": self.samples}


def parts_of(scan: Scan) -> list[Scan]:
    """The scans of the file that have left something, the last part first."""
    rows = Scan.of_file(scan.file_id).filter(state__in=(Scan.State.APPLYING, Scan.State.LANDED, Scan.State.UNDOING))
    return list(rows.order_by("-part"))


def amount(scan: Scan) -> int:
    """How many entries the journal has of the file's scans."""
    held = ImportJournal.objects.filter(scan__in=parts_of(scan)).aggregate(n=Sum("rows"))
    return int(held["n"] or 0)


def preview(scan: Scan, tell: Tell = silent) -> Preview:
    """What undoing the import would do by what is there now. Writes nothing."""
    found, done, total = Preview(), 0, amount(scan)
    for part in parts_of(scan):
        for some in bulk.chunks(journal.entries(part, backwards=True), ROWS):
            with bulk.wide_statements():
                found.note(sort(part, some))
            done += len(some)
            tell(done, total, "Looking at what the import touched")
    return found


def mark(actor: User, scan: Scan, reason: str) -> list[Scan]:
    """Order the import to be undone. Refused while it still runs, or when there is nothing of it."""
    if not reason.strip():
        raise Refused(Problem(None, "reason", "It is blank.", "Say why the import is undone."))
    with ledger.write(actor) as log:
        parts = parts_of(scan)
        if not parts:
            raise Refused("Nothing of this file is in: there is nothing to undo.")
        _check_idle(parts)
        for part in parts:
            if part.state != Scan.State.UNDOING:
                part.undo = {
                    "at": 0, "removed": 0, "restored": 0, "left": {}, "reason": reason.strip()[:500], "by": actor.email,
                }  # fmt: skip
                part.state = Scan.State.UNDOING
                part.save(update_fields=["undo", "state"])
            log.add("undo", "scan", part.pk, None, {"reason": reason.strip()[:500]})
    return parts


def submit(actor: User, scan: Scan, reason: str) -> Job:
    """Order the import to be undone, and have a worker do it."""
    with ledger.write(actor):
        parts = mark(actor, scan, reason)
        job = jobs.enqueue(actor, KIND, f"Undo the import of {scan.name}", scan=scan.pk)
        Scan.objects.filter(pk__in=[part.pk for part in parts]).update(job=job.pk)
    return job


def _check_idle(parts: list[Scan]) -> None:
    wanted = {part.job for part in parts if part.job}
    if Job.objects.filter(pk__in=wanted, state__in=(Job.State.QUEUED, Job.State.RUNNING)).exists():
        raise Refused("A job is at work on this file. Stop it, or wait for its end.")


def run(actor: User, scan: Scan, tell: Tell = silent) -> list[Scan]:
    """Undo the scans that are marked; goes on where an interrupted run stopped."""
    marked = [part for part in parts_of(scan) if part.state == Scan.State.UNDOING]
    total, breath, portion = amount(scan), Breath(), Portion(FIRST, FEWEST, ROWS)
    done = 0
    for part in marked:
        at = int((part.undo or {}).get("at", 0))
        entries = islice(journal.entries(part, backwards=True), at, None)
        while some := list(islice(entries, portion.size)):
            portion.begin()
            _undo_some(actor, part.pk, some)
            portion.end(len(some))
            breath()
            done += len(some)
            tell(done + at, total, "Undoing")
        _follow(actor, part, breath)
        _finish(actor, part, breath)
        done += at
    return marked


def _undo_some(actor: User, scan_id: int, entries: list[JournalEntry]) -> None:
    """One transaction: these entries, and how far it is."""
    with bulk.wide_statements(), ledger.write(actor, f"undo:{scan_id}") as log:
        scan = Scan.objects.get(pk=scan_id)
        steps = sort(scan, entries)
        _write(steps)
        told = scan.undo or {}
        found = Preview(told["removed"], told["restored"], Counter(told["left"]))
        found.note(steps)
        scan.undo = {
            **told, "at": told["at"] + len(entries), "removed": found.removed, "restored": found.restored,
            "left": dict(found.left),
        }  # fmt: skip
        scan.save(update_fields=["undo"])
        _log(scan, steps, log)


def _log(scan: Scan, steps: list[Step], log: ledger.Log) -> None:
    told = {
        name: [step.entry.finding for step in steps if step.what == what]
        for name, what in (("removed", REMOVE), ("restored", RESTORE), ("left", LEAVE))
    }
    if any(told.values()):
        log.add("undo_part", "scan", scan.pk, None, {name: pks for name, pks in told.items() if pks})


def _write(steps: list[Step]) -> None:
    """Remove and put back, with the roll-ups."""
    gone = [step.finding for step in steps if step.what == REMOVE and step.finding is not None]
    back = [step for step in steps if step.what == RESTORE]
    rows = list({step.finding.pk: step.finding for step in back if step.finding is not None}.values())
    opened: Counter[int] = Counter()
    for row in (*gone, *rows):
        opened[row.definition_id] -= row.state in OPEN_STATES
    were_open = {row.pk for row in rows if row.state in OPEN_STATES}
    put_back(back)
    for row in rows:
        opened[row.definition_id] += row.state in OPEN_STATES
    note_facts([row for row in rows if row.state in OPEN_STATES and row.pk not in were_open])
    clocks = {row.pk: (row.clock, row.due) for row in rows}
    ranking.rank(rows)
    for row in rows:
        row.clock, row.due = clocks[row.pk]
    bulk.overwrite(Finding, rows, FIELDS)
    if gone:
        Finding.objects.filter(pk__in=[row.pk for row in gone]).delete()
    recount([*gone, *rows], opened)


def _follow(actor: User, part: Scan, breath: Breath) -> None:
    """Where findings went back to sightings or closings by imports that are undone already, undo those too."""
    undone = set(Scan.objects.filter(state=Scan.State.UNDONE).values_list("pk", flat=True))
    waiting = _led_to(part, undone, None) if undone else {}
    while waiting:
        other, held = waiting.popitem()
        undone.discard(other)
        scan = Scan.objects.get(pk=other)
        wanted = (one for one in journal.entries(scan, backwards=True) if one.finding in held)
        for some in bulk.chunks(wanted, ROWS):
            with bulk.wide_statements(), ledger.write(actor, f"undo:{part.pk}") as log:
                steps = [step for step in sort(scan, some) if step.what in (REMOVE, RESTORE)]
                _write(steps)
                _log(scan, steps, log)
            breath()
        for further, more in _led_to(scan, undone, held).items():
            waiting.setdefault(further, set()).update(more)


def _led_to(scan: Scan, undone: set[int], among: set[int] | None) -> dict[int, set[int]]:
    """Of the findings that a scan touched (or `among`): those that rest on an undone scan now, by that scan."""
    found: dict[int, set[int]] = {}
    touched = among if among is not None else (one.finding for one in journal.entries(scan))
    for some in bulk.chunks(touched, ROWS):
        rows = Finding.objects.filter(Q(last_scan_id__in=undone) | Q(closed_by_id__in=undone), pk__in=some)
        for pk, last, closed in rows.values_list("pk", "last_scan_id", "closed_by_id"):
            for other in {last, closed} & undone:
                found.setdefault(other, set()).add(pk)
    return found


def _finish(actor: User, part: Scan, breath: Breath) -> None:
    """It was no look at its targets any more; what its file stated ends; its file may come again."""
    from accord.exposure.services import statements

    looked = list(ScanTarget.objects.filter(scan=part).values_list("target_id", flat=True))
    for some in bulk.chunks(looked, 300):
        with bulk.wide_statements(), ledger.write(actor, f"undo:{part.pk}"):
            ScanTarget.objects.filter(scan=part, target_id__in=some).delete()
            _uncover(some)
            _drop_targets(some)
        breath()
    with ledger.write(actor, f"undo:{part.pk}") as log:
        ended = list(VexStatement.objects.filter(scan=part, ended=None).select_related("definition"))
        for one in ended:
            statements.end(one, VexStatement.End.UNDONE, log)
        revived = _revive(ended, log)
    statements.settle(actor, statements.concerned([*ended, *revived]))
    with ledger.write(actor, f"undo:{part.pk}") as log:
        scan = Scan.objects.get(pk=part.pk)
        scan.state, scan.undone = Scan.State.UNDONE, timezone.now()
        scan.save(update_fields=["state", "undone"])
        log.add("undone", "scan", scan.pk, None, {k: v for k, v in (scan.undo or {}).items() if k != "at"})


def _revive(ended: list[VexStatement], log: ledger.Log) -> list[VexStatement]:
    """What these had superseded stands again."""
    again = list(VexStatement.objects.filter(follower__in=ended, end=VexStatement.End.SUPERSEDED))
    for one in again:
        one.ended, one.end, one.follower = None, "", None
        one.save(update_fields=["ended", "end", "follower"])
        log.add("stand_again", "vex_statement", one.key)
    return again


def _uncover(targets: list[int]) -> None:
    """When the assets of these targets were last looked at, without this scan."""
    assets = set(Target.objects.filter(pk__in=targets, asset__isnull=False).values_list("asset_id", flat=True))
    left = ScanTarget.objects.filter(target__asset_id__in=assets).order_by().values_list("target__asset_id")
    last = dict(left.annotate(last=Max("scan__observed")))
    for row in AssetExposure.objects.filter(asset_id__in=assets):
        if row.covered != last.get(row.asset_id):
            row.covered = last.get(row.asset_id)
            row.save(update_fields=["covered"])


def _drop_targets(targets: list[int]) -> None:
    """Targets that only this scan named and nobody has decided on."""
    loose = Target.objects.filter(pk__in=targets, state=Target.State.UNCLAIMED, by_hand=False)
    unseen = loose.filter(covered_by=None, findings=None)
    gone = 0
    for target in unseen:
        try:
            with transaction.atomic():
                target.delete()
                gone += 1
        except ProtectedError:
            continue
    if gone:
        rollups.recount((), (), states_changed=True)
