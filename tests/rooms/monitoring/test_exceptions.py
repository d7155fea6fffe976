"""Exceptions: they mean what rules mean, are seen before they are saved, and end."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from accord_alerts import hit, person, rule
from accord_spooled import audit, folder, rules, send, source
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.monitoring import pumping
from accord.monitoring.models import Alert, ExceptionDay, ExceptionReplay, Rule, RuleException, SeenHit, Source
from accord.monitoring.services import exceptions, triage
from accord.monitoring.services.alerts import take
from accord.monitoring.services.exception_gate import Matcher, digest_of

__all__ = ["folder", "rules", "send", "source"]
TEXT = st.text(st.sampled_from("abAB*?\\|%_ é\"'\n:{}7"), min_size=1, max_size=6)
OPERATOR = st.sampled_from(("equals", "contains", "startswith", "endswith"))


@given(TEXT.filter(str.strip), OPERATOR, st.one_of(TEXT, st.integers(-9, 99), st.none(), st.booleans()))
def test_conditions_take_their_values_literally(value: str, operator: str, told: Any) -> None:
    """Against Python's own methods: a star is a star, a backslash a backslash, case does not count."""
    text = "" if told is None else str(told).lower()
    wanted = value.lower()
    expected = told is not None and {
        "equals": text == wanted, "contains": wanted in text, "startswith": text.startswith(wanted),
        "endswith": text.endswith(wanted),
    }[operator]  # fmt: skip
    matcher = Matcher([[{"field": "F", "operator": operator, "value": value}]])
    assert not matcher.problems
    assert bool(matcher.matching({"f": told, "G": value})) == expected


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_networks(base: Any, length: int, address: Any) -> None:
    network = ipaddress.ip_network(f"{base}/{length}", strict=False)
    matcher = Matcher([[{"field": "ip", "operator": "cidr", "value": str(network)}]])
    assert bool(matcher.matching({"ip": str(address)})) == (address in network)


def test_all_conditions_must_hold_and_sets_are_told_apart() -> None:
    one = [{"field": "A", "operator": "equals", "value": "1"}, {"field": "B", "operator": "contains", "value": "x"}]
    two = [{"field": "A", "operator": "equals", "value": "1"}]
    matcher = Matcher([one, two])
    assert matcher.matching({"A": 1, "B": "axb"}) == [0, 1]
    assert matcher.matching({"A": "1"}) == [1] and matcher.matching({"B": "x"}) == []
    assert digest_of(one, False, [1, 2]) == digest_of(one[::-1], False, [2, 1]) != digest_of(two, False, [1, 2])
    assert digest_of(one, True, [1]) == digest_of(one, True, [])


@pytest.fixture
def ana(db: None) -> User:
    return person("ana")


def condition(field: str = "Image", operator: str = "endswith", value: str = "\\one.exe") -> dict[str, str]:
    return {"field": field, "operator": operator, "value": value}


def replayed(actor: User, conditions: list[dict[str, str]], rules: list[int], **told: Any) -> ExceptionReplay:
    made = exceptions.replay(actor, conditions, rules=rules, **told)
    jobs._execute(made.job_id)
    job = Job.objects.get(pk=made.job_id)
    assert job.state == Job.State.DONE, job.error
    made.refresh_from_db()
    return made


def saved(actor: User, shown: ExceptionReplay, **told: Any) -> RuleException:
    held: dict[str, Any] = {
        "title": "Backup", "owner": actor, "reason": "The backup does this.",
        "expires": timezone.now() + timedelta(days=30), **told,
    }  # fmt: skip
    return exceptions.put_in_force(actor, shown, held.pop("proof", shown.proof), **held)


def now_minutes() -> float:
    from accord_alerts import NOW

    return (timezone.now() - NOW).total_seconds() / 60


