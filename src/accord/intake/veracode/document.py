"""Veracode's findings as JSON: answers of the Findings API (`/appsec/v2/applications/GUID/findings`; static, dynamic,
manual and components), read from Veracode's description of it (https://docs.veracode.com/r/c_findings_v2_intro), whole
or only their list.

The same as the XML in another writing. A finding that is closed is no observation. The answer is a page of a list that
a filter made: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places import plain, site
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.veracode.shared import SEVERITY, component_of


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    yield ScanHeader("veracode-json", "Veracode")
    scan = Report(source, "Ask for the findings again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "_embedded":
                for inner in document.names():
                    if inner == "findings":
                        yield from scan.rows(document, _finding, source)
            elif key == "findings":
                yield from scan.rows(document, _finding, source)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _finding(row: dict[str, Any], source: Source) -> Iterator[Found]:
    told, status = clean.mapping(row.get("finding_details")), clean.mapping(row.get("finding_status"))
    guid = clean.line(row.get("context_guid"), 100)
    target = Target("repository", guid or source.stem, identifiers=(("veracode-application", guid),) if guid else ())
    yield target
    if str(status.get("status")).upper() == "CLOSED":
        return
    common = {
        "severity": SEVERITY.get(str(told.get("severity"))) or report.severity(told.get("severity")),
        "cwes": clean.cwes(clean.mapping(told.get("cwe")).get("id") or ()),
        "seen_at": clean.when(status.get("last_seen_date")) or clean.when(status.get("first_found_date")),
        "analysis": _analysis(status),
    }
    if row.get("scan_type") == "SCA" or isinstance(told.get("cve"), dict):
        yield from _component(row, told, target, common)
    else:
        yield from _flaw(row, told, target, common)


def _analysis(status: dict[str, Any]) -> Analysis | None:
    if str(status.get("resolution_status")).upper() != "APPROVED":
        return None
    return "false_positive" if "FALSE_POSITIVE" in str(status.get("resolution")).upper() else "suppressed"


def _flaw(row: dict[str, Any], told: dict[str, Any], target: Target, common: dict[str, Any]) -> Iterator[Found]:
    weakness = clean.mapping(told.get("cwe"))
    number = clean.whole(weakness.get("id"), 1, 99_999)
    name = clean.line(clean.mapping(told.get("finding_category")).get("name"), 300) or clean.line(
        weakness.get("name"), 300
    )
    if number is None and name is None:
        raise Unreadable("finding_details.cwe", "A finding names neither a weakness nor a category.")
    check = f"veracode:CWE-{number}" if number else f"veracode:{name}"
    dynamic = row.get("scan_type") == "DYNAMIC"
    place = site(told.get("url") or told.get("hostname")) if dynamic else None
    if place:
        yield place[0]
    module = clean.line(told.get("module"), 300)
    static = row.get("scan_type") == "STATIC"
    evidence = (("Module", module), ("Call", told.get("attack_vector")), ("Function", told.get("procedure")),
                ("Address", told.get("url")), ("Parameter", told.get("vulnerable_parameter")))  # fmt: skip
    yield Observation(
        target=place[0].identity if place else target.identity,
        definition_id=check,
        title=name or check,
        kind="code" if static else "vulnerability",
        check=check,
        description=plain(row.get("description")),
        port=place[1] if place else None,
        path=place[2] if place else report.path(told.get("file_path") or told.get("file_name")),
        line=clean.whole(told.get("file_line_number"), 1),
        anchor=clean.line(row.get("issue_id"), 40),
        evidence=report.joined(
            *(f"{word}: {value}" for word, one in evidence if (value := clean.line(one, 1000))), between="\n"
        ),
        group=f"veracode:static/{module}" if static and module else None,
        **common,
    )


def _component(row: dict[str, Any], told: dict[str, Any], target: Target, common: dict[str, Any]) -> Iterator[Found]:
    cve = clean.mapping(told.get("cve"))
    identifier = clean.line(cve.get("name"), 100)
    found = component_of(None, None, told.get("component_filename"), told.get("version"))
    if identifier is None and not cve and told.get("licenses"):
        return  # a component that breaks a rule on licences alone
    if identifier is None or found is None:
        raise Unreadable("finding_details.cve", "A finding names no vulnerability or no component.")
    newer = clean.mapping(cve.get("cvss3"))
    vectors = [f"CVSS:3.1/{one}" if one.startswith("AV:") else one for one in [clean.line(newer.get("vector"), 200)]
               if one]  # fmt: skip
    paths = [clean.mapping(one).get("path") for one in clean.listing(told.get("component_path"))[:50]]
    score = clean.score(newer.get("score"))
    yield Observation(
        target=target.identity,
        definition_id=identifier,
        title=f"{identifier} in {found.name}",
        kind="vulnerability",
        check=f"veracode:{identifier}",
        description=clean.text(row.get("description"), 20_000),
        cvss_vectors=(*vectors, *clean.lines([cve.get("vector")], 200, 1)),
        cvss_score=clean.score(cve.get("cvss")) if score is None else score,
        component=found.name,
        component_version=found.version,
        evidence=report.joined(*paths, between="\n", limit=5000),
        references=clean.urls([cve.get("href")], 5),
        **common,
    )
