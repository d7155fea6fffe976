"""The rows of a file on their way into the database, chunk by chunk, each in a short transaction."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from accord.core import events, ledger
from accord.core.models import StoredFile, User
from accord.core.pace import Breath, Portion
from accord.exposure.models import Scan
from accord.exposure.services import claims, closing, landing
from accord.exposure.services.facts import Estate
from accord.exposure.services.importing.reading import Place, Reading
from accord.exposure.services.importing.survey import Part, describe
from accord.exposure.services.landing import Chunk, Kinds, Sightings
from accord.intake import batches, records
from accord.intake.batches import Rows, coverage_of, target_of
from accord.intake.records import IntakeError

FIRST, FEWEST, MOST = 2000, 500, batches.ROWS


def most() -> int:
    """Rows of a transaction at most.

    More on PostgreSQL, where others who write stand in a line and memory is the server's: what a transaction takes
    whatever its rows is paid less often.
    """
    return 3 * MOST if connection.vendor == "postgresql" else MOST


class _Landing:
    """One part of a file on its way in."""

    def __init__(self, actor: User, scan: Scan, estate: Estate, portion: Portion, tell: Any) -> None:
        self.actor, self.scan, self.estate, self.portion, self.tell = actor, scan, estate, portion, tell
        self.breath = Breath()
        self.kinds = Kinds()
        self.start = 0
        self.identities: list[str] = []
        self.pending: dict[str, records.Target] = {}
        self.seen: dict[str, int] = {}
        self.fresh: set[str] = set()
        self.coverage: dict[str, list[records.Coverage]] = {}
        self.sets: list[frozenset[str]] = []
        self.refused: list[tuple[Any, ...]] = []
        self._numbers: dict[str, int] = {}

    def take(self, rows: Rows) -> None:
        self.kinds.add(rows.kinds, rows.anew)
        self._meet(rows)
        names = self.identities
        for number in rows.target:
            self.seen[names[number]] += 1
        self.sets.extend(map(frozenset, rows.sets))
        for told in rows.coverage:
            self.coverage.setdefault(told[0], []).append(coverage_of(told, self.sets))
        sightings = Sightings(rows.target, rows.kind, rows.keys, rows.content, rows.places, rows.analyses)
        at = 0
        while at < len(sightings) or self.pending:
            last = min(len(sightings), at + self.portion.size)
            if len(sightings) - last < self.portion.size // 4:
                last = len(sightings)
            self._apply(sightings.part(at, last))
            at = last

    def _meet(self, rows: Rows) -> None:
        for told in rows.targets:
            record = target_of(told)
            identity = record.identity
            if identity not in self._numbers:
                self._numbers[identity] = len(self.identities)
                self.identities.append(identity)
                self.seen.setdefault(identity, 0)
            self.pending[identity] = record

    def _apply(self, sightings: Sightings) -> None:
        chunk = Chunk(self.start, self.pending, self.identities, sightings)
        self.pending = {}
        self.start += len(sightings)
        self.breath.enter()
        self.portion.begin()
        applied = landing.apply(self.actor, self.scan.pk, chunk, self.estate, self.kinds)
        self.portion.end(len(sightings))
        self.fresh |= chunk.fresh
        self.tell(applied, self.scan.observations, "Applying")
        self.breath.leave()

    def _pause(self) -> None:
        self.breath()
        self.tell(self.start, self.start, "Closing what is gone")

    def land(self, told: tuple[Any, ...]) -> None:
        """All is in: close what was not seen again, and tell."""
        if told[3] != self.start:
            raise IntakeError(
                self.scan.name,
                None,
                None,
                f"{told[3]:,} findings were read, {self.start:,} came.",
                "Import it again.",
            )
        self.breath.enter()
        closing.note_coverage(
            self.actor, self.scan.pk, self.seen, self.coverage, self.estate, self._pause, self.fresh
        )  # fmt: skip
        known = [identity for identity in self.seen if identity not in self.fresh]  # the others were matched just now
        claims.rematch(self.actor, known, self._pause)
        with ledger.write(self.actor, f"scan:{self.scan.pk}") as log:
            scan = Scan.objects.get(pk=self.scan.pk)
            if scan.is_over:
                return
            self._describe(scan, told)
            scan.state, scan.landed = Scan.State.LANDED, timezone.now()
            scan.save()
            log.add("land", "scan", scan.pk, None, _counts(scan))
            events.scan_landed.send(scan=scan, actor=self.actor)

    def _describe(self, scan: Scan, told: tuple[Any, ...]) -> None:
        """What was an estimate while the file was read."""
        part = Part(scan.format, scan.scanner, scan.scanner_version, scan.started, scan.finished, scan.title)
        part.refuse(self.refused)
        part.end(told)
        observed, is_told = scan.observed, scan.observed_is_told
        describe(scan, part)
        scan.observed, scan.observed_is_told = observed, is_told


def _counts(scan: Scan) -> dict[str, int]:
    names = ("added", "changed", "unchanged", "closed", "reopened", "refused")
    return {name: getattr(scan, name) for name in names}


def apply(actor: User, stored: StoredFile, found: Reading, tell: Any) -> Estate:
    """Apply what has not landed yet; returns the facts that it used.

    The same file always gives the same records in the same order.
    """
    parts = list(Scan.of_file(stored.pk).order_by("part"))
    estate, portion = Estate(), Portion(FIRST, FEWEST, most())
    if all(part.state == Scan.State.LANDED for part in parts):
        return estate
    number = -1
    coming: _Landing | None = None
    for place in found:
        if place.letter == "P":
            number += 1
            part = parts[number]
            done = part.state == Scan.State.LANDED
            coming = None if done else _Landing(actor, part, estate, portion, tell)
        elif place.letter == "!":
            found.load(place)
        elif coming is not None:
            _take(coming, place, found)
    return estate


def _take(coming: _Landing, place: Place, found: Reading) -> None:
    told = found.load(place)
    match place.letter:
        case "R":
            coming.take(Rows(*told))
        case "X":
            coming.refused += told
        case "E":
            coming.land(told)
