"""Plans that one compares with: the budget split in two, and initiatives ranked by return on security investment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from accord.engines.portfolio.archive import Archive
from accord.engines.portfolio.compiled import Compiled, Ints, compile_problem, spread
from accord.engines.portfolio.conflict import Infeasible
from accord.engines.portfolio.evaluate import Spending, spending, value_and_loss
from accord.engines.portfolio.problem import Initiative, Problem, Sponsor
from accord.engines.portfolio.prove import Prover
from accord.engines.portfolio.search import Search
from accord.engines.portfolio.solve import NotFound, solve

LEAST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Reference:
    """A plan by a simpler rule. `starts` None = the rule gives no plan; `reason` says why."""

    name: str
    starts: Mapping[str, int] | None
    value: float | None = None
    loss: float | None = None
    reason: str = ""


def _reference(name: str, compiled: Compiled, starts: Mapping[str, int]) -> Reference:
    value, loss = value_and_loss(compiled, compiled.starts(starts))
    return Reference(name, dict(starts), value, loss)


def return_on_security(compiled: Compiled, i: int) -> float | None:
    """(avoided loss − cost) / cost over the horizon, if the initiative alone began as early as it can.

    None when it avoids no loss or cannot start; infinite when it costs nothing.
    """
    start = int(compiled.first[i])
    if start > compiled.last[i] or compiled.banned[i]:
        return None
    alone = np.full(compiled.size, -1, dtype=np.int64)
    alone[i] = start
    avoided = compiled.loss_today - value_and_loss(compiled, alone)[1]
    if avoided <= 0:
        return None
    capital, running = spread(compiled.problem.initiatives[i], compiled.horizon - start)
    cost = float(capital.sum() + running.sum())
    return (avoided - cost) / cost if cost else float("inf")


def by_return(prover: Prover) -> Reference:
    """Mandatory initiatives, then the others by falling return, each at its first start that still fits."""
    compiled = prover.compiled
    search = Search(compiled, Archive())
    if not search.place_must():
        return Reference("ROSI ranking", None, reason="What is mandatory does not fit one after the other.")
    rated = [(r, i) for i in range(compiled.size) if (r := return_on_security(compiled, i)) is not None]
    for _, i in sorted(rated, key=lambda pair: (-pair[0], pair[1])):
        if search.starts[i] < 0:
            search.insert(i)
    return _reference("ROSI ranking", compiled, compiled.plan(search.starts))


def _needed(problem: Problem, sponsor: Sponsor) -> set[str]:
    """The initiatives of one sponsor and all that they require."""
    found: set[str] = set()
    open_ = [item.key for item in problem.initiatives if item.sponsor == sponsor]
    while open_:
        key = open_.pop()
        if key not in found:
            found.add(key)
            open_ += [k for required in problem.initiative(key).requires for k in problem.any_of(required)]
    return found


def _only(problem: Problem, keys: set[str], pins: Mapping[str, int]) -> Problem:
    """The problem of these initiatives: `pins` are fixed to a start, of the others none must be in the plan."""

    def item(it: Initiative) -> Initiative:
        kept = replace(it, excludes=tuple(k for k in it.excludes if k in keys))
        start = problem.quarter(pins[it.key]) if it.key in pins else None
        return replace(kept, mandatory=False, pinned_by=(), pinned_start=start)

    return replace(problem, initiatives=tuple(item(i) for i in problem.initiatives if i.key in keys))


def must_first(compiled: Compiled) -> Ints | None:
    """Starts of what every plan must hold, each as early as it fits; None when that does not work out."""
    search = Search(compiled, Archive())
    for i in np.flatnonzero(compiled.must).tolist():
        if search.starts[i] < 0 and not search.insert(i):
            search.clear()
            return search.starts if search.place_must() else None
    return search.starts


def split_in_two(problem: Problem, seconds: float, cancelled: Callable[[], bool]) -> Reference:
    """What is mandatory or pinned is paid first; half of what is left of every budget and skill goes to each.

    The CIO chooses for value from his own initiatives (with what they require), then the CISO for loss from
    hers, beside the CIO's plan. What both need is paid by the first who takes it.
    """
    name = "Budget split in two"
    limit = max(seconds / 2, LEAST_SECONDS)
    compiled = compile_problem(problem)
    held = must_first(compiled)
    if held is None:
        return Reference(name, None, reason="What is mandatory does not fit one after the other.")
    fixed = compiled.plan(held)
    try:
        taken = spending(problem, fixed)
        first = solve(_half(problem, taken, taken, fixed, "cio"), "value", None, limit, 0.005, cancelled)
        both = _half(problem, taken, spending(problem, first.starts), first.starts, "ciso")
        second = solve(both, "loss", None, limit, 0.005, cancelled)
    except (Infeasible, NotFound) as error:
        return Reference(name, None, reason=str(error))
    return _reference(name, compiled, second.starts)


def _half(problem: Problem, must: Spending, taken: Spending, pins: Mapping[str, int], sponsor: Sponsor) -> Problem:
    """One executive's own question: half of what `must` leaves, beside what is `taken` already."""
    budgets = tuple(
        replace(
            b,
            capital=taken.capital.get(b.year, 0.0) + (b.capital - must.capital.get(b.year, 0.0)) / 2,
            running=taken.running.get(b.year, 0.0) + (b.running - must.running.get(b.year, 0.0)) / 2,
        )
        for b in problem.budgets
    )
    people = tuple(
        replace(
            c,
            fte=_used(problem, taken.people, c.skill, c.quarter)
            + (c.fte - _used(problem, must.people, c.skill, c.quarter)) / 2,
        )
        for c in problem.capacities
    )
    own = _needed(problem, sponsor)
    return _only(replace(problem, budgets=budgets, capacities=people), own | set(pins), pins)


def _used(problem: Problem, people: Mapping[str, list[float]], skill: str, quarter: str) -> float:
    at = problem.index(quarter)
    return people[skill][at] if 0 <= at < problem.quarters else 0.0
