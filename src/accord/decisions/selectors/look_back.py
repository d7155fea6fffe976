"""A year looked back on: what was decided, what came of it, money and benefit against the case, calibration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q

from accord.core.twokey import TwoKeyState
from accord.decisions.models import Decision, Estimate, Sheet
from accord.decisions.selectors.forecasts import (
    Calibration,
    Outcome,
    Stake,
    YearForecast,
    calibration,
    closed_years,
    outcomes,
    stakes,
    stated_on,
    year_forecasts,
)
from accord.decisions.selectors.sheets import sheets_ended
from accord.decisions.selectors.tracking import Facts, YearMoney, facts_of, first_day, tracking

HELD = (TwoKeyState.IN_FORCE, TwoKeyState.SUPERSEDED)
MOST = 12
"""Decisions of which forecasts are looked up; older ones are not."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """One goal: its part of the value over the horizon by the case, and from what is finished, on its real dates."""

    key: str
    name: str
    case: float
    delivered: float


@dataclass(frozen=True, slots=True)
class LookBack:
    """One year. `case` is the decision that held last in the year; `money`, `benefits` and `loss` are of it.

    `undated` initiatives of the case were to be finished by the end of the year, and nothing is known of their dates.
    """

    year: int
    over: bool
    decided: list[Decision]
    sheets: list[Sheet]
    case: Decision | None
    money: YearMoney | None
    benefits: list[Benefit]
    undated: int
    dated: list[Outcome]
    loss: YearForecast | None
    actual_loss: float | None
    events: int
    closed: bool
    ranges: list[Stake]
    of_year: list[Calibration]
    so_far: list[Calibration]
    loss_years: set[int]


def look_back_years(today: dt.date, found: LookBack) -> list[int]:
    """The years that there is something to say about, newest first. Two queries."""
    first = [today.year]
    for held in (Decision.objects.filter(state__in=HELD), Sheet.objects.filter(state__in=HELD)):
        begun = held.aggregate(first=Min("in_force_at"))["first"]
        if begun is not None:
            first.append(begun.year)
    if found.loss_years:
        first.append(max(min(found.loss_years), today.year - 9))
    return list(range(today.year, min(first) - 1, -1))


def look_back(year: int, today: dt.date) -> LookBack:
    """All of it, over the last twelve decisions that held by the end of the year. Nine queries."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    held = list(
        Decision.objects.filter(state__in=HELD, in_force_at__date__lte=last)
        .select_related("plan__frontier")
        .defer("plan__result", "plan__frontier__result")
        .order_by("-in_force_at")[:MOST]
    )
    facts, estimates, closed = facts_of(held), stated_on(held), closed_years()
    losses = facts.losses
    dated: list[Outcome] = []
    ranges: list[Stake] = []
    case = money = loss = None
    undated = 0
    benefits: list[Benefit] = []
    for decision in held:
        if "schedule" not in decision.frozen["result"]:
            continue
        found = tracking(decision, today, facts)
        these = outcomes(decision, today, facts, estimates[decision.pk])
        dated += these
        ranges += stakes(estimates[decision.pk], found, losses, closed)
        if case is None:
            case = decision
            money = next((row for row in found.money if row.year == year), None)
            loss = next((y for y in year_forecasts(decision, losses, closed, today) if y.year == year), None)
            if first_day(decision.frozen["result"]["horizon"]["first"]) <= last:
                benefits = delivered(decision, min(today, last), facts)
            due = [one for one in these if one.about == Estimate.About.FINISH and one.due <= min(today, last)]
            undated = sum(1 for one in due if one.happened is None)
    recorded = losses.get(year)
    ours = [one for one in dated if one.due.year == year]
    spans = [one for one in ranges if one.year == year]
    return LookBack(
        year, today > last, _decided(first, last), sheets_ended(first, last), case, money, benefits,
        undated, ours, loss,
        recorded[0] if recorded else 0.0 if year in closed else None, recorded[1] if recorded else 0, year in closed,
        spans,
        [calibration(role, ours, spans) for role in ("cio", "ciso")],
        [calibration(role, [o for o in dated if o.due <= last], [r for r in ranges if r.year <= year])
         for role in ("cio", "ciso")], set(losses),
    )  # fmt: skip


def _decided(first: dt.date, last: dt.date) -> list[Decision]:
    """Decisions that came into force or met a dissent in the year, with the number of their reservations. One query."""
    when = Q(in_force_at__date__gte=first, in_force_at__date__lte=last) | Q(
        dissent_at__date__gte=first, dissent_at__date__lte=last
    )
    rows = Decision.objects.filter(when).select_related("cio_signer", "ciso_signer", "dissent_by")
    rows = rows.defer("content", "record").annotate(reserved=Count("reservations"))
    return list(rows.order_by("created"))


def delivered(decision: Decision, by: dt.date, facts: Facts) -> list[Benefit]:
    """The case's value by goal, and that of what was finished by a day: planned again with the real dates. No query.

    Value over the horizon, in the case's own weights. An initiative counts from the quarter in which it was really
    finished; one that was finished before the horizon began counts from its beginning. Empty where the decision did
    not freeze its problem.
    """
    content: Mapping[str, Any] = decision.frozen
    problem_data = (content.get("inputs") or {}).get("problem")
    if not problem_data:
        return []
    from accord.engines.portfolio import Problem, evaluate

    problem = Problem.from_json(problem_data)
    real: dict[str, int] = {}
    for row in content["result"]["schedule"]:
        key = row["key"]
        _, finished = facts.dates.get(key, (None, None))
        if finished is None or finished > by:
            continue
        start = _quarters(first_day(problem.first_quarter), finished) - problem.initiative(key).duration + 1
        real[key] = max(start, 0)
    real = {key: start for key, start in real.items() if start < problem.quarters}
    got = evaluate(problem, real).value_by_goal if real else {}
    return [
        Benefit(row["key"], row["name"], row["value"], got.get(row["key"], 0.0)) for row in content["result"]["goals"]
    ]


def _quarters(first: dt.date, day: dt.date) -> int:
    """How many quarters a day lies after the quarter of the first one; negative before it."""
    return (day.year - first.year) * 4 + (day.month - 1) // 3 - (first.month - 1) // 3


def totals(benefits: Sequence[Benefit]) -> tuple[float, float]:
    """Case and delivered, over all goals."""
    return sum(one.case for one in benefits), sum(one.delivered for one in benefits)
