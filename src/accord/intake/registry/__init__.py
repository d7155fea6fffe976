"""The formats that can be read, how each is recognized by its content, and the two calls that everyone uses:

    detect(path)      which format is this
    read_scan(path)   its records, one after the other

The formats stand in one module per family. The module that reads a format, and the parser libraries with it, are
imported when a file of that format is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from accord.intake.fingerprint import fingerprint
from accord.intake.records import Record
from accord.intake.registry import cloud, code, dependencies, exchange, general, hosts, languages, network, suites, web
from accord.intake.registry.base import Format, Sniff
from accord.intake.registry.sniffing import sniff
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

__all__ = ["FORMATS", "Format", "Sniff", "detect", "fingerprint", "format_named", "read_scan", "recognizers"]

FORMATS: tuple[Format, ...] = (
    *network.FORMATS,
    *web.FORMATS,
    *hosts.FORMATS,
    *dependencies.FORMATS,
    *code.FORMATS,
    *languages.FORMATS,
    *suites.FORMATS,
    *cloud.FORMATS,
    *exchange.FORMATS,
    *general.FORMATS,
)


def format_named(name: str) -> Format:
    """The format of that name; KeyError where there is none."""
    for one in FORMATS:
        if one.name == name:
            return one
    raise KeyError(name)


def recognizers(seen: Sniff) -> list[Format]:
    """Every format that says it is its own; of a scanner's file that is one."""
    return [one for one in FORMATS if one.recognizes(seen)]


def detect(origin: Path | str | BinaryIO | Source, limits: Limits | None = None) -> Format:
    """The format of a file, by its content. IntakeError where the content is of none or cannot be read."""
    source = origin if isinstance(origin, Source) else Source(origin, limits)
    found = _recognize(sniff(source, lambda seen: _recognize(seen) is not None))
    if found is None:
        if source.packed():
            raise source.error("This is a packed file (zip).", "Unpack it and import the files inside it.")
        raise source.error(
            "The content is of no format that Accord reads.",
            "See `accord formats` for what is read; anything else can be mapped.",
        )
    return found


def read_scan(origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None) -> Iterator[Record]:
    """The records of a scanner's file, streamed. `name` is what errors call a stream.

    Raises IntakeError, also in the middle: whoever stores records must be able to take all of them back. The
    time limit counts the reading only, not what the caller does between two records.
    """
    source = Source(origin, limits, name)
    budget = source.budget
    for record in detect(source).read(source):
        budget.pause()
        yield record
        budget.resume()
    budget.pause()


def _recognize(seen: Sniff) -> Format | None:
    return next((one for one in FORMATS if one.recognizes(seen)), None)
