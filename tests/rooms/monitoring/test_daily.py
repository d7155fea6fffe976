"""The daily watch: its figures against hand-counted ones, what it says when nothing is known, and that it is frozen."""

from __future__ import annotations

import hashlib
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accord.core import accounts, events, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.engines.readability import assess
from accord.monitoring.models import (
    Alert,
    BlindState,
    DailyWatch,
    EntityRisk,
    EntityRule,
    ExceptionDay,
    Rule,
    RuleException,
    RuleVersion,
    ShiftNote,
    Source,
    SourceHost,
    SourceHour,
    SourceWatch,
)
from accord.monitoring.selectors import daily as read
from accord.monitoring.selectors.daily.times import FEWEST, spread
from accord.monitoring.services import daily

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = read.Period(NOW - 24 * HOUR, NOW)
Made = Any


@pytest.fixture
def analyst(db: None) -> User:
    return accounts.add_account(None, "ana@watch.example", "Ana Vell", [(Role.ANALYST, "")])


@pytest.fixture
def ciso(db: None) -> User:
    return accounts.add_account(None, "ciso@watch.example", "Cis O", [(Role.CISO, "")])


def rule(name: str, **more: Any) -> Rule:
    fields = {"title": name, "level": "high", "collection": "own", "state": Rule.State.OK, "techniques": [], **more}
    made = Rule.objects.create(identifier=name, **fields)
    made.version = RuleVersion.objects.create(rule=made, number=1, text="x", digest="0", created=NOW - 90 * 24 * HOUR)
    made.save()
    return made


def alert(of: Rule, opened: datetime, **more: Any) -> Alert:
    """An alert that was made then, of an event ten minutes before."""
    number = Alert.objects.count() + 1
    fields = {
        "key": f"A-{number:06d}", "title": of.title, "level": of.level, "entity_kind": "host",
        "entity": f"srv-{number}",
        "group": str(number), "first": opened - timedelta(minutes=10), "last": opened, "opened": opened, **more,
    }  # fmt: skip
    return Alert.objects.create(rule=of, version=of.version, techniques=of.techniques, **fields)


def value(watch: read.Watch, key: str) -> Any:
    fact = watch.fact(f"watch.{key}")
    assert fact is not None, key
    return fact.value


def watch_of(period: read.Period = PERIOD) -> read.Watch:
    return read.compose(period)


def test_what_is_not_known_is_said_and_no_number(db: None) -> None:
    watch = watch_of()
    unknown = ("events", "blind", "oldest", "detect.median", "resolve.ninth")
    assert [value(watch, key) for key in unknown] == [None] * len(unknown)
    assert value(watch, "waiting") == 0
    assert any("not yet known which rules can fire" in one for one in watch.sentences)
    assert any("No source of logs is set up" in one for one in watch.sentences)


def test_events_sources_and_hosts_of_the_period_alone(analyst: User) -> None:
    one, two, off = (
        Source.objects.create(key=f"S-{name}", name=name, kind="http", enabled=name != "off")
        for name in ("one", "two", "off")
    )
    rows = ((one, -25, 7), (one, -24, 100), (one, -1, 20), (two, -3, 0), (two, 0, 500))
    for source, hours, number in rows:
        SourceHour.objects.create(
            source=source, hour=NOW + hours * HOUR, events=number, malformed=3, dropped=hours == -1
        )
    for host, hours in (("a", -30), ("b", -2), ("c", -5)):
        SourceHost.objects.create(source=one, host=host, first=NOW - 99 * HOUR, last=NOW + hours * HOUR)
    watch = watch_of()
    assert value(watch, "events") == 120
    assert value(watch, "sources") == 1
    assert value(watch, "hosts") == 2
    assert value(watch, "malformed") == 9
    assert value(watch, "dropped") == 1
    assert off.enabled is False and watch.fact("watch.sources").note == "of 2"  # type: ignore[union-attr]


