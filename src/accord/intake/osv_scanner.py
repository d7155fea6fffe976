"""OSV-Scanner JSON (versions 1 and 2), read from its models and from the OSV schema.

One instance per package and group of identifiers that mean the same vulnerability, as the tool's own table counts
them: a GHSA, its CVE and its PYSEC identifier are one, named by its GHSA. The places in the file (lock files, images,
repositories) were looked at as a whole; a place without findings is not in the file unless it lists all packages.
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


def read(source: Source) -> Iterator[Record]:
    """Records of one OSV-Scanner report; IntakeError where it cannot be read."""
    image = "image_metadata" in report.head(source, ("image_metadata",))
    target = Target("image" if image else "repository", source.stem)
    yield ScanHeader("osv-scanner", "OSV-Scanner")
    scan = Report(source)
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                for _ in document.each():
                    yield from _result(document, target.identity, scan)
        document.end()
    yield from scan.end(None)


def _result(document: JsonReader, identity: str, scan: Report) -> Iterator[Record]:
    """One place with its packages; the place stands first, as the tool writes it."""
    place: str | None = None
    group = "osv-scanner:?"
    for key in document.names():
        if key == "source":
            place = report.path(document.mapping().get("path"))
            group = f"osv-scanner:{place or '?'}"
        elif key == "packages":
            if document.peek() == "[":
                yield from scan.add([report.looked(identity, groups=[group])])
            yield from scan.rows(document, _package, identity, place, group, target=identity)


def _package(row: dict[str, Any], identity: str, place: str | None, group: str) -> Iterator[Found]:
    package = clean.mapping(row.get("package"))
    name, version = clean.line(package.get("name"), 300), clean.line(package.get("version"), 200)
    known: dict[str, dict[str, Any]] = {}
    for entry in clean.listing(row.get("vulnerabilities"))[:10_000]:
        found = clean.line(clean.mapping(entry).get("id"), 200)
        if found is None:
            yield Unreadable("vulnerabilities.id", "The identifier of a vulnerability is missing.")
            continue
        known[found] = entry
    left = dict(known)
    for told in clean.listing(row.get("groups"))[:10_000]:
        told = clean.mapping(told)
        ids = [one for one in clean.lines(told.get("ids") or (), 200, 500) if one in left]
        if ids:
            entries = [left.pop(one) for one in ids]
            yield _observation(entries, told, package, (identity, place, group, name, version))
    for entry in left.values():
        yield _observation([entry], {}, package, (identity, place, group, name, version))


def _observation(
    entries: list[dict[str, Any]],
    told: dict[str, Any],
    package: dict[str, Any],
    where: tuple[str, str | None, str, str | None, str | None],
) -> Observation:
    identity, place, group, name, version = where
    entries = sorted(entries, key=lambda one: osv.order(str(one.get("id"))))
    ids = report.identifiers([one.get("id") for one in entries])
    first = entries[0]
    aliases = report.identifiers(list(ids), *(one.get("aliases") for one in entries), told.get("aliases"))
    vectors, score, band = report.ratings(
        (vector for one in entries for vector in osv.vectors(one)), told.get("max_severity")
    )
    fixed = ", ".join(dict.fromkeys(one for entry in entries for one in osv.fixed(entry, name))) or None
    word = next((band for one in entries if (band := osv.severity(one))), None)
    found = clean.line(package.get("commit"), 100)
    return Observation(
        target=identity,
        definition_id=ids[0],
        title=clean.line(first.get("summary"), 400) or (f"{ids[0]} in {name}" if name else ids[0]),
        kind="vulnerability",
        check=f"osv:{ids[0]}",
        aliases=report.without(aliases, ids[0]),
        description=clean.text(first.get("details"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else None,
        severity=word or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(*(osv.weaknesses(one) for one in entries)),
        component=name or (f"commit {found}" if found else None),
        component_version=version,
        purl=purl(package.get("ecosystem"), name, version),
        fixed_version=clean.line(fixed, 500),
        path=place,
        evidence=_reach(told),
        references=clean.urls([link for one in entries for link in osv.links(one)], 100),
        group=group,
    )


def _reach(told: dict[str, Any]) -> str | None:
    """What the tool's call analysis says, in words."""
    found = clean.mapping(told.get("experimentalAnalysis") or told.get("experimental_analysis"))
    calls = [clean.mapping(one).get("called") for one in found.values()]
    if not calls or any(one is not False for one in calls):
        return None
    return "Call analysis: the vulnerable code is not called from here."
