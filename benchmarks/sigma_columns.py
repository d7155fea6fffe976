"""Rules over stored events beside rules over the stream: CPU seconds from Parquet to hits, hits compared.

    python -m benchmarks.sigma_columns [--quick] [--times 2] [--spark PYTHON]

Writes the real Windows events in the columns of the store of events (65,536 to a file, as many as
the store puts into a row group) and looks back over them `times` times; the stream reads the same events as lines of JSON.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from benchmarks.sigma import events, on_windows

from accord.engines.sigma import ArrowEngine, Engine, LogSource, Program
from accord.engines.sigma.arrow import Hits
from accord.engines.sigma.parquet import batches
from accord.engines.sigma.values import texts

ROW_GROUP = 65_536
WINDOWS = LogSource("windows")


def written(folder: Path, every: int) -> list[Path]:
    """Write each `every`-th event, as many to a file as the store puts into a row group."""
    paths: list[Path] = []
    lines: list[bytes] = []
    for chunk in events(every):
        lines += chunk
        while len(lines) >= ROW_GROUP:
            paths.append(_file(folder / f"{len(paths)}.parquet", lines[:ROW_GROUP]))
            del lines[:ROW_GROUP]
    return [*paths, _file(folder / f"{len(paths)}.parquet", lines)]


def _file(path: Path, lines: list[bytes]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, tuple[list[int], list[str]]] = {}
    for row, line in enumerate(lines):
        for name, value in orjson.loads(line).items():
            if value is None:
                continue
            if isinstance(value, list | dict):
                name, text = f"_nested.{name}", orjson.dumps(value).decode()
            else:
                name, text = f"_{name}" if name.startswith("_") else name, texts(value)[0]
            rows, held = columns.setdefault(name, ([], []))
            rows.append(row)
            held.append(text)
    arrays: dict[str, Any] = {"_key": pa.array([f"1-{path.stem}-{row}" for row in range(len(lines))])}
    arrays["_raw"] = pa.array(lines, pa.binary())
    arrays["_product"] = pa.array(["windows"] * len(lines)).dictionary_encode()
    for name in ("_category", "_service"):
        arrays[name] = pa.nulls(len(lines), pa.string()).dictionary_encode()
    for name, (rows, held) in columns.items():
        arrays[name] = _scattered(rows, held, len(lines))
    table = pa.table(arrays).replace_schema_metadata({"accord.events": "1"})
    plain = ("_key", "_raw")
    pq.write_table(
        table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=3,
        use_dictionary=[name for name in table.schema.names if name not in plain], write_statistics=["_product"],
    )  # fmt: skip
    return path


def _scattered(rows: list[int], values: list[str], size: int) -> Any:
    import numpy as np
    import pyarrow as pa

    places = np.full(size, -1)
    places[rows] = np.arange(len(rows))
    return pa.array(values, pa.large_string()).take(pa.array(places, mask=places < 0)).cast(pa.string())


def looked_back(program: Program, paths: Sequence[Path], times: int) -> tuple[float, Hits]:
    """CPU seconds of `times` times the files, and the hits of the last time."""
    import pyarrow.parquet as pq

    engine = ArrowEngine(program, on_windows(program))
    start = time.process_time()
    for _ in range(times):
        found, before = [], 0
        for path in paths:
            for batch in batches(path, engine.columns(pq.read_schema(path))):
                found += [(before + row, numbers) for row, numbers in engine.match(batch)]
                before += batch.num_rows
    return time.process_time() - start, found


def streamed(program: Program, every: int, times: int) -> tuple[float, Hits]:
    """CPU seconds of the stream driver on the same events, decompression of lines not counted; the last hits."""
    engine, spent = Engine(program, on_windows(program)), 0.0
    for _ in range(times):
        found, row = [], 0
        for chunk in events(every):
            start = time.process_time()
            for line in chunk:
                numbers = engine.match(orjson.loads(line), WINDOWS, line)
                if numbers:
                    found.append((row, numbers))
                row += 1
            spent += time.process_time() - start
    return spent, found
