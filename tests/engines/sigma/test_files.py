"""Hits in files are those of the stream, whatever is not read: columns, values, words that a summary denies."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from accord_columns import stored
from accord_rules import EVENT, programs
from accord_stream import SOURCES, expected, program_of, told
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, Program, parquet
from accord.engines.sigma.arrow import ArrowEngine, Hits
from accord.engines.sigma.parquet import File
from accord.engines.sigma.summaries import Gathering


def written(batch: pa.RecordBatch, group: int = 1 << 16, summary: bool = True) -> pa.BufferReader:
    """A file in memory of these rows, so many to a group."""
    table, sink = pa.Table.from_batches([batch]), pa.BufferOutputStream()
    gathering = Gathering()
    parts = [table.slice(begin, group) for begin in range(0, table.num_rows, group)]
    if summary:
        parts = [gathering.told(part) for part in parts]
    with pq.ParquetWriter(sink, parts[0].schema) as writer:
        for part in parts:
            writer.write_table(part)
    return pa.BufferReader(sink.getvalue())


def hits(engine: ArrowEngine, source: Any) -> Hits:
    found: Hits = []
    with File(source) as file:
        begin = 0
        for group, held in enumerate(engine.match_file(file)):
            found += [(begin + row, rules) for row, rules in held]
            begin += file.rows(group)
    return found


@given(
    program=programs(), rows=st.lists(st.tuples(EVENT.map(told), SOURCES), min_size=1, max_size=12),
    most=st.sampled_from((0, 1, 3, 2000)), group=st.sampled_from((1, 2, 5, 100)), summary=st.booleans(),
    few=st.sampled_from((0, parquet.FEW)),
)  # fmt: skip
@settings(max_examples=250, deadline=None)
def test_hits_of_files_are_those_of_the_stream(
    program: Program,
    rows: list[tuple[dict[str, Any], LogSource | None]],
    most: int,
    group: int,
    summary: bool,
    few: int,
) -> None:
    events, sources = [event for event, _ in rows], [source for _, source in rows]
    engine, forgetful = ArrowEngine(program), ArrowEngine(program, value_bytes=0)
    wanted = expected(Engine(program), events, sources)
    with mock.patch.object(parquet, "FEW", few):
        for dictionaries in (False, True):
            file = written(stored(events, sources, most, dictionaries), group, summary)
            for one in (engine, forgetful):
                file.seek(0)
                assert hits(one, file) == wanted


EVENTS: list[dict[str, Any]] = [
    {"F": "so evil", "G": "x"}, {"H": ["x", {"k": "EVIL"}]}, {"F": "ev", "G": "il"}, {"I": "EV\u0130L \u212aali"},
    {"__J": "evil"}, {"K": {"evil": "x"}}, {}, {"F": "xevilx", "H": "good"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("detection", "rows"),
    [
        ("{s: [evil], condition: s}", [0, 1, 4, 7]),
        ("{s: ['*e*vil'], t: {H: good}, condition: s and t}", [7]),
        ("{s: [evil], t: {F|exists: true}, condition: t and not s}", [2]),
        ("{s: [kali], condition: s}", [3]),
        ("{s: ['ev'], t: {G: il}, condition: s and t}", [2]),
        ("{s: ['nowhere'], t: {F: ev}, condition: s or t}", [2]),
        ("{s: ['nowhere'], condition: s}", []),
        ("{s: ['nowhere'], condition: not s}", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("{s: {'|re': 'ev[i]l'}, condition: s}", [0, 4, 7]),
    ],
)
@pytest.mark.parametrize("summary", [True, False])
def test_keywords_in_files(detection: str, rows: list[int], summary: bool) -> None:
    engine = ArrowEngine(program_of(detection))
    batch = stored(EVENTS, [LogSource("p")] * len(EVENTS))
    assert hits(engine, written(batch, 3, summary)) == [(row, (0,)) for row in rows]


def test_columns_that_cannot_hold_a_keyword_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    table = File.table

    def noted(self: File, group: int, columns: Any = None) -> Any:
        asked.extend(columns)
        return table(self, group, columns)

    monkeypatch.setattr(File, "table", noted)
    batch = stored([{"F": "so evil", "G": "other", "EventID": "1"}, {"H": "word"}], [LogSource("p")] * 2)
    assert hits(ArrowEngine(program_of("{s: [evil], condition: s}")), written(batch)) == [(0, (0,))]
    assert {"F", "EventID"} <= set(asked)
    assert not {"G", "H", "_raw", "_key"} & set(asked)
    asked.clear()
    assert hits(ArrowEngine(program_of("{s: [nowhere], condition: s}")), written(batch)) == []
    assert not {"F", "G", "H"} & set(asked)
    assert hits(ArrowEngine(program_of("{s: [evil], condition: s}")), written(batch, summary=False)) == [(0, (0,))]
    assert {"F", "G", "H"} <= set(asked)


def test_only_what_the_classes_of_events_need_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    table = File.table

    def noted(self: File, group: int, columns: Any = None) -> Any:
        asked.extend(columns)
        return table(self, group, columns)

    monkeypatch.setattr(File, "table", noted)
    engine = ArrowEngine(program_of("{s: {EventID: 1, F: x}, condition: s}", "{s: {EventID: 2, G: x}, condition: s}"))
    events = [{"EventID": "1", "F": "x", "G": "x"}, {"EventID": "3", "G": "x"}]
    assert hits(engine, written(stored(events, [LogSource("p")] * 2))) == [(0, (0,))]
    assert "F" in asked
    assert "G" not in asked


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The columns that were read."""
    asked: set[str] = set()
    table = File.table

    def noted(self: File, group: int, columns: Any = None) -> Any:
        asked.update(columns)
        return table(self, group, columns)

    monkeypatch.setattr(File, "table", noted)
    return asked


