"""Read CSV and XLSX files into tables of text; every fault is a ``TableError`` with its place and remedy."""

from __future__ import annotations

from accord.intake.tables.delimited import read_csv
from accord.intake.tables.records import LIMITS, Limits, Row, Table, TableError, plain_name, table_name
from accord.intake.tables.workbook import read_workbook

__all__ = [
    "LIMITS",
    "Limits",
    "Row",
    "Table",
    "TableError",
    "plain_name",
    "read_csv",
    "read_tables",
    "read_workbook",
    "table_name",
]

_FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "this is an old .xls workbook or one with a password",
        "Save it as .xlsx without a password",
    ),
    b"%PDF": ("this is a PDF", "Give a CSV or XLSX file"),
    b"\x1f\x8b": ("the file is packed with gzip", "Unpack it first"),
    b"<?xml": ("this is an XML file, not a table", "Give a CSV or XLSX file"),
}


def read_tables(file: str, data: bytes, *, limits: Limits = LIMITS) -> list[Table]:
    """Read a CSV or XLSX file, told apart by its first bytes; a CSV is one table named after the file.

    Raises ``TableError`` and nothing else, whatever the bytes.
    """
    if data.startswith(b"PK"):
        return read_workbook(file, data, limits=limits)
    for magic, (problem, remedy) in _FOREIGN.items():
        if data.startswith(magic):
            raise TableError(file, "", None, "", problem, remedy)
    return [read_csv(file, data, limits=limits)]
