"""Which plan stands up when the inputs are not what was stated: sampled inputs, exact figures, regret.

Every interval of the problem (costs, contributions, effects, losses) becomes a law with the stated value as its
median and the ends as its 5 and 95 %: two half normal laws, of the logarithm where all three are positive. Points
of a scrambled Sobol sequence (Owen 1997) are read through them; inputs are independent of each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from accord.engines.portfolio.balance import balanced
from accord.engines.portfolio.compiled import Compiled, Floats, Ints, compile_problem
from accord.engines.portfolio.conflict import Infeasible
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.problem import Effect, Initiative, Problem, Range, Scenario
from accord.engines.portfolio.solve import NotFound

Z95 = 1.6448536269514722
NEARLY_ALL, HARDLY_ANY = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan over all samples. Triples are 5, 50 and 95 %.

    `regret` is what it has less than the best plan known for a sample, in money: expected and worst. `keeps` is the
    share of samples in which no budget is overspent, `overspent` the expected excess (money). `best` is the share
    of samples in which no plan known is better.
    """

    starts: Mapping[str, int]
    value: tuple[float, float, float]
    loss: tuple[float, float, float]
    worth: tuple[float, float, float]
    regret: float
    worst_regret: float
    keeps: float
    overspent: float
    best: float


@dataclass(frozen=True, slots=True)
class Robust:
    """The plans' standing, in the order given; `choice` has the least expected regret (of equal ones the least worst).

    `frequency` is, by initiative, the share of the samples that were planned again (`replanned`) whose best plan
    holds it; `nearly_always` and `hardly_ever` are those from 90 % and up to 10 %. Empty when none was planned
    again. `price` is money per unit of value: worth = price × value − loss − what budgets are overspent by.
    """

    standings: list[Standing]
    choice: int
    price: float
    samples: int
    replanned: int
    frequency: dict[str, float]
    nearly_always: tuple[str, ...]
    hardly_ever: tuple[str, ...]
    uncertain: int


