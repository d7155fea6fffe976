"""Keeps fixes in step with what happens elsewhere: scans that land, people's acts, sheets that come into force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accord.core import events, jobs, ledger, rounds
from accord.core.models import Job, User
from accord.estate.models import System
from accord.exposure.models import Fix, FixDecision, FixState, TotalExposure
from accord.exposure.services.campaigns import recount_campaigns
from accord.exposure.services.fixes import recount_fixes
from accord.exposure.services.flows import recount_flows

KIND = "exposure.fixes"
FEW = 5000
"""With at most so many open findings everything is counted at once."""
OLD = timedelta(hours=1)
_wait: ContextVar[list[bool] | None] = ContextVar("many scans in a row", default=None)


def recount(actor: User | None, tell: Any = None) -> dict[str, int]:
    """Count fixes, months and campaigns anew."""
    return {
        "fixes": recount_fixes(actor, tell),
        "months": recount_flows(actor),
        "campaigns": recount_campaigns(actor),
    }


def when_landed(scan: Any, actor: Any) -> None:
    """Handler of `scan_landed`."""
    note_changed(actor)


@contextmanager
def together(actor: User | None) -> Iterator[None]:
    """Many scans in a row: what changed is counted once, when the last has landed.

    Until then fixes say that they are stale; the hourly count finds what an end in between left.
    """
    if _wait.get() is not None:
        yield
        return
    waiting: list[bool] = []
    token = _wait.set(waiting)
    try:
        yield
    finally:
        _wait.reset(token)
        if waiting:
            note_changed(actor)


def note_changed(actor: User | None) -> None:
    """The states of findings changed: count at once where there are few, else by a worker."""
    waiting = _wait.get()
    if waiting is not None:
        waiting.append(True)
    total = TotalExposure.objects.first()
    few = total is None or total.open_findings <= FEW
    if few and waiting is None:
        recount(actor)
        return
    FixState.objects.get_or_create(id=1)
    FixState.objects.filter(id=1).update(stale=True)
    if waiting is None and actor is not None and not Job.objects.filter(kind=KIND, state=Job.State.QUEUED).exists():
        jobs.enqueue(actor, KIND)


def when_scheduled(
    system: str, fix: str, choice: str, window: str, until: date | None, decision: str, address: str, actor: Any
) -> None:
    """Handler of `fix_scheduled`: note what holds, or that nothing holds any longer. Unknown keys are passed over."""
    where = System.objects.filter(key=system).first()
    what = Fix.objects.filter(key=fix).first()
    if where is None or what is None:
        return
    with ledger.write(actor) as log:
        before = FixDecision.objects.filter(system=where, fix=what).first()
        if not choice:
            if before is not None:
                before.delete()
                log.add("remove", "patch_decision", f"{system} → {fix}", {"sheet": before.decision}, None)
            return
        FixDecision.objects.update_or_create(
            system=where, fix=what,
            defaults={"choice": choice, "window": window, "until": until, "decision": decision, "address": address},
        )  # fmt: skip
        told = {"sheet": decision, "choice": choice, "window": window or None, "until": until and until.isoformat()}
        log.add("add", "patch_decision", f"{system} → {fix}", None, told)


@rounds.every("exposure.fixes", OLD)
def count_at_times() -> None:
    """Prices, owners, work and deadlines change without a scan: count anew each hour."""
    state = FixState.objects.filter(id=1).first()
    busy = Job.objects.filter(kind=KIND, state__in=(Job.State.QUEUED, Job.State.RUNNING)).exists()
    if busy or (state is not None and state.counted_at and state.counted_at > timezone.now() - OLD / 2):
        return
    recount(None)


def declare() -> None:
    events.scan_landed.subscribe(when_landed)
    events.fix_scheduled.subscribe(when_scheduled)
