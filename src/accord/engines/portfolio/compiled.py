"""A problem as arrays: what each start of each initiative would use, and what it would change.

Indices: i initiative, t start and q quarter (0 = first of the horizon), r resource, j residual. A residual is
what a goal still lacks or what a scenario still costs: 1 when nothing is done, multiplied by `remaining[j, i]`
once initiative i is finished and its benefit has grown to full. While it grows, phase k of the ramp-up begins in
the k-th quarter after the finish and adds `phases[k, j, i]` to the residual's logarithm; the phases add up to
`logs[j, i]`. Value and loss are both sums of residuals, so that one model serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from accord.engines.portfolio import quarters
from accord.engines.portfolio.problem import Initiative, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAST_REMAINING = 1e-9
"""An effect of 100 % leaves this much, so that its logarithm is finite."""
FLOAT_NOISE = 1e-9
"""Relative excess over a limit that is rounding of sums and no breach."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One limit: capital or running money of a calendar year, or a skill in a quarter (`index`)."""

    kind: Literal["capital", "running", "skill"]
    year: int
    index: int
    skill: str
    limit: float

    def label(self, problem: Problem) -> str:
        if self.kind == "skill":
            return f"{self.skill} in {problem.quarter(self.index)}"
        return f"{'capital' if self.kind == 'capital' else 'running'} budget of {self.year}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """The arrays. Shapes: `first`, `last`, `duration`, `must`, `banned` [n]; `usage` [n, T, R]; `limits` [R];
    `remaining`, `logs` [J, n]; `phases` [L, J, n]; `price` [J] (per quarter, of value for the first `goals` rows,
    then of money). `growing[k]` are the initiatives that have a phase k. `requires[i]` lists, for each prerequisite
    of i, the initiatives of which one fulfils it; `excludes` holds other sizes of the same, too.

    `first[i] > last[i]` means that no start is possible. A start counts as possible when it is inside the
    window and the initiative is finished within the horizon.
    """

    problem: Problem
    horizon: int
    first: Ints
    last: Ints
    duration: Ints
    must: Bools
    banned: Bools
    usage: Floats
    limits: Floats
    resources: tuple[Resource, ...]
    remaining: Floats
    logs: Floats
    phases: Floats
    growing: tuple[Ints, ...]
    price: Floats
    goals: int
    requires: tuple[tuple[tuple[int, ...], ...], ...]
    required_by: tuple[tuple[int, ...], ...]
    excludes: tuple[tuple[int, ...], ...]
    groups: tuple[tuple[int, ...], ...]
    position: Mapping[str, int]

    @property
    def size(self) -> int:
        return len(self.first)

    @property
    def loss_today(self) -> float:
        """Expected loss over the horizon when nothing is done."""
        return float(self.price[self.goals :].sum() * self.horizon)

    def by_quarter(self, weights: Floats) -> Floats:
        """[T + 1, J] from weights [J] of every quarter alike; the last row is the state after the horizon (0 here)."""
        if weights.ndim == 2:
            return weights
        found = np.zeros((self.horizon + 1, len(weights)))
        found[:-1] = weights
        return found

    def starts(self, plan: Mapping[str, int]) -> Ints:
        """Start per initiative, −1 where it is not in the plan."""
        found = np.full(self.size, -1, dtype=np.int64)
        for key, start in plan.items():
            found[self.position[key]] = start
        return found

    def plan(self, starts: Ints) -> dict[str, int]:
        """Key → start of what is in the plan, by start and key."""
        rows = [(int(s), self.problem.initiatives[i].key) for i, s in enumerate(starts) if s >= 0]
        return {key: start for start, key in sorted(rows)}


def spread(initiative: Initiative, length: int) -> tuple[Floats, Floats]:
    """Capital and running cost in each of `length` quarters from the initiative's own start.

    The capital of an own year is spread evenly over those of its four quarters in which the initiative is
    being built (over all four when none is); the running cost evenly over all four. The running cost of the
    last listed year goes on in all years after it.
    """
    capital, running = np.zeros(length), np.zeros(length)
    rows = sorted(initiative.costs, key=lambda c: c.year)
    for cost in rows:
        span = range(4 * (cost.year - 1), 4 * cost.year)
        built = [k for k in span if k < initiative.duration] or list(span)
        for k in built:
            if k < length:
                capital[k] += cost.capital / len(built)
        running[span.start : min(span.stop, length)] += cost.running / 4
    if rows:
        running[4 * rows[-1].year :] = rows[-1].running / 4
    return capital, running


def _windows(problem: Problem) -> tuple[Ints, Ints]:
    """First and last possible start of each initiative, tightened by its prerequisites' earliest finish."""
    size = len(problem.initiatives)
    first, last = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for i, item in enumerate(problem.initiatives):
        first[i] = max(0, problem.index(item.earliest)) if item.earliest else 0
        last[i] = problem.quarters - item.duration
        if item.latest:
            last[i] = min(last[i], problem.index(item.latest))
        if item.pinned_start is not None:
            pinned = problem.index(item.pinned_start)
            first[i], last[i] = max(first[i], pinned), min(last[i], pinned)
    position = {item.key: i for i, item in enumerate(problem.initiatives)}
    for _ in range(size):
        before = first.copy()
        for i, item in enumerate(problem.initiatives):
            for required in item.requires:
                any_of = [position[key] for key in problem.any_of(required)]
                ready = [first[k] + problem.initiatives[k].duration for k in any_of if first[k] <= last[k]]
                first[i] = max(first[i], min(ready, default=problem.quarters))
        if (before == first).all():
            break
    return first, last


