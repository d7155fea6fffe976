"""Hostile and broken input through the pump: bounded, counted, sampled; it goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from accord_spooled import audit, everything, folder, rules, send, source, taken

from accord.monitoring import pumping
from accord.monitoring.hits import Hit
from accord.monitoring.models import PumpState, Rule, Source
from accord.monitoring.pumping import running

__all__ = ["folder", "rules", "send", "source", "taken"]


BOMBS = {
    "names": b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}",
    "depth": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "list": b'{"a":[' + b"1," * 400_000 + b"1]}",
    "brackets": b"[" * 100_000,
    "text": b"<13>1 - - - - - - " + b"x" * 3_000_000,
    "fields": b"type=EXECVE msg=audit(1700000000.1:7): " + b"".join(b"k%d=1 " % n for n in range(100_000)),
    "nothing": b"",
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_log_bomb_neither_stops_the_pump_nor_is_lost_from_sight(
    source: Source, send: Callable[..., None], rules: list[Rule], taken: list[Hit], bomb: str
) -> None:
    """Each is counted as malformed with a sample, or stored; what follows is stored."""
    send(BOMBS[bomb], audit(1, datetime.now(UTC)))
    cycle = pumping.step()
    assert cycle.events + cycle.malformed == (1 if bomb == "nothing" else 2)
    assert any(one.data.get("a1") == "n1" for one in everything())
    source.refresh_from_db()
    assert len(source.samples) == cycle.malformed
    assert all(len(one["sample"]) <= 210 and one["reason"] for one in source.samples)


def test_a_line_that_was_too_long_for_the_spool_is_counted(source: Source, send: Callable[..., None]) -> None:
    send(b"<13>1 begin", problem="The line is longer than 4,194,304 bytes.", connection="c1")
    assert pumping.step().malformed == 1
    source.refresh_from_db()
    assert source.samples[0] | {"at": ""} == {
        "at": "", "name": "", "row": 0, "reason": "The line is longer than 4,194,304 bytes.", "sample": "<13>1 begin",
    }  # fmt: skip


def test_samples_are_bounded_and_the_newest_stay(source: Source, send: Callable[..., None]) -> None:
    for number in range(12):
        send(*(f"unreadable {number} {n}" for n in range(40)), connection="c1")
        pumping.step()
    source.refresh_from_db()
    assert source.malformed == 480
    assert len(source.samples) == 20
    assert source.samples[0]["sample"].startswith("unreadable 11")


def test_an_event_at_which_the_rules_break_is_stored_and_told(
    source: Source, send: Callable[..., None], rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("accord.engines.sigma.engine.Engine.match", breaks)
    send(audit(1, datetime.now(UTC)))
    cycle = pumping.step()
    assert (cycle.events, cycle.malformed) == (1, 1)
    source.refresh_from_db()
    assert source.samples[0]["reason"] == "The rules could not be applied to it (ZeroDivisionError); it is stored."


def test_an_event_that_cannot_be_written_is_written_without_its_fields(
    send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.monitoring.store import table

    real = table._put

    def breaks(columns: Any, name: str, rows: Any, values: Any) -> None:
        if "n1" in values:
            raise ZeroDivisionError
        real(columns, name, rows, values)

    monkeypatch.setattr(table, "_put", breaks)
    send(*(audit(number, datetime.now(UTC)) for number in range(3)))
    assert pumping.step().events == 3
    found = {one.data.get("a1"): one.raw for one in everything()}
    assert set(found) == {"n0", "n2", None}
    assert b'a1="n1"' in found[None]


def test_a_full_disk_pauses_with_the_reason_and_loses_nothing(
    source: Source, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(*(audit(number, datetime.now(UTC)) for number in range(3)))
    with monkeypatch.context() as patch:

        def full(*_: Any, **__: Any) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr("pyarrow.parquet.write_table", full)
        with pytest.raises(OSError, match="No space"):
            pumping.step()
        running._pause(running._reason(OSError(errno.ENOSPC, "No space left on device")))
    assert PumpState.objects.get().paused.startswith("The disk of the store of events is full.")
    source.refresh_from_db()
    assert (source.events, source.offsets) == (0, {})
    assert pumping.step().events == 3
    assert PumpState.objects.get().paused == ""


def test_text_that_begins_with_a_bracket_and_json_behind_a_mark(send: Callable[..., None]) -> None:
    """Apache's error log is no JSON, and a byte order mark hides none."""
    lines = [
        "[Wed Jan 01 10:00:00 2025] [core:error] [client 192.0.2.1:5] No such file", '\ufeff{"a": 1}', '  [{"b": 2}]',
    ]  # fmt: skip
    for place, line in enumerate(lines):
        send(line, connection=f"c{place}")
    pumping.step()
    assert sorted(one.format for one in everything()) == ["apache-error", "json", "json"]
