"""Hears what is written to the estate and to the goals, and keeps findings and roll-ups in step.

Where there are few findings it is done at once, in the writer's own transaction; else a worker does it, and one
job that waits already does it for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accord.core import events, jobs
from accord.core.models import Job
from accord.exposure.models import AssetExposure, Target, TotalExposure

FACTS = frozenset({"system_asset", "system", "goal", "goal_capability", "capability_system", "capability"})
FEW_ASSETS, FEW_FINDINGS, FEW_TARGETS = 500, 5000, 300
KIND = "exposure.refresh"


def keep_in_step(noun: str, changes: Sequence[Any], actor: Any) -> None:
    """Handler of `rows_written`."""
    if noun in FACTS:
        _facts_changed(actor)
    elif noun == "asset" and any(_names_changed(change) for change in changes):
        _assets_changed(actor)


def _names_changed(change: Any) -> bool:
    if not change.after:
        return False
    names = ("key", "name", "hostnames", "addresses", "identifiers")
    return change.before is None or any(change.before[name] != change.after[name] for name in names)


def _facts_changed(actor: Any) -> None:
    from accord.exposure.services import assessing

    if not AssetExposure.objects.exists():
        return
    total = TotalExposure.objects.first()
    many = AssetExposure.objects.all()[: FEW_ASSETS + 1].count() > FEW_ASSETS
    if actor is not None and (many or (total is not None and total.open_findings > FEW_FINDINGS)):
        _later(actor)
    else:
        assessing.refresh(actor)


def _assets_changed(actor: Any) -> None:
    from accord.exposure.services import claims

    total = TotalExposure.objects.first()
    if total is None or not Target.objects.filter(state=Target.State.UNCLAIMED).exists():
        return
    if actor is not None and (total.unclaimed > FEW_TARGETS or total.open_findings > FEW_FINDINGS):
        _later(actor)
    else:
        claims.rematch(actor)


def _later(actor: Any) -> None:
    if not Job.objects.filter(kind=KIND, state=Job.State.QUEUED).exists():
        jobs.enqueue(actor, KIND)


def tell_owners(definition: Any, actor: Any) -> None:
    """Handler of `exploited`."""
    from accord.exposure.services import notices

    notices.tell_entered(definition, actor)


def note_words(scan: Any, actor: Any) -> None:
    """Handler of `scan_landed`."""
    from accord.exposure.services import searching

    searching.when_landed(scan, actor)


def note_named(source: str, names: Sequence[Any], actor: Any) -> None:
    """Handler of `names_seen`."""
    from accord.exposure.services import named

    named.note(source, names, actor)


def declare() -> None:
    events.rows_written.subscribe(keep_in_step)
    events.exploited.subscribe(tell_owners)
    events.scan_landed.subscribe(note_words)
    events.names_seen.subscribe(note_named)
