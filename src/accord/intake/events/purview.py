"""The CSV that Microsoft Purview's audit search exports: each row's AuditData is a record of the unified audit log."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator

from accord.intake.events.base import Bounds
from accord.intake.events.lines import lines, text_of

Row = tuple[int, bytes | None]


def recognizes(head: bytes) -> bool:
    """Whether the first line names AuditData beside what such an export has."""
    first = head.partition(b"\n")[0].strip().lower()
    names = {one.strip(b'" ') for one in first.split(b",")}
    return b"auditdata" in names and bool(names & {b"creationdate", b"recordid", b"operations", b"operation"})


def rows(blocks: Iterable[bytes], bounds: Bounds) -> Iterator[Row]:
    """The JSON of each row, None where the row has none."""
    csv.field_size_limit(min(max(csv.field_size_limit(), bounds.record), sys.maxsize))
    texts = ((text_of(line)[0] + "\n" if line is not None else "\n") for _, line in lines(blocks, bounds.record))
    reader = csv.reader(texts)
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
