"""The addresses of sources, and of the HTTP collector."""

from __future__ import annotations

from django.urls import URLPattern, path

from accord.monitoring.views import collect, sources

routes: list[URLPattern] = [
    path("sources/", sources.LIST_VIEW, name="source_list"),
    path("sources/new/", sources.new, name="source_new"),
    path("sources/hand-in/", sources.hand_in, name="source_hand_in"),
    path("sources/<str:key>/", sources.detail, name="source_detail"),
    path("sources/<str:key>/change/", sources.change, name="source_change"),
    path("sources/<str:key>/switch/", sources.switch, name="source_switch"),
    path("sources/<str:key>/token/", sources.renew, name="source_renew"),
    path("collect/", collect.collect, name="collect"),
    path("services/collector", collect.splunk_event, name="collect_splunk"),
    path("services/collector/event", collect.splunk_event, name="collect_splunk_event"),
    path("services/collector/raw", collect.splunk_raw, name="collect_splunk_raw"),
    path("services/collector/health", collect.splunk_health, name="collect_splunk_health"),
]
