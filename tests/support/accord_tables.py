"""Tables for the import gate, written as CSV in a test."""

from __future__ import annotations

from accord.core.imports import TextRow, TextTable


def table(name: str, text: str) -> TextTable:
    """A table as the import reads it: the first line is the head, cells are separated by commas."""
    head, *lines = text.splitlines()
    columns = head.split(",")
    rows = [TextRow(n, dict(zip(columns, line.split(","), strict=True))) for n, line in enumerate(lines, 2)]
    return TextTable(name, columns, rows)
