"""Finds every fault of a problem before anything is computed: what, where, why and the remedy."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator

from accord.engines.portfolio import quarters
from accord.engines.portfolio.problem import MOST_QUARTERS, SPONSORS, Fault, Initiative, Problem

LONGEST = 12
MOST_YEARS = 5


def faults(problem: Problem) -> list[Fault]:
    """Every fault, in the order of the problem's parts; empty when it can be planned."""
    found = list(_horizon(problem))
    if found:
        return found
    found += _twice("initiative", "key", (i.key for i in problem.initiatives))
    found += _twice("goal", "key", (g.key for g in problem.goals))
    found += _twice("scenario", "key", (s.key for s in problem.scenarios))
    for goal in problem.goals:
        found += _number(f"goal {goal.key}", "weight", goal.weight)
    for scenario in problem.scenarios:
        found += _number(f"scenario {scenario.key}", "loss", scenario.loss)
        found += _range(f"scenario {scenario.key}", "loss_range", scenario.loss_range, holds=scenario.loss)
    found += _currencies(problem)
    found += _budgets(problem)
    found += _capacities(problem)
    keys = {i.key for i in problem.initiatives}
    goals, scenarios = {g.key for g in problem.goals}, {s.key for s in problem.scenarios}
    found += _groups(problem, keys)
    able = keys | {i.group for i in problem.initiatives if i.group}
    for initiative in problem.initiatives:
        found += _shape(initiative)
        found += _costs(initiative)
        found += _people(initiative)
        found += _serves(initiative, goals, scenarios)
        found += _growth(initiative)
        found += _relations(initiative, keys, able)
    return found or list(_circles(problem))


def _horizon(problem: Problem) -> Iterator[Fault]:
    if not 1 <= problem.quarters <= MOST_QUARTERS:
        yield Fault("horizon", "quarters", f"{problem.quarters} quarters.", f"Use 1 to {MOST_QUARTERS}.")
    try:
        quarters.ordinal(problem.first_quarter)
    except ValueError as error:
        yield Fault("horizon", "first_quarter", str(error), "")


def _twice(what: str, field: str, keys: Iterable[Hashable]) -> Iterator[Fault]:
    seen: set[Hashable] = set()
    for key in keys:
        if key in seen:
            yield Fault(f"{what} {key}", field, "It is there twice.", "Keep one of them.")
        seen.add(key)


def _number(subject: str, field: str, value: float, low: float = 0.0, high: float = math.inf) -> Iterator[Fault]:
    if not math.isfinite(value):
        yield Fault(subject, field, "It is not a number.", "State it; what is unknown cannot be planned with.")
    elif not low <= value <= high:
        bounds = f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        yield Fault(subject, field, f"{value:g} is out of range.", f"Use a number {bounds}.")


def _range(
    subject: str, field: str, ends: tuple[float, ...] | None, low: float = 0.0, high: float = math.inf,
    holds: float | None = None,
) -> Iterator[Fault]:  # fmt: skip
    """Faults of an interval: two numbers in order, within bounds, around the value that they belong to."""
    if ends is None:
        return
    if len(ends) != 2:
        yield Fault(subject, field, f"{len(ends)} numbers.", "Give two: what one in twenty stays below and exceeds.")
        return
    wrong = [fault for end in ends for fault in _number(subject, field, end, low, high)]
    yield from wrong
    if wrong:
        return
    if ends[0] > ends[1]:
        yield Fault(
            subject, field, f"{ends[0]:g} to {ends[1]:g} is the wrong way round.", "Put the lower number first."
        )
    elif holds is not None and not ends[0] <= holds <= ends[1]:
        reason = f"{holds:g}, which is planned with, lies outside of {ends[0]:g} to {ends[1]:g}."
        yield Fault(subject, field, reason, "Widen the interval or correct the value.")


def _currencies(problem: Problem) -> Iterator[Fault]:
    """Every part that names another currency than the first one that is named."""
    parts = [(f"budget {b.year}", b.currency) for b in problem.budgets]
    parts += [(f"scenario {s.key}", s.currency) for s in problem.scenarios]
    parts += [(f"initiative {i.key}", c.currency) for i in problem.initiatives for c in i.costs]
    named = [(subject, currency) for subject, currency in parts if currency]
    for subject, currency in dict.fromkeys(named):
        if currency != named[0][1]:
            reason = f"It is in {currency}, {named[0][0]} in {named[0][1]}."
            yield Fault(subject, "currency", reason, "Convert all money to one currency.")