@pytest.mark.parametrize(
    ("detection", "fields", "rows"),
    [
        ("{s: {F|endswith: '\\\\evil.exe', G: x}, condition: s}", "", []),
        ("{s: {F|endswith: '\\\\calc.exe', G: x}, condition: s}", "FG", [0]),
        ("{s: {F|contains: calc}, t: {G|contains: nowhere}, condition: s and t}", "", []),
        ("{s: {F|contains: calc}, t: {G|contains: nowhere}, condition: s and not t}", "FG", [0]),
        ("{s: {F|contains: calc}, t: {G|contains: nowhere}, condition: s or t}", "FG", [0]),
        ("{s: {F|re: 'nowhere[0-9]'}, condition: s}", "", []),
        ("{s: {F|re: '(?i)calc.[a-z]+'}, condition: s}", "F", [0]),
        ("{s: {F: '*calc*nowhere*'}, condition: s}", "", []),
        ("{s: {H: x}, t: {F|contains: calc}, condition: s and t}", "", []),
        ("{s: {H: null}, t: {F|contains: calc}, condition: s and t}", "F", [0]),
        ("{s: {H|exists: false}, t: {F|contains: calc}, condition: s and t}", "F", [0]),
        ("{s: {F|fieldref: H}, condition: s}", "", []),
        ("{s: {N.k|contains: inside}, condition: s}", "N", [1]),
        ("{s: {N.k|contains: nowhere}, condition: s}", "", []),
        ("{s: {F|cased|contains: Calc}, condition: s}", "F", [0]),
        ("{s: {F|cased|contains: Evil}, condition: s}", "", []),
    ],
)
def test_of_rules_that_cannot_hold_no_field_is_read(
    read: set[str], detection: str, fields: str, rows: list[int]
) -> None:
    events: list[dict[str, Any]] = [{"F": "C:\\Calc.exe", "G": "x"}, {"F": "other", "N": {"k": "an inside"}}]
    found = hits(ArrowEngine(program_of(detection)), written(stored(events, [LogSource("p")] * 2)))
    assert found == [(row, (0,)) for row in rows]
    assert {name.removeprefix("_nested.") for name in read if name[:2] != "_p"} & set("FGHN") == set(fields)


def test_each_row_group_is_asked_for_itself(read: set[str]) -> None:
    events: list[dict[str, Any]] = [{"F": "calc", "G": "x"}, {"F": "evil", "G": "x"}]
    file = written(stored(events, [LogSource("p")] * 2), 1)
    engine = ArrowEngine(program_of("{s: {F|contains: evil, G: x}, condition: s}"))
    groups = []
    with File(file) as held:
        for found in engine.match_file(held):
            groups.append((found, sorted({"F", "G"} & read)))
            read.clear()
    assert groups == [([], []), ([(0, (0,))], ["F", "G"])]


def test_long_columns_are_looked_through_part_by_part(read: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "FEW", 0)
    monkeypatch.setattr(parquet, "_AT_ONCE", 3)
    events: list[dict[str, Any]] = [{"F": f"number {number}", "EventID": str(number % 2)} for number in range(20)]
    events[7]["F"], events[8]["F"], events[19]["F"] = "so evil", "so evil", None
    engine = ArrowEngine(
        program_of("{s: [evil], t: {EventID: 1}, condition: s and t}", "{s: ['number 1*'], condition: s}")
    )
    wanted = [(row, (1,)) for row in (1, *range(10, 19))]
    assert hits(engine, written(stored(events, [LogSource("p")] * 20))) == sorted([*wanted, (7, (0,))])
    assert "F" not in read


def test_a_file_without_any_column_that_is_needed_still_has_its_rows() -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"A": ["x", "y"]}), sink)
    with File(pa.BufferReader(sink.getvalue())) as file:
        engine = ArrowEngine(program_of("{s: {F: null}, condition: s}"))
        assert list(engine.match_file(file, LogSource("p"))) == [[(0, (0,)), (1, (0,))]]
