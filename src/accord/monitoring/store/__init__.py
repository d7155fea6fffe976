"""Events at rest: Parquet by day and source, read by DuckDB.

written = write(events)                     files on the disk, whole
record(written, now)                        their rows, in the writer's transaction: now they count
search(since, until, text="…")              newest first; `before` for the next page
events_of(keys)                             single events
counts(since, until, by="host")             numbers
lookback.run(program, rules, since, until)  rules over what is stored
"""

from accord.monitoring.store import lookback
from accord.monitoring.store.database import TooBusy
from accord.monitoring.store.events import StoredEvent
from accord.monitoring.store.files import Written, files, record, sweep, write
from accord.monitoring.store.place import folder, key_of, place_of
from accord.monitoring.store.reading import Look, Place, Search, counts, events_of, find, look, search

__all__ = [
    "Look", "Place", "Search", "StoredEvent", "TooBusy", "Written", "counts", "events_of", "files", "find", "folder",
    "key_of", "look", "lookback", "place_of", "record", "search", "sweep", "write",
]  # fmt: skip
