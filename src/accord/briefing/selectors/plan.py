"""How far the plan in force is: state, dates and money of each initiative, forecast beside actual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery, Sum

from accord.briefing.draft import MOST_INITIATIVES, InitiativeRow
from accord.briefing.parts import address
from accord.briefing.words import units
from accord.decisions.models import ActualCost, Decision
from accord.decisions.selectors.tracking import first_day, last_day
from accord.strategy.models import Initiative

SIDES = ("capital", "running")
STATES = ("late", "late to start", "under way", "planned", "done")
"""In the order in which a brief shows them: what needs attention first."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The plan in force as a whole. `planned` is all money of the plan, `spent` what was entered (None = nothing)."""

    rows: tuple[InitiativeRow, ...]
    planned: float
    spent: float | None

    @property
    def note(self) -> str:
        """“12 initiatives: 3 done, 1 late …”"""
        counts = Counter(row.state for row in self.rows)
        parts = [f"{counts[state]} {state}" for state in reversed(STATES) if counts[state]]
        return f"{len(self.rows)} {units(len(self.rows), 'initiative')}: {', '.join(parts)}." if self.rows else ""

    @property
    def shown(self) -> tuple[InitiativeRow, ...]:
        """As many as a brief holds, those that need attention first."""
        return self.rows[:MOST_INITIATIVES]


def progress(decision: Decision, today: date) -> Progress:
    """The initiatives of the decision as it froze them, beside what was recorded since. One query."""
    schedule: list[dict[str, Any]] = decision.frozen["result"].get("schedule", [])
    recorded: QuerySet[Any] = Initiative.objects.filter(key__in=[row["key"] for row in schedule]).annotate(
        **{f"spent_{side}": _sum(ActualCost, side) for side in SIDES}
    )
    names = ("key", "actual_dates__started", "actual_dates__finished", *(f"spent_{side}" for side in SIDES))
    actual = {row["key"]: row for row in recorded.values(*names)}
    rows = [_row(row, actual.get(row["key"], {}), today) for row in schedule]
    rows.sort(key=lambda row: (STATES.index(row.state), row.due, row.key))
    spent = [row.spent for row in rows if row.spent is not None]
    return Progress(tuple(rows), sum(row.planned or 0.0 for row in rows), sum(spent) if spent else None)


def _sum(model: type[Model], side: str) -> Subquery:
    """Sum of one side of the money of an initiative; NULL where nothing of it is known."""
    rows = model._default_manager.filter(initiative=OuterRef("pk")).order_by().values("initiative")
    return Subquery(rows.annotate(total=Sum(side)).values("total"))


def _row(planned: Mapping[str, Any], actual: Mapping[str, Any], today: date) -> InitiativeRow:
    known = [float(actual[name]) for side in SIDES if actual.get(name := f"spent_{side}") is not None]
    return InitiativeRow(
        key=planned["key"], name=planned["name"], state=_state(planned, actual, today), due=planned["finish"],
        planned=float(sum(part[side] for part in planned["money"] for side in SIDES)),
        spent=sum(known) if known else None, href=address("strategy:initiative_detail", planned["key"]),
    )  # fmt: skip


def _state(planned: Mapping[str, Any], actual: Mapping[str, Any], today: date) -> str:
    if actual.get("actual_dates__finished") is not None:
        return "done"
    if actual.get("actual_dates__started") is not None:
        return "late" if today > last_day(planned["finish"]) else "under way"
    return "late to start" if today > first_day(planned["start"]) else "planned"
