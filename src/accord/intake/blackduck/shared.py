"""What Black Duck says of a vulnerability of a component, in CSV and JSON alike."""

from __future__ import annotations

from collections.abc import Mapping

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Analysis, Observation, Target
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

GROUP = "blackduck:vulnerabilities"
STATES: dict[str, Analysis] = {
    "IGNORED": "suppressed",
    "MITIGATED": "suppressed",
    "DUPLICATE": "suppressed",
    "PATCHED": "resolved",
    "REMEDIATION_COMPLETE": "resolved",
    "NOT_AFFECTED": "not_affected",
    "NEEDS_REVIEW": "in_triage",
}
# Black Duck's names of where a component comes from, as package ecosystems.
ORIGINS = {"npmjs": "npm", "npm": "npm", "maven": "maven", "nuget": "nuget", "pypi": "pypi", "rubygems": "gem",
           "golang": "golang", "go_mod": "golang", "crates": "cargo", "packagist": "composer", "hex": "hex",
           "cocoapods": "cocoapods", "debian": "debian", "ubuntu": "ubuntu", "alpine": "alpine", "centos": "centos",
           "redhat": "red hat", "fedora": "fedora", "amazonlinux": "amazonlinux"}  # fmt: skip
_SYSTEM = frozenset({"debian", "ubuntu", "alpine", "centos", "red hat", "fedora", "amazonlinux"})


def package(origin: object, identifier: object) -> str | None:
    """The package URL of an origin: "maven" with "group:artifact:1.0", "npmjs" with "name/1.0", "debian" with
    "name/1.0/amd64"."""
    ecosystem = ORIGINS.get((clean.line(origin, 50) or "").lower())
    told = clean.line(identifier, 400)
    if ecosystem is None or told is None:
        return None
    parts = told.split(":" if ecosystem == "maven" and ":" in told else "/")
    if len(parts) < 2:
        return None
    if ecosystem in _SYSTEM:
        return purl(ecosystem, parts[0], parts[1])
    return purl(ecosystem, (":" if ecosystem == "maven" else "/").join(parts[:-1]), parts[-1])


def vulnerable(told: Mapping[str, object], component: Mapping[str, object], target: Target) -> Observation:
    """One vulnerability. "BDSA-2031-1 (CVE-2031-1001)" is the CVE; a bare number is one of VulnDB."""
    whole = clean.line(told.get("name"), 150)
    name = clean.line(component.get("name"), 300)
    if whole is None or name is None:
        raise Unreadable("Vulnerability id", "The row names no vulnerability or no component.")
    cves = clean.cves(whole)
    bare = whole.partition(" (")[0].strip()
    bare = f"VULNDB-{bare}" if bare.isdecimal() else bare
    related = clean.lines(told.get("related") or (), 100, 10)
    ids = report.identifiers(cves, related, bare)
    definition = ids[0]
    status = (clean.line(told.get("status"), 50) or "").upper().replace(" ", "_")
    analysis = STATES.get(status)
    _, score, band = report.ratings([], told.get("score"))
    return Observation(
        target=target.identity,
        definition_id=definition,
        title=f"{definition} in {name}",
        kind="vulnerability",
        check=f"blackduck:{definition}",
        aliases=report.without(ids, definition),
        description=clean.text(told.get("description"), 20_000),
        severity=report.severity(told.get("severity")) or band,
        cvss_score=score,
        cwes=clean.cwes(told.get("cwe") or ()),
        component=name,
        component_version=clean.line(component.get("version"), 200),
        purl=package(component.get("origin"), component.get("origin_id")),
        references=clean.urls([told.get("url")], 5),
        group=GROUP,
        analysis=analysis,
        analysis_detail=clean.line(told.get("comment"), 500) if analysis else None,
    )
