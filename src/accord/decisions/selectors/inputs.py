"""Everything that a plan rests on, read at one moment, as the planner takes it; and what had to be left out.

An unknown is never read as 0: an initiative whose cost is unknown, a goal without a known weight or a scenario
without figures takes no part, and is named with the reason and the remedy.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from accord.core import ledger
from accord.core.errors import Problem as Refusal
from accord.core.errors import Refused
from accord.decisions.evidence import laws_of
from accord.decisions.models import Stance
from accord.organization.selectors import WeightedGoal, weighted_goals
from accord.risk import figures
from accord.risk import selectors as risk
from accord.risk.selectors.inputs import RELEVANT as RISK_NOUNS
from accord.risk.selectors.inputs import Interval, ledger_number
from accord.strategy.models import (
    Budget,
    Capacity,
    Initiative,
    InitiativeCost,
    InitiativeGoal,
    InitiativePeople,
    InitiativeRamp,
    InitiativeRange,
    InitiativeRelation,
)

if TYPE_CHECKING:
    from accord.engines import portfolio

METHOD = "accord.engines.portfolio 2"
RELEVANT = (
    *RISK_NOUNS, "initiative", "initiative_cost", "initiative_people", "initiative_relation", "initiative_goal",
    "initiative_effect", "initiative_range", "initiative_ramp", "budget", "capacity", "stance",
)  # fmt: skip
"""Nouns whose rows go into a plan."""
MOST_QUARTERS = 20
COSTS = "State capital and running cost of each year, or 0."

Heard = Literal["both", "cio", "ciso", "none"]
"""Whose pins and drops a computation keeps."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A thing that takes no part in the plan, why, and what to do."""

    noun: str
    key: str
    name: str
    reason: str
    remedy: str

    @property
    def href(self) -> str:
        return f"/{self.noun}s/{self.key}/"


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """The problem for the planner and what is not in it. `number` is the ledger's when it was read.

    `laws` is what the loss before and after a plan is drawn from (see `evidence.laws_of`).
    """

    problem: portfolio.Problem
    currency: str
    left_out: tuple[LeftOut, ...]
    heard: Heard
    number: int
    laws: dict[str, Any] | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the problem in canonical form."""
        content = {"method": METHOD, "currency": self.currency, "problem": self.problem.to_json()}
        return hashlib.sha256(ledger.canonical(content).encode()).hexdigest()


def collect(heard: Heard = "both") -> PlanInputs:
    """Read the planner's problem; `Refused` names every fault with its remedy. Some twenty queries."""
    from accord.engines.portfolio import Problem, ProblemError
    from accord.ui.format import default_currency

    number = ledger_number()
    left_out: list[LeftOut] = []
    goals = weighted_goals()
    scenarios, effects, laws = _scenarios(left_out)
    first, quarters, budgets = _horizon()
    items = _initiatives(goals, effects, left_out, heard)
    try:
        problem = Problem(
            first_quarter=first,
            quarters=quarters,
            initiatives=tuple(items),
            goals=tuple(_goals(goals, left_out)),
            scenarios=tuple(scenarios),
            budgets=budgets,
            capacities=_capacities(),
        )
    except ProblemError as error:
        raise Refused(*(Refusal(None, f.field, f"{f.subject}: {f.reason}", f.remedy) for f in error.faults)) from error
    return PlanInputs(problem, default_currency(), tuple(left_out), heard, number, laws)