def _groups(problem: Problem, keys: set[str]) -> Iterator[Fault]:
    for group in sorted({i.group for i in problem.initiatives if i.group} & keys):
        yield Fault(f"group {group}", "group", "An initiative has this key.", "Give the group another name.")


def _growth(initiative: Initiative) -> Iterator[Fault]:
    subject = f"initiative {initiative.key}"
    if len(initiative.ramp) > LONGEST:
        yield Fault(subject, "ramp", f"{len(initiative.ramp)} quarters.", f"Use at most {LONGEST}.")
    wrong = False
    for n, share in enumerate(initiative.ramp, 1):
        for fault in _number(subject, f"ramp in quarter {n}", share, 0.0, 1.0):
            wrong = True
            yield fault
    if not wrong and list(initiative.ramp) != sorted(initiative.ramp):
        yield Fault(subject, "ramp", "Its shares fall.", "List rising shares: a benefit grows up to 1 and stays.")
    for field in ("cost_range", "benefit_range"):
        yield from _range(subject, field, getattr(initiative, field), holds=1.0)


def _budgets(problem: Problem) -> Iterator[Fault]:
    yield from _twice("budget", "year", (b.year for b in problem.budgets))
    for budget in problem.budgets:
        yield from _number(f"budget {budget.year}", "capital", budget.capital)
        yield from _number(f"budget {budget.year}", "running", budget.running)
    given = {b.year for b in problem.budgets}
    for year in problem.years:
        if year not in given:
            yield Fault(
                f"budget {year}", "year", "The horizon reaches into a year without a budget.",
                f"Add a budget for {year} (0 if there is none), or shorten the horizon.",
            )  # fmt: skip


def _capacities(problem: Problem) -> Iterator[Fault]:
    yield from _twice("capacity", "skill and quarter", ((c.skill, c.quarter) for c in problem.capacities))
    given: dict[str, set[str]] = {}
    for capacity in problem.capacities:
        subject = f"capacity of {capacity.skill} in {capacity.quarter}"
        yield from _quarter(subject, "quarter", capacity.quarter)
        yield from _number(subject, "fte", capacity.fte)
        given.setdefault(capacity.skill, set()).add(capacity.quarter)
    horizon = [problem.quarter(q) for q in range(problem.quarters)]
    for skill in sorted({n.skill for i in problem.initiatives for n in i.people if n.fte}):
        missing = [q for q in horizon if q not in given.get(skill, ())]
        if missing:
            yield Fault(
                f"capacity of {skill}", "quarter", f"It is not stated for {', '.join(missing)}.",
                "State how many full-time equivalents are free (0 if none) in every quarter of the horizon.",
            )  # fmt: skip


def _quarter(subject: str, field: str, text: str | None) -> Iterator[Fault]:
    if text is None:
        return
    try:
        quarters.ordinal(text)
    except ValueError as error:
        yield Fault(subject, field, str(error), "")


def _shape(initiative: Initiative) -> Iterator[Fault]:
    subject = f"initiative {initiative.key}"
    if initiative.sponsor not in SPONSORS:
        yield Fault(subject, "sponsor", f"“{initiative.sponsor}” is none.", "Use cio or ciso.")
    if not 1 <= initiative.duration <= LONGEST:
        yield Fault(subject, "duration", f"{initiative.duration} quarters.", f"Use 1 to {LONGEST}.")
    wrong = False
    for field in ("earliest", "latest", "pinned_start"):
        for fault in _quarter(subject, field, getattr(initiative, field)):
            wrong = True
            yield fault
    if not wrong and initiative.earliest and initiative.latest and initiative.latest < initiative.earliest:
        yield Fault(subject, "latest", "It is before the earliest start.", "Correct one of the two.")


def _costs(initiative: Initiative) -> Iterator[Fault]:
    subject = f"initiative {initiative.key}"
    years = sorted(c.year for c in initiative.costs)
    if years != list(range(1, len(years) + 1)) or len(years) > MOST_YEARS:
        yield Fault(
            subject, "costs", f"Its years are {', '.join(map(str, years))}.",
            f"List each year once, from 1 on without a gap (at most {MOST_YEARS}; 0 where nothing is paid).",
        )  # fmt: skip
    for cost in initiative.costs:
        yield from _number(subject, f"capital of year {cost.year}", cost.capital)
        yield from _number(subject, f"running cost of year {cost.year}", cost.running)


