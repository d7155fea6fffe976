"""Events → an Arrow table, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from accord.monitoring.store.columns import (
    ENVELOPE,
    MARK,
    MORE,
    MOST_COLUMNS,
    MOST_VALUES,
    NESTED,
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
    import numpy as np
    import pyarrow as pa

_TEXT, _WHOLE = frozenset((str,)), frozenset((int,))
_TOLD = frozenset((str, int, float, bool))
_SCALARS = _TOLD | {type(None)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FEW = MOST_VALUES // 4
"""Signs of JSON that separate values, up to which an event cannot have too many (readers give some a second name)."""


class _Columns:
    """The values of columns with the rows in which they stand, part by part."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[list[np.ndarray], list[Any]]] = {}
        self.more: dict[int, dict[str, Any]] = {}

    def put(self, column: str, rows: np.ndarray, values: Sequence[Any]) -> None:
        found = self.held.get(column)
        if found is None:
            found = self.held[column] = ([], [])
        found[0].append(rows)
        found[1].extend(values)

    def put_more(self, row: int, column: str, value: Any) -> None:
        """Keep a value of a field beside the columns."""
        told = field_of(column)
        assert told is not None
        name, nested = told
        self.more.setdefault(row, {})[name] = loaded(value) if nested else value


def table_of(events: Sequence[StoredEvent]) -> pa.Table:
    """The table of these events, a row for each, in their order; columns as `columns` tells."""
    import numpy as np
    import pyarrow as pa

    columns = _Columns()
    shapes: dict[tuple[str, ...], list[int]] = {}
    for row, event in enumerate(events):
        if _is_wide(event):
            columns.more[row] = event.data
        else:
            shapes.setdefault(tuple(event.data), []).append(row)
    for names, rows in shapes.items():
        at = np.array(rows, np.int64)
        hidden = _hiding(names)
        for name, values in zip(names, zip(*(events[row].data.values() for row in rows), strict=True), strict=True):
            _put(columns, name, at, values)
            if name in hidden:
                for row, value in zip(rows, values, strict=True):
                    if value is None:
                        columns.more.setdefault(row, {})[name] = None
    _keep_the_most(columns)
    arrays, fields = _envelope(events)
    for column, (parts, held) in columns.held.items():
        arrays.append(_scattered(columns, column, np.concatenate(parts), held, len(events)))
        fields.append(pa.field(column, pa.string()))
    if columns.more:
        places = np.array(list(columns.more), np.int64)
        arrays.append(_placed(places, pa.array([dumped(one) for one in columns.more.values()]), len(events)))
        fields.append(pa.field(MORE, pa.string()))
    return pa.table(arrays, schema=pa.schema(fields, metadata={MARK: VERSION}))


def _hiding(names: Sequence[str]) -> set[str]:
    """The names with dots under which a path could lie as well: there, null is not the same as nothing."""
    if not any("." in name for name in names):
        return set()
    lower = {name.lower() for name in names}
    return {name for name in names if any(head in lower for head in _heads(name.lower()))}


def _heads(name: str) -> Iterator[str]:
    place = name.find(".")
    while place >= 0:
        yield name[:place]
        place = name.find(".", place + 1)


def _is_wide(event: StoredEvent) -> bool:
    """Whether a rule could come to the end of what it reads of one event: then their order must stay."""
    data, raw = event.data, event.raw
    if len(data) < MOST_VALUES and (
        _SCALARS.issuperset(map(type, data.values())) or raw.count(b",") + raw.count(b"{") + raw.count(b"[") < FEW
    ):
        return False
    from accord.engines.sigma.values import everything

    return len(everything(data)) >= MOST_VALUES


def _put(columns: _Columns, name: str, rows: np.ndarray, values: Sequence[Any]) -> None:
    """The values of one field."""
    import numpy as np

    from accord.engines.sigma.values import texts

    if not fits(name):
        for row, value in zip(rows.tolist(), values, strict=True):
            columns.more.setdefault(row, {})[name] = value
        return
    kinds = set(map(type, values))
    if kinds == _TEXT:
        columns.put(column_of(name), rows, values)
        return
    if kinds == _WHOLE:
        columns.put(column_of(name), rows, list(map(str, values)))
        return
    plain = [place for place, value in enumerate(values) if type(value) in _TOLD]
    if plain:
        held = (values[place] for place in plain)
        told = [value if type(value) is str else texts(value)[0] for value in held]
        columns.put(column_of(name), rows[plain], told)
    if len(plain) == len(values):
        return
    nested = [place for place, value in enumerate(values) if type(value) not in _SCALARS]
    if nested:
        columns.put(NESTED + name, rows[np.array(nested)], [dumped(values[place]) for place in nested])


def _keep_the_most(columns: _Columns) -> None:
    """Where there are too many columns, those stay that most events have."""
    over = len(columns.held) - MOST_COLUMNS
    if over <= 0:
        return
    for column in sorted(columns.held, key=lambda name: len(columns.held[name][1]))[:over]:
        parts, values = columns.held.pop(column)
        for part in parts:
            for row, value in zip(part.tolist(), values, strict=False):
                columns.put_more(row, column, value)
            values = values[len(part) :]


def _scattered(columns: _Columns, column: str, rows: np.ndarray, values: list[str], size: int) -> pa.Array:
    """Texts at their rows, NULL elsewhere. A text that is not valid Unicode is kept beside the columns."""
    import pyarrow as pa

    try:
        held = pa.array(values, pa.string())
    except UnicodeEncodeError:
        good = [writable(value) for value in values]
        for row, value, fine in zip(rows.tolist(), values, good, strict=True):
            if not fine:
                columns.put_more(row, column, value)
        held = pa.array([value for value, fine in zip(values, good, strict=True) if fine], pa.string())
        rows = rows[good]
    return _placed(rows, held, size)


def _placed(rows: np.ndarray, held: pa.Array, size: int) -> pa.Array:
    """Values at their rows, NULL elsewhere."""
    import numpy as np
    import pyarrow as pa

    if len(rows) == size and bool((rows[1:] > rows[:-1]).all()):
        return held
    places = np.full(size, -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return held.take(pa.array(places, mask=places < 0))


_WRITTEN: tuple[tuple[str, str, Callable[[StoredEvent], Any]], ...] = (
    ("_key", "string", attrgetter("key")), ("_time", "time", attrgetter("time")),
    ("_time_is_told", "bool", attrgetter("time_is_told")), ("_received", "time", attrgetter("received")),
    ("_host", "string", attrgetter("host")), ("_user", "string", attrgetter("user")),
    ("_src", "string", attrgetter("src")), ("_dst", "string", attrgetter("dst")),
    ("_asset", "int64", attrgetter("asset")), ("_product", "named", attrgetter("product")),
    ("_category", "named", attrgetter("category")), ("_service", "named", attrgetter("service")),
    ("_format", "named", attrgetter("format")), ("_json", "bool", attrgetter("json")),
    ("_raw", "binary", attrgetter("raw")),
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
        elif kind == "time":
            arrays.append(pa.array(map(_microseconds, values), pa.int64()).cast(field.type))
        else:
            arrays.append(pa.array(values, field.type))
    return arrays, fields


def _microseconds(moment: datetime) -> int:
    """Since 1970; pyarrow takes ten times as long for an aware moment."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


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
