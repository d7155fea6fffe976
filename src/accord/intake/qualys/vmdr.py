"""Qualys VMDR vulnerabilities as CSV, one row per QID or one per CVE and QID, read from Qualys's description of the
downloads of VMDR.

A row is one observation of its QID, or of its CVE where the file lists CVE. Fixed says that this check ran on that
asset and saw nothing, and is kept as coverage; nothing else is covered.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.cvss import severity_of
from accord.intake.places import host, protocol
from accord.intake.qualys import shared
from accord.intake.records import Observation, Record, ScanHeader
from accord.intake.report import Found, Report, looked
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

NEEDED = ("QID", "Title", "Asset Id", "Asset Name", "Status")


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, NEEDED) as found:
        yield ScanHeader("qualys-vmdr", "Qualys VMDR")
        for row in found.rows:
            yield from report.add(_row(row), row.number)
    yield from report.end(None)


def _row(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    name = shared.check(row.get("qid"))
    if name is None:
        raise Unreadable("QID", "The row has no number of a check.")
    target = host(
        row.get("asset name"), row.get("asset ipv4"), row.get("asset ipv6"), system=row.get("operating system"),
        identifiers=(("qualys-asset-id", row.get("asset id")),),
    )  # fmt: skip
    if target is None:
        raise Unreadable("Asset Name", "The row names no asset.")
    yield target
    cve = next(iter(clean.cves(row.get("cve")[:100])), None)
    if shared.fixed(row.get("status")):
        yield looked(target, [f"{name}/{cve}" if cve else name])
        return
    port = clean.port(row.get("port"))
    score = clean.score(row.get("cvssv3.1 base (nvd)")) or clean.score(row.get("cvssv2 base (nvd)"))
    fields = shared.told(
        {
            "qid": row.get("qid"),
            "title": row.get("title"),
            "threat": row.get("cve-description", "threat"),
            "solution": row.get("solution"),
            "category": row.get("category"),
            "cves": row.get("cve id", "cves"),
            "score": score,
        }
    )
    yield Observation(
        target=target.identity,
        definition_id=cve or name,
        kind=shared.kind(row.get("type detected")),
        check=f"{name}/{cve}" if cve else name,
        severity=shared.severity(row.get("severity", "kb severity")) or severity_of(score),
        component=f"qid {name.partition(':')[2]}" if cve else None,
        port=port,
        protocol=protocol(row.get("protocol"), port),
        evidence=clean.text(row.get("results"), 20_000),
        seen_at=clean.when(row.get("last detected")),
        analysis="suppressed" if row.get("ignored").lower() == "yes" else None,
        **fields,
    )
