"""What a source usually sends: exact against a slow second way, silent about what is not known, rarely wrong, soon."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines import baseline

WEEK = baseline.CELLS
AHEAD = 24 * 28


def office(hours: np.ndarray[Any, Any], most: float) -> np.ndarray[Any, Any]:
    """A rate by hour: full by day from Monday to Friday, a fifth at night, a tenth at the weekend."""
    day, hour = hours % WEEK // 24, hours % 24
    return most * np.where((day < 5) & (hour >= 7) & (hour < 19), 1.0, np.where(day < 5, 0.2, 0.1))


def drawn(seed: int, weeks: float, most: float, rough: float = 0.3) -> tuple[Any, Any]:
    """Hours and negative-binomial counts (`rough` is the variance beyond counting)."""
    generator = np.random.default_rng(seed)
    hours = np.arange(int(weeks * WEEK))
    rates = office(hours, most) * generator.gamma(1 / rough, rough, len(hours))
    return hours, generator.poisson(rates)


def slow_median(pairs: list[tuple[float, float]]) -> float:
    """A weighted median by its definition: the values that leave at most half of the weight on either side."""
    total = sum(weight for _, weight in pairs)
    fitting = [
        value for value, weight in pairs
        if weight > 0
        and sum(w for v, w in pairs if v < value) <= total / 2 + 1e-9
        and sum(w for v, w in pairs if v > value) <= total / 2 + 1e-9
    ]  # fmt: skip
    return (min(fitting) + max(fitting)) / 2


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=25))
def test_the_centre_of_a_cell_is_the_weighted_median_of_its_weeks_its_hour_and_all_hours(
    rows: list[tuple[int, int]],
) -> None:
    cells = [(0, 24, 25, 120, 144, 1)[which] for which, _ in rows]
    counts = [count for _, count in rows]
    past = baseline.learn(np.arange(len(rows)), cells, counts)

    def kind(cell: int) -> tuple[bool, int]:
        return cell >= 120, cell % 24

    for cell in (0, 24, 120, 144, 25, 77):
        alike = sum(kind(other) == kind(cell) for other in cells)
        pairs = [
            (
                math.log1p(count),
                (other == cell) + baseline.OF_ALL / len(rows)
                + (baseline.OF_DAY / alike if kind(other) == kind(cell) else 0.0),
            )
            for other, count in zip(cells, counts, strict=True)
        ]  # fmt: skip
        assert past.centre[cell] == pytest.approx(slow_median(pairs))


def test_the_chance_of_an_empty_hour_is_shrunk_to_its_hour_of_the_day_and_to_all_hours() -> None:
    cells = [0, 0, 24, 1]
    counts = [0, 5, 0, 5]
    past = baseline.learn(range(4), cells, counts)
    everything = (2 + 0.5) / 5
    of_midnight = (2 + 4 * everything) / (3 + 4)
    of_one = (0 + 4 * everything) / (1 + 4)
    assert past.quiet[0] == pytest.approx((1 + 4 * of_midnight) / (2 + 4))
    assert past.quiet[24] == pytest.approx((1 + 4 * of_midnight) / (1 + 4))
    assert past.quiet[1] == pytest.approx((0 + 4 * of_one) / (1 + 4))
    assert past.quiet[48] == pytest.approx(of_midnight)
    assert past.quiet[120] == pytest.approx(everything)


def test_nothing_is_concluded_from_little() -> None:
    hours, counts = drawn(1, 1.7, 500)
    few = baseline.learn(hours, hours % WEEK, counts)
    assert few.hours == 285
    assert few.expected(10) is None
    assert baseline.compare(few, [10, 11], [0, 0]) == "unknown"
    enough = baseline.learn(np.arange(299), np.arange(299) % WEEK, np.resize(counts, 299))
    assert enough.expected(10) is not None
    nothing = baseline.learn([], [], [])
    assert nothing.expected(0) is None
    assert nothing.silent_after([0]) is None
    assert nothing.gaps == 0
    seldom = np.zeros(24 * 20, dtype=int)
    seldom[2::24] = 3
    assert baseline.learn(np.arange(480), np.arange(480) % WEEK, seldom).gaps == 19
    assert baseline.learn(np.arange(480), np.arange(480) % WEEK, seldom).silent_after(np.arange(1000) % WEEK) is None


@pytest.mark.parametrize("most", [5, 300, 80_000])
def test_an_hour_falls_below_or_above_no_more_often_than_told(most: int) -> None:
    """Ten sources, four weeks learned, two weeks looked at: at most ALPHA on either side, but for chance."""
    outside = np.zeros(2)
    looked = alarms = 0
    for seed in range(10):
        hours, counts = drawn(seed, 6, most)
        past = baseline.learn(hours[: 4 * WEEK], hours[: 4 * WEEK] % WEEK, counts[: 4 * WEEK])
        for at in range(4 * WEEK, 6 * WEEK):
            told = past.expected(at % WEEK)
            assert told is not None
            outside += (counts[at] < told[0], counts[at] > told[2])
            looked += 1
            alarms += baseline.compare(past, hours[at - 1 : at + 1] % WEEK, counts[at - 1 : at + 1]) != "usual"
    sigma = math.sqrt(looked * baseline.ALPHA)
    assert (outside <= looked * baseline.ALPHA + 3 * sigma).all()
    assert alarms <= 2


@pytest.mark.parametrize(("most", "latest"), [(300, 3.5), (80_000, 2.0)])
def test_a_silence_is_told_soon_and_hardly_ever_without_cause(most: int, latest: float) -> None:
    wrong = silences = 0
    delays = []
    for seed in range(10):
        hours, counts = drawn(seed, 6, most)
        cut = 4 * WEEK
        past = baseline.learn(hours[:cut], hours[:cut] % WEEK, counts[:cut])
        busy = np.flatnonzero(counts)
        for last, following in zip(busy[busy >= cut][:-1], busy[busy >= cut][1:], strict=True):
            after = past.silent_after((last + 1 + np.arange(AHEAD)) % WEEK)
            assert after is not None
            wrong += following - last - 1 >= after
            silences += 1
        for start in range(cut, cut + WEEK, 5):
            last = busy[busy < start][-1]
            after = past.silent_after((last + 1 + np.arange(AHEAD)) % WEEK)
            assert after is not None
            delays.append(last + 1 + after - start)
    assert wrong <= silences / 1000
    assert max(delays) <= latest
    assert np.median(delays) <= 1.6


def test_nights_and_weekends_that_are_always_quiet_are_no_silence() -> None:
    hours = np.arange(4 * WEEK)
    counts = np.where(office(hours, 10) == 10, 50, 0)
    past = baseline.learn(hours, hours % WEEK, counts)
    friday_evening = 4 * 24 + 18
    after = past.silent_after((friday_evening + 1 + np.arange(AHEAD)) % WEEK)
    assert after is not None
    until_monday = 24 * 7 + 7 - (friday_evening + 1)
    assert until_monday < after < until_monday + 4
    tuesday = 24 + 10
    on_a_day = past.silent_after((tuesday + 1 + np.arange(AHEAD)) % WEEK)
    assert on_a_day is not None
    assert on_a_day < 4


def test_much_less_and_much_more_need_two_hours_and_a_factor() -> None:
    hours, counts = drawn(3, 8, 1000, rough=0.05)
    past = baseline.learn(hours, hours % WEEK, counts)
    cells = [34, 35]
    mids = [past.expected(cell)[1] for cell in cells]  # type: ignore[index]
    assert baseline.compare(past, cells, [round(mid * 0.2) for mid in mids]) == "less"
    assert baseline.compare(past, cells, [round(mid * 4) for mid in mids]) == "more"
    assert baseline.compare(past, cells, [round(mids[0]), round(mids[1] * 0.2)]) == "usual"
    assert baseline.compare(past, cells, [round(mids[0] * 4), round(mids[1] * 0.2)]) == "usual"
    steady = baseline.learn(hours, hours % WEEK, np.full(len(hours), 1000))
    low = steady.expected(0)
    assert low is not None
    assert low[0] > 700
    assert baseline.compare(steady, [0, 1], [650, 650]) == "usual"
    assert baseline.compare(steady, [0, 1], [480, 480]) == "less"


def test_one_odd_week_moves_what_is_expected_little() -> None:
    hours, counts = drawn(5, 8, 400, rough=0.05)
    odd = counts.copy()
    odd[3 * WEEK : 4 * WEEK] = 0
    before, after = (baseline.learn(hours, hours % WEEK, c) for c in (counts, odd))
    assert np.abs(before.centre - after.centre).max() < 0.5


def test_what_lies_across_hours_that_are_left_out_is_no_silence_of_the_past() -> None:
    hours = np.arange(8 * WEEK)
    counts = np.full(len(hours), 100)
    outage = (hours >= 500) & (hours < 800)
    kept = baseline.learn(hours[~outage], hours[~outage] % WEEK, counts[~outage])
    assert kept.gaps == len(hours) - 300 - 2
    assert kept.threshold == pytest.approx(baseline.LEAST)
    counted = baseline.learn(hours, hours % WEEK, np.where(outage, 0, counts))
    assert counted.threshold > 10 * baseline.LEAST


@given(st.lists(st.floats(0, 100), min_size=299, max_size=400), st.floats(0, 300))
def test_a_share_or_delay_is_unusual_only_above_nearly_all_of_the_past(past: list[float], now: float) -> None:
    mid, verdict = baseline.unusual(past, now, least=5.0)
    assert mid == pytest.approx(float(np.median(past)))
    above = sum(now > one for one in past)
    place = math.floor((len(past) + 1) * baseline.ALPHA)
    assert verdict == ("more" if above >= len(past) - place + 1 and now >= 2 * mid and now - mid >= 5 else "usual")


def test_hours_without_a_figure_do_not_count() -> None:
    assert baseline.unusual([math.nan] * 500, 3.0, 1.0) == (None, "unknown")
    assert baseline.unusual([1.0] * 298 + [math.nan] * 50, 9.0, 1.0) == (1.0, "unknown")
    assert baseline.unusual([1.0] * 299, 9.0, 1.0) == (1.0, "more")


def test_what_is_no_past_is_refused() -> None:
    with pytest.raises(ValueError, match="hours rise"):
        baseline.learn([1, 1], [0, 0], [1, 1])
    with pytest.raises(ValueError, match="cells"):
        baseline.learn([1], [168], [1])
    with pytest.raises(ValueError, match="cells"):
        baseline.learn([1], [0], [-1])
