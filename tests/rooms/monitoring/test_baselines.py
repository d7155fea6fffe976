"""A source against its own past: silence told once and taken back by itself, much less, late, malformed, and nothing
said where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core import events
from accord.core.models import LedgerEntry
from accord.estate.models import Asset
from accord.monitoring.models import Collector, Source, SourceHour, SourceSilence, SourceWatch
from accord.monitoring.selectors.hanging import usual
from accord.monitoring.services import baselines, hosts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 12, 20, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)
Rate = Callable[[datetime], int]


def source_of(name: str, **fields: Any) -> Source:
    return Source.objects.create(key=name, name=name, kind=fields.pop("kind", "syslog"), **fields)


def sent(source: Source, until: datetime, hours: int, rate: Rate | int, **more: Any) -> None:
    """Hours up to and with that of `until`; the last event came at `until`."""
    end = until.replace(minute=0, second=0, microsecond=0)
    rows = []
    for n in range(hours):
        hour = end - n * HOUR
        number = rate(hour) if callable(rate) else rate
        if number:
            rows.append(SourceHour(source=source, hour=hour, events=number, **more))
    SourceHour.objects.bulk_create(rows)
    source.received_up_to = until
    source.save()


def watch(source: Source, at: datetime = NOW) -> SourceWatch:
    baselines.refresh(at)
    return SourceWatch.objects.get(source=source)


def test_a_steady_source_is_receiving_with_an_interval_and_a_moment_of_silence() -> None:
    source = source_of("fw")
    sent(source, NOW - timedelta(minutes=1), 24 * 28, 900)
    row = watch(source)
    assert (row.state, row.volume, row.by) == ("receiving", "usual", "past")
    assert (row.hour, row.got) == (NOW.replace(hour=11, minute=0), 900)
    assert row.low is not None and row.high is not None
    assert (row.low, row.high) == pytest.approx((900, 900))
    assert row.silent_at is not None
    assert timedelta(hours=1) < row.silent_at - NOW < timedelta(hours=2)
    assert row.hours == 24 * 28 - 3


def test_what_is_usual_is_told_by_hour_of_the_week() -> None:
    source = source_of("fw")

    def rate(hour: datetime) -> int:
        return 900 if hour.weekday() < 5 else 40

    sent(source, NOW - timedelta(minutes=1), 24 * 56, rate)
    row = watch(source)
    wednesday, sunday = NOW.replace(minute=0), NOW.replace(minute=0) + timedelta(days=4)
    (weekday, weekend) = usual(row, [wednesday, sunday])
    assert weekday is not None and weekend is not None
    assert weekday[1] == pytest.approx(900, rel=0.01) and weekend[1] == pytest.approx(40, rel=0.05)
    assert weekend[2] < weekday[0]
    assert usual(None, [wednesday]) == [None]
    young = source_of("young")
    sent(young, NOW, 30, 500)
    assert usual(watch(young), [wednesday]) == [None]


def test_a_source_of_which_little_is_known_alarms_of_nothing() -> None:
    young, never = source_of("young"), source_of("never")
    sent(young, NOW - timedelta(days=3), 30, 500)
    baselines.refresh(NOW)
    states = dict(SourceWatch.objects.values_list("source__key", "state"))
    assert states == {"young": "receiving", "never": "never"}
    row = SourceWatch.objects.get(source=young)
    assert (row.volume, row.delay, row.malformed) == ("unknown", "unknown", "unknown")
    assert row.silent_at is not None and row.silent_at > NOW
    assert SourceWatch.objects.get(source=never).low is None


def test_a_source_that_died_young_is_told_when_a_week_has_passed() -> None:
    source = source_of("young")
    sent(source, NOW - timedelta(days=3), 30, 500)
    row = watch(source)
    first = (NOW - timedelta(days=3) - 29 * HOUR).replace(minute=0)
    assert (row.state, row.silent_at, row.hours) == ("receiving", first + timedelta(weeks=1), 30)
    assert watch(source, first + timedelta(weeks=1)).state == "silent"


def test_what_is_told_of_a_source_goes_before_its_past() -> None:
    source = source_of("badge", silent_after=timedelta(minutes=30))
    sent(source, NOW - timedelta(minutes=40), 3, 5)
    row = watch(source)
    assert (row.state, row.by, row.silent_at) == ("silent", "told", NOW - timedelta(minutes=10))
    unheard = source_of("new", silent_after=timedelta(hours=1), created=NOW - timedelta(hours=2))
    assert watch(unheard).state == "silent"
    assert SourceSilence.objects.get(source=unheard).since == NOW - timedelta(hours=2)


def test_a_silence_is_told_once_and_ends_by_itself() -> None:
    heard: list[Any] = []

    def hear(**values: Any) -> None:
        heard.append(values)

    source = source_of("dc")
    sent(source, NOW - timedelta(hours=5), 24 * 21, 3000)
    events.source_silent.subscribe(hear)
    try:
        first = baselines.refresh(NOW)
        again = baselines.refresh(NOW + timedelta(minutes=5))
    finally:
        events.source_silent._handlers.remove(hear)
    assert (first.began, again.began) == (1, 0)
    assert [one["since"] for one in heard] == [NOW - timedelta(hours=5)]
    spell = SourceSilence.objects.get()
    assert (spell.since, spell.noticed, spell.ended, spell.by) == (NOW - timedelta(hours=5), NOW, None, "past")
    assert LedgerEntry.objects.filter(noun="source", verb="notice").count() == 1
    source.received_up_to = NOW + timedelta(minutes=7)
    source.save()
    assert baselines.refresh(NOW + timedelta(minutes=8)).ended == 1
    spell.refresh_from_db()
    assert spell.ended == NOW + timedelta(minutes=7)
    assert SourceWatch.objects.get().state == "receiving"
    assert LedgerEntry.objects.filter(noun="source", verb="notice").count() == 2


def test_what_lies_in_the_spool_already_is_no_silence() -> None:
    source = source_of("spooled", silent_after=timedelta(minutes=30))
    sent(source, NOW - timedelta(hours=5), 10, 3000)
    source.heard = NOW - timedelta(minutes=1)
    source.save()
    assert watch(source).state == "receiving"


def test_a_collector_that_has_just_begun_gives_its_senders_time() -> None:
    source = source_of("fw", silent_after=timedelta(minutes=30))
    sent(source, NOW - timedelta(hours=2), 10, 3000)
    Collector.objects.create(name="one", started=NOW - timedelta(minutes=2), seen=NOW)
    assert watch(source).state == "receiving"
    later = NOW + timedelta(minutes=9)
    Collector.objects.update(seen=later)
    assert watch(source, later).state == "silent"
    Collector.objects.update(started=later, seen=later)
    assert watch(source, later).state == "silent"


@pytest.mark.parametrize(("change", "state"), [({"enabled": False}, "off"), ({"paused": "Disk full."}, "paused")])
def test_a_source_that_is_off_or_paused_is_not_silent(change: dict[str, Any], state: str) -> None:
    source = source_of("x", silent_after=timedelta(minutes=30), **change)
    sent(source, NOW - timedelta(hours=2), 10, 3000)
    assert watch(source).state == state
    assert not SourceSilence.objects.exists()


def test_files_that_are_handed_in_are_silent_only_where_it_is_told() -> None:
    source = source_of("hand", kind="upload")
    sent(source, NOW - timedelta(days=9), 24 * 28, 3000)
    assert watch(source).state == "receiving"


def test_quiet_nights_are_no_silence() -> None:
    source = source_of("office")

    def office(hour: datetime) -> int:
        return 400 if hour.weekday() < 5 and 7 <= hour.hour < 18 else 0

    friday = datetime(2026, 5, 8, 17, 59, tzinfo=UTC)
    sent(source, friday, 24 * 35, office)
    for hours in (5, 30, 55):
        assert watch(source, friday + timedelta(hours=hours)).state == "receiving"
    monday = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
    assert watch(source, monday).state == "silent"


def test_much_less_and_much_more_are_told_of_the_last_two_whole_hours() -> None:
    for name, factor, verdict in (("less", 0.1, "less"), ("more", 9, "more"), ("once", 1, "usual")):
        source = source_of(name)
        sent(source, NOW - timedelta(minutes=1), 24 * 28, 800)
        last = NOW.replace(minute=0)
        SourceHour.objects.filter(source=source, hour__in=[last - HOUR, last - 2 * HOUR]).update(events=800 * factor)
        if name == "once":
            SourceHour.objects.filter(source=source, hour=last - HOUR).update(events=40)
        assert watch(source).volume == verdict


def test_delay_malformed_records_and_drops_are_seen() -> None:
    source = source_of("late")
    sent(source, NOW - timedelta(minutes=1), 24 * 21, 1000, timed=1000, delay=2000.0, malformed=1)
    row = watch(source)
    assert (row.delay_usual, row.delay_now, row.delay, row.malformed, row.dropped) == (2.0, 2.0, "usual", "usual", 0)
    last = NOW.replace(minute=0) - HOUR
    SourceHour.objects.filter(hour=last).update(delay=900_000.0, malformed=500, dropped=7)
    SourceWatch.objects.update(learned={})
    row = watch(source)
    assert (row.delay_now, row.delay) == (900.0, "more")
    assert row.malformed_now == pytest.approx(1 / 3)
    assert (row.malformed, row.dropped) == ("more", 7)


def test_a_silence_that_was_told_is_not_learned_as_usual() -> None:
    source = source_of("gap")
    sent(source, NOW - timedelta(minutes=1), 24 * 28, 900)
    gone = (NOW - timedelta(days=9), NOW - timedelta(days=4))
    SourceHour.objects.filter(hour__gt=gone[0], hour__lt=gone[1]).delete()
    SourceSilence.objects.create(source=source, since=gone[0], noticed=gone[0] + 2 * HOUR, ended=gone[1], by="past")
    row = watch(source)
    assert row.hours == 24 * 28 - 3 - 5 * 24
    assert row.learned["threshold"] == pytest.approx(9.21034)


def test_it_learns_once_an_hour_and_reads_in_a_fixed_number_of_queries() -> None:
    for n in range(3):
        sent(source_of(f"s{n}"), NOW - timedelta(minutes=1), 24 * 15, 50)
    baselines.refresh(NOW - 2 * HOUR)
    with CaptureQueriesContext(connection) as first:
        baselines.refresh(NOW)
    for n in range(3, 9):
        sent(source_of(f"s{n}"), NOW - timedelta(minutes=1), 24 * 15, 50)
    with CaptureQueriesContext(connection) as second:
        baselines.refresh(NOW + timedelta(minutes=2))
    assert len(second) == len(first)
    with CaptureQueriesContext(connection) as third:
        baselines.refresh(NOW + timedelta(minutes=4))
    assert len(third) == len(first) - 2
    before = SourceWatch.objects.get(source__key="s0").learned
    assert watch(Source.objects.get(key="s0"), NOW + HOUR).learned["upto"] > before["upto"]


def test_hosts_are_noted_with_their_assets_and_newest_time() -> None:
    source = source_of("fw")
    asset = Asset.objects.create(key="A", name="A", kind="host")
    assert hosts.note_hosts(source, {("web", None): NOW, ("db", asset.pk): NOW, ("", None): NOW}) == 2
    assert hosts.note_hosts(source, {("web", None): NOW + timedelta(seconds=10)}) == 0
    seen = {("web", asset.pk): NOW + HOUR, ("web", None): NOW + 2 * HOUR, ("db", None): NOW - HOUR}
    assert hosts.note_hosts(source, seen) == 1
    rows = {row.host: (row.asset_id, row.first, row.last) for row in source.hosts.all()}
    assert rows == {"web": (asset.pk, NOW, NOW + 2 * HOUR), "db": (asset.pk, NOW, NOW)}
    assert hosts.note_hosts(source, {(f"h{n}", None): NOW for n in range(1200)}) == 1200
