"""Small portfolios for the tests: by hand, by hypothesis, and their plans by enumeration."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import strategies as st

from accord.engines.portfolio import (
    Budget,
    Capacity,
    Contribution,
    Effect,
    Goal,
    Initiative,
    PeopleNeed,
    Problem,
    Scenario,
    YearCost,
    check,
)

FIRST = "2027-Q3"


def make(
    *initiatives: Initiative,
    quarters: int = 5,
    capital: float = 100.0,
    running: float = 100.0,
    fte: float = 10.0,
    goals: Mapping[str, float] | None = None,
    scenarios: Mapping[str, float] | None = None,
    first: str = FIRST,
) -> Problem:
    """A problem with the same budget every year and the same capacity of every skill every quarter."""
    year, quarter = int(first[:4]), int(first[-1])
    ordinals = range(year * 4 + quarter - 1, year * 4 + quarter - 1 + quarters)
    skills = sorted({n.skill for i in initiatives for n in i.people})
    goals = {"growth": 0.6, "service": 0.4} if goals is None else goals
    scenarios = {"outage": 40.0, "theft": 60.0} if scenarios is None else scenarios
    return Problem(
        first,
        quarters,
        initiatives,
        tuple(Goal(k, k.title(), w) for k, w in goals.items()),
        tuple(Scenario(k, k.title(), x) for k, x in scenarios.items()),
        tuple(Budget(y, capital, running) for y in sorted({o // 4 for o in ordinals})),
        tuple(Capacity(s, f"{o // 4}-Q{o % 4 + 1}", fte) for s in skills for o in ordinals),
    )


def plans(problem: Problem) -> Iterator[dict[str, int]]:
    """Every assignment of starts that the checker passes."""
    options = [[None, *range(problem.quarters)] for _ in problem.initiatives]
    for choice in itertools.product(*options):
        plan = {i.key: t for i, t in zip(problem.initiatives, choice, strict=True) if t is not None}
        if not check(problem, plan):
            yield plan


def figures(problem: Problem, plan: Mapping[str, int]) -> tuple[float, float]:
    """Value and loss by the definition, quarter by quarter, without the engine's arrays."""
    value = loss = 0.0
    for q in range(problem.quarters):
        done = [
            (item, _grown(item, q - t)) for k, t in plan.items() if t + (item := problem.initiative(k)).duration <= q
        ]
        for goal in problem.goals:
            gap = math.prod(1 - part * c.share for i, part in done for c in i.contributions if c.goal == goal.key)
            value += goal.weight * (1 - gap) / problem.quarters
        for scenario in problem.scenarios:
            rest = scenario.loss / 4
            for part, effect in ((part, e) for i, part in done for e in i.effects if e.scenario == scenario.key):
                for side in (effect.frequency or 0.0, effect.magnitude or 0.0):
                    rest *= 1 - (side if side < 0 else part * side)
            loss += rest
    return value, loss


def _grown(item: Initiative, age: int) -> float:
    """Share of the full benefit at an age in quarters since the start."""
    since = age - item.duration
    return item.ramp[since] if since < len(item.ramp) else 1.0


SHARES = st.sampled_from([0.0, 0.05, 0.2, 0.5, 0.9, 1.0])
REDUCTIONS = st.sampled_from([-1.0, -0.2, 0.1, 0.3, 0.6, 1.0])
MONEY = st.sampled_from([0.0, 10.0, 25.0, 60.0])


@st.composite
def initiatives(draw: st.DrawFn, key: str, others: list[str], longest: int) -> Initiative:
    duration = draw(st.integers(1, longest))
    requires = tuple(draw(st.lists(st.sampled_from(others), max_size=1))) if others else ()
    free = [k for k in others if k not in requires]
    contributions = {draw(st.sampled_from(["growth", "service"])): draw(SHARES) for _ in range(draw(st.integers(0, 2)))}
    effects = {draw(st.sampled_from(["outage", "theft"])): draw(REDUCTIONS) for _ in range(draw(st.integers(0, 2)))}
    return Initiative(
        key,
        key.upper(),
        draw(st.sampled_from(["cio", "ciso"])),
        duration,
        costs=(
            YearCost(1, draw(MONEY), draw(MONEY) / 2),
            *([YearCost(2, draw(MONEY), 5.0)] if draw(st.booleans()) else []),
        ),
        people=tuple(PeopleNeed(q, "engineer", draw(st.sampled_from([0.0, 1.0, 2.5]))) for q in range(1, duration + 1)),
        requires=requires,
        excludes=tuple(draw(st.lists(st.sampled_from(free), max_size=1))) if free else (),
        contributions=tuple(Contribution(g, s) for g, s in contributions.items()),
        effects=tuple(Effect(s, r, draw(st.sampled_from([None, 0.25]))) for s, r in effects.items()),
        ramp=draw(st.sampled_from([(), (), (0.0,), (0.25, 0.5, 1.0), (0.5, 0.5)])),
    )


def _asks(item: Initiative, group: str) -> Initiative:
    """The initiative, requiring any size of a group where it required its first or second initiative."""
    return replace(item, requires=tuple(group if k in ("i0", "i1") else k for k in item.requires))


@st.composite
def problems(draw: st.DrawFn, most: int = 4, quarters: int = 5) -> Problem:
    """A small problem; tight or not, with relations, one skill, effects that lower and that add risk."""
    count = draw(st.integers(1, most))
    items: list[Initiative] = []
    for n in range(count):
        items.append(draw(initiatives(f"i{n}", [i.key for i in items], 3)))
    if draw(st.booleans()):
        items[0] = replace(items[0], mandatory=True)
    if count >= 3 and draw(st.booleans()):
        items = [replace(i, group="size") if n in (0, 1) else _asks(i, "size") for n, i in enumerate(items)]
    return make(
        *items,
        quarters=quarters,
        capital=draw(st.sampled_from([30.0, 60.0, 120.0])),
        running=draw(st.sampled_from([5.0, 20.0, 80.0])),
        fte=draw(st.sampled_from([1.0, 2.5, 5.0])),
    )
