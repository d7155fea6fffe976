"""Wiz CLI JSON (`wizcli … --format json`): scans of directories, container images and infrastructure as code, read from
Wiz's description of the result (https://docs.wiz.io/docs/wiz-cli-overview) and the types of its API.

Packages, applications and binaries give one instance per vulnerability and place, secrets one per kind and place, rules
and settings of a host one per rule and resource, kinds of sensitive data one per kind. Which checks the policies left
out is not told: beyond the rules that matched nothing is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import mark
from accord.intake.purl import ecosystem_of, purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one scan; IntakeError where it cannot be read."""
    top = report.head(source, ("createdAt", "status", "scanOriginResource"))
    made = clean.when(top.get("createdAt"))
    target = _target(clean.mapping(top.get("scanOriginResource")), source.stem)
    state = clean.line(clean.mapping(top.get("status")).get("state"), 50)
    yield ScanHeader("wiz-cli", "Wiz CLI", None, made, made, target.name)
    scan = Report(source, "Run Wiz CLI again.")
    yield from scan.add([target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "result":
                for part in document.names():
                    if part in READERS:
                        yield from scan.rows(document, READERS[part], target.identity, target=target.identity)
                    elif part == "hostConfiguration":
                        yield from _host(document, scan, target)
        document.end()
    yield from scan.end(made, None if state in (None, "SUCCESS") else False)


def _target(origin: dict[str, Any], otherwise: str) -> Target:
    """An image by its name, a directory by its path; a scan of infrastructure as code names only its own time."""
    kind, name = str(origin.get("__typename")), clean.line(origin.get("name"), 400)
    if kind.endswith("ContainerImage"):
        told = (("image-id", origin.get("id")), ("image-digest", origin.get("digest")))
        known = tuple((scheme, value) for scheme, one in told if (value := clean.line(one, 300)))
        return Target("image", name or otherwise, identifiers=known)
    if kind.endswith("IAC") or name is None or not name.strip("./\\"):
        return Target("repository", otherwise)
    return Target("host", name) if "VirtualMachine" in kind else Target("repository", name)


def _package(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """A package, library or binary with its vulnerabilities."""
    place = report.path(row.get("path"))
    yield from _each(
        row, [(one, place, row.get("version")) for one in clean.listing(row.get("vulnerabilities"))], identity
    )


def _application(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """An installed application: each vulnerability tells at which path and in which version it was seen."""
    rows = [clean.mapping(one) for one in clean.listing(row.get("vulnerabilities"))]
    places = [(one.get("vulnerability"), report.path(one.get("path")), one.get("version")) for one in rows]
    yield from _each(row, places, identity)


def _each(row: dict[str, Any], told: list[tuple[Any, str | None, Any]], identity: str) -> Iterator[Found]:
    yield from report.apart(
        _vulnerability(clean.mapping(one), row, place, version, identity) for one, place, version in told
    )


def _vulnerability(
    told: dict[str, Any], row: dict[str, Any], place: str | None, version: object, identity: str
) -> Iterator[Found]:
    identifier = clean.line(told.get("name"), 200)
    if identifier is None:
        raise Unreadable("vulnerabilities", "A vulnerability has no name.")
    name, number = clean.line(row.get("name"), 300), clean.line(version, 200)
    fixed = clean.line(told.get("fixedVersion"), 200)
    score = clean.score(told.get("score"))
    yield Observation(
        target=identity,
        definition_id=identifier,
        title=f"{identifier} in {name}" if name else identifier,
        kind="vulnerability",
        check=f"wizcli:{identifier}",
        aliases=report.without(clean.advisories(clean.line(told.get("source"), 500) or ""), identifier),
        description=clean.text(told.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if name and fixed else None,
        severity=report.severity(told.get("severity")) or report.ratings([], score)[2],
        cvss_score=score,
        component=name,
        component_version=number,
        purl=purl(ecosystem_of(place), name, number),
        fixed_version=fixed,
        path=place,
        references=clean.urls([told.get("source")], 5),
    )


def _secret(row: dict[str, Any], identity: str) -> Iterator[Found]:
    kind = clean.line(row.get("type"), 100)
    if kind is None:
        raise Unreadable("type", "A secret has no type.")
    words = clean.line(row.get("description"), 300)
    yield Observation(
        target=identity,
        definition_id=f"wizcli:secret/{kind}",
        title=f"Secret: {kind.replace('_', ' ').lower()}",
        kind="secret",
        check=f"wizcli:secret/{kind}",
        solution="Withdraw the secret, and put a new one into a secret store.",
        severity=report.severity(row.get("severity")) or "high",
        cwes=("CWE-798",),
        path=report.path(row.get("path")),
        line=clean.whole(row.get("lineNumber"), 1),
        anchor=mark(words, str(row.get("lineNumber"))),
        evidence=words if words and "REDACTED" in words else None,
    )


def _rule(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """A rule of infrastructure as code with the resources that break it."""
    rule = clean.mapping(row.get("rule"))
    number, name = clean.line(rule.get("shortId") or rule.get("id"), 100), clean.line(rule.get("name"), 400)
    if number is None and name is None:
        raise Unreadable("rule", "A rule has no name.")
    check = f"wizcli:{name or number}"
    yield report.looked(identity, [check])
    for one in clean.listing(row.get("matches")):
        match = clean.mapping(one)
        resource = clean.line(match.get("resourceName"), 300)
        yield Observation(
            target=identity,
            definition_id=check,
            title=name or f"Wiz rule {number}",
            kind="misconfiguration",
            check=check,
            description=clean.text(rule.get("description"), 20_000),
            solution=report.joined(match.get("expected"), match.get("remediationInstructions")),
            severity=report.severity(row.get("severity")),
            component=resource,
            path=report.path(match.get("fileName")),
            line=clean.whole(match.get("lineNumber"), 1),
            anchor=mark(match.get("matchContent"), match.get("found")),
            evidence=report.joined(match.get("found"), match.get("matchContent"), limit=5000, between="\n"),
        )


def _data(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """A kind of sensitive data that lies where it should not."""
    kind = clean.mapping(row.get("dataClassifier"))
    name = clean.line(kind.get("name") or kind.get("id"), 200)
    if name is None:
        raise Unreadable("dataClassifier", "A finding of data names no kind.")
    examples = [clean.mapping(one).get("path") for one in clean.listing(row.get("examples"))[:50]]
    yield Observation(
        target=identity,
        definition_id=f"wizcli:data/{name}",
        title=f"Sensitive data: {name}",
        kind="misconfiguration",
        check=f"wizcli:data/{name}",
        severity=report.severity(row.get("severity")),
        evidence=report.joined(*examples, limit=5000, between="\n"),
    )


def _host(document: JsonReader, scan: Report, target: Target) -> Iterator[Record]:
    for key in document.names():
        if key == "hostConfigurationFindings":
            yield from scan.rows(document, _setting, target.identity, target=target.identity)


def _setting(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """A rule for the settings of a host; one that was not broken says that it ran."""
    rule = clean.mapping(row.get("rule"))
    name = clean.line(rule.get("name") or rule.get("id"), 400)
    if name is None:
        raise Unreadable("rule", "A rule has no name.")
    check, status = f"wizcli:{name}", str(row.get("status")).upper()
    if status in ("PASS", "PASSED", "FAIL", "FAILED"):
        yield report.looked(identity, [check])
    if not status.startswith("FAIL"):
        return
    yield Observation(
        target=identity,
        definition_id=check,
        title=name,
        kind="misconfiguration",
        check=check,
        description=clean.text(rule.get("description"), 20_000),
        severity=report.severity(row.get("severity")),
    )


READERS: dict[str, Callable[..., Iterator[Found]]] = {
    "osPackages": _package, "libraries": _package, "cpes": _package, "applications": _application,
    "secrets": _secret, "ruleMatches": _rule, "dataFindings": _data,
}  # fmt: skip