def test_hits_that_fit_are_dropped_and_counted_by_rule_and_day(ana: User) -> None:
    one, two = rule("one"), rule("two")
    held = saved(ana, replayed(ana, [condition(), condition("accord.host", "equals", "SRV-01")], [one.pk]))
    assert take([hit(one), hit(one, 1), hit(one, 2)]) == []
    data = {"Image": "C:\\one.exe"}
    assert {a.entity for a in take([hit(one, 3, host="srv-02"), hit(two, data=data)])} == {"srv-02", "srv-01"}
    held.refresh_from_db()
    assert held.dropped == 3 and held.last is not None
    day = ExceptionDay.objects.get()
    assert (day.hits, day.rule, day.day) == (3, one, timezone.now().date())
    take([hit(one, 4)])
    day.refresh_from_db()
    assert day.hits == 4 and SeenHit.objects.count() == 6
    repeated = hit(one, 5, event="again")
    take([repeated]), take([repeated])
    day.refresh_from_db()
    assert day.hits == 5, "what was dropped is not dropped twice"


def test_an_exception_to_all_rules_and_to_groups(ana: User) -> None:
    one, above = rule("one"), rule("many", members=("one",))
    saved(ana, replayed(ana, [condition("User", "equals", "svc")], [], everywhere=True))
    assert take([hit(one, data={"User": "SVC"}), hit(above, data={}, group={"User": "svc"})]) == []


def test_replay_shows_true_ones_first_and_counts_by_verdict(ana: User) -> None:
    one, other, begin = rule("one"), rule("other"), now_minutes()
    take([hit(other, begin, user=None)])
    held = take([hit(one, begin + n, host=f"h{n}", user=None) for n in range(5)])
    fits, not_ = hit(one, begin, host="m", user=None), hit(one, begin, host="m", user=None, data={"Image": "x"})
    mixed = take([fits, not_])[0]
    verdicts = dict(zip([a.pk for a in held], ["false", "true", "benign", "duplicate"], strict=False))
    for pk, verdict in verdicts.items():
        triage.close(ana, [pk], verdict, duplicate_of=mixed.key if verdict == "duplicate" else "", minutes=6)
    shown = replayed(ana, [condition()], [one.pk])
    result = shown.result
    assert [a["verdict"] for a in result["alerts"]] == [
        "true", "untriaged", "untriaged", "benign", "false", "duplicate",
    ]  # fmt: skip
    assert result["by_verdict"]["true"] == {"vanish": 1, "lose": 0}
    assert result["by_verdict"]["untriaged"] == {"vanish": 1, "lose": 1}
    assert [a["key"] for a in result["alerts"] if not a["whole"]] == [mixed.key]
    assert result["minutes"] == 24 and result["number"] == 6
    assert result["stored"] == {"events": 0, "hits": 0, "rules": [], "capped": False}


def test_saving_needs_the_replay_of_these_conditions_looked_at_and_fresh(ana: User) -> None:
    one = rule("one")
    shown = exceptions.replay(ana, [condition()], rules=[one.pk])
    with pytest.raises(Refused, match="not done"):
        saved(ana, shown)
    shown = replayed(ana, [condition()], [one.pk])
    other = replayed(ana, [condition(value="\\two.exe")], [one.pk])
    for proof in ("", other.proof, "x"):
        with pytest.raises(Refused, match="not looked at"):
            saved(ana, shown, proof=proof)
    ExceptionReplay.objects.filter(pk=shown.pk).update(done=timezone.now() - timedelta(hours=25))
    shown.refresh_from_db()
    with pytest.raises(Refused, match="older than a day"):
        saved(ana, shown)
    assert not RuleException.objects.exists()


def test_over_true_positives_only_with_a_reason(ana: User) -> None:
    one = rule("one")
    (found,) = take([hit(one, now_minutes())])
    triage.close(ana, [found.pk], "true")
    shown = replayed(ana, [condition()], [one.pk])
    for despite in ("", "ok       "):
        with pytest.raises(Refused, match="1 alerts that were judged true"):
            saved(ana, shown, despite=despite)
    made = saved(ana, shown, despite="The tool was removed last week.")
    assert made.despite and made.told["by_verdict"]["true"]["vanish"] == 1


