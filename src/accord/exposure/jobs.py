"""The long work of this room, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind
from accord.core.models import StoredFile
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
    from accord.exposure.services import assessing, claims
    from accord.exposure.services.pace import Breath

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


@kind("exposure.feeds", "Load knowledge feeds")
def load_feeds(context: Context, files: list[int] | None = None) -> dict[str, Any]:
    """Load feeds from stored files (their primary keys), or download all."""
    import shutil
    import tempfile
    from pathlib import Path

    from accord.core.files import open_file
    from accord.exposure.services import update_feeds, update_from

    if not files:
        made = update_feeds(context.actor, tell=context.progress)
    else:
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for stored in StoredFile.objects.filter(pk__in=files):
                path = Path(folder) / str(stored.pk) / stored.name
                path.parent.mkdir()
                with open_file(stored) as stream, path.open("wb") as out:
                    shutil.copyfileobj(stream, out)
                paths.append(path)
            made = update_from(context.actor, paths, context.progress)
    return {"feeds": [{"feed": u.feed, "entries": u.entries, "findings": u.findings_changed} for u in made]}


@kind("exposure.fixes", "Count what each fix closes")
def count_fixes(context: Context) -> dict[str, int]:
    """Count fixes, months and campaigns anew."""
    from accord.exposure.services.fix_events import recount

    return recount(context.actor, context.progress)


@kind("exposure.patch_plan", "Compute a patch plan")
def compute_patch_plan(context: Context, until: str = "", first: int = 1) -> dict[str, Any]:
    """Schedule the fixes in the change windows; `until` is the day until which loss is counted."""
    from datetime import date

    from accord.exposure.services.patch_plan import make_plan

    ends = date.fromisoformat(until) if until else None
    plan = make_plan(context.actor, ends, first, context.progress, context.job.pk)
    return {"plan": plan.pk, "value": plan.figures["value"], "share": plan.figures["share"]}


@kind("exposure.policy_preview", "Count what a policy would change")
def preview_policy(context: Context, policy: int) -> dict[str, Any]:
    """Count how findings would move under a proposed policy."""
    from accord.exposure.models import PriorityPolicy
    from accord.exposure.services import policies

    return policies.preview(PriorityPolicy.objects.get(pk=policy), context.progress)


@kind("exposure.policy_apply", "Rank all findings by a policy")
def apply_policy(context: Context, policy: int) -> dict[str, int]:
    """Rank all open findings by the policy in force."""
    from accord.exposure.models import PriorityPolicy
    from accord.exposure.services import policies
    from accord.exposure.services.pace import Breath

    breath, steps = Breath(), 0

    def pause() -> None:
        nonlocal steps
        steps += 1
        context.progress(steps)
        breath()

    return {"changed": policies.apply_policy(context.actor, PriorityPolicy.objects.get(pk=policy), pause)}


@kind("exposure.backtest", "Play policies against what happened")
def play_policies(context: Context) -> dict[str, Any]:
    """Play ways of choosing against the organization's history and that of the feeds."""
    from accord.exposure.selectors import backtest

    context.progress(0, 2, "Findings of this organization")
    own = backtest.own_history()
    context.progress(1, 2, "CVEs of the feeds")
    return {"own": own, "feeds": backtest.feed_history()}


@kind("exposure.search", "Note words of new components")
def note_words(context: Context) -> dict[str, int]:
    """Note the words by which new components are found."""
    from accord.exposure.services import searching

    return {"components": searching.note_components()}