def _people(initiative: Initiative) -> Iterator[Fault]:
    subject = f"initiative {initiative.key}"
    yield from _twice(f"{subject}, people", "quarter and skill", ((n.quarter, n.skill) for n in initiative.people))
    for need in initiative.people:
        if not 1 <= need.quarter <= LONGEST:
            yield Fault(subject, "people", f"Quarter {need.quarter}.", f"Use 1 to {LONGEST} from its own start.")
        yield from _number(subject, f"{need.skill} in quarter {need.quarter}", need.fte)


def _serves(initiative: Initiative, goals: set[str], scenarios: set[str]) -> Iterator[Fault]:
    subject = f"initiative {initiative.key}"
    yield from _twice(f"{subject}, goal", "contributions", (c.goal for c in initiative.contributions))
    yield from _twice(f"{subject}, scenario", "effects", (e.scenario for e in initiative.effects))
    for part in initiative.contributions:
        if part.goal not in goals:
            yield Fault(subject, "contributions", f"There is no goal “{part.goal}”.", "Add it or correct the key.")
        yield from _number(subject, f"contribution to {part.goal}", part.share, 0.0, 1.0)
        yield from _range(subject, f"range of {part.goal}", part.share_range, 0.0, 1.0, part.share)
    for effect in initiative.effects:
        if effect.scenario not in scenarios:
            reason = f"There is no scenario “{effect.scenario}”."
            yield Fault(subject, "effects", reason, "Add it or correct the key.")
        if effect.frequency is None and effect.magnitude is None:
            yield Fault(
                subject, f"effect on {effect.scenario}", "Neither frequency nor magnitude is stated.",
                "State one of them, or take the effect out.",
            )  # fmt: skip
        for side in ("frequency", "magnitude"):
            if (share := getattr(effect, side)) is not None:
                yield from _number(subject, f"{side} of {effect.scenario}", share, -1.0, 1.0)
            ends = getattr(effect, f"{side}_range")
            yield from _range(subject, f"range of the {side} of {effect.scenario}", ends, -1.0, 1.0, share)
            if ends is not None and share is None:
                yield Fault(subject, f"range of the {side} of {effect.scenario}", "There is no value in it.",
                            f"State the {side}, or take the range out.")  # fmt: skip


def _relations(initiative: Initiative, keys: set[str], able: set[str]) -> Iterator[Fault]:
    """`able` are the keys and the groups: either can be required."""
    subject = f"initiative {initiative.key}"
    if initiative.group and initiative.group in initiative.requires:
        yield Fault(subject, "requires", "It requires its own group.", "Name another initiative or group.")
    for field, known in (("requires", able), ("excludes", keys)):
        for other in getattr(initiative, field):
            if other not in known:
                yield Fault(subject, field, f"There is no initiative “{other}”.", "Add it or correct the key.")
            if other == initiative.key:
                yield Fault(subject, field, "It names itself.", "Name another initiative.")
    for other in sorted(set(initiative.requires) & set(initiative.excludes)):
        yield Fault(subject, "excludes", f"It requires and excludes {other}.", "Keep one of the two.")


def _circles(problem: Problem) -> Iterator[Fault]:
    """A circle of prerequisites that no choice of sizes avoids."""
    sizes: dict[str, list[str]] = {}
    for item in problem.initiatives:
        if item.group:
            sizes.setdefault(item.group, []).append(item.key)
    keys = {i.key for i in problem.initiatives}
    needs = {i.key: [[k] if k in keys else sizes[k] for k in i.requires] for i in problem.initiatives}
    able: set[str] = set()
    while grown := {k for k in needs.keys() - able if all(able & set(any_of) for any_of in needs[k])}:
        able |= grown
    # Whatever is left waits for something that is left, too: walking along it ends in a circle.
    here = next((k for k in needs if k not in able), None)
    if here is None:
        return
    path: list[str] = []
    while here not in path:
        path.append(here)
        here = next(any_of[0] for any_of in needs[here] if not able & set(any_of))
    circle = " → ".join([*path[path.index(here) :], here])
    yield Fault(
        f"initiative {here}",
        "requires",
        f"Prerequisites run in a circle: {circle}.",
        "Take out one of these relations.",
    )
