"""Deadlines met and missed, capacity, and what is left to fill in before a patch plan can be complete."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from accord.core.models import LedgerEntry
from accord.engines.priority import CODES, Urgency
from accord.estate.models import UnitSystem
from accord.exposure.models import FixState, MonthlyFlow, PatchJob, PatchPlan, SystemFix, SystemTeam
from accord.exposure.selectors.policy import policy
from accord.organization.models import Unit

NAMES = ("open_before", "opened", "closed", "met", "missed", "undated")
AHEAD = 6
"""Months that the backlog is forecast for."""
RESTS_ON = (
    "fix", "patch_decision", "change_window", "window_system", "team_hours", "change_freeze", "freeze_system",
    "system_team", "fix_effort", "patch_rule", "downtime_limit", "capability_system",
)  # fmt: skip
"""Nouns whose change makes a patch plan stale."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Deadlines of one group: `share` met of those settled, None where none was."""

    key: str
    name: str
    met: int
    missed: int
    undated: int

    @property
    def share(self) -> float | None:
        whole = self.met + self.missed
        return self.met / whole if whole else None


@dataclass(frozen=True, slots=True)
class Month:
    """One month: what was open, came, went, and the share that went (engines.capacity.Share)."""

    month: date
    open_before: int
    opened: int
    closed: int
    met: int
    missed: int
    undated: int
    share: Any
    running: bool

    @property
    def kept(self) -> float | None:
        whole = self.met + self.missed
        return self.met / whole if whole else None


@dataclass(frozen=True, slots=True)
class Flow:
    """Months (the oldest first), the pooled share of the whole ones, and the forecast of open findings.

    `forecast` are (month, low, median, high), None with too few months. `counted_at` None = never counted.
    """

    months: list[Month]
    pooled: Any
    forecast: list[tuple[date, float, float, float]] | None
    open_now: int
    counted_at: Any


def _rows(urgency: str, unit: str, team: str) -> QuerySet[MonthlyFlow]:
    rows = MonthlyFlow.objects.filter(whole=not (unit or team))
    if unit:
        rows = rows.filter(system__in=UnitSystem.objects.filter(unit__key=unit).values("system"))
    if team:
        rows = rows.filter(system__in=SystemTeam.objects.filter(team=team).values("system"))
    return _of_class(rows, urgency)


def _of_class(rows: QuerySet[MonthlyFlow], urgency: str) -> QuerySet[MonthlyFlow]:
    if not urgency:
        return rows
    return rows.filter(worst_class=next((int(u) for u, code in CODES.items() if code == urgency), -1))


def flow(urgency: str = "", unit: str = "", team: str = "") -> Flow:
    """Months of a class, a unit's or a team's systems ("" = all). A finding of two systems counts in each of them."""
    import numpy as np

    from accord.engines import capacity

    sums = {name: Sum(name) for name in NAMES}
    rows = _rows(urgency, unit, team).order_by("month").values("month").annotate(**sums)
    told = cast("list[dict[str, Any]]", list(rows))
    today = timezone.now().date().replace(day=1)
    months = [
        Month(
            **row, running=row["month"] >= today,
            share=capacity.month(row["closed"], row["open_before"], row["opened"]),
        )
        for row in told
    ]  # fmt: skip
    while months and not (months[0].open_before or months[0].opened or months[0].closed):
        months.pop(0)
    whole = [m for m in months if not m.running]
    closed = np.array([m.closed for m in whole], dtype=np.int64)
    opened = np.array([m.opened for m in whole], dtype=np.int64)
    at_risk = np.array([m.open_before + m.opened for m in whole], dtype=np.int64)
    last = months[-1] if months else None
    now = 0 if last is None else max(last.open_before + last.opened - last.closed, 0)
    ahead = capacity.forecast(now, opened, closed, at_risk, AHEAD)
    state = FixState.objects.filter(id=1).first()
    return Flow(
        months, capacity.pooled(closed, at_risk),
        None if ahead is None else [(_later(today, n + 1), *row) for n, row in enumerate(ahead.tolist())],
        now, state.counted_at if state else None,
    )  # fmt: skip


