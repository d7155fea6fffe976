"""Events as a record batch in the columns of the store, written plainly for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from accord.engines.sigma import LogSource
from accord.engines.sigma.values import texts


def stored(
    events: Sequence[Mapping[str, Any]], sources: Sequence[LogSource | None] = (), most: int = 2000,
    dictionaries: bool = False,
) -> pa.RecordBatch:  # fmt: skip
    """One row an event; fields beyond `most` stand in `_more`; all text columns as dictionaries if wanted."""
    rows = [_row(event) for event in events]
    for row, source in zip(rows, sources, strict=bool(sources)):
        told = source or LogSource()
        row.update(_product=told.product, _category=told.category, _service=told.service)
    native = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _SOURCE]
    kept = native[:most]
    for row in rows:
        more = {name: row[name] for name in row if name not in kept and name not in _SOURCE}
        if more:
            row["_more"] = json.dumps({_outside(name): _value(name, value) for name, value in more.items()})
    names = ["_key", *_SOURCE, *kept, "_more"]
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    columns["_key"] = pa.array([f"key {number}" for number in range(len(rows))])
    if dictionaries:
        columns = {name: column.dictionary_encode() for name, column in columns.items()}
    batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    return batch.replace_schema_metadata({"accord.events": "1"})


_SOURCE = ("_product", "_category", "_service")


def _row(event: Mapping[str, Any]) -> dict[str, str | None]:
    row: dict[str, str | None] = {}
    for name, value in event.items():
        if isinstance(value, list | dict):
            row[f"_nested.{name}"] = json.dumps(value, ensure_ascii=False)
        elif value is not None:
            row[f"_{name}" if name.startswith("_") else name] = texts(value)[0]
    return row


def _outside(column: str) -> str:
    return column.removeprefix("_nested.") if column.startswith("_nested.") else column.removeprefix("_")


def _value(column: str, value: str | None) -> Any:
    return json.loads(value) if column.startswith("_nested.") and value is not None else value
