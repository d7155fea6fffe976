"""Prisma Cloud Compute (Twistlock) as JSON: results of `twistcli images scan` and `hosts scan`, and answers of the API
for images (`/api/v1/images`), CI scans and hosts, read from Palo Alto's description of them
(https://pan.dev/prisma-cloud/api/cwpp/images/).

One instance per vulnerability and package, and one per compliance check that failed. What was scanned is covered as a
whole, unless the file lists fewer than it counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.places import host
from accord.intake.prisma.shared import COMPLIANCE, VULNERABILITIES, check_failed, vulnerable
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

SMALL = frozenset({"repoTag", "vulnerabilityDistribution", "complianceDistribution"})
LISTS = {"vulnerabilities": "vulnerabilities", "compliances": "compliances", "complianceIssues": "compliances"}


def read(source: Source) -> Iterator[Record]:
    """Records of one file; IntakeError where it cannot be read."""
    yield ScanHeader("prisma", "Prisma Cloud")
    scan = Report(source, "Scan or export again.")
    with source.open() as reader:
        document = JsonReader(reader)
        told = [_described(document, source) for _ in _each(document)]
        document.end()
    with source.open() as reader:
        document = JsonReader(reader)
        for _, row in zip(_each(document), told, strict=False):
            yield from _scanned(document, row, scan, source)
    if not scan.tally.targets:
        yield from scan.add([Target("image", source.stem)])
    yield from scan.end(None)


def _each(document: JsonReader) -> Iterator[int]:
    """Stands before each thing that was scanned."""
    if document.peek() == "[":
        yield from document.each()
        return
    for key in document.names():
        if key == "results":
            yield from document.each()


def _described(document: JsonReader, source: Source) -> dict[str, Any]:
    """What a thing that was scanned says of itself, without its lists: packages alone can be larger than a record."""
    source.hold(1000)
    found: dict[str, Any] = {}
    for key in document.names():
        if key == "entityInfo":
            found |= _described(document, source)
        elif key in SMALL:
            found[key] = document.mapping()
        elif document.peek() not in ("{", "["):
            found.setdefault(key, document.scalar())
    return found


def _scanned(document: JsonReader, told: dict[str, Any], scan: Report, source: Source) -> Iterator[Record]:
    target = _target(told, source)
    made = clean.when(told.get("scanTime")) or clean.when(told.get("time"))
    yield from scan.add([target])
    listed: dict[str, int] = {}
    yield from _lists(document, target, made, scan, listed)
    groups = [
        group
        for group, name, counts in (
            (VULNERABILITIES, "vulnerabilities", "vulnerabilityDistribution"),
            (COMPLIANCE, "compliances", "complianceDistribution"),
        )
        if _whole(told.get(counts), listed.get(name))
    ]
    yield from scan.add([report.looked(target, groups=groups)])


def _lists(
    document: JsonReader, target: Target, made: datetime | None, scan: Report, listed: dict[str, int]
) -> Iterator[Record]:
    """The rows of a thing that was scanned; how many there are goes to `listed`."""
    for key in document.names():
        if key == "entityInfo":
            yield from _lists(document, target, made, scan, listed)
        elif key in LISTS and document.peek() in ("[", "{"):
            listed[LISTS[key]] = 0
            for row in report.objects(document, "Scan or export again."):
                listed[LISTS[key]] += 1
                reader = _vulnerability if key == "vulnerabilities" else _check
                yield from scan.add(reader(row, target, made), document.pointer(), target.identity)
        elif key in LISTS:
            document.nothing("a list")


def _whole(counts: object, listed: int | None) -> bool:
    """Whether all that was found is listed. The list is left out where nothing was."""
    if not isinstance(counts, dict):
        return listed is not None
    total = clean.whole(counts.get("total"))
    return total is not None and total <= (listed or 0)


def _target(row: dict[str, Any], source: Source) -> Target:
    tag = clean.mapping(row.get("repoTag"))
    parts = [clean.line(tag.get(name), 300) for name in ("registry", "repo")]
    name = "/".join(part for part in parts if part) or clean.line(row.get("name"), 400)
    if parts[1] and (word := clean.line(tag.get("tag"), 100)):
        name = f"{name}:{word}"
    system = clean.line(row.get("distro"), 200)
    digests = [clean.line(row.get(key), 300) for key in ("id", "digest")]
    if name is None and not (digests[0] or "").startswith("sha256:"):
        found = host(row.get("hostname"), system=system)
        if found is not None:
            return found
    known = tuple((scheme, one) for scheme, one in zip(("image-id", "image-digest"), digests, strict=True)
                  if one and one.startswith("sha256:"))  # fmt: skip
    return Target("image", (name or source.stem).partition("@sha256:")[0], identifiers=known, operating_system=system)


def _vulnerability(row: dict[str, Any], target: Target, made: datetime | None) -> Iterator[Found]:
    identifier = clean.line(row.get("cve"), 100) or clean.line(row.get("id"), 100)
    if identifier is None:
        raise Unreadable("id", "The identifier of a vulnerability is missing.")
    told = {
        "name": row.get("packageName"), "version": row.get("packageVersion"), "severity": row.get("severity"),
        "score": row.get("cvss"), "vector": row.get("vector") or row.get("vecStr"), "status": row.get("status"),
        "description": row.get("description"), "link": row.get("link"), "type": row.get("type"),
        "path": row.get("packagePath"), "binaries": row.get("binaryPkgs"), "layer": row.get("layerInstruction"),
    }  # fmt: skip
    yield vulnerable(identifier, told, target, made)


def _check(row: dict[str, Any], target: Target, made: datetime | None) -> Iterator[Found]:
    told = {name: row.get(name) for name in ("title", "severity", "description", "cause")}
    number = clean.line(row.get("id"), 100)
    yield check_failed(None if number == "0" else number, told, target, made)
