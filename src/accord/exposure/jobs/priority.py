"""Long work on feeds and priorities, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind
from accord.core.models import StoredFile


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


@kind("exposure.policy_preview", "Count what a policy would change")
def preview_policy(context: Context, policy: int) -> dict[str, Any]:
    """Count how findings would move under a proposed policy."""
    from accord.exposure.models import PriorityPolicy
    from accord.exposure.services import policies

    return policies.preview(PriorityPolicy.objects.get(pk=policy), context.progress)


@kind("exposure.policy_apply", "Rank all findings by a policy")
def apply_policy(context: Context, policy: int) -> dict[str, int]:
    """Rank all open findings by the policy in force."""
    from accord.core.pace import Breath
    from accord.exposure.models import PriorityPolicy
    from accord.exposure.services import policies

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
