"""Grype JSON (`grype -o json`), read from the model of Anchore's JSON presenter, from schema 1 to the current one.

One instance per vulnerability, package and place; the file names the packages' place where they are no packages of
the operating system. What rules or VEX documents took out (`ignoredMatches`) stays, marked so. Grype matches every
package that it finds, so the file covers vulnerabilities as a whole, unless it was told to show only some of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target, TargetKind
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

GROUP = "grype:vulnerabilities"
OF_THE_SYSTEM = frozenset({"apk", "deb", "rpm", "portage", "alpm", "linux-kernel", "msrc-kb"})
ONLY_SOME = ("only-fixed", "only-notfixed", "exclude", "ignore-states", "onlyFixed")
WORDS = {
    "not-fixed": "The vendor has no fix yet.",
    "wont-fix": "The vendor will not fix this.",
}


def read(source: Source) -> Iterator[Record]:
    """Records of one Grype report; IntakeError where it cannot be read."""
    top = report.head(source, ("source", "distro", "descriptor"))
    descriptor = clean.mapping(top.get("descriptor"))
    made = clean.when(descriptor.get("timestamp"))
    target = _target(clean.mapping(top.get("source")), clean.mapping(top.get("distro")), source)
    yield ScanHeader("grype", "Grype", clean.line(descriptor.get("version"), 100), made, made, target.name)
    scan = Report(source)
    whole = not any(clean.mapping(descriptor.get("configuration")).get(name) for name in ONLY_SOME)
    yield from scan.add([target, report.looked(target, groups=[GROUP] if whole else [])])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key in ("matches", "ignoredMatches"):
                yield from scan.rows(document, _match, target.identity, target=target.identity)
        document.end()
    yield from scan.end(made)


def _target(told: dict[str, Any], distro: dict[str, Any], source: Source) -> Target:
    inner = told.get("target")
    system = clean.line(f"{distro.get('name') or ''} {distro.get('version') or ''}", 200)
    if not isinstance(inner, dict):
        name = clean.line(inner, 400)
        kind: TargetKind = "repository" if told.get("type") == "directory" else "application"
        return Target(kind, name if name and name.strip("./") else source.stem, operating_system=system)
    found = [
        ("image-id", inner.get("imageID")),
        ("image-digest", inner.get("manifestDigest")),
        *(("image-digest", one) for one in clean.listing(inner.get("repoDigests"))[:20]),
        *(("image-tag", one) for one in clean.listing(inner.get("tags"))[:20]),
    ]
    name = clean.line(inner.get("userInput"), 400) or next(iter(clean.lines(inner.get("tags") or (), 400, 1)), None)
    known = tuple(dict.fromkeys((scheme, value) for scheme, one in found if (value := clean.line(one, 300))))
    return Target("image", (name or source.stem).partition("@sha256:")[0], identifiers=known, operating_system=system)


def _match(row: dict[str, Any], identity: str) -> Iterator[Found]:
    told, artifact = clean.mapping(row.get("vulnerability")), clean.mapping(row.get("artifact"))
    identifier = clean.line(told.get("id"), 200)
    if identifier is None:
        raise Unreadable("vulnerability.id", "The identifier of a vulnerability is missing.")
    related = [clean.mapping(one) for one in clean.listing(row.get("relatedVulnerabilities"))[:50]]
    ratings = [clean.mapping(one) for entry in (told, *related) for one in clean.listing(entry.get("cvss"))[:20]]
    vectors, score, band = report.ratings(one.get("vector") for one in ratings)
    name, version = clean.line(artifact.get("name"), 300), clean.line(artifact.get("version"), 200)
    fix = clean.mapping(told.get("fix"))
    fixed = ", ".join(clean.lines(fix.get("versions") or (), 100, 10)) or None
    aliases = report.identifiers([one.get("id") for one in related], _advisories(told))
    analysis, detail = _ignored(row.get("appliedIgnoreRules"))
    weaknesses = [
        clean.mapping(one).get("cwe") for entry in (told, *related) for one in clean.listing(entry.get("cwes"))
    ]
    links = [told.get("dataSource"), *clean.listing(told.get("urls")), *(one.get("dataSource") for one in related)]
    yield Observation(
        target=identity,
        definition_id=identifier,
        title=f"{identifier} in {name}" if name else identifier,
        kind="vulnerability",
        check=f"grype:{identifier}",
        aliases=report.without(aliases, identifier),
        description=report.joined(told.get("description"), *(one.get("description") for one in related[:1])),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else WORDS.get(str(fix.get("state"))),
        severity=report.severity(told.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(weaknesses),
        component=name,
        component_version=version,
        purl=clean.line(artifact.get("purl"), 500),
        fixed_version=fixed,
        path=_place(artifact),
        references=clean.urls(links, 100),
        group=GROUP,
        analysis=analysis,
        analysis_detail=detail,
    )


def _advisories(told: dict[str, Any]) -> list[object]:
    return [clean.mapping(one).get("id") for one in clean.listing(told.get("advisories"))[:50]]


def _place(artifact: dict[str, Any]) -> str | None:
    if str(artifact.get("type")) in OF_THE_SYSTEM:
        return None
    places = clean.listing(artifact.get("locations"))
    return report.path(clean.mapping(places[0]).get("path")) if places else None


def _ignored(told: object) -> tuple[Analysis | None, str | None]:
    """Why a match was taken out: the VEX status of its rule, else that a rule did."""
    rules = [clean.mapping(one) for one in clean.listing(told)[:20]]
    if not rules:
        return None, None
    status = next((one.get("vex-status") for one in rules if one.get("vex-status")), None)
    words: list[object] = []
    for rule in rules:
        words += [rule.get("vex-justification"), rule.get("reason")]
    analysis: Analysis = {"not_affected": "not_affected", "fixed": "resolved"}.get(str(status), "suppressed")  # type: ignore[assignment]
    return analysis, report.joined(*words, limit=2000, between="; ")
