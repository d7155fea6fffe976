"""Files of columns → record batches for the rules: only what they need, values told apart where there are few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

FEW = 2 << 20
"""Bytes of a column in a row group (as written, not compressed) from which on most of its values are unlike: then
telling them apart costs more than it spares."""


def batches(path: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The row groups of a file, in order, with these columns. A column that the file lacks is left out.

    `path` is anything that `pyarrow.parquet.ParquetFile` opens. Nested columns are named by their top.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        metadata, schema = file.metadata, file.schema_arrow
    wanted = [name for name in columns if name in schema.names]
    large = _large(metadata)
    with pq.ParquetFile(
        path, metadata=metadata, read_dictionary=[name for name in wanted if name not in large]
    ) as file:
        for group in range(metadata.num_row_groups):
            table = file.read_row_group(group, columns=wanted, use_threads=False)
            yield from table.combine_chunks().to_batches()


def _large(metadata: Any) -> set[str]:
    """Columns that are long in some row group."""
    found = set()
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for place in range(row_group.num_columns):
            column = row_group.column(place)
            if column.total_uncompressed_size > FEW:
                found.add(column.path_in_schema)
    return found
