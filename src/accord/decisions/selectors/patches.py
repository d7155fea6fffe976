"""Reads of patch-or-wait sheets: what can be decided, what came of a sheet against what was forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Min, Q, QuerySet
from django.utils import timezone

from accord.core.twokey import TwoKeyState
from accord.decisions.models import Sheet, SheetOutcome
from accord.estate.models import System
from accord.exposure.models import IS_OPEN, Fix, SystemFix
from accord.exposure.selectors.fixes import findings_of
from accord.ui import format as write
from accord.ui.format import default_currency

HELD = (TwoKeyState.IN_FORCE, TwoKeyState.SUPERSEDED)
SHOWN = 20


def to_decide(text: str = "", systems: QuerySet[System] | None = None) -> list[SystemFix]:
    """Fixes with open findings on systems, the dearest first, at most twenty. One query."""
    rows = SystemFix.objects.filter(system__isnull=False, open_findings__gt=0).select_related("fix", "system")
    if systems is not None:
        rows = rows.filter(system__in=systems)
    if text:
        rows = rows.filter(
            Q(fix__title__icontains=text) | Q(fix__component__icontains=text) | Q(fix__key__iexact=text)
            | Q(system__name__icontains=text) | Q(system__key__iexact=text)
        )  # fmt: skip
    return list(rows.order_by(F("price_mid").desc(nulls_last=True), "worst_class", "pk")[:SHOWN])


@dataclass(frozen=True, slots=True)
class Patched:
    """Whether scans say that a fix is in on a system: `at` when the last of its findings was seen to be gone.

    `open` findings are still there. `at` None with nothing open: nobody has looked yet or nothing was ever found.
    """

    open: int
    closed: int
    at: dt.datetime | None


def patched(system_key: str, fix_key: str) -> Patched:
    """By evidence of scans alone. Three queries."""
    fix, system = Fix.objects.filter(key=fix_key).first(), System.objects.filter(key=system_key).first()
    if fix is None or system is None:
        return Patched(0, 0, None)
    rows = findings_of(fix).filter(asset__system_shares__system=system)
    told = rows.aggregate(first=Min("first_seen"), last=Max("closed_at", filter=Q(state="closed")))
    number, shut = rows.filter(IS_OPEN).count(), rows.filter(state="closed").count()
    return Patched(number, shut, told["last"] if not number and shut else None)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what was forecast beside what happened; verdict: yes, no or open."""

    what: str
    forecast: str
    really: str
    verdict: str
    evidence: str = ""


def outcome_of(sheet: Sheet) -> SheetOutcome | None:
    """What was written down. One query."""
    return SheetOutcome.objects.select_related("by", "event").filter(sheet=sheet).first()


def outcome_as_json(one: SheetOutcome) -> dict[str, Any]:
    """The same as data. No query."""
    return {
        "downtime_hours": one.downtime_hours, "failed": one.failed, "incident": one.incident,
        "event": one.event.key if one.event else None, "note": one.note, "by": one.by.email, "at": one.at.isoformat(),
    }  # fmt: skip


def afterwards(sheet: Sheet, outcome: SheetOutcome | None, today: dt.date) -> list[Row]:
    """Patched when, downtime, failed, incident, and what it cost: forecast and real. Three queries."""
    if sheet.kind != Sheet.Kind.PATCH_OR_WAIT or sheet.state not in HELD:
        return []
    content = sheet.frozen
    said: dict[str, Any] = content["forecast"]
    return [
        _when(sheet, today), _downtime(said, outcome), _failed(said, outcome), _incident(outcome),
        _cost(said, sheet.chosen, outcome),
    ]  # fmt: skip


def _when(sheet: Sheet, today: dt.date) -> Row:
    found = patched(sheet.system, sheet.fix)
    plan = "–" if sheet.until is None else write.date(sheet.until)
    late = sheet.until is not None and today > sheet.until
    if found.at is not None:
        day = timezone.localtime(found.at).date()
        held = sheet.until is None or day <= sheet.until
        really = f"Patched: a scan of {write.datetime(found.at)} did not see it any more"
        return Row("Patched by", plan, really, "yes" if held else "no", f"{found.closed} findings verified.")
    if found.open:
        still = f"{found.open} of its findings are still open"
        return Row("Patched by", plan, still, "no" if late else "open", "By the scans so far.")
    return Row("Patched by", plan, "No scan has told", "open")


