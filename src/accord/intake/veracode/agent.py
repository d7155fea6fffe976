"""Veracode SCA (agent-based scans) issues as JSON of its API (`/srcclr/v3/workspaces/…/issues`), read from Veracode's
description of it (https://docs.veracode.com/r/Veracode_SCA_REST_API).

One instance per vulnerability and library; licences and outdated libraries are issues as well. What is ignored stays as
suppressed, what is fixed is no observation. A list is filtered and paged: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accord.intake import report
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.veracode.shared import component_of

OUTDATED = "veracode:outdated-library"


def read(source: Source) -> Iterator[Record]:
    """Records of one list; IntakeError where it cannot be read."""
    yield ScanHeader("veracode-sca", "Veracode SCA")
    scan = Report(source, "Export the issues again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "_embedded":
                for inner in document.names():
                    if inner == "issues":
                        yield from scan.rows(document, _issue, source)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _issue(row: dict[str, Any], source: Source) -> Iterator[Found]:
    library, told = clean.mapping(row.get("library")), clean.mapping(row.get("vulnerability"))
    vectors = [clean.line(told.get(f"cvss{version}_vector"), 200) for version in (3, 2)]
    score = clean.score(told.get("cvss3_score"))
    yield from found_of(
        {
            "kind": row.get("issue_type"), "status": row.get("issue_status"), "ignored": row.get("ignored") is True,
            "project": row.get("project_name"), "cve": told.get("cve"), "number": told.get("id"),
            "title": told.get("title"), "severity": row.get("severity"), "cwe": told.get("cwe_id"),
            "licence": clean.mapping(row.get("license")).get("name"), "link": None,
            "score": clean.score(told.get("cvss2_score")) if score is None else score,
            "vectors": [f"CVSS:3.1/{vectors[0]}" if vectors[0] else None, (vectors[1] or "").strip("()") or None],
        },
        (library.get("id"), library.get("name"), library.get("version")),
        source,
    )  # fmt: skip


def found_of(told: Mapping[str, Any], library: tuple[object, object, object], source: Source) -> Iterator[Found]:
    """What one issue says; `library` is Veracode's key of it, its name and its version."""
    target = Target("repository", clean.line(told.get("project"), 300) or source.stem)
    yield target
    found = component_of(library[0], library[1], None, library[2])
    if found is None:
        raise Unreadable("library", "An issue names no library.")
    if str(told.get("status")).lower() in ("fixed", "closed", "resolved"):
        return
    definition, title, kind = _named(told)
    aliases = report.identifiers(definition, _number(told))
    vectors, score, band = report.ratings(told.get("vectors") or [], told.get("score"))
    rating = clean.score(told.get("severity"))
    worded = report.severity(told.get("severity"))
    fixed = clean.line(told.get("fixed"), 100)
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=f"{title} in {found.name}",
        kind=kind,
        check=definition if definition.startswith("veracode:") else f"veracode:{definition}",
        aliases=report.without(aliases, definition) if kind == "vulnerability" else (),
        severity=worded or band or report.ratings([], rating)[2],
        cvss_vectors=vectors if kind == "vulnerability" else (),
        cvss_score=score if kind == "vulnerability" else None,
        cwes=clean.cwes(told.get("cwe") or ()),
        component=found.name,
        component_version=found.version,
        purl=found.purl,
        fixed_version=fixed,
        analysis="suppressed" if told.get("ignored") else None,
    )


def _number(told: Mapping[str, Any]) -> str | None:
    number = clean.line(told.get("number"), 60)
    return f"veracode:SID-{number}" if number else None


def _named(told: Mapping[str, Any]) -> tuple[str, str, Kind]:
    """Definition, title and kind of an issue. A CVE is written without its prefix."""
    kind = (clean.line(told.get("kind"), 60) or "vulnerability").lower()
    if "licen" in kind:
        name = clean.line(told.get("licence"), 200) or "unknown"
        return f"licence:{name}", f"Licence {name}", "licence"
    if "library" in kind or "outdated" in kind:
        return OUTDATED, "A newer version is there", "misconfiguration"
    cve, number = clean.line(told.get("cve"), 40), _number(told)
    definition = f"CVE-{cve.upper().removeprefix('CVE-')}" if cve else number
    if definition is None:
        raise Unreadable("vulnerability", "An issue names no vulnerability.")
    return definition, clean.line(told.get("title"), 400) or definition, "vulnerability"
