"""Qualys reports as CSV: scan results, scan-based and host-based (asset data) reports, PCI reports.

Read from Qualys's descriptions of these downloads; the lines above the header are passed. A row with the status
Fixed says that this check ran on that host and saw nothing, and is kept as coverage; nothing else is covered.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.places import host, protocol
from accord.intake.qualys import shared
from accord.intake.records import Analysis, Observation, Record, ScanHeader
from accord.intake.report import Found, Report, looked
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

REPORT = ("IP", "QID", "Title", "Severity")
PCI = ("IP", "QID", "VULN TITLE", "SEVERITY")


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, REPORT, PCI) as found:
        yield ScanHeader("qualys-csv", "Qualys")
        for row in found.rows:
            if not row.get("qid") and row.problem:
                continue  # the summaries that stand below the table
            yield from report.add(_row(row), row.number)
    yield from report.end(None)


def _row(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    if not row.get("qid") and row.get("ip status"):
        return  # a host that was dead or had nothing to tell
    name = shared.check(row.get("qid"))
    if name is None:
        raise Unreadable("QID", "The row has no number of a check.")
    target = host(
        row.get("fqdn", "dns", "hostname"), row.get("ip"), row.get("netbios"),
        system=row.get("os", "operating system"),
        identifiers=(("aws-instance-id", row.get("ec2 instance id")), ("qualys-host-id", row.get("host id"))),
    )  # fmt: skip
    if target is None:
        raise Unreadable("IP", "The row names no host.")
    yield target
    if shared.fixed(row.get("vuln status", "status")):
        yield looked(target, [name])
        return
    port = clean.port(row.get("port"))
    analysis: Analysis | None = None
    if row.get("false positive status").lower() in ("approved", "accepted"):
        analysis = "false_positive"
    elif row.get("ignored").lower() in ("yes", "true", "1"):
        analysis = "suppressed"
    yield Observation(
        target=target.identity,
        definition_id=name,
        kind=shared.kind(row.get("type")),
        check=name,
        severity=shared.severity(row.get("severity")) or shared.severity(row.get("q_severity")),
        port=port,
        protocol=protocol(row.get("protocol"), port),
        evidence=clean.text(row.get("results", "result"), 20_000),
        seen_at=shared.newest(row.get("last detected"), row.get("last scan"), row.get("date last detected")),
        analysis=analysis,
        **shared.told(
            {
                "qid": row.get("qid"),
                "title": row.get("title", "vuln title"),
                "threat": row.get("threat"),
                "impact": row.get("impact"),
                "solution": row.get("solution"),
                "category": row.get("category"),
                "cves": row.get("cve id", "cveid", "cve"),
                "score": (row.get("cvss3.1 base", "cvss3 base", "cvss base", "cvss_base") or "").split(" ")[0],
            }
        ),
    )
