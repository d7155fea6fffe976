"""The pages of stored events: the search, one event, what was found as a file, and the same on the API."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from accord_spooled import folder, source
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accord.core import accounts
from accord.core.roles import Role
from accord.estate.models import Asset
from accord.monitoring import store
from accord.monitoring.models import Alert, AlertEvent, PumpState, Rule, RuleVersion, Source
from accord.monitoring.store import Place, Search, StoredEvent, database, reading
from accord.monitoring.views.events import before_of, text_of

__all__ = ["folder", "source"]


@pytest.fixture
def put(source: Source) -> Callable[..., list[StoredEvent]]:
    count = 0

    def stored(*datas: dict[str, Any], at: datetime | None = None, **told: Any) -> list[StoredEvent]:
        nonlocal count
        made = []
        for data in datas:
            count += 1
            key = store.key_of(source.pk, "collect-00000001.seg", count)
            time = (at or timezone.now() - timedelta(hours=1)) + timedelta(milliseconds=count)
            raw = json.dumps(data).encode()
            made.append(StoredEvent(key, source.pk, time, True, time, data=data, raw=raw, **told))
        store.record(store.write(list(made)), timezone.now())
        return made

    return stored


@pytest.fixture
def client(db: None) -> Client:
    user = accounts.add_account(None, "ana@events.example", "Ana", [(Role.ANALYST, "")])
    browser = Client()
    browser.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return browser


def shown(client: Client, **asked: Any) -> list[str]:
    answer = client.get(reverse("monitoring:event_list"), asked)
    assert answer.status_code == 200
    return [line.event.raw.decode() for line in answer.context["lines"]]


def test_the_search_shows_the_newest_first_with_asset_source_and_alert(
    client: Client, put: Callable[..., Any], source: Source, django_assert_max_num_queries: Any
) -> None:
    asset = Asset.objects.create(key="A-1", name="Web server", kind="host")
    first, second = put({"n": "1"}, {"n": "<b>2</b>"}, host="SRV-01", user="ada", src="10.0.0.1", asset=asset.pk,
                        product="linux", service="auditd")  # fmt: skip
    rule = Rule.objects.create(identifier="1", title="A rule", level="high", collection="own")
    version = RuleVersion.objects.create(rule=rule, number=1, text="", digest="1")
    alert = Alert.objects.create(
        key="A-000001", rule=rule, version=version, level="high", title="A rule", entity_kind="host", entity="SRV-01",
        group="g", first=first.time, last=first.time,
    )  # fmt: skip
    AlertEvent.objects.create(alert=alert, event=first.key, source=source, time=first.time)
    many = Alert.objects.create(
        key="A-000002", rule=rule, version=version, level="high", title="Many of them", entity_kind="host",
        entity="SRV-01", group="h", first=first.time, last=second.time,
    )  # fmt: skip
    AlertEvent.objects.create(
        alert=many, event="1-gone-1", source=source, time=second.time + timedelta(hours=2),
        members=["1-gone-0", first.key, "1-gone-1"],
    )  # fmt: skip
    with django_assert_max_num_queries(15):
        answer = client.get(reverse("monitoring:event_list"))
    page = answer.content.decode()
    assert page.index(second.key) < page.index(first.key)
    assert page.count("In an alert") == 1
    assert "&lt;b&gt;2" in page
    assert "<b>2</b>" not in page
    assert reverse("estate:asset_detail", args=["A-1"]) in page
    with django_assert_max_num_queries(25):
        one = client.get(reverse("monitoring:event_detail", args=[first.key])).content.decode()
    for text in (
        "A-000001 A rule",
        "A-000002 Many of them",
        "linux / auditd",
        "10.0.0.1",
        "Servers",
        reverse("estate:asset_detail", args=["A-1"]),
        first.key,
    ):
        assert text in one
    other = client.get(reverse("monitoring:event_detail", args=[second.key])).content.decode()
    assert "A-000001" not in other and "A-000002" not in other


def test_filters_narrow_and_pages_follow(client: Client, put: Callable[..., Any], source: Source) -> None:
    put(*({"n": str(n)} for n in range(70)), host="a", product="linux")
    put({"other": "x"}, host="b", product="windows", at=timezone.now() - timedelta(days=3))
    assert len(shown(client)) == 50
    assert shown(client, window="7d", host="B") == ['{"other": "x"}']
    assert shown(client, window="7d", product="Windows") == ['{"other": "x"}']
    assert shown(client, window="7d", q="OTHER") == ['{"other": "x"}']
    assert shown(client, source="SRC-1", window="1h", host="b") == []
    since = timezone.localtime(timezone.now() - timedelta(days=4)).strftime("%Y-%m-%dT%H:%M")
    until = timezone.localtime(timezone.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert shown(client, since=since, until=until) == ['{"other": "x"}']
    answer = client.get(reverse("monitoring:event_list"))
    following = client.get(answer.context["next_href"])
    seen = [line.event.key for page in (answer, following) for line in page.context["lines"]]
    assert len(seen) == 70 == len(set(seen))
    assert "next_href" not in following.context


def test_what_cannot_be_searched_for_is_told(client: Client, put: Callable[..., Any]) -> None:
    put({"n": "1"})
    for asked, told in (
        ({"address": "not one"}, "It is no address."),
        ({"address": "2001:db8::/32"}, "Networks of IPv6 cannot be searched for."),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "It is before the time from which on is searched."),
        ({"since": "yesterday"}, "Enter a valid date/time."),
        ({"source": "nobody"}, "Select a valid choice"),
    ):
        assert told in client.get(reverse("monitoring:event_list"), asked).content.decode()


def test_a_search_without_time_left_says_how_far_it_looked(
    put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is passed over: the next page goes on there."""
    now = timezone.now()
    for hour in range(6):
        put({"n": str(hour)}, {"n": f"{hour}b"}, at=now - timedelta(hours=hour + 1))
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    real, calls = reading._ask, []

    def slow(*given: Any) -> Any:
        calls.append(1)
        if len(calls) % 3 == 0:
            raise duckdb.InterruptException("INTERRUPT")
        return real(*given)

    monkeypatch.setattr(reading, "_ask", slow)
    wanted, before, seen = Search(now - timedelta(days=1), now), None, []
    while True:
        found = store.look(wanted, 100, before)
        seen += [one.data["n"] for one in found.events]
        if found.reached is None:
            break
        before = Place(found.reached + timedelta(microseconds=1), "")
    assert seen == [text for hour in range(6) for text in (f"{hour}b", f"{hour}")]


