"""ZAP (OWASP ZAP, Checkmarx ZAP) JSON, traditional and "plus", read from ZAP's own report templates.

The same as the XML in another writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Found, Report, apart, head, objects
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.zap.shared import alert, target_of


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    report = Report(source)
    told = head(source, ("@version", "@generated", "created"))
    made = clean.when(told.get("created")) or clean.when(told.get("@generated"))
    yield ScanHeader("zap-json", "ZAP", clean.line(told.get("@version"), 50), None, made)
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "site":
                if document.peek() == "{":
                    yield from report.add(_site(document.mapping()), document.pointer())
                    continue
                for site in objects(document):
                    yield from report.add(_site(site), document.pointer())
        document.end()
    yield from report.end(None)


def _site(site: dict[str, Any]) -> Iterator[Found]:
    target, port = target_of(site.get("@name"), site.get("@host"), site.get("@port"))
    yield target
    yield from apart(_alert(clean.mapping(one), target, port) for one in clean.listing(site.get("alerts")))


def _alert(words: dict[str, Any], target: Target, port: int | None) -> Iterator[Found]:
    places = [clean.mapping(place) for place in clean.listing(words.get("instances"))]
    yield from alert(words, places, target, port)
