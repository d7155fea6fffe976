"""The daily watch in the navigation, the palette and the badges, and what it hears of other rooms."""

from __future__ import annotations

from accord.core import events
from accord.monitoring.services import daily
from accord.ui import account_links, badges, navigation, palette
from accord.ui.badges import Badge

LINES = {
    "critical": Badge("Critical", "danger", "diamond"),
    "high": Badge("High", "warning", "triangle"),
    "medium": Badge("Medium", "caution", "square"),
    "low": Badge("Low", "info", "dot"),
    "informational": Badge("Informational", "neutral", "ring"),
    "none": Badge("Not told", "neutral", "dash"),
    "silent": Badge("Silent", "danger", "cross"),
    "paused": Badge("Paused", "warning", "half"),
}
"""What stands beside the lines of a watch: levels of alerts, and states of sources."""


def declare() -> None:
    events.exploited.subscribe(daily.note_exploited)
    badges.register("watch", LINES)
    navigation.register(
        navigation.Entry("Monitoring", "Daily watch", "monitoring:daily_watch", "daily_watch", order=5, icon="page")
    )
    palette.register_page(
        "Earlier daily watches", "monitoring:daily_watch_list", noun="daily_watch", words="history morning report"
    )
    account_links.register("Daily watch by mail", "monitoring:daily_watch_mail", "brief")
