"""This room in the navigation, the palette, the badges, and what it hears of events."""

from __future__ import annotations

from accord.monitoring.shell import alerts, blind, daily, events, rules, sources


def declare() -> None:
    for part in (sources, events, rules, alerts, blind, daily):
        part.declare()
