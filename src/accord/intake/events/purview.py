"""The CSV that Microsoft Purview's audit search exports: each row's AuditData is a record of the unified audit log."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import chain

from accord.intake.events.base import Bounds
from accord.intake.events.lines import lines, text_of

Row = tuple[int, bytes | None]


def recognizes(head: bytes) -> bool:
    """Whether the first line names AuditData beside what such an export has."""
    first, _, rest = head.partition(b"\n")
    if first.startswith(b"#TYPE"):  # of PowerShell
        first = rest.partition(b"\n")[0]
    first = first.strip().lower()
    names = {one.strip(b'" ') for one in first.split(_between(first))}
    return b"auditdata" in names and bool(names & {b"creationdate", b"recordid", b"operations", b"operation"})


def _between(first: bytes) -> bytes:
    """What stands between two cells: of PowerShell and spreadsheets also what the country's lists have."""
    return max((b",", b";", b"\t"), key=first.count)


def rows(blocks: Iterable[bytes], bounds: Bounds) -> Iterator[Row]:
    """The JSON of each row, None where the row has none."""
    csv.field_size_limit(min(max(csv.field_size_limit(), bounds.record), sys.maxsize))
    texts = ((text_of(line)[0] + "\n" if line is not None else "\n") for _, line in lines(blocks, bounds.record))
    first = next(texts, "")
    if first.startswith("#TYPE"):
        first = next(texts, "")
    reader = csv.reader(chain((first,), texts), delimiter=_between(first.encode()).decode())
    place = next((at for at, name in enumerate(next(reader, [])) if name.strip().lower() == "auditdata"), None)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, None
            continue
        if row:
            told = row[place] if place is not None and place < len(row) else ""
            yield number, told.encode("utf-8", "replace") if told else None
