"""Times, rules and correlation in the pump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from accord_spooled import MANY, audit, everything, folder, rules, send, source, taken

from accord.monitoring import pumping
from accord.monitoring.hits import Hit
from accord.monitoring.models import Rule, RuleDay, RuleVersion, Source
from accord.monitoring.pumping import pump as steps
from accord.monitoring.pumping.pump import Pump
from accord.monitoring.selectors.rules import dropped

__all__ = ["folder", "rules", "send", "source", "taken"]


def test_a_line_without_a_year_is_of_the_year_in_which_it_came(source: Source, send: Callable[..., None]) -> None:
    Source.objects.update(zone="Europe/Vienna")
    send("Dec 31 23:30:00 srv sshd[1]: late", received=datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC), connection="a")
    send("Jul  1 10:00:00 srv sshd[1]: summer", received=datetime(2026, 7, 1, 8, 0, 5, tzinfo=UTC), connection="a")
    pumping.step()
    assert sorted((one.time, one.time_is_told) for one in everything()) == [
        (datetime(2025, 12, 31, 22, 30, tzinfo=UTC), True), (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), True),
    ]  # fmt: skip


def test_a_time_that_is_not_told_is_that_of_receipt(send: Callable[..., None]) -> None:
    came = datetime(2026, 7, 1, 8, 0, 5, tzinfo=UTC)
    send("Jul  1 10:00:00 srv sshd[1]: no zone", received=came)
    pumping.step()
    assert [(one.time, one.time_is_told) for one in everything()] == [(came, False)]


def test_old_logs_are_correlated_by_their_own_times_whatever_is_live(
    send: Callable[..., None], rules: list[Rule], taken: list[Hit]
) -> None:
    """Handed in out of order and beside live events; neither is too late for the other."""
    now, then = datetime.now(UTC), datetime.now(UTC) - timedelta(days=9)
    send(audit(1, now, node="live"))
    pumping.step()
    send(*(audit(number, then + timedelta(minutes=4 * number), node="old") for number in (2, 0, 1)), name="old.log")
    send(audit(2, now, node="live"), audit(3, now, node="live"))
    pumping.step()
    fired = {hit.group["node"]: hit for hit in taken if hit.rule == rules[1].pk}
    assert set(fired) == {"old"}
    assert fired["old"].time == pytest.approx(then + timedelta(minutes=8), abs=timedelta(seconds=1))
    with steps.only_one():
        pump = Pump()
        pump.fill()
        pump.commit(True, False, now + timedelta(minutes=1))
    assert {hit.group["node"] for hit in taken if hit.rule == rules[1].pk} == {"old", "live"}


def test_what_is_counted_for_a_correlation_rule_outlives_another_set_of_rules(
    send: Callable[..., None], rules: list[Rule], taken: list[Hit]
) -> None:
    now = datetime.now(UTC)
    send(audit(1, now), audit(2, now))
    pumping.step()
    other = MANY.replace("22222222", "33333333").replace("gte: 3", "gte: 99").replace("Many", "A")
    rule = Rule.objects.create(identifier="3", title="A", level="low", collection="own", is_correlation=True)
    rule.version = RuleVersion.objects.create(rule=rule, number=1, text=other, digest="3")
    rule.save()
    send(audit(3, now))
    with steps.only_one():
        pump = Pump()
        pump.fill()
        pump.commit(True, False, now + timedelta(minutes=1))
    assert [hit.rule for hit in taken if hit.group] == [rules[1].pk]


def test_states_of_rules_are_told(send: Callable[..., None], rules: list[Rule]) -> None:
    send(audit(1, datetime.now(UTC), "ls"))
    pumping.drain()
    assert [rule.state for rule in Rule.objects.order_by("pk")] == ["ok", "ok"]


def test_what_filters_drop_is_counted_of_the_rule_and_of_the_filter(
    send: Callable[..., None], rules: list[Rule], taken: list[Hit]
) -> None:
    text = (
        "title: Known\nlogsource: {product: linux, service: auditd}\nfilter:\n  rules: any\n"
        "  known: {a1: n1}\n  condition: not known\n"
    )
    known = Rule.objects.create(identifier="known", title="Known", collection="own", is_filter=True)
    known.version = RuleVersion.objects.create(rule=known, number=1, text=text, digest="known")
    known.save()
    now = datetime.now(UTC)
    send(audit(1, now), audit(2, now))
    pumping.drain()
    send(audit(1, now + timedelta(seconds=1)))
    pumping.drain()
    assert [hit.rule for hit in taken if not hit.group] == [rules[0].pk]
    told = dict(RuleDay.objects.values_list("rule", "dropped"))
    assert (told[rules[0].pk], told[known.pk]) == (2, 2)
    assert dropped(known, 30) == 2 and dropped(rules[1], 30) == 0


def test_questions_to_the_database_do_not_grow_with_events(
    send: Callable[..., None], rules: list[Rule], taken: list[Hit], django_assert_max_num_queries: Any
) -> None:
    now = datetime.now(UTC)
    send(*(audit(number, now) for number in range(10)))
    pumping.step()
    for number in (10, 2000):
        send(*(audit(n, now) for n in range(number)))
        with django_assert_max_num_queries(40):
            assert pumping.step().events == number
