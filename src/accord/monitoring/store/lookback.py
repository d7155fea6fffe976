"""Rules over what is stored: from the oldest file to the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from accord.monitoring.store.events import StoredEvent
from accord.monitoring.store.files import rows_of
from accord.monitoring.store.place import store
from accord.monitoring.store.table import events_in

if TYPE_CHECKING:
    from accord.engines.sigma import Program
    from accord.engines.sigma.arrow import Hits
    from accord.engines.sigma.parquet import File

Tell = Callable[[float, int, int], None]
"""Hears the share of events that lie behind, their number, and the number of hits so far."""


def run(
    program: Program, run: Iterable[int], since: datetime, until: datetime, sources: Iterable[int] | None = None,
    tell: Tell | None = None,
) -> Iterator[tuple[StoredEvent, tuple[int, ...]]]:  # fmt: skip
    """The stored events of a time for which any of these rules holds (numbers in the program), with those rules.

    Files that are removed meanwhile (joined with others, or too old) are passed over; `since` is included, `until`
    is not. In the order of the files, and within a file in that of time.
    """
    from accord.engines.sigma.parquet import File

    rows = list(rows_of(since, until, sources).order_by("first", "pk").values_list("path", "source_id", "rows"))
    total, behind, hits = sum(count for _, _, count in rows) or 1, 0, 0
    matcher = _Matcher(program, tuple(run), since, until)
    for path, source, count in rows:
        try:
            file = File(store() / path)
        except FileNotFoundError:
            behind += count
            continue
        with file:
            for group, found in enumerate(matcher.of(file, source)):
                for event, numbers in found:
                    hits += 1
                    yield event, numbers
                behind += file.rows(group)
                if tell is not None:
                    tell(behind / total, behind, hits)


class _Matcher:
    """Rules over row groups: only the columns that the rules need are read, and whole events only where one holds."""

    def __init__(self, program: Program, chosen: tuple[int, ...], since: datetime, until: datetime) -> None:
        from accord.engines.sigma.arrow import ArrowEngine

        self._engine = ArrowEngine(program, chosen)
        self._since, self._until = since, until

    def of(self, file: File, source: int) -> Iterator[Iterator[tuple[StoredEvent, tuple[int, ...]]]]:
        """For each row group the events for which rules hold."""
        for group, held in enumerate(self._engine.match_file(file)):
            yield self._events(file, group, held, source)

    def _events(self, file: File, group: int, held: Hits, source: int) -> Iterator[tuple[StoredEvent, tuple[int, ...]]]:
        if not held:
            return
        times = file.table(group, ["_time"]).column("_time")
        held = [(row, numbers) for row, numbers in held if self._since <= times[row].as_py() < self._until]
        if held:
            events = events_in(file.table(group).take([row for row, _ in held]), source)
            yield from zip(events, (numbers for _, numbers in held), strict=True)
