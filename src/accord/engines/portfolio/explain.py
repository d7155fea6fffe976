"""Why each initiative is in a plan or not: which constraint binds, and what it would need.

What is said of a constraint is computed beside the plan as it is: the smallest amounts by which budgets and
skills would have to grow so that the initiative fits, over all of its possible starts. Whether the planner
would then take it is another question: `forced_in` answers it by planning again with the initiative held in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from accord.engines.portfolio.compiled import FLOAT_NOISE, Compiled, Floats, Ints, Resource, compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.evaluate import residuals, value_and_loss
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.relaxation import Limits, NoPlan

NAMED_SHARE = 0.2
MOST_NAMED = 3

Kind = Literal[
    "mandatory", "pinned", "needed", "worth it",
    "dropped", "window", "excluded", "prerequisite", "short", "adds loss", "no effect", "not worth it",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shortage:
    """By how much a budget (money) or a skill (full-time equivalents) would have to grow."""

    kind: Literal["capital", "running", "skill"]
    what: str
    amount: float
    limit: float


@dataclass(frozen=True, slots=True)
class Part:
    """A goal's or a scenario's part of what an initiative brings: value, or loss avoided over the horizon."""

    key: str
    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an initiative is in the plan or not.

    `text` says it in a sentence. Of one that is in the plan, `value` and `loss` are what the plan would lose in
    value and gain in loss without it and without what requires it (`with_it`), nothing else changed. Of one
    that is not, they are what it would add if it were put in beside the plan in quarter `start`, whatever that
    takes; `shortages` are what that start lacks, `blockers` the initiatives that stand against it. `goals` and
    `scenarios` are those that make up most of what one in the plan brings.
    """

    key: str
    chosen: bool
    kind: Kind
    text: str
    start: int | None = None
    value: float = 0.0
    loss: float = 0.0
    shortages: tuple[Shortage, ...] = ()
    blockers: tuple[str, ...] = ()
    with_it: tuple[str, ...] = ()
    goals: tuple[Part, ...] = ()
    scenarios: tuple[Part, ...] = ()


def explain(problem: Problem, starts: Mapping[str, int]) -> dict[str, Reason]:
    """A reason for every initiative of the problem, in its order. `starts` is a plan (key → first quarter)."""
    compiled = compile_problem(problem)
    held = compiled.starts(starts)
    base = value_and_loss(compiled, held)
    tell = _Teller(compiled, held, base)
    return {
        item.key: tell.chosen(i) if held[i] >= 0 else tell.left_out(i) for i, item in enumerate(problem.initiatives)
    }


