"""Plans that one compares with: the budget split in two, and initiatives ranked by return on security investment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from accord.engines.portfolio.compiled import Compiled, compile_problem, spread
from accord.engines.portfolio.conflict import Infeasible
from accord.engines.portfolio.evaluate import spending, value_and_loss
from accord.engines.portfolio.problem import Initiative, Problem, Sponsor
from accord.engines.portfolio.prove import Prover
from accord.engines.portfolio.search import Archive, Search
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
    quarters = compiled.horizon - start - int(compiled.duration[i])
    scenarios = slice(compiled.goals, None)
    avoided = float(((1.0 - compiled.remaining[scenarios, i]) * compiled.price[scenarios]).sum()) * quarters
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


def _halved(problem: Problem) -> Problem:
    budgets = tuple(replace(b, capital=b.capital / 2, running=b.running / 2) for b in problem.budgets)
    people = tuple(replace(c, fte=c.fte / 2) for c in problem.capacities)
    return replace(problem, budgets=budgets, capacities=people)


def _needed(problem: Problem, sponsor: Sponsor) -> set[str]:
    """The initiatives of one sponsor and all that they require."""
    found: set[str] = set()
    open_ = [item.key for item in problem.initiatives if item.sponsor == sponsor]
    while open_:
        key = open_.pop()
        if key not in found:
            found.add(key)
            open_ += problem.initiative(key).requires
    return found


def _only(problem: Problem, keys: set[str], free: set[str], pins: Mapping[str, int]) -> Problem:
    """The problem of these initiatives: those in `free` need not be in the plan, `pins` are fixed to a start."""

    def item(it: Initiative) -> Initiative:
        kept = replace(it, excludes=tuple(k for k in it.excludes if k in keys))
        if it.key in pins:
            return replace(kept, pinned_start=problem.quarter(pins[it.key]))
        if it.key in free:
            return replace(kept, mandatory=False, pinned_by=(), pinned_start=None)
        return kept

    return replace(problem, initiatives=tuple(item(i) for i in problem.initiatives if i.key in keys))


def split_in_two(problem: Problem, seconds: float, cancelled: Callable[[], bool]) -> Reference:
    """Each executive plans alone with half of every budget and every skill.

    The CIO chooses for value from his own initiatives (with what they require), then the CISO for loss from
    hers, beside the CIO's plan. What both need is paid by the first who takes it.
    """
    name = "Budget split in two"
    own, hers = _needed(problem, "cio"), _needed(problem, "ciso")
    foreign = {k for k in own if problem.initiative(k).sponsor != "cio"}
    limit = max(seconds / 2, LEAST_SECONDS)
    try:
        first = solve(_only(_halved(problem), own, foreign, {}), "value", None, limit, 0.005, cancelled)
        taken = spending(problem, first.starts)
        half = _halved(problem)
        budgets = tuple(
            replace(b, capital=b.capital + taken.capital.get(b.year, 0.0),
                    running=b.running + taken.running.get(b.year, 0.0)) for b in half.budgets
        )  # fmt: skip
        people = tuple(
            replace(c, fte=c.fte + _used(problem, taken.people, c.skill, c.quarter)) for c in half.capacities
        )
        beside = replace(half, budgets=budgets, capacities=people)
        foreign = {k for k in hers if problem.initiative(k).sponsor != "ciso"}
        both = _only(beside, hers | set(first.starts), foreign, first.starts)
        second = solve(both, "loss", None, limit, 0.005, cancelled)
    except (Infeasible, NotFound) as error:
        return Reference(name, None, reason=f"With half of everything: {error}")
    return _reference(name, compile_problem(problem), second.starts)


def _used(problem: Problem, people: Mapping[str, list[float]], skill: str, quarter: str) -> float:
    at = problem.index(quarter)
    return people[skill][at] if 0 <= at < problem.quarters else 0.0