def robust(
    problem: Problem,
    plans: Sequence[Mapping[str, int]],
    price: float | None = None,
    samples: int = 64,
    replans: int = 8,
    seconds: float = 20.0,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Robust:
    """The standing of plans under sampled inputs; `uncertain` counts the inputs that have an interval.

    `price` None: the plans' span of loss per span of their value, so that the whole frontier is worth the same at
    both ends. `replans` of the samples are planned again in about `seconds` together, fewer when they do not
    suffice. The same seed gives the same samples; times may change what planning again finds. ValueError when
    there is no plan, or no interval at all.
    """
    if not plans:
        raise ValueError("there is no plan to compare")
    if samples < 2 or samples & (samples - 1):
        raise ValueError(f"{samples} samples: use a power of two of at least 2, as the Sobol sequence asks")
    spans = list(_intervals(problem))
    if not spans:
        raise ValueError("no input has an interval: state ranges of costs, contributions, effects or losses first")
    worlds = [sampled(problem, row) for row in _points(len(spans), samples, seed)]
    compiled = [compile_problem(world) for world in worlds]
    held = [compiled[0].starts(plan) for plan in plans]
    worth_of = _price(problem, held) if price is None else price
    if not worth_of > 0:
        raise ValueError("price must be a positive amount of money per unit of value")
    begun = time.monotonic()
    again: list[Ints] = []
    chosen: list[int] = []
    for n in range(min(replans, samples)):
        left = begun + seconds - time.monotonic()
        if cancelled() or left <= 0.05:
            break
        try:
            found = balanced(worlds[n], worth_of, plans, left / (min(replans, samples) - n), 0.002, None, cancelled)
        except (Infeasible, NotFound):
            continue
        again.append(compiled[n].starts(found.starts))
        chosen.append(n)
    figures = np.array([[_figures(world, starts) for world in compiled] for starts in [*held, *again]])
    value, loss, over = figures[:, :, 0], figures[:, :, 1], figures[:, :, 2]
    worth = worth_of * value - loss - over
    best = worth.max(axis=0)
    standings = [
        Standing(
            dict(plan), _ends(value[p]), _ends(loss[p]), _ends(worth[p]), float((best - worth[p]).mean()),
            float((best - worth[p]).max()), float((over[p] <= 0).mean()), float(over[p].mean()),
            float((worth[p] >= best - 1e-9 * np.abs(best)).mean()),
        )
        for p, plan in enumerate(plans)
    ]  # fmt: skip
    winners = [int(np.argmax(worth[:, n])) for n in chosen]
    everything = [*held, *again]
    counts = sum(((everything[p] >= 0).astype(float) for p in winners), np.zeros(compiled[0].size))
    keys = [item.key for item in problem.initiatives]
    frequency = dict(zip(keys, (counts / len(winners)).tolist(), strict=True)) if winners else {}
    choice = min(range(len(plans)), key=lambda p: (standings[p].regret, standings[p].worst_regret))
    return Robust(
        standings, choice, worth_of, samples, len(chosen), frequency,
        tuple(k for k, share in frequency.items() if share >= NEARLY_ALL),
        tuple(k for k, share in frequency.items() if share <= HARDLY_ANY), len(spans),
    )  # fmt: skip


def _ends(sample: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(sample, (0.05, 0.5, 0.95)).tolist()
    return low, middle, high


def _price(problem: Problem, held: list[Ints]) -> float:
    compiled = compile_problem(problem)
    values, losses = np.array([value_and_loss(compiled, starts) for starts in held]).T
    if np.ptp(values) <= 0 or np.ptp(losses) <= 0:
        return max(compiled.loss_today, 1.0) / max(float(values.max()), 1e-12)
    return float(np.ptp(losses) / np.ptp(values))


def _points(dimensions: int, samples: int, seed: int) -> Floats:
    """[samples, dimensions] standard normal numbers."""
    from scipy.stats import norm, qmc  # type: ignore[import-untyped]

    sequence = qmc.Sobol(dimensions, scramble=True, seed=seed)
    return np.asarray(norm.ppf(np.clip(sequence.random(samples), 1e-9, 1 - 1e-9)))


def at(value: float, ends: Range, z: float, low: float = -np.inf, high: float = np.inf) -> float:
    """The quantile of an interval's law at a standard normal number, cut off at the bounds of what is possible."""
    end = ends[1] if z > 0 else ends[0]
    share = abs(z) / Z95
    found = value * (end / value) ** share if min(*ends, value) > 0 else value + (end - value) * share
    return float(min(max(found, low), high))


def _intervals(problem: Problem) -> Iterator[Range]:
    """Every interval, in the order in which `sampled` reads numbers."""
    for item in problem.initiatives:
        yield from (ends for ends in (item.cost_range, item.benefit_range) if ends is not None)
        yield from (part.share_range for part in item.contributions if part.share_range is not None)
        for effect in item.effects:
            yield from (e for e in (effect.frequency_range, effect.magnitude_range) if e is not None)
    yield from (s.loss_range for s in problem.scenarios if s.loss_range is not None)


def sampled(problem: Problem, numbers: Floats) -> Problem:
    """The problem with every interval replaced by its law's value at a standard normal number."""
    take = iter(numbers.tolist())

    def factor(ends: Range | None) -> float:
        return 1.0 if ends is None else at(1.0, ends, next(take), 0.0)

    def drawn(value: float | None, ends: Range | None, low: float, high: float = 1.0) -> float | None:
        return value if ends is None or value is None else at(value, ends, next(take), low, high)

    def initiative(item: Initiative) -> Initiative:
        cost, benefit = factor(item.cost_range), factor(item.benefit_range)
        costs = tuple(replace(c, capital=c.capital * cost, running=c.running * cost) for c in item.costs)
        contributions = tuple(
            replace(c, share=min(benefit * (drawn(c.share, c.share_range, 0.0) or 0.0), 1.0), share_range=None)
            for c in item.contributions
        )
        effects = tuple(
            Effect(e.scenario, drawn(e.frequency, e.frequency_range, -1.0), drawn(e.magnitude, e.magnitude_range, -1.0))
            for e in item.effects
        )
        return replace(
            item, costs=costs, contributions=contributions, effects=effects, cost_range=None, benefit_range=None
        )

    items = tuple(initiative(item) for item in problem.initiatives)
    scenarios = tuple(
        Scenario(s.key, s.name, drawn(s.loss, s.loss_range, 0.0, np.inf) or 0.0, None, s.currency)
        for s in problem.scenarios
    )
    return replace(problem, initiatives=items, scenarios=scenarios)


def _figures(compiled: Compiled, starts: Ints) -> tuple[float, float, float]:
    """Value, loss, and by how much budgets are overspent (money)."""
    value, loss = value_and_loss(compiled, starts)
    chosen = np.flatnonzero(starts >= 0)
    excess = np.maximum(compiled.usage[chosen, starts[chosen]].sum(axis=0) - compiled.limits * (1 + 1e-9), 0.0)
    money = np.array([resource.kind != "skill" for resource in compiled.resources], dtype=bool)
    return value, loss, float(excess[money].sum())
