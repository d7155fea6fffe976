"""JFrog Xray vulnerabilities report as JSON ("rows" with "vulnerable_component" and "impacted_artifact"), read from
JFrog's description of its reports (https://jfrog.com/help/r/xray-rest-apis/get-vulnerabilities-report-content).

A row is one observation: an issue, a component and the artifact that it is in. An issue of one CVE goes by that; one of
several, or of none, by Xray's number. A report is made by a filter: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.xray.shared import artifact, component, fixed_in, observation


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    yield ScanHeader("xray", "JFrog Xray")
    scan = Report(source, "Export the report again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "rows":
                yield from scan.rows(document, _row, source)
        document.end()
    yield from scan.end(None)


def _row(row: dict[str, Any], source: Source) -> Iterator[Found]:
    found = component(row.get("vulnerable_component"))
    if found is None:
        raise Unreadable("vulnerable_component", "The component of a row is missing.")
    target = artifact(row.get("impacted_artifact"), source.stem)
    yield target
    cves = [clean.mapping(one) for one in clean.listing(row.get("cves"))[:100]]
    ways = clean.lines(row.get("impact_path") or (), 500, 20)
    told = clean.line(row.get("applicability_result"), 60)
    yield observation(
        row,
        cves,
        target,
        component=found.name,
        component_version=found.version,
        purl=found.purl,
        fixed_version=fixed_in(row.get("fixed_versions")),
        path=report.path(row.get("path")),
        evidence=report.joined(
            *ways, f"Contextual analysis: {told.replace('_', ' ')}." if told else None, between="\n", limit=5000
        ),
        seen_at=clean.when(row.get("artifact_scan_time")),
    )
