"""DuckDB over files of events: in this process, bounded, read only, and with no way to anything but the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accord.monitoring.store.place import store

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
THREADS = 2


@contextmanager
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read the store's files and nothing else: no extension, no network, no writing.

    It has no temporary folder: what does not fit into the memory that is allowed fails rather than fills the disk.
    """
    import duckdb

    settings = {
        "memory_limit": MEMORY, "threads": THREADS, "temp_directory": "", "autoinstall_known_extensions": False,
        "autoload_known_extensions": False, "allow_community_extensions": False,
    }  # fmt: skip
    connection = duckdb.connect(":memory:", config=settings)
    try:
        where = str(store()).replace("'", "''")
        connection.execute(f"SET allowed_directories = ['{where}/']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()
