"""What stands where a report of this format has a list or an object: noted while it is passed, and told as a refusal.

Readers take what they need by `text.mapping`, `text.listing` and the walks of `JsonReader`, which give nothing where
something else stands. That is right for a field that nobody misses; but findings may have stood there. So each such
place becomes a Refusal, no target of that scan counts as finished, and a file in which no scan is begun at all is
refused. Null, an empty text, list or object, false and 0 are nothing, and are not told.

What a scan of a JSON document covered is given on at its end: only then is it known that nothing was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from accord.intake.records import Coverage, IntakeError, Record, Refusal, ScanEnd, ScanHeader
from accord.intake.safe.notes import NOTES, Note

if TYPE_CHECKING:
    from accord.intake.safe.source import Source

TOLD = frozenset({ScanHeader, Coverage, ScanEnd})
REMEDY = "Export the file again from the scanner; if it stays so, say which version of the scanner writes this."


def watched(records: Iterator[Record], source: Source) -> Iterator[Record]:
    """The records, with a Refusal for each place that was noted while they were read."""
    watch = _Watch(source)
    held = NOTES.held
    while True:
        if held:
            held.clear()
        record = next(records, None)
        if held or record is None or type(record) in TOLD or watch.waits:
            yield from watch.told(record, held)
        else:
            yield record
        if record is None:
            return


class _Watch:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: set[Note] = set()
        self._waiting: list[Note] = []
        self._covered: list[Coverage] = []
        self._open = False
        self._refused = 0

    @property
    def waits(self) -> bool:
        """Whether something must be told as soon as a scan is open."""
        return bool(self._waiting)

    def told(self, record: Record | None, held: list[Note]) -> Iterator[Record]:
        """What is yielded for a record that was read among notes; None = the file is at its end."""
        fresh = [one for one in dict.fromkeys(held) if one not in self._known]
        self._known.update(fresh)
        self._waiting += fresh
        if record is None:
            if self._waiting:
                place, problem = self._waiting[0]
                raise IntakeError(self._source.name, place, None, problem, REMEDY)
            return
        if isinstance(record, ScanHeader):
            self._open, self._refused, self._covered = True, 0, []
            yield record
        if self._open:
            yield from self._flush()
        if isinstance(record, Coverage) and self._source.walked:
            self._covered.append(record)
        elif isinstance(record, ScanEnd):
            self._open = False
            yield from map(self._changed, self._covered)
            yield self._changed(record)
        elif not isinstance(record, ScanHeader):
            yield self._changed(record)

    def _flush(self) -> Iterator[Refusal]:
        for place, problem in self._waiting:
            self._refused += 1
            if len(self._known) > self._source.limits.refusals:
                most = f"More than {self._source.limits.refusals:,} rows cannot be read; the last: {problem}"
                raise IntakeError(self._source.name, place, None, most, REMEDY)
            yield Refusal(place, None, problem, REMEDY)
        self._waiting = []

    def _changed(self, record: Record) -> Record:
        if not self._refused:
            return record
        if isinstance(record, Coverage):
            return replace(record, complete=False)
        if isinstance(record, ScanEnd):
            return replace(record, complete=False, refusals=record.refusals + self._refused)
        return record
