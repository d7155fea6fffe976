"""The list of daily watches."""

from __future__ import annotations

from accord.monitoring.models import DailyWatch
from accord.ui.lists import Empty, ListColumn, ListSpec

WATCHES = ListSpec(
    noun="daily_watch",
    title="Daily watches",
    rows=lambda request: DailyWatch.objects.select_related("composed_by").defer("content"),
    columns=[
        ListColumn("day", "Day", kind="date", sort="until"),
        ListColumn("until", "Up to", kind="datetime"),
        ListColumn("events", "Events", kind="int"),
        ListColumn("alerts", "Alerts raised", kind="int"),
        ListColumn("waiting", "Waiting then", kind="int"),
        ListColumn("silent", "Silent sources", kind="int"),
        ListColumn("composed_by", "Composed by", value=lambda one: getattr(one.composed_by, "name", "") or "Accord"),
        ListColumn("grade", "Reading grade", lambda one: None if one.grade is None else round(one.grade, 1), "number",
                   hidden=True),
        ListColumn("key", "Number"),
    ],
    search=("key__istartswith",),
    default_sort="-day",
    empty=Empty("The first is composed tomorrow morning, or now if you ask for it.", "Daily watch",
                "monitoring:daily_watch", "view", "daily_watch"),
    intro="Every daily watch as it was composed: its figures are frozen.",
)  # fmt: skip
