"""OWASP Dependency-Check JSON (`--format JSON`), report schema 1.0 and 1.1, read from the report template that the
project publishes (https://github.com/dependency-check/DependencyCheck).

The same as the XML in another writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.dependency_check.shared import GROUP, REMEDY, Dependency, found, lines, project
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    top = report.head(source, ("scanInfo", "projectInfo"))
    info, about = clean.mapping(top.get("scanInfo")), clean.mapping(top.get("projectInfo"))
    made = clean.when(about.get("reportDate"))
    target = project(about, source.stem)
    version = clean.line(info.get("engineVersion"), 50)
    yield ScanHeader("dependency-check-json", "Dependency-Check", version, made, made, target.name)
    scan = Report(source, REMEDY)
    yield from scan.add([target, report.looked(target, groups=[GROUP])])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "dependencies":
                yield from scan.rows(document, _found, target.identity, target=target.identity)
        document.end()
    yield from scan.end(made, False if info.get("analysisExceptions") else None)


def _found(row: dict[str, Any], identity: str) -> Iterator[Found]:
    dependency = Dependency(clean.line(row.get("fileName"), 500), clean.line(row.get("filePath"), 1000))
    dependency.packages = lines(_ids(row.get("packages")))
    dependency.others = lines(_ids(row.get("vulnerabilityIds")))
    dependency.related = lines(one.get("filePath") for one in _objects(row.get("relatedDependencies")))
    dependency.weaknesses = [_weakness(one) for one in _objects(row.get("vulnerabilities"))]
    dependency.suppressed = [_weakness(one) for one in _objects(row.get("suppressedVulnerabilities"))]
    yield from found(dependency, identity)


def _ids(told: object) -> Iterator[object]:
    return (one.get("id") for one in _objects(told))


def _objects(told: object) -> list[dict[str, Any]]:
    return [clean.mapping(one) for one in clean.listing(told)]


def _weakness(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "urls": [one.get("url") for one in _objects(row.get("references"))[:100]]}
