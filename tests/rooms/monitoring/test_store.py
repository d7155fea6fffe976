"""Events at rest: what is written comes back as Sigma sees it, is found, and counts only once its row is there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, compile_rules
from accord.engines.sigma.values import everything, look_up, texts
from accord.monitoring import store
from accord.monitoring.models import EventFile, EventSpan, Source
from accord.monitoring.store import Place, StoredEvent, lookback
from accord.monitoring.store.columns import MOST_COLUMNS
from accord.monitoring.store.database import opened
from accord.monitoring.store.files import MOST_DAYS
from accord.monitoring.store.table import events_in, table_of

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

texts_ = st.text(st.characters(exclude_categories=()), max_size=12)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), texts_, st.sampled_from(["", "null", "5"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts_, inner, max_size=4), max_leaves=8
)
names = st.one_of(
    st.sampled_from(["Image", "image", "_raw", "__raw", "_nested.a", "_more", "a.b", "a", "", "_", "id.h", "a\0b"]),
    texts_,
    st.just("long" * 100),
)
events_ = st.lists(st.dictionaries(names, values, max_size=6), min_size=1, max_size=6)


def event(number: int, data: dict[str, Any] | None = None, at: datetime = NOON, **told: Any) -> StoredEvent:
    if "raw" not in told:
        told["raw"] = json.dumps(data or {}).encode()
    told.setdefault("source", 1)
    key = store.key_of(told["source"], "collect-00000001.seg", number * 100)
    return StoredEvent(key, time=at, time_is_told=True, received=at, data=data or {}, **told)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.ACCORD_EVENTS = str(tmp_path / "events")
    return tmp_path / "events"


@pytest.fixture
def source(db: None, folder: Path) -> Source:
    return Source.objects.create(key="SRC-1", name="Servers", kind=Source.Kind.SYSLOG)


@pytest.fixture
def put(source: Source) -> Callable[..., list[StoredEvent]]:
    def stored(*events: StoredEvent) -> list[StoredEvent]:
        for one in events:
            one.source = source.pk
            one.key = one.key.replace("1-", f"{source.pk}-", 1)
        store.record(store.write(events), NOON)
        return list(events)

    return stored


def seen(data: dict[str, Any], asked: set[str]) -> dict[str, list[str]]:
    """What rules see: for each field its texts, whichever way they ask for it; and all values."""
    found = {name: sorted(text for one in look_up(data, name) for text in texts(one)) for name in asked}
    return {**found, "(any)": sorted(everything(data))}


def asked_of(data: dict[str, Any]) -> set[str]:
    inner = {f"{name}.{key}" for name, value in data.items() if isinstance(value, dict) for key in value}
    return {*data, *inner, *(name.upper() for name in data), *(name.lower() for name in data), "a.b", "nothing"}


@given(events_)
def test_what_rules_see_of_an_event_comes_back(given_events: list[dict[str, Any]]) -> None:
    written = [event(number, data) for number, data in enumerate(given_events)]
    back = list(events_in(table_of(written), 1))
    for before, after in zip(written, back, strict=True):
        asked = asked_of(before.data)
        assert seen(after.data, asked) == seen(before.data, asked)
        assert (after.key, after.time, after.raw) == (before.key, before.time, before.raw)


@given(st.binary(max_size=50), st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=10))
def test_the_raw_record_and_the_envelope_come_back(raw: bytes, host: str | None) -> None:
    one = event(1, {"a": "b"}, raw=raw, host=host, user=host, src="10.0.0.1", asset=7, product="linux", json=True)
    assert list(events_in(table_of([one]), 1)) == [one]


def test_lists_of_more_values_than_rules_read_keep_their_order() -> None:
    wide = {f"f{number}": number for number in range(1500)}
    nested = {"z": "first", "list": list(range(1200)), "a": "last"}
    rows = [event(1, {"a": "1"}), event(2, wide), event(3, nested)]
    back = [one.data for one in events_in(table_of(rows), 1)]
    assert [everything(one) for one in back] == [everything(one.data) for one in rows]


def test_what_is_nested_beyond_measure_is_cut_off_and_stays_in_the_raw_record() -> None:
    deep: Any = "bottom"
    for _ in range(900):
        deep = {"a": [deep]}
    rows = [event(1, {"deep": deep, "top": "x"}, raw=b"all of it")]
    (back,) = events_in(table_of(rows), 1)
    assert (back.data["top"], back.raw) == ("x", b"all of it")
    assert seen(back.data, {"top", "deep", "deep.a", "deep.a.a"}) == seen(
        rows[0].data, {"top", "deep", "deep.a", "deep.a.a"}
    )


def test_columns_are_bounded_and_nothing_is_lost() -> None:
    rows = [event(number, {"same": "x", f"own{number}": "y", f"list{number}": [number]}) for number in range(1500)]
    table = table_of(rows)
    assert len([name for name in table.schema.names if not name.startswith("_") or "nested" in name]) == MOST_COLUMNS
    assert "same" in table.schema.names
    asked = {"same", "own7", "list7", "own1499", "list1499"}
    for before, after in zip(rows, events_in(table, 1), strict=True):
        assert seen(after.data, asked) == seen(before.data, asked)


def test_a_file_counts_only_with_its_row(folder: Path, source: Source) -> None:
    written = store.write([event(1, {"a": "b"}, source=source.pk)])
    assert (folder / "store" / written[0].path).exists()
    day = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert store.files(*day) == [] == store.search(*day)
    store.record(written, NOON)
    assert store.files(*day) == [folder / "store" / written[0].path]
    assert [one.data for one in store.search(*day)] == [{"a": "b"}]


def test_files_without_a_row_are_swept_when_nobody_can_read_them(folder: Path, source: Source) -> None:
    left, kept = (store.write([event(number, source=source.pk)])[0] for number in (1, 2))
    store.record([kept], NOON)
    half = folder / "store" / "1" / ".x.parquet.9.tmp"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    assert store.sweep() == 0
    old = time.time() - 7 * 3600
    for path in (folder / "store" / left.path, folder / "store" / kept.path, half):
        os.utime(path, (old, old))
    assert store.sweep() == 2
    assert [path.name for path in (folder / "store").rglob("*") if path.is_file()] == [Path(kept.path).name]


def test_the_same_events_are_the_same_file(folder: Path, source: Source) -> None:
    """A cycle that is repeated after a crash leaves no second copy behind."""
    first = store.write([event(1, source=source.pk), event(2, source=source.pk)])
    again = store.write([event(2, source=source.pk), event(1, source=source.pk)])
    assert [one.path for one in again] == [first[0].path]


def test_events_of_many_days_do_not_make_as_many_files(put: Callable[..., Any]) -> None:
    put(*(event(number, at=NOON - timedelta(days=number)) for number in range(MOST_DAYS + 10)))
    assert EventFile.objects.count() == MOST_DAYS + 1
    assert len(store.search(NOON - timedelta(days=100), NOON + timedelta(days=1))) == MOST_DAYS + 10
    early = store.search(NOON - timedelta(days=100), NOON - timedelta(days=MOST_DAYS + 5))
    assert len(early) == 4


def test_search_asks_for_each_part_of_the_envelope_and_for_text(put: Callable[..., Any]) -> None:
    put(
        event(
            1, {"a": "1"}, host="SRV-01", user="CORP\\ada", src="10.0.0.5", product="windows", raw="One Straße".encode()
        ),
        event(2, {"a": "2"}, host="srv-02", user="bob", dst="10.0.1.5", product="linux", raw=b"Two \xff 50% 'x'"),
        event(3, {"a": "3"}, host="web.srv", src="192.168.0.1", dst="2001:db8::1", raw=b"Three"),
    )

    def found(**wanted: Any) -> list[str]:
        rows = store.search(NOON - timedelta(hours=1), NOON + timedelta(hours=1), **wanted)
        return sorted(one.data["a"] for one in rows)

    assert found() == ["1", "2", "3"]
    assert found(host="srv-01") == ["1"]
    assert found(host="srv*") == ["1", "2"]
    assert found(host="*srv") == ["3"]
    assert found(host="*srv*") == ["1", "2", "3"]
    assert found(host="srv_01") == [] == found(host="%")
    assert found(user="corp\\*") == ["1"]
    assert found(address="10.0.1.5") == ["2"]
    assert found(address="10.0.0.0/23") == ["1", "2"]
    assert found(address="10.0.0.0/24") == ["1"]
    assert found(address="2001:db8:0::1") == ["3"]
    assert found(product="linux") == ["2"]
    assert found(text="STRASSE") == []
    assert found(text="straße") == ["1"]
    assert found(text="50% 'X'") == ["2"]
    assert found(text="t", product="windows") == ["1"]


def test_pages_follow_each_other_over_files(put: Callable[..., Any]) -> None:
    """Keyset pages: every event once, newest first, also where many have the same time."""
    for part in range(6):
        put(*(event(part * 50 + n, {"n": str(n)}, at=NOON + timedelta(seconds=n % 3)) for n in range(20)))
    got: list[tuple[datetime, str]] = []
    before = None
    while page := store.search(NOON, NOON + timedelta(days=1), limit=7, before=before):
        got += [(one.time, one.key) for one in page]
        before = Place(page[-1].time, page[-1].key)
    assert len(got) == 120 == len(set(got))
    assert got == sorted(got, reverse=True)


def test_events_are_found_by_their_keys(put: Callable[..., Any], source: Source) -> None:
    first = put(*(event(number, {"n": number}) for number in range(10)))
    second = put(*(event(number, {"n": number}) for number in range(10, 20)))
    assert EventSpan.objects.count() == 2
    wanted = [first[3].key, second[4].key, store.key_of(source.pk, "collect-00000001.seg", 301), "no key"]
    found = store.events_of(wanted)
    assert {key: one.data for key, one in found.items()} == {wanted[0]: {"n": "3"}, wanted[1]: {"n": "14"}}


def test_counts_by_hour_and_by_host(put: Callable[..., Any]) -> None:
    put(*(event(n, at=NOON + timedelta(minutes=20 * n), host="a" if n % 3 else "b") for n in range(6)))
    day = (NOON, NOON + timedelta(days=1))
    assert store.counts(*day) == [(NOON, 3), (NOON + timedelta(hours=1), 3)]
    assert store.counts(*day, by="host") == [("a", 4), ("b", 2)]
    assert store.counts(*day, by="host", most=1) == [("a", 4)]


def test_names_that_differ_in_case_and_marks_stay_apart(put: Callable[..., Any]) -> None:
    data = {"User": "a", "user": "b", "USER": "c", "_raw": "d", "__raw": "e", "_host": "f", 'q"': "g"}
    put(event(1, data, raw=b"the record"))
    (one,) = store.search(NOON, NOON + timedelta(hours=1))
    assert (one.data, one.raw) == (data, b"the record")


def test_the_reader_can_do_nothing_but_read_the_store(folder: Path, put: Callable[..., Any], tmp_path: Path) -> None:
    put(event(1))
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    refused = [
        f"SELECT * FROM read_csv('{other}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "SET threads = 64",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        f"ATTACH '{tmp_path / 'x.db'}'",
    ]
    with opened() as database:
        for query in refused:
            with pytest.raises(duckdb.Error):
                database.execute(query)


def test_a_rule_finds_in_the_store_what_it_found_in_the_stream(put: Callable[..., Any]) -> None:
    rule = """
