"""The CIO's part of a home: which goals the systems carry, which serve none, whose days are numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from accord.briefing import parts
from accord.briefing.parts import Table, address
from accord.briefing.words import units
from accord.core.statements import Statement
from accord.estate import selectors as estate
from accord.estate.models import System
from accord.estate.selectors import Alignment
from accord.ui import format as write

SHOWN = 8
YEAR = 365


@dataclass(frozen=True, slots=True)
class Idle:
    """A system that serves no goal."""

    key: str
    name: str
    cost: object


def serving_none(aligned: Alignment) -> list[Idle]:
    """Systems that carry no part of any goal, the dearest first, those without a known cost last. One query."""
    rows = System.objects.exclude(key__in=list(aligned.carried)).values_list("key", "name", "cost_per_year")
    found = [Idle(*row) for row in rows]
    return sorted(found, key=lambda row: (row.cost is None, -(row.cost or 0), row.key))  # type: ignore[operator]


def statements(aligned: Alignment, idle: Sequence[Idle], today: date) -> list[Statement]:
    """What the systems carry, and what ends soon. One query."""
    soon = today + timedelta(days=YEAR)
    counts = System.objects.aggregate(
        all=Count("pk"),
        ended=Count("pk", filter=Q(end_of_support__lt=today)),
        ending=Count("pk", filter=Q(end_of_support__gte=today, end_of_support__lte=soon)),
    )
    leaves = [goal for goal in aligned.goals if goal.is_leaf]
    short = [goal for goal in leaves if aligned.unassigned[goal.key] > 0.0005]
    return [
        Statement(
            "alignment.carried", "Weight of goals that systems carry", aligned.total, "%",
            source="Goal weights × shares of capabilities × shares of systems.", query="estate.selectors.alignment",
            href=address("organization:goal_list"),
            note="The rest is not assigned." if aligned.total is not None and aligned.total < 0.9995 else "",
        ),
        Statement(
            "alignment.short", "Goals with a part that no system carries", len(short), units(len(short), "goal"),
            source=f"{len(leaves)} goals without sub-goals.", query="estate.selectors.alignment",
            href=address("organization:goal_capability_list"), tone="warning" if short else "",
        ),
        Statement(
            "alignment.idle", "Systems that serve no goal", len(idle), units(len(idle), "system"),
            source=f"{counts['all']} systems.", query="estate.selectors.alignment",
            href=address("estate:capability_system_list"), tone="warning" if idle else "",
        ),
        Statement(
            "lifecycle.ended", "Systems past the end of their support", counts["ended"], units(counts["ended"],
            "system"),
            source="End of support of each system.", query="estate.System.end_of_support",
            href=address("estate:system_list", support_ends_by=today - timedelta(days=1), sort="end_of_support"),
            tone="danger" if counts["ended"] else "",
            note=f"{counts['ending']} more within a year." if counts["ending"] else "",
        ),
    ]  # fmt: skip


def goals(aligned: Alignment) -> Table:
    """The heaviest goals, how much of each reaches systems, and on how many systems it hangs."""
    leaves = sorted((goal for goal in aligned.goals if goal.is_leaf), key=lambda g: (-(g.weight or 0.0), g.key))
    bearers = {goal.key: 0 for goal in leaves}
    for carried in aligned.carried.values():
        for key in carried.shares:
            bearers[key] = bearers.get(key, 0) + 1
    return parts.table(
        "goals", "Goals and what carries them", ("Goal", "Weight", "Carried", "Systems"),
        [
            (
                parts.text(goal.name, address("organization:goal_detail", goal.key)),
                parts.percent(goal.weight),
                parts.percent(1.0 - aligned.unassigned[goal.key]),
                parts.count(bearers[goal.key]),
            )
            for goal in leaves[:SHOWN]
        ],
        "No goals are there yet. Import the table goal.", address("organization:goal_list"),
    )  # fmt: skip


def idle_table(idle: Sequence[Idle]) -> Table:
    return parts.table(
        "idle", "Systems that serve no goal", ("System", "Cost a year"),
        [
            (parts.text(row.name, address("estate:system_detail", row.key)), parts.money(row.cost))
            for row in idle[:SHOWN]
        ],
        "Every system serves a goal.", address("estate:capability_system_list"),
        note=f"{len(idle) - SHOWN} more." if len(idle) > SHOWN else "",
    )  # fmt: skip


def lifecycle(today: date, aligned: Alignment, systems: Sequence[System] | None = None) -> Table:
    """What ends within a year, the soonest first. One query unless the systems are given."""
    due = estate.lifecycle(today, YEAR) if systems is None else list(systems)
    return parts.table(
        "lifecycle", "Dates that come", ("System", "Day", "Goals"),
        [_due(system, today, aligned) for system in due[:SHOWN]],
        "No support ends and nothing is to be retired within a year.",
        address("estate:system_list", support_ends_by=today + timedelta(days=YEAR), sort="end_of_support"),
        note=f"{len(due) - SHOWN} more." if len(due) > SHOWN else "",
    )  # fmt: skip


def _due(system: System, today: date, aligned: Alignment) -> tuple[parts.Cell, ...]:
    dates = [(system.end_of_support, "support ends"), (system.retire_by, "to retire")]
    when, what = min((when, what) for when, what in dates if when is not None)
    if when < today:
        what = {"support ends": "support ended", "to retire": "overdue to retire"}[what]
    return (
        parts.text(system.name, address("estate:system_detail", system.key), what),
        parts.day(when),
        parts.percent(aligned.weight_of(system.key)),
    )


def to_fill_in(gaps: Sequence[estate.Gap]) -> Table:
    return parts.table(
        "unknown", "Not known yet", ("Fact", "Systems without it"),
        [(parts.text(gap.label), parts.text(f"{write.number(gap.missing)} of {write.number(gap.of)}")) for gap in gaps],
        "Every fact of every system is known.", address("estate:system_list"),
    )  # fmt: skip
