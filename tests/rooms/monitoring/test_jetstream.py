"""NATS JetStream as a source, against a real server: what is taken, how it is told, what stands still and goes on."""

from __future__ import annotations

import errno
import gzip
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accord_collecting import Running, everything, free_port, wait_for
from accord_nats import NatsServer, server
from hypothesis import given
from hypothesis import strategies as st

from accord.monitoring.collecting import certificates, jetstream
from accord.monitoring.collecting.frames import packed, unpacked
from accord.monitoring.collecting.sequences import Sequences, ranges_of
from accord.monitoring.collecting.spool import CHECKPOINT, Full, Writer

__all__ = ["server"]
NUMBERS = st.lists(st.integers(1, 60), max_size=30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "events")
    yield made
    made.end()


def taken(running: Running, pk: int) -> list[Any]:
    return [one.record for one in everything(running.folder / "spool" / str(pk))]


def begin(running: Running, server: NatsServer, pk: int = 1, **settings: Any) -> int:
    given = {"servers": [server.url], "stream": "LOGS", "durable": "accord", **settings}
    return running.add(pk, "nats", **given)


def told(running: Running, pk: int, name: str) -> Any:
    return running.told[pk].intake.get(name) if pk in running.told else None


def test_messages_are_lines_texts_and_arrays(running: Running, server: NatsServer) -> None:
    server.publish([b"one line", b"two\nlines\n", b'{"a": 1,\n "b": 2}', b'[{"c": 3}, {"d": 4}]', b"", b"  "])
    server.publish([gzip.compress(b"packed\nlines")], "logs.packed", {"Content-Encoding": "gzip"})
    server.publish([b"x"], "logs.other", {"Content-Encoding": "none-that-is-known"})
    pk = begin(running, server)
    wait_for(lambda: len(taken(running, pk)) == 9)
    found = taken(running, pk)
    assert [one.body for one in found] == [
        b"one line", b"two", b"lines", b'{"a": 1,\n "b": 2}', b'{"c": 3}', b'{"d": 4}', b"packed", b"lines", b"x",
    ]  # fmt: skip
    assert [one.connection for one in found[-3:]] == ["n:logs.packed", "n:logs.packed", "n:logs.other"]
    assert "none-that-is-known" in found[-1].problem
    wait_for(lambda: server.consumer().num_ack_pending == 0)


def test_how_it_stands_is_told(running: Running, server: NatsServer) -> None:
    server.publish([b"a"] * 30)
    pk = begin(running, server)
    wait_for(lambda: told(running, pk, "since"))
    assert told(running, pk, "server") == server.url
    assert told(running, pk, "problem") == ""
    wait_for(lambda: told(running, pk, "pending") == 0)
    wait_for(lambda: told(running, pk, "unacknowledged") == 0)


def test_a_server_that_goes_and_comes_back(running: Running, server: NatsServer) -> None:
    pk = begin(running, server)
    wait_for(lambda: told(running, pk, "since"))
    server.publish([b"before"])
    wait_for(lambda: len(taken(running, pk)) == 1)
    server.end()
    wait_for(lambda: "tried again by itself" in told(running, pk, "problem"))
    assert told(running, pk, "since") is None
    server.start()
    server.publish([b"after"])
    wait_for(lambda: len(taken(running, pk)) == 2)
    wait_for(lambda: told(running, pk, "problem") == "" and told(running, pk, "since"))
    assert told(running, pk, "error"), "the last error stays to be seen"
    assert [one.body for one in taken(running, pk)] == [b"before", b"after"]


def test_the_next_server_is_tried_and_one_that_is_away_is_told(running: Running, server: NatsServer) -> None:
    away = f"nats://127.0.0.1:{free_port()}"
    second = begin(running, server, 2, servers=[away])
    wait_for(lambda: "Connect" in (told(running, second, "problem") or ""))
    server.publish([b"a"])
    pk = begin(running, server, servers=[away, server.url])
    wait_for(lambda: len(taken(running, pk)) == 1)
    wait_for(lambda: told(running, pk, "since"))
    since = told(running, pk, "since")
    time.sleep(2 * jetstream.ASK)  # with nothing to fetch it stays where it is
    assert told(running, pk, "since") == since
    assert told(running, pk, "problem") == ""


