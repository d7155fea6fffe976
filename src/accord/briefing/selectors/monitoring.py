"""What the newest daily watch says, as a small table of the homes of who watches."""

from __future__ import annotations

from accord.briefing.parts import Table, address, count, table, text
from accord.monitoring.models import DailyWatch
from accord.ui import format as write


def newest() -> Table:
    """Its four figures with their moment. One query."""
    watch = DailyWatch.objects.order_by("-until", "-pk").defer("content").first()
    rows = []
    if watch is not None:
        page = watch.get_absolute_url()
        rows = [
            [text("Alerts that wait", address("monitoring:alert_list")), count(watch.waiting)],
            [text("Alerts raised", page), count(watch.alerts)],
            [text("Silent sources", address("monitoring:blind")), count(watch.silent)],
            [text("Events received", page), count(watch.events)],
        ]
    note = f"As of {write.datetime(watch.until)}." if watch is not None else ""
    return table(
        "monitoring", "Monitoring", ("What", "Number"), rows, "No daily watch was composed yet.",
        address("monitoring:daily_watch"), note,
    )  # fmt: skip
