"""Sources in the navigation and the palette."""

from __future__ import annotations

from typing import Any

from accord.ui import navigation, palette
from accord.ui.palette import Hit


def _sources(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.monitoring.models import Source

    rows = Source.objects.filter(name__icontains=text).order_by("name", "pk")
    return [Hit(one.name, one.get_absolute_url(), one.get_kind_display(), "feed") for one in rows[:limit]]


def declare() -> None:
    navigation.register(
        navigation.Entry("Monitoring", "Sources", "monitoring:source_list", "source", "view", 30, "feed")
    )
    palette.register_page(
        "Add a source of logs", "monitoring:source_new", noun="source", verb="change", words="syslog files http agent"
    )
    palette.register_page(
        "Hand in logs", "monitoring:source_hand_in", noun="source", verb="hand_in", words="upload files evtx"
    )
    palette.register_searcher("source", "Sources", _sources)
