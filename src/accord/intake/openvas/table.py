"""Greenbone and OpenVAS results as CSV ("CSV Results"), read from Greenbone's report format of that name.

One row is one observation, under the same definition as in the XML. A CSV does not tell which tests ran: it closes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.openvas.shared import SEVERITY, kind_of
from accord.intake.places import host, protocol
from accord.intake.records import Observation, Record, ScanHeader
from accord.intake.report import Found, Report, joined
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

NEEDED = ("IP", "NVT Name", "NVT OID", "Severity")


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, NEEDED) as found:
        yield ScanHeader("openvas-csv", "OpenVAS")
        for row in found.rows:
            yield from report.add(_row(row), row.number)
    yield from report.end(None)


def _row(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    oid = clean.line(row.get("nvt oid"), 100)
    if oid is None:
        raise Unreadable("NVT OID", "The row names no test.")
    target = host(row.get("ip"), row.get("hostname"))
    if target is None:
        raise Unreadable("IP", "The row names no host.")
    yield target
    severity = SEVERITY.get(row.get("severity").lower())
    cves = clean.cves(row.get("cves")[:20_000])
    port = clean.port(row.get("port"))
    yield Observation(
        target=target.identity,
        definition_id=f"openvas:{oid}",
        title=clean.line(row.get("nvt name"), 500) or f"OpenVAS test {oid}",
        kind=kind_of(severity, cves),
        check=f"openvas:{oid}",
        aliases=cves,
        description=joined(row.get("summary"), row.get("vulnerability insight"), row.get("impact")),
        solution=clean.text(row.get("solution"), 20_000),
        severity=severity,
        cvss_score=clean.score(row.get("cvss")),
        port=port,
        protocol=protocol(row.get("port protocol"), port),
        evidence=clean.text(row.get("specific result"), 20_000),
        references=clean.urls(row.get("other references"), 100),
        seen_at=clean.when(row.get("timestamp")),
    )
