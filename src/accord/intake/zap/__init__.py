"""ZAP (OWASP ZAP, Checkmarx ZAP) XML, traditional and "plus", read from ZAP's own report templates.

An alert is one observation at each of its places (path, method and parameter). A report by ZAP does not tell which
rules ran: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable
from accord.intake.zap.shared import alert, target_of

if TYPE_CHECKING:
    from lxml.etree import _Element


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    report = Report(source)
    place: tuple[Target, int | None] | None = None
    opened = False
    with source.open() as reader:
        for event, element in events(reader, ("{*}OWASPZAPReport", "{*}site", "{*}alertitem")):
            tag = local(element.tag)
            if event == "start":
                if tag == "OWASPZAPReport" and not opened:
                    opened = True
                    made = clean.when(element.get("generated"))
                    yield ScanHeader("zap", "ZAP", clean.line(element.get("version"), 50), None, made)
                elif tag == "site":
                    place = None
                    yield from report.add(_site(element), line_of(element))
                    place = _known(element)
                continue
            if tag == "alertitem":
                yield from report.add(_alert(element, place), line_of(element))
            drop(element)
            reader.mark()
    if not opened:
        raise source.error("The file holds no report of ZAP.", "Export the report as XML.")
    yield from report.end(None)


def _site(element: _Element) -> Iterator[Found]:
    yield target_of(element.get("name"), element.get("host"), element.get("port"))[0]


def _known(element: _Element) -> tuple[Target, int | None] | None:
    try:
        return target_of(element.get("name"), element.get("host"), element.get("port"))
    except Unreadable:
        return None


def _alert(element: _Element, place: tuple[Target, int | None] | None) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    if place is None:
        raise Unreadable("site", "An alert stands under no site that could be read.")
    places = [texts(one) for one in element.iterfind("{*}instances/{*}instance")]
    words = texts(element)
    if not places and words.get("uri"):
        places = [words]
    yield from alert(words, places, *place)
