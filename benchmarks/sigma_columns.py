"""Rules over stored events beside rules over the stream: CPU seconds from Parquet to hits, hits compared.

    python -m benchmarks.sigma_columns [--every 1] [--repeat 2] [--spark]

Writes the real Windows events in the columns of the store of events (65,536 to a file, as many as the store puts into
a row group), and once more with other times and record numbers, which makes a million; looks back over the first half
and over all. The stream reads the same events as lines of JSON. Of `repeat` turns of both the best counts.
`--spark`: two workers of a Spark cluster on loopback beside one (wall time).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from benchmarks.sigma import DATA, events, on_windows, rules

from accord.engines.sigma import ArrowEngine, Engine, LogSource, Program
from accord.engines.sigma.arrow import Hits
from accord.engines.sigma.cache import load_or_compile
from accord.engines.sigma.parquet import File, batches
from accord.engines.sigma.summaries import Gathering
from accord.engines.sigma.values import texts

ROW_GROUP = 65_536
WINDOWS = LogSource("windows")


HALVES = 2
NUMBERS = ("RecordNumber", "EventRecordID", "RecordID")
TIMES = ("@timestamp", "UtcTime", "TimeCreated", "EventTime", "EventReceivedTime", "SystemTime")


def lines_of(every: int, half: int) -> Iterator[list[bytes]]:
    """Each `every`-th event; those of the second half tell other times and record numbers."""
    for chunk in events(every):
        yield [_later(line) for line in chunk] if half else chunk


def _later(line: bytes) -> bytes:
    event = orjson.loads(line)
    for name in NUMBERS:
        if isinstance(event.get(name), int | str) and str(event[name]).isdigit():
            event[name] = type(event[name])(int(event[name]) + 50_000_000)
    for name in TIMES:
        if isinstance(event.get(name), str) and event[name][:3] == "202":
            event[name] = "203" + event[name][3:]
    return orjson.dumps(event)


def written(folder: Path, every: int, half: int = 0) -> list[Path]:
    """Write each `every`-th event, as many to a file as the store puts into a row group."""
    paths: list[Path] = []
    lines: list[bytes] = []
    for chunk in lines_of(every, half):
        lines += chunk
        while len(lines) >= ROW_GROUP:
            paths.append(_file(folder / f"{half}-{len(paths)}.parquet", lines[:ROW_GROUP]))
            del lines[:ROW_GROUP]
    return [*paths, _file(folder / f"{half}-{len(paths)}.parquet", lines)]


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
    summaries = Gathering()
    table = summaries.told(table)
    with pq.ParquetWriter(
        path, table.schema, compression="zstd", compression_level=3,
        use_dictionary=[name for name in table.schema.names if name not in plain], write_statistics=["_product"],
    ) as writer:  # fmt: skip
        writer.write_table(table, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata(summaries.metadata())
    return path


def _scattered(rows: list[int], values: list[str], size: int) -> Any:
    import numpy as np
    import pyarrow as pa

    places = np.full(size, -1)
    places[rows] = np.arange(len(rows))
    return pa.array(values, pa.large_string()).take(pa.array(places, mask=places < 0)).cast(pa.string())


def looked_back(program: Program, paths: Sequence[Path]) -> tuple[float, Hits]:
    """CPU seconds, and the hits."""
    engine = ArrowEngine(program, on_windows(program))
    found: Hits = []
    before = 0
    start = time.process_time()
    for path in paths:
        with File(path) as file:
            for group, hits in enumerate(engine.match_file(file)):
                found += [(before + row, numbers) for row, numbers in hits]
                before += file.rows(group)
    return time.process_time() - start, found


def read(program: Program, paths: Sequence[Path]) -> float:
    """CPU seconds of reading alone the columns that look-back reads of these files."""
    engine = ArrowEngine(program, on_windows(program))
    asked: list[tuple[Path, int, Sequence[str] | str]] = []
    table, pieces = File.table, File.pieces

    def noted(self: File, group: int, columns: Sequence[str] | None = None) -> Any:
        asked.append((path, group, list(columns or [])))
        return table(self, group, columns)

    def noted_long(self: File, group: int, column: str) -> Any:
        asked.append((path, group, column))
        return pieces(self, group, column)

    File.table, File.pieces = noted, noted_long  # type: ignore[method-assign]
    try:
        for path in paths:
            with File(path) as file:
                list(engine.match_file(file))
    finally:
        File.table, File.pieces = table, pieces  # type: ignore[method-assign]
    start = time.process_time()
    for path, group, columns in asked:
        with File(path) as file:
            if isinstance(columns, str):
                sum(map(len, file.pieces(group, columns)))
            else:
                file.table(group, columns)
    return time.process_time() - start


def streamed(program: Program, every: int, halves: int) -> tuple[float, Hits]:
    """CPU seconds of the stream driver on the same events, decompression of lines not counted; the hits."""
    engine, spent = Engine(program, on_windows(program)), 0.0
    found: Hits = []
    row = 0
    for half in range(halves):
        for chunk in lines_of(every, half):
            start = time.process_time()
            for line in chunk:
                numbers = engine.match(orjson.loads(line), WINDOWS, line)
                if numbers:
                    found.append((row, numbers))
                row += 1
            spent += time.process_time() - start
    return spent, found


def compared(program: Program, halves: Sequence[Sequence[Path]], every: int, repeat: int) -> bool:
    """The tables of the first half and of all; whether the hits are the same."""
    same = True
    for count in range(1, len(halves) + 1):
        paths = [path for half in halves[:count] for path in half]
        reading, back, stream = [], [], []
        for _ in range(repeat):
            reading.append(read(program, paths))
            back.append(looked_back(program, paths))
            stream.append(streamed(program, every, count))
        best_back, best_stream = min(one for one, _ in back), min(one for one, _ in stream)
        equal = all(found == stream[0][1] for _, found in (*back, *stream))
        print(f"{count} of {len(halves)} halves; load of the machine: {os.getloadavg()[0]:.1f}; the best of {repeat}")
        print(f"reading the columns alone    {min(reading):>8.2f} CPU s")
        print(f"look-back, Parquet to hits   {best_back:>8.2f} CPU s")
        print(f"stream, JSON lines to hits   {best_stream:>8.2f} CPU s")
        print(f"look-back : stream {best_back / best_stream:.2f} (target 0.25); hits identical: {equal}", flush=True)
        same = same and equal
    return same


def on_spark(program: Program, paths: Sequence[Path], folder: Path) -> bool:
    """Seconds of one and of two workers for the second of two runs; whether their hits are those of one process."""
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
    import accord_spark

    why = accord_spark.missing()
    if why:
        print(f"Not on Spark: {why}.")
        return True
    import pyarrow.parquet as pq

    chosen = on_windows(program)
    engine, expected = ArrowEngine(program, chosen), {}
    for path in paths:
        for batch in batches(path, ["_key", *engine.columns(pq.read_schema(path))]):
            keys = batch.column("_key")
            expected.update({keys[row].as_py(): list(rules) for row, rules in engine.match(batch)})
    same, spent = True, []
    for workers in (1, 2):
        at = folder / f"workers-{workers}"
        at.mkdir()
        with accord_spark.cluster(workers, at) as session:
            from accord.engines.sigma.spark import hits

            frame = session.read.option("mergeSchema", "true").parquet(*map(str, paths))
            for turn in range(2):
                start = time.perf_counter()
                found = {row["_key"]: row["rules"] for row in hits(frame, program, chosen).collect()}
                same = same and found == expected
                if turn:
                    spent.append(time.perf_counter() - start)
    print(f"Spark: one worker {spent[0]:.1f} s, two {spent[1]:.1f} s: {spent[0] / spent[1]:.2f} times as fast")
    print(f"       hits identical: {same} ({len(expected):,} events); load {os.getloadavg()[0]:.1f}", flush=True)
    return same


def main() -> int:
    """The look-back, and Spark if wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="each N-th event only")
    parser.add_argument("--repeat", type=int, default=2, help="turns of which the best counts")
    parser.add_argument("--spark", action="store_true", help="also on Spark")
    given = parser.parse_args()
    if not (DATA / "logs" / "windows-otrf.jsonl.zst").is_file():
        print(f"No real data: {DATA} is not there (set ACCORD_REAL_DATA).", file=sys.stderr)
        return 0
    program = load_or_compile(rules(), Path(tempfile.gettempdir()) / f"accord-bench-sigma-{os.getuid()}")
    with tempfile.TemporaryDirectory() as folder:
        halves = [written(Path(folder), given.every, half) for half in range(HALVES)]
        same = compared(program, halves, given.every, given.repeat)
        if given.spark:
            same = on_spark(program, halves[0], Path(folder)) and same
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
