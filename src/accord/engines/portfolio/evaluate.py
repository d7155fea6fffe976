"""The exact value and loss of a plan, and what it spends: no bound, no approximation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from accord.engines.portfolio.compiled import Compiled, Floats, Ints, compile_problem, spread
from accord.engines.portfolio.problem import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plan comes to over the horizon of T quarters.

    `value` = Σ over quarters and goals of weight × attained / T, where attained = 1 − Π(1 − contribution) over
    the initiatives that were finished before the quarter: between 0 and the sum of the weights. While the benefits
    of an initiative grow, contribution, frequency and magnitude count with the quarter's share of its ramp-up.
    `loss` = Σ over quarters and scenarios of yearly loss / 4 × Π(1 − frequency)(1 − magnitude): money over the
    whole horizon. `attained` (by goal) and `residual` (by scenario, yearly money) hold after the last quarter
    that can bring a benefit; the lists by quarter are what adds up to `value` and `loss`.
    """

    value: float
    loss: float
    value_by_quarter: list[float]
    loss_by_quarter: list[float]
    value_by_goal: dict[str, float]
    loss_by_scenario: dict[str, float]
    attained: dict[str, float]
    residual: dict[str, float]


def residuals(compiled: Compiled, starts: Ints) -> Floats:
    """[T, J]: what is left of each goal's gap and each scenario's loss in each quarter."""
    quarter = np.arange(compiled.horizon)[:, None]
    logs = np.zeros((compiled.horizon, len(compiled.price)))
    for k, who in enumerate(compiled.growing):
        begun = (starts[who] >= 0) & (quarter >= starts[who] + compiled.duration[who] + k)
        logs += begun.astype(float) @ compiled.phases[k][:, who].T
    return np.asarray(np.exp(logs))


def value_and_loss(compiled: Compiled, starts: Ints) -> tuple[float, float]:
    """The two figures alone."""
    left = residuals(compiled, starts)
    g = compiled.goals
    value = float(((1.0 - left[:, :g]) @ compiled.price[:g]).sum())
    return value, float((left[:, g:] @ compiled.price[g:]).sum())


def evaluate(problem: Problem | Compiled, plan: Mapping[str, int]) -> Outcome:
    """The outcome of a plan (key → index of the quarter in which it starts)."""
    compiled = problem if isinstance(problem, Compiled) else compile_problem(problem)
    question, g = compiled.problem, compiled.goals
    left = residuals(compiled, compiled.starts(plan))
    gained = (1.0 - left[:, :g]) * compiled.price[:g]
    lost = left[:, g:] * compiled.price[g:]
    return Outcome(
        value=float(gained.sum()),
        loss=float(lost.sum()),
        value_by_quarter=gained.sum(axis=1).tolist(),
        loss_by_quarter=lost.sum(axis=1).tolist(),
        value_by_goal={x.key: float(v) for x, v in zip(question.goals, gained.sum(axis=0), strict=True)},
        loss_by_scenario={x.key: float(v) for x, v in zip(question.scenarios, lost.sum(axis=0), strict=True)},
        attained={x.key: float(v) for x, v in zip(question.goals, 1.0 - left[-1, :g], strict=True)},
        residual={
            x.key: float(v) for x, v in zip(question.scenarios, left[-1, g:] * compiled.price[g:] * 4, strict=True)
        },
    )


@dataclass(frozen=True, slots=True)
class Spending:
    """What a plan takes: money by calendar year, people by skill and quarter, each beside what there is."""

    capital: dict[int, float]
    running: dict[int, float]
    capital_limit: dict[int, float]
    running_limit: dict[int, float]
    people: dict[str, list[float]]
    people_limit: dict[str, list[float]]


def spending(problem: Problem, plan: Mapping[str, int]) -> Spending:
    """The use of every budget and skill over the horizon."""
    horizon, years = problem.quarters, problem.years
    budgets = {b.year: b for b in problem.budgets}
    capital, running = dict.fromkeys(years, 0.0), dict.fromkeys(years, 0.0)
    skills = sorted({c.skill for c in problem.capacities})
    people = {skill: [0.0] * horizon for skill in skills}
    limit = {skill: [0.0] * horizon for skill in skills}
    for capacity in problem.capacities:
        if 0 <= (q := problem.index(capacity.quarter)) < horizon:
            limit[capacity.skill][q] = capacity.fte
    for key, start in plan.items():
        item = problem.initiative(key)
        own_capital, own_running = spread(item, horizon - start)
        for k in range(horizon - start):
            year = int(problem.quarter(start + k)[:4])
            capital[year] += float(own_capital[k])
            running[year] += float(own_running[k])
        for need in item.people:
            if need.fte and start + need.quarter - 1 < horizon:
                people[need.skill][start + need.quarter - 1] += need.fte
    return Spending(
        capital,
        running,
        {y: budgets[y].capital for y in years},
        {y: budgets[y].running for y in years},
        people,
        limit,
    )
