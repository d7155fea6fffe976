"""The pump: every record that is in a spool is stored once, whatever happens between two of its steps."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from accord_spooled import audit, everything, folder, rules, send, source, taken
from django.db import connection
from django.utils import timezone

from accord.monitoring import pumping, store
from accord.monitoring.collecting import spool
from accord.monitoring.hits import Hit
from accord.monitoring.models import EventFile, PumpState, Rule, Source, SourceHour, SourceLog
from accord.monitoring.pumping import holding, running
from accord.monitoring.pumping import pump as steps
from accord.monitoring.pumping.feeds import Feed
from accord.monitoring.pumping.pump import Pump

__all__ = ["folder", "rules", "send", "source", "taken"]


def test_lines_become_events_files_counts_and_hits(
    source: Source, send: Callable[..., None], rules: list[Rule], taken: list[Hit]
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    lines = [audit(number, now - timedelta(seconds=5), "sh" if number == 1 else "ls") for number in range(3)]
    send(*lines, "no log at all", peer="10.0.0.9", received=now)
    cycle = pumping.step()
    assert (cycle.events, cycle.malformed, cycle.hits, cycle.files, cycle.caught_up) == (3, 1, 1, 1, True)
    events = everything()
    assert sorted(one.raw.decode() for one in events) == sorted(lines)
    assert {(one.host, one.product, one.service, one.format) for one in events} == {
        ("srv-01", "linux", "auditd", "auditd")
    }
    (hit,) = taken
    assert (hit.rule, hit.version, hit.host) == (rules[0].pk, rules[0].version_id, "srv-01")
    assert hit.fields == {"type": "EXECVE", "a0": "sh"}
    assert store.events_of([hit.event])[hit.event].data["a1"] == "n1"
    source.refresh_from_db()
    assert (source.events, source.malformed) == (3, 1)
    assert (source.received_up_to, source.newest) == (now, now - timedelta(seconds=5))
    assert source.samples[0]["sample"] == "no log at all"
    hour = SourceHour.objects.get()
    assert (hour.events, hour.malformed, hour.bytes, hour.timed) == (3, 1, sum(map(len, lines)) + 13, 3)
    assert (hour.delay, hour.longest_delay) == (15.0, 5.0)
    log = SourceLog.objects.get()
    assert (log.format, log.product, log.service, log.events) == ("auditd", "linux", "auditd", 3)
    assert pumping.step().events == 0
    assert EventFile.objects.count() == 1


class Crash(BaseException):
    """The process is gone."""


STEPS = [
    (store, "write"), (store, "record"), (steps, "keep"), (Pump, "_keep_state"), (Pump, "_hand_on"), (Pump, "_after"),
    (spool, "remove_done"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("where", "name"), STEPS)
def test_a_crash_at_any_step_loses_nothing_and_stores_nothing_twice(
    source: Source, send: Callable[..., None], rules: list[Rule], monkeypatch: pytest.MonkeyPatch, where: Any,
    name: str, when: str, taken: list[Hit],
) -> None:  # fmt: skip
    """The correlation rule fires once over three shells, of which the cycle that crashes has the second."""
    now = datetime.now(UTC)
    lines = [audit(number, now + timedelta(seconds=number)) for number in range(3)]
    send(lines[0])
    pumping.step()
    send(lines[1])
    with monkeypatch.context() as patch:
        real = getattr(where, name)

        def crashing(*args: Any, **told: Any) -> Any:
            if when == "after":
                real(*args, **told)
            raise Crash

        patch.setattr(where, name, staticmethod(crashing) if name == "_hand_on" else crashing)
        before = len(taken)
        with pytest.raises(Crash):
            pumping.step()
        if EventFile.objects.count() == 1:
            del taken[before:]  # what was handed on in the transaction went back with it
    send(lines[2])
    pumping.step()
    monkeypatch.setattr(steps, "timezone", _Later(now + timedelta(minutes=20)))
    pumping.step()
    assert sorted(one.raw.decode() for one in everything()) == sorted(lines)
    assert Source.objects.get().events == 3 == SourceHour.objects.get().events
    hits = [(hit.rule, hit.event) for hit in taken if hit.rule == rules[0].pk]
    assert len(hits) == 3 == len(set(hits))
    fired = [hit for hit in taken if hit.rule == rules[1].pk]
    assert [(hit.group, len(hit.members), hit.measure) for hit in fired] == [({"node": "srv-01"}, 3, 3.0)]


class _Later:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self.now = lambda: moment


def test_the_same_lines_in_other_cycles_are_the_same_events(
    send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many events a cycle takes changes neither keys nor order; a cycle may end within a record."""
    monkeypatch.setattr(steps, "MOST_EVENTS", 7)
    send(*(audit(number, datetime.now(UTC)) for number in range(20)))
    wrapped = {"Records": [{"eventSource": "s3", "eventName": f"E{n}", "awsRegion": "eu"} for n in range(10)]}
    send(json.dumps(wrapped))
    cycles = []
    while (one := pumping.step()).events:
        cycles.append(one.events)
    assert cycles == [7, 7, 7, 7, 2]
    events = everything()
    assert len({one.key for one in events}) == 30
    cloud = [one for one in events if one.format == "cloudtrail"]
    assert sorted(one.data["eventName"] for one in cloud) == [f"E{n}" for n in range(10)]
    assert {one.key.rsplit("-", 1)[-1] for one in cloud if one.data["eventName"] != "E0"} == {
        str(n) for n in range(1, 10)
    }


