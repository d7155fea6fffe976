"""Reads over the chain goal → capability → system → asset, and what is still unknown about the estate."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet

from accord.estate.models import CapabilitySystem, System
from accord.organization.models import GoalCapability
from accord.organization.selectors import WeightedGoal, weighted_goals


@dataclass(slots=True)
class Carried:
    """What a system carries: `weight` of all goals (0–1; None = a goal's weight is unknown), goal by goal."""

    weight: float | None = 0.0
    goals: dict[str, float | None] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The goals, what each system carries of them, and how much of each goal reaches no system.

    `carried` has an entry for each system that serves a goal. `unassigned[goal]` is 1 − Σ share(goal→capability)
    × share(capability→system) over all capabilities and systems.
    """

    goals: list[WeightedGoal]
    carried: dict[str, Carried]
    unassigned: dict[str, float]

    def weight_of(self, system: str) -> float | None:
        """Weight of goals that a system carries; 0 for one that serves none, None when not known."""
        found = self.carried.get(system)
        return 0.0 if found is None else found.weight

    @property
    def total(self) -> float | None:
        """Weight of goals that reaches a system at all."""
        weights = [c.weight for c in self.carried.values()]
        return None if any(w is None for w in weights) else sum(w for w in weights if w is not None)


def alignment() -> Alignment:
    """The share of each goal, and of all goals' weight, that each system carries. Three queries."""
    links = list(GoalCapability.objects.values_list("goal__key", "capability__key", "share"))
    goals = weighted_goals((goal, float(share)) for goal, _, share in links)
    by_capability: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for capability, system, share in CapabilitySystem.objects.values_list(
        "capability__key", "system__key", "share"
    ):
        by_capability[capability].append((system, float(share)))
    of_goal: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for goal, capability, share in links:
        for system, part in by_capability[capability]:
            of_goal[goal][system] += float(share) * part
    carried: dict[str, Carried] = defaultdict(Carried)
    unassigned: dict[str, float] = {}
    for goal_ in goals:
        shares = of_goal.get(goal_.key, {})
        unassigned[goal_.key] = max(0.0, 1.0 - sum(shares.values()))
        for system, carried_share in shares.items():
            entry = carried[system]
            weight = None if goal_.weight is None else goal_.weight * carried_share
            entry.shares[goal_.key] = carried_share
            entry.goals[goal_.key] = weight
            entry.weight = None if weight is None or entry.weight is None else entry.weight + weight
    return Alignment(goals, dict(carried), unassigned)


@dataclass(frozen=True, slots=True)
class Gap:
    """One fact that nobody has filled in yet: of how many things, and where to see them."""

    noun: str
    column: str
    label: str
    missing: int
    of: int


SYSTEM_FACTS = (
    ("it_owner", "Owner in IT", Q(it_owner=None)),
    ("business_owner", "Business owner", Q(business_owner=None)),
    ("criticality", "Criticality", Q(criticality="")),
    ("reach", "Exposed to", Q(reach="")),
    ("rto_hours", "RTO", Q(rto_hours=None)),
    ("rpo_hours", "RPO", Q(rpo_hours=None)),
    ("cost_per_year", "Cost per year", Q(cost_per_year=None)),
    ("end_of_support", "End of support", Q(end_of_support=None)),
)


def what_to_fill_in(systems: QuerySet[System] | None = None) -> list[Gap]:
    """The unknown facts of systems, the most missing first. One query."""
    base = System.objects.all() if systems is None else systems
    counts = base.aggregate(
        of=Count("pk"), **{f"missing_{name}": Count("pk", filter=q) for name, _, q in SYSTEM_FACTS}
    )
    gaps = [
        Gap("system", name, label, counts[f"missing_{name}"], counts["of"]) for name, label, _ in SYSTEM_FACTS
    ]
    return sorted((gap for gap in gaps if gap.missing), key=lambda gap: -gap.missing)


def lifecycle(today: date, within_days: int = 365) -> list[System]:
    """Systems whose support ends or that are to be retired by then, the past ones included, soonest first."""
    last = date.fromordinal(today.toordinal() + within_days)
    due = System.objects.filter(Q(end_of_support__lte=last) | Q(retire_by__lte=last)).select_related("it_owner")

    def soonest(system: System) -> date:
        return min(d for d in (system.end_of_support, system.retire_by) if d is not None)

    return sorted(due, key=soonest)
