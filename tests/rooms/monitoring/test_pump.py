"""The pump: every record that is in a spool is stored once, whatever happens between two of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accord.monitoring import pumping, store
from accord.monitoring.collecting import spool
from accord.monitoring.hits import Hit
from accord.monitoring.models import EventFile, Rule, RuleVersion, Source, SourceHour, SourceLog
from accord.monitoring.pumping import pump as steps
from accord.monitoring.pumping.pump import Pump
from accord.monitoring.services import alerts

SHELL = """
title: Shell of a web server
id: 11111111-1111-4111-8111-111111111111
name: web_shell
level: high
logsource: {product: linux, service: auditd}
detection:
    selection: {type: EXECVE, a0: sh}
    condition: selection
"""
MANY = """
title: Many shells
id: 22222222-2222-4222-8222-222222222222
level: critical
correlation:
    type: event_count
    generate: true
    rules: [web_shell]
    group-by: [node]
    timespan: 10m
    condition: {gte: 3}
"""


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.ACCORD_EVENTS = str(tmp_path / "events")
    return tmp_path / "events"


@pytest.fixture
def source(db: None, folder: Path) -> Source:
    return Source.objects.create(key="SRC-1", name="Servers", kind=Source.Kind.SYSLOG)


@pytest.fixture
def rules(db: None, folder: Path) -> list[Rule]:
    """A rule, and one that correlates its hits."""
    made = []
    for identifier, title, text, correlates in (
        ("11111111-1111-4111-8111-111111111111", "Shell of a web server", SHELL, False),
        ("22222222-2222-4222-8222-222222222222", "Many shells", MANY, True),
    ):
        rule = Rule.objects.create(
            identifier=identifier, title=title, level="high", collection="own", is_correlation=correlates
        )
        rule.version = RuleVersion.objects.create(rule=rule, number=1, text=text, digest=identifier)
        rule.save()
        made.append(rule)
    return made


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Hit]:
    """The hits that were handed on, in place of alerts."""
    found: list[Hit] = []
    monkeypatch.setattr(alerts, "take", lambda hits, log: found.extend(hits))
    return found


@pytest.fixture
def send(source: Source, folder: Path) -> Iterator[Callable[..., None]]:
    """Puts lines into the spool of a source, a frame each time."""
    writers: dict[int, spool.Writer] = {}

    def sent(*bodies: bytes | str, to: Source | None = None, received: datetime | None = None, **told: Any) -> None:
        pk = (to or source).pk
        writer = writers.get(pk)
        if writer is None:
            writer = writers[pk] = spool.Writer(folder / "spool" / str(pk), "collect", most=told.pop("most", 1 << 20))
        at = (received or datetime.now(UTC)).timestamp()
        rows = [spool.Record(at, one.encode() if isinstance(one, str) else one, **told) for one in bodies]
        writer.append(rows)
        writer.sync()

    yield sent
    for writer in writers.values():
        writer.close()


def audit(number: int, at: datetime, program: str = "sh", node: str = "srv-01") -> str:
    moment = f"{at.timestamp():.3f}"
    return f'node={node} type=EXECVE msg=audit({moment}:{number}): argc=2 a0="{program}" a1="n{number}"'


def everything(**wanted: Any) -> list[store.StoredEvent]:
    far = timedelta(days=4000)
    now = datetime.now(UTC)
    return store.search(now - far, now + far, limit=100_000, **wanted)


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
