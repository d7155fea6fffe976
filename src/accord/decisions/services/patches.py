"""What follows from a patch-or-wait sheet: when it comes into force, when it runs out, and what really happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accord.core import events, ledger, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.twokey import TwoKeyState
from accord.core.values import BadValue, Kind, parse
from accord.decisions.models import Sheet, SheetOutcome
from accord.decisions.sheets.patch_or_wait import ACCEPT
from accord.estate.models import System
from accord.exposure.models import Finding, Fix
from accord.exposure.selectors.fixes import findings_on
from accord.exposure.services import lifecycle
from accord.risk.models import LossEvent

KIND = Sheet.Kind.PATCH_OR_WAIT
MOST_HOURS = 8784
webhooks.declare("patch.decided", "A patch-or-wait sheet came into force")
webhooks.declare("patch.ran_out", "A patch-or-wait sheet ran out")


def end_of(day: dt.date) -> dt.datetime:
    """The moment at which a day is over, in the zone of this Accord."""
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))


def came_into_force(actor: User, sheet: Sheet, log: ledger.Log) -> None:
    """Tell the patch plan, replace an older sheet on the same patch, and accept the findings where that was chosen."""
    older = Sheet.objects.select_for_update(of=("self",)).filter(
        kind=KIND, state=TwoKeyState.IN_FORCE, system=sheet.system, fix=sheet.fix
    )
    for one in older.exclude(pk=sheet.pk):
        _release(actor, one)
        one.state = TwoKeyState.SUPERSEDED
        one.ended_at = timezone.now()
        one.save(update_fields=["state", "ended_at"])
        log.add("supersede", "sheet", one.key, {"state": "in_force"}, {"state": "superseded", "by": sheet.key})
    if sheet.chosen == ACCEPT and sheet.until is not None:
        system, fix = System.objects.get(key=sheet.system), Fix.objects.get(key=sheet.fix)
        free = findings_on(fix, system).exclude(state=Finding.State.ACCEPTED)
        lifecycle.accept(actor, free, end_of(sheet.until), sheet.title, sheet.key)
    _schedule(actor, sheet, sheet.chosen)
    webhooks.send("patch.decided", {
        "sheet": sheet.key, "system": sheet.system, "fix": sheet.fix, "choice": sheet.chosen,
        "until": None if sheet.until is None else sheet.until.isoformat(),
    })  # fmt: skip


def _schedule(actor: User | None, sheet: Sheet, choice: str) -> None:
    option = next((one for one in sheet.shown["options"] if one["key"] == choice), None)
    events.fix_scheduled.send(
        system=sheet.system, fix=sheet.fix, choice=choice, window="" if option is None else option["window"],
        until=sheet.until if choice else None, decision=sheet.key,
        address=reverse("decisions:sheet_detail", args=[sheet.key]), actor=actor,
    )  # fmt: skip


def _release(actor: User | None, sheet: Sheet) -> None:
    """Nothing holds any longer: findings that it accepted are open again, and the plan is free."""
    if sheet.chosen == ACCEPT:
        lifecycle.end_acceptance(sheet.key, actor)
    _schedule(actor, sheet, "")


def end_sheets_that_ran_out(today: dt.date | None = None) -> int:
    """Note, once, that sheets on patches ran out; each in a transaction of its own. Returns how many."""
    over = Sheet.objects.filter(
        kind=KIND, state=TwoKeyState.IN_FORCE, ended_at__isnull=True, until__lt=today or timezone.localdate()
    )
    ended = 0
    for key in list(over.values_list("key", flat=True)):
        with ledger.write(None) as log:
            sheet = over.select_for_update(of=("self",)).filter(key=key).first()
            if sheet is None:
                continue
            _release(None, sheet)
            sheet.ended_at = timezone.now()
            sheet.save(update_fields=["ended_at"])
            log.add("run out", "sheet", sheet.key, None, {"until": sheet.until})
            webhooks.send("patch.ran_out", {"sheet": sheet.key, "system": sheet.system, "fix": sheet.fix})
            ended += 1
    return ended


def record_outcome(actor: User, sheet: Sheet, values: Mapping[str, Any]) -> SheetOutcome:
    """Write down what really happened: downtime, failed or not, incident or not. It may be corrected later.

    When it was patched is not among it: that is read from the scans.
    """
    if sheet.kind != KIND or sheet.state not in (TwoKeyState.IN_FORCE, TwoKeyState.SUPERSEDED):
        raise Refused("What happened is recorded of a sheet on a patch that was in force.")
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, kind in (("downtime_hours", Kind.DECIMAL), ("failed", Kind.BOOL), ("incident", Kind.BOOL)):
        try:
            found[name] = parse(kind, str(values.get(name) if values.get(name) is not None else ""))
        except BadValue as bad:
            problems.append(Problem(None, name, bad.reason, bad.remedy))
    hours = found.get("downtime_hours")
    if hours is not None and not 0 <= hours <= MOST_HOURS:
        problems.append(Problem(None, "downtime_hours", f"{hours} hours.", f"Give 0 to {MOST_HOURS}."))
    event = str(values.get("event") or "").strip()
    told = LossEvent.objects.filter(key=event).first() if event else None
    if event and told is None:
        problems.append(Problem(None, "event", f"There is no loss event “{event[:100]}”.", "Choose one of them."))
    if told is not None and not found.get("incident"):
        problems.append(Problem(None, "incident", "A loss event is named.", "Say that there was an incident."))
    note = str(values.get("note") or "").strip()
    if len(note) > 5000:
        problems.append(Problem(None, "note", f"{len(note)} characters.", "Give at most 5000."))
    if problems:
        raise Refused(*problems)
    with ledger.write(actor) as log:
        before = SheetOutcome.objects.filter(sheet=sheet).first()
        was = None if before is None else _outcome(before)
        made, _ = SheetOutcome.objects.update_or_create(
            sheet=sheet,
            defaults={
                "downtime_hours": None if hours is None else float(hours), "failed": found["failed"],
                "incident": found["incident"], "event": told, "note": note, "at": timezone.now(), "by": actor,
            },
        )  # fmt: skip
        log.add("change" if was else "add", "sheet_outcome", sheet.key, was, _outcome(made))
    return made


def _outcome(one: SheetOutcome) -> dict[str, Any]:
    return {
        "downtime_hours": one.downtime_hours, "failed": one.failed, "incident": one.incident,
        "event": one.event.key if one.event else None, "note": one.note or None,
    }  # fmt: skip
