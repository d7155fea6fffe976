"""One chunk of a scan: targets, definitions and findings in one short transaction with roll-ups and journal.

Findings are rows of values here, not objects: what the database holds of those that are seen again is compared by a
digest of what the file says, and only what differs is read and written as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.engines.priority import Policy
from accord.exposure.models import Finding, Scan
from accord.exposure.selectors.policy import policy_now
from accord.exposure.services import bulk, journal, rollups, tallies, targets
from accord.exposure.services.facts import Estate
from accord.exposure.services.landing import fresh, held
from accord.exposure.services.landing.columns import Block, Place, place_of
from accord.exposure.services.landing.kinds import Kinds
from accord.intake import records

__all__ = ["Chunk", "Kinds", "Sightings", "apply"]


@dataclass(slots=True)
class Sightings:
    """Columns of observations (`intake.batches.Rows`)."""

    target: Sequence[int]
    kind: Sequence[int]
    keys: Sequence[str]
    content: Sequence[int]
    said: Sequence[tuple[Any, ...]]
    analyses: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.kind)

    def part(self, first: int, last: int) -> Sightings:
        """Rows first … last − 1."""
        if first <= 0 and last >= len(self):
            return self
        cut = slice(first, last)
        analyses = {row - first: told for row, told in self.analyses.items() if first <= row < last}
        return Sightings(self.target[cut], self.kind[cut], self.keys[cut], self.content[cut], self.said[cut], analyses)


@dataclass(slots=True)
class Chunk:
    """Rows of one part of a file: `start` is the number of observations before these.

    `targets` are records that came with them by identity; `identities` those of all targets of the part by number;
    `fresh`, once it is applied, those of targets that it made.
    """

    start: int
    targets: dict[str, records.Target]
    identities: Sequence[str]
    rows: Sightings
    fresh: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Run:
    """What one transaction works with and what it finds."""

    scan: Scan
    observed: datetime
    block: Block
    policy: Policy
    tally: Counter[str] = field(default_factory=Counter)
    opened: Counter[int] = field(default_factory=Counter)
    entries: journal.Entries = field(default_factory=journal.Entries)
    touched: set[tuple[int | None, int]] = field(default_factory=set)
    counted: tallies.Counted = field(default_factory=tallies.Counted)


def apply(actor: User, scan_id: int, chunk: Chunk, estate: Estate, kinds: Kinds) -> int:
    """Write one chunk; returns how many observations of the scan are in now.

    Safe to repeat: what another run of the same scan has applied already is left out. A constant number of queries.
    """
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}") as log:
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over:
            return scan.applied
        assert scan.observed is not None
        rows = chunk.rows.part(max(0, scan.applied - chunk.start), len(chunk.rows))
        numbers = {number: chunk.identities[number] for number in set(rows.target)}
        known, chunk.fresh = targets.ensure(chunk.targets, numbers.values(), scan.observed, log)
        assets = {t.asset_id for t in known.values() if t.asset_id is not None}
        facts = estate.of(assets)
        places = {number: place_of(known[identity], facts) for number, identity in numbers.items()}
        run = Run(scan, scan.observed, _block(rows, places, kinds, log), policy_now())
        _write(run)
        rollups.recount(
            {asset for asset, _ in run.touched if asset is not None},
            {target for asset, target in run.touched if asset is None},
            run.opened, facts, states_changed=bool(chunk.targets), counted=run.counted,
        )  # fmt: skip
        journal.keep(scan, run.entries, log)
        _count(scan, run, chunk.start + len(chunk.rows))
    return scan.applied


def _block(rows: Sightings, places: Mapping[int, Place], kinds: Kinds, log: ledger.Log) -> Block:
    prefix = {number: place.prefix for number, place in places.items()}
    fingerprints = [prefix[number] + key for number, key in zip(rows.target, rows.keys, strict=True)]
    told = kinds.resolve(rows.kind, log)
    return Block(places, told, rows.target, rows.kind, rows.said, rows.content, fingerprints, rows.analyses)


def _write(run: Run) -> None:
    """Sort the rows into new ones and known ones, and write each sort."""
    prints = run.block.fingerprint
    if not prints:
        return
    first = dict(zip(reversed(prints), range(len(prints) - 1, -1, -1), strict=True))  # the first row of each
    run.tally["unchanged"] += len(prints) - len(first)
    found = bulk.fetch(Finding, held.READ, "fingerprint", list(first))
    there = {row[1] for row in found}
    new = sorted(compress(first.values(), (one not in there for one in first))) if there else sorted(first.values())
    if new:
        fresh.write(run, new)
    if found:
        held.write(run, found, first)


def _count(scan: Scan, run: Run, applied: int) -> None:
    names = ("added", "changed", "unchanged", "closed", "reopened")
    for name in names:
        setattr(scan, name, getattr(scan, name) + run.tally[name])
    scan.applied = max(scan.applied, applied)
    scan.save(update_fields=[*names, "applied"])