def test_a_full_disk_fetches_no_more_says_why_and_goes_on(
    running: Running, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than the server waits for an acknowledgement: it is told that the work goes on, and gives nothing away."""
    server.add_consumer(ack_wait=2, ack_policy="explicit")
    write, full = Writer._write, [True]

    def perhaps(self: Writer, data: bytes) -> None:
        if full[0]:
            raise Full(errno.ENOSPC, "There is no space left on the disk of the spool.")
        write(self, data)

    monkeypatch.setattr(Writer, "_write", perhaps)
    pk = begin(running, server)
    wait_for(lambda: told(running, pk, "since"))
    server.publish([b"%d" % n for n in range(3_000)])
    wait_for(lambda: "no space left" in running.told[pk].paused)
    held = server.consumer()
    assert 0 < held.num_ack_pending <= jetstream.BATCH
    wait_for(lambda: running.collector.living[pk].intake.waiting)
    time.sleep(5)  # more than twice the acknowledgement wait
    later = server.consumer()
    assert later.num_redelivered == 0
    assert later.num_ack_pending == held.num_ack_pending, "nothing more was fetched"
    assert later.ack_floor.stream_seq == held.ack_floor.stream_seq, "nothing was acknowledged"
    full[0] = False
    wait_for(lambda: len(taken(running, pk)) == 3_000)
    wait_for(lambda: running.told[pk].paused == "")
    assert Counter(one.body for one in taken(running, pk)) == Counter(b"%d" % n for n in range(3_000))
    wait_for(lambda: server.consumer().num_ack_pending == 0)


def test_two_collectors_share_a_consumer(running: Running, server: NatsServer, tmp_path: Path) -> None:
    """Each takes a part, and no message both."""
    other = Running(tmp_path / "other")
    try:
        for one in (running, other):
            begin(one, server)
            wait_for(lambda one=one: told(one, 1, "since"))
        server.publish([b"%d" % n for n in range(4_000)])
        wait_for(lambda: len(taken(running, 1)) + len(taken(other, 1)) == 4_000)
        found = [[record.body for record in taken(one, 1)] for one in (running, other)]
        assert all(found), "both worked"
        assert Counter(found[0] + found[1]) == Counter(b"%d" % n for n in range(4_000))
    finally:
        other.end()


def test_signing_in_over_tls(running: Running, tmp_path: Path) -> None:
    certificate, key = certificates.own(tmp_path / "tls")
    (tmp_path / "password").write_text("right-one\n")
    (tmp_path / "wrong").write_text("wrong-one\n")
    more = (
        f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\n'
        "authorization { users: [{ user: accord, password: right-one }] }"
    )
    server = NatsServer(tmp_path, more)
    try:
        import ssl

        options = {"user": "accord", "password": "right-one", "tls": ssl.create_default_context(cafile=certificate)}
        server.add_stream(**options)
        server.publish([b"secret"], **options)
        urls = {"servers": [f"tls://localhost:{server.port}"], "user": "accord"}
        trusted = {**urls, "authority": str(certificate)}
        first = begin(running, server, 1, **trusted, password_file=str(tmp_path / "wrong"))
        second = begin(running, server, 2, **urls, password_file=str(tmp_path / "password"))
        third = begin(running, server, 3, **trusted, password_file=str(tmp_path / "missing"))
        wait_for(lambda: "does not let this collector in" in (told(running, first, "problem") or ""))
        wait_for(lambda: "cannot be trusted" in (told(running, second, "problem") or ""))
        wait_for(lambda: "cannot be read" in (told(running, third, "problem") or ""))
        running.wanted.clear()
        good = begin(running, server, 4, **trusted, password_file=str(tmp_path / "password"))
        wait_for(lambda: len(taken(running, good)) == 1)
        assert "right-one" not in str([one.intake for one in running.told.values()])
    finally:
        server.end()


@pytest.mark.parametrize(
    ("config", "settings", "word"),
    [
        ({"ack_policy": "none"}, {}, "asks for no acknowledgement"),
        ({"deliver_subject": "somewhere", "ack_policy": "explicit"}, {}, "pushes"),
        ({"filter_subject": "logs.a", "ack_policy": "explicit"}, {"subjects": ["logs.b"]}, "takes logs.a"),
    ],
    ids=["no-acknowledgement", "push", "other-subjects"],
)
def test_a_consumer_that_cannot_be_used_is_told(
    running: Running, server: NatsServer, config: dict[str, Any], settings: dict[str, Any], word: str
) -> None:
    server.add_consumer(**config)
    pk = begin(running, server, **settings)
    wait_for(lambda: word in (told(running, pk, "problem") or ""))


def test_a_stream_that_is_not_there_and_settings_that_change(running: Running, server: NatsServer) -> None:
    pk = begin(running, server, stream="ANOTHER")
    wait_for(lambda: "no stream “ANOTHER”" in (told(running, pk, "problem") or ""))
    running.wanted.clear()
    server.publish([b"a"], "logs.a")
    server.publish([b"b"], "logs.b")
    begin(running, server, subjects=["logs.b"])
    wait_for(lambda: [one.body for one in taken(running, pk)] == [b"b"])
    server.add_consumer("doubtful", ack_policy="explicit", max_deliver=3)
    running.wanted.clear()
    begin(running, server, durable="doubtful")
    wait_for(lambda: told(running, pk, "problems"))
    assert "max_deliver" in told(running, pk, "problems")[0]


def test_without_the_client_it_is_said_how_to_get_it(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nats.aio.client", None)
    running.add(1, "nats", servers=["nats://127.0.0.1:1"], stream="LOGS", durable="accord")
    wait_for(lambda: "pip install 'accord[nats]'" in (told(running, 1, "problem") or ""))


@given(NUMBERS, st.integers(0, 60), NUMBERS)
def test_sequences_are_a_set_that_forgets_from_below(numbers: list[int], floor: int, more: list[int]) -> None:
    held = Sequences()
    held.begin("a", 0)
    for number in numbers:
        held.add(number, number)
    held.forget(floor)
    for first, last in ranges_of(more):
        held.add(first, last)
    expected = {one for one in numbers if one > floor} | set(more)
    there = {one for one in range(62) if one in held}
    assert there - expected <= set(range(floor + 1)), "of a range that the floor cuts all may stay"
    assert expected <= there
    again = Sequences()
    again.take_up(unpacked(packed((), {CHECKPOINT: held.state()}), 0))
    assert {one for one in range(62) if one in again} == there
    assert len(again) == len(held) == len(ranges_of(there))


@given(NUMBERS, NUMBERS)
def test_what_frames_tell_is_known_after_a_restart(first: list[int], second: list[int]) -> None:
    held = Sequences()
    held.begin("a", 0)
    again = Sequences()
    for numbers in (first, second):
        again.take_up(unpacked(packed((), held.mark(numbers)), 0))
    assert {one for one in range(62) if one in again} == {*first, *second}
    again.begin("b", 0)
    assert not any(one in again for one in range(62)), "another consumer counts anew"
