"""How good a plan, how well proved, and how soon: the portfolio engine on synthetic portfolios and on knapsacks.

    make bench-portfolio                                # some nine minutes
    .venv/bin/python -m benchmarks.portfolio --quick    # some three
    .venv/bin/python -m benchmarks.portfolio FILE …     # knapsacks of OR-Library files (mknap1, mknapcb), 20 s each

The portfolios have long-tailed costs, skills that a few initiatives fight for, goals with diminishing returns,
effects that multiply (some add risk), prerequisites, exclusions and two mandatory initiatives. `loose` has people
and budget for about two thirds of what is asked, `tight` for less than half. A gap is what is *not* ruled out; the
best plan may well be optimal. Seconds are wall clock with the CPU seconds beside them: other work on the machine
widens the gaps. Knapsacks follow the recipe of Chu and Beasley (1998).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import highspy
import numpy as np

from accord.engines.loss import Portfolio
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
    Tail,
    YearCost,
    check,
    evaluate,
    frontier,
    quick,
    robust,
    six_plans,
    solve,
    solve_tail,
    tail_of,
    worth_of_more,
)
from accord.engines.portfolio.columns import Rows
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.knapsack import Knapsack, knapsack, read_mknap
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Relaxation, set_objective
from accord.engines.portfolio.solver import Solver

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


def whole(name: str, problem: Problem, points: int, seconds: float) -> Frontier:
    """A frontier: when the first answer came, when the joint plan was proved to 1 %, and what is proved in the end."""
    start, cpu = time.perf_counter(), time.process_time()
    told: list[tuple[float, float, float]] = []

    def progress(done: int, total: int, message: str, found: Frontier | None) -> None:
        if found is not None:
            told.append((time.perf_counter() - start, time.process_time() - cpu, found.joint.gap))

    found = frontier(problem, points=points, time_limit=seconds, progress=progress)
    took, spent = time.perf_counter() - start, time.process_time() - cpu
    gaps = sorted(plan.gap for plan in found.points)
    assert not any(check(problem, plan.starts) for plan in found.points)
    proved = next(((at, used) for at, used, gap in told if gap <= 0.01), None)
    when = "not proved to 1 %" if proved is None else f"proved to 1 % after {proved[0]:.1f} s ({proved[1]:.1f} CPU s)"
    print(f"  {name}")
    print(f"    first answer after {told[0][0]:.1f} s ({told[0][1]:.1f} CPU s), gap {told[0][2]:.1%} (target: 3 s)")
    print(f"    joint plan {when} (target: 60 s), {found.joint.gap:.2%} in the end")
    middle, worst = gaps[len(gaps) // 2], gaps[-1]
    print(
        f"    {len(gaps)} points in {took:.0f} s, {spent:.0f} CPU s (target for 20: 300 s): gap median {middle:.2%}, "
        f"widest {worst:.2%}"
    )
    return found


def side_by_side(problem: Problem, found: Frontier) -> None:
    """Six plans: what each loses against the joint one, and against what is possible at no more loss."""
    print("    six plans            value   loss of today's  against joint: value   loss   best value at no more loss")
    for row in six_plans(problem, found).values():
        if row.value is None or row.loss is None or row.value_possible is None:
            print(f"    {row.name:20} no plan: {row.reason[:70]}")
            continue
        value, loss = row.value / found.joint.value - 1, row.loss / found.joint.loss - 1
        print(
            f"    {row.name:20} {row.value:.4f}  {row.loss / found.loss_today:7.1%}  {value:+20.1%}  {loss:+9.1%}  "
            f"{row.value_possible:.4f}"
        )


def alone(name: str, problem: Problem, found: Frontier, seconds: float) -> None:
    """HiGHS alone: the same steps and rows, products held by eight tangents each, no other cuts, no search.

    It is asked for the mix at which the joint plan lies; its plan is evaluated exactly, as every plan is.
    """
    compiled = compile_problem(problem)
    ends = found.cio.value - found.ciso.value, found.cio.loss - found.ciso.loss
    aim = Aim(1.0 / max(ends[0], 1e-12), 1.0 / max(ends[1], 1e-12))
    prover = Prover(compiled)
    plain = Relaxation(compiled, covers=False)
    rows = Rows.none()
    rows.extend(plain.base)
    for at in np.linspace(-3.0, 0.0, 8):
        height = float(np.exp(at))
        for residual in plain.columns.residuals:
            row = {residual.column: 1.0}
            for flag, log in zip(residual.flags, residual.logs, strict=True):
                row[flag] = row.get(flag, 0.0) - height * log
            rows.add(row, lower=height * (1.0 - at))
    model = plain.model(rows)
    set_objective(model, *plain.columns.objective(prover.weights(aim)))
    steps = plain.columns.steps
    kinds = np.array([highspy.HighsVarType.kInteger] * steps)
    model.changeColsIntegrality(steps, np.arange(steps, dtype=np.int32), kinds)
    model.setOptionValue("time_limit", seconds)
    cpu = time.process_time()
    model.run()
    cpu = time.process_time() - cpu
    info = model.getInfo()

    def open_(value: float, loss: float, bound: float) -> float:
        """What the bound on the mix leaves open, as a share of the spread between the two ends (2 in all)."""
        most = aim.a * prover.most_value - bound * prover.scale(aim)
        return (most - aim.score(value, loss)) / 2

    prover.cut(aim, time.monotonic() + 5.0)
    for plan in found.points:
        prover.offer(compiled.starts(plan.starts))
    prover.pursue(aim, time.monotonic() + seconds, 1e-4)
    n = prover.best(aim)
    assert n is not None
    own = min(line.c for line in prover.lines if (line.a, line.b) == (aim.a, aim.b))
    ours = (own - aim.score(prover.archive.values[n], prover.archive.losses[n])) / 2
    if not np.isfinite(info.objective_function_value):
        print(f"  {name}: HiGHS alone, {seconds:.0f} s ({cpu:.0f} CPU s): no plan; here {ours:.2%} left open")
        return
    value, loss = value_and_loss(compiled, plain.columns.starts(np.array(model.getSolution().col_value)))
    print(
        f"  {name}: the mix of both, {seconds:.0f} s each. Left open of the spread: HiGHS alone "
        f"{open_(value, loss, info.mip_dual_bound):.2%} ({cpu:.0f} CPU s), here {ours:.2%}"
    )


def laws(problem: Problem, seed: int = 0) -> Portfolio:
    """Laws of the scenarios with some two events in five years each and a long tail."""
    rng = np.random.default_rng(seed)
    rate = np.exp(rng.normal(np.log(0.4), 1.0, len(problem.scenarios)))
    amount = np.array([s.loss for s in problem.scenarios]) / rate / 2
    frequency, magnitude = np.c_[rate / 2, rate, rate * 2], np.c_[amount / 4, amount, amount * 6]
    return Portfolio([s.key for s in problem.scenarios], frequency, magnitude[:, None, :])


def heavy(name: str, problem: Problem, seconds: float) -> None:
    """Least TVaR with its proof, then most value where the appetite curve is a rule."""
    book = laws(problem)
    today = tail_of(problem, {}, Tail(book))
    plan = solve_tail(problem, Tail(book), seconds=seconds)
    print(
        f"  {name}: least TVaR95 {plan.tail.tvar / today.tvar:.1%} of today's, gap {plan.gap:.1%} "
        f"({plan.evaluated} exact evaluations, {seconds:.0f} s)"
    )
    amount = 0.8 * today.tvar
    least = tail_of(problem, plan.starts, Tail(book, appetite=((amount, 1.0),))).appetite[0].upper
    held = Tail(book, appetite=((amount, 1.2 * least),))
    kept = solve_tail(problem, held, "value", seconds=seconds)
    assert kept.tail.kept
    print(
        f"  {name}: most value under an appetite that is hard to keep: {kept.value:.4f}, gap {kept.gap:.1%}; "
        f"{kept.refused} of {kept.evaluated} plans refused; least-TVaR plan: {plan.value:.4f}"
    )


def slider(name: str, problem: Problem, found: Frontier) -> None:
    """The answer while somebody waits, after budgets moved by a tenth and a weight doubled (target: 1 s)."""
    known = [plan.starts for plan in found.points]
    heavier = (replace(problem.goals[0], weight=problem.goals[0].weight * 2), *problem.goals[1:])
    cases = {"budget -10 %": 0.9, "budget +10 %": 1.1, "weight x 2": 1.0}
    cells = []
    for case, factor in cases.items():
        budgets = tuple(replace(b, capital=b.capital * factor, running=b.running * factor) for b in problem.budgets)
        changed = replace(problem, budgets=budgets, goals=heavier if factor == 1.0 else problem.goals)
        start = time.perf_counter()
        answer = quick(changed, known)
        gap = "not proved in time" if answer.gap is None else f"{answer.gap:.1%}"
        cells.append(f"{case}: {time.perf_counter() - start:.2f} s, gap {gap}")
    print(f"  {name:28}", *cells, sep="  ")


def deeper(problem: Problem, found: Frontier, seconds: float) -> None:
    """Dual prices verified by planning again, and the robust choice."""
    price = (found.cio.loss - found.ciso.loss) / max(found.cio.value - found.ciso.value, 1e-12)
    prices = worth_of_more(problem, price, 1.0, [p.starts for p in found.points], seconds=seconds)
    for row in prices.rows[:3]:
        if row.step is not None:
            print(
                f"    {row.what}: {row.dual:,.2f} per unit; {row.step.amount:,.0f} more: predicted "
                f"{row.step.predicted:,.0f}, found {row.step.found:,.0f}, at most {row.step.most:,.0f}"
            )
    ranged = replace(
        problem,
        initiatives=tuple(replace(i, cost_range=(0.9, 1.5), benefit_range=(0.5, 1.1)) for i in problem.initiatives),
        scenarios=tuple(replace(s, loss_range=(s.loss * 0.4, s.loss * 2.5)) for s in problem.scenarios),
    )
    start = time.perf_counter()
    stands = robust(ranged, [p.starts for p in found.points], seconds=seconds)
    chosen = stands.standings[stands.choice]
    print(
        f"    robust choice of {len(stands.standings)} plans, {stands.samples} samples of {stands.uncertain} inputs, "
        f"{stands.replanned} planned again, {time.perf_counter() - start:.1f} s: plan {stands.choice + 1}, expected "
        f"regret {chosen.regret:,.0f}, worst {chosen.worst_regret:,.0f}; {len(stands.nearly_always)} initiatives "
        f"nearly always in, {len(stands.hardly_ever)} hardly ever"
    )


def packed(n: int, m: int, tightness: float, seconds: float) -> None:
    """A knapsack by the recipe of Chu and Beasley."""
    rng = np.random.default_rng(1)
    weights = rng.integers(1, 1001, (m, n)).astype(float)
    capacities = np.floor(tightness * weights.sum(axis=1))
    profits = np.floor(weights.sum(axis=0) / m + 500 * rng.random(n))
    pack(Knapsack(tuple(profits), tuple(map(tuple, weights)), tuple(capacities)), seconds)


def pack(instance: Knapsack, seconds: float) -> None:
    """A knapsack here and by HiGHS alone, with the same time, beside the best that is published with it."""
    profits, n = np.array(instance.profits), len(instance.profits)
    problem, _ = knapsack(instance.profits, instance.weights, instance.capacities)
    plan = solve(problem, time_limit=seconds, gap=1e-7)
    assert not check(problem, plan.starts)
    got, bound = instance.profit(plan.starts), instance.profit_of(plan.bound)
    model = Solver()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("time_limit", seconds)
    columns = np.arange(n, dtype=np.int32)
    model.addVars(n, np.zeros(n), np.ones(n))
    model.changeColsCost(n, columns, -profits)
    model.changeColsIntegrality(n, columns, np.array([highspy.HighsVarType.kInteger] * n))
    for row, capacity in zip(instance.weights, instance.capacities, strict=True):
        model.addRow(-highspy.kHighsInf, float(capacity), n, columns, np.array(row))
    model.run()
    other, ceiling = -model.getInfo().objective_function_value, -model.getInfo().mip_dual_bound
    published = "" if instance.best is None else f", published {instance.best:,.0f} (here {got - instance.best:+,.0f})"
    print(
        f"  {n} x {len(instance.capacities)}: {got:,.0f}, gap {(bound - got) / got:.3%}{published}; HiGHS alone on the "
        f"plain model {other:,.0f}, gap {(ceiling - other) / other:.3%} ({seconds:.0f} s each)"
    )


def files(paths: list[str], seconds: float = 20.0) -> None:
    """The knapsacks of files in the form of OR-Library's mknap1 and mknapcb."""
    for path in paths:
        print(path)
        for instance in read_mknap(Path(path).read_text(encoding="ascii")):
            pack(instance, seconds)


