"""Files that were put together tell what they do not hold: searches pass them over and find what they found before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from accord_spooled import folder, source

from accord.engines.sigma import compile_rules
from accord.engines.sigma.parquet import File
from accord.engines.sigma.summaries import raw_summary
from accord.monitoring import store
from accord.monitoring.models import EventFile, Source
from accord.monitoring.services import events as upkeep
from accord.monitoring.store import StoredEvent, joining, lookback, reading

__all__ = ["folder", "source"]
NOW = datetime(2026, 5, 10, 15, 0, tzinfo=UTC)
LINES = (
    b'{"m":"Whoami /all"}', b'{"m":"Stra\xc3\x9fe \xe2\x84\xaaelvin"}', b"\xff\xfe broken", b"ab", b'{"p":"C:\\\\x"}',
)  # fmt: skip


@pytest.fixture
def joined(source: Source) -> Callable[[datetime], None]:
    """Stores the lines at a time, each in its own file, and puts these together."""
    number = 0

    def stored(time: datetime) -> None:
        nonlocal number
        for _ in range(2):
            for line in LINES:
                number += 1
                key = store.key_of(source.pk, "collect-00000001.seg", number)
                data = {"m": line.decode("utf-8", "replace")}
                one = StoredEvent(key, source.pk, time, True, time, data=data, raw=line, product="linux")
                store.record(store.write([one]), time)
        assert upkeep.compact(time + timedelta(days=2)) == 10

    return stored


def found(text: str) -> int:
    return len(store.search(NOW - timedelta(days=9), NOW, text=text))


WORDS = (
    "whoami", "WHOAMI /ALL", "kelvin", "stra\u00dfe", "broken", "ab", 'c:\\\\x"', "{", "? broken", "\ufffd broken",
    "nowhere", "zqx", "whoamj",
)  # fmt: skip


def test_searches_find_what_they_found_without(
    joined: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(NOW - timedelta(days=5))
    with_summaries = [found(word) for word in WORDS]
    monkeypatch.setattr(reading, "_may_hold", lambda path, text: True)
    assert with_summaries == [found(word) for word in WORDS]
    assert with_summaries[:3] == [2, 2, 2]
    assert with_summaries[-3:] == [0, 0, 0]


def test_files_that_cannot_hold_a_word_are_not_searched(
    joined: Callable[[datetime], None], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(NOW - timedelta(days=5))
    joined(NOW - timedelta(days=3))
    one = store.key_of(source.pk, "collect-00000001.seg", 99)
    fresh = StoredEvent(one, source.pk, NOW - timedelta(hours=2), True, NOW, data={}, raw=b"zqx", product="linux")
    store.record(store.write([fresh]), NOW)
    asked: list[str] = []
    ask = reading._ask

    def noted(database: Any, paths: Any, *rest: Any) -> Any:
        asked.extend(paths)
        return ask(database, paths, *rest)

    monkeypatch.setattr(reading, "_ask", noted)
    assert found("zqx") == 1
    assert asked == [EventFile.objects.order_by("pk").last().path]  # type: ignore[union-attr]
    asked.clear()
    assert found("whoami") == 4
    assert len(asked) == 3, "a fresh file does not tell"


def test_rules_look_back_over_files_that_tell_and_others(joined: Callable[[datetime], None], source: Source) -> None:
    joined(NOW - timedelta(days=5))
    key = store.key_of(source.pk, "collect-00000001.seg", 99)
    time = NOW - timedelta(hours=2)
    fresh = StoredEvent(key, source.pk, time, True, time, data={"m": "a whoami"}, raw=b"x", product="linux")
    store.record(store.write([fresh]), NOW)
    paths = store.files(None, None)
    assert [raw_summary(pq.read_metadata(path).metadata) is not None for path in paths] == [True, False]
    told = []
    for path in paths:
        with File(path) as file:
            told.append(file.told(0) is not None)
    assert told == [True, False]
    head = "title: T\nlogsource: {product: linux}\ndetection:\n  s: "
    program = compile_rules(
        [("1", f"{head}[whoami]\n  condition: s"), ("2", f"{head}[nowhere]\n  condition: s"),
         ("3", f"{head}[kelvin]\n  condition: s")]
    )  # fmt: skip
    hits = [numbers for _, numbers in lookback.run(program, [0, 1, 2], NOW - timedelta(days=9), NOW)]
    assert sorted(hits) == [(0,), (0,), (0,), (2,), (2,)]


def test_each_row_group_of_a_joined_file_tells_of_itself(
    joined: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "ROW_GROUP", 3)
    joined(NOW - timedelta(days=5))
    (path,) = store.files(None, None)
    with File(path) as file:
        assert [file.rows(group) for group in range(file.groups)] == [3, 3, 3, 1]
        told = [file.told(group) for group in range(file.groups)]
    assert [one is not None and one.may_hold("whoami") for one in told] == [True, True, False, False]
    head = "title: T\nlogsource: {product: linux}\ndetection:\n  s: "
    program = compile_rules([("1", f"{head}{{m|contains: whoami}}\n  condition: s")])
    assert len(list(lookback.run(program, [0], NOW - timedelta(days=9), NOW))) == 2
    assert found("whoami") == 2
