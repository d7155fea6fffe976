"""OpenVEX, read from the OpenVEX specification (versions 0.0.1 to 0.2.0).

One instance per vulnerability, product and subcomponent, with what the statement says of it as its analysis: affected
= exploitable, under_investigation = in triage, fixed = resolved, not_affected with its justification. Where several
statements speak of the same, the latest holds. The document looked for nothing, so it covers nothing.

Two passes: which statement is the latest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from accord.intake import products, report
from accord.intake.records import Analysis, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

STATUS: dict[str, Analysis] = {
    "affected": "exploitable",
    "under_investigation": "in_triage",
    "fixed": "resolved",
    "not_affected": "not_affected",
}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
Key = tuple[str, str, str]


def read(source: Source) -> Iterator[Record]:
    """Records of one OpenVEX document; IntakeError where it cannot be read."""
    top = report.head(source, ("author", "timestamp", "last_updated", "@id", "tooling"))
    made = clean.when(top.get("last_updated")) or clean.when(top.get("timestamp"))
    first = clean.when(top.get("timestamp"))
    author = clean.line(top.get("author"), 200)
    yield ScanHeader("openvex", clean.line(top.get("tooling"), 100) or "OpenVEX", None, first, made, author)
    latest = _latest(source, made)
    scan = Report(source, "Write the document again.")
    number = -1
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "statements":
                for row in report.objects(document):
                    number += 1
                    yield from scan.add(_statement(row, number, latest, made), document.pointer())
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("application", source.stem)])
    yield from scan.end(made)


def _latest(source: Source, made: datetime | None) -> dict[Key, int]:
    """The number of the statement that holds for each vulnerability, product and subcomponent."""
    best: dict[Key, tuple[datetime, int]] = {}
    number = -1
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "statements":
                for row in report.objects(document):
                    number += 1
                    when = _when(row, made) or _NEVER
                    for name, product, part in _keys(row):
                        found = (name, product.key, part.key if part else "")
                        if found not in best:
                            source.hold(300 + sum(map(len, found)))
                        if found not in best or when >= best[found][0]:
                            best[found] = (when, number)
    return {key: number for key, (_, number) in best.items()}


def _when(row: dict[str, Any], made: datetime | None) -> datetime | None:
    return clean.when(row.get("last_updated")) or clean.when(row.get("timestamp")) or made


def _names(row: dict[str, Any]) -> tuple[str, ...]:
    told = row.get("vulnerability")
    if isinstance(told, dict):
        return report.identifiers(told.get("name"), told.get("aliases")) or report.identifiers(told.get("@id"))
    return report.identifiers(told)


def _keys(row: dict[str, Any]) -> Iterator[tuple[str, products.Product, products.Product | None]]:
    names = _names(row)
    for one in clean.listing(row.get("products"))[:10_000] if names else ():
        product = products.of_openvex(one)
        if product is None:
            continue
        inner = one.get("subcomponents") if isinstance(one, dict) else None  # a product may be its bare identifier
        parts = [products.of_openvex(part) for part in clean.listing(inner)[:10_000]]
        parts += [products.of_openvex(part) for part in clean.listing(row.get("subcomponents"))[:10_000]]
        known: list[products.Product | None] = [part for part in parts if part]
        for part in known or [None]:
            yield names[0], product, part


def _statement(row: dict[str, Any], number: int, latest: dict[Key, int], made: datetime | None) -> Iterator[Found]:
    names = _names(row)
    if not names:
        raise Unreadable("vulnerability", "A statement names no vulnerability.")
    status = STATUS.get(str(row.get("status")))
    if status is None:
        raise Unreadable("status", f"“{clean.line(row.get('status'), 50) or 'nothing'}” is no status of OpenVEX.")
    if not clean.listing(row.get("products")):
        raise Unreadable("products", "A statement names no product.")
    named = row.get("vulnerability")
    told = named if isinstance(named, dict) else {}  # else its bare name
    detail = report.joined(
        row.get("justification"), row.get("impact_statement"), row.get("status_notes"), limit=5000, between="; "
    )
    for name, product, part in _keys(row):
        if latest.get((name, product.key, part.key if part else "")) != number:
            continue
        target = product.target()
        component = part or product
        yield target
        yield Observation(
            target=target.identity,
            definition_id=name,
            title=f"{name} in {component.name}",
            kind="vulnerability",
            check=f"openvex:{name}",
            aliases=report.without(names, name),
            description=clean.text(told.get("description"), 10_000),
            solution=clean.text(row.get("action_statement"), 5000),
            component=component.name,
            component_version=component.version,
            purl=component.purl,
            references=clean.urls([told.get("@id")], 1),
            seen_at=_when(row, made),
            analysis=status,
            analysis_detail=detail,
        )
