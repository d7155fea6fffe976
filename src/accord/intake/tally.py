"""Counts what a reader yields, keeps the file's limits on rows, and writes the record that closes a scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from accord.intake.fingerprint import what
from accord.intake.records import IntakeError, Observation, Record, Refusal, ScanEnd, Target
from accord.intake.safe.source import Source


class Unreadable(Exception):
    """One row that cannot be understood: which field, why, and of which target it is where the others of that target
    do not count without it. A reader turns it into a Refusal."""

    def __init__(self, field: str, problem: str, target: str | None = None) -> None:
        super().__init__(field, problem, target)
        self.target = target
        self.field = field
        self.problem = problem


class Tally:
    """One per scan. Each method gives its record back, so that a reader yields `tally.observation(...)`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.targets = 0
        self.observations = 0
        self.refusals = 0
        self.unreadable: set[str] = set()
        self.lost = False
        """Whether a part was passed that may have held rows of any target."""
        self._first: dict[int, int] = {}
        self._others: dict[int, dict[int, int]] = {}

    def target(self, record: Target) -> Target:
        self.targets += 1
        if self.targets > self._source.limits.observations:
            raise self._too_many("targets", self._source.limits.observations)
        return record

    def observation(self, record: Observation) -> Observation:
        self.observations += 1
        if self.observations > self._source.limits.observations:
            raise self._too_many("findings", self._source.limits.observations)
        if record.port is None and (record.component or record.purl or record.anchor):
            return self._apart(record)
        return record

    def _apart(self, record: Observation) -> Observation:
        """Keep two rows apart that differ only in version or line: two versions of one package in one
        place, two equal lines in one file. The second gets "~2" on its anchor, so that fingerprints stay
        one to one and do not depend on the version or line itself."""
        key = hash((record.target, *what(record)))
        variant = hash((record.component_version, record.line))
        if self._first.setdefault(key, variant) == variant:
            return record
        others = self._others.setdefault(key, {})
        number = others.setdefault(variant, len(others) + 2)
        return replace(record, anchor=f"{record.anchor or ''}~{number}")

    def refusal(
        self, row: int | str, field: str | None, problem: str, remedy: str, target: str | None = None
    ) -> Refusal:
        self.refusals += 1
        if target is not None:
            self.unreadable.add(target)
        if self.refusals > self._source.limits.refusals:
            raise IntakeError(
                self._source.name,
                row,
                field,
                f"More than {self._source.limits.refusals:,} rows cannot be read; the last: {problem}",
                remedy,
            )
        return Refusal(row, field, problem, remedy, target)

    def complete(self, target: str, told: bool | None) -> bool | None:
        """What to say of a target's completeness: one that may have an unreadable row was not read to its end."""
        return False if self.lost or target in self.unreadable else told

    def end(self, finished: datetime | None, complete: bool | None) -> Iterator[Record]:
        yield ScanEnd(finished, complete, self.targets, self.observations, self.refusals)

    def _too_many(self, what: str, limit: int) -> IntakeError:
        return self._source.error(f"The file has more than {limit:,} {what}.", "Split the export into several files.")
