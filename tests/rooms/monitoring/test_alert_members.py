"""The page of an alert of a correlation rule leads to every event that it counted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from accord_alerts import hit, person, rule
from accord_spooled import folder, source
from django.test import Client
from django.utils import timezone

from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring import store
from accord.monitoring.models import Alert, AlertEvent, Source
from accord.monitoring.selectors.members import total_of
from accord.monitoring.services.alerts import take
from accord.monitoring.store import StoredEvent

pytestmark = pytest.mark.django_db
__all__ = ["folder", "source"]


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def stored(source: Source, number: int) -> list[StoredEvent]:
    """So many failed sign-ins, a second apart, that are stored."""
    begin, made = timezone.now() - timedelta(hours=1), []
    for n in range(number):
        data = {"n": str(n), "User": "ada"}
        key = store.key_of(source.pk, "collect-00000001.seg", n + 1)
        time = begin + timedelta(seconds=n)
        made.append(StoredEvent(key, source.pk, time, True, time, host="srv-01", user="ada", src="192.0.2.7",
                                product="linux", data=data, raw=json.dumps(data).encode()))  # fmt: skip
    store.record(store.write(list(made)), timezone.now())
    return made


def correlated(events: list[StoredEvent], counted: int | None = None) -> Alert:
    above = rule("many", "high", members=("failed",))
    last = events[-1]
    told = {"User": "ada", "events": str(len(events) if counted is None else counted), "measure": "3"}
    take([
        hit(above, event=last.key, members=tuple(one.key for one in events), group={"User": "ada"}, fields=told,
            data={"User": "ada"})
    ])  # fmt: skip
    return Alert.objects.get(rule=above)


def test_each_counted_event_is_listed_with_its_own_alert(source: Source, django_assert_max_num_queries: Any) -> None:
    events = stored(source, 5)
    take([hit(rule("failed", "critical"), event=events[1].key)])
    own = Alert.objects.get(rule__name="failed")
    alert = correlated(events)
    at = client(person("ana"))
    with django_assert_max_num_queries(25):
        page = at.get(alert.get_absolute_url()).content.decode()
    address = f"{alert.get_absolute_url()}members/{alert.hits.get().pk}/"
    assert f'hx-get="{address}"' in page and ">5 events<" in page
    with django_assert_max_num_queries(25):
        whole = at.get(address).content.decode()
    part = at.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole and "<html" not in part
    for shown in (whole, part):
        assert [shown.index(f"/monitoring/events/{one.key}/") for one in events] == sorted(
            shown.index(f"/monitoring/events/{one.key}/") for one in events
        )
        assert shown.count(own.get_absolute_url()) == 1 and "All 5 events that were counted" in shown


def test_more_than_are_kept_are_told_by_number_and_so_is_what_is_gone(source: Source) -> None:
    events = stored(source, 130)
    alert = correlated(events)
    held = alert.hits.get()
    assert len(held.members) == 100 and held.members[-1] == events[-1].key and total_of(held) == 130
    at = client(person("ana"))
    address = f"{alert.get_absolute_url()}members/{held.pk}/"
    shown = at.get(address).content.decode()
    assert "100 of 130 events: the keys of the latest are kept" in shown and "no longer" not in shown
    assert shown.count("/monitoring/events/") >= 100 and f"/{events[0].key}/" not in shown
    AlertEvent.objects.filter(pk=held.pk).update(members=[events[0].key, "1-gone-1", "1-gone-2"])
    shown = at.get(address).content.decode()
    assert "3 of 130 events" in shown and "2 are stored no longer" in shown and events[0].key in shown
    told = at.get(f"/api/alerts/{alert.key}").json()["hits"][0]
    assert (len(told["members"]), told["counted"]) == (3, 130)


def test_an_alert_of_a_plain_rule_counted_none(source: Source) -> None:
    alert = take([hit(rule("one"))])[0]
    page = client(person("ana")).get(alert.get_absolute_url()).content.decode()
    assert "Events that it counted" not in page


def test_who_sees_no_events_sees_none_of_these(source: Source) -> None:
    alert = correlated(stored(source, 3))
    address = f"{alert.get_absolute_url()}members/{alert.hits.get().pk}/"
    head = client(person("hed", Role.HEAD, "U"))
    assert head.get(address).status_code == 403
    ana = client(person("ana"))
    assert ana.get(f"/alerts/A-999999/members/{alert.hits.get().pk}/").status_code == 404
    assert ana.get(f"{alert.get_absolute_url()}members/999/").status_code == 404