def test_alerts_by_verdict_level_and_age(analyst: User) -> None:
    high, low = rule("Stolen"), rule("Odd", level="low")
    alert(high, NOW - 30 * HOUR)  # waits for more than a day
    alert(high, NOW - 2 * HOUR, owner=analyst, state="open", escalated=NOW - HOUR)
    alert(low, NOW - 5 * HOUR)
    alert(low, NOW - 5 * HOUR, state="silenced")
    outer = alert(high, NOW - 9 * HOUR, state="closed", verdict="true", closed=NOW - 8 * HOUR, minutes=25)
    alert(low, NOW - 9 * HOUR, folded_into=outer)
    alert(low, NOW - 40 * HOUR, state="closed", verdict="false", closed=NOW - 3 * HOUR, minutes=5)
    alert(low, NOW - 60 * HOUR, state="closed", verdict="benign", closed=NOW - 50 * HOUR)  # before the period
    watch = watch_of()
    counts = {"alerts": 4, "verdict.true": 1, "verdict.false": 1, "verdict.benign": 0, "minutes": 30,
              "waiting": 3, "waiting_grave": 2, "nobodys": 2, "escalated": 1}  # fmt: skip
    assert {key: value(watch, key) for key in counts} == counts
    waiting = watch.fact("watch.waiting")
    assert waiting is not None and waiting.note == "1 for under 4 hours, 1 for 4 to 24 hours, 1 for 1 to 7 days"
    assert watch.fact("watch.oldest").figure == "30 hours"  # type: ignore[union-attr]
    lines = next(one for one in watch.sections if one.slug == "waits").lines
    assert len(lines) == 3 and all("high" in line.badge or "low" in line.badge for line in lines if line.badge)


def test_minutes_that_nobody_noted_are_unknown(analyst: User) -> None:
    alert(rule("R"), NOW - 3 * HOUR, state="closed", verdict="true", closed=NOW - HOUR)
    assert value(watch_of(), "minutes") is None


def test_silent_sources_as_told_or_by_their_past(db: None) -> None:
    def source(name: str, last: float | None, **more: Any) -> Source:
        received = None if last is None else NOW + last * HOUR
        return Source.objects.create(key=f"S-{name}", name=name, kind="http", received_up_to=received, **more)

    source("told", -3, silent_after=2 * HOUR)
    source("told and fresh", -1, silent_after=2 * HOUR)
    source("off", -99, silent_after=HOUR, enabled=False)
    source("not known", -99)
    found = source("found", -30)
    SourceWatch.objects.create(source=found, at=NOW, state="silent", by="past")
    later = source("found later", -1)
    SourceWatch.objects.create(source=later, at=NOW - HOUR, state="receiving", silent_at=NOW - timedelta(minutes=1))
    source("paused", -1, silent_after=9 * HOUR, paused="The disk is full.")
    watch = watch_of()
    lines = next(one for one in watch.sections if one.slug == "unwatched").lines
    assert [line.text for line in lines] == ["found", "found later", "told", "paused"]
    assert value(watch, "silent") == 3
    assert watch.fact("watch.silent").note == "1 not yet known"  # type: ignore[union-attr]
    assert any("We do not hear from 3 sources: found, found later, told." in one for one in watch.sentences)


def test_rules_that_cannot_fire_are_counted_with_the_unknown_apart(db: None) -> None:
    for number, state in enumerate(("ok", "no_source", "missing_field", "unsupported", "unknown")):
        rule(f"r{number}", state=state)
    rule("off", state="no_source", enabled=False)
    watch = watch_of()
    assert value(watch, "blind") == 3
    assert watch.fact("watch.blind").note == "of 5, 1 not yet known"  # type: ignore[union-attr]


def test_rules_that_silence_blinded_are_among_those_that_cannot_fire(db: None) -> None:
    held = [rule(f"r{number}", state=state) for number, state in enumerate(("ok", "ok", "missing_field", "unknown"))]
    rule("narrows", state="no_source", is_filter=True)
    blinded = [held[1].pk, held[2].pk, held[3].pk]
    BlindState.objects.create(id=1, at=NOW, stale=False, result={"blind_rules": blinded, "sources": {}})
    watch = watch_of()
    assert (value(watch, "blinded"), value(watch, "blind")) == (3, 3)
    assert watch.fact("watch.blind").note == "of 4"  # type: ignore[union-attr]
    assert watch.fact("watch.blind").href.endswith("#rules")  # type: ignore[union-attr]


