"""Accord's own list of findings as JSON, for scripts and for whatever has no format that is read here.

An object with `"accord_findings": 1` first, then `scanner`, `scanner_version`, `name`, `started`, `finished`,
`complete` (each may be left out), `whole` (true: the file lists everything that this scanner finds on the targets in
it, so that what it does not list is gone), `targets` (a list; needed only for targets without a finding), and
`findings` last. A target has `kind`, `name`, `hostnames`, `addresses`, `macs`, `identifiers` (an object),
`operating_system`. A finding has `target` (such an object), `id`, `title`, and any of the fields of
`accord.intake.records.Observation` by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from accord.intake.cvss import rate, severity_of
from accord.intake.records import KINDS, SEVERITIES, Kind, Observation, Record, ScanHeader, Target, TargetKind, address
from accord.intake.report import Found, Report, looked
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

NAME = "accord"
VERSION = 1
TARGET_KINDS = ("host", "repository", "account", "cloud_resource", "image", "device", "application")
ANALYSES = (
    "exploitable", "in_triage", "resolved", "resolved_with_pedigree", "false_positive", "not_affected", "suppressed",
)  # fmt: skip
REMEDY = "Correct the entry; docs/formats.md describes the fields."
HEAD = ("scanner", "scanner_version", "name", "started", "finished", "complete", "whole")


def read(source: Source) -> Iterator[Record]:
    """Records of one such file; IntakeError where it cannot be read."""
    head: dict[str, Any] = {}
    report = Report(source, REMEDY)
    opened = False
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "accord_findings":
                if document.scalar() != VERSION:
                    document.refuse("This version of the list of findings is not read.", "Write version 1.")
            elif key in HEAD and not opened:
                head[key] = document.scalar()
            elif key in ("targets", "findings"):
                if not opened:
                    yield _header(head)
                    opened = True
                row = _of_target if key == "targets" else _of_finding
                whole = head.get("whole") is True
                yield from report.rows(document, lambda one, row=row, whole=whole: row(one, head, source, whole))
            elif key in HEAD:
                document.refuse(f"“{key}” stands behind the findings.", "Write it before them.")
        document.end()
    if not opened:
        yield _header(head)
    complete = head.get("complete")
    yield from report.end(clean.when(head.get("finished")), complete if isinstance(complete, bool) else None)


def _header(head: dict[str, Any]) -> ScanHeader:
    return ScanHeader(
        NAME,
        clean.line(head.get("scanner"), 200),
        clean.line(head.get("scanner_version"), 100),
        clean.when(head.get("started")),
        clean.when(head.get("finished")),
        clean.line(head.get("name"), 500),
    )


def scanner_of(head: dict[str, Any]) -> str:
    """The word that stands before a check's own name."""
    return (clean.line(head.get("scanner"), 60) or NAME).lower().replace(" ", "-")


def _of_target(row: dict[str, Any], head: dict[str, Any], source: Source, whole: bool) -> Iterator[Found]:
    target = target_of(row, source)
    yield target
    if whole:
        yield looked(target, groups=[scanner_of(head)])


def _of_finding(row: dict[str, Any], head: dict[str, Any], source: Source, whole: bool) -> Iterator[Found]:
    given = row.get("target")
    if not isinstance(given, dict):
        raise Unreadable("target", "The target must be an object.")
    target = target_of(given, source)
    yield target
    if whole:
        yield looked(target, groups=[scanner_of(head)])
    yield _observation(row, target.identity, scanner_of(head))


def target_of(row: dict[str, Any], source: Source) -> Target:
    """The target that an entry names; Unreadable where it names none."""
    limits = source.limits
    kind = row.get("kind", "host")
    if kind not in TARGET_KINDS:
        raise Unreadable("target.kind", f"“{clean.line(kind, 40)}” is none of {', '.join(TARGET_KINDS)}.")
    names = clean.lines(row.get("hostnames"), 253, limits.items)
    hostnames = tuple(host for one in names if (host := clean.hostname(one)))
    addresses = tuple(found for one in clean.lines(row.get("addresses"), 60, limits.items) if (found := address(one)))
    identifiers = tuple(
        (scheme, value)
        for key, told in list(clean.mapping(row.get("identifiers")).items())[:50]
        if (scheme := clean.line(key, 40)) and (value := clean.line(told, 300))
    )
    name = clean.line(row.get("name"), limits.name) or next(iter((*hostnames, *addresses)), None)
    if name is None:
        raise Unreadable("target.name", "The target has neither a name nor an address.")
    macs = tuple(found for one in clean.lines(row.get("macs"), 30, limits.items) if (found := clean.mac(one)))
    system = clean.line(row.get("operating_system"), 300)
    return Target(cast(TargetKind, kind), name, hostnames, addresses, macs, identifiers, system)


def _choice(row: dict[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if value not in choices:
        raise Unreadable(name, f"“{clean.line(value, 40)}” is none of {', '.join(choices)}.")
    return str(value)


def _observation(row: dict[str, Any], target: str, scanner: str) -> Observation:
    def line(name: str, limit: int = 500) -> str | None:
        return clean.line(row.get(name), limit)

    title, told = line("title"), line("id", 300)
    if title is None and told is None:
        raise Unreadable("title", "The finding has neither an identifier nor a title.")
    known = clean.advisories(told or "")
    definition = known[0] if known and known[0] == (told or "").upper() else (told or f"{scanner}:{title}")
    check = line("check", 300) or told or title or ""
    vectors = clean.lines(row.get("cvss_vectors"), 300, 5)
    score = clean.score(row.get("cvss_score"))
    if row.get("cvss_score") is not None and score is None:
        raise Unreadable("cvss_score", "A CVSS base score is a number from 0.0 to 10.0.")
    if score is None:
        score = next((found for one in vectors if (found := rate(one).score) is not None), None)
    severity = _choice(row, "severity", SEVERITIES) or (severity_of(score) if score is not None else None)
    port = clean.port(row.get("port"))
    return Observation(
        target,
        definition[:300],
        title or told or "",
        cast(Kind, _choice(row, "kind", KINDS) or "vulnerability"),
        f"{scanner}:{check}"[:330],
        aliases=clean.lines(row.get("aliases"), 300, 50),
        description=clean.text(row.get("description"), 20_000),
        solution=clean.text(row.get("solution"), 20_000),
        severity=cast(Any, severity),
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(row.get("cwes")),
        component=line("component", 300),
        component_version=line("component_version", 200),
        purl=line("purl"),
        fixed_version=line("fixed_version", 200),
        port=port,
        protocol=(line("protocol", 20) or "tcp").lower() if port else None,
        service=line("service", 100),
        path=line("path"),
        line=clean.whole(row.get("line"), 1),
        anchor=line("anchor", 300),
        evidence=clean.text(row.get("evidence"), 5000),
        references=clean.urls(row.get("references"), 50),
        seen_at=clean.when(row.get("seen_at")),
        group=scanner,
        analysis=cast(Any, _choice(row, "analysis", ANALYSES)),
        analysis_detail=line("analysis_detail"),
    )
