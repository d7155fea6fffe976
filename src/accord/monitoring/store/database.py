"""DuckDB over files of events: in this process, bounded, read only, and with no way to anything but the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accord.monitoring.store.place import store

if TYPE_CHECKING:
    import duckdb

MEMORY = "512MB"
THREADS = 2
AT_ONCE = 2
"""Searches of one process at the same time; further ones wait for their turn."""
_turns = threading.BoundedSemaphore(AT_ONCE)


class TooBusy(RuntimeError):
    """Others search, and it did not come to its turn in time."""


@contextmanager
def opened(seconds: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read the store's files and nothing else: no extension, no network, no writing.

    It has no temporary folder: what does not fit into the memory that is allowed fails rather than fills the disk.
    After `seconds` what it does is interrupted (duckdb.InterruptException). TooBusy where no turn comes in that time.
    """
    if not _turns.acquire(timeout=seconds):
        raise TooBusy("Other searches are running. Try again in a moment.")
    try:
        with _connected() as connection:
            timer = threading.Timer(seconds, connection.interrupt) if seconds else None
            if timer is not None:
                timer.daemon = True
                timer.start()
            try:
                yield connection
            finally:
                if timer is not None:
                    timer.cancel()
    finally:
        _turns.release()


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
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
