"""Writing many rows with few statements, the same on both databases."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, repeat
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import Model

from accord.exposure.services import wire

Thing = TypeVar("Thing")
PARAMETERS = 32_000
ROWS = 1000
CACHE = -96_000
"""KiB of pages (negative: as SQLite counts) that an import's connection holds."""
CHECKPOINT = 16_000
"""Pages in the write-ahead log after which an import's connection moves them into the file."""
MAPPED = 512 << 20
"""Bytes of a database from which on a map of the file reads its pages: most that are asked for are in no cache."""
YOUNG = 100_000
"""So many new objects of Python call for the collector of garbage meanwhile."""


@contextmanager
def large_writes(*tables: type[Model]) -> Iterator[None]:
    """Inside, much is written with little around it; `tables` are those of the models that get the rows.

    What is there already is no work for the collector of garbage: looking through a whole Accord again and again takes
    a sixth of an import. It comes less often too: rows of a chunk are no garbage before the chunk is in. On SQLite this
    connection holds more pages, and moves what it wrote into the file less often: a page that many chunks change is
    then written once. While the database is small it reads without a map of the file, whose pages would count twice.
    Everybody else's connection keeps its own settings.
    """
    gc.freeze()
    threshold = gc.get_threshold()
    gc.set_threshold(YOUNG, *threshold[1:])
    try:
        if connection.vendor == "sqlite":
            with _own_pace(tables):
                yield
        else:
            yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


@contextmanager
def _own_pace(tables: Sequence[type[Model]]) -> Iterator[None]:
    connection.ensure_connection()
    own: Any = connection.connection
    for model in tables:
        _count_first(model)
    values = {"cache_size": CACHE, "wal_autocheckpoint": CHECKPOINT}
    if _pragma(own, "page_count") * _pragma(own, "page_size") < MAPPED:
        values["mmap_size"] = 0
    names = tuple(values)
    before = [_pragma(own, name) for name in names]
    _set(own, names, tuple(values.values()))
    try:
        yield
    finally:
        if connection.connection is own:
            _set(own, names, before)


def _pragma(connected: Any, name: str) -> int:
    return int(connected.execute(f"PRAGMA {name}").fetchone()[0])


def _set(connected: Any, names: Sequence[str], values: Sequence[int]) -> None:
    for name, value in zip(names, values, strict=True):
        connected.execute(f"PRAGMA {name}={value}").fetchall()


def _count_first(model: type[Model]) -> None:
    """Put the table first among those whose primary keys SQLite counts: it looks for it there at every row.

    The order there means nothing else; a table that was made anew stands at the end again.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_sequence ORDER BY rowid LIMIT 1")
        if cursor.fetchone() not in (None, (table,)):
            cursor.execute(
                "UPDATE sqlite_sequence SET rowid = (SELECT MIN(rowid) FROM sqlite_sequence) - 1 WHERE name = %s",
                [table],
            )


@contextmanager
def wide_statements() -> Iterator[None]:
    """Inside, a statement on SQLite may carry as many values as this build of SQLite takes (at most 32,000).

    Django counts with 999, the limit of builds before 2020; a row of forty columns would then need a statement
    for every 24 rows.
    """
    if connection.vendor != "sqlite":
        yield
        return
    import sqlite3

    connection.ensure_connection()
    features: Any = connection.features
    before = features.max_query_params
    limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    features.max_query_params = max(999, min(limit, PARAMETERS))
    try:
        yield
    finally:
        features.max_query_params = before


def insert(model: type[Model], rows: Sequence[Any]) -> list[Any]:
    """Insert rows; they come back with their primary keys."""
    return model._default_manager.bulk_create(rows, batch_size=ROWS) if rows else []


def overwrite(model: type[Model], rows: Sequence[Any], names: Iterable[str]) -> None:
    """Write the named fields of rows that are there; the rows must be complete objects."""
    if rows:
        pk = model._meta.pk
        assert pk is not None
        model._default_manager.bulk_create(
            rows, batch_size=ROWS, update_conflicts=True, unique_fields=[pk.name], update_fields=list(names)
        )


def update(model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Set the named fields of rows that are there; each row is (primary key, value, …). One prepared statement."""
    if not rows:
        return
    quote = connection.ops.quote_name
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    pk = next(str(field.column) for field in model._meta.concrete_fields if field.primary_key)
    sets = ", ".join(f"{quote(columns[name])} = %s" for name in names)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote(pk)} = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*values, key) for key, *values in rows])


