"""Fortify WebInspect as XML: the export of sessions ("Sessions") and of the vulnerabilities of a scan ("Scan"), read
from the structure that WebInspect's guide gives for its exports
(https://www.microfocus.com/documentation/fortify-webinspect/).

An issue is one observation at its address. Requests and answers, which carry cookies, are not kept. The exports do not
tell which pages were reached with which checks: they close nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.places import plain, site
from accord.intake.records import Observation, Record, ScanHeader, Severity
from accord.intake.report import Found, Report, joined
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

SEVERITY: dict[str, Severity] = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
_TAGS = ("Sessions", "Scan", "Session", "Issue", "StartTime")


def read(source: Source) -> Iterator[Record]:
    """Records of one export; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    scan = Report(source, "Export the scan again.")
    made: datetime | None = None
    yield ScanHeader("webinspect", "Fortify WebInspect")
    with source.open() as reader:
        for event, element in events(reader, tuple(f"{{*}}{tag}" for tag in _TAGS)):
            tag = local(element.tag)
            if event == "start":
                continue
            if tag == "StartTime" and within(element, "Scan"):
                made = clean.when(element.text)
            elif tag == "Issue":
                yield from scan.add(_issue(element, made), line_of(element))
                drop(element, 1)
                reader.mark()
            elif tag == "Session":
                drop(element)
                reader.mark()
    yield from scan.end(None)


def _issue(element: _Element, made: datetime | None) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import local, texts

    words = texts(element)
    outer = element.getparent()
    session = None if outer is None else outer.getparent()
    around = texts(session) if session is not None and local(session.tag) == "Session" else {}
    number, name = clean.line(words.get("VulnerabilityID"), 40), clean.line(words.get("Name"), 400)
    if number is None and name is None:
        raise Unreadable("VulnerabilityID", "An issue has neither a number nor a name.")
    place = site(words.get("URL") or around.get("URL") or words.get("Host") or around.get("Host"))
    if place is None:
        raise Unreadable("URL", "An issue names no address.")
    target, port, path = place
    yield target
    sections = {
        (clean.line(one.findtext("{*}Name"), 60) or "").lower(): plain(one.findtext("{*}SectionText"))
        for one in element.iterfind("{*}ReportSection")
    }
    known = [(one.get("kind"), one.get("identifier")) for one in element.iterfind(".//{*}Classification")]
    yield Observation(
        target=target.identity,
        definition_id=f"webinspect:{number or name}",
        title=name or f"WebInspect check {number}",
        kind="vulnerability",
        check=f"webinspect:{number or name}",
        description=joined(sections.get("summary"), sections.get("implication")),
        solution=sections.get("fix"),
        severity=SEVERITY.get(clean.line(words.get("Severity"), 5) or ""),
        cwes=clean.cwes(*(told for kind, told in known if kind == "CWE")),
        port=port,
        path=path,
        anchor=clean.line(words.get("AttackParamDescriptor") or around.get("AttackParamDescriptor"), 200),
        evidence=clean.line(words.get("URL") or around.get("URL"), 1000),
        seen_at=made,
    )
