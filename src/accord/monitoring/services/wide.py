"""Statements with many values on SQLite: Django counts with 999, the limit of builds before 2020."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

PARAMETERS = 32_000
ROWS = 1000


@contextmanager
def wide_statements() -> Iterator[None]:
    """Inside, a statement on SQLite may carry as many values as this build takes (at most 32,000)."""
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
