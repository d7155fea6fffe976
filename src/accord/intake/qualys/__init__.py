"""Qualys asset data report in XML, read from Qualys's DTD of it (asset_data_report.dtd).

Two passes: the glossary of QIDs, which stands last, then the hosts. A detection with the status Fixed is none: it
says that this check ran on that host and saw nothing, and is kept as coverage. Nothing else is covered: the report
is made by a filter, and does not tell what ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.intake.places import host, protocol
from accord.intake.qualys import shared
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, looked
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class _Glossary:
    fields: dict[str, Any]
    level: str | None


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    glossary = _glossary(source)
    report = Report(source)
    title = None
    opened = False
    with source.open() as reader:
        for event, element in events(reader, ("{*}HOST", "{*}VULN_DETAILS", "{*}HEADER", "{*}TEMPLATE")):
            tag = local(element.tag)
            if event == "start":
                continue
            if tag == "TEMPLATE":
                title = title or clean.line(element.text, 300)
                continue
            if not opened:
                opened = True
                yield ScanHeader("qualys", "Qualys", None, None, None, title)
            if tag == "HOST" and within(element, "HOST_LIST"):
                yield from report.add(_host(element, glossary), line_of(element))
            drop(element)
            reader.mark()
    if not opened:
        yield ScanHeader("qualys", "Qualys", None, None, None, title)
    yield from report.end(None)


def _glossary(source: Source) -> dict[str, _Glossary]:
    from accord.intake.safe.xml_reader import drop, events, local

    found: dict[str, _Glossary] = {}
    with source.open() as reader:
        for event, element in events(reader, ("{*}HOST", "{*}VULN_DETAILS")):
            if event == "start":
                continue
            if local(element.tag) == "VULN_DETAILS":
                entry = _details(element)
                name = shared.check(entry.fields.pop("qid"))
                if name:
                    source.hold(500 + sum(len(one) for one in entry.fields.values() if isinstance(one, str)))
                    found[name] = entry
            drop(element)
            reader.mark()
    return found


def _details(element: _Element) -> _Glossary:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    base = element.findtext("{*}CVSS3_SCORE/{*}CVSS3_BASE") or element.findtext("{*}CVSS_SCORE/{*}CVSS_BASE")
    vector = element.find("{*}CVSS3_SCORE/{*}CVSS3_BASE")
    fields = shared.told(
        {
            "qid": words.get("QID"),
            "title": words.get("TITLE"),
            "threat": words.get("THREAT"),
            "impact": words.get("IMPACT"),
            "solution": words.get("SOLUTION"),
            "category": words.get("CATEGORY"),
            "cves": " ".join(one.text or "" for one in element.iterfind(".//{*}CVE_ID/{*}ID")),
            "score": (base or "").split(" ")[0],
            "vectors": [vector.get("source")] if vector is not None and vector.get("source") else (),
            "references": [one.text for one in element.iterfind(".//{*}URL")],
        }
    )
    return _Glossary({**fields, "qid": words.get("QID")}, words.get("SEVERITY"))


def _host(element: _Element, glossary: dict[str, _Glossary]) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    target = host(
        words.get("DNS"),
        words.get("IP"),
        words.get("IPV6"),
        words.get("NETBIOS"),
        system=words.get("OPERATING_SYSTEM"),
        identifiers=(
            ("aws-instance-id", words.get("EC2_INSTANCE_ID")),
            ("qualys-host-id", words.get("HOST_ID") or words.get("QG_HOSTID")),
        ),
    )
    if target is None:
        raise Unreadable("IP", "A host has no address and no name.")
    yield target
    for one in element.iterfind("{*}VULN_INFO_LIST/{*}VULN_INFO"):
        yield from _detection(one, target, glossary)


def _detection(element: _Element, target: Target, glossary: dict[str, _Glossary]) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    name = shared.check(words.get("QID"))
    if name is None:
        raise Unreadable("QID", "A detection has no number.")
    if shared.fixed(words.get("VULN_STATUS")):
        yield looked(target, [name])
        return
    known = glossary.get(name)
    fields = dict(known.fields) if known else {"title": f"Qualys QID {name.partition(':')[2]}"}
    port = clean.port(words.get("PORT"))
    yield Observation(
        target=target.identity,
        definition_id=name,
        kind=shared.kind(words.get("TYPE")),
        check=name,
        severity=shared.severity(words.get("SEVERITY") or (known.level if known else None)),
        port=port,
        protocol=protocol(words.get("PROTOCOL"), port),
        service=clean.line(words.get("SERVICE"), 100) if port else None,
        evidence=clean.text(words.get("RESULT"), 20_000),
        seen_at=shared.newest(words.get("LAST_FOUND")),
        **fields,
    )
