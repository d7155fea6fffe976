"""Rows of a CSV of any size, in memory that depends on its largest row only.

The header is the first of the first records that names the columns which the format cannot do without, under
whichever delimiter that holds: exports carry titles and addresses above it, and the delimiter follows the settings
of somebody's desk. Text is UTF-8 or UTF-16; quotes follow RFC 4180, and one that never closes is an error.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from accord.intake.records import IntakeError
from accord.intake.safe.json_reader import text_encoding
from accord.intake.safe.source import Reader, Source

DELIMITERS = ",;\t|"
PREAMBLE = 40  # records above the header
COLUMNS = 1000
_USUAL_CELL = 131_072  # the csv module's own limit on a cell, which is one for the whole process
_REMEDY = "Export the file again as CSV; do not edit it by hand."


@dataclass(frozen=True, slots=True)
class Row:
    """One record below the header: `number` counts records as a spreadsheet does, `cells` are by column name in
    lower case ("" where blank). `problem` says why the record cannot be read; its cells are then what is known."""

    number: int
    cells: dict[str, str]
    problem: str = ""

    def get(self, *names: str) -> str:
        """The first of these columns that is there and not blank, else ""."""
        for name in names:
            found = self.cells.get(name)
            if found:
                return found
        return ""


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV with its header. `names` are the columns in lower case, `above` the records before the header."""

    names: tuple[str, ...]
    above: tuple[tuple[str, ...], ...]
    rows: Iterator[Row]


@contextmanager
def table(source: Source, *needed: Iterable[str]) -> Iterator[Table]:
    """The table of a file whose header has all names of one of `needed` (in any case).

    IntakeError where no such header is among the first records, where a quote never closes, where a cell or row is
    beyond the limits, and where the bytes are no text.
    """
    sets = [frozenset(name.casefold() for name in one) for one in needed]
    delimiter, skipped = _header(source, sets)
    with source.open() as reader:
        records = _records(source, reader, delimiter)
        above = []
        for _ in range(skipped):
            above.append(tuple(cell.strip() for cell in next(records)[1]))
        number, header = next(records)
        names = _names(source, number, header)
        yield Table(names, tuple(above), _rows(source, names, records))


def _header(source: Source, sets: list[frozenset[str]]) -> tuple[str, int]:
    with source.open() as reader:
        head = reader.head()
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise source.error("The file is empty.", "Export it again from the scanner.")
    text = head.decode(text_encoding(head), "replace").lstrip("\ufeff")
    for delimiter in DELIMITERS:
        try:
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
            for count, record in zip(range(PREAMBLE), lines, strict=False):
                cells = {cell.strip().casefold() for cell in record[:COLUMNS]}
                if any(one <= cells for one in sets):
                    return delimiter, count
        except csv.Error:
            continue
    missing = ", ".join(sorted(sets[0])) if sets else ""
    raise source.error(f"No header with these columns was found: {missing}.", "Export the columns as they are named.")


def _names(source: Source, number: int, header: list[str]) -> tuple[str, ...]:
    if len(header) > COLUMNS:
        raise source.error(f"The header names more than {COLUMNS:,} columns.", _REMEDY, row=number)
    return tuple(" ".join(cell.split()).casefold()[:200] for cell in header)


def _rows(source: Source, names: tuple[str, ...], records: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    width = len(names)
    for number, record in records:
        if not record or not any(cell.strip() for cell in record):
            continue
        cells = {name: cell.strip() for name, cell in zip(names, record, strict=False) if name}
        problem = ""
        if len(record) != width and (len(record) < width or any(cell.strip() for cell in record[width:])):
            problem = f"The row has {len(record):,} cells, the header {width:,}."
        yield Row(number, cells, problem)


class _Bytes(io.BufferedIOBase):
    """The bounded reader as the standard library wants it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._reader.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._reader.read(size)


def _text(reader: Reader) -> Iterator[str]:
    buffer: Any = _Bytes(reader)
    return io.TextIOWrapper(buffer, encoding=text_encoding(reader.head()), newline="")


def lines_of(source: Source, reader: Reader) -> Iterator[str]:
    """The lines of a text without their ends; IntakeError where the bytes are no text. One line may be as long as
    one record."""
    text = _text(reader)
    number = 0
    while True:
        number += 1
        try:
            line = next(text, "")
        except UnicodeDecodeError as error:
            raise _no_text(source, number, error) from None
        if not line:
            return
        reader.mark()
        yield line.rstrip("\r\n")


def _no_text(source: Source, number: int, error: UnicodeDecodeError) -> IntakeError:
    problem = f"The bytes {error.object[error.start :][:4].hex(' ')} are not {error.encoding} text."
    return IntakeError(source.name, number, None, problem, "Save the file as UTF-8.")


def _records(source: Source, reader: Reader, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of every record; the size of each is counted by the reader's `record_bytes`."""
    text = _text(reader)
    held: list[str] = []
    lines: Any = csv.reader(_noted(text, held), delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        csv.field_size_limit(source.limits.record_bytes)
        held.clear()
        try:
            record = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" not in str(error) or len(held) != 1:
                raise IntakeError(source.name, number, None, *_explained(str(error))) from None
            record = next(csv.reader(held, delimiter=delimiter, skipinitialspace=True))
        except UnicodeDecodeError as error:
            raise _no_text(source, number, error) from None
        finally:
            csv.field_size_limit(_USUAL_CELL)
        reader.mark()
        yield number, record


def _noted(text: Iterable[str], held: list[str]) -> Iterator[str]:
    """The lines, with those of the record that is being read kept: a quote that opens on the very last line and
    never closes can only be meant to end with it, and whether all cells are there is seen from their number."""
    for line in text:
        if len(held) < 2:
            held.append(line)
        yield line


def _explained(message: str) -> tuple[str, str]:
    if "unexpected end" in message:
        return "A quote is opened and never closed: the file ends in the middle of a row.", "Export the file again."
    if "field larger" in message:
        return "A cell is far too long, or its quote never closes.", "Export the file again without raw output."
    return f"The row cannot be read as CSV ({message}).", _REMEDY
