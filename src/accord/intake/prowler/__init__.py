"""Prowler: CSV and JSON of version 2, CSV and JSON of version 3, CSV and OCSF JSON of versions 4 and 5; read from
Prowler's own output models and, for OCSF, from the schema's Detection Finding. Its ASFF is read as ASFF.

One instance per check and resource that FAILs; a check that PASSes on a resource is evidence that it ran there. What
is only information or left to a person (INFO, MANUAL) is neither. Muted findings stay, marked as suppressed. Version 2
names no resource: its message tells two instances of one check in an account apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.prowler import rows
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import table
from accord.intake.safe.json_reader import JsonReader, text_encoding
from accord.intake.safe.source import Source

HEADERS = (
    ("provider", "check_id", "status", "severity"),
    ("title_id", "check_result", "title_text"),
)


def read(source: Source) -> Iterator[Record]:
    """Records of one Prowler report; IntakeError where it cannot be read."""
    with source.open() as reader:
        head = reader.head()
        start = head[:512].decode(text_encoding(head), "ignore").lstrip("\ufeff \t\r\n")[:1]
    seen = rows.Seen()
    yield ScanHeader("prowler", "Prowler", _version(source) if start not in ("{", "[") else None)
    scan = Report(source, "Run Prowler again.")
    yield from (_json(source, scan, seen) if start in ("{", "[") else _csv(source, scan, seen))
    if not scan.tally.targets:
        yield from scan.add([Target("account", source.stem)])
    yield from scan.end(seen.last)


def _json(source: Source, scan: Report, seen: rows.Seen) -> Iterator[Record]:
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, rows.from_json, seen)
        else:
            for _ in document.documents():
                row = document.value()
                where = document.row
                yield from scan.add(rows.from_json(row if isinstance(row, dict) else {}, seen), where)
        document.end()


def _csv(source: Source, scan: Report, seen: rows.Seen) -> Iterator[Record]:
    with table(source, *HEADERS) as found:
        for row in found.rows:
            if row.problem:
                yield scan.tally.refusal(row.number, None, row.problem, "Export the file again.")
            else:
                yield from scan.add(rows.from_cells(row.cells, seen), row.number)


def _version(source: Source) -> str | None:
    with table(source, *HEADERS) as found:
        first = next(iter(found.rows), None)
        return clean.line(first.get("prowler_version"), 50) if first else None
