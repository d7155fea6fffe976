"""Wazuh vulnerabilities as JSON: answers of the manager's API up to version 4.7 (/vulnerability/AGENT) and of the
indexer since 4.8 (a search of wazuh-states-vulnerabilities-*), read from Wazuh's reference of both.

The API answers for one agent and does not name it: the target is then called after the file. Answers are pages of a
list, and say nothing of what was looked for: they close nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.places import host
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, objects, severity
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

FIXED = "Package less than "


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    report = Report(source)
    yield ScanHeader("wazuh", "Wazuh")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            for row in objects(document):
                yield from report.add(_state(row), document.pointer())
        for key in document.names():
            if key in ("data", "hits"):
                for inner in document.names():
                    if inner == "affected_items":
                        for row in objects(document):
                            yield from report.add(_item(row, source.stem), document.pointer())
                    elif inner == "hits":
                        for row in objects(document):
                            yield from report.add(_state(row), document.pointer())
        document.end()
    yield from report.end(None)


def _item(row: dict[str, Any], name: str) -> Iterator[Found]:
    """One item of the API: a vulnerability of a package."""
    target = host(
        row.get("agent_name"), row.get("agent_ip"), identifiers=(("wazuh-agent", row.get("agent_id")),)
    ) or Target("host", clean.line(name, 200) or "agent")
    yield target
    scores = (clean.score(row.get(key)) for key in ("cvss3_score", "cvss2_score"))
    yield _seen(
        target,
        row.get("cve"),
        title=row.get("title"),
        package=row.get("name"),
        version=row.get("version"),
        level=row.get("severity"),
        score=next((one for one in scores if one), None),  # 0 stands for "not rated"
        description=row.get("condition"),
        condition=row.get("condition"),
        references=row.get("external_references"),
        moment=row.get("detection_time"),
    )


def _state(row: dict[str, Any]) -> Iterator[Found]:
    """One document of the indexer."""
    told = clean.mapping(row.get("_source")) or row
    agent, package = clean.mapping(told.get("agent")), clean.mapping(told.get("package"))
    known = clean.mapping(told.get("vulnerability"))
    system = clean.mapping(clean.mapping(told.get("host")).get("os"))
    addresses = [one for one in (agent.get("host"), agent.get("ip")) if isinstance(one, str)]
    cluster = clean.line(clean.mapping(clean.mapping(told.get("wazuh")).get("cluster")).get("name"), 100) or "wazuh"
    number = clean.line(agent.get("id"), 60)
    target = host(
        agent.get("name"),
        *addresses,
        identifiers=(("wazuh-agent", f"{cluster}/{number}" if number else None),),
        system=system.get("full") or system.get("name"),
    )
    if target is None:
        raise Unreadable("agent", "A vulnerability names no agent.")
    yield target
    references = known.get("reference")
    yield _seen(
        target,
        known.get("id"),
        title=None,
        package=package.get("name"),
        version=package.get("version"),
        level=known.get("severity"),
        score=clean.score(clean.mapping(known.get("score")).get("base")),
        description=known.get("description"),
        condition=clean.mapping(known.get("scanner")).get("condition"),
        references=references.replace(",", " ") if isinstance(references, str) else references,
        moment=known.get("detected_at"),
    )


def _seen(
    target: Target, cve: object, *, title: object, package: object, version: object, level: object,
    score: float | None, description: object, condition: object,
    references: object, moment: object,
) -> Observation:  # fmt: skip
    name = clean.line(cve, 100)
    if name is None:
        raise Unreadable("cve", "A vulnerability has no identifier.")
    component = clean.line(package, 300)
    fixed = (clean.line(condition, 200) or "").partition(FIXED)[2]
    return Observation(
        target=target.identity,
        definition_id=name,
        title=clean.line(title, 500) or (f"{name} in {component}" if component else name),
        kind="vulnerability",
        check="wazuh:vulnerabilities",
        description=clean.text(description, 20_000),
        severity=severity(level),
        cvss_score=score,
        component=component,
        component_version=clean.line(version, 200),
        fixed_version=clean.line(fixed, 100),
        references=clean.urls(references or (), 100),
        seen_at=clean.when(moment),
        needs_credentials=True,
    )
