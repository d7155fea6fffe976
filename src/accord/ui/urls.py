from __future__ import annotations

from django.urls import path

from accord.ui import views

app_name = "ui"
urlpatterns = [
    path("ui/palette/", views.palette_results, name="palette"),
    path("ui/options/<slug:noun>/", views.noun_options, name="options"),
    path("ui/vega.js", views.vega, name="vega"),
]
