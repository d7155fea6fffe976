"""Write a table as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from accord.outlet.tables.records import Sheet, guarded

_ROWS_PER_PIECE = 500


def stream_csv(columns: Sequence[str], rows: Iterable[Sequence[str]], *, signature: bool = True) -> Iterator[bytes]:
    """Yield a CSV file piece by piece: RFC 4180, comma, CRLF, UTF-8.

    With ``signature`` it begins with the UTF-8 mark, without which spreadsheet programs read accented letters
    wrongly. Texts that could run as formulas are guarded (see ``guarded``).
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    if signature:
        buffer.write("\ufeff")
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([guarded(text) for text in row])
        if number % _ROWS_PER_PIECE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_csv(sheet: Sheet, *, signature: bool = True) -> bytes:
    """Return a table as one CSV file; reading it back gives the same texts. See ``stream_csv``."""
    rows = ([row[column] for column in sheet.columns] for row in sheet.rows)
    return b"".join(stream_csv(sheet.columns, rows, signature=signature))
