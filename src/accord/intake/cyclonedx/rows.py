"""What a CycloneDX bill of materials says, from its JSON or its XML: the thing that it describes, its
components, and its vulnerabilities with their VEX analysis. Takes plain dicts in the shape of the JSON
specification (versions 1.2 to 1.6); the older vulnerability extension of XML differs in a few names, which
are accepted too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from accord.intake.cvss import rate, severity_of
from accord.intake.records import Analysis, Coverage, Observation, ScanHeader, Severity, Target, TargetKind
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

GROUP = "cyclonedx:vulnerabilities"
SEVERITIES: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "info": "info",
    "none": "info",
}
KINDS: dict[str, TargetKind] = {
    "container": "image",
    "operating-system": "host",
    "device": "device",
    "device-driver": "device",
    "firmware": "device",
    "library": "repository",
    "framework": "repository",
}
# Rating methods, best first; the CVSS version that each stands for.
METHODS = (("CVSSv4", "4.0"), ("CVSSv31", "3.1"), ("CVSSv3", "3.0"), ("CVSSv2", "2.0"))
TRIVY_PROPERTIES = {
    "aquasecurity:trivy:ImageID": "image-id",
    "aquasecurity:trivy:RepoDigest": "image-digest",
    "aquasecurity:trivy:RepoTag": "image-tag",
}


@dataclass(frozen=True, slots=True)
class Component:
    """A component by its bom-ref: name with its group, version, package URL."""

    name: str
    version: str | None
    purl: str | None


@dataclass(slots=True)
class Bom:
    """The part of a document that its vulnerabilities point into."""

    version: str | None = None
    made: datetime | None = None
    tool: str | None = None
    tool_version: str | None = None
    subject: dict[str, Any] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    lists_vulnerabilities: bool = False
    makes_statements: bool = False

    def add(self, entry: dict[str, Any], source: Source) -> None:
        """Keep one component or service that has a bom-ref."""
        key = clean.line(entry.get("bom-ref"), 1000)
        found = component_of(entry)
        if key is None or found is None:
            return
        source.hold(300 + len(key) + len(found.name) + len(found.version or "") + len(found.purl or ""))
        self.components[key] = found

    def describe(self, metadata: dict[str, Any]) -> None:
        """Take "metadata": when, by which tool, of what."""
        self.made = clean.when(metadata.get("timestamp"))
        tools = metadata.get("tools")
        if isinstance(tools, dict):
            tools = tools.get("components") or tools.get("services")
        first = tools[0] if isinstance(tools, list) and tools else None
        if isinstance(first, dict):
            self.tool = clean.line(first.get("name"), 200)
            self.tool_version = clean.line(first.get("version"), 100)
        subject = metadata.get("component")
        if isinstance(subject, dict):
            self.subject = subject


def component_of(entry: dict[str, Any]) -> Component | None:
    """A component from its fields; None where it has no name."""
    name = clean.line(entry.get("name"), 300)
    if name is None:
        return None
    purl = clean.line(entry.get("purl"), 500)
    return Component(_grouped(entry.get("group"), name, purl), clean.line(entry.get("version"), 200), purl)


def header(bom: Bom, form: str, target: Target) -> ScanHeader:
    return ScanHeader(form, bom.tool or "CycloneDX", bom.tool_version, bom.made, bom.made, target.name)


def subject_of(bom: Bom, source: Source) -> Target:
    """The target: the document's own subject, else the file by its name."""
    told = bom.subject
    name = clean.line(told.get("name"), 400)
    kind = KINDS.get(str(told.get("type")), "application")
    if name is None:
        return Target("application", source.stem)
    purl = clean.line(told.get("purl"), 500)
    identifiers = [("purl", purl)] if purl else []
    version = clean.line(told.get("version"), 200)
    if kind == "image" and version and version.startswith("sha256:"):
        identifiers.append(("image-digest", version))
    properties = told.get("properties")
    for entry in properties[:200] if isinstance(properties, list) else ():
        scheme = TRIVY_PROPERTIES.get(str(entry.get("name"))) if isinstance(entry, dict) else None
        value = clean.line(entry.get("value"), 300) if scheme else None
        if scheme and value:
            identifiers.append((scheme, value))
    return Target(kind, _grouped(told.get("group"), name, purl), identifiers=tuple(dict.fromkeys(identifiers)))


def coverage(bom: Bom, target: Target, complete: bool | None) -> Coverage:
    """A document of statements alone (VEX without the components) looked for nothing."""
    looked = bom.lists_vulnerabilities and bool(bom.components or not bom.makes_statements)
    groups = frozenset({GROUP}) if looked else frozenset[str]()
    return Coverage(target.identity, groups=groups, complete=complete)


def observations(row: dict[str, Any], bom: Bom, identity: str) -> Iterator[Observation]:
    """One observation per affected component; one on the subject itself where none is named."""
    identifier = clean.line(row.get("id"), 200)
    others = _listed(row, "references")
    if identifier is None:
        identifier = next((found for other in others if (found := clean.line(other.get("id"), 200))), None)
    if identifier is None:
        raise Unreadable("id", "The identifier of a vulnerability is missing.")
    affected = [entry for entry in _listed(row, "affects") if clean.line(entry.get("ref"), 1000)]
    if not affected and clean.line(row.get("ref"), 1000):
        affected = [{"ref": row["ref"]}]
    common = _common(row, identifier, others, bom, identity)
    for entry in affected or [{}]:
        yield _on_component(common, entry, bom)


