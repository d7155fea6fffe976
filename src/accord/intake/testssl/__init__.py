"""testssl.sh as CSV (`--csvfile`), read from its documentation.

Each line is one check of one host and port, and every one of them is kept as coverage of that check. OK says that
it found nothing, INFO tells what runs there, LOW to CRITICAL are findings, WARN is one of unknown severity.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.testssl.shared import entry

NEEDED = ("id", "fqdn/ip", "port", "severity", "finding")


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, NEEDED) as found:
        yield ScanHeader("testssl", "testssl.sh")
        for row in found.rows:
            yield from report.add(_row(row), row.number)
    yield from report.end(None)


def _row(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    yield from entry({**row.cells, "ip": row.get("fqdn/ip")})
