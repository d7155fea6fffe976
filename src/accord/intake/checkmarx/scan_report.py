"""Checkmarx One scan reports as JSON: the report by engine ("scanResults" with "sast", "sca", "kics") and the one by
vulnerability ("scanResults", "iacScanResults", "scaScanResults"), read from Checkmarx's description of them
(https://docs.checkmarx.com/en/34965-182434-scan-reports.html).

The same as the list of results in another writing. A report may be filtered: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from accord.intake import report
from accord.intake.checkmarx import shared
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report, objects
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

_HEAD = ("reportHeader", "scanSummary", "vulnerabilityDetails")
LISTS = ("vulnerabilities", "resultsList", "categoryResults")
NAMED = frozenset({"queryName", "packageName", "name"})
Reader = Callable[[dict[str, Any], Any, Target], Iterator[Found]]


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    top = report.head(source, _HEAD)
    told = clean.mapping(top.get("reportHeader"))
    made = clean.when(told.get("scanDate")) or clean.when(told.get("createdDate"))
    name = clean.line(told.get("projectName"), 300)
    target = Target("repository", name or source.stem)
    known = {clean.line(one.get("vulnerabilityName"), 200): one for one in
             map(clean.mapping, clean.listing(top.get("vulnerabilityDetails"))[:20_000])}  # fmt: skip
    source.hold(sum(1000 + len(str(one.get("cause"))) for one in known.values()))
    yield ScanHeader("checkmarx-report", "Checkmarx One", None, None, made, name)
    scan = Report(source, "Make the report again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "scanResults":
                yield from _engines(document, scan, known, target)
            elif key == "iacScanResults":
                yield from _technologies(document, scan, target)
            elif key == "scaScanResults":
                yield from _list(document, "packages", scan, _package, None, target)
        document.end()
    yield from scan.end(made)


def _list(
    document: JsonReader, name: str, scan: Report, reader: Reader, more: Any, target: Target
) -> Iterator[Record]:  # fmt: skip
    """Each vulnerability of the list of that name inside the object that comes next."""
    for key in document.names():
        if key == name:
            yield from _rows(document, scan, reader, more, target)


def _rows(document: JsonReader, scan: Report, reader: Reader, more: Any, target: Target) -> Iterator[Record]:
    """Each vulnerability of a list of queries or packages."""
    for _ in document.each():
        if document.peek() != "{":
            document.refuse("An entry of this list must be an object.", "Make the report again.")
        yield from _group(document, scan, reader, more, target)


def _group(document: JsonReader, scan: Report, reader: Reader, more: Any, target: Target) -> Iterator[Record]:
    """The vulnerabilities of one query or package, one after the other where its name stands before them."""
    group: dict[str, Any] = {}
    some = False
    where = document.pointer()
    for key in document.names():
        if key in LISTS and NAMED & group.keys():
            for row in objects(document, "Make the report again."):
                some = True
                yield from scan.add(
                    reader(row, {"of": group, "more": more}, target), document.pointer(), target.identity
                )
        else:
            group[key] = document.value()
    for number, row in enumerate(_inside(group, some)):
        yield from scan.add(reader(row, {"of": group, "more": more}, target), f"{where}[{number}]", target.identity)


def _inside(group: dict[str, Any], some: bool) -> Iterator[dict[str, Any]]:
    """The vulnerabilities that were not read yet; a package lists them by category."""
    categories = [clean.mapping(one) for one in clean.listing(group.get("packageCategory"))]
    for holder in (group, *categories):
        for name in LISTS:
            for one in clean.listing(holder.get(name)):
                some = True
                yield clean.mapping(one)
    if not some and group.get("vulnerabilitiesTotal") not in (None, 0) and "packageName" in group:
        yield {}


def _engines(
    document: JsonReader, scan: Report, known: dict[str | None, dict[str, Any]], target: Target
) -> Iterator[Record]:  # fmt: skip
    for key in document.names():
        if key == "resultsList":
            yield from _rows(document, scan, _sast, (None, known), target)
        elif key == "sast":
            for inner in document.names():
                if inner == "languages":
                    for _ in document.each():
                        yield from _language(document, scan, known, target)
        elif key == "sca":
            yield from _list(document, "packages", scan, _package, None, target)
        elif key == "kics":
            yield from _list(document, "results", scan, _iac, None, target)


def _language(
    document: JsonReader, scan: Report, known: dict[str | None, dict[str, Any]], target: Target
) -> Iterator[Record]:  # fmt: skip
    language = None
    for key in document.names():
        if key == "languageName":
            language = document.scalar()
        elif key == "queries":
            yield from _rows(document, scan, _sast, (language, known), target)


def _technologies(document: JsonReader, scan: Report, target: Target) -> Iterator[Record]:
    for key in document.names():
        if key == "technology":
            for _ in document.each():
                yield from _list(document, "queries", scan, _iac, None, target)


def _sast(row: dict[str, Any], around: Any, target: Target) -> Iterator[Found]:
    group, (language, known) = around["of"], around["more"]
    parts = (clean.line(group.get("queryPath"), 300) or "").split("/")
    name = clean.line(group.get("queryName"), 200)
    details = known.get(name, {})
    query = {
        "name": name, "language": language or (parts[0] if len(parts) > 1 else None), "cwe": group.get("cweId"),
        "description": report.joined(group.get("description"), details.get("risk"), details.get("cause")),
        "solution": details.get("generalRecommendations"), "link": group.get("queryDescriptionLink"),
    }  # fmt: skip
    yield from shared.sast(row, query, target)


def _iac(row: dict[str, Any], around: Any, target: Target) -> Iterator[Found]:
    group = around["of"]
    query = {
        "name": group.get("queryName") or row.get("queryName"),
        "description": group.get("description") or row.get("description"),
    }
    yield from shared.iac(row, query, target)


def _package(row: dict[str, Any], around: Any, target: Target) -> Iterator[Found]:
    group = around["of"]
    if not row:
        raise Unreadable("packages", "The vulnerabilities of a package are not where they are expected.")
    identifier = clean.line(row.get("cveName") or row.get("cveId") or row.get("cve") or row.get("id"), 100)
    found: tuple[str | None, str | None, str | None]
    if group.get("packageName"):
        found = (clean.line(group.get("packageName"), 300), clean.line(group.get("packageVersion"), 200), None)
    else:
        found = shared.package(group.get("name"))
    more = {
        "description": clean.text(row.get("description"), 20_000),
        "cvss_score": clean.score(row.get("score")),
        "cwes": clean.cwes(row.get("cwe") or ()),
    }
    yield from shared.component(row, identifier, found, target, more)
