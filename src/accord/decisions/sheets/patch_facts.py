"""What the model knows of a patch on a system: price, cost of an hour of downtime, exploitation, who feels it.

Everything is read here and shown in the form to be corrected; what is not known stays None, with what to do about it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q

from accord.estate.models import Dependency, System, UnitSystem
from accord.estate.selectors import alignment
from accord.exposure import selectors as exposure
from accord.exposure.models import Definition, Fix, FixEffort
from accord.exposure.models.windows import ChangeWindow
from accord.exposure.selectors.fixes import FixOnSystem, findings_on
from accord.organization.models import Person
from accord.risk.models import Scenario, ScenarioLoss, ScenarioSystem

Ends = tuple[float, float, float]
EPSS_DAYS = 30.0
DAYS_A_YEAR = 365.25
ENOUGH = 30
"""So many known exploited definitions with EPSS say how likely such ones are attacked."""
ENOUGH_PATCHES = 10
"""So many recorded changes say how often one fails."""
ALIKE = 3
"""So many systems with a known loss per hour let one conclude on another by its goal weight."""
MOST_NAMED = 12
RESTORED = (Scenario.Threat.FAILURE, Scenario.Threat.ERROR)
"""Outages that end when the system is restored, as a planned downtime does."""


@dataclass(frozen=True, slots=True)
class Hourly:
    """Money an hour of downtime (low, middle, high), None = unknown, and where it comes from or what is lacking."""

    ends: Ends | None
    source: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PatchFacts:
    """All of it. `increase` and `emergence` as the engine takes them, None = unknown; `exploited` None = unknown."""

    system: System
    fix: Fix
    on: FixOnSystem
    hourly: Hourly
    weight: float | None
    goals: list[dict[str, Any]]
    epss: float | None
    exploited: bool | None
    emergence: float | None
    increase: Ends | None
    increase_source: str
    feels: list[dict[str, Any]]
    assets: list[str]
    owner: dict[str, str] | None
    missing: list[dict[str, str]] = field(default_factory=list)


def facts_of(system: System, fix: Fix) -> PatchFacts | None:
    """What is known now of a fix on a system; None where it closes nothing there. About twenty queries."""
    on = exposure.fix_of(system.key, fix.key)
    if on is None:
        return None
    found = findings_on(fix, system)
    told = found.aggregate(
        epss=Max("epss"), exploited=Count("pk", filter=Q(known_exploited=True)),
        unsure=Count("pk", filter=Q(known_exploited=None)),
    )  # fmt: skip
    exploited = True if told["exploited"] else None if told["unsure"] else False
    emergence = None if told["epss"] is None else -math.log1p(-told["epss"]) / EPSS_DAYS
    increase, source = _increase(exploited, told["epss"])
    aligned = alignment()
    carried = aligned.carried.get(system.key)
    names = {goal.key: goal.name for goal in aligned.goals}
    goals = [] if carried is None else [
        {"key": key, "name": names.get(key, key), "weight": weight}
        for key, weight in sorted(carried.goals.items(), key=lambda one: (-(one[1] or 0.0), one[0]))
    ][:MOST_NAMED]  # fmt: skip
    person = Person.objects.filter(pk=system.it_owner_id).first() if system.it_owner_id else None
    owner = None if person is None else {"key": person.key, "name": person.name}
    assets = found.filter(asset__isnull=False).order_by("asset__name").values_list("asset__name", flat=True).distinct()
    return PatchFacts(
        system=system, fix=fix, on=on, hourly=hourly_of(system, aligned.weight_of(system.key), _weights(aligned)),
        weight=aligned.weight_of(system.key), goals=goals, epss=told["epss"], exploited=exploited,
        emergence=emergence, increase=increase, increase_source=source, feels=feels(system),
        assets=list(assets[:MOST_NAMED]), owner=owner,
    )  # fmt: skip


def _weights(aligned: Any) -> dict[str, float]:
    return {key: one.weight for key, one in aligned.carried.items() if one.weight}


def hourly_of(system: System, weight: float | None, weights: dict[str, float]) -> Hourly:
    """An hour of downtime: from outages that are restored, over the recovery objective; else by goal weight.

    The productivity loss of an outage by failure or error, times the share that falls on the system, over its RTO.
    Where several scenarios tell it, the least low, the middle one and the greatest high count. Without any, what an
    hour costs per goal weight on the other systems of which it is known, times the goal weight of this one.
    """
    known = _by_outages()
    own = known.get(system.key)
    if own is not None:
        source = "Productivity loss of its outages by failure or error, times its share, over its RTO"
        return Hourly(own, f"{source} of {system.rto_hours:g} h.")
    per_weight = [
        (ends[0] / weights[key], ends[1] / weights[key], ends[2] / weights[key])
        for key, ends in known.items()
        if key in weights
    ]
    if weight and len(per_weight) >= ALIKE:
        ends = (
            weight * min(one[0] for one in per_weight),
            weight * median(one[1] for one in per_weight),
            weight * max(one[2] for one in per_weight),
        )
        source = f"As on {len(per_weight)} systems of which it is known, by the goal weight that each carries."
        return Hourly(ends, source)
    lacking = "its RTO" if system.rto_hours is None else "an outage by failure or error with its productivity loss"
    return Hourly(None, "", f"State it here, or fill in {lacking}.")


def _by_outages() -> dict[str, Ends]:
    """System → money an hour, where a restored outage and the recovery objective tell it. Two queries."""
    losses = {
        scenario: (float(low), float(mid), float(high))
        for scenario, low, mid, high in ScenarioLoss.objects.filter(
            form=ScenarioLoss.Form.PRODUCTIVITY, scenario__effect=Scenario.Effect.OUTAGE, scenario__threat__in=RESTORED
        ).values_list("scenario_id", "low", "mid", "high")
    }
    rows = ScenarioSystem.objects.filter(scenario_id__in=list(losses), system__rto_hours__gt=0, share__gt=0)
    parts: dict[str, list[Ends]] = {}
    for scenario, key, share, hours in rows.values_list("scenario_id", "system__key", "share", "system__rto_hours"):
        each = float(share) / float(hours or 0)
        low, mid, high = losses[scenario]
        parts.setdefault(key, []).append((low * each, mid * each, high * each))
    return {
        key: (min(one[0] for one in some), median(one[1] for one in some), max(one[2] for one in some))
        for key, some in parts.items()
    }


def _increase(exploited: bool | None, epss: float | None) -> tuple[Ends | None, str]:
    """How many times the rate is once exploitation is known: that of known exploited weaknesses over its own."""
    if exploited:
        return (1.0, 1.0, 1.0), "It is known to be exploited already: what it costs today says so."
    if not epss:
        return None, ""
    scores = Definition.objects.filter(known_exploited=True, epss__isnull=False).values_list("epss", flat=True)
    rates = sorted(-math.log1p(-min(score or 0.0, 1 - 1e-5)) for score in scores)
    if len(rates) < ENOUGH:
        return None, ""
    own = -math.log1p(-epss)
    ends = (rates[int(0.05 * len(rates))], sum(rates) / len(rates), rates[min(int(0.95 * len(rates)), len(rates) - 1)])
    low, mid, high = sorted(max(one / own, 1.0) for one in ends)
    source = (
        f"EPSS as a rate of {len(rates)} weaknesses that are known to be exploited (5 %, mean, 95 %), over its own."
    )
    return (low, mid, high), source


def feels(system: System) -> list[dict[str, Any]]:
    """The units that feel a downtime, the most dependent first: by the system itself and by systems that need it.

    Three queries. `share` is the share of the unit's work that runs on the system itself, None where it only uses a
    system that needs it.
    """
    needing = dict(Dependency.objects.filter(depends_on=system).values_list("system_id", "system__name"))
    units: dict[int, dict[str, Any]] = {}
    rows = UnitSystem.objects.filter(system_id__in=[system.pk, *needing]).order_by("-share", "unit__key")
    for unit, key, name, used, share in rows.values_list("unit_id", "unit__key", "unit__name", "system_id", "share"):
        one = units.setdefault(unit, {"key": key, "name": name, "head": "", "share": None, "through": []})
        if used == system.pk:
            one["share"] = float(share)
        else:
            one["through"].append(needing[used])
    for unit, head in Person.objects.filter(heads_unit=True, unit_id__in=list(units)).values_list("unit_id", "name"):
        units[unit]["head"] = head
    found = sorted(units.values(), key=lambda one: (-(one["share"] or 0.0), one["key"]))
    return found[:MOST_NAMED]


def effort_of(fix: Fix) -> FixEffort | None:
    """What is stated of the work and downtime of a fix, the most special row first. One query."""
    names = [fix.key, f"component:{fix.component}", f"ecosystem:{fix.ecosystem}", f"kind:{fix.kind}"]
    rows = {row.applies_to: row for row in FixEffort.objects.filter(applies_to__in=names)}
    return next((rows[name] for name in names if name in rows), None)


def windows_of(system: System | None, today: date) -> list[ChangeWindow]:
    """The next change windows, those of a system and those for all. One query."""
    rows = ChangeWindow.objects.filter(starts__gte=today).order_by("starts", "key")
    if system is not None:
        rows = rows.filter(Q(systems__system=system) | Q(systems__isnull=True)).distinct()
    return list(rows[:24])


def failures() -> tuple[float, float, float] | None:
    """How often a change had to be taken back: 5, 50 and 95 % of Beta(k + ½, n − k + ½) (Jeffreys' prior).

    None with fewer than `ENOUGH_PATCHES` recorded changes. One query.
    """
    from accord.decisions.models import SheetOutcome

    told = SheetOutcome.objects.aggregate(
        n=Count("pk", filter=Q(failed__isnull=False)), k=Count("pk", filter=Q(failed=True))
    )
    if told["n"] < ENOUGH_PATCHES:
        return None
    from scipy.special import betaincinv  # type: ignore[import-untyped]

    a, b = told["k"] + 0.5, told["n"] - told["k"] + 0.5
    low, mid, high = (float(betaincinv(a, b, p)) for p in (0.05, 0.5, 0.95))
    return low, mid, high


def known_inputs(facts: PatchFacts) -> dict[str, list[float]]:
    """The intervals of the form that the model knows; what it does not know is left out."""
    effort = effort_of(facts.fix)
    told = (effort.downtime_low, effort.downtime, effort.downtime_high) if effort is not None else None
    found = {
        "hourly": facts.hourly.ends, "increase": facts.increase, "fails": failures(),
        "downtime": None if told is None else tuple(map(float, told)),
    }  # fmt: skip
    return {name: three for name, ends in found.items() if (three := _three(ends)) is not None}


def prefilled(facts: PatchFacts, today: date) -> dict[str, Any]:
    """The form of a new sheet, filled with what the model knows."""
    windows = windows_of(facts.system, today)
    found: dict[str, Any] = {
        "system": facts.system.key, "fix": facts.fix.key, "now_day": today.isoformat(), **known_inputs(facts),
    }  # fmt: skip
    if windows:
        found["window"], found["window_day"] = windows[0].key, windows[0].starts.isoformat()
    return found


def _three(ends: Any) -> list[float] | None:
    """Three significant digits: nobody knows more of an estimate."""
    return None if ends is None else sorted(float(f"{one:.3g}") for one in ends)
