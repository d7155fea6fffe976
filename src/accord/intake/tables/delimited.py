"""Read a CSV file (RFC 4180, comma or semicolon) into a table of text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from accord.intake.tables.records import LIMITS, Assembler, Budget, Limits, Table, TableError, table_name

_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SEPARATOR_LINE = re.compile(r"\A[\"']?sep=([,;])[\"']?[ ,;]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
_UTF8 = "Save the file as “CSV UTF-8”"


def read_csv(file: str, data: bytes, *, name: str | None = None, limits: Limits = LIMITS) -> Table:
    """Read one CSV file; the table is called ``name``, or else after the file.

    The text is UTF-8 with or without a signature, or UTF-16 with one. The separator is the comma or the
    semicolon, whichever the header uses more often outside quotes; a first line ``sep=;`` settles it. Rows
    are numbered as a spreadsheet program shows them: a cell with line breaks is still one row. Raises
    ``TableError`` and nothing else.
    """
    if len(data) > limits.file_bytes:
        raise TableError(
            file, "", None, "", f"the file is larger than {limits.file_bytes:,} bytes", "Divide it into parts"
        )
    text = _decoded(file, data)
    delimiter, start, first = _dialect(text)
    if start:
        text = text[start:]
    assembler = Assembler(file, "", limits, Budget.of(limits))
    table = assembler.table(
        table_name(file) if name is None else name,
        _records(assembler, text, delimiter, first),
        exact=True,
    )
    if table is None:
        raise TableError(file, "", None, "", "the file holds no table", "Put the column names in the first row")
    return table


def _decoded(file: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)):
        raise TableError(file, "", None, "", "the text is in UTF-32, which is not read", _UTF8)
    marked = data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE))
    encoding, label = ("utf-16", "UTF-16") if marked else ("utf-8-sig", "UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(
            file,
            "",
            line,
            "",
            f"the text is not in {label}: byte {error.start + 1} of the file does not belong there",
            _UTF8,
        ) from None


def _dialect(text: str) -> tuple[str, int, int]:
    """Return the separator, where the header starts in the text, and the row number of the text there."""
    marked = _SEPARATOR_LINE.match(text)
    if marked:
        return marked[1], marked.end(), 2
    sample = text[:65_536].lstrip("\r\n")
    header = re.split(r"[\r\n]", _QUOTED.sub("", sample), maxsplit=1)[0]
    return (";" if header.count(";") > header.count(",") else ","), 0, 1


def _records(assembler: Assembler, text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise assembler.error(number, "", *_explained(str(error))) from None
        yield number, record
        number += 1


def _explained(message: str) -> tuple[str, str]:
    if "unexpected end" in message:
        return "a quote is opened and never closed", "Close the quote, and check that the file is complete"
    if "field larger" in message:
        return "a cell is far too long", "Shorten the text, and check that every quote is closed"
    if "expected after" in message:
        return "text follows a closing quote", "Double every quote inside a quoted cell"
    return f"the row cannot be read as CSV ({message})", "Save the file again as CSV"