def _resources(problem: Problem) -> list[Resource]:
    budgets = {b.year: b for b in problem.budgets}
    found = [Resource("capital", y, -1, "", budgets[y].capital) for y in problem.years]
    found += [Resource("running", y, -1, "", budgets[y].running) for y in problem.years]
    free = {(c.skill, problem.index(c.quarter)): c.fte for c in problem.capacities}
    skills = sorted({n.skill for i in problem.initiatives for n in i.people if n.fte})
    for skill in skills:
        for q in range(problem.quarters):
            year = quarters.year(problem.first + q)
            found.append(Resource("skill", year, q, skill, free[skill, q]))
    return found


def _usage(problem: Problem, resources: list[Resource]) -> Floats:
    """[n, T, R]: what initiative i takes of resource r when it starts in quarter t."""
    horizon, years = problem.quarters, problem.years
    rows = {(r.kind, r.year if r.kind != "skill" else r.index, r.skill): n for n, r in enumerate(resources)}
    year_of = np.array([years.index(quarters.year(problem.first + q)) for q in range(horizon)])
    usage = np.zeros((len(problem.initiatives), horizon, len(resources)))
    for i, item in enumerate(problem.initiatives):
        capital, running = spread(item, horizon)
        for t in range(horizon):
            length = horizon - t
            usage[i, t, : len(years)] = np.bincount(year_of[t:], capital[:length], len(years))
            usage[i, t, len(years) : 2 * len(years)] = np.bincount(year_of[t:], running[:length], len(years))
            for need in item.people:
                if need.fte and t + need.quarter - 1 < horizon:
                    usage[i, t, rows["skill", t + need.quarter - 1, need.skill]] += need.fte
    return usage


def _phases(problem: Problem) -> Floats:
    """[L, J, n]: what each phase of each initiative's ramp-up adds to the logarithm of each residual."""
    ramps = [(*item.ramp, 1.0) for item in problem.initiatives]
    longest = max(map(len, ramps), default=1)
    left = np.ones((longest, len(problem.goals) + len(problem.scenarios), len(ramps)))
    rows = {("goal", g.key): n for n, g in enumerate(problem.goals)}
    rows |= {("scenario", s.key): n for n, s in enumerate(problem.scenarios, len(problem.goals))}
    for i, (item, ramp) in enumerate(zip(problem.initiatives, ramps, strict=True)):
        for k in range(longest):
            share = ramp[min(k, len(ramp) - 1)]
            for part in item.contributions:
                left[k, rows["goal", part.goal], i] = 1.0 - share * part.share
            for effect in item.effects:
                left[k, rows["scenario", effect.scenario], i] = effect.remaining_at(share)
    return np.diff(np.log(np.maximum(left, LEAST_REMAINING)), axis=0, prepend=0.0)


def _excludes(problem: Problem, position: Mapping[str, int], groups: Iterable[tuple[int, ...]]) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in problem.initiatives]
    for i, item in enumerate(problem.initiatives):
        for key in item.excludes:
            found[i].add(position[key])
            found[position[key]].add(i)
    for members in groups:
        for i in members:
            found[i] |= set(members) - {i}
    return found


def compile_problem(problem: Problem, loose: Set[str] = frozenset()) -> Compiled:
    """The arrays of a problem. Resources that could not run short even if everything were done are left out.

    Of the groups in `loose` more than one size may be chosen: the search for a conflict asks that.
    """
    items = problem.initiatives
    position = {item.key: i for i, item in enumerate(items)}
    first, last = _windows(problem)
    resources = _resources(problem)
    usage = _usage(problem, resources)
    possible = np.zeros(usage.shape[:2], dtype=bool)
    for i in range(len(items)):
        possible[i, first[i] : last[i] + 1] = True
    most = np.where(possible[:, :, None], usage, 0.0).max(axis=1, initial=0.0).sum(axis=0)
    limits = np.array([r.limit for r in resources])
    binding = most > limits * (1 + FLOAT_NOISE)
    phases = _phases(problem)
    logs = phases.sum(axis=0)
    groups = [tuple(position[k] for k in keys) for group, keys in problem.sizes.items() if group not in loose]
    excludes = _excludes(problem, position, groups)
    requires = tuple(
        tuple(tuple(position[k] for k in problem.any_of(required)) for required in item.requires) for item in items
    )
    required_by: list[list[int]] = [[] for _ in items]
    for i, needs in enumerate(requires):
        for k in sorted({k for any_of in needs for k in any_of}):
            required_by[k].append(i)
    return Compiled(
        problem=problem,
        horizon=problem.quarters,
        first=first,
        last=last,
        duration=np.array([item.duration for item in items], dtype=np.int64),
        must=np.array([item.must for item in items], dtype=bool),
        banned=np.array([bool(item.dropped_by) for item in items], dtype=bool),
        usage=np.ascontiguousarray(usage[:, :, binding]),
        limits=limits[binding],
        resources=tuple(r for r, keep in zip(resources, binding, strict=True) if keep),
        remaining=np.exp(logs),
        logs=logs,
        phases=phases,
        growing=tuple(np.flatnonzero((phase != 0.0).any(axis=0)) for phase in phases),
        price=np.array([g.weight / problem.quarters for g in problem.goals] + [s.loss / 4 for s in problem.scenarios]),
        goals=len(problem.goals),
        requires=requires,
        required_by=tuple(map(tuple, required_by)),
        excludes=tuple(tuple(sorted(x)) for x in excludes),
        groups=tuple(groups),
        position=position,
    )