def test_an_event_out_of_many_keeps_the_bytes_of_its_own_object(send: Callable[..., None]) -> None:
    one, two = (
        '{"eventSource":"s3", "eventName":"A", "awsRegion":"eu"}',
        '{"eventSource":"s3","eventName":"B","awsRegion":"eu"}',
    )
    send(f'{{"Records": [{one},\n  {two}]}}')
    send('[{"a": 1.50, "b": "x"}, 7, {"a": [1,  2]}]')
    assert pumping.step().malformed == 1
    assert sorted(one.raw for one in everything()) == [
        b'{"a": 1.50, "b": "x"}',
        b'{"a": [1,  2]}',
        one.encode(),
        two.encode(),
    ]


def test_a_whole_file_goes_on_where_it_was_after_a_restart(
    source: Source, folder: Path, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One record may hold more events than a cycle takes; each step here is a new process."""
    monkeypatch.setattr(steps, "MOST_EVENTS", 40)
    lines = [json.dumps({"eventSource": "s3", "eventName": f"E{n}", "awsRegion": "eu"}) for n in range(100)]
    lines[50] = "{broken"
    whole = tmp_path / "trail.json"
    whole.write_text("\n".join(lines))
    writer = spool.Writer(folder / "spool" / str(source.pk), "hand")
    with whole.open("rb") as content:
        writer.append([writer.hand_over(content, "trail.json")])
    writer.sync()
    counts = [(one.events, one.malformed) for one in (pumping.step() for _ in range(4))]
    writer.close()
    assert counts == [(40, 0), (40, 1), (19, 0), (0, 0)]
    assert sorted(one.data["eventName"] for one in everything()) == sorted(f"E{n}" for n in range(100) if n != 50)
    source.refresh_from_db()
    assert (source.events, source.malformed, source.samples[0]["row"]) == (99, 1, 51)


def test_what_later_lines_need_of_earlier_ones_survives_a_restart(
    send: Callable[..., None], rules: list[Rule], taken: list[Hit]
) -> None:
    """The header of a Zeek log, and the call whose arguments come later."""
    send(
        "#separator \\x09",
        "#fields\tts\tuid\tid.orig_h",
        "#types\ttime\tstring\taddr",
        name="conn.log",
        connection="c1",
    )
    call = 'type=SYSCALL msg=audit(1700000000.1:7): arch=c000003e syscall=59 pid=5 ppid=4 exe="/bin/sh" UID="www"'
    send(call, connection="c2")
    pumping.step()
    send("1700000000.5\tCx1\t10.0.0.1", name="conn.log", connection="c1")
    send('type=EXECVE msg=audit(1700000000.1:7): argc=2 a0="sh" a1="-i"', connection="c2")
    pumping.step()
    events = everything()
    assert [(one.src, one.data["uid"]) for one in events if one.format == "zeek"] == [("10.0.0.1", "Cx1")]
    (process,) = [one for one in events if one.category == "process_creation"]
    assert (process.data["CommandLine"], process.data["Image"], process.user) == ("sh -i", "/bin/sh", "www")
    assert len({one.key for one in events}) == 4


def test_all_that_one_line_gives_is_written_together(source: Source, folder: Path, send: Callable[..., None]) -> None:
    """A program that the last of its records completes is not lost where the portion ends between the two."""
    head = "msg=audit(1735725600.000:7):"
    send(
        f'type=SYSCALL {head} arch=c000003e syscall=59 pid=2 exe="/bin/a"', f'type=EXECVE {head} argc=1 a0="a"',
        f'type=CWD {head} cwd="/"', connection="a",
    )  # fmt: skip
    feed, found = Feed(source), []
    while True:
        pieces, done = feed.take(1)
        found += [(one.key, one.event.data.get("type", "program")) for one in pieces]
        if done:
            break
        source.offsets = dict(feed.read.offsets)
        feed = Feed(source, json.loads(json.dumps(feed.state())))
    assert [kind for _, kind in found] == ["SYSCALL", "EXECVE", "program", "CWD"]
    assert len({key for key, _ in found}) == 4


def test_segments_that_are_stored_are_deleted(source: Source, folder: Path, send: Callable[..., None]) -> None:
    for number in range(5):
        send(*(audit(number * 100 + n, datetime.now(UTC)) for n in range(10)), most=500)
    there = folder / "spool" / str(source.pk)
    assert len(list(there.glob("*.seg"))) == 5
    pumping.step()
    assert len(list(there.glob("*.seg"))) == 1
    source.refresh_from_db()
    assert len(source.offsets) <= 5
    pumping.step()
    assert len(everything()) == 50


def test_only_one_pumps(folder: Path, db: None) -> None:
    with steps.only_one(), pytest.raises(pumping.Busy):
        pumping.step()


def test_only_one_folder_of_a_database_is_stored(
    folder: Path, tmp_path: Path, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments of two folders have the same names: a second machine would go on where the first has read to."""
    with steps.only_one():
        assert pumping.elsewhere() is None
        first = Pump()
    here = settings.ACCORD_EVENTS
    settings.ACCORD_EVENTS = str(tmp_path / "other machine")
    PumpState.objects.update(seen=timezone.now())
    assert "--no-collector" in str(pumping.elsewhere())
    with pytest.raises(pumping.Busy, match="stores the events of this database"), steps.only_one():
        pass
    monkeypatch.setattr(holding, "LEASE", timedelta(0))
    with steps.only_one():
        second = Pump()
    settings.ACCORD_EVENTS = here
    with pytest.raises(pumping.Busy, match="by now"):
        first._keep_state([], timezone.now())
    second._keep_state([], timezone.now())


@pytest.mark.django_db(transaction=True)
def test_the_process_gathers_commits_and_ends_with_a_whole_cycle(
    source: Source, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "GATHERED", 0.2)
    monkeypatch.setattr(running, "PAUSE", 0.02)
    stop = threading.Event()
    failures = iter([OSError(errno.ENOSPC, "No space left on device"), None])
    real = Pump.commit

    def commit(self: Pump, *args: Any, **told: Any) -> Any:
        problem = next(failures, None)
        if problem:
            raise problem
        return real(self, *args, **told)

    monkeypatch.setattr(Pump, "commit", commit)
    thread = threading.Thread(target=_in_thread, args=(stop,))
    thread.start()
    try:
        send(audit(1, datetime.now(UTC)))
        _until(lambda: Source.objects.get().events == 1)
        send(audit(2, datetime.now(UTC)))
    finally:
        _until(lambda: Source.objects.get().events == 2)
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert sorted(one.data["a1"] for one in everything()) == ["n1", "n2"]


def _in_thread(stop: threading.Event) -> None:
    try:
        running.run(Path(), stop)
    finally:
        connection.close()


def _until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    assert holds()