def test_changes_of_rules_exceptions_techniques_and_entities(analyst: User) -> None:
    old, fresh = rule("Old", techniques=["T1110"]), rule("Fresh", techniques=["T1110", "T1078.004"])
    RuleVersion.objects.create(rule=old, number=2, text="y", digest="1", created=NOW - HOUR)
    RuleVersion.objects.create(rule=rule("New"), number=7, text="y", digest="1", created=NOW + HOUR)
    alert(old, NOW - 90 * HOUR)
    alert(old, NOW - 3 * HOUR)
    alert(fresh, NOW - 2 * HOUR)
    held = RuleException.objects.create(
        key="E-1", title="Backup", owner=analyst, by=analyst, reason="Known", created=NOW - HOUR,
        expires=NOW + 99 * HOUR,
    )  # fmt: skip
    ExceptionDay.objects.create(exception=held, rule=old, day=NOW.date(), hits=12)
    ExceptionDay.objects.create(exception=held, rule=old, day=NOW.date() - timedelta(days=3), hits=100)
    one = EntityRisk.objects.create(key="host:srv", kind="host", name="srv", value=80, rules=2, tactics=1, at=NOW)
    for of in (old, fresh):
        EntityRule.objects.create(
            entity=one, rule=of, level="high", last=NOW - 2 * HOUR, alert=Alert.objects.get(rule=fresh)
        )
    watch = watch_of()
    counts = {
        "rules_new": 0,
        "rules_changed": 1,
        "exceptions_new": 1,
        "techniques_new": 1,
        "entities": 1,
        "excepted": 12,
    }
    assert {key: value(watch, key) for key in counts} == counts
    texts = [line.text for one in watch.sections if one.slug == "changed" for line in one.lines]
    assert texts == ["Exception E-1 Backup", "Technique T1078.004", "Host srv"]


@pytest.mark.parametrize(
    ("fact", "expected"), [("rules_new", ["New", "Third"]), ("rules_changed", ["First", "Second"])]
)
def test_the_rules_behind_a_figure_are_as_many_as_it_says(ciso: User, fact: str, expected: list[str]) -> None:
    made = {name: rule(name) for name in ("First", "Second", "New", "Third", "Later")}
    for name, number, at in (
        ("First", 2, NOW - HOUR), ("First", 3, NOW - HOUR / 2), ("Second", 2, PERIOD.since),
        ("Third", 2, PERIOD.until), ("Third", 3, PERIOD.since - HOUR),
    ):  # fmt: skip
        RuleVersion.objects.create(rule=made[name], number=number, text="y", digest="1", created=at)
    for name, at in (("New", PERIOD.since), ("Third", PERIOD.until - HOUR / 3600), ("Later", PERIOD.until)):
        RuleVersion.objects.filter(rule=made[name], number=1).update(created=at)
    said = watch_of().fact(f"watch.{fact}")
    assert said is not None
    assert said.value == len(expected)
    _, _, query = said.href.partition("?")
    client = Client()
    client.force_login(ciso)
    rows = client.get(f"/api/rules?{query}").json()["items"]
    assert [one["title"] for one in rows] == expected
    page = client.get(said.href).content.decode()
    assert [name for name in made if f'aria-label="Choose {name}"' in page] == sorted(expected, key=list(made).index)


def test_what_attackers_use_now_comes_from_the_event(analyst: User) -> None:
    class Weakness:
        identifier, title = "CVE-2026-0001", "Invented flaw"

        def get_absolute_url(self) -> str:
            return "/definitions/CVE-2026-0001/"

    daily.note_exploited(Weakness(), analyst)
    assert daily.note_exploited in events.exploited._handlers
    watch = watch_of(read.Period(timezone.now() - HOUR, timezone.now() + HOUR))
    assert value(watch, "exploited") == 1
    assert any("1 weakness is newly known to be used by attackers." in one for one in watch.sentences)


