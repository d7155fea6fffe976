"""Score and gathered risk: by hand, and what must hold whatever is put in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.alerting import CRITICAL, HALF, THRESHOLD, WEIGHTS, WINDOW, Fired, risk, score

SHARE = st.one_of(st.none(), st.floats(0, 1))
MONEY = st.one_of(st.none(), st.floats(0, 1e9))
LEVEL = st.sampled_from([*WEIGHTS, "none"])
TIME = st.floats(0, 2 * WINDOW)
FIRED = st.builds(Fired, LEVEL, TIME, st.lists(st.sampled_from("abc"), max_size=2).map(tuple))


def test_by_hand() -> None:
    assert score("high", 100.0, 0.25, 50.0, 200.0) == (150.0, 150.0)  # 64 × 1.5 × 1.25 × 1.25
    assert score("high", 0.0, None, None, None) == (64.0, 256.0)
    assert score("none", 0.0, 0.0, 0.0, 1.0) == (4.0, 64.0)
    assert score("low", None, 0.0, 500.0, 100.0) == (8.0, 16.0)


def test_two_factors_at_their_most_reach_the_next_level_and_not_beyond() -> None:
    levels = list(WEIGHTS)
    for below, above in pairwise(levels):
        assert score(below, 0.0, 1.0, 1.0, 1.0)[1] == score(above, 0.0, 0.0, 0.0, 1.0)[0]


@given(LEVEL, MONEY, SHARE, MONEY, MONEY)
def test_what_is_not_known_is_between_nothing_and_all(
    level: str, gathered: float | None, goals: float | None, loss: float | None, largest: float | None
) -> None:
    low, high = score(level, gathered, goals, loss, largest)
    assert low <= high
    filled = score(level, gathered or 0.0, goals or 0.0, loss or 0.0, largest or 1.0)
    assert low <= filled[1] + 0.01 and filled[0] <= high + 0.01
    if level in WEIGHTS and None not in (gathered, goals, loss, largest) and largest:
        assert low == high


@pytest.mark.parametrize("wrong", [(-1.0, 0.0, 0.0), (0.0, float("nan"), 0.0), (0.0, 0.0, -5.0)])
def test_nothing_is_negative(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        score("low", wrong[0], wrong[1], wrong[2], 1.0)


def test_risk_by_hand() -> None:
    now = 10 * WINDOW
    found = risk([Fired("high", now, ("a",)), Fired("medium", now - HALF, ("b",)), Fired("low", now - WINDOW - 1)], now)
    assert found.value == pytest.approx((64 + 8) * 1.25)
    assert (found.rules, found.tactics) == (2, 2) and found.parts == pytest.approx((80, 10, 0))
    assert not found.alerts
    assert risk([Fired("high", now)] * 2, now).alerts and risk([Fired("high", now)] * 2, now).level == "high"
    assert not risk([Fired("critical", now)], now).alerts, "one rule alone"
    assert risk([Fired("critical", now)] * 2, now).level == "critical"
    assert risk([], now).value == 0 and CRITICAL == 4 * THRESHOLD


@given(st.lists(FIRED, max_size=6), FIRED, TIME)
def test_more_rules_never_lower_risk_and_time_never_raises_it(fired: list[Fired], one: Fired, now: float) -> None:
    before = risk(fired, now)
    assert risk([*fired, one], now).value >= before.value * (1 - 1e-12)
    later = risk(fired, now + HALF)
    assert later.value <= before.value * (1 + 1e-12)
    assert sum(before.parts) == pytest.approx(before.value)
    assert risk(fired[::-1], now).value == pytest.approx(before.value)
