"""Trivy JSON: image, filesystem, repository, root file system, configuration and Kubernetes reports, in
schema version 2 and in the older list without a version; vulnerabilities, misconfigurations, secrets and
licences.

Read from Trivy's own types of its report. A check that passed is no observation. What ran is told only by the
classes of results in the file: a class that is not there may have run and found nothing, so nothing is said
of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.intake.records import Coverage, Observation, Record, ScanHeader, Target, TargetKind
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Tally, Unreadable
from accord.intake.trivy import rows

Row = Callable[[dict[str, Any], rows.Place], Observation | None]

LISTS: dict[str, Row] = {
    "Vulnerabilities": rows.vulnerability,
    "Misconfigurations": rows.misconfiguration,
    "Secrets": rows.secret,
    "Licenses": rows.licence,
    "ExperimentalModifiedFindings": rows.modified,
}
KINDS: dict[str, TargetKind] = {
    "container_image": "image",
    "image": "image",
    "vm": "host",
    "filesystem": "repository",
    "repository": "repository",
    "aws_account": "account",
    "cyclonedx": "application",
    "spdx": "application",
}
WAITING = 16 * 1024 * 1024  # bytes of rows held back where a result's own name stands after them
CHECKS = 20_000  # of one target
WORKLOADS = frozenset({"Resources", "Vulnerabilities", "Misconfigurations", "Findings"})
_WITH_SYSTEM = re.compile(r"(.{1,500}) \(([a-z][^()]{1,60})\)")


@dataclass(slots=True)
class _Artifact:
    """What the top of a report says of the thing that was scanned."""

    kind: str | None = None
    name: str | None = None
    created: datetime | None = None
    version: str | None = None
    cluster: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Seen:
    """One target while its results are read."""

    target: Target
    groups: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)


def read(source: Source) -> Iterator[Record]:
    """Records of one Trivy report; IntakeError where it cannot be read."""
    artifact = _artifact(source)
    tally = Tally(source)
    yield ScanHeader("trivy", "Trivy", artifact.version, artifact.created, artifact.created, artifact.name)
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from _covered(document, _artifact_target(artifact, source), artifact, tally)
        else:
            for key in document.names():
                if key == "Results":
                    yield from _covered(document, _artifact_target(artifact, source), artifact, tally)
                elif key in WORKLOADS and artifact.cluster is not None:
                    for _ in document.each():
                        yield from _resource(document, artifact, tally)
        document.end()
    if tally.targets == 0 and artifact.cluster is None:
        target = _artifact_target(artifact, source)
        yield tally.target(target)
        yield Coverage(target.identity)
    yield from tally.end(artifact.created, None)


def _artifact(source: Source) -> _Artifact:
    """The top of the report; read to the end only where something else stands before it."""
    artifact = _Artifact()
    wanted = {"ArtifactName", "ArtifactType", "SchemaVersion"}
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            _name_in_old_list(document, artifact)
            return artifact
        for key in document.names():
            if key == "ArtifactName":
                artifact.name = clean.line(document.scalar(), 500)
            elif key == "ArtifactType":
                artifact.kind = clean.line(document.scalar(), 50)
            elif key == "CreatedAt":
                artifact.created = clean.when(document.scalar())
            elif key == "ClusterName":
                artifact.cluster = clean.line(document.scalar(), 300) or "cluster"
            elif key == "Trivy":
                artifact.version = clean.line(document.mapping().get("Version"), 50)
            elif key == "Metadata":
                artifact.metadata = document.mapping()
            wanted.discard(key)
            if key in ("Results", "Resources") and not wanted:
                break
    return artifact


def _name_in_old_list(document: JsonReader, artifact: _Artifact) -> None:
    """Before schema version 2 only the operating system's result names the image: "debian:10 (debian
    10.8)"."""
    for _ in document.each():
        for key in document.names():
            told = _WITH_SYSTEM.fullmatch(str(document.scalar() or "")[:1000]) if key == "Target" else None
            if told:
                artifact.name, artifact.kind = clean.line(told[1], 500), "image"
                artifact.metadata = {"OS": {"Name": told[2]}}
                return


def _artifact_target(artifact: _Artifact, source: Source) -> Target:
    metadata = artifact.metadata
    system = metadata.get("OS")
    told = system if isinstance(system, dict) else {}
    image = metadata.get("ImageID") or metadata.get("RepoTags")
    kind: TargetKind = KINDS.get(artifact.kind or "", "image" if image else "repository")
    if kind == "repository" and artifact.kind == "filesystem" and told:
        kind = "host"  # the root file system of a machine
    called = artifact.name
    if called is None or called.strip("./\\") == "":
        called = clean.line(metadata.get("RepoURL"), 500) or source.stem
    identifiers: list[tuple[str, str]] = []
    for scheme, found in (
        ("image-id", metadata.get("ImageID")),
        ("image-digest", metadata.get("RepoDigests")),
        ("image-tag", metadata.get("RepoTags")),
        ("repository", metadata.get("RepoURL")),
        ("commit", metadata.get("Commit")),
    ):
        identifiers += [(scheme, value) for value in clean.lines(found or (), 300, 20)]
    if kind == "repository" and called.startswith(("http://", "https://", "git@", "ssh://")):
        identifiers.append(("repository", called))
    return Target(
        kind=kind,
        name=called.partition("@sha256:")[0] if kind == "image" else called,
        identifiers=tuple(dict.fromkeys(identifiers)),
        operating_system=clean.line(f"{told.get('Family') or ''} {told.get('Name') or ''}", 200),
    )


