"""Generic findings as JSON: an object with the list `findings`, each with title, severity and description and any of
the other fields that DefectDojo documents for its "Generic Findings Import".

A finding is one observation at each of its endpoints; without one, its target is called after the report's name or the
file. Mitigated and duplicate ones are none. A name of no such field refuses the file, since what it means is not known:
a saved mapping reads any other list. The list does not tell what was looked for: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.generic.fields import FIELDS, NEEDED, finding
from accord.intake.records import Record, ScanHeader
from accord.intake.report import Report, head, objects
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source

REMEDY = "Use the names that DefectDojo documents for generic findings, or import the list by a mapping."


def read(source: Source) -> Iterator[Record]:
    """Records of one list; IntakeError where it cannot be read or a field is none of the format."""
    report = Report(source, REMEDY)
    told = head(source, ("name", "type", "version"))
    scanner = clean.line(told.get("type"), 100)
    name = clean.line(told.get("name"), 200)
    yield ScanHeader("generic", scanner, clean.line(told.get("version"), 50), None, None, name)
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "findings":
                for row in objects(document, REMEDY):
                    missing = [one for one in NEEDED if one not in row]
                    unknown = sorted(set(row) - FIELDS)
                    if missing:
                        document.refuse(f"A finding has no {missing[0]}.", REMEDY)
                    if unknown:
                        document.refuse(f"“{clean.line(unknown[0], 60)}” is no field of generic findings.", REMEDY)
                    yield from report.add(finding(row, name or source.stem), document.pointer())
        document.end()
    yield from report.end(None)
