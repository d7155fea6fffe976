"""Reports of the Trivy operator, as `kubectl get … -o json` writes them: one report, a List, or several lists by name.
Read from the operator's custom resource definitions (aquasecurity.github.io/v1alpha1).

Vulnerability, configuration audit, RBAC and infrastructure assessment, exposed secret and compliance reports; a bill
of materials only names its workload. Targets are the workloads. A report covers its container for vulnerabilities
and secrets, and the checks that it lists, passed or failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.trivy.rows import check_of

LABEL = "trivy-operator."
API = "aquasecurity.github.io"


def read(source: Source) -> Iterator[Record]:
    """Records of one file of reports; IntakeError where it cannot be read."""
    yield ScanHeader("trivy-operator", "Trivy")
    scan = Report(source, "Get the report again with kubectl.")
    made: list[datetime] = []
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _report, made)
        else:
            yield from _object(document, scan, made)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("cloud_resource", source.stem)])
    yield from scan.end(max(made) if made else None)


def _object(document: JsonReader, scan: Report, made: list[datetime]) -> Iterator[Record]:
    """A List, lists by the name of their kind, or one report (its few entries are kept)."""
    one: dict[str, Any] = {}
    for key in document.names():
        if key == "items" or API in key:
            yield from scan.rows(document, _report, made)
        else:
            one[key] = document.value()
    if "report" in one or "status" in one:
        yield from scan.add(_report(one, made), "the document")


def _report(row: dict[str, Any], made: list[datetime]) -> Iterator[Found]:
    metadata = clean.mapping(row.get("metadata"))
    kind = clean.line(row.get("kind"), 100) or ""
    told = clean.mapping(row.get("report"))
    status = clean.mapping(row.get("status"))
    when = clean.when(told.get("updateTimestamp") or status.get("updateTimestamp"))
    when = when or clean.when(metadata.get("creationTimestamp"))
    if when and len(made) < 100_000:
        made.append(when)
    target, container = _target(metadata, kind, told)
    yield target
    place = _Place(target, container, kind, when)
    if kind.endswith("ComplianceReport"):
        yield from _compliance(row, status, place)
        return
    lists: tuple[tuple[str, Callable[[dict[str, Any], _Place], Iterator[Found]]], ...] = (
        ("vulnerabilities", _vulnerability),
        ("checks", _check),
        ("secrets", _secret),
    )
    for name, read in lists:
        entries = clean.listing(told.get(name))
        if isinstance(told.get(name), (list, dict)):
            if name != "checks":
                yield report.looked(target, groups=[place.group])
            yield from report.apart(read(clean.mapping(entry), place) for entry in entries[:100_000])


class _Place:
    """Where the rows of a report sit."""

    __slots__ = ("container", "group", "seen_at", "target")

    def __init__(self, target: Target, container: str | None, kind: str, seen_at: datetime | None) -> None:
        self.target = target
        self.container = container
        self.group = f"trivy-operator:{kind}" + (f"/{container}" if container else "")
        self.seen_at = seen_at


def _target(metadata: dict[str, Any], kind: str, told: dict[str, Any]) -> tuple[Target, str | None]:
    labels = clean.mapping(metadata.get("labels"))
    annotations = clean.mapping(metadata.get("annotations"))

    def label(name: str) -> str | None:
        return clean.line(labels.get(LABEL + name) or annotations.get(LABEL + name), 250)

    parts = (label("resource.namespace") or clean.line(metadata.get("namespace"), 250), label("resource.kind"),
             label("resource.name"))  # fmt: skip
    name = "/".join(part for part in parts if part) if parts[1] else None
    name = name or clean.line(metadata.get("name"), 250) or kind or "cluster"
    artifact, registry = clean.mapping(told.get("artifact")), clean.mapping(told.get("registry"))
    repository = clean.line(artifact.get("repository"), 300)
    found = []
    if repository:
        server = clean.line(registry.get("server"), 200)
        image = f"{server}/{repository}" if server else repository
        tag, digest = clean.line(artifact.get("tag"), 200), clean.line(artifact.get("digest"), 200)
        found = [("image-tag", f"{image}:{tag}")] if tag else []
        found += [("image-digest", digest)] if digest else []
    system = clean.mapping(told.get("os"))
    words = clean.line(f"{system.get('family') or ''} {system.get('name') or ''}", 200)
    return Target("cloud_resource", name, identifiers=tuple(found), operating_system=words), label("container.name")


def _vulnerability(row: dict[str, Any], place: _Place) -> Iterator[Found]:
    identifier = clean.line(row.get("vulnerabilityID"), 200)
    if identifier is None:
        raise Unreadable("vulnerabilityID", "The identifier of a vulnerability is missing.")
    name, version = clean.line(row.get("resource"), 300), clean.line(row.get("installedVersion"), 200)
    fixed = clean.line(row.get("fixedVersion"), 300)
    inside = clean.line(row.get("packagePath"), 500) or (
        None if row.get("class") in (None, "os-pkgs") else clean.line(row.get("target"), 500)
    )
    told = clean.mapping(row.get("cvss"))
    vectors, score, band = report.ratings(
        (
            vector
            for one in told.values()
            for key, vector in clean.mapping(one).items()
            if key.lower().endswith("vector")
        ),
        row.get("score"),
    )
    yield Observation(
        target=place.target.identity,
        definition_id=identifier,
        title=clean.line(row.get("title"), 500) or (f"{identifier} in {name}" if name else identifier),
        kind="vulnerability",
        check=f"trivy:{identifier}",
        description=clean.text(row.get("description"), 20_000),
        solution=f"Upgrade {name or 'the package'} to {fixed}." if fixed else None,
        severity=report.severity(row.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        purl=clean.line(row.get("packagePURL"), 500) or purl(row.get("packageType"), name, version),
        fixed_version=fixed,
        path="/".join(part for part in (place.container, inside) if part) or None,
        references=clean.urls([row.get("primaryLink"), *clean.listing(row.get("links"))], 100),
        seen_at=place.seen_at,
        group=place.group,
    )


def _check(row: dict[str, Any], place: _Place) -> Iterator[Found]:
    title = clean.line(row.get("title"), 400)
    check = check_of({"ID": row.get("checkID") or row.get("id")}) or (f"trivy:{title}" if title else None)
    if check is None:
        raise Unreadable("checkID", "The identifier of a check is missing.")
    yield report.looked(place.target, checks=[check])
    if row.get("success") is True:
        return
    yield _misconfiguration(row, check, title or check, place, report.severity(row.get("severity")))


def _misconfiguration(row: dict[str, Any], check: str, title: str, place: _Place, severity: Any) -> Observation:
    messages = "\n".join(clean.lines(row.get("messages") or (), 1000, 50)) or None
    return Observation(
        target=place.target.identity,
        definition_id=check,
        title=title,
        kind="misconfiguration",
        check=check,
        aliases=report.without(clean.lines([row.get("checkID")], 100, 1), check),
        description=clean.text(row.get("description"), 20_000),
        solution=clean.text(row.get("remediation"), 5000),
        severity=severity,
        path=clean.line(row.get("target"), 500),
        evidence=messages,
        seen_at=place.seen_at,
    )


def _secret(row: dict[str, Any], place: _Place) -> Iterator[Found]:
    rule = clean.line(row.get("ruleID"), 200)
    if rule is None:
        raise Unreadable("ruleID", "The rule of a secret is missing.")
    path = clean.line(row.get("target"), 800)
    yield Observation(
        target=place.target.identity,
        definition_id=f"trivy:secret/{rule}",
        title=clean.line(row.get("title"), 400) or rule,
        kind="secret",
        check=f"trivy:secret/{rule}",
        description=clean.line(row.get("category"), 200),
        solution="Withdraw the secret, put a new one into a secret store, and remove it from the image.",
        severity=report.severity(row.get("severity")),
        path="/".join(part for part in (place.container, path) if part) or None,
        anchor=clean.line(row.get("match"), 200),
        evidence=clean.text(row.get("match"), 2000),
        seen_at=place.seen_at,
        group=place.group,
    )


def _compliance(row: dict[str, Any], status: dict[str, Any], place: _Place) -> Iterator[Found]:
    """The details where the report has them (each failed check at its target), else the failed controls."""
    details = clean.mapping(status.get("detailReport"))
    for control in clean.listing(details.get("results"))[:10_000]:
        control = clean.mapping(control)
        for entry in clean.listing(control.get("checks"))[:100_000]:
            entry = clean.mapping(entry)
            number = clean.line(control.get("id"), 100)
            check = check_of({"ID": entry.get("checkID")}) or (f"trivy:control/{number}" if number else None)
            if check is None:
                yield Unreadable("checkID", "The identifier of a check is missing.")
                continue
            yield report.looked(place.target, checks=[check])
            if entry.get("success") is not True:
                title = clean.line(entry.get("title") or control.get("name"), 400) or check
                severity = report.severity(entry.get("severity")) or report.severity(control.get("severity"))
                yield _misconfiguration(entry, check, title, place, severity)
    benchmark = clean.line(clean.mapping(status.get("summaryReport")).get("id"), 100) or place.target.name
    for control in clean.listing(clean.mapping(status.get("summaryReport")).get("controlCheck"))[:10_000]:
        control = clean.mapping(control)
        number, failed = clean.line(control.get("id"), 100), clean.whole(control.get("totalFail"))
        if number is None:
            yield Unreadable("controlCheck.id", "The identifier of a control is missing.")
            continue
        check = f"trivy:{benchmark}/{number}"
        if failed is None:
            continue
        yield report.looked(place.target, checks=[check])
        if failed > 0:
            entry = {"messages": [f"{failed:,} checks failed."], "description": control.get("description")}
            title = clean.line(control.get("name"), 400) or check
            yield _misconfiguration(entry, check, title, place, report.severity(control.get("severity")))
