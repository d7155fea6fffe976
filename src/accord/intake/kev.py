"""CISA's catalogue of known exploited vulnerabilities (KEV): JSON by CISA's schema of the catalogue, or its CSV.

The CSV has the columns of the JSON's fields, but neither version nor date: its edition is unknown."""

from __future__ import annotations

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

_REMEDY = "Download the catalogue again from cisa.gov."
COLUMNS = ("cveID", "vendorProject", "dateAdded")
FIELDS = (
    "cveID", "vendorProject", "product", "vulnerabilityName", "dateAdded", "shortDescription", "requiredAction",
    "dueDate", "knownRansomwareCampaignUse", "notes", "cwes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KevCatalogue:
    """Which edition this is. `count` is what the catalogue says of its own length."""

    version: str | None
    released: datetime | None
    count: int | None


@dataclass(frozen=True, slots=True)
class KevEntry:
    """One vulnerability that is exploited. `due` is the date that CISA sets for federal agencies.
    `ransomware`:
    True where its use by ransomware is known, None where CISA writes "Unknown"."""

    cve: str
    vendor: str | None
    product: str | None
    name: str | None
    added: date | None
    description: str | None
    required_action: str | None
    due: date | None
    ransomware: bool | None
    cwes: tuple[str, ...]
    references: tuple[str, ...]


def read_kev(
    origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None
) -> Iterator[KevCatalogue | KevEntry | Refusal]:
    """The catalogue's edition, then its entries. IntakeError where the file is no catalogue, is damaged,
    or holds another number of entries than it says."""
    source = Source(origin, limits, name)
    with source.open() as reader:
        is_json = reader.head().lstrip(b" \t\r\n\xef\xbb\xbf")[:1] in (b"{", b"[")
    if not is_json:
        yield from _table(source)
        return
    catalogue = _catalogue(source)
    yield catalogue
    rows = 0
    refused = 0
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key != "vulnerabilities":
                continue
            for _ in document.elements():
                rows += 1
                entry = _entry(document.mapping())
                if entry is None:
                    refused += 1
                    if refused > source.limits.refusals:
                        document.refuse("Too many entries have no CVE identifier.", _REMEDY)
                    yield Refusal(document.pointer(), "cveID", "The CVE identifier is missing or malformed.", _REMEDY)
                else:
                    yield entry
    if catalogue.count is not None and catalogue.count != rows:
        raise source.error(
            f"The catalogue says that it has {catalogue.count:,} entries, but {rows:,} are there.",
            _REMEDY,
            field="count",
        )


def _table(source: Source) -> Iterator[KevCatalogue | KevEntry | Refusal]:
    refused = 0
    with csv_reader.table(source, COLUMNS) as table:
        yield KevCatalogue(None, None, None)
        for row in table.rows:
            cells: dict[str, Any] = {name: row.cells.get(name.casefold()) for name in FIELDS}
            cells["cwes"] = [part.strip() for part in (cells["cwes"] or "").split(",")]
            entry = None if row.problem else _entry(cells)
            if entry is not None:
                yield entry
                continue
            refused += 1
            if refused > source.limits.refusals:
                raise source.error("Too many rows have no CVE identifier.", _REMEDY, row=row.number)
            problem = row.problem or "The CVE identifier is missing or malformed."
            yield Refusal(row.number, "cveID", problem, _REMEDY)


def _catalogue(source: Source) -> KevCatalogue:
    version: str | None = None
    released: datetime | None = None
    count: int | None = None
    found = False
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "catalogVersion":
                version = clean.line(document.scalar(), 50)
            elif key == "dateReleased":
                released = clean.when(document.scalar())
            elif key == "count":
                count = clean.whole(document.scalar())
            elif key == "vulnerabilities":
                found = document.peek() == "["
        document.end()
    if not found or (version is None and released is None):
        raise source.error("This is not CISA's catalogue of known exploited vulnerabilities.", _REMEDY)
    return KevCatalogue(version, released, count)


def _entry(row: dict[str, Any]) -> KevEntry | None:
    known = clean.cves(str(row.get("cveID") or "")[:100])
    if not known:
        return None
    told = (clean.line(row.get("knownRansomwareCampaignUse"), 50) or "").lower()
    notes = clean.text(row.get("notes"), 10_000) or ""
    return KevEntry(
        cve=known[0],
        vendor=clean.line(row.get("vendorProject"), 200),
        product=clean.line(row.get("product"), 200),
        name=clean.line(row.get("vulnerabilityName"), 500),
        added=_day(row.get("dateAdded")),
        description=clean.text(row.get("shortDescription"), 5000),
        required_action=clean.text(row.get("requiredAction"), 5000),
        due=_day(row.get("dueDate")),
        ransomware=True if told == "known" else None,
        cwes=clean.cwes(row.get("cwes") or ()),
        references=clean.urls(notes.replace(";", " "), 50),
    )


def _day(value: object) -> date | None:
    moment = clean.when(value)
    return moment.date() if moment else None
