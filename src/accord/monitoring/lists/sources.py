"""The list of sources."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accord.monitoring.models import Source
from accord.monitoring.selectors import sources as read
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, yes_no

WIDTH, HEIGHT = 144, 22


def sparkline(source: Source) -> SafeString:
    """Events of the last 48 hours as bars, the newest on the right; in words for who does not see it."""
    hours = read.by_hour(source)
    most = max((number or 0 for _, number in hours), default=0)
    if not most:
        return format_html('<span class="muted">{}</span>', "nothing in 48 hours")
    step = WIDTH / len(hours)
    heights = [(place, (number or 0) / most * HEIGHT) for place, (_, number) in enumerate(hours)]
    bars = format_html_join(
        "", '<rect class="fill" x="{}" y="{}" width="{}" height="{}"></rect>',
        (
            (f"{place * step:.1f}", f"{HEIGHT - max(height, 1):.1f}", f"{step - 0.6:.1f}", f"{max(height, 1):.1f}")
            for place, height in heights
            if height
        ),
    )  # fmt: skip
    words = f"Events by hour, 48 hours: at most {most:,}, in the last whole hour {hours[-2][1] or 0:,}"
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', WIDTH, HEIGHT, words, bars
    )


def _context(request: HttpRequest) -> dict[str, Any]:
    return {"intake": read.intake()}


def _state(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    return rows.exclude(paused="") if value else rows.filter(paused="")


SOURCES = ListSpec(
    noun="source",
    title="Sources",
    rows=lambda request: read.listed(),
    columns=[
        ListColumn("name", "Source", sort="name"),
        ListColumn("state", "State", lambda one: read.state_of(one, timezone.now()), "badge", badge="source_watch"),
        ListColumn("course", "48 hours", sparkline, api=False),
        ListColumn("today", "Events today", lambda one: read.today_of(one)[0], "int"),
        ListColumn("malformed_today", "Malformed today", lambda one: read.today_of(one)[1], "int"),
        ListColumn("dropped_today", "Dropped today", lambda one: read.today_of(one)[2], "int"),
        ListColumn("delay", "Mean delay (s)", lambda one: _rounded(read.delay_of(one)), "number", blank="no times",
                   help="From an event's own time to its receipt, over 24 hours"),
        ListColumn("last_seen", "Last seen", read.last_seen, "datetime", sort="heard", blank="never"),
        ListColumn("kind", "Kind", "get_kind_display", sort="kind"),
        ListColumn("events", "Events in all", kind="int", sort="events", hidden=True),
        ListColumn("malformed", "Malformed in all", kind="int", sort="malformed", hidden=True),
        ListColumn("dropped", "Dropped in all", kind="int", sort="dropped", hidden=True),
        ListColumn("refused", "Refused in all", kind="int", sort="refused", hidden=True),
        ListColumn("repeats", "Repeats in all", kind="int", sort="repeats", hidden=True),
        ListColumn("owner", "Owner", "owner", "ref", hidden=True),
        ListColumn("asset", "About asset", value="asset.key", hidden=True),
        ListColumn("enabled", "On", kind="bool", sort="enabled", hidden=True),
        ListColumn("paused", "Why paused", hidden=True),
        ListColumn("retention_days", "Kept for (days)", kind="int", sort="retention_days", hidden=True),
        ListColumn("key", "Key", sort="key", hidden=True),
    ],
    filters=[
        choice("kind", "Kind", Source.Kind.choices),
        yes_no("enabled", "Switched on"),
        ListFilter("paused", "Intake paused", "bool", _state),
    ],
    search=("name", "key__istartswith"),
    default_sort="name",
    empty=Empty("Accord watches what sends it logs. Add the first source: syslog, files, or HTTP.", "Add a source",
                "monitoring:source_new", "change", "source"),
    intro="Where events come from, whether they come, and what was lost on the way.",
    actions=[("Add a source", "monitoring:source_new", "change", "source"),
             ("Hand in files", "monitoring:source_hand_in", "hand_in", "source")],
    template="monitoring/source_list.html",
    context=_context,
)  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
