"""cargo-audit JSON (`cargo audit --json`), read from the types of RustSec's report
(https://docs.rs/rustsec/latest/rustsec/report/struct.Report.html).

One instance per advisory and package. A report covers all packages, unless it was told to leave some advisories out.
Warnings (a crate that nobody maintains, or that was withdrawn) are no vulnerabilities and are not taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import osv, report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

GROUP = "cargo-audit:vulnerabilities"
ONLY_SOME = ("target_arch", "target_os", "severity", "ignore", "package_scope")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    told = clean.mapping(report.head(source, ("settings",)).get("settings"))
    target = Target("repository", source.stem)
    yield ScanHeader("cargo-audit", "cargo-audit")
    scan = Report(source, "Run cargo audit again.")
    whole = bool(told) and not any(told.get(name) for name in ONLY_SOME)
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "vulnerabilities":
                for inner in document.names():
                    if inner == "list":
                        if document.peek() == "[" and whole:
                            yield from scan.add([report.looked(target, groups=[GROUP])])
                        yield from scan.rows(document, _vulnerability, target.identity, target=target.identity)
        document.end()
    yield from scan.end(None)


def _vulnerability(row: dict[str, Any], identity: str) -> Iterator[Found]:
    told, package = clean.mapping(row.get("advisory")), clean.mapping(row.get("package"))
    ids = report.identifiers(told.get("id"), told.get("aliases"))
    name, version = clean.line(package.get("name") or told.get("package"), 300), clean.line(package.get("version"), 100)
    if not ids or name is None:
        raise Unreadable("advisory.id", "The identifier of an advisory or the name of a package is missing.")
    definition = sorted(ids, key=osv.order)[0]
    vectors, score, band = report.ratings([told.get("cvss")])
    fixed = ", ".join(clean.lines(clean.mapping(row.get("versions")).get("patched") or (), 100, 10)) or None
    title = clean.line(told.get("title"), 400)
    yield Observation(
        target=identity,
        definition_id=definition,
        title=title or f"{definition} in {name}",
        kind="vulnerability",
        check=f"cargo-audit:{definition}",
        aliases=report.without(ids, definition),
        description=clean.text(told.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed else None,
        severity=band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        purl=purl("cargo", name, version),
        fixed_version=fixed,
        references=clean.urls([told.get("url"), *clean.listing(told.get("references"))], 50),
        group=GROUP,
    )
