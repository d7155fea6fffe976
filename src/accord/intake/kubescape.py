"""Kubescape JSON (`kubescape scan --format json --format-version v2`), read from the types of its opa-utils.

One instance per rule of a control and resource that failed it (a control has one rule or several); rules that passed
on a resource are evidence that they ran there. A failure that an exception excuses stays, marked as suppressed. The
severity is the one that Kubescape derives from the control's score factor. Two passes: resources and the summary
first, then the results.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import mark
from accord.intake.records import Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

BANDS: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (1.0, "low"))


@dataclass(frozen=True, slots=True)
class _Resource:
    """A target, its file, and a mark where several resources (a subject with its roles) make one."""

    target: Target
    path: str | None
    mark: str | None


class _Known:
    """What results point to: resources (target and file) by identifier, score factors by control."""

    def __init__(self) -> None:
        self.cluster: str | None = None
        self.made: Any = None
        self.resources: dict[str, _Resource] = {}
        self.factors: dict[str, float | None] = {}


def read(source: Source) -> Iterator[Record]:
    """Records of one Kubescape report; IntakeError where it cannot be read."""
    known = _collect(source)
    yield ScanHeader("kubescape", "Kubescape", None, known.made, known.made, known.cluster)
    scan = Report(source, "Run Kubescape again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "results":
                yield from scan.rows(document, _result, known, source)
    if not scan.tally.targets:
        yield from scan.add([Target("cloud_resource", known.cluster or source.stem)])
    yield from scan.end(known.made)


def _collect(source: Source) -> _Known:
    known = _Known()
    listed: list[dict[str, Any]] = []
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "clusterName":
                known.cluster = clean.line(document.scalar(), 300) or known.cluster
            elif key == "generationTime":
                known.made = clean.when(document.scalar())
            elif key == "metadata":
                told = document.mapping()
                context = clean.mapping(clean.mapping(told.get("targetMetadata")).get("clusterContextMetadata"))
                context = context or clean.mapping(told.get("clusterMetadata"))
                known.cluster = known.cluster or clean.line(context.get("contextName"), 300)
            elif key == "summaryDetails":
                for part in document.names():
                    if part == "controls":
                        for number, control in list(document.mapping().items())[:10_000]:
                            known.factors[number[:200]] = clean.number(clean.mapping(control).get("scoreFactor"))
            elif key == "resources":
                for row in report.objects(document):
                    listed.append(_resource(row, source))
        document.end()
    for one in listed:
        if one["id"]:
            target = _target(one, known.cluster)
            known.resources[one["id"]] = _Resource(target, one["path"], mark(one["id"]) if one["related"] else None)
    return known


def _resource(row: dict[str, Any], source: Source) -> dict[str, Any]:
    inner = clean.mapping(row.get("object"))
    metadata, place = clean.mapping(inner.get("metadata")), clean.mapping(row.get("source"))
    found = {
        "id": clean.line(row.get("resourceID"), 1000),
        "kind": clean.line(inner.get("kind"), 200),
        "name": clean.line(metadata.get("name") or inner.get("name"), 300),
        "namespace": clean.line(metadata.get("namespace") or inner.get("namespace"), 300),
        "path": report.path(place.get("relativePath") or place.get("path")),
        "related": "yes" if inner.get("relatedObjects") else None,
    }
    source.hold(500 + sum(len(one or "") for one in found.values()))
    return found


def _target(told: dict[str, Any], cluster: str | None) -> Target:
    if not told["kind"] or not told["name"]:
        return Target("cloud_resource", _named(told["id"], cluster))
    parts = (cluster, told["namespace"], told["kind"], told["name"])
    return Target("cloud_resource", "/".join(part for part in parts if part))


def _named(identifier: str, cluster: str | None) -> str:
    """A name out of "path=1234/api=apps/v1/default/Deployment/x" (the number is a hash of the file's path)."""
    parts = [one for one in identifier.split("/") if one and not one.startswith("path=")]
    return "/".join(([cluster] if cluster else []) + parts) or identifier


def _result(row: dict[str, Any], known: _Known, source: Source) -> Iterator[Found]:
    identifier = clean.line(row.get("resourceID"), 1000)
    if identifier is None:
        raise Unreadable("resourceID", "The identifier of a resource is missing.")
    place = known.resources.get(identifier)
    if place is None:
        place = _Resource(Target("cloud_resource", _named(identifier, known.cluster)), None, None)
    yield place.target
    for control in clean.listing(row.get("controls") or row.get("associatedControls"))[:10_000]:
        control = clean.mapping(control)
        number = clean.line(control.get("controlID"), 200)
        if number is None:
            yield Unreadable("controlID", "The identifier of a control is missing.")
            continue
        told = clean.mapping(control.get("status"))
        rules = [clean.mapping(one) for one in clean.listing(control.get("rules"))[:1000]]
        for rule in rules or [{}]:
            status, excused = _status(told, rule)
            name = clean.line(rule.get("name"), 200)
            check = f"kubescape:{number}/{name}" if name else f"kubescape:{number}"
            if status in ("passed", "failed"):
                yield report.looked(place.target, [check])
            if status == "failed" or excused:
                yield _observation((control, number), (rule, name, check), place, known, excused)


def _status(control: dict[str, Any], rule: dict[str, Any]) -> tuple[str, bool]:
    """The status of a rule on a resource (that of its control where it has none), and whether an exception excuses
    a failure."""
    whole = str(control.get("status") or "")
    status = str(rule.get("status") or whole)
    excepted = "w/exceptions" in (control.get("subStatus"), rule.get("subStatus")) or status == "excluded"
    excused = excepted and (status in ("failed", "excluded") or whole != "failed")
    if status == "failed" and whole in ("passed", "skipped") and not excepted:
        return whole, False
    return status, excused


def _observation(
    of: tuple[dict[str, Any], str],
    by: tuple[dict[str, Any], str | None, str],
    place: _Resource,
    known: _Known,
    excused: bool,
) -> Observation:
    (control, number), (rule, name, check) = of, by
    factor = clean.number(control.get("scoreFactor"))
    factor = known.factors.get(number) if factor is None else factor
    severity = report.severity(control.get("severity"))
    if severity is None and factor is not None:
        severity = next((band for floor, band in BANDS if factor >= floor), None)
    parts = (name, place.mark)
    return Observation(
        target=place.target.identity,
        definition_id=f"kubescape:{number}",
        title=clean.line(control.get("name"), 400) or number,
        kind="misconfiguration",
        check=check,
        severity=severity,
        path=place.path,
        anchor="@".join(part for part in parts if part) or None,
        evidence=_paths(rule),
        references=clean.urls([f"https://hub.armosec.io/docs/{number.lower()}"] if number.startswith("C-") else [], 1),
        seen_at=known.made,
        analysis="suppressed" if excused else None,
    )


def _paths(rule: dict[str, Any]) -> str | None:
    """Where in the resource it failed and what would fix it."""
    words: dict[str, None] = {}
    for entry in clean.listing(rule.get("paths"))[:50]:
        entry = clean.mapping(entry)
        fix = clean.mapping(entry.get("fixPath"))
        if fix.get("path"):
            words[f"{clean.line(fix['path'], 300)} = {clean.line(fix.get('value'), 200) or '?'}"] = None
        elif entry.get("failedPath"):
            words[f"{clean.line(entry['failedPath'], 300)}"] = None
    return clean.text("\n".join(words), 4000)
