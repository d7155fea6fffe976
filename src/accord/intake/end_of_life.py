"""How long releases of products are supported, as endoflife.date says it.

Read are the JSON of its API in version 1 (one product, or `products/full` with all), of version 0 (the cycles of one
product, which only the file's name tells), and a table with the columns product, cycle, end_of_life and, where it has
them, released, end_of_active_support, latest, identifiers (blank-separated purls and CPEs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.records import Refusal
from accord.intake.safe import csv_reader
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

COLUMNS = ("product", "cycle", "end_of_life")
MOST = 500_000
_REMEDY = "Take it again from endoflife.date."
_IDENTIFIER = re.compile(r"(pkg:|cpe:)\S{1,490}")
IDENTIFIERS = 100


@dataclass(frozen=True, slots=True)
class CycleEdition:
    """When the dates were put out; None = not told."""

    released: datetime | None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One release cycle. A date, or where only yes or no is told, `…_reached` / `…_ended`; None = not told."""

    product: str
    cycle: str
    released: date | None
    support_ends: date | None
    support_ended: bool | None
    eol: date | None
    eol_reached: bool | None
    latest: str
    identifiers: tuple[str, ...]


def read_end_of_life(
    origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None
) -> Iterator[CycleEdition | Cycle | Refusal]:
    """The edition, then the cycles. IntakeError where the file is none of these forms, or is damaged."""
    source = Source(origin, limits, name)
    with source.open() as reader:
        first = reader.head().lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
    rows = _first_api(source) if first == b"[" else _newer_api(source) if first == b"{" else _table(source)
    refused = number = 0
    for row in rows:
        if isinstance(row, CycleEdition):
            yield row
            continue
        number += 1
        if number > MOST:
            raise source.error(f"There are more than {MOST:,} cycles.", "Check where it comes from.")
        if isinstance(row, Refusal):
            refused += 1
            if refused > source.limits.refusals:
                raise source.error(row.problem, row.remedy, row=row.row)
        yield row


def _table(source: Source) -> Iterator[CycleEdition | Cycle | Refusal]:
    with csv_reader.table(source, COLUMNS) as table:
        yield CycleEdition(None)
        for row in table.rows:
            cells = row.cells
            found = None if row.problem else _cycle(
                cells.get("product"), cells.get("cycle"), cells.get("released"), cells.get("end_of_active_support"),
                cells.get("end_of_life"), cells.get("latest"), (cells.get("identifiers") or "").split(),
            )  # fmt: skip
            yield found or Refusal(row.number, None, row.problem or "It has no product or no cycle.", _REMEDY)


def _first_api(source: Source) -> Iterator[CycleEdition | Cycle | Refusal]:
    """Version 0: an array of cycles; the product is the name of the file, as in its address."""
    product = source.stem
    told = 0
    with source.open() as reader:
        document = JsonReader(reader)
        yield CycleEdition(None)
        for number in document.elements():
            row = document.mapping()
            if "cycle" not in row or "eol" not in row:
                if not told:
                    document.refuse("This is no list of cycles: it has no cycle and eol.", _REMEDY)
                yield Refusal(number, None, "It has no cycle or no eol.", _REMEDY)
                continue
            told += 1
            latest = row.get("latest")
            found = _cycle(product, row["cycle"], row.get("releaseDate"), row.get("support"), row["eol"], latest, ())
            yield found or Refusal(number, None, "It has no cycle.", _REMEDY)
        document.end()
    if not told:
        raise source.error("It has no cycles.", _REMEDY)


def _newer_api(source: Source) -> Iterator[CycleEdition | Cycle | Refusal]:
    """Version 1: `result` is a product, or an array of products with their releases."""
    generated: datetime | None = None
    seen = False
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "generated_at":
                generated = clean.when(document.scalar())
            elif key != "result":
                continue
            elif document.peek() == "[":
                for number in document.elements():
                    yield from _product(document.mapping(), number)
                    seen = True
            else:
                yield from _product(document.mapping(), 0)
                seen = True
        document.end()
    if not seen:
        raise source.error("It has no result: this is no answer of endoflife.date.", _REMEDY)
    yield CycleEdition(generated)


def _product(row: dict[str, Any], number: int) -> Iterator[Cycle | Refusal]:
    name, releases = clean.line(row.get("name"), 200), row.get("releases")
    if not name or not isinstance(releases, list):
        yield Refusal(number, "releases", "It is no product with releases.", "Take products/full, or one product.")
        return
    names = [clean.mapping(one).get("id") for one in clean.listing(row.get("identifiers"))]
    identifiers = [str(one) for one in names if isinstance(one, str)]
    for one in releases:
        release = clean.mapping(one)
        ends = release.get("eoasFrom") if release.get("eoasFrom") else release.get("isEoas")
        eol = release.get("eolFrom") if release.get("eolFrom") else release.get("isEol")
        latest = clean.mapping(release.get("latest")).get("name")
        found = _cycle(name, release.get("name"), release.get("releaseDate"), ends, eol, latest, identifiers)
        yield found or Refusal(number, "releases", "A release has no name.", _REMEDY)


def _cycle(
    product: object, cycle: object, released: object, support: object, eol: object, latest: object, identifiers: Any
) -> Cycle | None:
    named, numbered = clean.line(product, 200), clean.line(cycle, 200)
    if not named or not numbered:
        return None
    support_ends, support_ended = _end(support)
    ends, reached = _end(eol)
    known = tuple(dict.fromkeys(i for i in identifiers if _IDENTIFIER.fullmatch(i)))[:IDENTIFIERS]
    return Cycle(
        named, numbered, _day(released), support_ends, support_ended, ends, reached,
        clean.line(latest, 100) or "", known,
    )  # fmt: skip


def _end(value: object) -> tuple[date | None, bool | None]:
    """A date, or yes or no (JSON's, or a table's words); (None, None) = not told."""
    if isinstance(value, bool):
        return None, value
    word = str(value).strip().lower() if isinstance(value, str) else ""
    if word in ("true", "yes"):
        return None, True
    if word in ("false", "no"):
        return None, False
    return _day(value), None


def _day(value: object) -> date | None:
    moment = clean.when(value)
    return moment.date() if moment else None
