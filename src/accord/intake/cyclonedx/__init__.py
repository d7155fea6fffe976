"""CycloneDX JSON, versions 1.2 to 1.6 and later of the same shape, read from the specification (ECMA-424).

Two passes: the subject and its components first, then the vulnerabilities, one after the other. A bill of
materials without a list of vulnerabilities is a target that nothing was looked for on, and so is a VEX document that
makes statements without the components.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.cyclonedx import rows
from accord.intake.records import Record
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Tally, Unreadable

_FIELDS = frozenset({"bom-ref", "group", "name", "version", "purl"})


def read(source: Source) -> Iterator[Record]:
    """Records of one CycloneDX JSON document; IntakeError where it cannot be read."""
    bom = _bom(source)
    target = rows.subject_of(bom, source)
    identity = target.identity
    tally = Tally(source)
    yield rows.header(bom, "cyclonedx", target)
    yield tally.target(target)
    if bom.lists_vulnerabilities:
        with source.open() as reader:
            document = JsonReader(reader)
            for key in document.names():
                if key == "vulnerabilities":
                    for _ in document.each():
                        yield from _vulnerability(document, bom, identity, tally)
    yield rows.coverage(bom, target, tally.complete(identity, None))
    yield from tally.end(bom.made, None)


def _vulnerability(document: JsonReader, bom: rows.Bom, identity: str, tally: Tally) -> Iterator[Record]:
    row = document.value()
    if not isinstance(row, dict):
        document.refuse("A vulnerability must be an object.", "Export the file again.")
    try:
        for found in rows.observations(row, bom, identity):
            yield tally.observation(found)
    except Unreadable as problem:
        where = document.pointer()
        yield tally.refusal(where, problem.field, problem.problem, "Export the file again.", identity)


def _bom(source: Source) -> rows.Bom:
    bom = rows.Bom()
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "specVersion":
                bom.version = clean.line(document.scalar(), 20)
                if not (bom.version or "").startswith("1."):
                    document.refuse(
                        f"CycloneDX version {bom.version or 'unknown'} is not read.",
                        "Export version 1.2 to 1.7.",
                    )
            elif key == "metadata":
                metadata = document.mapping()
                bom.describe(metadata)
                _nested(bom.subject.get("components"), bom, source)
            elif key in ("components", "services"):
                for _ in document.each():
                    _component(document, bom, source)
            elif key == "vulnerabilities":
                bom.lists_vulnerabilities = document.peek() in ("[", "{")
                if not bom.lists_vulnerabilities:
                    document.nothing("a list")
        document.end()
    return bom


def _component(document: JsonReader, bom: rows.Bom, source: Source) -> None:
    entry: dict[str, object] = {}
    for key in document.names():
        if key in _FIELDS:
            entry[key] = document.scalar()
        elif key in ("components", "services"):
            for _ in document.each():
                _component(document, bom, source)
    bom.add(entry, source)


def _nested(found: object, bom: rows.Bom, source: Source) -> None:
    """Components inside the subject of the document; the decoder has already bounded their depth."""
    waiting = list(found) if isinstance(found, list) else []
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            bom.add(entry, source)
            inner = entry.get("components")
            waiting += inner if isinstance(inner, list) else []