def _downtime(said: dict[str, Any], outcome: SheetOutcome | None) -> Row:
    ends: Sequence[float] | None = said["downtime_hours"]
    forecast = write.UNKNOWN if ends is None else f"{ends[1]:g} h ({ends[0]:g} to {ends[2]:g})"
    real = None if outcome is None else outcome.downtime_hours
    if real is None:
        return Row("Downtime", forecast, "Not written down", "open")
    verdict = "open" if ends is None else "yes" if ends[0] <= real <= ends[2] else "no"
    return Row("Downtime", forecast, f"{real:g} h", verdict)


def _failed(said: dict[str, Any], outcome: SheetOutcome | None) -> Row:
    ends = said["fails"]
    forecast = write.UNKNOWN if ends is None else f"fails with {write.percent(ends[1])}"
    real = None if outcome is None else outcome.failed
    if real is None:
        return Row("Taken back", forecast, "Not written down", "open")
    verdict = "open" if ends is None else "yes" if real == (ends[1] >= 0.5) else "no"
    return Row("Taken back", forecast, "It failed and was taken back" if real else "It stayed in", verdict)


def _incident(outcome: SheetOutcome | None) -> Row:
    real = None if outcome is None else outcome.incident
    if real is None or outcome is None:
        return Row("Incident while it waited", "none", "Not written down", "open")
    event = outcome.event.key if outcome.event else ""
    return Row("Incident while it waited", "none", "Yes" if real else "None", "no" if real else "yes", event)


def _cost(said: dict[str, Any], chosen: str, outcome: SheetOutcome | None) -> Row:
    """Downtime at the forecast's money an hour, and the amount of the loss event, against the expected cost."""
    unit, ends = default_currency(), said["costs"].get(chosen)
    forecast = write.UNKNOWN
    if ends is not None:
        low, mid, high = (write.money(one, unit, compact=True) for one in ends)
        forecast = f"{mid} ({low} to {high})"
    known = outcome is not None and outcome.downtime_hours is not None and outcome.incident is not None
    if outcome is None or not known or said["hourly"] is None or (outcome.incident and outcome.event is None):
        return Row("Cost", forecast, "Not known yet", "open")
    real = float(outcome.downtime_hours or 0) * said["hourly"][1]
    if outcome.event is not None:
        real += float(outcome.event.amount)
    verdict = "open" if ends is None else "yes" if real <= ends[2] else "no"
    return Row("Cost", forecast, write.money(real, unit, compact=True), verdict, "Downtime at the forecast an hour.")


@dataclass(frozen=True, slots=True)
class Ended:
    """A sheet on a patch whose day was in a year: downtime forecast and real, taken back, incident; None = not known.

    `held`: whether the downtime lay in its range.
    """

    key: str
    title: str
    chosen: str
    until: dt.date
    forecast: str
    downtime: float | None
    held: bool | None
    failed: bool | None
    chance: float | None
    incident: bool | None


def ended_in(year: int, today: dt.date) -> list[Ended]:
    """Sheets on patches that were in force and whose day was in a year and is over. Two queries."""
    last = min(dt.date(year, 12, 31), today - dt.timedelta(days=1))
    rows = Sheet.objects.filter(
        kind=Sheet.Kind.PATCH_OR_WAIT, state__in=HELD, until__gte=dt.date(year, 1, 1), until__lte=last
    )
    sheets = list(rows.defer("inputs", "figures", "record").order_by("until", "pk"))
    known = {one.sheet_id: one for one in SheetOutcome.objects.filter(sheet__in=sheets)}
    return [_ended(sheet, known.get(sheet.pk)) for sheet in sheets]


def _ended(sheet: Sheet, outcome: SheetOutcome | None) -> Ended:
    content = sheet.frozen
    said: dict[str, Any] = content["forecast"]
    ends, fails = said["downtime_hours"], said["fails"]
    real = None if outcome is None else outcome.downtime_hours
    return Ended(
        sheet.key, sheet.title, content["chosen_name"], sheet.until or dt.date.min,
        write.UNKNOWN if ends is None else f"{ends[1]:g} h ({ends[0]:g} to {ends[2]:g})", real,
        None if ends is None or real is None else ends[0] <= real <= ends[2],
        None if outcome is None else outcome.failed, None if fails is None else fails[1],
        None if outcome is None else outcome.incident,
    )  # fmt: skip
