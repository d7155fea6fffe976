"""What hits become: alerts by rule and entity, once each, in few queries, with what is at stake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from accord_alerts import NOW, estate, hit, person, rule, stakes
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core.models import LedgerEntry, Webhook, WebhookDelivery
from accord.monitoring.models import (
    Alert,
    AlertEvent,
    EntityRisk,
    GroupingWindow,
    Rule,
    RuleDay,
    SeenHit,
    SystemStake,
)
from accord.monitoring.services.alerts import take
from accord.monitoring.services.stakes import set_stakes

pytestmark = pytest.mark.django_db


def test_a_hit_becomes_an_alert_with_all_that_is_known_of_it() -> None:
    assets = estate(person("chief"))
    stakes(SHOP=1000.0, PAY=500.0)
    one = rule("mimikatz", "high", techniques=["T1003.001"], tactics=["credential-access"])
    (alert,) = take([hit(one, asset=assets["A-WEB"], members=())])
    assert (alert.key, alert.title, alert.level, alert.state) == ("A-000001", "Mimikatz", "high", "new")
    assert (alert.entity_kind, alert.entity, alert.host, alert.user) == ("host", "srv-01", "srv-01", "ada")
    assert alert.asset is not None and alert.asset.key == "A-WEB"
    assert alert.system is not None and alert.system.key == "S-SHOP"
    assert alert.unit is not None and alert.unit.key == "U-S"
    assert alert.goal_share == pytest.approx(0.75 * 0.8 * 0.5 * 0.6)
    assert (alert.loss_low, alert.loss_mid, alert.loss_high) == (300.0, 600.0, 1200.0)
    assert alert.techniques == ["T1003.001"]
    assert alert.risk == 64.0
    assert alert.score == alert.score_low == pytest.approx(64 * (1 + 64 / 164) * 1.18 * 1.6, abs=0.01)
    kept = AlertEvent.objects.get()
    assert kept.asked == {"Image": "C:\\mimikatz.exe"} and kept.data["EventID"] == 1 and not kept.cut
    assert Rule.objects.get().last_fired == NOW
    assert RuleDay.objects.get().hits == 1


def test_what_is_not_known_widens_the_score() -> None:
    one = rule("odd", "medium")
    (alert,) = take([hit(one)])
    assert alert.asset is None and alert.goal_share is None and alert.loss_mid is None
    assert alert.score_low == pytest.approx(16 * (1 + 16 / 116), abs=0.01)
    assert alert.score == pytest.approx(4 * 16 * (1 + 16 / 116), abs=0.01)


def test_an_asset_in_no_system_has_nothing_known_at_stake() -> None:
    assets = estate(person("chief"))
    stakes(SHOP=1000.0)
    (alert,) = take([hit(rule("odd"), asset=assets["A-LONE"], host="lone-01")])
    assert alert.asset_id == assets["A-LONE"] and alert.system is None
    assert alert.goal_share is None and alert.loss_mid is None and alert.score > alert.score_low


def test_hits_are_counted_once() -> None:
    one, other = rule("one"), rule("other")
    first = hit(one, event="1-a-0")
    assert len(take([first, first])) == 1
    assert take([first]) == []
    assert Alert.objects.get().events == 1
    assert len(take([hit(other, event="1-a-0")])) == 1, "another rule, the same event"
    assert Alert.objects.filter(kind=Alert.Kind.RULE).count() == 2 and SeenHit.objects.count() == 2


def test_hits_of_one_rule_and_entity_are_one_alert_within_its_window() -> None:
    one = rule("one", "high")
    take([hit(one, 0), hit(one, 5, user="bob"), hit(one, 10, host="SRV-01")])
    assert Alert.objects.get().events == 3
    opened = take([hit(one, 10 + 12 * 60), hit(one, 3, host="srv-02")])
    assert [alert.entity for alert in opened] == ["srv-02"]
    assert Alert.objects.get(entity="srv-01").last == NOW + timedelta(minutes=10 + 12 * 60)
    (later,) = take([hit(one, 11 + 24 * 60)])
    assert later.entity == "srv-01", "twelve hours after the last hit of level high the window is over"


def test_a_rule_may_have_its_own_window() -> None:
    one = rule("one", "high")
    GroupingWindow.objects.create(rule=one, length=timedelta(minutes=10), by=person("ana"))
    take([hit(one, 0), hit(one, 10), hit(one, 21)])
    assert sorted(Alert.objects.values_list("events", flat=True)) == [1, 2]


def test_a_host_is_one_entity_under_all_names_of_its_asset() -> None:
    assets = estate(person("chief"))
    one = rule("one")
    take([hit(one, asset=assets["A-WEB"]), hit(one, 1, host="srv-01.corp.example", asset=assets["A-WEB"])])
    assert Alert.objects.get().events == 2


def test_a_closed_alert_takes_no_further_hits() -> None:
    one = rule("one")
    take([hit(one)])
    Alert.objects.update(state=Alert.State.CLOSED, verdict=Alert.Verdict.FALSE)
    (again,) = take([hit(one, 1)])
    assert again.key == "A-000002" and again.state == Alert.State.NEW


def test_a_rule_that_is_not_enabled_makes_no_alert() -> None:
    one = rule("one")
    Rule.objects.update(enabled=False)
    assert take([hit(one)]) == [] and not Alert.objects.exists()


def test_entities_without_a_host() -> None:
    one = rule("one")
    take([hit(one, host=None), hit(one, host=None, user=None, address="192.0.2.7"), hit(one, host=None, user=None)])
    held = Alert.objects.order_by("entity_kind").values_list("entity_kind", "entity")
    assert list(held) == [("address", "192.0.2.7"), ("source", "no source"), ("user", "ada")]


def test_a_correlation_is_about_what_it_groups_by() -> None:
    one = rule("many", members=("one",))
    take([
        hit(one, group={"User": "ADA"}), hit(one, 1, group={"User": "carl"}), hit(one, 2, group={"b": "2", "a": "1"}),
    ])  # fmt: skip
    held = Alert.objects.order_by("first").values_list("entity_kind", "entity", "kind")
    assert list(held) == [
        ("user", "ADA", "correlation"), ("group", "User carl", "correlation"), ("group", "a 1, b 2", "correlation"),
    ]  # fmt: skip


def test_the_first_and_the_latest_hits_are_kept() -> None:
    one = rule("one")
    take([hit(one, number / 10, event=f"e{number:03}") for number in range(70)])
    take([hit(one, number / 10, event=f"e{number:03}") for number in range(70, 260)])
    alert = Alert.objects.get()
    assert (alert.events, alert.kept) == (260, 100)
    held = list(AlertEvent.objects.order_by("time").values_list("event", flat=True))
    assert held == [f"e{n:03}" for n in (*range(50), *range(210, 260))]


def test_hostile_values_are_kept_as_they_can_be() -> None:
    one = rule("one")
    deep: dict[str, object] = {}
    for _ in range(2000):
        deep = {"a": deep}
    data = {
        "nul": "a\x00b", "half": "\ud800", "nan": float("nan"), "large": 1 << 70, "deep": deep, "long": "x" * 100_000,
        **{f"k{n}": "v" for n in range(1000)},
    }  # fmt: skip
    take([hit(one, data=data, host="h\x00st" * 200, user="\udfff" * 400, fields={"a": "\x00"})])
    kept = AlertEvent.objects.get()
    assert kept.cut and kept.data["nul"] == "a\ufffdb" and kept.data["half"] == "?" and len(kept.data["long"]) == 2000
    assert Alert.objects.get().host.startswith("h\ufffdst")


def _queries(hits: list[object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        take(hits)  # type: ignore[arg-type]
    return len(caught)


def test_queries_do_not_depend_on_the_number_of_hits() -> None:
    """Of the same rules: few hits, very many on few entities, and each on an entity of its own."""
    assets = estate(person("chief"))
    stakes(SHOP=1000.0)
    rules = [rule(name, "high", tactics=[name]) for name in ("a", "b", "c")]
    wide = [hit(rules[0], asset=assets["A-WEB"]), hit(rules[1], 1)]
    few = _queries(wide)
    one_entity = _queries([hit(rules[n % 3], n / 1000) for n in range(3000)])
    own_entities = _queries([hit(rules[0], n / 1000, host=f"h{n}", user=None) for n in range(900)])
    assert few <= 45
    assert one_entity <= few + 8 and own_entities <= few + 8, (few, one_entity, own_entities)


@pytest.mark.slow
def test_ten_thousand_hits_at_once() -> None:
    rules = [rule(name, "high", tactics=[name]) for name in ("a", "b", "c")]
    hits = [hit(rules[n % 3], n / 100, host=f"h{n % 5000}", address=f"10.0.{n % 250}.{n % 199}") for n in range(10_000)]
    assert _queries(list(hits)) <= 120
    assert sum(Alert.objects.filter(kind=Alert.Kind.RULE).values_list("events", flat=True)) == 10_000
    assert EntityRisk.objects.filter(kind="host").count() == 5000


def test_one_entry_and_one_message_for_a_batch() -> None:
    Webhook.objects.create(title="SOAR", address="https://192.0.2.1/in", events=["alert.opened"], salt="s")
    high, low = rule("high", "high"), rule("low", "low")
    take([hit(high, host="a"), hit(high, host="b"), hit(low, host="c")])
    entry = LedgerEntry.objects.get(noun="alert")
    assert entry.key == "A-000001 to A-000003" and entry.actor == "system"
    body = WebhookDelivery.objects.get().body
    assert '"number":2' in body and "A-000003" not in body


def test_stakes_are_those_of_the_last_hazard_run() -> None:
    """A foothold in a system costs what the run says; a system that it does not name has no known stake."""
    estate(person("chief"))
    set_stakes({"S-SHOP": (1.0, 2.0, 3.0), "S-PAY": (4.0, 5.0, 6.0), "S-GONE": (7.0, 8.0, 9.0)}, "EUR", NOW)
    set_stakes({"S-PAY": (10.0, 20.0, 30.0)}, "EUR", NOW)
    held = SystemStake.objects.values_list("system__key", "low", "mid", "high", "currency")
    assert list(held) == [("S-PAY", 10.0, 20.0, 30.0, "EUR")]
