"""This room's operations on the API: the lists of the screens, single objects, and the same writes."""

from __future__ import annotations

from ninja import Router

from accord.monitoring.api import alerts, blind, daily, events, rules, sources

router = Router()
for part in (sources, events, rules, alerts, blind, daily):
    router.add_router("", part.router)
