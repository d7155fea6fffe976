"""A replay tells what an exception would have done to correlation rules: their base rules' hits are counted anew."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from accord_alerts import person
from accord_spooled import audit, folder, rules, send, source
from django.test import Client
from django.utils import timezone

from accord.core import jobs
from accord.core.models import Job, User
from accord.monitoring import pumping
from accord.monitoring.models import Alert, AlertEvent, EventFile, EventSpan, ExceptionReplay, Rule, Source
from accord.monitoring.services import exceptions, replayed_correlations, triage
from accord.monitoring.views.exceptions import span_text

__all__ = ["folder", "rules", "send", "source"]
Sent = Callable[..., None]


@pytest.fixture
def ana(db: None) -> User:
    return person("ana")


def replayed(actor: User, field: str, value: str, *about: Rule, everywhere: bool = False) -> dict[str, Any]:
    conditions = [{"field": field, "operator": "equals", "value": value}]
    shown = exceptions.replay(actor, conditions, rules=[one.pk for one in about], everywhere=everywhere)
    jobs.run_in_worker.func(str(shown.job_id))
    assert Job.objects.get(pk=shown.job_id).state == "done", Job.objects.get(pk=shown.job_id).error
    result: dict[str, Any] = ExceptionReplay.objects.get(pk=shown.pk).result
    return result


def shells(send: Sent, number: int, at: datetime, node: str = "srv-01") -> None:
    """So many shells, a second apart; their second argument is n0, n1 …"""
    send(*[audit(n, at + timedelta(seconds=n), node=node) for n in range(number)])
    pumping.drain()


def line_of(result: dict[str, Any]) -> dict[str, int]:
    (line,) = result["correlations"]["rules"]
    return {name: line[name] for name in ("before", "after", "gone", "later")}


def test_what_would_not_have_come_together_vanishes_true_ones_first(
    source: Source, send: Sent, rules: list[Rule], ana: User
) -> None:
    shells(send, 3, timezone.now() - timedelta(minutes=5))
    alert = Alert.objects.get(rule=rules[1])
    triage.close(ana, [alert.pk], "true")
    result = replayed(ana, "a1", "n1", rules[0])
    assert line_of(result) == {"before": 1, "after": 0, "gone": 1, "later": 0}
    assert result["correlations"]["events"] == 3 and result["correlations"]["reached"] is None
    assert result["by_verdict"]["true"] == {"vanish": 1, "lose": 0}
    assert result["alerts"][0]["key"] == alert.key and result["alerts"][0]["whole"] is True
    assert result["by_verdict"]["untriaged"] == {"vanish": 0, "lose": 1}, "the base rule's alert keeps two hits"


def test_what_comes_together_a_little_later_does_not_vanish(
    source: Source, send: Sent, rules: list[Rule], ana: User
) -> None:
    shells(send, 4, timezone.now() - timedelta(minutes=5))
    result = replayed(ana, "a1", "n1", rules[0])
    assert line_of(result) == {"before": 1, "after": 1, "gone": 0, "later": 1}
    assert Alert.objects.get(rule=rules[1]).key not in [one["key"] for one in result["alerts"]]


def test_an_exception_to_the_correlation_rule_itself_leaves_its_base_rule(
    source: Source, send: Sent, rules: list[Rule], ana: User
) -> None:
    shells(send, 3, timezone.now() - timedelta(minutes=5))
    result = replayed(ana, "accord.host", "srv-01", rules[1])
    assert line_of(result) == {"before": 1, "after": 0, "gone": 1, "later": 0}
    assert [one["key"] for one in result["alerts"]] == [Alert.objects.get(rule=rules[1]).key]
    assert result["stored"]["hits"] == 0
    assert replayed(ana, "accord.host", "srv-02", rules[1])["number"] == 0


def test_what_another_exception_takes_already_is_not_counted(
    source: Source, send: Sent, rules: list[Rule], ana: User
) -> None:
    shells(send, 3, timezone.now() - timedelta(minutes=5))
    shown = exceptions.replay(ana, [{"field": "a1", "operator": "equals", "value": "n0"}], rules=[rules[0].pk])
    jobs.run_in_worker.func(str(shown.job_id))
    shown.refresh_from_db()
    exceptions.put_in_force(ana, shown, shown.proof, title="x", owner=ana, reason="Known", despite="",
                            expires=timezone.now() + timedelta(days=5))  # fmt: skip
    assert line_of(replayed(ana, "a1", "n1", rules[0])) == {"before": 0, "after": 0, "gone": 0, "later": 0}


def test_it_counts_like_a_simple_count_of_its_own(source: Source, send: Sent, rules: list[Rule], ana: User) -> None:
    """200 events of three machines at random times over two days: three within ten minutes fire, and begin anew."""
    chance, now = random.Random(7), timezone.now()
    events = sorted(
        (now - timedelta(seconds=chance.randrange(60, 172_800)), chance.choice(("a", "b", "c")), number)
        for number in range(200)
    )
    events += [(now - timedelta(hours=3, seconds=-n), "a", 500 + n) for n in range(5)]
    sent = list(events)
    chance.shuffle(sent)
    send(*[audit(number, at, node=node) for at, node, number in sent])
    pumping.drain()

    def fires(left: Callable[[int], bool]) -> int:
        held: dict[str, list[float]] = defaultdict(list)
        found = 0
        for at, node, number in sorted(events):
            if not left(number):
                continue
            moment = round(at.timestamp(), 3)
            held[node] = [one for one in held[node] if one >= moment - 600] + [moment]
            if len(held[node]) >= 3:
                found, held[node] = found + 1, []
        return found

    for value in ("n502", "n7"):
        result = replayed(ana, "a1", value, rules[0])
        line = line_of(result)
        assert line["before"] == fires(lambda number: True)
        assert line["after"] == fires(lambda number, value=value: f"n{number}" != value)  # type: ignore[misc]
        assert line["gone"] >= line["before"] - line["after"]


def test_only_rules_in_reach_are_counted(source: Source, send: Sent, rules: list[Rule], ana: User) -> None:
    other = Rule.objects.create(identifier="other", title="Other", level="low", collection="own")
    shells(send, 3, timezone.now() - timedelta(minutes=5))
    result = replayed(ana, "a1", "n1", other)
    assert result["correlations"]["rules"] == [] and result["number"] == 0
    assert line_of(replayed(ana, "a1", "n1", everywhere=True))["gone"] == 1


def test_where_too_many_events_are_it_is_told_up_to_when(
    source: Source, send: Sent, rules: list[Rule], ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = timezone.now() - timedelta(minutes=5)
    shells(send, 6, begin)
    monkeypatch.setattr(replayed_correlations, "MOST_HITS", 3)
    told = replayed(ana, "a1", "n1", rules[0])["correlations"]
    assert told["events"] == 3
    assert datetime.fromisoformat(told["reached"]) == pytest.approx(begin + timedelta(seconds=3), abs=timedelta(1e-7))


def test_a_history_that_is_too_short_is_told(source: Source, send: Sent, rules: list[Rule], ana: User) -> None:
    Source.objects.update(retention_days=7)
    shells(send, 3, timezone.now() - timedelta(minutes=5))
    back = replayed(ana, "a1", "n1", rules[0])["history"]
    assert back["short"] is True and back["sources"] == [{"name": "Servers", "days": 7}]
    at = Client()
    at.force_login(ana)
    page = at.get(ExceptionReplay.objects.latest("pk").get_absolute_url()).content.decode()
    assert "Stored events reach back to" in page and "Servers (7 days)" in page
    assert "Correlation rules" in page and "longer than the history" in page and "10 min" in page
    EventSpan.objects.all().delete()
    EventFile.objects.all().delete()
    result = replayed(ana, "a1", "n1", rules[0])
    assert result["history"] == {"from": None, "short": True, "sources": []}
    assert result["undecided"] == 1, "of the correlation's alert nothing can be told any more"
    page = at.get(ExceptionReplay.objects.latest("pk").get_absolute_url()).content.decode()
    assert "No event of these days is stored" in page and "rest on events that are stored no longer" in page


def test_a_long_history_is_not_called_short(source: Source, send: Sent, rules: list[Rule], ana: User) -> None:
    shells(send, 3, timezone.now() - timedelta(days=40))
    send(audit(99, timezone.now() - timedelta(days=31)), audit(98, timezone.now()))
    pumping.drain()
    EventFile.objects.update(first=timezone.now() - timedelta(days=40))
    back = replayed(ana, "a1", "n1", rules[0])["history"]
    assert back["short"] is False and back["sources"] == []
    assert AlertEvent.objects.filter(alert__rule=rules[1]).count() == 1


def test_windows_are_written_in_their_largest_whole_unit() -> None:
    assert [span_text(one) for one in (30, 600, 5400, 3600, 172_800)] == ["30 s", "10 min", "90 min", "1 h", "2 d"]