def test_times_are_from_the_earliest_evidence(analyst: User) -> None:
    of = rule("R")
    for place in range(12):
        opened = NOW - (place + 30) * HOUR
        alert(of, opened, first=opened - timedelta(minutes=place), acknowledged=opened + timedelta(minutes=5),
              closed=opened + timedelta(minutes=60), state="closed", verdict="true")  # fmt: skip
    alert(of, NOW - 3 * HOUR, first=NOW - 2 * HOUR)  # an event whose clock is ahead
    alert(of, NOW - 3 * HOUR, first=NOW - 500 * HOUR, state="closed", verdict="duplicate", closed=NOW - HOUR)
    watch = watch_of()
    detect, resolve = watch.fact("watch.detect.median"), watch.fact("watch.resolve.ninth")
    spans = sorted([0.0, *map(float, range(12))])
    assert detect is not None and detect.value == statistics.median_low(spans) and detect.note == "13 alerts"
    assert resolve is not None and resolve.value == 70 and resolve.unit == "minutes" and resolve.note == "12 alerts"
    assert value(watch, "acknowledge.median") == 10


@given(st.lists(st.floats(0, 1e6), max_size=60))
def test_a_spread_is_of_real_spans_and_silent_about_few(minutes: list[float]) -> None:
    found = spread(minutes)
    assert found.cases == len(minutes)
    if not minutes:
        assert found.median is None
        return
    assert found.median in minutes
    assert sum(one <= found.median for one in minutes) * 2 >= len(minutes)
    if len(minutes) < FEWEST:
        assert found.ninth is None
    else:
        assert found.ninth in minutes
        assert sum(one <= found.ninth for one in minutes) * 10 >= len(minutes) * 9
        assert sum(one < found.ninth for one in minutes) * 10 < len(minutes) * 9


@override_settings(TIME_ZONE="Europe/Vienna", ACCORD_WATCH_HOUR=7)
def test_a_watch_covers_the_days_of_the_organizations_zone() -> None:
    before, after = datetime(2026, 7, 1, 4, 59, tzinfo=UTC), datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    with timezone.override("Europe/Vienna"):
        assert read.period_of(before).since == datetime(2026, 6, 29, 5, 0, tzinfo=UTC)
        assert read.period_of(after) == read.Period(datetime(2026, 6, 30, 5, 0, tzinfo=UTC), after)
        # The night in which summer time ends is an hour longer, and so is what is told of it.
        winter = datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
        assert winter - read.period_of(winter).since == 25 * HOUR


def test_a_watch_is_frozen_and_later_changes_stand_beside_it(analyst: User) -> None:
    first = alert(rule("R"), NOW - 3 * HOUR)
    watch = daily.compose(analyst, NOW)
    before = (watch.content, watch.content_hash)
    assert hashlib.sha256(watch.content.encode()).hexdigest() == watch.content_hash
    assert LedgerEntry.objects.filter(noun="daily_watch", key=watch.key).count() == 1
    Alert.objects.filter(pk=first.pk).update(state="closed", verdict="true", closed=NOW + HOUR)
    alert(Rule.objects.get(), NOW + 2 * HOUR)
    ShiftNote.objects.create(text="Ask the bank.", by=analyst, at=NOW + HOUR)
    then = {fact.key: fact.value for fact in read.since_then(watch, NOW + 3 * HOUR)}
    assert then["since.opened"] == 1 and then["since.closed"] == 1 and then["since.left"] == 0
    assert then["since.notes"] == 1
    watch.refresh_from_db()
    assert (watch.content, watch.content_hash) == before
    told = read.Watch.from_content(watch.frozen)
    assert ledger.canonical(told.as_content()) == watch.content and value(told, "waiting") == 1


def test_a_second_composition_of_a_day_is_its_next(analyst: User) -> None:
    keys = [daily.compose(analyst, NOW + hours * HOUR).key for hours in (0, 5)]
    assert keys == ["W-2026-11-25-1", "W-2026-11-25-2"]
    newest = read.latest()
    assert newest is not None and newest.number == 2


