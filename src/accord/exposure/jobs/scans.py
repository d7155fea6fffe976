"""Long work on scans and on what they saw, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind
from accord.exposure.models import Scan


@kind("exposure.import", "Import a scanner's file")
def import_file(context: Context, scan: int) -> dict[str, Any]:
    """Take in the file of a scan, or go on with it."""
    from accord.exposure.services import process

    found = process(context.actor, Scan.objects.get(pk=scan), context.progress)
    names = ("added", "changed", "unchanged", "closed", "reopened", "refused")
    return {"scans": [s.pk for s in found], **{name: sum(getattr(s, name) for s in found) for name in names}}


@kind("exposure.refresh", "Bring findings up to date with the estate")
def bring_up_to_date(context: Context) -> dict[str, int]:
    """Match unclaimed targets again, finish claims, and assess what rests on changed facts."""
    from accord.core.pace import Breath
    from accord.exposure.services import assessing, claims

    steps, breath = 0, Breath()

    def pause() -> None:
        nonlocal steps
        steps += 1
        context.progress(steps)
        breath()

    claimed = claims.rematch(context.actor, None, pause)
    moved = claims.settle_all(context.actor, claims.unsettled(), pause)
    changed = assessing.reassess_pending(context.actor, pause) + assessing.refresh(context.actor, pause)
    return {"claimed": claimed, "moved": moved, "changed": changed}


@kind("exposure.search", "Note words of new components")
def note_words(context: Context) -> dict[str, int]:
    """Note the words by which new components are found."""
    from accord.exposure.services import searching

    return {"components": searching.note_components()}
