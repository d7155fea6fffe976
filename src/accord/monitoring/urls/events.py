from __future__ import annotations

from django.urls import URLPattern, path

from accord.monitoring.views import events

routes: list[URLPattern] = [
    path("monitoring/events/", events.search, name="event_list"),
    path("monitoring/events/export/", events.export, name="event_export"),
    path("monitoring/events/<str:key>/", events.detail, name="event_detail"),
]
