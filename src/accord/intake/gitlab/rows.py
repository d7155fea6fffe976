"""The rows of a GitLab security report, by the kind of place where they sit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Kind, Observation, Target
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

OF_A_REPOSITORY = frozenset({"sast", "secret_detection", "dependency_scanning", "coverage_fuzzing"})
OF_A_SITE = frozenset({"dast", "api_fuzzing"})
OF_AN_IMAGE = frozenset({"container_scanning", "cluster_image_scanning"})
ADVISORIES = ("cve", "ghsa", "gemnasium", "usn", "rhsa", "elsa", "osvdb", "gms", "dsa", "alas", "glam")
MANAGERS = {
    "go": "go", "npm": "npm", "yarn": "npm", "pnpm": "npm", "maven": "maven", "gradle": "maven", "sbt": "maven",
    "pip": "pypi", "pipenv": "pypi", "poetry": "pypi", "setuptools": "pypi", "uv": "pypi", "bundler": "gem",
    "composer": "composer", "nuget": "nuget", "conan": "conan", "cargo": "cargo",
}  # fmt: skip
FILES = {
    "go.sum": "go", "go.mod": "go", "package-lock.json": "npm", "package.json": "npm", "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm", "pom.xml": "maven", "build.gradle": "maven", "build.sbt": "maven",
    "requirements.txt": "pypi", "pipfile.lock": "pypi", "poetry.lock": "pypi", "uv.lock": "pypi", "gemfile.lock": "gem",
    "composer.lock": "composer", "packages.lock.json": "nuget", "conan.lock": "conan", "cargo.lock": "cargo",
}  # fmt: skip


class Place:
    """What holds for all rows: the kind of report, its tool, when, and the repository by the name of the file."""

    def __init__(self, source: Source, kind: str | None, tool: str | None, seen_at: datetime | None) -> None:
        self.type = kind
        self.tool = tool
        self.seen_at = seen_at
        self.repository = Target("repository", source.stem)


def check_of(identifier: dict[str, Any]) -> str | None:
    """The check behind an identifier: an advisory by its name, a rule by its type and value."""
    kind, value = clean.line(identifier.get("type"), 100), clean.line(identifier.get("value"), 300)
    if not kind or not value:
        return None
    return f"gitlab:{value}" if kind.lower() in ADVISORIES else f"gitlab:{kind}/{value}"


def group_of_file(path: str) -> str:
    return f"gitlab:dependencies/{path}"


def found(row: dict[str, Any], place: Place) -> Iterator[Found]:
    """One row: its target, what it shows was looked for, and the observation."""
    location = clean.mapping(row.get("location"))
    kind = _type(row, location, place)
    told = [clean.mapping(one) for one in clean.listing(row.get("identifiers"))[:100]]
    if not told and not row.get("cve") and not row.get("id"):
        raise Unreadable("identifiers", "A vulnerability has no identifier.")
    definition, check, aliases = _identity(row, told)
    target, where = _where(location, kind, place)
    fields = _common(row, told, place)
    fields.update(where)
    mark = _tracked(row)
    if mark:
        fields["anchor"] = mark
    yield target
    yield report.looked(target, [check], [where["group"]] if kind in OF_AN_IMAGE and where.get("group") else [])
    name = fields.get("component")
    title = clean.line(row.get("name") or row.get("message"), 400) or next(
        (line for one in told if (line := clean.line(one.get("name"), 400))), definition
    )
    flags = [clean.mapping(one) for one in clean.listing(row.get("flags"))[:20]]
    doubted = next((one for one in flags if one.get("type") == "flagged-as-likely-false-positive"), None)
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=f"{title} in {name}" if name and name not in title else title,
        kind=_kind(kind, definition),
        check=check,
        aliases=aliases,
        analysis="false_positive" if doubted else None,
        analysis_detail=report.joined((doubted or {}).get("description"), (doubted or {}).get("origin"), between="; "),
        **fields,
    )


def _type(row: dict[str, Any], location: dict[str, Any], place: Place) -> str:
    told = place.type or clean.line(row.get("category"), 50) or clean.line(row.get("report_type"), 50)
    if told:
        return told
    if location.get("image"):
        return "container_scanning"
    if location.get("hostname") is not None or location.get("method") is not None:
        return "dast"
    package = clean.mapping(clean.mapping(location.get("dependency")).get("package"))
    return "dependency_scanning" if package.get("name") else "sast"


def _kind(kind: str, definition: str) -> Kind:
    if kind == "secret_detection":
        return "secret"
    if kind in ("dependency_scanning", *OF_AN_IMAGE):
        return "vulnerability"
    return "vulnerability" if definition.startswith(("CVE-", "GHSA-")) else "code"


def _identity(row: dict[str, Any], told: list[dict[str, Any]]) -> tuple[str, str, tuple[str, ...]]:
    """Definition, check and aliases: a CVE or other advisory first, else the tool's own rule, never a CWE."""
    known = {str(one.get("type")).lower(): one for one in reversed(told)}
    advisories = report.identifiers([known[kind].get("value") for kind in ("cve", "ghsa") if kind in known])
    others = [one for one in told if str(one.get("type")).lower() not in ("cwe", "owasp", "capec", "wasc")]
    own = next((check for one in others if (check := check_of(one))), None)
    listed = report.identifiers(
        [one.get("value") for one in told if str(one.get("type")).lower() in ADVISORIES],
        [one.get("name") for one in others],
    )
    if advisories:
        return advisories[0], f"gitlab:{advisories[0]}", report.without(listed, advisories[0])
    words = clean.line(row.get("cve") or row.get("id"), 300)
    check = own or next((check for one in told if (check := check_of(one))), None) or f"gitlab:{words}"
    return check, check, report.without(listed, check)


