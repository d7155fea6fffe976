"""Microsoft Defender for Endpoint, vulnerabilities by device, as CSV: exports of advanced hunting
(DeviceTvmSoftwareVulnerabilities) and of the portal, read from Microsoft's reference of the columns.

The same as the JSON in another writing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.defender.shared import row
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

HUNTING = ("DeviceId", "CveId", "SoftwareName")
MACHINES = ("machineId", "cveId", "productName")


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, HUNTING, MACHINES) as found:
        yield ScanHeader("defender-csv", "Microsoft Defender")
        for one in found.rows:
            yield from report.add(_row(one), one.number)
    yield from report.end(None)


def _row(one: Row) -> Iterator[Found]:
    if one.problem:
        raise Unreadable("row", one.problem)
    yield from row(one.cells, {})
