"""What a department has to have repaired: what, why, by when, by whom, and what it costs to wait, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone

from accord.briefing.parts import address
from accord.briefing.words import listed, units
from accord.core.statements import figure
from accord.engines.priority import Urgency
from accord.estate import selectors as estate
from accord.estate.models import UnitSystem
from accord.estate.selectors import Alignment
from accord.exposure.models import FixDecision, FixEffort, FixState, SystemFix
from accord.organization.models import Unit
from accord.organization.scope import unit_and_below
from accord.ui import format as write

DAYS_A_YEAR = 365.25
SHOWN = 12
Range = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Repair:
    """One fix on one system that the department works with.

    `week` is what a week of waiting costs (low, likely, high; None = not priced), `unpriced` findings are in no sum.
    `still` are the hours for which the system stands still (None = nobody has estimated it). `agreed` is what a
    signed sheet says, with its address.
    """

    what: str
    why: str
    system: str
    system_name: str
    findings: int
    due: datetime | None
    late: bool
    worst: str
    owner: str
    week: Range | None
    unpriced: int
    still: Range | None
    agreed: str
    agreed_href: str
    href: str

    @property
    def costs(self) -> str:
        """What a week of waiting costs, in words."""
        return money_a_week(self.week)


@dataclass(frozen=True, slots=True)
class Department:
    """A unit's page. `more` repairs are not shown, `late` are past their date (shown or not); `counted` is when the
    fixes were counted, None = never."""

    key: str
    name: str
    systems: int
    repairs: list[Repair]
    more: int
    counted: datetime | None
    late: int


def money_a_week(week: Range | None) -> str:
    """A range of money a week in words; the likely figure alone where the range is hardly one."""
    if week is None:
        return "not known yet"
    low, likely, high = (write.money(amount, compact=True) for amount in week)
    return likely if low == high else f"{likely} (from {low} to {high})"


def department(key: str, now: datetime | None = None) -> Department | None:
    """The page of a unit and the units below it; None where there is no such unit. Nine queries."""
    at = now or timezone.now()
    unit = Unit.objects.filter(key=key).first()
    if unit is None:
        return None
    below = unit_and_below(frozenset([unit.key]))
    systems = set(UnitSystem.objects.filter(unit__key__in=below).values_list("system_id", flat=True))
    work = F("open_findings") - F("accepted") - F("claimed")
    rows = (
        SystemFix.objects.filter(system__in=systems, open_findings__gt=0, worst_class__lt=Urgency.NONE)
        .annotate(to_do=work)
        .filter(to_do__gt=0)
        .select_related("fix", "system", "owner")
        .order_by("worst_class", F("due").asc(nulls_last=True), F("price_mid").desc(nulls_last=True), "pk")
    )
    total = rows.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due__lt=at)))
    shown = list(rows[:SHOWN])
    aligned = estate.alignment()
    efforts = {one.applies_to: one for one in FixEffort.objects.all()}
    pairs = {(row.system_id, row.fix_id) for row in shown}
    agreed = {
        (one.system_id, one.fix_id): one
        for one in FixDecision.objects.filter(system__in={system for system, _ in pairs})
        if (one.system_id, one.fix_id) in pairs
    }
    state = FixState.objects.first()
    repairs = [_repair(row, aligned, efforts, agreed.get((row.system_id or 0, row.fix_id)), at) for row in shown]
    return Department(
        unit.key, unit.name, len(systems), repairs, total["all"] - len(shown), state.counted_at if state else None,
        total["late"],
    )  # fmt: skip


def _repair(
    row: Any, aligned: Alignment, efforts: Mapping[str, FixEffort], decision: FixDecision | None, at: datetime
) -> Repair:
    fix, system = row.fix, row.system
    effort = effort_of(fix, efforts)
    week = None
    if row.price_mid is not None:
        low, likely, high = (amount / DAYS_A_YEAR * 7 for amount in (row.price_low, row.price_mid, row.price_high))
        week = (low, likely, high)
    return Repair(
        what=what(fix, system.name), why=why(row, system, aligned), system=system.key, system_name=system.name,
        findings=row.open_findings - row.accepted - row.claimed, due=row.due,
        late=row.due is not None and row.due < at, worst=row.worst_code,
        owner=row.owner.name if row.owner else "", week=week, unpriced=row.unpriced,
        still=(float(effort.downtime_low), float(effort.downtime), float(effort.downtime_high)) if effort else None,
        agreed=agreement(decision), agreed_href=decision.address if decision else "",
        href=address("exposure:fix_detail", fix.key),
    )  # fmt: skip


def effort_of(fix: Any, efforts: Mapping[str, FixEffort]) -> FixEffort | None:
    """The most special estimate that holds for a fix."""
    names = (fix.key, f"component:{fix.component}", f"ecosystem:{fix.ecosystem}", f"kind:{fix.kind}")
    return next((efforts[name] for name in names if name in efforts), None)


def what(fix: Any, system: str) -> str:
    """What is to be done, as one sentence without jargon."""
    if fix.kind == "upgrade":
        version = f" to version {fix.target_version}" if fix.target_version else ""
        return f"Update {fix.component}{version} on {system}."
    return f"Close “{fix.title}” on {system}."


def why(row: Any, system: Any, aligned: Alignment) -> str:
    """Why it matters: who already uses it, who can reach it, which goals hang on the system."""
    said = []
    if row.known_exploited:
        said.append("Attackers already use this weak point elsewhere.")
    if system.reach == "internet":
        said.append("It can be reached from the internet.")
    carried = aligned.carried.get(system.key)
    if carried is not None and carried.goals:
        names = {goal.key: goal.name for goal in aligned.goals}
        heaviest = sorted(carried.goals, key=lambda key: -(carried.goals[key] or 0.0))[:2]
        goals = listed([f"“{names.get(key, key)}”" for key in heaviest])
        share = "" if carried.weight is None else f" It carries {write.percent(carried.weight, 0)} of all goals."
        need = f"The goal {goals} needs it." if len(heaviest) == 1 else f"The goals {goals} need it."
        said.append(need + share)
    number = row.open_findings - row.accepted - row.claimed
    if not said:
        said.append(f"It closes {write.number(number)} weak {units(number, 'point')}.")
    return " ".join(said)


def agreement(decision: FixDecision | None) -> str:
    """What was agreed about it, as a sentence; "" where nothing was."""
    if decision is None:
        return ""
    until = f" until {write.date(decision.until)}" if decision.until else ""
    match decision.choice:
        case FixDecision.Choice.WINDOW:
            return f"Agreed: in the window {decision.window}."
        case FixDecision.Choice.MITIGATE:
            return f"Agreed: protected in another way{until}."
        case FixDecision.Choice.ACCEPT:
            return f"Agreed: left as it is{until}."
    return "Agreed: at once."


def hours(still: Range | None) -> str:
    """How long the system stands still, in words."""
    if still is None:
        return "not known yet"
    if still[2] == 0:
        return "not at all"
    low, likely, high = (figure(hour) for hour in still)
    return f"{likely} hours" if low == high else f"{likely} hours (from {low} to {high})"