class _Teller:
    def __init__(self, compiled: Compiled, starts: Ints, base: tuple[float, float]) -> None:
        self.c, self.starts, self.base = compiled, starts, base
        self.problem = compiled.problem
        used = np.zeros(len(compiled.limits))
        for i in np.flatnonzero(starts >= 0).tolist():
            used += compiled.usage[i, starts[i]]
        self.room: Floats = compiled.limits - used

    def _name(self, i: int) -> str:
        return self.problem.initiatives[i].name

    def _without(self, i: int) -> list[int]:
        found = [i]
        for k in self.c.required_by[i]:
            if self.starts[k] >= 0:
                found += [x for x in self._without(k) if x not in found]
        return found

    def _change(self, starts: Ints) -> tuple[float, float]:
        value, loss = value_and_loss(self.c, starts)
        return value - self.base[0], loss - self.base[1]

    def chosen(self, i: int) -> Reason:
        item = self.problem.initiatives[i]
        gone = self._without(i)
        without = self.starts.copy()
        without[gone] = -1
        value, loss = self._change(without)
        along = tuple(self.problem.initiatives[k].key for k in gone[1:])
        goals, scenarios = self._parts(without)
        kind: Kind = "worth it"
        text = _worth(goals, scenarios)
        if item.mandatory:
            kind, text = "mandatory", "It is mandatory."
        elif item.pinned_by or item.pinned_start:
            who = " and the ".join(x.upper() for x in item.pinned_by)
            kind, text = "pinned", f"It was pinned by the {who}." if who else "It is pinned."
        elif along:
            names = ", ".join(self._name(k) for k in gone[1:])
            kind, text = "needed", f"It is required by {names}."
        start = int(self.starts[i])
        return Reason(item.key, True, kind, text, start, -value, loss, with_it=along, goals=goals, scenarios=scenarios)

    def _parts(self, without: Ints) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Goals and scenarios that carry most of the difference to a plan without some initiatives."""
        change = (residuals(self.c, without) - residuals(self.c, self.starts)).sum(axis=0) * self.c.price
        g = self.c.goals
        goals = [Part(x.key, x.name, float(v)) for x, v in zip(self.problem.goals, change[:g], strict=True)]
        scenarios = [Part(x.key, x.name, float(v)) for x, v in zip(self.problem.scenarios, change[g:], strict=True)]
        return _largest(goals), _largest(scenarios)

    def left_out(self, i: int) -> Reason:
        item, c = self.problem.initiatives[i], self.c
        if item.dropped_by:
            who = " and the ".join(x.upper() for x in item.dropped_by)
            return Reason(item.key, False, "dropped", f"It was dropped by the {who}.")
        if c.first[i] > c.last[i]:
            end = self.problem.quarter(c.horizon - 1)
            return Reason(
                item.key, False, "window",
                f"It takes {item.duration} quarters and cannot be finished by {end} within its window.",
            )  # fmt: skip
        if against := [k for k in c.excludes[i] if self.starts[k] >= 0]:
            names = ", ".join(self._name(k) for k in against)
            sizes = item.group and all(self.problem.initiatives[k].group == item.group for k in against)
            why = f"another size of {item.group}" if sizes else "and excludes it"
            text = f"{names} is in the plan{', ' if sizes else ' '}{why}."
            return self._beside(i, "excluded", text, against)
        needs = list(zip(item.requires, c.requires[i], strict=True))
        if missing := [(name, any_of) for name, any_of in needs if all(self.starts[k] < 0 for k in any_of)]:
            names = ", ".join(self.problem.title(name) for name, _ in missing)
            absent = [k for _, any_of in missing for k in any_of]
            return self._beside(i, "prerequisite", f"It requires {names}, which is not in the plan.", absent)
        held = [k for _, any_of in needs for k in any_of if self.starts[k] >= 0]
        ready = max([int(self.starts[k] + c.duration[k]) for k in held], default=0)
        if ready > c.last[i]:
            late = [k for k in held if self.starts[k] + c.duration[k] > c.last[i]]
            names = ", ".join(self._name(k) for k in late)
            return self._beside(i, "prerequisite", f"{names} is finished too late for its latest start.", late)
        return self._resources(i, max(ready, int(c.first[i])))

    def _put(self, i: int, start: int) -> tuple[float, float]:
        with_it = self.starts.copy()
        with_it[i] = start
        return self._change(with_it)

    def _beside(self, i: int, kind: Kind, text: str, blockers: list[int]) -> Reason:
        start = int(self.c.first[i])
        value, loss = self._put(i, start)
        keys = tuple(self.problem.initiatives[k].key for k in blockers)
        return Reason(self.problem.initiatives[i].key, False, kind, text, start, value, loss, blockers=keys)

    def _resources(self, i: int, first: int) -> Reason:
        c, key = self.c, self.problem.initiatives[i].key
        quarters = np.arange(first, int(c.last[i]) + 1)
        lack = c.usage[i, quarters] - self.room
        lack = np.where(lack > FLOAT_NOISE * np.maximum(c.limits, 1e-3), lack, 0.0)
        weight = (lack / np.maximum(c.limits, 1e-9)).sum(axis=1) if lack.shape[1] else np.zeros(len(quarters))
        at = int(np.argmin(weight))
        start = int(quarters[at])
        value, loss = self._put(i, start)
        if weight[at] > 0:
            short = tuple(self._shortage(c.resources[r], float(lack[at, r])) for r in np.flatnonzero(lack[at]))
            parts = "; ".join(_words(s) for s in short)
            text = f"Beside this plan it fits at best in {self.problem.quarter(start)}, where it lacks {parts}."
            return Reason(key, False, "short", text, start, value, loss, short)
        if value <= 0 and loss >= 0:
            kind: Kind = "adds loss" if loss > 0 else "no effect"
            text = "It would fit, but it adds no value and no safety in this plan."
            if loss > 0:
                text = "It would fit, but it adds loss and no value."
            return Reason(key, False, kind, text, start, value, loss)
        if loss > 0:
            text = "It would fit; the value that it adds is not worth the loss that it adds."
            return Reason(key, False, "adds loss", text, start, value, loss)
        text = "It would fit; putting it in leaves less room for what is worth more."
        return Reason(key, False, "not worth it", text, start, value, loss)

    def _shortage(self, resource: Resource, amount: float) -> Shortage:
        return Shortage(resource.kind, resource.label(self.problem), amount, resource.limit)


def _largest(parts: list[Part]) -> tuple[Part, ...]:
    """The few largest that bring at least a fifth of what all of them bring."""
    good = [part for part in parts if part.amount > 0]
    least = NAMED_SHARE * sum(part.amount for part in good)
    return tuple(sorted((p for p in good if p.amount >= least), key=lambda p: -p.amount)[:MOST_NAMED])


def _worth(goals: tuple[Part, ...], scenarios: tuple[Part, ...]) -> str:
    """Why it is in, by what it serves most."""
    serves = f"serves most: {', '.join(part.name for part in goals)}" if goals else ""
    guards = f"guards most against: {', '.join(part.name for part in scenarios)}" if scenarios else ""
    if not serves and not guards:
        return "It makes room for what is worth more."
    return f"It {'; it '.join(x for x in (serves, guards) if x)}."


def _words(shortage: Shortage) -> str:
    if shortage.kind == "skill":
        return f"{shortage.amount:.2g} full-time equivalents of {shortage.what}"
    return f"{shortage.amount:,.0f} in the {shortage.what}"


@dataclass(frozen=True, slots=True)
class Forced:
    """What becomes of a plan when an initiative is held in and all else is planned anew, at no more loss.

    The best plan's value changes by something between `value_found` (a plan that was found, `starts`; None
    when none was found in time) and `value_most` (no plan can do better, proved). `leaves` and `enters` are the
    other initiatives that differ in the plan that was found. `possible` is False when it was proved that no
    plan holds it at no more loss.
    """

    key: str
    possible: bool
    value_found: float | None
    value_most: float | None
    starts: Mapping[str, int] | None = None
    leaves: tuple[str, ...] = ()
    enters: tuple[str, ...] = ()


def forced_in(problem: Problem, starts: Mapping[str, int], key: str, seconds: float = 2.0) -> Forced:
    """Plan again with one initiative held in, and bound what that can come to."""
    compiled = compile_problem(problem)
    value, loss = value_and_loss(compiled, compiled.starts(starts))
    items = tuple(
        replace(i, pinned_by=(*i.pinned_by, "what if"), dropped_by=()) if i.key == key else i
        for i in problem.initiatives
    )
    held = replace(problem, initiatives=items)
    if conflict(held) is not None:
        return Forced(key, False, None, None)
    prover = Prover(compile_problem(held))
    aim = Aim(1.0, 0.0, Limits(loss=loss))
    try:
        prover.pursue(aim, time.monotonic() + seconds, 1e-3)
    except NoPlan:
        return Forced(key, False, None, None)
    most = prover.value_bound(loss, aim.limits) - value
    n = prover.best(aim)
    if n is None:
        return Forced(key, True, None, most)
    found = prover.compiled.plan(prover.archive.plans[n])
    return Forced(
        key,
        True,
        prover.archive.values[n] - value,
        max(most, prover.archive.values[n] - value),
        found,
        tuple(sorted(set(starts) - set(found))),
        tuple(sorted(set(found) - set(starts) - {key})),
    )
