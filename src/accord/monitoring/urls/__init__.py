from __future__ import annotations

from accord.monitoring.urls import alerts, blind, daily, events, rules, sources

app_name = "monitoring"
urlpatterns = [
    *sources.routes, *events.routes, *rules.routes, *alerts.routes, *blind.routes, *daily.routes,
]  # fmt: skip