def columns_of(model: type[Model], names: Iterable[str]) -> list[str]:
    """The columns of fields."""
    return [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]


def stored(value: Any) -> Any:
    """A moment as this database writes it in a statement that no model prepares, and as `fetch` brings it."""
    return _written(connection.vendor, value) if isinstance(value, datetime) else value


@lru_cache(maxsize=4096)
def _written(vendor: str, value: datetime) -> Any:
    return wire.moment_text(value) if vendor == "postgresql" else connection.ops.adapt_datetimefield_value(value)


def moment(value: Any) -> datetime | None:
    """A moment that `fetch` brought, whatever the database gives for it."""
    if value is None or isinstance(value, datetime):
        return value
    return _read(value)


@lru_cache(maxsize=4096)
def _read(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def reserve(model: type[Model], number: int) -> Sequence[int]:
    """Primary keys that nobody else will get, inside a `ledger.write`, where writers stand in one line."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # the name is looked up once, not for each key
            cursor.execute(
                "SELECT nextval(one.name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) "
                "AS one, generate_series(1, %s)", [connection.ops.quote_name(table), number],
            )  # fmt: skip
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
    return range(last + 1, last + 1 + number)


def pour(
    model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]],
    meanwhile: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Insert rows of values as the database stores them, primary keys included: COPY, or one prepared INSERT.

    Columns that are None in every row are left to the database: each value that is handed over costs. `meanwhile` is
    work that asks the database nothing: PostgreSQL, in a process of its own, is still busy with the rows.
    """
    told = [(name, held) for name, held in zip(columns, zip(*rows, strict=True), strict=False)
            if held.count(None) < len(held)]  # fmt: skip
    if not told:
        return
    quote = connection.ops.quote_name
    names, table = ", ".join(quote(name) for name, _ in told), quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                _send(copy, [held for _, held in told])
                if meanwhile is not None:
                    meanwhile()
            return
        # A value that is the same in every row stands in the statement: one that is handed over costs at each row.
        written = [wire.literal(held[0]) if _is_constant(held) else None for _, held in told]
        differing = [held for (_, held), one in zip(told, written, strict=True) if one is None]
        values = zip(*differing, strict=True) if differing else repeat((), len(rows))
        places = ", ".join("%s" if one is None else one for one in written)
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(values))
    if meanwhile is not None:
        meanwhile()


def _send(copy: Any, columns: Sequence[Sequence[Any]]) -> None:
    """Send rows piece by piece: the database stores one while the next is written."""
    for at in range(0, len(columns[0]), ROWS):
        piece = [column[at : at + ROWS] for column in columns]
        lines = wire.copy_lines(piece)
        if lines is not None:
            copy.write(lines)
            continue
        for row in zip(*piece, strict=True):
            copy.write_row(row)


def _is_constant(values: Sequence[Any]) -> bool:
    return values.count(values[0]) == len(values) and len(set(map(type, values))) == 1


def make(model: type[Model], things: Sequence[Any]) -> Sequence[Any]:
    """Insert objects whose key is the usual counted `id`, by `pour`; they have their primary keys then.

    For much of a kind, inside a `ledger.write`: half the work of `insert`, and no more statements for more rows.
    """
    if not things:
        return things
    pk = model._meta.pk
    others = [field for field in model._meta.concrete_fields if not field.primary_key]
    keys = reserve(model, len(things))
    for key, thing in zip(keys, things, strict=True):
        thing.pk, thing._state.adding, thing._state.db = key, False, connection.alias
    held = [_prepared(field, things) for field in others]
    columns = [str(field.column) for field in (pk, *others) if field is not None]
    pour(model, columns, list(zip(keys, *held, strict=True)))
    return things


AS_THEY_ARE: tuple[tuple[type[models.Field[Any, Any]], type], ...] = (
    (models.CharField, str), (models.TextField, str), (models.IntegerField, int), (models.FloatField, float),
    (models.BooleanField, bool), (models.ForeignKey, int),
)  # fmt: skip
"""Fields, and the type of value that the database takes as it is."""


def _prepared(field: Any, things: Sequence[Any]) -> list[Any]:
    """The values of a field as the database stores them; where all are so already, none is asked for by itself."""
    if type(field).pre_save is models.Field.pre_save:
        values = list(map(attrgetter(field.attname), things))
        plain = {type(None), *(one for kind, one in AS_THEY_ARE if isinstance(field, kind))}
        if set(map(type, values)) <= plain:
            return values
    return [field.get_db_prep_save(field.pre_save(thing, True), connection) for thing in things]


