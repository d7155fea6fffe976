"""What JFrog Xray writes alike in all its reports: components, CVEs with their scores, versions with a fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Observation, Target
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

GROUP = "xray:vulnerabilities"
TYPES = {"gav": "maven", "pip": "pypi", "rpm": "rpm", "deb": "debian", "alpine": "alpine", "go": "golang"}
_RELEASES = frozenset({"rpm", "alpine"})  # scheme://release:name:version


@dataclass(frozen=True, slots=True)
class Component:
    """A component of Xray's identifier of it."""

    name: str
    version: str | None
    purl: str | None


def component(told: object) -> Component | None:
    """Of "npm://ip:2.0.0", "gav://group:artifact:1.0", "deb://debian:stretch:libx11:2:1.6.4-3",
    "alpine://3.12:openssl:1.1.1k-r0"; a name alone has no version."""
    whole = clean.line(told, 500)
    if whole is None:
        return None
    scheme, found, rest = whole.rpartition("://")
    parts = rest.split(":")
    kind = scheme.lower() if found else ""
    if kind == "deb" and len(parts) >= 4:
        name, version = parts[2], ":".join(parts[3:])
        return Component(name, version, purl(parts[0], name, version) or purl("debian", name, version))
    if kind in _RELEASES and len(parts) >= 3:
        name, version = parts[1], ":".join(parts[2:]).removeprefix("0:")
    elif kind == "gav" and len(parts) >= 3:
        name, version = ":".join(parts[:2]), parts[2]
    else:
        name, colon, version = rest.rpartition(":")
        if not colon:
            name, version = rest, ""
    return Component(name, version or None, purl(TYPES.get(kind, kind), name, version or None)) if name else None


def artifact(told: object, otherwise: str) -> Target:
    """What was scanned: an image by its name and tag, anything else by Xray's name of it."""
    whole = clean.line(told, 400)
    if whole is None:
        return Target("repository", otherwise)
    scheme, found, rest = whole.rpartition("://")
    if scheme.lower() in ("docker", "oci"):
        return Target("image", rest or otherwise)
    return Target("repository", (rest if found else whole) or otherwise)


def scores(cves: Iterable[dict[str, Any]]) -> tuple[tuple[str, ...], float | None, Any]:
    """Vectors, score and severity, newest CVSS version first: of "9.8/CVSS:3.1/AV:…" and of score and vector apart."""
    vectors: list[str] = []
    score: float | None = None
    told = list(cves)
    for version in ("v4", "v3", "v2"):
        for one in told:
            number, vector = one.get(f"cvss_{version}_score"), clean.line(one.get(f"cvss_{version}_vector"), 300)
            both = clean.line(one.get(f"cvss_{version}"), 300)
            if both:
                head, slash, tail = both.partition("/")
                number, vector = (head, tail) if slash and clean.score(head) is not None else (number, both)
            if vector:
                vectors.append(vector.removeprefix("CVSS:2.0/"))
            known = clean.score(number)
            score = score if score is not None else (known or None)
    return report.ratings(vectors, score)


def names(issue: object, cves: Iterable[dict[str, Any]], summary: object) -> tuple[str, tuple[str, ...]]:
    """The definition and its other identifiers: the CVE where there is one, else Xray's own number, else its words."""
    number = clean.line(issue, 100)
    known = report.identifiers([one.get("cve") for one in cves])
    if len(known) == 1 or (known and number is None):
        return known[0], report.identifiers(known[1:], number)
    number = number or clean.line(summary, 150)
    if number is None:
        raise Unreadable("issue_id", "An issue has neither a number nor a CVE nor a summary.")
    return number, known


def fixed_in(told: object) -> str | None:
    """Versions with the fix, of "[1.9.4]" and "≥ 1.9.4" as well."""
    values = (one.strip("[]≥ ") for one in clean.lines(told or (), 100, 10))
    return ", ".join(one for one in values if one) or None


def observation(row: dict[str, Any], cves: list[dict[str, Any]], target: Target, **more: Any) -> Observation:
    """An issue on one component; `more` are the fields that say which and where."""
    definition, aliases = names(row.get("issue_id"), cves, row.get("summary"))
    vectors, score, band = scores(cves)
    found = more.get("component")
    return Observation(
        target=target.identity,
        definition_id=definition,
        title=f"{definition} in {found}" if found else definition,
        kind="vulnerability",
        check=f"xray:{definition}",
        aliases=aliases,
        description=report.joined(row.get("summary"), row.get("description")),
        severity=report.severity(row.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(*(one.get("cwe") for one in cves)),
        references=clean.urls(clean.listing(row.get("references")), 100),
        **more,
    )
