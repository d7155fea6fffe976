"""Addresses of alerts, silences, exceptions and of the risk of entities."""

from __future__ import annotations

from django.urls import URLPattern, path

from accord.monitoring.views import acts, alerts, entities, exceptions, members, silences, triage

routes: list[URLPattern] = [
    path("alerts/", alerts.queue, name="alert_list"),
    path("alerts/acts/", triage.work, name="alert_work"),
    path("alerts/acts/<int:pk>/", acts.act, name="alert_act"),
    path("alerts/acts/<int:pk>/stop/", acts.stop, name="alert_act_stop"),
    path("alerts/acts/<int:pk>/go-on/", acts.go_on, name="alert_act_go_on"),
    path("alerts/acts/<int:pk>/undo/", acts.undo, name="alert_act_undo"),
    path("alerts/judge/", triage.judge, name="alert_judge"),
    path("alerts/silence/", triage.silence, name="alert_silence"),
    path("alerts/<str:key>/", alerts.detail, name="alert_detail"),
    path("alerts/<str:key>/members/<int:pk>/", members.members, name="alert_members"),
    path("alerts/<str:key>/note/", triage.note, name="alert_note"),
    path("alerts/<str:key>/minutes/", triage.minutes, name="alert_minutes"),
    path("alerts/<str:key>/escalate/", triage.escalate, name="alert_escalate"),
    path("alerts/<str:key>/window/", triage.window, name="alert_window"),
    path("entities/", entities.LIST_VIEW, name="entity_list"),
    path("silences/", silences.LIST_VIEW, name="silence_list"),
    path("silences/new/", silences.new, name="silence_new"),
    path("silences/<str:key>/", silences.detail, name="silence_detail"),
    path("silences/<str:key>/end/", silences.end, name="silence_end"),
    path("exceptions/", exceptions.LIST_VIEW, name="exception_list"),
    path("exceptions/new/", exceptions.new, name="exception_new"),
    path("exceptions/replays/<int:pk>/", exceptions.replay, name="exception_replay"),
    path("exceptions/<str:key>/", exceptions.detail, name="exception_detail"),
    path("exceptions/<str:key>/end/", exceptions.end, name="exception_end"),
]
