"""The driver for record batches on a real Spark cluster of one master and two workers on loopback."""

from __future__ import annotations

from pathlib import Path

import accord_spark
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from accord_columns import stored

from accord.engines.sigma import ArrowEngine, LogSource, compile_rules

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(bool(accord_spark.missing()), reason=accord_spark.missing() or "there is a cluster"),
]
RULES = (
    "{s: {Image|endswith: \\cmd.exe, n.m: [x, y]}, f: {User: system}, condition: s and not f}",
    "{s: [evil], condition: s}",
    "{s: {image|startswith: C}, condition: not s}",
)


def test_hits_of_two_workers_are_those_of_one_process(tmp_path: Path) -> None:
    head = "title: T\nlogsource: {product: windows}\ndetection:\n"
    program = compile_rules([(str(place), f"{head}  {text}\n") for place, text in enumerate(RULES)])
    assert not [rule.problem for rule in program.rules if rule.problem]
    images = (r"C:\a\cmd.exe", r"D:\CMD.EXE", None)
    events = [
        {
            "Image": images[row % 3],
            "n": {"m": "xyz"[row % 2]},
            "User": ("SYSTEM", "me")[row % 5 > 1],
            "image": "C" * (row % 7),
            "k.ey": "so evil" if row % 11 == 0 else "good",
        }
        for row in range(4000)
    ]
    sources = [LogSource("windows") if row % 13 else LogSource("linux") for row in range(4000)]
    expected = {}
    for part in range(4):
        place = slice(1000 * part, 1000 * part + 1000)
        batch = stored(events[place], sources[place])
        pq.write_table(pa.Table.from_batches([batch]), tmp_path / f"{part}.parquet", row_group_size=250)
        keys = [f"{part} {key}" for key in batch.column("_key").to_pylist()]
        expected.update({keys[row]: list(rules) for row, rules in ArrowEngine(program).match(batch)})
    with accord_spark.cluster(2, tmp_path) as session:
        from accord.engines.sigma.spark import hits

        found = {}
        for part in range(4):
            frame = session.read.parquet(str(tmp_path / f"{part}.parquet")).repartition(4)
            found.update({f"{part} {row['_key']}": row["rules"] for row in hits(frame, program).collect()})
    assert found == expected and len(found) > 500
