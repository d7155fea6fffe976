"""Writing many rows with few statements, the same on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

Thing = TypeVar("Thing")
PARAMETERS = 32_000
ROWS = 1000


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
