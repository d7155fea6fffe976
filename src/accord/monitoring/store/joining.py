"""Several files of events → one, group of rows by group of rows, in bounded memory.

The one also tells what its events do not hold (`engines.sigma.summaries`); small fresh files do not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from accord.monitoring.store.columns import ENVELOPE, MARK, MORE, MOST_COLUMNS, VERSION
from accord.monitoring.store.files import ROW_GROUP, Written, named, options
from accord.monitoring.store.place import make_sure, store

if TYPE_CHECKING:
    import pyarrow as pa


class Part(Protocol):
    """A file that is to be joined."""

    path: str
    bytes: int
    rows: int
    source_id: int
    first: datetime
    last: datetime


File = TypeVar("File", bound=Part)
Joined = tuple[Written, list[File]]


def fitting(files: Iterable[File], most: int) -> Iterator[list[File]]:
    """Files, in their order, in parts of at most so many bytes; only parts of several."""
    part: list[File] = []
    size = 0
    for file in files:
        if part and size + file.bytes > most:
            if len(part) > 1:
                yield part
            part, size = [], 0
        part.append(file)
        size += file.bytes
    if len(part) > 1:
        yield part


def join(files: Sequence[File]) -> Joined[File] | None:
    """Write one file of the events of several of one source, and make sure that it is on the disk.

    Returns it with those that are in it: all, or the first ones whose columns together are not too many. None where
    they are fewer than two, or where one is gone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from accord.engines.sigma.summaries import TOLD, Gathering

    root = store()
    try:
        schema, used = _together(files)
        if len(used) < 2:
            return None
        rows = sum(file.rows for file in used)
        first, last = min(file.first for file in used), max(file.last for file in used)
        path = named(used[0].source_id, last.date(), sorted(file.path for file in used), rows)
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            told = schema.append(pa.field(TOLD, pa.binary()))
            with pq.ParquetWriter(half, told, **options(schema)) as writer:
                gathering = Gathering()
                for table in _tables(used, schema):
                    for begin in range(0, table.num_rows, ROW_GROUP):
                        part = gathering.told(table.slice(begin, ROW_GROUP))
                        writer.write_table(part, row_group_size=part.num_rows)
                writer.add_key_value_metadata(gathering.metadata())
            make_sure(half)
            size = half.stat().st_size
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
    except FileNotFoundError:
        return None
    make_sure(target.parent)
    return Written(used[0].source_id, path, last.date(), rows, size, first, last), used


def _together(files: Sequence[File]) -> tuple[pa.Schema, list[File]]:
    """The columns of as many of the files, from the first on, as have not too many together."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from accord.engines.sigma.summaries import TOLD

    root = store()
    fields: dict[str, pa.Field] = {}
    used: list[File] = []
    for file in files:
        schema = pq.read_schema(root / file.path)
        new = {field.name: field for field in schema if field.name not in fields and field.name != TOLD}
        if len(fields) + len(new) > MOST_COLUMNS + len(ENVELOPE) + 1:
            break
        fields |= new
        used.append(file)
    ordered = [fields.pop(name) for name in ENVELOPE if name in fields]
    last = [fields.pop(MORE)] if MORE in fields else []
    return pa.schema([*ordered, *fields.values(), *last], metadata={MARK: VERSION}), used


def _tables(files: Iterable[File], schema: pa.Schema) -> Iterator[pa.Table]:
    """The events of the files in tables of a group of rows each (the last of a file may be larger), by time."""
    import pyarrow.parquet as pq

    root = store()
    held: list[pa.Table] = []
    rows = 0
    for file in files:
        with pq.ParquetFile(root / file.path) as source:
            for group in range(source.num_row_groups):
                table = source.read_row_group(group)
                held.append(table)
                rows += table.num_rows
                if rows >= ROW_GROUP:
                    yield _one(held, schema)
                    held, rows = [], 0
    if held:
        yield _one(held, schema)


def _one(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    whole = pa.concat_tables([table.replace_schema_metadata(None) for table in tables], promote_options="default")
    missing = [field for field in schema if field.name not in set(whole.schema.names)]
    for field in missing:
        whole = whole.append_column(field, pa.nulls(whole.num_rows, field.type))
    whole = whole.select(schema.names).unify_dictionaries()
    return whole.sort_by([("_time", "ascending"), ("_key", "ascending")]).cast(schema)