def main() -> None:
    if given := [word for word in sys.argv[1:] if not word.startswith("-")]:
        files(given)
        return
    brief = "--quick" in sys.argv
    loose, tight = Size(), Size(budget=0.45, people=0.6)
    print("One plan, 40 initiatives x 25 scenarios x 20 quarters: proved gap by time allowed")
    for name, size in (("loose", loose), ("tight", tight)):
        ends(f"{name}, seed 1", synthetic(1, size), (3.0,) if brief else (3.0, 10.0))
    if not brief:
        limited("loose, seed 1", synthetic(1, loose), 10.0)
    print("\nFrontier, 40 initiatives x 25 scenarios x 20 quarters, 9 points")
    small = synthetic(1, loose)
    found = whole("loose, seed 1", small, 9, 20.0 if brief else 45.0)
    side_by_side(small, found)
    deeper(small, found, 5.0 if brief else 10.0)
    print("\nFrontier, 200 initiatives x 50 scenarios x 3 years in 12 quarters")
    big = synthetic(1, Size(200, 50, 20, 12))
    large = whole("loose, seed 1", big, 5 if brief else 20, 40.0 if brief else 150.0)
    side_by_side(big, large)
    if not brief:
        whole("tight, seed 1", synthetic(1, Size(200, 50, 20, 12, budget=0.45, people=0.6)), 5, 60.0)
    alone("loose, seed 1", big, large, 10.0 if brief else 30.0)
    print("\nWhile somebody waits")
    slider("40 x 25 x 20", small, found)
    slider("200 x 50 x 12", big, large)
    print("\nAgainst the tail, 40 initiatives x 25 scenarios x 12 quarters")
    heavy("loose, seed 1", synthetic(1, Size(quarters=12)), 8.0 if brief else 20.0)
    print("\nMultidimensional knapsacks (items x constraints, tightness 0.5)")
    for n, m in ((100, 5), (250, 10), (500, 30)):
        packed(n, m, 0.5, 5.0 if brief else 20.0)


if __name__ == "__main__":
    main()
