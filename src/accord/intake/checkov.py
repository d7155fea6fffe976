"""Checkov JSON (`checkov -o json`): one report, a list of them, or the bare summary of a run without findings; read
from Checkov's own report class.

One instance per check, file and resource; packages of its SCA per vulnerability, package and file. Checks that passed
are evidence that they ran; those that a comment skips stay, marked as suppressed. A file that Checkov could not parse
is a refused row, so that nothing of the run counts as complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

LISTS = frozenset({"passed_checks", "failed_checks", "skipped_checks"})


def read(source: Source) -> Iterator[Record]:
    """Records of one Checkov report; IntakeError where it cannot be read."""
    target = Target("repository", source.stem)
    yield ScanHeader("checkov", "Checkov", _version(source))
    scan = Report(source, "Run Checkov again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            for _ in document.each():
                yield from _part(document, scan, target.identity)
        else:
            yield from _part(document, scan, target.identity)
        document.end()
    yield from scan.end(None)


def _version(source: Source) -> str | None:
    top = report.head(source, ("summary", "checkov_version"))
    return clean.line(top.get("checkov_version") or clean.mapping(top.get("summary")).get("checkov_version"), 50)


def _part(document: JsonReader, scan: Report, identity: str) -> Iterator[Record]:
    """One report: the checks of one framework."""
    kind: str | None = None
    for key in document.names():
        if key == "check_type":
            kind = clean.line(document.scalar(), 100)
        elif key == "results":
            for part in document.names():
                if part in LISTS:
                    yield from scan.rows(document, _check, part, kind, identity, target=identity)
                elif part == "parsing_errors":
                    for _ in document.each():
                        yield from scan.add(_failed(document.scalar()), document.pointer(), identity)


def _failed(name: object) -> Iterator[Found]:
    raise Unreadable("parsing_errors", f"Checkov could not parse {clean.line(name, 300) or 'a file'}.")
    yield  # a generator


def _check(row: dict[str, Any], part: str, kind: str | None, identity: str) -> Iterator[Found]:
    number = clean.line(row.get("check_id"), 200)
    if number is None:
        raise Unreadable("check_id", "The identifier of a check is missing.")
    check = f"checkov:{number}"
    package = clean.mapping(row.get("vulnerability_details"))
    if not package:
        yield report.looked(identity, [check])
    if part == "passed_checks":
        return
    skipped = part == "skipped_checks"
    result = clean.mapping(row.get("check_result"))
    lines = clean.listing(row.get("file_line_range"))
    resource = clean.line(row.get("resource_address") or row.get("resource"), 400)
    fields: dict[str, Any] = {
        "definition_id": check,
        "title": clean.line(row.get("check_name"), 400) or number,
        "kind": _kind(kind, number),
        "aliases": report.without(report.identifiers(row.get("bc_check_id")), check),
        "description": report.joined(row.get("description"), row.get("short_description")),
        "component": resource,
        "anchor": resource,
        "severity": report.severity(row.get("severity")),
    }
    if package:
        fields.update(_package(package, resource))
    yield Observation(
        target=identity,
        check=check,
        path=report.path((clean.line(row.get("repo_file_path") or row.get("file_path"), 1000) or "").lstrip("/")),
        line=clean.whole(lines[0], 1) if lines else None,
        evidence=_code(row.get("code_block")) if kind != "secrets" else None,
        references=clean.urls([row.get("guideline"), package.get("link")], 5),
        analysis="suppressed" if skipped else None,
        analysis_detail=clean.text(result.get("suppress_comment"), 1000) if skipped else None,
        **fields,
    )


def _kind(kind: str | None, number: str) -> Kind:
    if kind == "secrets" or number.startswith("CKV_SECRET"):
        return "secret"
    return "code" if kind in ("sast", "cdk") or (kind or "").startswith("sast_") else "misconfiguration"


def _package(told: dict[str, Any], resource: str | None) -> dict[str, Any]:
    """A row of Checkov's SCA."""
    identifier = clean.line(told.get("id"), 100)
    if identifier is None:
        raise Unreadable("vulnerability_details.id", "The identifier of a vulnerability is missing.")
    name, version = clean.line(told.get("package_name"), 300), clean.line(told.get("package_version"), 100)
    vectors, score, band = report.ratings([told.get("vector")], told.get("cvss"))
    fixed = clean.line(told.get("lowest_fixed_version"), 100)
    return {
        "definition_id": identifier,
        "title": f"{identifier} in {name}" if name else identifier,
        "kind": "vulnerability",
        "description": clean.text(told.get("description"), 20_000),
        "solution": f"Upgrade {name} to {fixed}." if fixed and name else clean.line(told.get("status"), 300),
        "severity": report.severity(told.get("severity")) or band,
        "cvss_vectors": vectors,
        "cvss_score": score,
        "component": name or resource,
        "component_version": version,
        "purl": purl(told.get("package_type"), name, version),
        "fixed_version": fixed,
        "anchor": None,
    }


def _code(told: object) -> str | None:
    """The block as Checkov prints it: [[line number, text], …]."""
    lines = [one[1] for one in clean.listing(told)[:60] if isinstance(one, list) and len(one) > 1]
    return clean.text("".join(one for one in lines if isinstance(one, str)), 2000)
