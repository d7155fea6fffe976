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
    import pyarrow.parquet as pq

    from accord.engines.sigma import Program

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
    import pyarrow.parquet as pq

    rows = list(rows_of(since, until, sources).order_by("first", "pk").values_list("path", "source_id", "rows"))
    total, behind, hits = sum(count for _, _, count in rows) or 1, 0, 0
    matcher = _Matcher(program, tuple(run), since, until)
    for path, source, count in rows:
        try:
            file = pq.ParquetFile(store() / path)
        except FileNotFoundError:
            behind += count
            continue
        with file:
            for group in range(file.num_row_groups):
                for event, numbers in matcher.of(file, group, source):
                    hits += 1
                    yield event, numbers
                behind += file.metadata.row_group(group).num_rows
                if tell is not None:
                    tell(behind / total, behind, hits)


class _Matcher:
    """Rules over row groups: only the columns that the rules need are read, and whole events only where one holds."""

    def __init__(self, program: Program, chosen: tuple[int, ...], since: datetime, until: datetime) -> None:
        from accord.engines.sigma.arrow import ArrowEngine

        self._engine = ArrowEngine(program, chosen)
        self._since, self._until = since, until

    def of(self, file: pq.ParquetFile, group: int, source: int) -> Iterator[tuple[StoredEvent, tuple[int, ...]]]:
        columns = ["_time", *self._engine.columns(file.schema_arrow)]
        table = file.read_row_group(group, columns=columns).combine_chunks()
        # Asking for one column also gives those whose names go on behind a dot.
        table = table.select([name for name in table.schema.names if name in set(columns)])
        held = [hit for batch in table.to_batches() for hit in self._engine.match(batch)]
        times = table.column("_time")
        held = [(row, numbers) for row, numbers in held if self._since <= times[row].as_py() < self._until]
        if held:
            events = events_in(file.read_row_group(group).take([row for row, _ in held]), source)
            yield from zip(events, (numbers for _, numbers in held), strict=True)