def _resource(document: JsonReader, artifact: _Artifact, tally: Tally) -> Iterator[Record]:
    """One workload of a Kubernetes report. Its names must stand before its results."""
    told: dict[str, str | None] = {}
    metadata: dict[str, Any] = {}
    seen: _Seen | None = None
    for key in document.names():
        if key in ("Namespace", "Kind", "Name"):
            told[key] = clean.line(document.scalar(), 250)
        elif key == "Metadata":
            metadata = document.mapping()
        elif key == "Error":
            error = clean.line(document.scalar(), 300)
            if error:
                here = _workload(told, metadata, artifact).identity
                yield tally.refusal(document.pointer(), "Error", f"Trivy failed here: {error}", "Scan it again.", here)
        elif key == "Results":
            if "Kind" not in told or "Name" not in told:
                document.refuse("Kind and Name must stand before Results.", "Export the report again with Trivy.")
            seen = _Seen(_workload(told, metadata, artifact))
            yield from _results(document, seen, artifact, tally)
    if seen is not None:
        yield _coverage(seen, tally)


def _workload(told: dict[str, str | None], metadata: dict[str, Any], artifact: _Artifact) -> Target:
    parts = (artifact.cluster, told.get("Namespace"), told.get("Kind"), told.get("Name"))
    return Target(
        kind="cloud_resource",
        name="/".join(part for part in parts if part),
        identifiers=tuple(("image-tag", tag) for tag in clean.lines(metadata.get("RepoTags") or (), 300, 5)),
    )


def _covered(document: JsonReader, target: Target, artifact: _Artifact, tally: Tally) -> Iterator[Record]:
    seen = _Seen(target)
    yield from _results(document, seen, artifact, tally)
    yield _coverage(seen, tally)


def _results(document: JsonReader, seen: _Seen, artifact: _Artifact, tally: Tally) -> Iterator[Record]:
    yield tally.target(seen.target)
    for _ in document.each():
        yield from _result(document, seen, artifact, tally)


def _coverage(seen: _Seen, tally: Tally) -> Coverage:
    return Coverage(
        seen.target.identity,
        checks=frozenset(seen.checks),
        groups=frozenset(seen.groups),
        complete=tally.complete(seen.target.identity, None),
    )


def _result(document: JsonReader, seen: _Seen, artifact: _Artifact, tally: Tally) -> Iterator[Record]:
    """One result: one lock file, one configuration file, the packages of the system. Rows wait where the
    result's own name stands after them."""
    told: dict[str, str | None] = {}
    waiting: list[tuple[str, str, dict[str, Any]]] = []
    place: rows.Place | None = None
    since = 0
    for key in document.names():
        if key in ("Target", "Class", "Type"):
            told[key] = clean.line(document.scalar(), 1000)
        elif key in LISTS:
            if place is None and "Target" in told:
                place = _place(told, seen, artifact)
            for _ in document.each():
                row = document.value()
                if not isinstance(row, dict):
                    document.refuse("A finding must be an object.", "Export the report again with Trivy.")
                if place is not None:
                    yield from _row(key, document.pointer(), row, place, seen, tally)
                    continue
                since = since or document.position
                waiting.append((key, document.pointer(), row))
                if document.position - since > WAITING:
                    document.refuse("Target must stand before so many findings.", "Do not reorder the report.")
    place = _place(told, seen, artifact)
    if len(seen.groups) < CHECKS:
        seen.groups.add(place.group)
    for key, where, row in waiting:
        yield from _row(key, where, row, place, seen, tally)


def _place(told: dict[str, str | None], seen: _Seen, artifact: _Artifact) -> rows.Place:
    return rows.place(seen.target.identity, told.get("Target"), told.get("Class"), told.get("Type"), artifact.created)


def _row(key: str, where: str, row: dict[str, Any], place: rows.Place, seen: _Seen, tally: Tally) -> Iterator[Record]:
    try:
        found = LISTS[key](row, place)
    except Unreadable as problem:
        identity = seen.target.identity
        yield tally.refusal(where, problem.field, problem.problem, "Export the report again with Trivy.", identity)
        return
    if key == "Misconfigurations":
        check = rows.check_of(row)
        if check and len(seen.checks) < CHECKS:
            seen.checks.add(check)
    if found is not None:
        yield tally.observation(found)
