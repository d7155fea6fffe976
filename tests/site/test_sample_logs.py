"""The sample company's logs: the same bytes each time, its own machines, and a story that Accord's rules find."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from accord.engines.sigma import Engine, LogSource, compile_rules
from accord.engines.sigma.correlation import Correlator
from accord.engines.sigma.pack import pack_texts
from accord.intake.events import Event, Parser, Tally
from accord.site.sample import logs
from accord.site.sample.generator import build
from accord.site.sample.logs.incidents import UNKNOWN

UNTIL = datetime(2026, 11, 25, 19, 45, 12, tzinfo=UTC)
STORY = {
    "accord_entra_password_spraying": 2, "accord_entra_two_countries": 6, "accord_entra_guessing": 4,
    "accord_entra_factor_worn_down": 1, "accord_entra_consent_series": 1, "accord_m365_rule_then_purge": 1,
    "accord_m365_many_downloads": 1, "accord_windows_guessing": 14, "accord_windows_many_hosts": 2,
    "accord_windows_admin_then_cleared": 1, "accord_zeek_port_sweep": 2, "accord_zeek_dns_tunnel": 1,
    "accord_zeek_admin_shares": 1, "accord_web_shell_found": 1, "accord_web_enumeration": 4,
    "accord_web_guessing": 1, "accord_suricata_many_signatures": 1, "accord_aws_back_door": 1,
    "accord_aws_probing": 1, "accord_linux_sudo_guessed": 1, "accord_linux_login_guessed": 1,
    "accord_linux_looking_around_burst": 1, "accord_okta_two_countries": 1,
}  # fmt: skip
"""How often each correlation of the pack fires; the beacon, which fires every hour, and inner ones apart."""


@pytest.fixture(scope="module")
def sources() -> dict[str, logs.Source]:
    _, things, people = build()
    return {source.file: source for source in logs.write(things, people, UNTIL)}


@pytest.fixture(scope="module")
def read(sources: dict[str, logs.Source]) -> tuple[list[Event], Tally]:
    tally, found = Tally(), []
    for source in sources.values():
        parser = Parser(source.file, tally)
        for row, one in enumerate(source.lines, 1):
            found += parser.line(one.body, row)
    return sorted(found, key=lambda event: event.time or UNTIL), tally


def test_the_same_moment_gives_the_same_bytes(sources: dict[str, logs.Source]) -> None:
    _, things, people = build()
    assert {one.file: one.lines for one in logs.write(things, people, UNTIL)} == {
        name: source.lines for name, source in sources.items()
    }


def test_fourteen_days_of_a_bounded_size_and_nothing_from_the_future(sources: dict[str, logs.Source]) -> None:
    lines = [one for source in sources.values() for one in source.lines]
    assert 30_000 <= len(lines) <= 60_000
    assert max(one.received for one in lines) <= UNTIL.timestamp()
    assert min(one.received for one in lines) >= (UNTIL - timedelta(days=15)).timestamp()


def test_every_record_is_read_but_the_cut_ones(read: tuple[list[Event], Tally]) -> None:
    events, tally = read
    assert dict(tally.malformed) == {"nginx-access.log": 14, "suricata-eve.jsonl": 9, "linux-audit.log": 6}
    assert all(event.time is not None and event.time <= UNTIL for event in events)
    assert {event.source.product for event in events} >= {"windows", "linux", "azure", "aws", "m365", "okta", "zeek"}


def test_rules_find_the_story_and_little_else(read: tuple[list[Event], Tally]) -> None:
    program = compile_rules(pack_texts())
    engine, correlator = Engine(program), Correlator(program, 0.0)
    fired: Counter[str] = Counter()
    for event in read[0]:
        source = LogSource(event.source.product, event.source.category, event.source.service)
        held = engine.match(event.data, source, event.raw if event.json else None)
        assert event.time is not None
        fired.update(one.correlation.name for one in correlator.add(held, event.data, event.time))
    fired.update(one.correlation.name for one in correlator.finish())
    inner = {
        "accord_zeek_beacon",
        "accord_entra_factor_fatigue",
        "accord_linux_sudo_guessing",
        "accord_linux_login_guessing",
    }
    assert {name: count for name, count in fired.items() if name not in inner} == STORY
    assert {one.rule for one in logs.JUDGED} <= set(STORY)


def test_machines_are_those_of_the_estate_but_one(read: tuple[list[Event], Tally]) -> None:
    _, things, _ = build()
    known = {name for thing in things for name in thing.hostnames}
    strangers = {event.host for event in read[0] if event.host is not None and event.host not in known}
    assert strangers == {UNKNOWN}


def test_one_source_fell_silent_two_days_ago(sources: dict[str, logs.Source]) -> None:
    silent = [
        name for name, source in sources.items()
        if source.lines[-1].received < (UNTIL - timedelta(days=1, hours=23)).timestamp()
    ]  # fmt: skip
    assert silent == ["okta.jsonl"]
