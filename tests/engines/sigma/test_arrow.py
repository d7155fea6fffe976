"""Hits in record batches are those of the stream, in every form that a column may have."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from accord_columns import stored
from accord_rules import EVENT, programs
from accord_stream import SOURCES, expected, program_of, told
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, Program
from accord.engines.sigma.arrow import ArrowEngine


@given(
    program=programs(), rows=st.lists(st.tuples(EVENT.map(told), SOURCES), min_size=1, max_size=12),
    most=st.sampled_from((0, 1, 3, 2000)), seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=250, deadline=None)
def test_hits_of_batches_are_those_of_the_stream(
    program: Program, rows: list[tuple[dict[str, Any], LogSource | None]], most: int, seed: int
) -> None:
    draw = random.Random(seed)
    few, many = ArrowEngine(program, value_bytes=0), ArrowEngine(program)
    for times in (1, 3):
        taken = draw.choices(rows, k=len(rows) * times)
        events, sources = [event for event, _ in taken], [source for _, source in taken]
        wanted = expected(Engine(program), events, sources)
        for dictionaries in (False, True):
            batch = stored(events, sources, most, dictionaries)
            assert few.match(batch) == many.match(batch) == wanted
            assert many.match(batch.select(many.columns(batch.schema))) == wanted
            start = draw.randrange(len(events))
            assert many.match(batch.slice(start)) == [(row - start, rules) for row, rules in wanted if row >= start]


@pytest.mark.parametrize(
    ("column", "line", "rows"),
    [
        (pa.array([7, None, 5]), "F: 7", [0]),
        (pa.array([7, 8, 5], pa.uint8()), "F|gt: 6", [0, 1]),
        (pa.array([7.0, 0.5, None]), "F: [7, 0.5]", [0, 1]),
        (pa.array([True, False, None]), "F: true", [0]),
        (pa.array([True, None]), "F: null", [1]),
        (pa.array([["a", "B"], [], None, ["c"]]), "F: b", [0]),
        (pa.array([["a", "B"], [], None, ["c"]]), "F: null", [1, 2]),
        (pa.array([{"m": "x"}, {"m": None}, None]), "F.M: x", [0]),
        (pa.array([[("m", "x")], [("k", "x")]], pa.map_(pa.string(), pa.string())), "F.m: x", [0]),
        (pa.array([b"abc", b"\xff"]), "F|startswith: A", [0]),
        (pa.array([datetime(2026, 5, 4, 3, tzinfo=UTC), None]), "F|hour: 3", [0]),
        (pa.array([Decimal("1.50"), Decimal("2.50")]), "F|lt: 2", [0]),
        (pa.array(["x", None, "y"]).dictionary_encode(), "F: null", [1]),
        (pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0]), pa.array(["x", None, "X"])), "F: x", [0, 2, 3]),
        (pa.DictionaryArray.from_arrays(pa.array([1, None], pa.uint32()), pa.array(["x", "y"])), "F: y", [0]),
        (pa.array(["x", "y"], pa.large_string()), "F: y", [1]),
        (pa.array(["x", "y"], pa.string_view()), "F: y", [1]),
        (pa.nulls(2), "F: null", [0, 1]),
        (pa.nulls(2), "F: x", []),
    ],
)  # fmt: skip
def test_columns_of_any_type_are_read(column: pa.Array, line: str, rows: list[int]) -> None:
    engine = ArrowEngine(program_of(f"{{s: {{{line}}}, condition: s}}"))
    batch = pa.RecordBatch.from_arrays([column], ["F"])
    assert engine.match(batch, LogSource("p")) == [(row, (0,)) for row in rows]
    assert engine.match(batch, LogSource("q")) == []


def test_keywords_are_looked_for_in_all_values_and_not_in_names() -> None:
    engine = ArrowEngine(program_of("{s: [evil], condition: s}", "{s: ['ab'], t: {F: x}, condition: s or t}"))
    events = [
        {"F": "so evil"}, {"evil": "F"}, {"G": ["x", {"k": "EVIL"}]}, {"F": "ev", "G": "il"}, {"G": "cab"}, {"F": "x"},
        {}, {"G": {"n": "\u0001evil"}},
    ]  # fmt: skip
    batch = stored(events, [LogSource("p")] * len(events))
    assert engine.match(batch) == [(0, (0,)), (2, (0,)), (4, (1,)), (5, (1,)), (7, (0,))]
    assert engine.match(pa.RecordBatch.from_pylist([{"evil": "b", "F": "a"}, {"evil": "ev"}])) == []


def test_only_columns_that_rules_need_are_asked_for() -> None:
    program = program_of("{s: {A.b: x, C: y}, condition: s}", "{s: {D|fieldref: E}, condition: s}")
    schema = pa.schema(
        [(name, pa.string()) for name in ("_key", "_time", "_raw", "_product", "a", "_nested.A", "A.B", "B", "c", "d",
                                          "e", "__f", "_more", "EventID")],
        metadata={"accord.events": "1"},
    )  # fmt: skip
    assert ArrowEngine(program).columns(schema) == [
        "_product", "a", "_nested.A", "A.B", "c", "d", "e", "_more", "EventID",
    ]  # fmt: skip
    assert ArrowEngine(program, chosen=[1]).columns(schema) == ["_product", "d", "e", "_more", "EventID"]
    assert "B" in ArrowEngine(program_of("{s: [word], condition: s}")).columns(schema)
    assert "_raw" not in ArrowEngine(program_of("{s: [word], condition: s}")).columns(schema)


def test_names_that_begin_like_the_envelope_are_fields() -> None:
    engine = ArrowEngine(program_of("{s: {_product: x, _more: y}, condition: s}"))
    assert engine.match(stored([{"_product": "x", "_more": "y"}], [LogSource("p")])) == [(0, (0,))]
    assert engine.match(stored([{"_product": "x"}], [LogSource("p")])) == []


def test_an_empty_batch_has_no_hits() -> None:
    engine = ArrowEngine(program_of("{s: {F: null}, condition: s}"))
    assert engine.match(stored([{"F": "x"}]).slice(1)) == []
