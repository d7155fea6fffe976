"""Stored events in the navigation and the palette."""

from __future__ import annotations

from accord.ui import navigation, palette


def declare() -> None:
    navigation.register(
        navigation.Entry("Monitoring", "Events", "monitoring:event_list", "event", order=35, icon="search")
    )
    palette.register_page(
        "Search events", "monitoring:event_list", noun="event", words="logs raw records siem lines hunt"
    )
