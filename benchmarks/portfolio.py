"""How good a plan, how well proved, and how soon: the portfolio engine on synthetic portfolios.

    .venv/bin/python benchmarks/portfolio.py            # some five minutes
    .venv/bin/python benchmarks/portfolio.py --quick    # some one and a half

The portfolios have long-tailed costs, skills that a few initiatives fight for, goals with diminishing returns,
effects that multiply (some add risk), prerequisites, exclusions and two mandatory initiatives. `loose` has people
and budget for about two thirds of what is asked, `tight` for less than half. A gap is what is *not* ruled out; the
best plan may well be optimal. Seconds are wall clock, so other work on the machine widens the gaps.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np

from accord.engines.portfolio import (
    Budget,
    Capacity,
    Contribution,
    Effect,
    Frontier,
    Goal,
    Initiative,
    Limits,
    PeopleNeed,
    Problem,
    Scenario,
    YearCost,
    check,
    evaluate,
    frontier,
    solve,
)

SKILLS = ("architects", "developers", "engineers", "analysts", "testers")
FTE = (0.25, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class Size:
    initiatives: int = 40
    scenarios: int = 25
    goals: int = 12
    quarters: int = 20
    budget: float = 0.65
    people: float = 0.9


def quarter(index: int) -> str:
    return f"{2027 + index // 4}-Q{index % 4 + 1}"


def synthetic(seed: int, size: Size) -> Problem:
    """A portfolio; the same seed and size give the same one."""
    rng = np.random.default_rng(seed)
    n, quarters = size.initiatives, size.quarters
    duration = rng.integers(1, 7, n)
    capital = np.exp(rng.normal(np.log(400e3), 0.8, n)).round(-3)
    running = (capital * rng.uniform(0.05, 0.25, n)).round(-3)
    fte = np.where(rng.random((n, len(SKILLS))) < 0.4, rng.choice(FTE, (n, len(SKILLS))), 0.0)
    items = [_initiative(rng, i, size, int(duration[i]), capital[i], running[i], fte[i]) for i in range(n)]
    years = quarters // 4
    weights = rng.dirichlet(np.ones(size.goals) * 2)
    losses = np.exp(rng.normal(np.log(300e3), 1.0, size.scenarios)).round(0)
    free = np.maximum(np.round((fte * duration[:, None]).sum(axis=0) * size.people / quarters * 4) / 4, fte.max(axis=0))
    grown = np.linspace(0.3, 1.0, years)
    return Problem(
        quarter(0),
        quarters,
        tuple(items),
        tuple(Goal(f"G{g}", f"Goal {g}", float(weights[g])) for g in range(size.goals)),
        tuple(Scenario(f"K{k}", f"Scenario {k}", float(losses[k])) for k in range(size.scenarios)),
        tuple(
            Budget(2027 + y, float(capital.sum() * size.budget / years), float(running.sum() * size.budget * grown[y]))
            for y in range(years)
        ),
        tuple(Capacity(s, quarter(q), float(free[k])) for k, s in enumerate(SKILLS) for q in range(quarters)),
    )


def _initiative(
    rng: np.random.Generator, i: int, size: Size, duration: int, capital: float, running: float, fte: np.ndarray
) -> Initiative:
    cio = i < size.initiatives // 2
    contributions: dict[int, float] = {}
    effects: dict[int, tuple[float, float | None]] = {}
    if cio:
        for g in rng.choice(size.goals, rng.integers(1, 4), replace=False):
            contributions[int(g)] = round(float(rng.uniform(0.05, 0.4)), 2)
        for k in rng.choice(size.scenarios, rng.integers(0, 3), replace=False):
            effects[int(k)] = (float(rng.choice([-0.1, -0.05, 0.1, 0.15, 0.2])), None)
    else:
        if rng.random() < 0.3:
            contributions[int(rng.integers(size.goals))] = round(float(rng.uniform(0.03, 0.15)), 2)
        for k in rng.choice(size.scenarios, rng.integers(2, 7), replace=False):
            magnitude = round(float(rng.uniform(0.0, 0.3)), 2) if rng.random() < 0.5 else None
            effects[int(k)] = (round(float(rng.uniform(0.05, 0.5)), 2), magnitude)
    building = -(-duration // 4)
    costs = [
        YearCost(y, float(round(capital * min(4, duration - 4 * (y - 1)) / duration, 2)))
        for y in range(1, building + 1)
    ]
    requires = (f"I{rng.integers(0, i):03d}",) if i and rng.random() < 0.15 else ()
    excludes = (f"I{rng.integers(0, i):03d}",) if i and rng.random() < 0.1 else ()
    return Initiative(
        f"I{i:03d}",
        f"Initiative {i}",
        "cio" if cio else "ciso",
        duration,
        earliest=quarter(int(rng.integers(0, 6))) if rng.random() < 0.2 else None,
        mandatory=i in (size.initiatives // 4, 3 * size.initiatives // 4),
        costs=(*costs, YearCost(building + 1, 0.0, float(running))),
        people=tuple(
            PeopleNeed(q + 1, skill, float(fte[s])) for s, skill in enumerate(SKILLS) if fte[s] for q in range(duration)
        ),
        requires=requires,
        excludes=tuple(k for k in excludes if k not in requires),
        contributions=tuple(Contribution(f"G{g}", c) for g, c in contributions.items()),
        effects=tuple(Effect(f"K{k}", f, m) for k, (f, m) in effects.items()),
    )


def ends(name: str, problem: Problem, seconds: tuple[float, ...]) -> None:
    """Gap of the plan with the most value and of that with the least loss, by time allowed."""
    for objective in ("value", "loss"):
        cells = []
        for limit in seconds:
            start = time.perf_counter()
            plan = solve(problem, objective, time_limit=limit, gap=0.01)  # type: ignore[arg-type]
            assert not check(problem, plan.starts)
            cells.append(f"{plan.gap:7.2%} in {time.perf_counter() - start:4.1f} s")
        print(f"  {name:28} most value" if objective == "value" else f"  {name:28} least loss", *cells, sep="  ")


def limited(name: str, problem: Problem, limit: float) -> None:
    """Gap under a bound on the loss, half way between the least and today's."""
    least = solve(problem, "loss", time_limit=limit / 2)
    middle = (least.loss + evaluate(problem, {}).loss) / 2
    plan = solve(problem, "value", Limits(loss=middle), time_limit=limit)
    assert plan.loss <= middle * (1 + 1e-9)
    print(f"  {name:28} most value at half the avoidable loss: gap {plan.gap:.2%}")


