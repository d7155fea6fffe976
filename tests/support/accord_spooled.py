"""Lines in a spool, and what the pump makes of them. Fixtures: import the names that a test file asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accord.monitoring import store
from accord.monitoring.collecting import spool
from accord.monitoring.hits import Hit
from accord.monitoring.models import Rule, RuleVersion, Source
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

    def sent(
        *bodies: bytes | str, to: Source | None = None, received: datetime | None = None, most: int = 1 << 20,
        **told: Any,
    ) -> None:  # fmt: skip
        pk = (to or source).pk
        writer = writers.get(pk)
        if writer is None:
            writer = writers[pk] = spool.Writer(folder / "spool" / str(pk), "collect", most=most)
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
