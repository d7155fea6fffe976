"""The rows of a CSV, a workbook's first sheet with rows, or a list in a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from accord.intake.records import IntakeError
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tables import Limits, TableError, read_tables

LIMITS = Limits(file_bytes=64 << 20)
SAMPLES = 3
LOOKED_AT = 200
MOST_COLUMNS = 500
DEPTH = 4


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file, a few values of each, and for JSON the path of the list that holds the rows."""

    names: tuple[str, ...]
    samples: dict[str, tuple[str, ...]]
    list_path: str = ""
    rows: int | None = None


def is_json(data: bytes) -> bool:
    """Whether the content begins as JSON does."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def columns_of(file: str, data: bytes) -> Columns:
    """What can be mapped; IntakeError where the file is no table and holds no list of objects."""
    path = _list_of(file, data) if is_json(data) else ""
    names: dict[str, list[str]] = {}
    count = 0
    for _, row in rows_of(file, data, path):
        count += 1
        if count > LOOKED_AT:
            continue
        for name, value in row.items():
            if len(names) >= MOST_COLUMNS and name not in names:
                continue
            held = names.setdefault(name, [])
            text = shown(value)
            if text and len(held) < SAMPLES and text not in held:
                held.append(text[:80])
    if not names:
        raise IntakeError(file, None, None, "The file has no rows.", "Export it again with findings in it.")
    return Columns(tuple(names), {name: tuple(held) for name, held in names.items()}, path, count)


def rows_of(file: str, data: bytes, list_path: str = "") -> Iterator[tuple[int | str, dict[str, Any]]]:
    """Each row with its number (or place, in JSON) as column → value; nested names are joined with dots."""
    if is_json(data):
        yield from _json_rows(file, data, list_path)
        return
    try:
        tables = read_tables(file, data, limits=LIMITS)
    except TableError as error:
        raise IntakeError(file, error.row, error.column or None, error.problem, error.remedy) from None
    table = next((one for one in tables if one.rows), None)
    for row in table.rows if table is not None else ():
        yield row.number, dict(row.cells)


def _list_of(file: str, data: bytes) -> str:
    """The path of the first list of objects, looked for from the top."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return ""  # the walk tells where and what
    found = _search(document, ())
    return ".".join(found or ())


def _search(value: Any, path: tuple[str, ...]) -> tuple[str, ...] | None:
    if isinstance(value, list):
        return path if value and isinstance(value[0], dict) else None
    if isinstance(value, dict) and len(path) < DEPTH:
        for name, inner in value.items():
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                return (*path, name)
        for name, inner in value.items():
            if isinstance(inner, dict) and (found := _search(inner, (*path, name))) is not None:
                return found
    return None


def _json_rows(file: str, data: bytes, list_path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    source = Source(BytesIO(data), name=file)
    with source.open() as reader:
        document = JsonReader(reader)
        yield from _walk(document, [part for part in list_path.split(".") if part])
        document.end()


def _walk(document: JsonReader, path: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path:
        for _ in document.elements():
            row = document.value()
            if isinstance(row, dict):
                yield document.pointer(), flat(row)
        return
    for name in document.names():
        if name == path[0]:
            yield from _walk(document, path[1:])


def flat(row: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Nested objects as dotted names; lists of plain values stay lists, the first object of a list is looked into."""
    found: dict[str, Any] = {}
    for name, value in list(row.items())[:MOST_COLUMNS]:
        key = f"{prefix}{name}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = value[0]
        if isinstance(value, dict) and depth < DEPTH:
            found |= flat(value, f"{key}.", depth + 1)
        else:
            found[key] = value
    return found


def shown(value: Any) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value[:20] if not isinstance(one, (dict, list)))
    return str(value).strip()