def _horizon() -> tuple[str, int, tuple[portfolio.Budget, ...]]:
    """From the first quarter of the first year with a budget to the last one without a gap, 20 quarters at most."""
    from accord.engines import portfolio

    rows = list(Budget.objects.order_by("year").values_list("year", "capital", "running"))
    if not rows:
        raise Refused(
            Refusal(None, "year", "There is no budget.", "Give at least one calendar year's budget.", "budget")
        )
    first = rows[0][0]
    years = [row for n, row in enumerate(rows) if row[0] == first + n][: MOST_QUARTERS // 4]
    budgets = tuple(portfolio.Budget(year, float(capital), float(running)) for year, capital, running in years)
    return f"{first}-Q1", 4 * len(years), budgets


def _capacities() -> tuple[portfolio.Capacity, ...]:
    from accord.engines import portfolio

    rows = Capacity.objects.order_by("skill", "quarter").values_list("skill", "quarter", "fte")
    return tuple(portfolio.Capacity(skill, quarter, float(fte)) for skill, quarter, fte in rows)


def _goals(goals: Iterable[WeightedGoal], left_out: list[LeftOut]) -> Iterable[portfolio.Goal]:
    from accord.engines import portfolio

    for goal in goals:
        if not goal.is_leaf:
            continue
        if goal.weight is None:
            left_out.append(
                LeftOut("goal", goal.key, goal.name, "Its weight, or one above or beside it, is unknown.",
                        "Give every goal of its branch a weight.")
            )  # fmt: skip
        else:
            yield portfolio.Goal(goal.key, goal.name, goal.weight)


def _scenarios(
    left_out: list[LeftOut],
) -> tuple[list[portfolio.Scenario], dict[str, list[portfolio.Effect]], dict[str, Any]]:
    """Expected loss a year with the controls of today, what initiatives do to it (the middle of each effect), laws."""
    from accord.engines import portfolio
    from accord.engines.loss import expected_loss

    read = risk.collect()[0]
    found = figures.quantify(read)
    for missing in found.missing:
        left_out.append(LeftOut("scenario", missing.key, missing.name, missing.reason, missing.remedy))
    means = expected_loss(found.portfolio).tolist() if found.scenarios else []
    ends = zip(*figures.ends(found), strict=True) if found.scenarios else ()
    scenarios = [
        portfolio.Scenario(s.key, s.name, mean, (min(least, mean), max(most, mean)))
        for s, mean, (least, most) in zip(found.scenarios, means, ends, strict=True)
    ]
    known = {s.key for s in scenarios}
    effects: dict[str, list[portfolio.Effect]] = defaultdict(list)
    reductions = risk.initiative_effects()
    for effect in reductions:
        frequency = None if effect.frequency is None else effect.frequency[figures.MID]
        magnitude = None if effect.magnitude is None else effect.magnitude[figures.MID]
        if effect.scenario in known and (frequency is not None or magnitude is not None):
            effects[effect.key].append(
                portfolio.Effect(
                    effect.scenario, frequency, magnitude, _outer(effect.frequency), _outer(effect.magnitude)
                )
            )
    agreed = risk.appetite_in_force()
    return scenarios, effects, laws_of(found, read, reductions, agreed.frozen["points"] if agreed else None)


def _outer(interval: Interval | None) -> tuple[float, float] | None:
    return None if interval is None else (interval[figures.LOW], interval[figures.HIGH])


def _initiatives(
    goals: list[WeightedGoal],
    effects: Mapping[str, list[portfolio.Effect]],
    left_out: list[LeftOut],
    heard: Heard,
) -> list[portfolio.Initiative]:
    from accord.engines import portfolio

    costs, unknown = _costs()
    people: dict[str, list[portfolio.PeopleNeed]] = defaultdict(list)
    rows = InitiativePeople.objects.order_by("quarter", "skill")
    for key, quarter, skill, fte in rows.values_list("initiative__key", "quarter", "skill", "fte"):
        people[key].append(portfolio.PeopleNeed(quarter, skill, float(fte)))
    relations: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, kind, other in InitiativeRelation.objects.order_by("other__key").values_list(
        "initiative__key", "kind", "other__key"
    ):
        relations[key, kind].append(other)
    serves, stances = _contributions(goals), _stances(heard)
    ramps, ranges = _ramps(unknown), _ranges()
    found = []
    for row in Initiative.objects.order_by("key"):
        if row.key in unknown or row.key not in costs:
            reason, remedy = unknown.get(row.key, ("Its costs are unknown.", COSTS))
            left_out.append(LeftOut("initiative", row.key, row.name, reason, remedy))
            continue
        cost_range, benefit_range = ranges.get(row.key, (None, None))
        found.append(
            portfolio.Initiative(
                row.key, row.name, row.sponsor, row.duration_quarters,  # type: ignore[arg-type]
                row.earliest_start or None, row.latest_start or None, bool(row.mandatory),
                pinned_by=stances.get((row.key, "pin"), ()), dropped_by=stances.get((row.key, "drop"), ()),
                costs=costs[row.key], people=tuple(people[row.key]),
                requires=tuple(relations[row.key, "requires"]), excludes=tuple(relations[row.key, "excludes"]),
                contributions=tuple(portfolio.Contribution(g, s) for g, s in sorted(serves.get(row.key, {}).items())),
                effects=tuple(effects.get(row.key, ())),
                ramp=ramps.get(row.key, ()), group=row.size_of, cost_range=cost_range, benefit_range=benefit_range,
            )
        )  # fmt: skip
    return _without_dangling(found, left_out)


def _ramps(unknown: dict[str, tuple[str, str]]) -> dict[str, tuple[float, ...]]:
    """How benefits grow, by initiative; what has a gap in it is added to `unknown`."""
    found: dict[str, list[float]] = defaultdict(list)
    rows = InitiativeRamp.objects.order_by("initiative__key", "quarter")
    for key, quarter, share in rows.values_list("initiative__key", "quarter", "share"):
        found[key].append(float(share))
        if quarter != len(found[key]):
            reason = f"How its benefits grow is not stated for quarter {len(found[key])} after its finish."
            unknown.setdefault(key, (reason, "State the share of every quarter from 1 on, up to where it is full."))
    return {key: tuple(shares) for key, shares in found.items()}


def _ranges() -> dict[str, tuple[tuple[float, float] | None, tuple[float, float] | None]]:
    """Factors of cost and of benefit by initiative, (low, high); None = nobody has said."""
    rows = InitiativeRange.objects.values_list(
        "initiative__key", "cost_low", "cost_high", "benefit_low", "benefit_high"
    )

    def ends(low: Decimal | None, high: Decimal | None) -> tuple[float, float] | None:
        return None if low is None or high is None else (float(low), float(high))

    return {key: (ends(*row[:2]), ends(*row[2:])) for key, *row in rows}


def _costs() -> tuple[dict[str, tuple[portfolio.YearCost, ...]], dict[str, tuple[str, str]]]:
    """Costs by initiative, and why they are unknown where they are, with the remedy."""
    from accord.engines import portfolio

    found: dict[str, list[portfolio.YearCost]] = defaultdict(list)
    unknown: dict[str, tuple[str, str]] = {}
    rows = InitiativeCost.objects.order_by("year").values_list("initiative__key", "year", "capital", "running")
    for key, year, capital, running in rows:
        if capital is None or running is None:
            side = "capital" if capital is None else "running cost"
            unknown[key] = (f"Its {side} of year {year} is unknown.", COSTS)
        else:
            found[key].append(portfolio.YearCost(year, float(capital), float(running)))
    return {key: tuple(costs) for key, costs in found.items()}, unknown


def _contributions(goals: list[WeightedGoal]) -> dict[str, dict[str, float]]:
    """Initiative → leaf goal → share of its gap that is closed.

    What is said of a goal above holds for each leaf below it; several shares on one leaf multiply what is left.
    Leaves of unknown weight are in no figure.
    """
    below: dict[str | None, list[WeightedGoal]] = defaultdict(list)
    for goal in goals:
        below[goal.parent].append(goal)
    by_key = {goal.key: goal for goal in goals}

    def leaves(goal: WeightedGoal) -> list[WeightedGoal]:
        return [goal] if goal.is_leaf else [leaf for part in below[goal.key] for leaf in leaves(part)]

    found: dict[str, dict[str, float]] = defaultdict(dict)
    rows = InitiativeGoal.objects.order_by("goal__key").values_list("initiative__key", "goal__key", "contribution")
    for initiative, key, share in rows:
        for leaf in leaves(by_key[key]):
            if leaf.weight is not None:
                left = 1.0 - found[initiative].get(leaf.key, 0.0)
                found[initiative][leaf.key] = 1.0 - left * (1.0 - float(share))
    return found


def _stances(heard: Heard) -> dict[tuple[str, str], tuple[str, ...]]:
    """(initiative, "pin" or "drop") → the roles that say so."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    rows = Stance.objects.order_by("role").values_list("initiative__key", "kind", "role")
    for key, kind, role in rows:
        if heard in ("both", role):
            found[key, kind] = (*found.get((key, kind), ()), role)
    return found


def _without_dangling(items: list[portfolio.Initiative], left_out: list[LeftOut]) -> list[portfolio.Initiative]:
    """Leave out what requires something that is left out; forget exclusions of what is not there."""
    from dataclasses import replace

    while True:
        keys = {item.key for item in items}
        hanging = {item.key: other for item in items for other in item.requires if other not in keys}
        if not hanging:
            break
        for item in items:
            if item.key in hanging:
                reason = f"It requires {hanging[item.key]}, which cannot be planned."
                left_out.append(LeftOut("initiative", item.key, item.name, reason, "Complete that one first."))
        items = [item for item in items if item.key not in hanging]
    return [replace(item, excludes=tuple(k for k in item.excludes if k in keys)) for item in items]


def left_out_rows(inputs: PlanInputs) -> list[dict[str, Any]]:
    """What is left out, as plain data."""
    return [{**asdict(one), "href": one.href} for one in inputs.left_out]
