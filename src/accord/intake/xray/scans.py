"""JFrog Xray's scans as JSON (`jf scan`, `jf docker scan` and `jf audit` with `--format=json`), read from the types of
JFrog's command line (https://github.com/jfrog/jfrog-client-go, xray/services/scan.go).

One observation per issue and component. A scan that is completed looked at all of its components.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.xray.shared import GROUP, artifact, component, fixed_in, observation


def read(source: Source) -> Iterator[Record]:
    """Records of one scan; IntakeError where it cannot be read."""
    yield ScanHeader("xray-scan", "JFrog Xray")
    scan = Report(source, "Scan again.")
    with source.open() as reader:
        document = JsonReader(reader)
        told = [_described(document, source) for _ in document.each()]
        document.end()
    with source.open() as reader:
        document = JsonReader(reader)
        for _, (target, whole) in zip(document.each(), told, strict=False):
            yield from scan.add([target, report.looked(target, groups=[GROUP] if whole else [])])
            for key in document.names():
                if key == "vulnerabilities":
                    yield from scan.rows(document, _issue, target, target=target.identity)
    yield from scan.end(None)


def _described(document: JsonReader, source: Source) -> tuple[Target, bool]:
    source.hold(500)
    told: dict[str, Any] = {}
    listed = False
    for key in document.names():
        if key == "vulnerabilities":
            listed = document.peek() == "["
        elif document.peek() not in ("{", "["):
            told[key] = document.scalar()
    status = (clean.line(told.get("status"), 50) or "completed").lower()
    return artifact(told.get("component_id"), source.stem), listed and status == "completed"


def _issue(row: dict[str, Any], target: Target) -> Iterator[Found]:
    cves = [clean.mapping(one) for one in clean.listing(row.get("cves"))[:100]]
    components = clean.mapping(row.get("components"))
    if not components:
        raise Unreadable("components", "An issue names no component.")
    for identifier, told in components.items():
        found, more = component(identifier), clean.mapping(told)
        if found is None:
            raise Unreadable("components", "A component has no name.")
        ways = [_way(one) for one in clean.listing(more.get("impact_paths"))[:20]]
        yield observation(
            row,
            cves,
            target,
            component=found.name,
            component_version=found.version,
            purl=found.purl,
            fixed_version=fixed_in(more.get("fixed_versions")),
            evidence=report.joined(*ways, between="\n", limit=5000),
            group=GROUP,
        )


def _way(steps: object) -> str:
    """The path from what was scanned to the component."""
    found = [clean.mapping(one) for one in clean.listing(steps)[:30]]
    told = (clean.line(one.get("full_path"), 300) or clean.line(one.get("component_id"), 300) for one in found)
    return " > ".join(one for one in told if one)
