"""Nikto XML, read from Nikto's own document type.

An item is one observation; Nikto rates nothing, so its severity is unknown. The report tells how many checks ran, not
which: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from accord.intake.nikto.shared import item, target_of
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    report = Report(source)
    opened = False
    with source.open() as reader:
        for event, element in events(reader, ("niktoscan", "scandetails", "item")):
            tag = local(element.tag)
            if event == "start":
                version = clean.line(element.get("version"), 40)
                if not opened and (tag == "scandetails" or version):
                    opened = True
                    yield ScanHeader("nikto", "Nikto", version)
                if tag == "scandetails":
                    yield from report.add(_site(element), line_of(element))
                continue
            if tag == "item":
                yield from report.add(_item(element), line_of(element))
            if tag != "niktoscan":
                drop(element)
                reader.mark()
    if not opened:
        yield ScanHeader("nikto", "Nikto")
    yield from report.end(None)


def _details(element: _Element) -> _Element | None:
    parent = element if element.tag == "scandetails" else element.getparent()
    return parent if parent is not None and parent.tag == "scandetails" else None


def _site(element: _Element) -> Iterator[Target]:
    scheme = (element.get("sitename") or "").partition("://")[0].lower()
    target = target_of(
        element.get("targethostname"), element.get("targetip"), element.get("targetport"),
        scheme if scheme in ("http", "https") else None,
    )  # fmt: skip
    if target is None:
        raise Unreadable("targethostname", "A scan names no host.")
    yield target


def _item(element: _Element) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    details = _details(element)
    if details is None:
        raise Unreadable("item", "An item stands outside a scan.")
    target = next(iter(_site(details)))
    words = texts(element)
    found = item(
        target, element.get("id"), words.get("description"), method=element.get("method"), uri=words.get("uri"),
        port=details.get("targetport"), references=words.get("references"),
    )  # fmt: skip
    if found is None:
        raise Unreadable("id", "An item has no number or no description.")
    yield target
    yield found
