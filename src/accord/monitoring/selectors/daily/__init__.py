"""The daily watch: its figures, the sentences that say them, and what happened since it was composed.

watch = compose(Period(since, until))       # about 25 queries
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from accord.monitoring.models import DailyWatch, ShiftNote
from accord.monitoring.selectors.daily import changes, seen, times, unwatched, waiting
from accord.monitoring.selectors.daily.parts import TARGET_GRADE, Line, Period, Section, Watch, address, singular
from accord.monitoring.selectors.daily.sentences import sentences
from accord.monitoring.selectors.daily.since import since_then
from accord.organization.models import Unit
from accord.ui import format as write

__all__ = [
    "TARGET_GRADE", "Line", "Period", "Section", "Watch", "address", "compose", "latest", "morning", "notes",
    "period_of", "since_then",
]  # fmt: skip


def morning(day: date) -> datetime:
    """When the watch of a day is due: the hour that is set, in the organization's zone."""
    return timezone.make_aware(datetime.combine(day, time(settings.ACCORD_WATCH_HOUR)))


def period_of(now: datetime) -> Period:
    """What a watch that is composed now covers: from the morning before the newest one that is past, until now.

    In the morning that is one day; later on the same day it is longer, so that nothing of the day before is left out.
    """
    due = morning(timezone.localdate(now))
    if due > now:
        due = morning(timezone.localdate(now) - timedelta(days=1))
    return Period(morning(timezone.localdate(due) - timedelta(days=1)), now)


def notes(period: Period) -> Section:
    """What the shifts told each other. One query."""
    rows = ShiftNote.objects.filter(at__gte=period.since, at__lt=period.until).select_related("by").order_by("at", "pk")
    lines = [Line(one.text, detail=f"{one.by.name}, {write.datetime(one.at)}") for one in rows]
    return Section("notes", "Hand-over notes", lines=lines, empty="No shift left a note.")


def compose(period: Period) -> Watch:
    """The watch of a period, of what is known now."""
    sections = (
        waiting.section(period), unwatched.section(period), seen.section(period), changes.section(period),
        times.section(period), notes(period),
    )  # fmt: skip
    said = tuple(replace(one, statements=tuple(map(singular, one.statements))) for one in sections)
    watch = Watch(_organization(), period.since, period.until, (), said)
    return replace(watch, sentences=tuple(sentences(watch)))


def _organization() -> str:
    """The organization's name (the setting, else its top unit), with the notice of the installation. One query."""
    top = Unit.objects.filter(parent=None).order_by("key").values_list("name", flat=True).first()
    name = settings.ACCORD_ORGANIZATION or top or "The organization"
    return " · ".join(part for part in (name, settings.ACCORD_NOTICE) if part)


def latest() -> DailyWatch | None:
    """The newest watch. One query."""
    return DailyWatch.objects.select_related("composed_by").order_by("-until", "-pk").first()