def _common(row: dict[str, Any], told: list[dict[str, Any]], place: Place) -> dict[str, Any]:
    vectors = [clean.mapping(one) for one in clean.listing(row.get("cvss_vectors"))[:10]]
    known, score, band = report.ratings(one.get("vector") for one in vectors)
    links = [clean.mapping(one).get("url") for one in (*clean.listing(row.get("links"))[:100], *told)]
    evidence = clean.mapping(row.get("evidence"))
    return {
        "description": clean.text(row.get("description"), 20_000),
        "solution": clean.text(row.get("solution"), 5000),
        "severity": report.severity(row.get("severity")) or band,
        "cvss_vectors": known,
        "cvss_score": score,
        "cwes": clean.cwes([one.get("value") for one in told if str(one.get("type")).lower() == "cwe"]),
        "references": clean.urls(links, 100),
        "evidence": report.joined(evidence.get("summary"), limit=5000),
        "seen_at": clean.when(row.get("discovered_at")) or place.seen_at,
    }


def _where(location: dict[str, Any], kind: str, place: Place) -> tuple[Target, dict[str, Any]]:
    if kind in OF_AN_IMAGE:
        return _image(location, place)
    if kind in OF_A_SITE:
        return _site(location, place)
    if kind == "dependency_scanning":
        path = report.path(location.get("file"))
        manager = FILES.get((path or "").rpartition("/")[2].lower())
        return place.repository, {**_package(location, manager), "path": path,
                                  "group": group_of_file(path) if path else None}  # fmt: skip
    commit = clean.mapping(location.get("commit"))
    line = clean.whole(location.get("start_line"), 1)
    inside = clean.line(location.get("class"), 300), clean.line(location.get("method"), 300)
    fields: dict[str, Any] = {"path": report.path(location.get("file")), "line": line}
    mark = ".".join(part for part in inside if part)
    if mark or commit.get("sha"):
        fields["anchor"] = "@".join(
            part for part in (mark, clean.line(commit.get("sha"), 100), str(line or "")) if part
        )
    return place.repository, fields


def _tracked(row: dict[str, Any]) -> str | None:
    """The mark by which GitLab itself recognizes a place in the code when lines move."""
    for item in clean.listing(clean.mapping(row.get("tracking")).get("items"))[:20]:
        signs = [clean.mapping(one) for one in clean.listing(clean.mapping(item).get("signatures"))[:20]]
        known = {str(one.get("algorithm")): clean.line(one.get("value"), 300) for one in signs}
        found = known.get("scope_offset") or known.get("location") or known.get("hash")
        if found:
            return found
    return None


def _image(location: dict[str, Any], place: Place) -> tuple[Target, dict[str, Any]]:
    told = clean.line(location.get("image"), 400)
    name, _, digest = (told or "").partition("@")
    identifiers = [("image-digest", digest)] if digest.startswith("sha256:") else []
    identifiers += [("image-tag", name)] if ":" in name.rpartition("/")[2] else []
    target = Target("image", name or place.repository.name, identifiers=tuple(identifiers),
                    operating_system=_system(location))  # fmt: skip
    workload = clean.mapping(location.get("kubernetes_resource"))
    container = "/".join(part for key in ("namespace", "kind", "name", "container_name")
                         if (part := clean.line(workload.get(key), 200)))  # fmt: skip
    system = (target.operating_system or "").partition(":")[0]
    return target, {**_package(location, system), "path": container or None, "group": "gitlab:container_scanning"}


def _system(location: dict[str, Any]) -> str | None:
    told = clean.line(location.get("operating_system"), 200)
    return None if told is None or told.lower() == "unknown" else told


def _package(location: dict[str, Any], ecosystem: str | None) -> dict[str, Any]:
    dependency = clean.mapping(location.get("dependency"))
    name = clean.line(clean.mapping(dependency.get("package")).get("name"), 300)
    version = clean.line(dependency.get("version"), 200)
    found = purl(MANAGERS.get(ecosystem or "", ecosystem), name, version)
    return {"component": name, "component_version": version, "purl": found}


def _site(location: dict[str, Any], place: Place) -> tuple[Target, dict[str, Any]]:
    told = clean.line(location.get("hostname"), 500)
    parameter = clean.line(location.get("param"), 200)
    fields: dict[str, Any] = {
        "path": clean.line(location.get("path"), 1000),
        "anchor": " ".join(part for part in (clean.line(location.get("method"), 20), parameter) if part) or None,
    }
    if told is None:
        return Target("application", place.repository.name), fields
    try:
        parts = urlsplit(told if "://" in told else f"//{told}")
        host, port = clean.hostname(parts.hostname or ""), parts.port
    except ValueError:
        return Target("application", told), fields
    port = port or {"http": 80, "https": 443}.get(parts.scheme)
    fields.update({"port": clean.port(port), "protocol": "tcp" if port else None})
    return Target("application", told.rstrip("/") or told, hostnames=(host,) if host else ()), fields
