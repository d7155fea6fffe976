"""OWASP Dependency-Check XML (`--format XML`), schema 1.3 to the current one, read from the schemas and the report
template that the project publishes (https://dependency-check.github.io/DependencyCheck/dependency-check.4.1.xsd).

One instance per dependency and vulnerability; a suppressed one stays, marked so. A report lists every dependency that
was looked at, so vulnerabilities count as looked for in the project as a whole; where the report tells of exceptions,
the scan did not finish. Dependencies that Dependency-Check merged are told in the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from accord.intake import report
from accord.intake.dependency_check.shared import GROUP, REMEDY, Dependency, found, lines, project
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source

if TYPE_CHECKING:
    from lxml.etree import _Element

TAGS = ("{*}analysis", "{*}scanInfo", "{*}projectInfo", "{*}dependency")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    scan = Report(source, REMEDY)
    told: dict[str, Any] = {}
    target: Target | None = None
    with source.open() as reader:
        for event, element in events(reader, TAGS):
            tag = local(element.tag)
            if event == "start" or tag == "analysis":
                continue
            if tag == "scanInfo":
                told |= _scan(element)
            elif tag == "projectInfo":
                told |= _project(element)
            else:
                if target is None:
                    target = project(told, source.stem)
                    yield from _open(told, target, scan)
                yield from scan.add(_found(element, target), line_of(element), target.identity)
            drop(element)
            reader.mark()
    if target is None:
        yield from _open(told, project(told, source.stem), scan)
    yield from scan.end(clean.when(told.get("reportDate")), False if told.get("failed") else None)


def _open(told: dict[str, Any], target: Target, scan: Report) -> Iterator[Record]:
    made = clean.when(told.get("reportDate"))
    version = clean.line(told.get("engineVersion"), 50)
    yield ScanHeader("dependency-check", "Dependency-Check", version, made, made, target.name)
    yield from scan.add([target, report.looked(target, groups=[GROUP])])


def _scan(element: _Element) -> dict[str, Any]:
    from accord.intake.safe.xml_reader import texts

    return {**texts(element), "failed": element.find("{*}analysisExceptions") is not None}


def _project(element: _Element) -> dict[str, Any]:
    from accord.intake.safe.xml_reader import texts

    return texts(element)


def _found(element: _Element, target: Target) -> Iterator[report.Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    dependency = Dependency(clean.line(words.get("fileName"), 500), clean.line(words.get("filePath"), 1000))
    dependency.packages = lines(one.text for one in element.iterfind("{*}identifiers//{*}package/{*}id"))
    dependency.others = lines(one.text for one in element.iterfind("{*}identifiers//{*}vulnerabilityIds/{*}id"))
    kinds = {"maven": dependency.packages, "cpe": dependency.others}
    for one in element.iterfind("{*}identifiers/{*}identifier"):  # schemas before version 2
        name = clean.line(texts(one).get("name"), 300)
        if name and one.get("type") in kinds:
            kinds[str(one.get("type"))].append(name.strip("()"))
    dependency.related = lines(one.text for one in element.iterfind("{*}relatedDependencies/*/{*}filePath"))
    dependency.weaknesses = [_weakness(one) for one in element.iterfind("{*}vulnerabilities/{*}vulnerability")]
    dependency.suppressed = [
        _weakness(one) for one in element.iterfind("{*}vulnerabilities/{*}suppressedVulnerability")
    ]
    yield from found(dependency, target.identity)


def _weakness(element: _Element) -> dict[str, Any]:
    from accord.intake.safe.xml_reader import texts

    told: dict[str, Any] = dict(texts(element))
    told["source"] = element.get("source")
    for name in ("cvssV2", "cvssV3", "cvssV4"):
        inner = element.find("{*}" + name)
        told[name.lower()] = texts(inner) if inner is not None else {}
    told["cwes"] = lines([told.get("cwe"), *(one.text for one in element.iterfind("{*}cwes/{*}cwe"))])
    told["urls"] = [one.text for one in element.iterfind("{*}references/{*}reference/{*}url")][:100]
    return told
