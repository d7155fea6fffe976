"""Patch or wait: closed forms, an independent sum over grids, hulls that hold, and what must rise."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines import waiting
from accord.engines.waiting import Inputs, Option

PLAIN = Inputs(rate=(500.0, 1000.0, 2000.0), per_hour=(2000.0, 4000.0, 6000.0), hours=(1.0, 2.0, 4.0))
NOW = Option("now", 0.0)
WINDOW = Option("window", 10.0, in_window=True)
MITIGATED = Option("mitigate", 30.0, in_window=True, mitigated=True, since=2.0)
ACCEPTED = Option("accept", 90.0, patched=False)
FULL = replace(
    PLAIN, window_share=(0.05, 0.1, 0.3), increase=(1.0, 3.0, 8.0), emergence=(0.001, 0.004, 0.02),
    probability=(0.01, 0.05, 0.2), rollback=(0.5, 1.0, 6.0), residual=(0.1, 0.3, 0.6), once=(1000.0, 2000.0, 5000.0),
    a_day=(10.0, 20.0, 50.0), retry=7.0,
)  # fmt: skip
ALL = (NOW, WINDOW, MITIGATED, ACCEPTED)


def by_hand(x: dict[str, float], option: Option, retry: float) -> float:
    """The cost of an option from single numbers, by simple steps and a sum over time in place of the integral."""

    def through(first: float, last: float) -> float:
        steps = np.linspace(first, last, 20001)
        middle = (steps[1:] + steps[:-1]) / 2
        known = 1 - np.exp(-x["emergence"] * middle)
        return float(np.sum((1 + (x["increase"] - 1) * known) * np.diff(steps))) * x["rate"]

    left = x["residual"] if option.mitigated else 1.0
    since = option.since if option.mitigated else 0.0
    total = through(0, since) + left * through(since, option.day)
    if option.mitigated:
        total += x["once"] + x["a_day"] * (option.day - since)
    if option.patched:
        own = x["per_hour"] * x["hours"] * (x["window_share"] if option.in_window else 1.0)
        again = left * through(option.day, option.day + retry)
        total += own + x["probability"] * (x["per_hour"] * x["rollback"] + own + again)
    return total


def at(inputs: Inputs, end: int) -> dict[str, float]:
    return {name: getattr(inputs, name)[end] for name in waiting.INTERVALS}


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.key)
def test_the_cost_of_an_option_is_that_of_a_sum_over_days(option: Option) -> None:
    found = waiting.cost(FULL, option)
    for end in range(3):
        assert found.whole[end] == pytest.approx(by_hand(at(FULL, end), option, FULL.retry), rel=1e-6)
        parts = (found.waiting, found.downtime, found.failure, found.mitigation)
        assert found.whole[end] == pytest.approx(sum(part[end] for part in parts))


def test_what_patching_now_and_waiting_cost_in_plain_numbers() -> None:
    assert waiting.cost(PLAIN, NOW).whole == (2000.0, 8000.0, 24000.0)
    assert waiting.cost(PLAIN, ACCEPTED).whole == (45_000.0, 90_000.0, 180_000.0)
    assert waiting.cost(PLAIN, ACCEPTED).downtime == (0.0, 0.0, 0.0)


def test_days_at_rate_tends_to_both_ends() -> None:
    assert waiting.days_at_rate(30.0, 5.0, 0.0) == 30.0
    assert waiting.days_at_rate(30.0, 5.0, 1e9) == pytest.approx(150.0)
    assert waiting.days_at_rate(30.0, 1.0, 0.3) == 30.0
    near, far = waiting.days_at_rate(1.0, 3.0, [0.99e-4, 1.01e-4])
    assert far - near == pytest.approx(2e-6, rel=1e-2), "both forms agree where they meet"


def test_break_even_is_money_by_rate_where_nothing_grows() -> None:
    assert waiting.break_even(PLAIN, (2000.0, 8000.0, 24000.0)) == pytest.approx((1.0, 8.0, 48.0))
    assert waiting.break_even(replace(PLAIN, rate=(0.0, 0.0, 1.0)), (1.0, 5.0, 10.0))[1] == math.inf


def test_break_even_is_where_the_path_of_waiting_meets_the_cost() -> None:
    least, middle, most = waiting.break_even(FULL, (20_000.0, 30_000.0, 40_000.0))
    assert least < middle < most
    x = at(FULL, 1)
    assert x["rate"] * waiting.days_at_rate(middle, x["increase"], x["emergence"]) == pytest.approx(30_000.0)


def test_a_window_pays_until_the_day_on_which_both_cost_the_same() -> None:
    plain = replace(PLAIN, window_share=(0.25, 0.25, 0.25))
    least, middle, most = waiting.worth_waiting(plain)
    assert (least, middle, most) == pytest.approx((0.75 * 2000 / 2000, 0.75 * 8000 / 1000, 0.75 * 24000 / 500))
    day = waiting.worth_waiting(FULL)[1]
    known = Inputs(**{name: (getattr(FULL, name)[1],) * 3 for name in waiting.INTERVALS}, retry=FULL.retry)
    then = waiting.cost(known, Option("then", day, in_window=True)).whole[1]
    assert then == pytest.approx(waiting.cost(known, NOW).whole[1])


def test_the_path_ends_at_the_cost() -> None:
    for option in ALL:
        end = waiting.path(FULL, option, [option.day])[:, 0]
        assert tuple(end) == pytest.approx(waiting.cost(FULL, option).whole)
    steps = waiting.path(FULL, MITIGATED, np.linspace(0, 40, 81))
    assert (np.diff(steps, axis=1) >= -1e-9).all()
    assert waiting.path(FULL, WINDOW, [0.0]).max() == 0.0


def test_chances_of_a_rate_against_a_certain_cost_are_exact() -> None:
    certain = replace(PLAIN, per_hour=(4000.0,) * 3, hours=(2.0,) * 3)
    bare = Option("bare", 10.0, patched=False)
    found = waiting.chances(certain, (bare, NOW), 2)
    # 10 days cost less than 8000 where the rate is below 800: 0.5 * (800 - 500) / (1000 - 500)
    assert found.less[0, 1] == pytest.approx(0.3)
    assert found.less[1, 0] == pytest.approx(0.7)
    assert tuple(found.cheapest) == pytest.approx((0.3, 0.7))
    assert found.error == 0.0
    # below 12000 / 10 = 1200: half, and of the upper half log(1200 / 1000) / log(2000 / 1000)
    dearer = waiting.chances(replace(certain, hours=(3.0,) * 3), (bare, NOW), 2)
    assert dearer.less[0, 1] == pytest.approx(0.5 + 0.5 * math.log(1.2) / math.log(2))


def test_equal_options_are_even_and_only_one_of_them_is_the_cheapest() -> None:
    found = waiting.chances(FULL, (NOW, replace(NOW, key="same")), 64)
    assert found.less[0, 1] == 0.5
    assert tuple(found.cheapest) == (1.0, 0.0)


def grid(inputs: Inputs, names: tuple[str, ...], a: Option, b: Option, cells: int = 60) -> float:
    """The chance that a costs less than b by counting the cells of a plain grid of equal weights."""

    def values(name: str) -> Any:
        low, mid, high = getattr(inputs, name)
        u = (np.arange(cells) + 0.5) / cells
        upper = np.exp(np.log(mid) + (2 * u - 1) * (np.log(high) - np.log(mid)))
        return np.where(u < 0.5, low + 2 * u * (mid - low), upper)

    x: dict[str, Any] = at(inputs, 1)
    x |= dict(zip(names, np.meshgrid(*(values(name) for name in names), indexing="ij"), strict=True))

    def whole(option: Option) -> Any:
        def grown(t: float) -> Any:
            e = x["emergence"]
            return t + (x["increase"] - 1) * (t - (1 - np.exp(-e * t)) / e)

        left, since = (x["residual"], option.since) if option.mitigated else (1.0, 0.0)
        wait = grown(since) + left * (grown(option.day) - grown(since)) if option.day else 0.0
        own = x["per_hour"] * x["hours"] * (x["window_share"] if option.in_window else 1.0) * option.patched
        again = left * (grown(option.day + inputs.retry) - grown(option.day))
        fail = x["probability"] * option.patched * (x["per_hour"] * x["rollback"] + own + x["rate"] * again)
        return x["rate"] * wait + own + fail + option.mitigated * (x["once"] + x["a_day"] * (option.day - since))

    return float((whole(a) < whole(b)).mean())


@pytest.mark.parametrize(
    ("names", "a", "b"),
    [
        (("rate", "per_hour", "hours", "window_share"), NOW, WINDOW),
        (("rate", "increase", "emergence", "hours"), NOW, replace(WINDOW, day=25.0)),
        (("rate", "residual", "once", "per_hour"), WINDOW, MITIGATED),
        (("rate", "probability", "rollback", "hours"), NOW, replace(WINDOW, day=4.0)),
    ],
)
def test_chances_are_those_of_counting_the_cells_of_a_grid(names: tuple[str, ...], a: Option, b: Option) -> None:
    middle = {name: (getattr(FULL, name)[1],) * 3 for name in waiting.INTERVALS if name not in names}
    some = replace(FULL, **middle)
    found = waiting.chances(some, (a, b))
    assert found.less[0, 1] == pytest.approx(grid(some, names, a, b), abs=5e-3)
    assert found.error < 5e-3


def test_the_chances_of_being_cheapest_add_up_and_none_is_greater_than_beating_one() -> None:
    found = waiting.chances(FULL, ALL)
    assert found.cheapest.sum() == pytest.approx(1.0)
    for i, j in itertools.permutations(range(len(ALL)), 2):
        assert found.less[i, j] + found.less[j, i] == pytest.approx(1.0)
        assert found.cheapest[i] <= found.less[i, j] + 1e-12


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": (2.0, 1.0, 3.0)}, {"hours": (-1.0, 0.0, 1.0)}, {"increase": (0.5, 1.0, 2.0)},
        {"probability": (0.0, 0.5, 1.5)}, {"per_hour": (0.0, 1.0, math.inf)}, {"rate": (math.nan,) * 3},
        {"retry": -1.0},
    ],
)  # fmt: skip
def test_inputs_out_of_order_or_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(waiting.WaitingInputError, match=next(iter(wrong))):
        replace(PLAIN, **wrong)


def test_a_mitigation_after_the_patch_is_refused() -> None:
    with pytest.raises(waiting.WaitingInputError, match="late"):
        Option("late", 5.0, mitigated=True, since=6.0)


def ordered(least: float = 0.0, most: float = 100.0) -> st.SearchStrategy[tuple[float, float, float]]:
    return st.lists(st.floats(least, most), min_size=3, max_size=3).map(lambda values: tuple(sorted(values)))  # type: ignore[arg-type,return-value]


INPUTS = st.builds(
    Inputs, rate=ordered(), per_hour=ordered(), hours=ordered(0, 10), window_share=ordered(0, 1),
    increase=ordered(1, 20), emergence=ordered(0, 0.5), probability=ordered(0, 1), rollback=ordered(0, 10),
    residual=ordered(0, 1), once=ordered(), a_day=ordered(0, 5), retry=st.floats(0, 30),
)  # fmt: skip
OPTIONS = st.builds(
    lambda day, share, window, mitigated, patched: Option(
        "o", day, in_window=window, mitigated=mitigated, since=day * share, patched=patched
    ),
    st.floats(0, 200), st.floats(0, 1), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(INPUTS, OPTIONS, st.data())
def test_no_inputs_within_their_intervals_cost_less_or_more_than_the_hull(
    inputs: Inputs, option: Option, data: st.DataObject
) -> None:
    low, _, high = waiting.cost(inputs, option).whole
    drawn = {name: data.draw(st.floats(at(inputs, 0)[name], at(inputs, 2)[name])) for name in waiting.INTERVALS}
    whole = waiting.cost(replace(inputs, **{n: (v,) * 3 for n, v in drawn.items()}), option).whole[1]
    assert low * (1 - 1e-9) - 1e-9 <= whole <= high * (1 + 1e-9) + 1e-9


@settings(max_examples=150, deadline=None)
@given(INPUTS, OPTIONS, st.sampled_from(waiting.INTERVALS), st.floats(0, 1))
def test_the_cost_rises_with_every_input(inputs: Inputs, option: Option, name: str, share: float) -> None:
    low, mid, high = getattr(inputs, name)
    smaller = (low, max(mid - share * (mid - low), low), max(high - share * (high - mid), mid))
    less = replace(inputs, **{name: smaller})
    before, after = waiting.cost(less, option).whole, waiting.cost(inputs, option).whole
    assert all(b <= a * (1 + 1e-9) + 1e-9 for b, a in zip(before, after, strict=True))


@settings(max_examples=100, deadline=None)
@given(INPUTS, OPTIONS, st.floats(0, 50))
def test_the_cost_of_waiting_rises_with_the_day(inputs: Inputs, option: Option, more: float) -> None:
    later = replace(option, day=option.day + more)
    before, after = waiting.cost(inputs, option).waiting, waiting.cost(inputs, later).waiting
    assert all(b <= a * (1 + 1e-9) + 1e-9 for b, a in zip(before, after, strict=True))


@settings(max_examples=100, deadline=None)
@given(INPUTS)
def test_the_days_until_which_waiting_pays_are_in_order(inputs: Inputs) -> None:
    for least, middle, most in (waiting.worth_waiting(inputs), waiting.break_even(inputs, (1.0, 10.0, 100.0))):
        assert least >= 0
        assert all(a <= b * (1 + 1e-9) + 1e-9 for a, b in ((least, middle), (middle, most)))


@settings(max_examples=40, deadline=None)
@given(INPUTS, st.lists(OPTIONS, min_size=2, max_size=4))
def test_chances_are_shares_that_add_up(inputs: Inputs, options: list[Option]) -> None:
    found = waiting.chances(inputs, options, 64)
    assert ((found.less >= -1e-12) & (found.less <= 1 + 1e-12)).all()
    assert found.cheapest.sum() == pytest.approx(1.0)
    dearer = replace(options[0], day=options[0].day + 10.0)
    if not options[0].mitigated and at(inputs, 0)["rate"] > 0.1:
        assert waiting.chances(inputs, (options[0], dearer), 64).less[0, 1] == pytest.approx(1.0)
