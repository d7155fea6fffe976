"""An empty JSON list or object: what several tools write when they found nothing, without a word about
themselves.

It is a report of nothing: it names no target, so nothing was looked for anywhere, and nothing is closed by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.records import Record, ScanHeader
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Tally


def read(source: Source) -> Iterator[Record]:
    """A scan without targets; IntakeError where something stands in the file."""
    with source.open() as reader:
        document = JsonReader(reader)
        if document.value() not in ([], {}):
            document.refuse("The content is of no format that Accord reads.", "Give the file of a scanner.")
        document.end()
    yield ScanHeader("empty")
    yield from Tally(source).end(None, None)
