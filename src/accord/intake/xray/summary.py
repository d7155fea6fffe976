"""JFrog Xray's summary of artifacts or builds as JSON (`/api/v2/summary/artifact`) and its list of issues by component
("data" with "component_versions"), read from JFrog's description of its REST API
(https://jfrog.com/help/r/xray-rest-apis/artifact-summary).

One observation per issue of an artifact, with its component where all impact paths lead to one. A summary tells all
that Xray knows of an artifact, which is covered as a whole; the list of issues names no artifact and closes nothing.
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
    """Records of one answer; IntakeError where it cannot be read."""
    yield ScanHeader("xray-summary", "JFrog Xray")
    scan = Report(source, "Ask for the summary again.")
    described: list[Target] = []
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "artifacts":
                described += [_described(document, source) for _ in document.each()]
        document.end()
    waiting = iter(described)
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "artifacts":
                for _, target in zip(document.each(), waiting, strict=False):
                    yield from _artifact(document, target, scan)
            elif key == "data":
                target = Target("repository", source.stem)
                yield from scan.add([target])
                yield from scan.rows(document, _listed, target, target=target.identity)
            elif key == "errors":
                yield from scan.rows(document, _error)
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _described(document: JsonReader, source: Source) -> Target:
    source.hold(500)
    told: dict[str, Any] = {}
    for key in document.names():
        if key == "general":
            told = document.mapping()
    name = clean.line(told.get("component_id"), 300) or clean.line(told.get("name"), 300)
    kind = (clean.line(told.get("pkg_type"), 30) or "").lower()
    found = artifact(f"docker://{name}" if name and kind in ("docker", "oci") else name, source.stem)
    digest = clean.line(told.get("sha256"), 100)
    return Target(found.kind, found.name, identifiers=(("sha256", digest),) if digest else ())


def _artifact(document: JsonReader, target: Target, scan: Report) -> Iterator[Record]:
    yield from scan.add([target])
    for key in document.names():
        if key == "issues":
            if document.peek() == "[":
                yield from scan.add([report.looked(target, groups=[GROUP])])
            yield from scan.rows(document, _issue, target, target=target.identity)


def _error(row: dict[str, Any]) -> Iterator[Found]:
    raise Unreadable("errors", f"Xray could not tell: {clean.line(row.get('error'), 300) or 'no reason given'}.")
    yield  # a generator


def _issue(row: dict[str, Any], target: Target) -> Iterator[Found]:
    cves = [clean.mapping(one) for one in clean.listing(row.get("cves"))[:100]]
    ways = clean.lines(row.get("impact_path") or (), 1000, 1000)
    inside = {one: None for way in ways if (one := component(_last(way.rpartition("/")[2])))}
    names = {one.name for one in inside}
    found = next(iter(inside)) if len(names) == 1 else None
    yield observation(
        row,
        cves,
        target,
        component=found.name if found else None,
        component_version=found.version if found else None,
        purl=found.purl if found else None,
        evidence=report.joined(*ways[:50], between="\n", limit=5000),
        seen_at=clean.when(row.get("created")),
        group=GROUP,
    )


def _last(told: str) -> str:
    """The end of an impact path: "3.12:openssl:1.1.1k-r0" has the release of its distribution before it."""
    parts = told.split(":")
    return f"alpine://{told}" if len(parts) == 3 and parts[0].replace(".", "").isdecimal() else told


def _listed(row: dict[str, Any], target: Target) -> Iterator[Found]:
    versions = clean.mapping(row.get("component_versions"))
    details = clean.mapping(versions.get("more_details"))
    cves = [clean.mapping(one) for one in clean.listing(details.get("cves"))[:100]]
    found = component(row.get("source_comp_id")) or component(row.get("component"))
    words = {**row, "issue_id": clean.line(row.get("id"), 100), "description": details.get("description")}
    yield observation(
        words,
        cves,
        target,
        component=found.name if found else None,
        component_version=found.version if found else None,
        purl=found.purl if found else None,
        fixed_version=fixed_in(versions.get("fixed_versions")),
    )