def fetch(model: type[Model], columns: Sequence[str], by: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Columns, as the database stores them, of the rows whose column `by` has one of these values. One statement.

    Moments come as texts, for `moment` to read: few are different.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # a leading + takes the type away by which its values would be parsed
            names = ", ".join(f"+{quote(name)}" for name in columns)
            statement = f"SELECT {names} FROM {table} WHERE {quote(by)} IN (SELECT value FROM json_each(%s))"
            cursor.execute(statement, [json.dumps(list(values))])
        else:
            types = _types(model)
            names = ", ".join(
                f"{quote(name)}::text" if types[name].startswith("timestamp") else quote(name) for name in columns
            )
            cursor.execute(f"SELECT {names} FROM {table} WHERE {quote(by)} = ANY(%s::{types[by]}[])", [_array(values)])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _array(values: Sequence[Any]) -> Any:
    """Values of one type as one text where that can be; else as a list, for the driver to write."""
    told = wire.array_text(values) if values else "{}"
    return list(values) if told is None else told


def touch(model: type[Model], values: Mapping[str, Any], pks: Sequence[int]) -> None:
    """Set columns of the rows with these primary keys to the same values. One statement."""
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(name)} = %s" for name in values)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote('id')}"
    given = [stored(value) for value in values.values()]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"{statement} IN (SELECT value FROM json_each(%s))", [*given, json.dumps(list(pks))])
        else:
            cursor.execute(f"{statement} = ANY(%s::bigint[])", [*given, _array(pks)])


def rewrite(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Set columns of rows that are there, values as the database stores them; each row is (value, …, primary key).

    One statement on PostgreSQL, one prepared statement on SQLite.
    """
    if not rows:
        return
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            *held, pks = zip(*rows, strict=True)
            written = [wire.literal(values[0]) if _is_constant(values) else None for values in held]
            all_sets = ", ".join(f"{quote(name)} = {one or '%s'}" for name, one in zip(columns, written, strict=True))
            differing = [values for values, one in zip(held, written, strict=True) if one is None]
            cursor.executemany(
                f"UPDATE {table} SET {all_sets} WHERE {quote('id')} = %s", list(zip(*differing, pks, strict=True))
            )
            return
        sets: list[str] = []
        given: list[Any] = []
        arrays: list[tuple[str, Sequence[Any]]] = []
        for name, values in zip(columns, zip(*rows, strict=True), strict=False):  # the last are the primary keys
            if values.count(values[0]) == len(values):
                sets.append(f"{quote(name)} = %s")
                given.append(values[0])
            else:
                sets.append(f"{quote(name)} = given.{quote(name)}")
                arrays.append((name, values))
        arrays.append(("id", [row[-1] for row in rows]))
        types = _types(model)
        unnested = ", ".join(f"%s::{types[name]}[]" for name, _ in arrays)
        cursor.execute(
            f"UPDATE {table} SET {', '.join(sets)} FROM unnest({unnested}) "
            f"AS given({', '.join(quote(name) for name, _ in arrays)}) WHERE {table}.id = given.id",
            [*given, *(_array(values) for _, values in arrays)],
        )


@lru_cache(maxsize=64)
def _types(model: type[Model]) -> dict[str, str]:
    """What PostgreSQL calls the type of each column, without the length at which a cast would cut a text."""
    return {
        str(field.column): str(field.rel_db_type(connection)).partition("(")[0] for field in model._meta.concrete_fields
    }


def add(model: type[Model], name: str, numbers: Mapping[int, int]) -> None:
    """Add to a column, by primary key. One statement."""
    rows = [(number, pk) for pk, number in sorted(numbers.items()) if number]
    if not rows:
        return
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(name)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} SET {column} = {table}.{column} + given.number "
                f"FROM unnest(%s::bigint[], %s::bigint[]) AS given(number, pk) WHERE {table}.id = given.pk",
                [_array([number for number, _ in rows]), _array([pk for _, pk in rows])],
            )
        else:
            cursor.executemany(f"UPDATE {table} SET {column} = {column} + %s WHERE {quote('id')} = %s", rows)


def chunks(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """Lists of at most `size`."""
    walk = iter(things)
    while part := list(islice(walk, size)):
        yield part


def clip(text: str | None, length: int) -> str:
    """A text that fits its column, "" for None."""
    if text is None:
        return ""
    return text if len(text) <= length else text[: length - 1] + "…"
