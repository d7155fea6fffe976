"""What rules gave and cost: from alerts and hits, with what is unknown left unknown."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from accord_rule_texts import collection, rule_id, sigma
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.monitoring.models import Alert, Rule, RuleDay, RuleProgram, RuleScore
from accord.monitoring.services import rules, scorecards
from accord.monitoring.services.rules.importing import Wish
from accord.monitoring.services.scorecards import Counted, advise, wilson

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("successes", "cases", "low", "high"),
    # closed form at the ends: 1 − z²/(n + z²); inside: computed to four places by hand from Wilson (1927), formula (4)
    [
        (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1, 0.2065, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)  # fmt: skip
def test_wilson_gives_the_published_interval(successes: int, cases: int, low: float, high: float) -> None:
    found: Any = wilson(successes, cases)
    assert found == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10_000).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))))
def test_the_ends_of_wilson_are_where_the_score_test_just_does_not_reject(pair: tuple[int, int]) -> None:
    successes, cases = pair
    found = wilson(successes, cases)
    assert found is not None
    for end in found:
        if 1e-9 < end < 1 - 1e-9:
            score = (successes / cases - end) / math.sqrt(end * (1 - end) / cases)
            assert abs(score) == pytest.approx(scorecards.Z, rel=1e-6)
    assert found[0] <= successes / cases <= found[1]


def test_nothing_is_known_without_cases() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    ("counted", "state", "course", "words"),
    [
        (Counted(30), "ok", "keep", "did not fire"),
        (Counted(30), "unsupported", "retire", "not run"),
        (Counted(30, alerts=4), "ok", "keep", "None of its alerts was judged"),
        (Counted(30, alerts=4, false=1), "ok", "keep", "Only 1 of its alerts was judged"),
        (Counted(30, alerts=9, true=5, false=4), "ok", "keep", "5 of 9 judged alerts were true"),
        (Counted(30, alerts=9, benign=9), "ok", "keep", "9 of 9"),
        (Counted(30, alerts=9, false=9), "ok", "tune", "most are false"),
        (Counted(30, alerts=40, false=40), "ok", "retire", "hardly one is"),
        (Counted(30, alerts=900, true=9), "ok", "tune", "30 alerts a day"),
        (Counted(30, alerts=900), "ok", "tune", "30 alerts a day"),
        (Counted(30, alerts=4, false=4), "ok", "keep", "5 are needed"),
    ],
)
def test_advice_follows_from_the_figures_and_says_why(counted: Counted, state: str, course: str, words: str) -> None:
    found = advise(counted, state)
    assert found.course == course
    assert words in found.reason


def alert(rule: Rule, number: int, verdict: str = "", days: float = 1, minutes: float = 0) -> Alert:
    moment = NOW - timedelta(days=days)
    return Alert.objects.create(
        key=f"A-{rule.pk}-{number}", rule=rule, version=rule.version, level="high", title="x", entity_kind="host",
        entity="h", group="g", first=moment, last=moment, opened=moment, verdict=verdict, minutes=minutes, events=3,
        state="closed" if verdict else "new",
    )  # fmt: skip


@pytest.fixture
def two(keeper: User) -> list[Rule]:
    rules.apply(keeper, collection(sigma(1), sigma(2)), Wish("Ours", "folder", "x"))
    return [Rule.objects.select_related("version").get(identifier=rule_id(number)) for number in (1, 2)]


@pytest.mark.django_db
def test_scorecards_count_within_their_window(two: list[Rule], settings: Any, django_assert_num_queries: Any) -> None:
    one, other = two
    for number, verdict in enumerate(["true", "benign", "false", "duplicate", ""]):
        alert(one, number, verdict, minutes=6)
    alert(one, 9, "false", days=31, minutes=12)
    alert(one, 10, "true", days=91)
    RuleDay.objects.create(rule=one, day=NOW.date(), hits=7)
    RuleDay.objects.create(rule=one, day=NOW.date() - timedelta(days=45), hits=2)
    RuleDay.objects.create(rule=other, day=NOW.date(), hits=1)
    settings.ACCORD_ANALYST_HOUR = None
    scorecards.refresh(NOW)
    month, quarter = RuleScore.objects.filter(rule=one).order_by("window")
    assert (month.hits, month.alerts, month.true, month.benign, month.false, month.duplicate) == (7, 5, 1, 1, 1, 1)
    assert month.precision == pytest.approx(2 / 3)
    assert (month.minutes, month.cost) == (30.0, None)
    assert (quarter.hits, quarter.alerts, quarter.false, quarter.minutes) == (9, 6, 2, 42.0)
    empty = RuleScore.objects.get(rule=other, window=30)
    assert (empty.hits, empty.alerts, empty.precision, empty.precision_low) == (1, 0, None, None)
    settings.ACCORD_ANALYST_HOUR = Decimal("90")
    scorecards.refresh(NOW)
    month.refresh_from_db()
    assert month.cost == Decimal("45.00")
    with django_assert_num_queries(14):
        scorecards.refresh(NOW)  # as many questions whatever there is


@pytest.mark.django_db
def test_a_person_decides_with_a_reason_and_the_ledger_keeps_it(keeper: User, two: list[Rule]) -> None:
    with pytest.raises(Refused, match="needs its reason"):
        scorecards.decide(keeper, two, "keep", " ")
    with pytest.raises(Refused, match="is none"):
        scorecards.decide(keeper, two, "drop", "x")
    changes = RuleProgram.objects.get().changes
    scorecards.decide(keeper, two[:1], "keep", "works")
    assert RuleProgram.objects.get().changes == changes
    scorecards.decide(keeper, two[1:], "retire", "never true")
    one, other = Rule.objects.order_by("pk")
    assert (one.course, one.enabled, one.course_by, one.course_note) == ("keep", True, keeper, "works")
    assert (other.course, other.enabled, other.pinned) == ("retire", False, True)
    assert RuleProgram.objects.get().changes == changes + 1
    entry = LedgerEntry.objects.filter(noun="rule", key=str(other.pk)).order_by("-number")[0]
    assert '"why":"never true"' in entry.after
