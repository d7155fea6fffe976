"""The independent checker: walks a plan quarter by quarter with exact fractions, without the planner's arrays.

Every plan passes through it before it is returned or shown, so that a mistake in the model, in a cut or in a
solver's tolerance shows as a violation and never as a plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from accord.engines.portfolio.problem import Initiative, Problem

ROUNDING = Fraction(1, 10**9)
"""Relative excess that is the rounding of decimal amounts to binary numbers."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a plan breaks: `kind` names the rule, `subject` the thing, `excess` by how much (None = n/a)."""

    kind: str
    subject: str
    message: str
    excess: float | None = None

    def __str__(self) -> str:
        return self.message


def check(problem: Problem, plan: Mapping[str, int]) -> list[Violation]:
    """Every violation of a plan (key → index of its first quarter); empty when it keeps all rules."""
    known = {i.key: i for i in problem.initiatives}
    found = [Violation("unknown", key, f"There is no initiative “{key}”.") for key in plan if key not in known]
    held = {key: start for key, start in plan.items() if key in known}
    for item in problem.initiatives:
        if item.key in held:
            found += _window(problem, item, held[item.key])
            found += _relations(known, item, held)
        elif item.must:
            found.append(Violation("must", item.key, f"{item.key} must be in every plan and is not."))
    found += _sizes(problem, held)
    found += _money(problem, known, held)
    found += _people(problem, known, held)
    return found


def _window(problem: Problem, item: Initiative, start: int) -> list[Violation]:
    found = []
    quarter = problem.quarter(start)

    def broken(kind: str, why: str) -> None:
        found.append(Violation(kind, item.key, f"{item.key} starts in {quarter}: {why}."))

    if start < 0 or start + item.duration > problem.quarters:
        broken("horizon", f"with {item.duration} quarters it does not fit into the horizon")
    if item.earliest and quarter < item.earliest:
        broken("earliest", f"its earliest start is {item.earliest}")
    if item.latest and quarter > item.latest:
        broken("latest", f"its latest start is {item.latest}")
    if item.pinned_start and quarter != item.pinned_start:
        broken("pinned", f"it is pinned to {item.pinned_start}")
    if item.dropped_by:
        broken("dropped", f"it was dropped by {', '.join(item.dropped_by)}")
    return found


def _relations(known: Mapping[str, Initiative], item: Initiative, held: Mapping[str, int]) -> list[Violation]:
    found = []
    for key in item.requires:
        able = [key] if key in known else [other.key for other in known.values() if other.group == key]
        taken = [k for k in able if k in held]
        if not taken:
            found.append(Violation("requires", item.key, f"{item.key} requires {key}, which is not in the plan."))
        elif all(held[k] + known[k].duration > held[item.key] for k in taken):
            found.append(
                Violation("requires", item.key, f"{item.key} starts before {key}, which it requires, is finished.")
            )
    for key in item.excludes:
        if key in held:
            found.append(Violation("excludes", item.key, f"{item.key} and {key} exclude each other."))
    return found


def _sizes(problem: Problem, held: Mapping[str, int]) -> list[Violation]:
    taken: dict[str, list[str]] = defaultdict(list)
    for item in problem.initiatives:
        if item.group and item.key in held:
            taken[item.group].append(item.key)
    return [
        Violation("sizes", group, f"{' and '.join(keys)} are sizes of {group}: at most one of them.")
        for group, keys in taken.items()
        if len(keys) > 1
    ]


def _own_years(item: Initiative) -> Mapping[int, tuple[Fraction, Fraction]]:
    return {c.year: (Fraction(c.capital), Fraction(c.running)) for c in item.costs}


def _paid(item: Initiative, years: Mapping[int, tuple[Fraction, Fraction]], age: int) -> tuple[Fraction, Fraction]:
    """Capital and running cost in the quarter at `age` (0 = the first) of an initiative with these own years."""
    if not years:
        return Fraction(0), Fraction(0)
    year = age // 4 + 1
    if year > max(years):
        return Fraction(0), years[max(years)][1] / 4
    capital, running = years[year]
    building = [k for k in range(4 * (year - 1), 4 * year) if k < item.duration]
    if not building:
        return capital / 4, running / 4
    return (capital / len(building) if age in building else Fraction(0)), running / 4


def _over(used: Fraction, limit: float) -> Fraction | None:
    excess = used - Fraction(limit)
    return excess if excess > ROUNDING * max(Fraction(limit), Fraction(1, 1000)) else None


def _money(problem: Problem, known: Mapping[str, Initiative], held: Mapping[str, int]) -> list[Violation]:
    used: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    years = [int(problem.quarter(quarter).partition("-")[0]) for quarter in range(problem.quarters)]
    for key, start in held.items():
        own = _own_years(known[key])
        for quarter in range(max(start, 0), problem.quarters):
            capital, running = _paid(known[key], own, quarter - start)
            for kind, amount in (("capital", capital), ("running", running)):
                if amount:
                    used[kind, years[quarter]] += amount
    found = []
    limits = {b.year: b for b in problem.budgets}
    for (kind, year), amount in sorted(used.items()):
        excess = _over(amount, getattr(limits[year], kind))
        if excess is not None:
            message = f"The {kind} budget of {year} is exceeded by {float(excess):,.2f}."
            found.append(Violation(kind, str(year), message, float(excess)))
    return found


def _people(problem: Problem, known: Mapping[str, Initiative], held: Mapping[str, int]) -> list[Violation]:
    used: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for key, start in held.items():
        for need in known[key].people:
            at = start + need.quarter - 1
            if 0 <= at < problem.quarters:
                used[need.skill, problem.quarter(at)] += Fraction(need.fte)
    free = {(c.skill, c.quarter): c.fte for c in problem.capacities}
    found = []
    for (skill, quarter), amount in sorted(used.items()):
        excess = _over(amount, free.get((skill, quarter), 0.0))
        if excess is not None:
            message = f"{skill} in {quarter} is short by {float(excess):g} full-time equivalents."
            found.append(Violation("skill", f"{skill} {quarter}", message, float(excess)))
    return found
