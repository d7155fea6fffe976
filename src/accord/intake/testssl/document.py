"""testssl.sh as JSON: flat (`--jsonfile`, a list of findings) and structured (`--jsonfile-pretty`), read from its
documentation.

As with the CSV, a check that found nothing is kept as coverage of that check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.records import Record, ScanHeader
from accord.intake.report import Report, head
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.testssl.shared import entry


def read(source: Source) -> Iterator[Record]:
    """Records of one file; IntakeError where it cannot be read."""
    report = Report(source)
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield ScanHeader("testssl-json", "testssl.sh")
            yield from report.rows(document, entry)
        else:
            told = head(source, ("version", "startTime"))
            version = clean.line(told.get("version"), 50)
            yield ScanHeader("testssl-json", "testssl.sh", version, clean.when(_seconds(told.get("startTime"))))
            for key in document.names():
                if key == "scanResult":
                    for _ in document.each():
                        yield from _host(document, report)
        document.end()
    yield from report.end(None)


def _seconds(told: object) -> object:
    """The start is written as Unix seconds, as text."""
    return clean.whole(told, 10**8, 10**11) or told


SECTIONS = frozenset({
    "pretest", "protocols", "grease", "ciphers", "cipherTests", "serverPreferences", "fs", "pfs", "serverDefaults",
    "headerResponse", "vulnerabilities", "browserSimulations", "rating", "singleCipher",
})  # fmt: skip


def _host(document: JsonReader, report: Report) -> Iterator[Record]:
    """One entry of scanResult: the host, then lists of findings by section."""
    result = document.mapping()
    place = "/".join(one for one in (clean.line(result.get(name), 300) for name in ("targetHost", "ip")) if one)
    for name, section in result.items():
        for row in clean.listing(section) if name in SECTIONS or isinstance(section, dict | list) else ():
            row = clean.mapping(row)
            if "id" in row:
                told: dict[str, Any] = {"ip": place, "port": result.get("port"), **row}
                yield from report.add(entry(told), document.pointer())
