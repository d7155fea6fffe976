"""Veracode SCA (agent-based scans) issues as CSV, read from Veracode's description of that export
(https://docs.veracode.com/r/Veracode_SCA_Agent_Based_Scan_Issues).

The same as the JSON in another writing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.veracode.agent import found_of

COLUMNS = ("Issue ID", "Issue type", "Library", "Version in use", "Coordinate 1", "Vulnerability ID")


def read(source: Source) -> Iterator[Record]:
    """Records of one export; IntakeError where it cannot be read."""
    scan = Report(source, "Export the issues again.")
    with table(source, COLUMNS) as found:
        yield ScanHeader("veracode-sca-csv", "Veracode SCA")
        for row in found.rows:
            yield from scan.add(_row(row, source), row.number)
    yield from scan.end(None)


def _row(row: Row, source: Source) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    coordinates = [row.get(f"coordinate {number}") for number in (1, 2)]
    told = {
        "kind": row.get("issue type"), "status": row.get("status"), "ignored": row.get("ignored").lower() == "true",
        "project": row.get("project"), "cve": row.get("cve"), "number": row.get("vulnerability id"),
        "title": row.get("title"), "severity": row.get("severity"), "score": row.get("cvss score"),
        "licence": row.get("license"), "fixed": row.get("updated version"),
    }  # fmt: skip
    key = ":".join((row.get("package manager").lower(), *coordinates, row.get("version in use")))
    yield from found_of(told, (key if coordinates[0] else None, row.get("library"), row.get("version in use")), source)
