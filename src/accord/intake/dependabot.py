"""GitHub Dependabot alerts: what the REST API returns (one alert or a list) and the `vulnerabilityAlerts` of the
GraphQL API, wherever in the answer they stand; read from GitHub's published schemas.

One instance per advisory, package and manifest (where the answer has the manifest's name without its folders, the
alert's own identifier tells two apart). Alerts that were dismissed stay, marked with the reason; those that
GitHub calls fixed are none. An answer of the API is a page of alerts: it covers the alerts in it, nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

DISMISSED: dict[str, Analysis] = {
    "inaccurate": "false_positive",
    "not_used": "not_affected",
    "tolerable_risk": "suppressed",
    "no_bandwidth": "suppressed",
    "fix_started": "in_triage",
}
GONE = frozenset({"fixed"})


def read(source: Source) -> Iterator[Record]:
    """Records of one answer of GitHub; IntakeError where it cannot be read."""
    yield ScanHeader("dependabot", "GitHub Dependabot")
    scan = Report(source, "Ask GitHub's API again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _rest, source)
        else:
            yield from _object(document, scan, source, _Repository())
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


AROUND = frozenset({"data", "repository", "organization", "user"})
"""What stands around the alerts of a GraphQL answer."""


class _Repository:
    """What stands above the alerts of a GraphQL answer."""

    def __init__(self, name: str | None = None, url: str | None = None) -> None:
        self.name = name
        self.url = url

    def target(self, source: Source) -> Target:
        name = self.name or (self.url or "").removeprefix("https://github.com/").strip("/") or source.stem
        return Target("repository", name, identifiers=(("repository", self.url),) if self.url else ())


def _object(document: JsonReader, scan: Report, source: Source, above: _Repository) -> Iterator[Record]:
    """Walks down to the alerts; keeps the name and address of the repository around them. Alerts that stand before
    those are held."""
    here = _Repository(above.name, above.url)
    alone: dict[str, Any] = {}
    for key in document.names():
        if key in ("nameWithOwner", "name") and document.peek() == '"':
            name = clean.line(document.scalar(), 300)
            here.name = name if key == "nameWithOwner" or here.name is None or "/" not in here.name else here.name
        elif key == "url" and document.peek() == '"':
            here.url = clean.url(document.scalar()) or here.url
        elif key == "vulnerabilityAlerts":
            yield from _alerts(document, scan, source, here)
        elif key in ("security_advisory", "security_vulnerability", "dependency", "state", "html_url", "number",
                     "dismissed_reason", "dismissed_comment", "updated_at", "created_at"):  # fmt: skip
            alone[key] = document.value()
        elif document.peek() == "{":
            yield from _object(document, scan, source, here)
        elif document.peek() == "[":
            for _ in document.each():
                if document.peek() == "{":
                    yield from _object(document, scan, source, here)
                elif key in AROUND:
                    document.nothing("an object")
        elif key in AROUND:
            document.nothing("an object")
    if "security_advisory" in alone:
        yield from scan.add(_rest(alone, source), document.pointer())


def _alerts(document: JsonReader, scan: Report, source: Source, here: _Repository) -> Iterator[Record]:
    target = here.target(source)
    yield from scan.add([target])
    if document.peek() == "[":
        yield from scan.rows(document, _graph, target, target=target.identity)
        return
    for key in document.names():
        if key in ("nodes", "edges"):
            yield from scan.rows(document, _graph, target)


def _rest(row: dict[str, Any], source: Source) -> Iterator[Found]:
    page = clean.url(row.get("html_url")) or ""
    url = page.partition("/security/")[0] or None
    told = clean.mapping(row.get("repository"))
    known = _Repository(clean.line(told.get("full_name"), 300), clean.url(told.get("html_url")) or url)
    target = known.target(source)
    yield target
    dependency = clean.mapping(row.get("dependency"))
    advisory = clean.mapping(row.get("security_advisory"))
    vulnerability = clean.mapping(row.get("security_vulnerability"))
    package = clean.mapping(vulnerability.get("package")) or clean.mapping(dependency.get("package"))
    ids = report.identifiers(advisory.get("ghsa_id"), advisory.get("cve_id"), _ids(advisory))
    state = clean.line(row.get("state"), 50)
    yield from _alert(
        target, ids, package, advisory,
        severity=vulnerability.get("severity") or advisory.get("severity"),
        patched=clean.mapping(vulnerability.get("first_patched_version")).get("identifier"),
        vulnerable=vulnerability.get("vulnerable_version_range"),
        manifest=dependency.get("manifest_path"), requirement=None, page=page, state=state,
        reason=row.get("dismissed_reason"), comment=row.get("dismissed_comment"),
        seen=row.get("updated_at") or row.get("created_at"),
    )  # fmt: skip


def _graph(row: dict[str, Any], target: Target) -> Iterator[Found]:
    row = clean.mapping(row.get("node")) or row
    vulnerability = clean.mapping(row.get("securityVulnerability"))
    advisory = clean.mapping(vulnerability.get("advisory")) or clean.mapping(row.get("securityAdvisory"))
    ids = report.identifiers(advisory.get("ghsaId"), _ids(advisory))
    page = None
    found = clean.whole(row.get("number"), 1)
    url = dict(target.identifiers).get("repository")
    if found and url:
        page = f"{url}/security/dependabot/{found}"
    patched = clean.mapping(vulnerability.get("firstPatchedVersion")).get("identifier")
    yield from _alert(
        target, ids, clean.mapping(vulnerability.get("package")), advisory,
        severity=vulnerability.get("severity") or advisory.get("severity"), patched=patched,
        vulnerable=vulnerability.get("vulnerableVersionRange"),
        manifest=row.get("vulnerableManifestPath") or row.get("vulnerableManifestFilename"),
        requirement=row.get("vulnerableRequirements"), page=page, state=clean.line(row.get("state"), 50),
        reason=row.get("dismissReason"), comment=row.get("dismissComment"), seen=row.get("createdAt"),
        dismissed=row.get("dismissedAt"), gone=row.get("fixedAt"),
        anchor=None if row.get("vulnerableManifestPath") else row.get("id"),
    )  # fmt: skip


def _ids(advisory: dict[str, Any]) -> list[object]:
    told = [clean.mapping(one) for one in clean.listing(advisory.get("identifiers"))[:50]]
    return [one.get("value") for one in told]


def _alert(
    target: Target, ids: tuple[str, ...], package: dict[str, Any], advisory: dict[str, Any], **told: Any
) -> Iterator[Found]:
    name = clean.line(package.get("name"), 300)
    if not ids:
        raise Unreadable("advisory", "An alert names no advisory.")
    state = (told.get("state") or "").lower()
    if state in GONE or (not state and clean.when(told.get("gone"))):
        return
    definition = ids[0]
    yield report.looked(target, checks=[f"dependabot:{definition}"])
    severities = clean.mapping(advisory.get("cvss_severities") or advisory.get("cvssSeverities"))
    cvss = [clean.mapping(advisory.get("cvss")), *(clean.mapping(one) for one in list(severities.values())[:5])]
    numbers = [one.get("score") for one in cvss if clean.score(one.get("score"))]
    vectors, score, band = report.ratings(
        (one.get("vector_string") or one.get("vectorString") for one in cvss), numbers[0] if numbers else None
    )
    weaknesses = advisory.get("cwes")
    if isinstance(weaknesses, dict):  # of the GraphQL API
        weaknesses = weaknesses.get("nodes")
    dismissed = state in ("dismissed", "auto_dismissed") or (
        not state and clean.when(told.get("dismissed")) is not None
    )
    reason = clean.line(told.get("reason"), 200)
    version = _installed(told.get("requirement"))
    fixed = clean.line(told.get("patched"), 100)
    title = clean.line(advisory.get("summary"), 400) or (f"{definition} in {name}" if name else definition)
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=title,
        kind="vulnerability",
        check=f"dependabot:{definition}",
        aliases=report.without(ids, definition),
        description=clean.text(advisory.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed and name else None,
        severity=report.severity(told.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(*(clean.mapping(one).get("cwe_id") or clean.mapping(one).get("cweId")
                          for one in clean.listing(weaknesses)[:50])),
        component=name,
        component_version=version,
        purl=purl(package.get("ecosystem"), name, version),
        fixed_version=fixed,
        path=report.path(told.get("manifest")),
        anchor=clean.line(told.get("anchor"), 200),
        evidence=clean.line(f"Vulnerable: {told['vulnerable']}", 300) if told.get("vulnerable") else None,
        references=clean.urls(
            [told.get("page"), *(clean.mapping(one).get("url") if isinstance(one, dict) else one
                                 for one in clean.listing(advisory.get("references"))[:100])], 100
        ),
        seen_at=clean.when(told.get("seen")),
        analysis=DISMISSED.get((reason or "").lower().replace(" ", "_"), "suppressed") if dismissed else None,
        analysis_detail=report.joined(reason, told.get("comment"), limit=2000, between="; ") if dismissed else None,
    )  # fmt: skip


def _installed(requirement: object) -> str | None:
    """ "= 1.2.3" is the version that is installed; any other requirement is none."""
    told = clean.line(requirement, 100)
    return told.removeprefix("=").strip() if told and told.startswith("= ") else None