def test_the_round_composes_once_a_morning(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [read.morning(NOW.date()) - timedelta(minutes=1)]
    monkeypatch.setattr("accord.monitoring.services.daily.timezone.now", lambda: moment[0])
    daily.compose_due()
    assert not DailyWatch.objects.exists()
    for minutes in (1, 6, 600):
        moment[0] = moment[0] + timedelta(minutes=minutes)
        daily.compose_due()
    assert [one.composed_by for one in DailyWatch.objects.all()] == [None]
    moment[0] = moment[0] + timedelta(days=1)
    daily.compose_due()
    assert DailyWatch.objects.count() == 2


def test_notes_are_signed_and_neither_blank_nor_endless(analyst: User) -> None:
    note = daily.write_note(analyst, "  Watch the beacon of lt-0412.  ")
    assert (note.text, note.by) == ("Watch the beacon of lt-0412.", analyst)
    for text in ("  ", "x" * 2001):
        with pytest.raises(Refused):
            daily.write_note(analyst, text)
    watch = watch_of(read.Period(note.at - HOUR, note.at + HOUR))
    lines = next(one for one in watch.sections if one.slug == "notes").lines
    assert lines[0].text == note.text and lines[0].detail.startswith("Ana Vell, ")


def test_its_words_are_plain(analyst: User) -> None:
    of = rule("R", state="no_source")
    for place in range(14):
        opened = NOW - (place + 2) * HOUR
        alert(of, opened, closed=opened + HOUR, state="closed", verdict="true")
    alert(of, NOW - 50 * HOUR, escalated=NOW)
    source = Source.objects.create(key="S", name="Okta", kind="http", silent_after=HOUR, received_up_to=NOW - 9 * HOUR)
    SourceHour.objects.create(source=source, hour=NOW - 10 * HOUR, events=31_000)
    watch = watch_of()
    assert len(watch.sentences) >= 6
    assert (assess("\n\n".join(watch.sentences)).grade or 99) <= read.TARGET_GRADE, watch.sentences


def test_pages_ask_a_known_number_of_questions(analyst: User, ciso: User) -> None:
    of = rule("R")
    for place in range(30):
        alert(of, NOW - place * HOUR)
    with CaptureQueriesContext(connection) as asked:
        watch_of()
    assert len(asked) <= 25, [one["sql"][:90] for one in asked]
    client = Client()
    client.force_login(ciso, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get("/daily-watch/").status_code == 200
    watch = daily.compose(analyst, NOW)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(watch.get_absolute_url())
    assert page.status_code == 200 and len(asked) <= 15, [one["sql"][:90] for one in asked]
    assert "In plain words" in page.content.decode()
    assert client.get("/daily-watches/").status_code == 200
    document = client.get(f"{watch.get_absolute_url()}pdf/")
    assert document.content.startswith(b"%PDF-1.7")


def test_an_auditor_reads_and_cannot_compose(analyst: User) -> None:
    daily.compose(analyst, NOW)
    auditor = accounts.add_account(None, "audit@watch.example", "Au", [(Role.AUDITOR, "")])
    client = Client()
    client.force_login(auditor, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert "Compose anew" not in client.get("/daily-watch/").content.decode()
    assert client.post("/daily-watch/compose/").status_code == 403
    assert client.post("/daily-watch/notes/", {"text": "x"}).status_code == 403


def test_the_api_tells_the_newest_and_composes(analyst: User) -> None:
    client = Client()
    client.force_login(analyst, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get("/api/daily-watches/newest").status_code == 404
    made = client.post("/api/daily-watches", content_type="application/json")
    assert made.status_code == 200, made.content
    told = client.get("/api/daily-watches/newest").json()
    assert told["key"] == made.json()["key"] and told["sections"][0]["slug"] == "waits"
    note = client.post("/api/shift-notes", {"text": "Look at A-000003."}, content_type="application/json")
    assert note.json()["by"] == "Ana Vell"
    assert [row["key"] for row in client.get("/api/daily-watches").json()["items"]] == [told["key"]]
