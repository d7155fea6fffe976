"""Events → an Arrow table, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from accord.monitoring.store.columns import (
    ENVELOPE,
    MARK,
    MORE,
    MOST_COLUMNS,
    MOST_VALUES,
    NESTED,
    SHORT,
    VERSION,
    column_of,
    dumped,
    field_of,
    fits,
    loaded,
    writable,
)
from accord.monitoring.store.events import StoredEvent

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT = frozenset((str,))
_SCALARS = frozenset((str, int, float, bool, type(None)))


class _Columns:
    """The values of columns with the rows in which they stand."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[list[int], list[Any]]] = {}
        self.more: dict[int, dict[str, Any]] = {}

    def put(self, column: str, rows: Sequence[int], values: Sequence[Any]) -> None:
        found = self.held.get(column)
        if found is None:
            found = self.held[column] = ([], [])
        found[0].extend(rows)
        found[1].extend(values)

    def put_more(self, row: int, name: str, value: Any) -> None:
        self.more.setdefault(row, {})[name] = value


def table_of(events: Sequence[StoredEvent]) -> pa.Table:
    """The table of these events, a row for each, in their order; columns as `columns` tells."""
    import pyarrow as pa

    columns = _Columns()
    shapes: dict[tuple[str, ...], list[int]] = {}
    for row, event in enumerate(events):
        if _is_wide(event):
            columns.more[row] = event.data
        else:
            shapes.setdefault(tuple(event.data), []).append(row)
    for names, rows in shapes.items():
        for name, values in zip(names, zip(*(events[row].data.values() for row in rows), strict=True), strict=True):
            _put(columns, name, rows, values)
    _keep_the_most(columns)
    arrays, fields = _envelope(events)
    for column, (rows, values) in columns.held.items():
        arrays.append(_scattered(rows, values, len(events)))
        fields.append(pa.field(column, pa.string()))
    if columns.more:
        arrays.append(_scattered(list(columns.more), [dumped(one) for one in columns.more.values()], len(events)))
        fields.append(pa.field(MORE, pa.string()))
    return pa.table(arrays, schema=pa.schema(fields, metadata={MARK: VERSION}))


def _is_wide(event: StoredEvent) -> bool:
    """Whether a rule could come to the end of what it reads of one event: then their order must stay."""
    if len(event.raw) < SHORT and len(event.data) < MOST_VALUES:
        return False
    from accord.engines.sigma.values import everything

    if len(event.data) < MOST_VALUES and _SCALARS.issuperset(map(type, event.data.values())):
        return False
    return len(everything(event.data)) >= MOST_VALUES


def _put(columns: _Columns, name: str, rows: Sequence[int], values: Sequence[Any]) -> None:
    """The values of one field."""
    if not fits(name):
        for row, value in zip(rows, values, strict=True):
            columns.put_more(row, name, value)
        return
    kinds = set(map(type, values))
    if kinds == _TEXT and _all_writable(values):
        columns.put(column_of(name), rows, values)
        return
    from accord.engines.sigma.values import texts

    for row, value in zip(rows, values, strict=True):
        if value is None:
            continue
        if type(value) not in _SCALARS:
            text, column = dumped(value), NESTED + name
        else:
            text, column = texts(value)[0], column_of(name)
        if writable(text):
            columns.put(column, (row,), (text,))
        else:
            columns.put_more(row, name, value)


def _all_writable(values: Sequence[str]) -> bool:
    return writable("".join(values))


def _keep_the_most(columns: _Columns) -> None:
    """Where there are too many columns, those stay that most events have."""
    over = len(columns.held) - MOST_COLUMNS
    if over <= 0:
        return
    for column in sorted(columns.held, key=lambda name: len(columns.held[name][0]))[:over]:
        told = field_of(column)
        assert told is not None
        name, nested = told
        for row, value in zip(*columns.held.pop(column), strict=True):
            columns.put_more(row, name, loaded(value) if nested else value)


def _scattered(rows: list[int], values: list[str], size: int) -> pa.Array:
    """Texts at their rows, NULL elsewhere."""
    import numpy as np
    import pyarrow as pa

    held = pa.array(values, pa.string())
    places = np.full(size, -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    if len(rows) == size:
        return held if bool((places[1:] > places[:-1]).all()) else held.take(pa.array(places))
    return held.take(pa.array(places, mask=places < 0))


_WRITTEN: tuple[tuple[str, str, Callable[[StoredEvent], Any]], ...] = (
    ("_key", "string", lambda one: one.key), ("_time", "time", lambda one: one.time),
    ("_time_is_told", "bool", lambda one: one.time_is_told), ("_received", "time", lambda one: one.received),
    ("_host", "string", lambda one: one.host), ("_user", "string", lambda one: one.user),
    ("_src", "string", lambda one: one.src), ("_dst", "string", lambda one: one.dst),
    ("_asset", "int64", lambda one: one.asset), ("_product", "named", lambda one: one.product),
    ("_category", "named", lambda one: one.category), ("_service", "named", lambda one: one.service),
    ("_format", "named", lambda one: one.format), ("_json", "bool", lambda one: one.json),
    ("_raw", "binary", lambda one: one.raw),
)  # fmt: skip


def envelope_schema() -> list[pa.Field]:
    """The columns of the envelope."""
    import pyarrow as pa

    types = {
        "string": pa.string(), "time": pa.timestamp("us", tz="UTC"), "bool": pa.bool_(), "int64": pa.int64(),
        "named": pa.dictionary(pa.int32(), pa.string()), "binary": pa.binary(),
    }  # fmt: skip
    return [pa.field(name, types[kind]) for name, kind, _ in _WRITTEN]


def _envelope(events: Sequence[StoredEvent]) -> tuple[list[Any], list[pa.Field]]:
    import pyarrow as pa

    fields = envelope_schema()
    arrays = []
    for (_, kind, of), field in zip(_WRITTEN, fields, strict=True):
        values = list(map(of, events))
        if kind == "named":
            arrays.append(pa.array(values, pa.string()).dictionary_encode())
        else:
            arrays.append(pa.array(values, field.type))
    return arrays, fields


def events_in(table: pa.Table | pa.RecordBatch, source: int) -> Iterator[StoredEvent]:
    """The events of a table, or of a part of one with the whole envelope, in its order."""
    data = data_of(table)
    held = [table.column(name).to_pylist() for name in ENVELOPE]
    for fields, values in zip(data, zip(*held, strict=True), strict=True):
        (
            key, time, told, received, host, user, src, dst, asset, product, category, service, form, json, raw,
        ) = values  # fmt: skip
        yield StoredEvent(
            key, source, time, told, received, host, user, src, dst, asset, product, category, service, form or "",
            fields, raw or b"", json,
        )  # fmt: skip


def data_of(table: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """The fields of each row's event, from the columns that the table has."""
    found: list[dict[str, Any]] = [{} for _ in repeat(None, table.num_rows)]
    for place, column in enumerate(table.schema.names):
        told = field_of(column)
        if told is not None:
            name, nested = told
            for fields, value in _held(found, table.column(place)):
                fields[name] = loaded(value) if nested else value
    if MORE in table.schema.names:
        for fields, value in _held(found, table.column(MORE)):
            fields.update(loaded(value))
    return found


def _held(found: list[dict[str, Any]], column: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """The values of a column that are there, each with its row's fields."""
    import numpy as np

    if not column.null_count:
        yield from zip(found, column.to_pylist(), strict=True)
    elif column.null_count < len(column):
        rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False)).tolist()
        yield from zip(map(found.__getitem__, rows), column.drop_null().to_pylist(), strict=True)
