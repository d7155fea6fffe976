"""OWASP Dependency-Track's findings as JSON: the Finding Packaging Format, version 1.0 to 1.3, as the API
(`/api/v1/finding/project/…/export`) writes it, and the bare list of `/api/v1/finding/project/…`; read from
Dependency-Track's own description (https://docs.dependencytrack.org/file-formats/).

One instance per component and vulnerability; the decision of Dependency-Track's audit is carried as the analysis. An
export leaves out what was suppressed, so what is missing from it may still be there: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import named
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

STATES: dict[str, Analysis] = {
    "EXPLOITABLE": "exploitable", "IN_TRIAGE": "in_triage", "RESOLVED": "resolved", "FALSE_POSITIVE": "false_positive",
    "NOT_AFFECTED": "not_affected",
}  # fmt: skip
ALIASES = ("cveId", "ghsaId", "snykId", "osvId", "sonatypeId", "gsdId", "vulnDbId", "internalId")
VECTORS = ("cvssV4Vector", "cvssV3Vector", "cvssV2Vector")
SCORES = ("cvssV4Score", "cvssV4BaseScore", "cvssV3BaseScore", "cvssV2BaseScore")


def read(source: Source) -> Iterator[Record]:
    """Records of one export; IntakeError where it cannot be read."""
    top = report.head(source, ("meta", "project"))
    meta, project = clean.mapping(top.get("meta")), clean.mapping(top.get("project"))
    made = clean.when(meta.get("timestamp"))
    target = _target(project, source.stem)
    version = clean.line(meta.get("version"), 50)
    yield ScanHeader("dependency-track", "Dependency-Track", version, None, made, target.name)
    scan = Report(source, "Export the findings again from Dependency-Track.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _finding, target.identity, target=target.identity)
        else:
            for key in document.names():
                if key == "findings":
                    yield from scan.rows(document, _finding, target.identity, target=target.identity)
        document.end()
    yield from scan.end(made)


def _target(project: dict[str, Any], otherwise: str) -> Target:
    told = (("dependency-track", project.get("uuid")), ("purl", project.get("purl")))
    known = tuple((scheme, value) for scheme, one in told if (value := clean.line(one, 300)))
    return Target("application", clean.line(project.get("name"), 300) or otherwise, identifiers=known)


def _finding(row: dict[str, Any], identity: str) -> Iterator[Found]:
    component, told = clean.mapping(row.get("component")), clean.mapping(row.get("vulnerability"))
    identifier = clean.line(told.get("vulnId"), 200)
    if identifier is None:
        raise Unreadable("vulnerability.vulnId", "The identifier of a vulnerability is missing.")
    definition = f"npm:{identifier}" if identifier.isdecimal() and told.get("source") == "NPM" else identifier
    purl = clean.line(component.get("purl"), 500)
    name, version = _name(component), clean.line(component.get("version"), 200)
    if purl and purl.startswith("pkg:"):
        name, version = named(purl)[0], version or named(purl)[1]
    vectors, score, band = _ratings(told)
    entries = [clean.mapping(one) for one in clean.listing(told.get("aliases"))[:50]]
    aliases = report.identifiers(*(one.get(kind) for one in entries for kind in ALIASES))
    weaknesses = [clean.mapping(one).get("cweId") for one in clean.listing(told.get("cwes"))[:50]]
    analysis, detail = _analysis(clean.mapping(row.get("analysis")))
    title = clean.line(told.get("title"), 400) or definition
    yield Observation(
        target=identity,
        definition_id=definition,
        title=f"{title} in {name}" if name else title,
        kind="vulnerability",
        check=f"dependency-track:{identifier}",
        aliases=report.without(aliases, definition),
        description=report.joined(told.get("description")),
        solution=clean.text(told.get("recommendation"), 5000),
        severity=report.severity(told.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(weaknesses or told.get("cweId")),
        component=name,
        component_version=version,
        purl=purl,
        fixed_version=clean.line(told.get("patchedVersions"), 200),
        references=clean.urls(_links(told.get("references")), 100),
        seen_at=clean.when(clean.mapping(row.get("attribution")).get("attributedOn")),
        analysis=analysis,
        analysis_detail=detail,
    )


def _name(component: dict[str, Any]) -> str | None:
    group, name = clean.line(component.get("group"), 200), clean.line(component.get("name"), 300)
    return f"{group}/{name}" if group and name else name


def _ratings(told: dict[str, Any]) -> tuple[tuple[str, ...], float | None, Any]:
    """Vectors as CVSS writes them (version 2 stands in brackets), score and severity."""
    vectors = [line.strip("()") for name in VECTORS if (line := clean.line(told.get(name), 300))]
    score = next((value for name in SCORES if (value := clean.score(told.get(name))) is not None), None)
    return report.ratings(vectors, score)


def _links(told: object) -> list[str]:
    """The addresses of a list in Markdown: "* [words](https://…)"."""
    if not isinstance(told, str):
        return []
    return [part.partition(")")[0] for part in told[:20_000].split("](")[1:101]]


def _analysis(told: dict[str, Any]) -> tuple[Analysis | None, str | None]:
    state = STATES.get(str(told.get("state")).upper())
    if told.get("isSuppressed") is True:
        state = state if state in ("false_positive", "not_affected") else "suppressed"
    if state is None:
        return None, None
    return state, report.joined(told.get("justification"), told.get("detail"), limit=2000, between="; ")
