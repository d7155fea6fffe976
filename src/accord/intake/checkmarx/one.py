"""Checkmarx One results as JSON (`cx results show --report-format json`, the API `/api/results`): static analysis,
infrastructure as code, components, containers and secrets in one list, read from Checkmarx's description of it
(https://docs.checkmarx.com/en/34965-68642-results.html).

A result is one observation: of static analysis at its last node, marked by Checkmarx's similarity. "Not exploitable"
is a false positive, what is fixed is no observation. A secret itself is not kept. The list may be a page or filtered:
it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.checkmarx import shared
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one list of results; IntakeError where it cannot be read."""
    yield ScanHeader("checkmarx-one", "Checkmarx One")
    scan = Report(source, "Ask for the results again.")
    target = Target("repository", source.stem)
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                yield from scan.rows(document, _result, target, target=target.identity)
        document.end()
    yield from scan.end(None)


def _result(row: dict[str, Any], target: Target) -> Iterator[Found]:
    kind = (clean.line(row.get("type"), 60) or "").lower()
    data, details = clean.mapping(row.get("data")), clean.mapping(row.get("vulnerabilityDetails"))
    query = {
        "name": data.get("queryName"), "language": data.get("languageName"), "cwe": details.get("cweId"),
        "description": row.get("description"), "link": data.get("queryUrl"),
    }  # fmt: skip
    if kind == "sast":
        yield from shared.sast({**row, "nodes": data.get("nodes")}, query, target)
    elif kind == "kics":
        yield from shared.iac({**row, **data}, query, target)
    elif kind in ("sca", "sca-container", "containers"):
        yield from _component(row, data, details, target)
    elif kind.startswith("sscs"):
        yield from _secret(row, data, target)
    else:
        raise Unreadable("type", f"Results of the kind “{kind or 'unknown'}” are not read.")


def _component(
    row: dict[str, Any], data: dict[str, Any], details: dict[str, Any], target: Target
) -> Iterator[Found]:  # fmt: skip
    identifier = clean.line(details.get("cveName"), 100)
    if identifier is None or not clean.advisories(identifier):
        identifier = clean.line(row.get("similarityId") or row.get("id"), 100)
    if data.get("packageIdentifier"):
        found = shared.package(data["packageIdentifier"])
    else:
        name, version = clean.line(data.get("packageName"), 300), clean.line(data.get("packageVersion"), 200)
        found = (name, version, purl(data.get("packageManager"), name, version))
    image = clean.line(data.get("imageName"), 300)
    if image:
        tag = clean.line(data.get("imageTag"), 100)
        target = Target("image", f"{image}:{tag}" if tag else image)
        yield target
    fixed = clean.line(data.get("recommendedVersion"), 100)
    links = [clean.mapping(one).get("url") for one in clean.listing(data.get("packageData"))[:100]]
    score = clean.score(details.get("cvssScore"))
    more = {
        "description": clean.text(row.get("description"), 20_000),
        "solution": clean.text(data.get("recommendations"), 5000),
        "cvss_score": round(score, 1) if score else None,
        "cwes": clean.cwes(details.get("cweId") or ()),
        "fixed_version": fixed,
        "path": report.path(data.get("imageFilePath")),
        "references": clean.urls(links, 100),
    }
    yield from shared.component(row, identifier, found, target, more)


def _secret(row: dict[str, Any], data: dict[str, Any], target: Target) -> Iterator[Found]:
    rule = clean.line(data.get("ruleName") or data.get("ruleId"), 200)
    if rule is None:
        raise Unreadable("data.ruleName", "A result names no rule.")
    if shared.gone(row):
        return
    check = f"checkmarx:secret/{rule}"
    secret = "secret" in str(row.get("type")).lower()
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=rule,
        kind="secret" if secret else "misconfiguration",
        check=check,
        description=clean.text(data.get("ruleDescription") or row.get("description"), 20_000),
        solution=clean.text(data.get("remediation"), 5000),
        severity=shared.severity(row.get("severity")),
        path=report.path(data.get("fileName")),
        line=clean.whole(data.get("line"), 1),
        anchor=clean.line(row.get("similarityId"), 100),
        seen_at=clean.when(row.get("foundAt")),
        analysis=shared.analysis_of(row.get("state")),
    )
