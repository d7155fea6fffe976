"""An empty JSON list or object, "null", or an object whose only list is empty: what many tools write when they found
nothing, without a word about themselves.

It is a report of nothing: it names no target, so nothing was looked for anywhere, and nothing is closed by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.records import Record, ScanHeader
from accord.intake.registry.general import AROUND, LISTS
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Tally


def read(source: Source) -> Iterator[Record]:
    """A scan without targets; IntakeError where something stands in the file."""
    with source.open() as reader:
        document = JsonReader(reader)
        if not _nothing(document.value()):
            document.refuse("The content is of no format that Accord reads.", "Give the file of a scanner.")
        document.end()
    yield ScanHeader("empty")
    yield from Tally(source).end(None, None)


def _nothing(found: object) -> bool:
    if isinstance(found, dict):
        lists = [(name, one) for name, one in found.items() if name in LISTS]
        told = all(one == [] or (one is None and name != "data") for name, one in lists)  # "data": null is a failure
        return told and (not found or bool(lists)) and found.keys() <= LISTS | AROUND
    return found is None or found == []
