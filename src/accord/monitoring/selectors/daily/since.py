"""What happened after a daily watch was composed: its own figures stay as they were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from accord.core.statements import Statement
from accord.monitoring.models import Alert, DailyWatch, RuleException, ShiftNote, SourceSilence
from accord.monitoring.selectors.daily.parts import address, singular
from accord.monitoring.selectors.daily.seen import OWN, WAITING


def since_then(watch: DailyWatch, now: datetime) -> list[Statement]:
    """Statements of what changed between the watch and now. Four queries."""
    then = watch.until
    waited = Q(opened__lt=then) & (Q(closed__isnull=True) | Q(closed__gte=then)) & ~Q(state=Alert.State.SILENCED)
    found = Alert.objects.filter(OWN).aggregate(
        raised=Count("id", filter=Q(opened__gte=then)),
        judged=Count("id", filter=waited & Q(closed__gte=then)),
        left=Count("id", filter=waited & Q(state__in=WAITING)),
        passed=Count("id", filter=Q(escalated__gte=then)),
        true=Count("id", filter=waited & Q(closed__gte=then, verdict=Alert.Verdict.TRUE)),
    )  # fmt: skip
    silences = SourceSilence.objects.aggregate(
        fell=Count("id", filter=Q(noticed__gte=then, ended__isnull=True)), back=Count("id", filter=Q(ended__gte=then))
    )
    exceptions = RuleException.objects.filter(created__gte=then).count()
    written = ShiftNote.objects.filter(at__gte=then).count()
    day = then.date().isoformat()
    base: dict[str, Any] = {"query": "monitoring.selectors.daily.since_then", "as_of": now}
    alerts, waiting = address("alert_list", opened_from=day), address("alert_list", state=["new", "open"])
    rows = (
        ("opened", "Alerts raised since", found["raised"], "alerts", alerts, ""),
        ("closed", "Of those that waited, judged since", found["judged"], "alerts",
         address("alert_list", state="closed"), f"{found['true']:,} of them true" if found["judged"] else ""),
        ("left", "Of those that waited, still waiting", found["left"], "alerts", waiting, ""),
        ("escalated", "Escalated since", found["passed"], "alerts", address("alert_list", escalated="yes"), ""),
        ("silent", "Sources silent since", silences["fell"], "sources", address("blind"),
         f"{silences['ended']:,} came back" if silences["back"] else ""),
        ("exceptions", "Exceptions added since", exceptions, "exceptions", address("exception_list"), ""),
        ("notes", "Notes written since", written, "notes", address("daily_watch"), ""),
    )  # fmt: skip
    return [
        singular(Statement(f"since.{key}", label, value, unit,
                           source="What is known now against the moment of the watch", href=href, note=note, **base))
        for key, label, value, unit, href, note in rows
    ]  # fmt: skip