def _common(
    row: dict[str, Any], identifier: str, others: list[dict[str, Any]], bom: Bom, identity: str
) -> dict[str, Any]:
    severity, score, vectors = _ratings(row)
    advice = [clean.text(row.get(key), 10_000) for key in ("recommendation", "workaround")]
    advice += [clean.text(one, 10_000) for one in _texts(row.get("recommendations"))]
    words = [clean.text(row.get(key), 10_000) for key in ("description", "detail")]
    links = [_source_url(row), *(_source_url(other) for other in others)]
    advisories = row.get("advisories")
    for one in advisories[:100] if isinstance(advisories, list) else ():
        links.append(one.get("url") if isinstance(one, dict) else one)
    analysis, detail = _analysis(row.get("analysis"))
    bom.makes_statements = bom.makes_statements or analysis is not None
    aliases = clean.lines((other.get("id") for other in others), 200, 100)
    return {
        "target": identity,
        "definition_id": identifier,
        "kind": "vulnerability",
        "check": f"cyclonedx:{identifier}",
        "group": GROUP,
        "aliases": tuple(alias for alias in aliases if alias != identifier),
        "description": "\n\n".join(word for word in words if word) or None,
        "solution": "\n\n".join(dict.fromkeys(word for word in advice if word)) or None,
        "severity": severity,
        "cvss_score": score,
        "cvss_vectors": vectors,
        "cwes": clean.cwes(row.get("cwes") or ()),
        "references": clean.urls(links, 100),
        "seen_at": bom.made,
        "analysis": analysis,
        "analysis_detail": detail,
    }


def _on_component(common: dict[str, Any], entry: dict[str, Any], bom: Bom) -> Observation:
    told = clean.line(entry.get("ref"), 1000)
    found = bom.components.get(told or "") or entry.get("component")
    if found is None and told and told.startswith("urn:cdx:"):
        found = bom.components.get(told.rpartition("#")[2])
    identifier = common["definition_id"]
    versions = [one for one in _listed(entry, "versions") if one.get("status")]
    cleared = bool(versions) and all(one["status"] == "unaffected" for one in versions)
    analysis = common["analysis"] or ("not_affected" if cleared else None)
    if isinstance(found, Component):
        return Observation(
            **{**common, "analysis": analysis},
            title=f"{identifier} in {found.name}",
            component=found.name,
            component_version=found.version,
            purl=found.purl,
        )
    purl = told if told and told.startswith("pkg:") else None
    subject = told is not None and told == clean.line(bom.subject.get("bom-ref"), 1000)
    unknown = told if told and not subject else None
    return Observation(
        **{**common, "analysis": analysis},
        title=f"{identifier} in {purl}" if purl else str(identifier),
        purl=purl,
        anchor=unknown if purl is None else None,
        evidence=f"It affects {unknown}, which is not among the components of this file." if unknown else None,
    )


def _ratings(row: dict[str, Any]) -> tuple[Severity | None, float | None, tuple[str, ...]]:
    """Severity of the first rating that has one (the vulnerability's own source before others), base score
    by the newest CVSS method, and every CVSS vector."""
    entries = _listed(row, "ratings")[:50]
    own = _source_name(row)
    entries.sort(key=lambda entry: own is None or _source_name(entry) != own)
    severity = next((told for one in entries if (told := _severity(one.get("severity")))), None)
    score: float | None = None
    vectors: dict[str, None] = {}
    version_of_score: str | None = None
    for method, version in METHODS:
        for entry in entries:
            if entry.get("method") != method:
                continue
            given = entry.get("score")
            found = clean.score(given.get("base") if isinstance(given, dict) else given)
            vector = clean.line(entry.get("vector"), 300)
            if vector:
                if vector.startswith("AV:") and version != "2.0":
                    vector = f"CVSS:{version}/{vector}"
                vectors[vector] = None
                found = rate(vector).score if found is None else found
            if score is None and found is not None:
                score, version_of_score = found, version
    if severity is None:
        severity = severity_of(score, version_of_score)
    return severity, score, tuple(vectors)


def _severity(told: object) -> Severity | None:
    return SEVERITIES.get(told.strip().lower()) if isinstance(told, str) else None


def _analysis(told: object) -> tuple[Analysis | None, str | None]:
    if not isinstance(told, dict):
        return None, None
    state = str(told.get("state"))
    known: Analysis | None = state if state in get_args(Analysis) else None  # type: ignore[assignment]
    responses = told.get("response") or told.get("responses")
    parts = [
        clean.line(told.get("justification"), 200),
        *(clean.line(one, 100) for one in _texts(responses)),
        clean.text(told.get("detail"), 5000),
    ]
    return known, "; ".join(part for part in parts if part) or None


def _grouped(group: object, name: str, purl: str | None) -> str:
    told = clean.line(group, 200)
    if told is None:
        return name
    return f"{told}:{name}" if purl and purl.startswith("pkg:maven/") else f"{told}/{name}"


def _listed(row: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [one for one in map(clean.mapping, clean.listing(row.get(key))[:10_000]) if one]


def _texts(found: object) -> list[str]:
    if isinstance(found, str):
        return [found]
    return [one for one in found[:50] if isinstance(one, str)] if isinstance(found, list) else []


def _source_url(row: dict[str, Any]) -> object:
    told = row.get("source")
    return told.get("url") if isinstance(told, dict) else None


def _source_name(row: dict[str, Any]) -> object:
    told = row.get("source")
    return told.get("name") if isinstance(told, dict) else None
