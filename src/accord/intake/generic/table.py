"""Generic findings as CSV, with the columns Title, Severity and Description and any of Date, CweId, Url, Mitigation,
Impact, References, Active, Verified, FalsePositive, Duplicate, IsMitigated, epss_score, epss_percentile, CVE,
Vulnerability Id, cvssV3, cvssV3_score, fix_version, as DefectDojo documents them for its "Generic Findings Import".

Rows that agree in all but their address are one finding at several endpoints. Mitigated and duplicate ones are none.
The list does not tell what was looked for: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.generic.fields import finding
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

NEEDED = ("Title", "Severity", "Description")
_NAMES = {
    "cweid": "cwe", "falsepositive": "false_p", "ismitigated": "is_mitigated", "mitigateddate": "mitigated_date",
    "vulnerability id": "vulnerability_ids", "cvssv3": "cvssv3", "cvssv3_score": "cvssv3_score", "url": "endpoints",
}  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source, "Correct the row, or import the table by a mapping.")
    with table(source, NEEDED) as found:
        yield ScanHeader("generic-csv")
        for row in found.rows:
            yield from report.add(_row(row, source.stem), row.number)
    yield from report.end(None)


def _row(row: Row, name: str) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    told: dict[str, Any] = {_NAMES.get(column, column): value for column, value in row.cells.items()}
    yield from finding(told, name)