def whole(name: str, problem: Problem, seconds: float) -> None:
    """The frontier with nine points, and what the simpler rules give up against it."""
    start = time.perf_counter()
    found = frontier(problem, points=9, time_limit=seconds)
    took = time.perf_counter() - start
    gaps = sorted(plan.gap for plan in found.points)
    assert not any(check(problem, plan.starts) for plan in found.points)
    middle, worst = gaps[len(gaps) // 2], gaps[-1]
    print(
        f"  {name:28} {len(found.points):2} points in {took:5.1f} s: gap of the joint plan {found.joint.gap:6.2%}, "
        f"median {middle:6.2%}, widest {worst:6.2%}"
    )
    print(f"  {'':28} joint: value {found.joint.value:.3f}, loss {found.joint.loss / found.loss_today:.1%} of today's")
    for reference in found.references.values():
        print(f"  {'':28} {_against(found, reference.name, reference.value, reference.loss, reference.reason)}")


def _against(found: Frontier, name: str, value: float | None, loss: float | None, reason: str) -> str:
    if value is None or loss is None:
        return f"{name}: no plan ({reason[:90]}…)"
    beside = [plan.value for plan in found.points if plan.loss <= loss]
    text = f"{name}: value {value:.3f}, loss {loss / found.loss_today:.1%} of today's"
    return f"{text}; at no more loss {max(beside):.3f} is reached" if beside else text


def main() -> None:
    quick = "--quick" in sys.argv
    loose, tight = Size(), Size(budget=0.45, people=0.6)
    seeds = (1,) if quick else (1, 2, 3)
    print("One plan, 40 initiatives × 25 scenarios × 20 quarters: proved gap by time allowed (3, 10 seconds)")
    for seed in seeds:
        ends(f"loose, seed {seed}", synthetic(seed, loose), (3.0, 10.0))
        ends(f"tight, seed {seed}", synthetic(seed, tight), (3.0, 10.0))
    limited("loose, seed 1", synthetic(1, loose), 10.0)
    print("\nFrontier, 40 initiatives × 25 scenarios × 20 quarters")
    whole("loose, seed 1", synthetic(1, loose), 30.0 if quick else 60.0)
    if not quick:
        whole("tight, seed 1", synthetic(1, tight), 60.0)
        print("\nOne plan, 200 initiatives × 50 scenarios × 12 quarters (30 seconds)")
        ends("loose, seed 1", synthetic(1, Size(200, 50, 20, 12)), (30.0,))


if __name__ == "__main__":
    main()
