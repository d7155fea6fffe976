"""Black Duck Binary Analysis (Protecode SC) vulnerabilities as CSV, read from its description of that export
(https://documentation.blackduck.com/bundle/bdba/page/exporting-results.html).

A row is one observation: a vulnerability of a component inside a file. One with triage is suppressed. The export may be
filtered: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake import report
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

COLUMNS = ("Component", "Version", "CVE", "Matching type", "Object", "Object full path")


def read(source: Source) -> Iterator[Record]:
    """Records of one export; IntakeError where it cannot be read."""
    target = Target("repository", source.stem)
    scan = Report(source, "Export the vulnerabilities again.")
    with table(source, COLUMNS) as found:
        yield ScanHeader("blackduck-binaries", "Black Duck Binary Analysis")
        yield from scan.add([target])
        for row in found.rows:
            yield from scan.add(_row(row, target), row.number, target.identity)
    yield from scan.end(None)


def _row(row: Row, target: Target) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    identifier, name = clean.line(row.get("cve", "bdsa"), 100), clean.line(row.get("component"), 300)
    if identifier is None or name is None:
        raise Unreadable("CVE", "The row names no vulnerability or no component.")
    version = clean.line(row.get("version"), 100)
    vectors, score, band = report.ratings(
        [f"CVSS:3.1/{told}" if (told := row.get("cvss vector (v3)")).startswith("AV:") else told,
         row.get("cvss vector (v2)")],
        row.get("cvss3") or row.get("cvss"),
    )  # fmt: skip
    triaged = bool(row.get("triage vectors")) and not row.get("unresolving triage vectors")
    yield Observation(
        target=target.identity,
        definition_id=identifier,
        title=f"{identifier} in {name}",
        kind="vulnerability",
        check=f"blackduck:{identifier}",
        aliases=report.without(report.identifiers(row.get("bdsa")), identifier),
        description=clean.text(row.get("summary"), 20_000),
        severity=band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        path=report.path(row.get("object full path") or row.get("object")),
        references=clean.urls([row.get("vulnerability url")], 5),
        analysis="suppressed" if triaged else None,
        analysis_detail=clean.line(row.get("note reason"), 500) if triaged else None,
    )
