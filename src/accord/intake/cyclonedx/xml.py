"""CycloneDX XML, versions 1.0 to 1.6, with the vulnerabilities of the specification (from 1.4) and those
of the older extension namespace (inside components or beside them). The same two passes as for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from accord.intake.cyclonedx import rows
from accord.intake.records import Record
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally, Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

LISTS = frozenset({"ratings", "cwes", "references", "advisories", "affects", "versions", "responses", "properties"})
LISTS_OF_TEXT = frozenset({"recommendations"})
FIELDS = ("group", "name", "version", "purl")
DEPTH = 12


def read(source: Source) -> Iterator[Record]:
    """Records of one CycloneDX XML document; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, local

    bom = _bom(source)
    target = rows.subject_of(bom, source)
    identity = target.identity
    tally = Tally(source)
    yield rows.header(bom, "cyclonedx-xml", target)
    yield tally.target(target)
    if bom.lists_vulnerabilities:
        with source.open() as reader:
            for event, element in events(reader, ("{*}component", "{*}vulnerability")):
                if event != "end":
                    continue
                if local(element.tag) == "vulnerability":
                    yield from _vulnerability(element, bom, identity, tally)
                    element.clear()
                elif _enclosing(element, "component") is None:
                    drop(element)
                    reader.mark()
    yield rows.coverage(bom, target, tally.complete(identity, None))
    yield from tally.end(bom.made, None)


def _vulnerability(element: _Element, bom: rows.Bom, identity: str, tally: Tally) -> Iterator[Record]:
    from accord.intake.safe.xml_reader import line_of

    row = _plain(element)
    if not isinstance(row, dict):
        row = {}
    if "affects" not in row and clean.line(row.get("ref"), 1000) not in bom.components:
        row["affects"] = _inside(element)
    if not isinstance(row.get("analysis"), dict):
        row.pop("analysis", None)
    try:
        for found in rows.observations(row, bom, identity):
            yield tally.observation(found)
    except Unreadable as problem:
        where = line_of(element)
        yield tally.refusal(where, problem.field, problem.problem, "Export the file again.", identity)


def _inside(element: _Element) -> list[dict[str, Any]]:
    """The component around a vulnerability of the older extension, as what it affects."""
    around = _enclosing(element, "component")
    if around is None:
        return []
    entry = _fields(around)
    known = rows.component_of(entry)
    return [{"ref": entry.get("bom-ref") or entry.get("purl") or known.name, "component": known}] if known else []


def _bom(source: Source) -> rows.Bom:
    from accord.intake.safe.xml_reader import drop, events, local

    bom = rows.Bom()
    tags = ("{*}metadata", "{*}component", "{*}service", "{*}vulnerabilities")
    with source.open() as reader:
        for event, element in events(reader, tags):
            tag = local(element.tag)
            if tag == "vulnerabilities":
                bom.lists_vulnerabilities = True
            if event == "start":
                continue
            in_metadata = _enclosing(element, "metadata") is not None
            if tag == "metadata":
                bom.describe(_metadata(element))
            elif tag in ("component", "service"):
                bom.add(_fields(element), source)
            if not in_metadata and _enclosing(element, "component") is None:
                drop(element)
                reader.mark()
    return bom


def _metadata(element: _Element) -> dict[str, Any]:
    from accord.intake.safe.xml_reader import local

    found: dict[str, Any] = {}
    for child in element:
        tag = local(child.tag)
        if tag == "timestamp":
            found["timestamp"] = child.text
        elif tag == "component":
            found["component"] = {**_fields(child), "properties": _properties(child)}
        elif tag == "tools":
            tools = [one for one in child.iter() if local(one.tag) in ("tool", "component", "service")]
            found["tools"] = [_fields(one) for one in tools[:1]]
    return found


def _fields(element: _Element) -> dict[str, Any]:
    from accord.intake.safe.xml_reader import local

    found: dict[str, Any] = {"bom-ref": element.get("bom-ref"), "type": element.get("type")}
    for child in element:
        tag = local(child.tag)
        if tag in FIELDS:
            found[tag] = child.text
    return found


def _properties(element: _Element) -> list[dict[str, Any]]:
    from accord.intake.safe.xml_reader import local

    found = [one for child in element if local(child.tag) == "properties" for one in child]
    return [{"name": one.get("name"), "value": one.text} for one in found[:200]]


def _enclosing(element: _Element, name: str) -> _Element | None:
    from accord.intake.safe.xml_reader import local

    return next((one for one in element.iterancestors() if local(one.tag) == name), None)


def _plain(element: _Element, depth: int = 0) -> Any:
    """An element as text, list or dict, in the shape of CycloneDX JSON. Attributes are names like any
    other."""
    from accord.intake.safe.xml_reader import local

    tag = local(element.tag)
    if depth >= DEPTH:
        return None
    if tag in LISTS or tag in LISTS_OF_TEXT:
        return [_plain(child, depth + 1) for child in element]
    found: dict[str, Any] = {str(name): value for name, value in element.attrib.items()}
    for child in element:
        found.setdefault(local(child.tag), _plain(child, depth + 1))
    return found or element.text
