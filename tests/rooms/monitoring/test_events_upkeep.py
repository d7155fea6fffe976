"""How long events are kept, and small files that become large ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from accord_spooled import everything, folder, source

from accord.core.models import LedgerEntry
from accord.monitoring import store
from accord.monitoring.models import EventFile, EventSpan, Source
from accord.monitoring.services import events as upkeep
from accord.monitoring.store import StoredEvent
from accord.monitoring.store import columns as stored_columns

__all__ = ["folder", "source"]
NOW = datetime(2026, 5, 10, 15, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def put(source: Source) -> Callable[..., list[str]]:
    """Stores a file of events; returns their keys."""
    count = 0

    def stored(number: int, time: datetime, written: datetime | None = None, **fields: Any) -> list[str]:
        nonlocal count
        made = []
        for place in range(number):
            count += 1
            key = store.key_of(source.pk, "collect-00000001.seg", count)
            at = time + timedelta(seconds=place)
            data = {"n": count, **fields}
            made.append(StoredEvent(key, source.pk, at, True, at, data=data, raw=b"%d" % count, product="linux"))
        store.record(store.write(made), written or time)
        return [one.key for one in made]

    return stored


def test_events_go_when_they_were_stored_long_enough_ago(put: Callable[..., Any], source: Source, folder: Path) -> None:
    """By the moment of storing: an old log that was handed in yesterday stays."""
    Source.objects.update(retention_days=30)
    gone = put(3, NOW - 31 * DAY)
    kept = [*put(2, NOW - 29 * DAY), *put(2, NOW - 400 * DAY, written=NOW - DAY)]
    assert upkeep.retain(NOW) == {"SRC-1": 3}
    assert sorted(one.key for one in everything()) == sorted(kept)
    assert store.events_of(gone) == {}
    assert len(list((folder / "store").rglob("*.parquet"))) == 2 == EventFile.objects.count()
    (entry,) = LedgerEntry.objects.filter(noun="event")
    assert (entry.verb, entry.key) == ("remove", "SRC-1")
    assert '"events":3' in entry.before
    assert upkeep.retain(NOW) == {}


def test_small_files_are_joined_and_nothing_changes_for_readers(put: Callable[..., Any]) -> None:
    keys = [
        key for n in range(8) for key in put(5, NOW - HOUR + n * timedelta(minutes=1), **{f"own{n}": "x", "Own": n})
    ]
    put(5, NOW - 2 * DAY)
    before = everything()
    counts = store.counts(NOW - DAY, NOW + DAY)
    assert upkeep.compact(NOW) == 8
    assert EventFile.objects.count() == 2
    assert everything() == before
    assert store.counts(NOW - DAY, NOW + DAY) == counts
    assert set(store.events_of(keys)) == set(keys)
    joined = EventFile.objects.get(parts=8)
    assert (joined.rows, joined.written) == (40, NOW - HOUR + timedelta(minutes=7))
    assert (joined.first, joined.last) == (before[39].time, before[0].time)
    assert EventSpan.objects.filter(file=joined).count() == 1


def test_files_wait_for_others_of_their_size_until_their_day_is_over(put: Callable[..., Any]) -> None:
    for minute in range(7):
        put(2, NOW - HOUR + minute * timedelta(minutes=1))
    assert upkeep.compact(NOW) == 0
    put(2, NOW - timedelta(minutes=1))
    assert upkeep.compact(NOW) == 0  # the newest may still be about to be read
    assert upkeep.compact(NOW + HOUR) == 8
    put(2, NOW)
    assert upkeep.compact(NOW + HOUR) == 0
    assert upkeep.compact(NOW + DAY) == 2
    assert EventFile.objects.get().parts == 9


def test_files_that_were_stored_on_different_days_stay_apart(put: Callable[..., Any]) -> None:
    """A clock that stands must not keep a file alive for ever."""
    for day in range(5):
        put(2, NOW - 100 * DAY, written=NOW - day * DAY)
        put(2, NOW - 100 * DAY, written=NOW - day * DAY)
    assert upkeep.compact(NOW + 2 * DAY) == 10
    assert EventFile.objects.count() == 5


def test_old_files_stay_for_those_who_are_about_to_open_them(put: Callable[..., Any], folder: Path) -> None:
    for minute in range(8):
        put(2, NOW - HOUR + minute * timedelta(minutes=1))
    files = store.files(None, None)
    upkeep.compact(NOW)
    assert all(path.exists() for path in files)
    assert upkeep.tidy() == 0
    assert store.sweep(older_than=-60.0) == 8
    assert not any(path.exists() for path in files)
    assert len(everything()) == 16


@pytest.mark.parametrize("step", ["store.joining.make_sure", "services.events._replace"])
def test_a_crash_while_files_are_joined_changes_nothing(
    put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, step: str, folder: Path
) -> None:
    for minute in range(8):
        put(2, NOW - HOUR + minute * timedelta(minutes=1))
    before = everything()

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"accord.monitoring.{step}", crash)
        with pytest.raises(KeyboardInterrupt):
            upkeep.compact(NOW)
    assert everything() == before
    assert EventFile.objects.count() == 8
    assert upkeep.compact(NOW) == 8
    assert everything() == before


def test_files_that_retention_took_meanwhile_are_not_brought_back(
    put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(8):
        put(2, NOW - HOUR + minute * timedelta(minutes=1))
    real = upkeep.join

    def slow(files: Any) -> Any:
        found = real(files)
        EventSpan.objects.all().delete()
        EventFile.objects.filter(pk=files[0].pk).delete()
        return found

    monkeypatch.setattr(upkeep, "join", slow)
    assert upkeep.compact(NOW) == 0
    assert len(everything()) == 14


def test_files_of_too_many_columns_stay_apart(put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accord.monitoring.store.joining.MOST_COLUMNS", 10)
    for minute in range(8):
        put(1, NOW - HOUR + minute * timedelta(minutes=1), **{f"own{minute}{n}": "x" for n in range(4)})
    before = everything()
    assert upkeep.compact(NOW) == 2
    assert everything() == before


def test_a_search_that_meets_a_file_that_went_asks_again(
    put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for minute in range(8):
        put(2, NOW - HOUR + minute * timedelta(minutes=1))
    from accord.monitoring.store import reading

    real, calls = reading._ask, []

    def ask(*given: Any) -> Any:
        if not calls:
            calls.append(1)
            upkeep.compact(NOW)
            store.sweep(older_than=-60.0)
        return real(*given)

    monkeypatch.setattr(reading, "_ask", ask)
    assert len(everything()) == 16


def test_values_beyond_the_columns_are_joined_as_well(put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_columns, "LONGEST_NAME", 5)
    for minute in range(8):
        put(2, NOW - HOUR + minute * timedelta(minutes=1), **{"a long name": minute, "list": [1, {"b": minute}]})
    before = everything()
    assert before[0].data["a long name"] == 7
    upkeep.compact(NOW)
    assert everything() == before