def test_expiry_is_bounded_and_it_stops_by_itself(ana: User) -> None:
    one = rule("one")
    shown = replayed(ana, [condition()], [one.pk])
    for days, words in ((-1, "past"), (settings.ACCORD_EXCEPTION_DAYS + 2, "too far")):
        with pytest.raises(Refused, match=words):
            saved(ana, shown, expires=timezone.now() + timedelta(days=days))
    made = saved(ana, shown)
    assert take([hit(one)]) == []
    RuleException.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert len(take([hit(one, 1)])) == 1, "before any round has noted it"
    exceptions.expire()
    made.refresh_from_db()
    assert made.ended is not None and made.state == "expired"
    assert LedgerEntry.objects.filter(noun="rule_exception", verb="expire").count() == 1


def test_ended_by_hand(ana: User) -> None:
    one = rule("one")
    made = saved(ana, replayed(ana, [condition()], [one.pk]))
    exceptions.end(ana, made)
    assert len(take([hit(one)])) == 1
    with pytest.raises(Refused, match="over already"):
        exceptions.end(ana, made)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([], "at least one"), ([condition("")], "names no field"), ([condition("a|re")], "names no field"),
        ([condition(operator="re")], "no operator"), ([condition(value=" ")], "no value"),
        ([condition(operator="cidr", value="10.0.0.1/8")], "no network"), ([condition()] * 21, "at most 20"),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_run_are_refused(ana: User, conditions: list[dict[str, str]], words: str) -> None:
    with pytest.raises(Refused, match=words):
        exceptions.replay(ana, conditions, rules=[rule("one").pk])


def test_a_replay_names_rules_or_all(ana: User) -> None:
    with pytest.raises(Refused, match="None is chosen"):
        exceptions.replay(ana, [condition()])
    with pytest.raises(Refused, match="gone"):
        exceptions.replay(ana, [condition()], rules=[99999])


def test_an_alert_that_keeps_too_little_is_told_as_undecided(ana: User) -> None:
    one = rule("one")
    take([hit(one, now_minutes(), data={"A": "x" * 50_000, "Image": "C:\\one.exe"})])
    shown = replayed(ana, [condition("B", "equals", "y")], [one.pk])
    assert shown.result["undecided"] == 1 and shown.result["number"] == 0
    assert Alert.objects.count() == 1


def test_what_an_exception_takes_feeds_no_correlation(
    source: Source, send: Callable[..., None], rules: list[Rule], ana: User
) -> None:
    """Three shells make a correlation rule fire; with one of them excepted they do not, and it is counted."""
    now = timezone.now()
    saved(ana, replayed(ana, [condition("a1", "equals", "n1")], [rules[0].pk]))
    send(*[audit(number, now - timedelta(seconds=60 - number)) for number in range(3)])
    pumping.drain()
    assert [a.rule for a in Alert.objects.filter(kind__in=("rule", "correlation"))] == [rules[0]]
    assert Alert.objects.get(rule=rules[0]).events == 2
    assert ExceptionDay.objects.get().hits == 1


def test_a_replay_looks_at_stored_events_too(
    source: Source, send: Callable[..., None], rules: list[Rule], ana: User
) -> None:
    now = timezone.now()
    send(*[audit(number, now - timedelta(seconds=600 - number), node=f"srv-{number % 2}") for number in range(120)])
    pumping.drain()
    assert Alert.objects.filter(rule=rules[0]).count() == 2
    shown = replayed(ana, [condition("a0", "equals", "SH")], [rules[0].pk])
    assert shown.result["stored"]["events"] == 120 == shown.result["stored"]["hits"]
    assert shown.result["stored"]["rules"] == [{"rule": rules[0].pk, "title": rules[0].title, "hits": 120}]
    for field, value, number in (("accord.host", "srv-1", 60), ("a1", "n7", 1), ("a1", "none", 0)):
        shown = replayed(ana, [condition(field, "equals", value)], [rules[0].pk])
        assert shown.result["stored"]["events"] == number, field
    shown = replayed(ana, [condition("node", "equals", "srv-1"), condition("accord.host", "contains", "1")], [],
                     everywhere=True)  # fmt: skip
    assert shown.result["stored"]["events"] == 60
    assert shown.result["by_verdict"]["untriaged"]["vanish"] >= 1
