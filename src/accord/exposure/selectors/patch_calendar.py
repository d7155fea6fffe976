"""The windows of a patch plan as a calendar: what is done in each, of all teams or of one."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from accord.exposure.models import PatchJob, PatchPlan
from accord.outlet.calendar import Entry, icalendar

NAMED = 40
"""So many jobs of a window are named in its entry; their number always."""


def calendar_of(plan: PatchPlan, team: str = "") -> bytes:
    """One entry for each window in which something is done. Two queries."""
    rows = PatchJob.objects.filter(plan=plan, window__isnull=False).select_related("fix", "system", "window")
    if team:
        rows = rows.filter(team=team)
    by_window: dict[int | None, list[PatchJob]] = {}
    for job in rows.order_by("window__starts", "-removed", "pk"):
        by_window.setdefault(job.window_id, []).append(job)
    entries = []
    for jobs in by_window.values():
        window = jobs[0].window
        clock = time.fromisoformat(window.start_time) if window.start_time else time()
        starts = datetime.combine(window.starts, clock, timezone.get_current_timezone())
        named = [f"{job.team}: {job.fix.title} on {job.system.name}" for job in jobs[:NAMED]]
        if len(jobs) > NAMED:
            named.append(f"and {len(jobs) - NAMED:,} more")
        entries.append(
            Entry(
                f"{plan.key}-{window.key}{'-' + team if team else ''}@accord", starts,
                starts + timedelta(hours=float(window.hours)),
                f"{window.name}: {len(jobs):,} fixes{', ' + team if team else ''}", "\n".join(named),
            )
        )  # fmt: skip
    return icalendar(entries, plan.made)
