"""Qualys host list detection in XML (the API's /asset/host/vm/detection), read from Qualys's DTD of it.

The list carries numbers and results, not the words of the knowledge base: titles are the numbers. A detection with
the status Fixed is none: it says that this check ran on that host and saw nothing, and is kept as coverage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake.places import host, protocol
from accord.intake.qualys import shared
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, looked
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element


def read(source: Source) -> Iterator[Record]:
    """Records of one list; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, within

    report = Report(source)
    yield ScanHeader("qualys-detection", "Qualys")
    with source.open() as reader:
        for event, element in events(reader, ("{*}HOST",)):
            if event == "end" and within(element, "HOST_LIST"):
                yield from report.add(_host(element), line_of(element))
                drop(element)
                reader.mark()
    yield from report.end(None)


def _host(element: _Element) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    domain = texts(data) if (data := element.find("{*}DNS_DATA")) is not None else {}
    target = host(
        domain.get("FQDN") or words.get("DNS"),
        words.get("IP"),
        words.get("IPV6"),
        words.get("NETBIOS"),
        system=words.get("OS"),
        identifiers=(
            ("aws-instance-id", words.get("EC2_INSTANCE_ID")),
            ("qualys-host-id", words.get("ID")),
        ),
    )
    if target is None:
        raise Unreadable("IP", "A host has no address and no name.")
    yield target
    for one in element.iterfind("{*}DETECTION_LIST/{*}DETECTION"):
        yield from _detection(texts(one), target)


def _detection(words: dict[str, str], target: Target) -> Iterator[Found]:
    name = shared.check(words.get("QID"))
    if name is None:
        raise Unreadable("QID", "A detection has no number.")
    if shared.fixed(words.get("STATUS")):
        yield looked(target, [name])
        return
    port = clean.port(words.get("PORT"))
    yield Observation(
        target=target.identity,
        definition_id=name,
        title=clean.line(words.get("TITLE"), 500) or f"Qualys QID {words.get('QID')}",
        kind=shared.kind(words.get("TYPE")),
        check=name,
        severity=shared.severity(words.get("SEVERITY")),
        port=port,
        protocol=protocol(words.get("PROTOCOL"), port),
        evidence=clean.text(words.get("RESULTS"), 20_000),
        seen_at=shared.newest(words.get("LAST_FOUND_DATETIME")),
        analysis="suppressed" if words.get("IS_IGNORED") == "1" else None,
    )