def _later(first: date, months: int) -> date:
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def kept_by(group: str, urgency: str = "") -> list[Kept]:
    """Deadlines met and missed over all months by "class", "unit" or "team"; the most missed first. Two queries."""
    sums = {name: Sum(name) for name in ("met", "missed", "undated")}
    if group == "class":
        by_class = _rows(urgency, "", "").values("worst_class").annotate(**sums)
        found = [
            Kept(CODES[Urgency(worst)], policy().label(worst), *numbers)
            for worst, *numbers in by_class.order_by("worst_class").values_list("worst_class", *sums)
        ]
        return [one for one in found if one.met or one.missed or one.undated]
    rows = _of_class(MonthlyFlow.objects.filter(whole=False), urgency)
    told = rows.order_by().values_list("system").annotate(**sums).values_list("system", *sums)
    per_system: dict[int | None, tuple[int, ...]] = {system: tuple(numbers) for system, *numbers in told}
    groups: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    if group == "team":
        of: list[tuple[Any, str, str]] = [
            (pk, team, team) for pk, team in SystemTeam.objects.values_list("system_id", "team")
        ]
    else:
        of = list(UnitSystem.objects.values_list("system_id", "unit__key", "unit__name"))
    placed = {pk for pk, _, _ in of}
    of += [(pk, "", "no team" if group == "team" else "no unit") for pk in per_system if pk not in placed]
    for pk, key, name in of:
        for at, number in enumerate(per_system.get(pk, ())):
            groups[key, name][at] += number
    made = [Kept(key, name, *numbers) for (key, name), numbers in groups.items() if any(numbers)]
    return sorted(made, key=lambda one: (-one.missed, one.name))


def choices() -> dict[str, list[tuple[str, str]]]:
    """What the page of deadlines may be narrowed to."""
    teams = SystemTeam.objects.order_by("team").values_list("team", flat=True).distinct()
    return {
        "urgency": [(CODES[u], policy().label(u)) for u in Urgency if u is not Urgency.NONE],
        "unit": list(Unit.objects.order_by("name").values_list("key", "name")[:300]),
        "team": [(team, team) for team in teams[:300]],
    }


def is_stale(plan: PatchPlan) -> bool:
    """Whether anything that the plan rests on was written after it was made."""
    entries = LedgerEntry.objects.filter(noun__in=RESTS_ON, at__gt=plan.made.isoformat())
    state = FixState.objects.filter(id=1).first()
    return entries.exists() or state is None or state.stale


def left_out(plan: PatchPlan) -> list[tuple[str, str, int, float | None, int]]:
    """(why, in words, jobs, loss a day that they leave, of them without a price) of what is in no window."""
    rows = (
        PatchJob.objects.filter(plan=plan, window=None)
        .exclude(why__in=(PatchJob.Why.PLANNED, PatchJob.Why.LATE))
        .order_by()
        .values("why")
        .annotate(n=Count("pk"), rate=Sum("rate_mid"), unpriced=Count("pk", filter=Q(rate_mid=None)))
    )
    found = [(r["why"], str(PatchJob.Why(r["why"]).label), r["n"], r["rate"], r["unpriced"]) for r in rows]
    return sorted(found, key=lambda row: -(row[3] or 0.0))


def to_fill_in() -> dict[str, int]:
    """What a patch plan would need and nobody has said: systems without a team or an owner, with something to fix."""
    work = SystemFix.objects.filter(open_findings__gt=F("accepted") + F("claimed"))
    return {
        "no_team": work.filter(system__isnull=False, system__team=None).values("system").distinct().count(),
        "no_owner": work.filter(system__isnull=False, owner=None).values("system").distinct().count(),
        "no_system": work.filter(system=None).count(),
    }