title: Shell of a web server
logsource: {product: linux, category: process_creation}
detection:
    selection: {Image|endswith: /sh, Parent.Name: httpd}
    filter: {User: null}
    condition: selection and not filter
"""
    program = compile_rules([("one.yml", rule)])
    datas: list[dict[str, Any]] = [
        {"Image": "/bin/sh", "Parent": {"Name": "httpd"}, "User": "www"},
        {"Image": "/bin/sh", "Parent": {"Name": "httpd"}, "User": None},
        {"Image": "/bin/sh", "Parent.Name": "httpd", "User": 33},
        {"Image": "/bin/cat", "Parent": {"Name": "httpd"}, "User": "www"},
    ]
    told = {"product": "linux", "category": "process_creation"}
    rows = put(*(event(number, data, **told) for number, data in enumerate(datas)))
    engine, source = Engine(program), LogSource("linux", "process_creation")
    stream = [one.key for one, data in zip(rows, datas, strict=True) if engine.match(data, source)]
    shares: list[float] = []
    found = lookback.run(
        program, [0], NOON, NOON + timedelta(hours=1), tell=lambda share, events, hits: shares.append(share)
    )
    assert [(one.key, numbers) for one, numbers in found] == [(key, (0,)) for key in stream]
    assert len(stream) == 2
    assert shares[-1] == 1.0


def test_a_file_tells_what_it_is(folder: Path, put: Callable[..., Any]) -> None:
    put(event(1, {"a": 1}))
    (path,) = store.files(None, None)
    schema = pq.read_schema(path)
    assert schema.metadata[b"accord.events"] == b"1"
    assert str(schema.field("_time").type) == "timestamp[us, tz=UTC]"
    assert str(schema.field("_raw").type) == "binary"
    assert str(schema.field("a").type) == "string"
