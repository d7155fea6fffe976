"""What analysts do to alerts: verdicts, owners, minutes, two people at once, escalation, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from accord_alerts import NOW, estate, hit, person, rule
from django.utils import timezone

from accord.core import events, ledger
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User, Webhook, WebhookDelivery
from accord.core.roles import Role
from accord.monitoring.models import Alert, AlertNote, EntityRisk, EntityRule
from accord.monitoring.selectors import alerts as read
from accord.monitoring.services import silences, triage
from accord.monitoring.services.alerts import refresh_scores, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db: None) -> User:
    return person("ana")


def alert(level: str = "high", name: str = "one", **told: Any) -> Alert:
    return take([hit(rule(name, level), **told)])[0]


def test_take_close_and_reopen_leave_their_marks(ana: User) -> None:
    one = alert()
    triage.take(ana, [one.pk], expected=0, minutes=2)
    one.refresh_from_db()
    assert (one.state, one.owner, one.revision, one.minutes) == ("open", ana, 1, 2)
    assert one.acknowledged is not None
    triage.close(ana, [one.pk], "true", note="It was Mallory.", expected=1, minutes=3.5)
    one.refresh_from_db()
    assert (one.state, one.verdict, one.minutes, one.revision) == ("closed", "true", 5.5, 2)
    assert one.closed is not None and AlertNote.objects.get().text == "It was Mallory."
    triage.reopen(ana, [one.pk])
    one.refresh_from_db()
    assert (one.state, one.verdict, one.closed) == ("open", "", None)
    verbs = list(LedgerEntry.objects.filter(key=one.key).exclude(actor="system").values_list("verb", flat=True))
    assert verbs == ["take", "close", "reopen"]
    assert ledger.verify().holds


def test_two_at_once_the_second_is_told_who_was_there(ana: User) -> None:
    bob, one = person("bob"), alert()
    triage.close(bob, [one.pk], "false", expected=0)
    with pytest.raises(Refused, match=r"changed meanwhile by Bob at .*closed, false, owner Bob"):
        triage.close(ana, [one.pk], "true", expected=0)
    one.refresh_from_db()
    assert one.verdict == "false"


def test_new_hits_are_no_change_by_somebody(ana: User) -> None:
    one = alert()
    take([hit(one.rule, 1)])  # type: ignore[arg-type]
    triage.take(ana, [one.pk], expected=0)
    assert Alert.objects.get().events == 2 and Alert.objects.get().owner == ana


def test_many_at_once_tell_what_did_not_fit(ana: User) -> None:
    one = rule("one")
    held = take([hit(one, host=f"h{n}") for n in range(5)])
    triage.close(ana, [held[0].pk], "benign")
    outcome = triage.close(ana, [alert.pk for alert in held], "false", minutes=8)
    assert len(outcome.changed) == 4 and outcome.passed == {"closed": 1}
    assert outcome.text() == "4 alerts changed. Not changed: 1 closed."
    assert [one.minutes for one in Alert.objects.filter(verdict="false")] == [1.6] * 4
    with pytest.raises(Refused, match="does not fit"):
        triage.close(ana, [held[0].pk], "true")
    with pytest.raises(Refused, match="A worker does more than 500"):
        triage.take(ana, range(1, 502))


def test_a_verdict_is_one_of_four_and_a_duplicate_names_another(ana: User) -> None:
    one, two = take([hit(rule("one")), hit(rule("two"))])[:2]
    with pytest.raises(Refused, match="no verdict"):
        triage.close(ana, [one.pk], "maybe")
    for key, words in (("", "not said"), ("A-999999", "no alert"), (one.key, "of itself")):
        with pytest.raises(Refused, match=words):
            triage.close(ana, [one.pk], "duplicate", duplicate_of=key)
    triage.close(ana, [one.pk], "duplicate", duplicate_of=two.key)
    one.refresh_from_db()
    assert one.duplicate_of == two
    with pytest.raises(Refused, match=f"is a duplicate itself.*{two.title}"):
        triage.close(ana, [two.pk], "duplicate", duplicate_of=one.key)


def test_only_who_works_on_alerts_can_own_one(ana: User) -> None:
    with pytest.raises(Refused, match="works on no alerts"):
        triage.assign(ana, [alert().pk], person("auditor", Role.AUDITOR))


def test_escalation_is_heard_and_told_once(ana: User) -> None:
    heard: list[Any] = []
    one = alert()
    Webhook.objects.create(title="SOAR", address="https://192.0.2.1/in", events=["alert.escalated"], salt="s")

    def hear(alert: Any, reason: str, actor: Any) -> None:
        heard.append((alert.key, reason, actor))

    events.incident_wanted.subscribe(hear)
    try:
        triage.escalate(ana, one.pk, "Credentials were read.", expected=0)
        with pytest.raises(Refused, match="already"):
            triage.escalate(ana, one.pk, "Again.")
    finally:
        events.incident_wanted._handlers.remove(hear)
    one.refresh_from_db()
    assert heard == [(one.key, "Credentials were read.", ana)]
    assert one.escalated is not None and one.owner == ana and one.state == "open"
    assert "alert.escalated" in WebhookDelivery.objects.get().body


def test_what_was_closed_as_false_is_not_escalated(ana: User) -> None:
    one = alert()
    triage.close(ana, [one.pk], "false")
    with pytest.raises(Refused, match="Reopen it first"):
        triage.escalate(ana, one.pk, "Hm.")


def test_minutes_are_counted_and_corrected(ana: User) -> None:
    one = alert()
    triage.spend(ana, one.pk, 1.5)
    triage.note(ana, one.pk, "Looked at the host.", minutes=2)
    assert Alert.objects.get().minutes == 3.5
    triage.set_minutes(ana, one.pk, 10, expected=0)
    assert Alert.objects.get().minutes == 10
    for wrong in (-1, float("nan"), 1e9):
        with pytest.raises(Refused):
            triage.set_minutes(ana, one.pk, wrong)
    with pytest.raises(Refused):
        triage.spend(ana, one.pk, 10_000)


# --- risk


def risks() -> list[dict[str, Any]]:
    """All that is kept of the risk of entities."""
    return [*EntityRisk.objects.order_by("pk").values(), *EntityRule.objects.order_by("pk").values()]


def test_two_rules_on_one_entity_raise_an_alert_of_its_risk_once(ana: User) -> None:
    one, two = rule("one", "high", tactics=["execution"]), rule("two", "high", tactics=["impact"])
    assert [a.kind for a in take([hit(one)])] == ["rule"]
    opened = take([hit(two, 5)])
    kinds = {a.entity: a for a in opened if a.kind == "risk"}
    assert set(kinds) == {"srv-01", "ada"}
    risk = kinds["srv-01"]
    assert risk.level == "high" and risk.risk == pytest.approx((64 * 0.5 ** (5 / 2880) + 64) * 1.25, abs=0.01)
    assert [part["rule"] for part in risk.made_of] == [two.pk, one.pk]
    assert risk.techniques == ["T1059.001"] and risk.tactics == ["execution", "impact"] and risk.rule is None
    assert [a.kind for a in take([hit(rule("three", "high"), 6)])] == ["rule"], "the open alert goes on"
    assert len(Alert.objects.get(pk=risk.pk).made_of) == 3


def test_a_users_risk_hangs_on_the_weightiest_asset_where_it_gathered(ana: User) -> None:
    assets = estate(person("chief", Role.CISO))
    one, two = rule("one", "high"), rule("two", "high")
    take([hit(one, asset=assets["A-PAY"], host="pay-01"), hit(two, 1, asset=assets["A-WEB"])])
    risk = Alert.objects.get(kind="risk", entity="ada")
    assert risk.asset_id == assets["A-WEB"] and risk.goal_share == pytest.approx(0.18)
    assert risk.system is not None and risk.system.key == "S-SHOP"


def test_one_rule_alone_is_no_risk_alert_however_grave() -> None:
    assert [a.kind for a in take([hit(rule("one", "critical"))])] == ["rule"]


def test_a_closed_risk_alert_begins_anew(ana: User) -> None:
    one, two, three = (rule(name, "high") for name in ("one", "two", "three"))
    take([hit(one, user=None), hit(two, 1, user=None)])
    risk = Alert.objects.get(kind="risk")
    triage.close(ana, [risk.pk], "benign")
    assert EntityRisk.objects.get().value == 0
    assert [a.kind for a in take([hit(three, 2, user=None)])] == ["rule"]
    assert "risk" in [a.kind for a in take([hit(one, 3, user=None)])]


def test_what_is_judged_false_counts_no_longer(ana: User) -> None:
    one, two = rule("one", "high"), rule("two", "high")
    first = take([hit(one, user=None)])[0]
    triage.close(ana, [first.pk], "false")
    assert not EntityRule.objects.filter(set_aside=False).exists() and EntityRisk.objects.get().value == 0
    assert [a.kind for a in take([hit(two, 1, user=None)])] == ["rule"]


def test_a_false_alert_that_is_reopened_counts_again_with_what_came_since(ana: User) -> None:
    one = rule("one", "high")
    first = take([hit(one, user=None), hit(one, 1, user=None)])[0]
    before = risks()
    triage.close(ana, [first.pk], "false")
    triage.reopen(ana, [first.pk])
    assert risks() == before
    triage.close(ana, [first.pk], "false")
    second = take([hit(one, 9, user=None)])[0]
    assert second.pk != first.pk and EntityRule.objects.get(set_aside=False).hits == 1
    triage.reopen(ana, [first.pk])
    row = EntityRule.objects.get()
    assert (row.hits, row.last, row.alert_id) == (3, NOW + timedelta(minutes=9), second.pk)
    triage.close(ana, [first.pk], "true")
    assert EntityRule.objects.get().hits == 3 and EntityRisk.objects.get().value == 64


def test_two_that_were_set_aside_come_back_as_one(ana: User) -> None:
    one = rule("one", "high")
    held = []
    for n in range(2):
        made = take([hit(one, n, user=None)])[0]
        triage.close(ana, [made.pk], "false")
        held.append(made.pk)
    assert list(EntityRule.objects.values_list("set_aside", "hits")) == [(True, 1), (True, 1)]
    triage.reopen(ana, held)
    row = EntityRule.objects.get()
    assert (row.set_aside, row.hits, row.last) == (False, 2, NOW + timedelta(minutes=1))


def test_risk_fades_and_scores_with_it(ana: User) -> None:
    old = timezone.now() - NOW - timedelta(days=4)
    one = take([hit(rule("one", "high"), old.total_seconds() / 60)])[0]
    assert one.risk == 64
    assert refresh_scores() == 1
    one.refresh_from_db()
    assert one.risk == pytest.approx(16, rel=0.01)
    assert one.score_low == pytest.approx(64 * (1 + 16 / 116), rel=0.01)


# --- correlations


def test_what_a_correlation_asks_for_is_folded_under_it(ana: User) -> None:
    base, other = rule("failed", "low"), rule("other", "low")
    above = rule("many", "medium", members=("failed",))
    take([hit(base, n, event=f"e{n}") for n in range(3)] + [hit(other, 1, event="e1")])
    members = ("e0", "e1", "e2")
    take([hit(above, 2, event="e2", members=members, group={"User": "ada"})])
    inner, correlation = Alert.objects.get(rule=base), Alert.objects.get(rule=above)
    assert inner.state == "folded" and inner.folded_into == correlation
    assert Alert.objects.get(rule=other).state == "new", "the correlation does not ask for this rule"
    triage.close(ana, [correlation.pk], "true")
    inner.refresh_from_db()
    assert (inner.state, inner.verdict, inner.owner) == ("closed", "true", ana)


def test_correlations_of_correlations_fold_in_one_batch() -> None:
    base = rule("failed", "low")
    inner, outer = rule("many", "medium", members=("failed",)), rule("break-in", "high", members=("many",))
    take([
        hit(base, 0, event="e0"), hit(base, 1, event="e1"),
        hit(inner, 1, event="e1", members=("e0", "e1"), group={"User": "ada"}),
        hit(outer, 2, event="e2", members=("e0", "e1", "e2"), group={"User": "ada"}),
    ])  # fmt: skip
    top = Alert.objects.get(rule=outer)
    assert {a.rule.name for a in top.folded.all() if a.rule} == {"failed", "many"}


def test_not_folded_what_is_graver_taken_or_more_than_its_members(ana: User) -> None:
    grave, taken, more = rule("grave", "critical"), rule("taken", "low"), rule("more", "low")
    above = rule("many", "medium", members=("grave", "taken", "more"))
    take([hit(grave, event="e1"), hit(taken, event="e2"), hit(more, event="e3"), hit(more, event="e4")])
    triage.take(ana, [Alert.objects.get(rule=taken).pk])
    take([hit(above, event="e3", members=("e1", "e2", "e3"), group={"User": "ada"})])
    assert not Alert.objects.filter(state="folded").exists()


# --- silences


def test_a_silence_makes_alerts_silenced_and_counts(ana: User) -> None:
    one, two = rule("one"), rule("two")
    begin = timezone.now()
    minutes = (begin - NOW).total_seconds() / 60
    held = silences.add(
        ana, since=begin, until=begin + timedelta(hours=2), reason="Patching", rule=one.identifier,
        entity_kind="host", entity="SRV-01",
    )  # fmt: skip
    take([
        hit(one, minutes + 1), hit(one, minutes + 2), hit(two, minutes + 1), hit(one, minutes + 3, host="srv-02"),
        hit(one, minutes + 121), hit(one, minutes - 1),
    ])  # fmt: skip
    silent = Alert.objects.get(state="silenced")
    assert (silent.events, silent.silence) == (2, held)
    assert Alert.objects.filter(state="new", rule=one, host="srv-01").get().events == 2
    held.refresh_from_db()
    assert held.hits == 2
    assert EntityRule.objects.get(rule=one, entity__key="host:srv-01").hits == 2, "silenced hits are no risk"
    triage.take(ana, [silent.pk])
    assert Alert.objects.get(pk=silent.pk).state == "open"


def test_a_silence_is_bounded_and_says_why(ana: User) -> None:
    now = timezone.now()
    for told, words in (
        ({}, "silence everything"), ({"rule": "none"}, "no rule"), ({"system": "none"}, "no system"),
        ({"rule": "rule-one", "until": now + timedelta(days=15)}, "At most 14 days"),
        ({"rule": "rule-one", "until": now - timedelta(days=1)}, "ends before"),
        ({"rule": "rule-one", "reason": " "}, "blank"), ({"entity": "x", "entity_kind": "y"}, "no kind"),
    ):  # fmt: skip
        rule("one") if "rule" in told and not read.Rule.objects.exists() else None
        with pytest.raises(Refused, match=words):
            silences.add(ana, **{"since": now, "until": now + timedelta(days=1), "reason": "Work", **told})  # type: ignore[arg-type]


def test_alerts_are_silenced_with_their_rule_and_entity(ana: User) -> None:
    held = take([hit(rule("one")), hit(rule("one2"), host="srv-02")])
    outcome = silences.silence_alerts(ana, [a.pk for a in held], timezone.now() + timedelta(hours=4), "Known work")
    assert {a.state for a in outcome.changed} == {"silenced"} and len({a.silence_id for a in outcome.changed}) == 2


def test_the_next_one_is_on_the_same_host_then_ones_own_then_the_highest(ana: User) -> None:
    here, mine, top, there = take([
        hit(rule(name, level), n, host=host, user=None)
        for n, (name, level, host) in enumerate([
            ("here", "low", "a"), ("mine", "low", "b"), ("top", "critical", "c"), ("there", "low", "a"),
        ])
    ])  # fmt: skip
    triage.take(ana, [mine.pk])
    for expected, why in ((there, "the same host"), (mine, "yours"), (top, "the highest that nobody has")):
        found, words = read.suggested(ana, here)
        assert (found, words) == (expected.pk, why)
        triage.close(ana, [expected.pk], "benign")
    assert read.suggested(ana, here) == (None, "")


def test_before_and_after_go_by_score_then_by_number(ana: User) -> None:
    """Against the list as it stands: each alert lies between the one before and the one after it."""
    about = rule("one")
    held = take([hit(about, host=f"h{n}", user=None) for n in range(9)])
    for number, one in enumerate(held):
        Alert.objects.filter(pk=one.pk).update(score=number // 3)
    listed = list(Alert.objects.order_by("-score", "-pk"))
    keys = [None, *(one.pk for one in listed), None]
    for place, one in enumerate(listed):
        assert read.neighbours(Alert.objects.all(), one) == (keys[place], keys[place + 2])
