"""Rules over a Spark data frame: the driver for record batches in `mapInArrow`, one engine in each Python worker.

    session.conf.set("spark.sql.caseSensitive", "true")      columns may differ in case only
    found = hits(session.read.parquet(…), program)           → the columns of `keep`, and `rules`

Needs `accord[spark]` and Java 17 where the session runs, and Accord where its Python workers run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.arrow import ArrowEngine
from accord.engines.sigma.cache import packed, unpacked
from accord.engines.sigma.rules import LogSource, Program

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 65_536
"""Batches of Spark are put together to so many rows: what is asked once for each batch then costs less."""
_ENGINES: dict[tuple[bytes, tuple[int, ...] | None], ArrowEngine] = {}
"""The engine of this process: Spark uses a Python worker for many tasks."""


def hits(
    frame: Any, program: Program, chosen: Sequence[int] | None = None, keep: Sequence[str] = ("_key",),
    source: LogSource | None = None,
) -> Any:  # fmt: skip
    """A data frame of the rows for which rules hold: the columns of `keep`, and `rules`, their numbers in the program.

    `frame` has the columns of stored events, or any others (see `ArrowEngine`); then `source` is their log source.
    """
    import pyarrow as pa
    from pyspark.sql.functions import col
    from pyspark.sql.types import ArrayType, IntegerType, StructField, StructType

    numbers = None if chosen is None else tuple(sorted(chosen))
    wanted = ArrowEngine(program, numbers).columns(pa.schema([(name, pa.string()) for name in frame.columns]))
    read = list(dict.fromkeys((*keep, *wanted)))
    shipped = frame.sparkSession.sparkContext.broadcast((packed(program), program.digest))
    schema = StructType([*(frame.schema[name] for name in keep), StructField("rules", ArrayType(IntegerType()))])
    kept = list(keep)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        data, digest = shipped.value
        engine = _engine(data, digest, numbers)
        for batch in _joined(batches):
            batch = batch.rename_columns(read)
            found = engine.match(batch.select(wanted), source)
            rows = batch.select(kept).take(pa.array([row for row, _ in found], pa.int64()))
            rules = pa.array([held for _, held in found], pa.list_(pa.int32()))
            yield pa.RecordBatch.from_arrays([*rows.columns, rules], [*kept, "rules"])

    # Under way each column has a number for a name: `mapInArrow` would take a dot in it for a step into an object.
    numbered = [col(_quoted(name)).alias(f"c{place}") for place, name in enumerate(read)]
    return frame.select(numbered).mapInArrow(run, schema)


def _quoted(column: str) -> str:
    """A name as Spark takes it: a dot in it is no step into an object."""
    return "`" + column.replace("`", "``") + "`"


def _engine(data: bytes, digest: str, chosen: tuple[int, ...] | None) -> ArrowEngine:
    key = (blake2b(data, digest_size=16).digest(), chosen)
    found = _ENGINES.get(key)
    if found is None:
        program = unpacked(data, digest)
        assert program is not None, "The program was packed by another version of Accord."
        _ENGINES.clear()
        found = _ENGINES[key] = ArrowEngine(program, chosen)
    return found


def _joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= ROWS:
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held = []
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()
