"""Prisma Cloud Compute (Twistlock) as CSV: exports of scan results of images, registries and CI scans, read from Palo
Alto's description of the columns (https://docs.prismacloud.io/en/compute-edition/32/admin-guide/vulnerability-management).

The same as the JSON in another writing. An export may be filtered: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.places import host
from accord.intake.prisma.shared import check_failed, vulnerable
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

COLUMNS = ("CVE ID", "Compliance ID", "Severity", "Packages", "Package Version", "Fix Status")


def read(source: Source) -> Iterator[Record]:
    """Records of one export; IntakeError where it cannot be read."""
    scan = Report(source, "Export the table again.")
    with table(source, COLUMNS) as found:
        yield ScanHeader("prisma-csv", "Prisma Cloud")
        for row in found.rows:
            yield from scan.add(_row(row), row.number)
    yield from scan.end(None)


def _row(row: Row) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    target = _target(row)
    if target is None:
        raise Unreadable("Repository", "The row names neither an image nor a host.")
    yield target
    seen = clean.when(row.get("discovered")) or clean.when(row.get("scan time"))
    identifier = clean.line(row.get("cve id"), 100)
    if identifier is None:
        told = {"severity": row.get("severity"), "description": row.get("description"), "cause": row.get("cause")}
        yield check_failed(clean.line(row.get("compliance id"), 100), told, target, seen)
        return
    yield vulnerable(
        identifier,
        {
            "name": row.get("packages", "source package"), "version": row.get("package version"),
            "severity": row.get("severity"), "score": row.get("cvss"), "status": row.get("fix status"),
            "description": row.get("description"), "type": row.get("type"), "link": row.get("vulnerability link"),
            "path": row.get("package path"),
        },
        target,
        seen,
    )  # fmt: skip


def _target(row: Row) -> Target | None:
    parts = [clean.line(row.get(name), 300) for name in ("registry", "repository")]
    if parts[1] is None:
        return host(row.get("hostname"), system=row.get("distro"))
    name = "/".join(part for part in parts if part)
    tag, image = clean.line(row.get("tag"), 100), clean.line(row.get("id"), 200)
    return Target(
        "image",
        f"{name}:{tag}" if tag else name,
        identifiers=(("image-id", image),) if image else (),
        operating_system=clean.line(row.get("distro"), 200),
    )
