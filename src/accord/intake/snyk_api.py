"""Snyk issues as JSON: answers of the REST API (`/rest/orgs/…/issues`, `/rest/groups/…/issues`), read from Snyk's own
description of it (https://docs.snyk.io/snyk-api/reference/issues).

One instance per issue and package version, file or resource; definitions carry the identifiers that the command line
gives them, so both meet. An ignored issue stays, marked so. A resolved one is none: Snyk looked again and did not see
it, which is kept as coverage of that issue alone, since an answer is a page of a list, chosen by a filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

KINDS: dict[str, Kind] = {
    "package_vulnerability": "vulnerability", "license": "licence", "cloud": "misconfiguration",
    "config": "misconfiguration", "code": "code", "custom": "code",
}  # fmt: skip
ECOSYSTEMS = {"JS": "npm", "PYTHON": "pypi", "JAVA": "maven", "RUBY": "rubygems", "PHP": "composer",
              "GOLANG": "golang", "DOTNET": "nuget", "RUST": "cargo", "COCOAPODS": "cocoapods", "SWIFT": "swift",
              "HEX": "hex"}  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    yield ScanHeader("snyk-api", "Snyk")
    scan = Report(source, "Ask Snyk's API again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "data":
                yield from scan.rows(document, _issue, source.stem)
        document.end()
    yield from scan.end(None)


def _issue(row: dict[str, Any], otherwise: str) -> Iterator[Found]:
    told = clean.mapping(row.get("attributes"))
    if not told:
        raise Unreadable("attributes", "An issue says nothing of itself.")
    key, title = clean.line(told.get("key"), 200), clean.line(told.get("title"), 400)
    kind = KINDS.get(str(told.get("type")), "vulnerability")
    own = kind in ("vulnerability", "licence")  # the key is the advisory; of code and settings, that of the issue
    if (key if own else title) is None:
        raise Unreadable("key" if own else "title", "An issue has no name.")
    target = _target(clean.mapping(row.get("relationships")), otherwise)
    definition = str(key) if own else f"snyk:{title}"
    check = f"snyk:{key or title}"
    yield target
    if told.get("status") == "resolved":
        yield report.looked(target, [check])
        return
    problems = [clean.mapping(one) for one in clean.listing(told.get("problems"))[:100]]
    vectors, score, band = _ratings(told)
    classes = [clean.mapping(one).get("id") for one in clean.listing(told.get("classes"))[:50]]
    for place in _places(told) or [{}]:
        name, version = clean.line(place.get("package_name"), 300), clean.line(place.get("package_version"), 200)
        yield Observation(
            target=target.identity,
            definition_id=definition,
            title=f"{title or key} in {name}" if name else str(title or key),
            kind=kind,
            check=check,
            aliases=report.without(report.identifiers([one.get("id") for one in problems]), definition) if own else (),
            description=clean.text(told.get("description"), 20_000),
            severity=report.severity(told.get("effective_severity_level")) or band,
            cvss_vectors=vectors,
            cvss_score=score,
            cwes=clean.cwes([one for one in classes if str(one).upper().startswith("CWE")]),
            component=name,
            component_version=version,
            purl=purl(_ecosystem(key), name, version),
            path=report.path(place.get("file")),
            line=clean.whole(place.get("line"), 1),
            anchor=None if own else clean.line(place.get("resource"), 300) or key,
            references=clean.urls([one.get("url") for one in problems], 20),
            seen_at=clean.when(told.get("created_at")),
            analysis="suppressed" if told.get("ignored") is True else None,
        )


def _target(relations: dict[str, Any], otherwise: str) -> Target:
    """The project, or the cloud environment, by Snyk's number of it: the answer does not tell its name."""
    item = clean.mapping(clean.mapping(relations.get("scan_item")).get("data"))
    number = clean.line(item.get("id"), 100)
    if number is None:
        return Target("repository", otherwise)
    if item.get("type") == "environment":
        return Target("cloud_resource", number, identifiers=(("snyk-environment", number),))
    return Target("repository", number, identifiers=(("snyk-project", number),))


def _places(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each package version, place in a file or resource where the issue is."""
    found: list[dict[str, Any]] = []
    for coordinate in clean.listing(told.get("coordinates"))[:1000]:
        for one in clean.listing(clean.mapping(coordinate).get("representations"))[:1000]:
            place = clean.mapping(one)
            file, cloud = clean.mapping(place.get("sourceLocation")), clean.mapping(place.get("cloud_resource"))
            start = clean.mapping(clean.mapping(file.get("region")).get("start"))
            resource = clean.mapping(cloud.get("resource"))
            entry = {
                **clean.mapping(place.get("dependency")),
                "file": file.get("file"),
                "line": start.get("line"),
                "resource": place.get("resourcePath") or resource.get("native_id") or resource.get("id"),
            }
            if any(entry.values()) and entry not in found[-50:]:
                found.append(entry)
    return found


def _ratings(told: dict[str, Any]) -> tuple[tuple[str, ...], float | None, Any]:
    """Vectors and score, Snyk's own rating first."""
    entries = [clean.mapping(one) for one in clean.listing(told.get("severities"))[:20]]
    entries.sort(key=lambda one: one.get("source") != "Snyk")
    score = next((value for one in entries if (value := clean.score(one.get("score"))) is not None), None)
    return report.ratings([one.get("vector") for one in entries], score)


def _ecosystem(key: str | None) -> str | None:
    """Of "SNYK-PYTHON-PILLOW-5918878"; None for distributions, whose packages need more than a name."""
    parts = (key or "").split("-")
    return ECOSYSTEMS.get(parts[1]) if len(parts) > 3 and parts[0] == "SNYK" else None
