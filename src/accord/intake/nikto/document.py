"""Nikto JSON: one object for a host, or a list of them, read from Nikto's own report plugin.

The same as the XML in another writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.nikto.shared import item, target_of
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Found, Report, documents
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    report = Report(source)
    yield ScanHeader("nikto-json", "Nikto")
    with source.open() as reader:
        document = JsonReader(reader)
        for number, told in enumerate(documents(document), start=1):
            yield from report.add(_host(told), f"host {number}")
    yield from report.end(None)


def _host(told: Any) -> Iterator[Found]:
    row = clean.mapping(told)
    target = target_of(row.get("host"), row.get("ip"), row.get("port"))
    if target is None:
        raise Unreadable("host", "An entry names no host.")
    yield target
    for one in clean.listing(row.get("vulnerabilities")):
        words = clean.mapping(one)
        found = item(
            target, words.get("id"), words.get("msg"), method=words.get("method"), uri=words.get("url"),
            port=row.get("port"), references=words.get("references"),
        )  # fmt: skip
        if found is None:
            yield Unreadable("id", "An item has no number or no message.")
        else:
            yield found
