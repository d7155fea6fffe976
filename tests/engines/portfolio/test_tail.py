"""Plans against the tail: floors that hold at every plan, optima of enumeration, the appetite as a rule."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from accord_portfolios import make, plans

from accord.engines.loss import Portfolio, annual_loss
from accord.engines.portfolio import (
    Contribution,
    Effect,
    Infeasible,
    Initiative,
    Limits,
    NotFound,
    Problem,
    ProblemError,
    Tail,
    YearCost,
    check,
    evaluate,
    solve_tail,
    tail_of,
)
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.floors import floor_under
from accord.engines.portfolio.tail import Judge


def question() -> Problem:
    """Five initiatives on three scenarios: one adds risk, one grows, one hits frequency and magnitude alike."""

    def item(key: str, cost: float, growth: float, *effects: Effect, ramp: tuple[float, ...] = ()) -> Initiative:
        contributions = (Contribution("growth", growth),) if growth else ()
        costs = (YearCost(1, cost),)
        return Initiative(
            key, key, "cio", 1, costs=costs, contributions=contributions, effects=effects, ramp=ramp
        )  # fmt: skip

    return make(
        item("shop", 30.0, 0.5, Effect("theft", -0.4), Effect("outage", 0.1)),
        item("data", 20.0, 0.3, Effect("fire", None, -0.2)),
        item("mfa", 25.0, 0.0, Effect("theft", 0.5, 0.2)),
        item("soc", 40.0, 0.1, Effect("theft", 0.3), Effect("outage", 0.4), ramp=(0.25, 0.5)),
        item("safe", 35.0, 0.0, Effect("fire", 0.1, 0.7), Effect("outage", None, 0.3)),
        quarters=2,
        capital=80.0,
        goals={"growth": 1.0},
        scenarios={"outage": 40.0, "theft": 60.0, "fire": 30.0},
        first="2027-Q1",
    )


def laws(keys: tuple[str, ...] = ("fire", "outage", "theft")) -> Portfolio:
    frequency = {"outage": [1.0, 2.0, 4.0], "theft": [0.2, 0.4, 0.9], "fire": [0.02, 0.04, 0.1]}
    magnitude = {"outage": [3.0, 10.0, 40.0], "theft": [20.0, 80.0, 400.0], "fire": [100.0, 400.0, 900.0]}
    return Portfolio(keys, [frequency[k] for k in keys], [[magnitude[k]] for k in keys])


LEVEL = 0.95


@pytest.fixture(scope="module")
def known() -> list[tuple[dict[str, int], float, float]]:
    """Every plan with its value and its TVaR, asked of the loss engine by hand."""
    found, kept = [], {}
    for plan in plans(question()):
        frequency, magnitude = dict.fromkeys(laws().keys, 1.0), dict.fromkeys(laws().keys, 1.0)
        for key, start in plan.items():
            item, since = question().initiative(key), 2 - start - 1
            share = item.ramp[since] if since < len(item.ramp) else 1.0
            for effect in item.effects:
                for side, value in ((frequency, effect.frequency or 0.0), (magnitude, effect.magnitude or 0.0)):
                    side[effect.scenario] *= 1 - (share * value if value > 0 else value)
        state = tuple(round(x, 12) for x in (*frequency.values(), *magnitude.values()))
        if state not in kept:
            after = laws().with_factors(list(frequency.values()), list(magnitude.values()))
            kept[state] = annual_loss(after, (LEVEL,), target_level=LEVEL, allocation_level=LEVEL).tvar[0, 1]
        found.append((plan, evaluate(question(), plan).value, float(kept[state])))
    return found


def test_state_after_the_horizon_is_that_of_the_loss_engine(known: list[tuple[dict[str, int], float, float]]) -> None:
    for plan, _, tvar in known[::40]:
        figures = tail_of(question(), plan, Tail(laws(), LEVEL))
        assert figures.lower <= figures.tvar <= figures.upper
        assert figures.tvar == pytest.approx(tvar, rel=2e-3)


def test_floor_of_every_plan_holds_at_every_other() -> None:
    compiled = compile_problem(question())
    judge = Judge(compiled, Tail(laws(), LEVEL))
    states = [compiled.starts(plan) for plan in list(plans(question()))[::25]]
    exact = [judge.figures(starts) for starts in states]
    most = judge.most_frequency()
    for starts in states:
        floor = judge.floor(starts)
        for other, truth in zip(states, exact, strict=True):
            frequency, magnitude = judge.factors(other)
            assert floor.at(frequency, magnitude) <= truth.upper * (1 + 1e-6)
            line = floor.rest + float(floor.slopes(most) @ (frequency * magnitude))
            assert line <= float(floor.at(frequency, magnitude)) * (1 + 1e-9)


def test_least_tvar_is_that_of_enumeration_and_its_bound_holds(
    known: list[tuple[dict[str, int], float, float]],
) -> None:
    least = min(tvar for *_, tvar in known)
    plan = solve_tail(question(), Tail(laws(), LEVEL), seconds=3.0, gap=1e-4)
    assert not check(question(), plan.starts)
    assert plan.tail.tvar == pytest.approx(least, rel=2e-3)
    assert plan.bound <= least * (1 + 1e-3)
    assert plan.gap == pytest.approx((plan.tail.tvar - plan.bound) / plan.tail.tvar)
    assert set(plan.by_year) == set() or all(figures.tvar > 0 for figures in plan.by_year.values())


def test_floor_under_all_plans_holds_with_a_limit_on_value(
    known: list[tuple[dict[str, int], float, float]],
) -> None:
    middle = float(np.median([value for _, value, _ in known]))
    least = min(tvar for _, value, tvar in known if value >= middle)
    limits = Limits(value=middle)
    plan = solve_tail(question(), Tail(laws(), LEVEL), limits=limits, seconds=3.0)
    assert plan.value >= middle * (1 - 1e-9)
    assert plan.bound <= least * (1 + 1e-3) and plan.tail.tvar == pytest.approx(least, rel=2e-3)
    judge = Judge(compile_problem(question()), Tail(laws(), LEVEL))
    judge.figures(np.full(5, -1))
    assert floor_under(judge, Limits(), time.monotonic() + 1.0) <= min(tvar for *_, tvar in known) * (1 + 1e-3)


def test_plans_that_break_the_appetite_never_come_back() -> None:
    free = solve_tail(question(), Tail(laws(), LEVEL), "value", seconds=1.5)
    lightest = solve_tail(question(), Tail(laws(), LEVEL), seconds=1.5)
    amount = 400.0
    ask = Tail(laws(), LEVEL, ((amount, 1.0),))
    heavy = tail_of(question(), free.starts, ask).appetite[0].estimate
    light = tail_of(question(), lightest.starts, ask).appetite[0].estimate
    assert light < heavy
    held = replace(ask, appetite=((amount, (light + heavy) / 2),))
    plan = solve_tail(question(), held, "value", seconds=2.0)
    assert plan.tail.kept and tail_of(question(), plan.starts, held).appetite[0].upper <= (light + heavy) / 2
    assert plan.value < free.value <= plan.bound * (1 + 1e-9)
    assert plan.refused > 0


def test_an_appetite_beyond_reach_is_proved_or_told() -> None:
    with pytest.raises(Infeasible, match="probability of at most 1e-06"):
        solve_tail(question(), Tail(laws(), LEVEL, ((50.0, 1e-6),)), seconds=1.0)
    compiled = compile_problem(question())
    judge = Judge(compiled, Tail(laws(), LEVEL, ((400.0, 1.0),)))
    every = judge.least().appetite[0].upper
    with pytest.raises(NotFound, match=r"keeps the appetite\. The nearest"):
        solve_tail(question(), Tail(laws(), LEVEL, ((400.0, every * 1.02),)), seconds=1.5)


@pytest.mark.parametrize(
    ("tail", "place", "words"),
    [
        (Tail(laws(("outage", "theft"))), "scenario fire, tail", "does not hold it"),
        (Tail(laws(), 1.5), "tail, level", "out of range"),
        (Tail(laws(), 0.95, ((100.0, 0.1), (200.0, 0.2))), "tail, appetite", "more frequent"),
        (Tail(laws(), 0.95, ((100.0, 1.1),)), "tail, appetite", "probability 1.1"),
    ],
)
def test_what_does_not_fit_is_refused(tail: Tail, place: str, words: str) -> None:
    with pytest.raises(ProblemError, match=words) as error:
        tail_of(question(), {}, tail)
    assert str(error.value).startswith(place)
