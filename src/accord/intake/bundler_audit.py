"""bundler-audit JSON (`bundle-audit check --format json`), read from the types of bundler-audit's results
(https://github.com/rubysec/bundler-audit, lib/bundler/audit/results).

One instance per advisory and gem, and one per source that is reached without encryption. A report covers all gems.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accord.intake import osv, report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

GROUP = "bundler-audit:vulnerabilities"
SOURCE = "bundler-audit:insecure-source"


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    told = report.head(source, ("version", "created_at"))
    made = clean.when(told.get("created_at"))
    target = Target("repository", source.stem)
    yield ScanHeader("bundler-audit", "bundler-audit", clean.line(told.get("version"), 50), None, made)
    scan = Report(source, "Run bundle-audit again.")
    yield from scan.add([target, report.looked(target, [SOURCE], [GROUP])])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                yield from scan.rows(document, _result, target.identity, made, target=target.identity)
        document.end()
    yield from scan.end(made)


def _result(row: dict[str, Any], identity: str, made: datetime | None) -> Iterator[Found]:
    kind = clean.line(row.get("type"), 50)
    if kind == "insecure_source":
        place = clean.line(row.get("source"), 500)
        yield Observation(
            target=identity,
            definition_id=SOURCE,
            title="A source of gems is reached without encryption",
            kind="misconfiguration",
            check=SOURCE,
            anchor=place,
            evidence=place,
            seen_at=made,
        )
        return
    if kind != "unpatched_gem":
        raise Unreadable("type", f"Results of the kind “{kind or 'unknown'}” are not read.")
    told, gem = clean.mapping(row.get("advisory")), clean.mapping(row.get("gem"))
    name, version = clean.line(gem.get("name"), 300), clean.line(gem.get("version"), 100)
    ids = _identifiers(told)
    if not ids or name is None:
        raise Unreadable("advisory.id", "The identifier of an advisory or the name of a gem is missing.")
    definition = sorted(ids, key=osv.order)[0]
    fixed = ", ".join(clean.lines(told.get("patched_versions") or (), 100, 10)) or None
    scores = (clean.score(told.get(key)) for key in ("cvss_v4", "cvss_v3", "cvss_v2"))
    _, score, band = report.ratings([], next((one for one in scores if one is not None), None))
    yield Observation(
        target=identity,
        definition_id=definition,
        title=clean.line(told.get("title"), 400) or f"{definition} in {name}",
        kind="vulnerability",
        check=f"bundler-audit:{definition}",
        aliases=report.without(ids, definition),
        description=clean.text(told.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed else None,
        severity=report.severity(told.get("criticality")) or band,
        cvss_score=score,
        component=name,
        component_version=version,
        purl=purl("gem", name, version),
        fixed_version=fixed,
        references=clean.urls([told.get("url")], 1),
        seen_at=made,
        group=GROUP,
    )


def _identifiers(told: dict[str, Any]) -> tuple[str, ...]:
    """CVE and GHSA are written without their prefix."""
    parts = [clean.line(told.get("id"), 100)]
    for key in ("cve", "ghsa", "osvdb"):
        value = clean.line(told.get(key), 100)
        parts.append(f"{key.upper()}-{value.upper().removeprefix(key.upper() + '-')}" if value else None)
    if parts[2]:
        parts[2] = "GHSA-" + parts[2][5:].lower()
    return report.identifiers(parts)
