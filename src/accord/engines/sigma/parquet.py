"""Files of columns → record batches for the rules: only what they need, values told apart where there are few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.summaries import TOLD, Summary, unpacked

if TYPE_CHECKING:
    import pyarrow as pa

FEW = 2 << 20
"""Bytes of a column in a row group (as written, not compressed) from which on most of its values are unlike: then
telling them apart costs more than it spares."""
_AT_ONCE = 4_096
"""Rows of a long column that are read together."""


class File:
    """A file of columns, row group by row group; to be closed. Columns that the file lacks are left out.

    `path` is anything that `pyarrow.parquet.ParquetFile` opens. Nested columns are named by their top. `unlike`
    are the columns whose values are not told apart.
    """

    def __init__(self, path: Any) -> None:
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            metadata, self.schema = file.metadata, file.schema_arrow
        self.unlike = _unlike(metadata)
        few = [name for name in self.schema.names if name not in self.unlike]
        self._file = pq.ParquetFile(path, metadata=metadata, read_dictionary=few)
        self.groups: int = metadata.num_row_groups

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self, group: int) -> int:
        """How many rows a row group has."""
        return int(self._file.metadata.row_group(group).num_rows)

    def told(self, group: int) -> Summary | None:
        """What the values of a row group may hold; None where that is not told."""
        if TOLD not in self.schema.names:
            return None
        return unpacked(self._file.read_row_group(group, columns=[TOLD], use_threads=False).column(0)[0].as_py())

    def table(self, group: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Some columns of a row group, or all."""
        if columns is None:
            return self._file.read_row_group(group, use_threads=False)
        wanted = set(columns)
        table = self._file.read_row_group(
            group, columns=[name for name in columns if name in self.schema.names], use_threads=False
        )
        # Asking for one column also gives those whose names go on behind a dot.
        return table.select([name for name in table.schema.names if name in wanted]).combine_chunks()

    def pieces(self, group: int, column: str) -> Iterator[pa.Array]:
        """One column of a row group (not a nested one) part by part, so that a long one is never in memory whole."""
        for batch in self._file.iter_batches(_AT_ONCE, row_groups=[group], columns=[column], use_threads=False):
            yield batch.column(0)


def batches(path: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The row groups of a file, in order, with these columns (see `File`)."""
    with File(path) as file:
        for group in range(file.groups):
            yield from file.table(group, columns).to_batches()


def _unlike(metadata: Any) -> set[str]:
    """Columns whose values are not told apart in some row group: long ones, and those that are written otherwise."""
    found = set()
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for place in range(row_group.num_columns):
            column = row_group.column(place)
            if column.total_uncompressed_size > FEW or not column.has_dictionary_page:
                found.add(column.path_in_schema)
    return found
