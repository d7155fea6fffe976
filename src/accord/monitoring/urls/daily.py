"""The addresses of the daily watch."""

from __future__ import annotations

from django.urls import path

from accord.monitoring.views import daily

routes = [
    path("daily-watch/", daily.newest, name="daily_watch"),
    path("daily-watches/", daily.LIST_VIEW, name="daily_watch_list"),
    path("daily-watch/compose/", daily.compose, name="daily_watch_compose"),
    path("daily-watch/notes/", daily.note, name="daily_watch_note"),
    path("daily-watch/mail/", daily.mail, name="daily_watch_mail"),
    path("daily-watch/<slug:key>/", daily.detail, name="daily_watch_detail"),
    path("daily-watch/<slug:key>/pdf/", daily.pdf, name="daily_watch_pdf"),
]