def test_a_search_ends_in_time(client: Client, put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    put({"n": "1"})
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000000) b WHERE a.range + b.range = -1"
    with database.opened(0.2) as connection, pytest.raises(duckdb.InterruptException):
        connection.execute(endless).fetchall()
    monkeypatch.setattr(reading, "SECONDS", 0.05)
    with database.opened(), database.opened():
        assert "Other searches are running." in str(_busy(client))


def _busy(client: Client) -> str:
    try:
        store.look(Search(datetime.now(UTC), datetime.now(UTC)), seconds=0.05)
    except store.TooBusy as error:
        return str(error)
    return ""


def test_files_hold_what_the_search_finds(client: Client, put: Callable[..., Any], source: Source) -> None:
    put({"n": 1, "list": ["a", {"b": 2}]}, {"n": "=cmd()"}, host="=HYPERLINK(1)")
    address = reverse("monitoring:event_export")
    lines = [json.loads(line) for line in b"".join(client.get(address).streaming_content).splitlines()]
    assert [one["data"] for one in lines] == [{"n": "=cmd()"}, {"n": "1", "list": ["a", {"b": 2}]}]
    rows = list(
        csv.DictReader(io.StringIO(b"".join(client.get(address, {"format": "csv"}).streaming_content).decode()))
    )
    assert [row["raw"] for row in rows] == ['{"n": "=cmd()"}', '{"n": 1, "list": ["a", {"b": 2}]}']
    assert all(not row["host"].startswith("=") for row in rows)
    assert client.get(address, {"address": "nonsense"}).status_code == 302


def test_the_api_gives_the_same_page_by_page(client: Client, put: Callable[..., Any]) -> None:
    put(*({"n": str(n)} for n in range(5)))
    first = client.get("/api/events", {"limit": 3}).json()
    second = client.get("/api/events", {"limit": 3, "before": first["next"]}).json()
    assert [one["data"]["n"] for one in first["items"] + second["items"]] == ["4", "3", "2", "1", "0"]
    assert second["next"] is None
    key = first["items"][0]["key"]
    assert client.get(f"/api/events/{key}").json()["data"] == {"n": "4"}
    assert client.get("/api/events/1-collect-00000001.seg-999").status_code == 404
    assert client.get("/api/events", {"address": "x"}).status_code == 422


def test_an_event_that_is_not_there_is_not_found(client: Client, source: Source) -> None:
    assert client.get(reverse("monitoring:event_detail", args=["nothing"])).status_code == 404


def test_the_page_says_whether_the_store_keeps_up(client: Client, source: Source) -> None:
    page = client.get(reverse("monitoring:event_list")).content.decode()
    assert "No events yet" in page
    PumpState.objects.create(seen=timezone.now() - timedelta(hours=1))
    assert "accord collect" in client.get(reverse("monitoring:event_list")).content.decode()
    PumpState.objects.update(paused="The disk of the store of events is full. Make space.")
    assert "The disk of the store of events is full." in client.get(reverse("monitoring:event_list")).content.decode()


def test_places_come_back_from_addresses() -> None:
    place = Place(datetime(2026, 5, 4, 12, 0, 0, 123, tzinfo=UTC), "1-collect-00000001.seg-7-2")
    assert before_of(text_of(place)) == place
    for text in ("", "x", "AAAA", "ü" * 10, text_of(place)[:10]):
        assert before_of(text) is None
