"""The addresses of what is not watched, of the coverage of techniques and of the threat profile."""

from __future__ import annotations

from django.urls import path

from accord.monitoring.screens.profile import SCREENS
from accord.monitoring.views import attack, blind, coverage, layers
from accord.ui.nouns import noun_urls

routes = [
    path("not-watched/", blind.overview, name="blind"),
    path("not-watched/run/", blind.run, name="blind_run"),
    path("not-watched/initiative/", blind.propose, name="blind_initiative"),
    path("techniques/", coverage.overview, name="technique_coverage"),
    path("techniques/layer/", layers.export, name="layer_export"),
    path("techniques/layer/import/", layers.upload, name="layer_import"),
    path("techniques/layer/import/<int:pk>/", layers.preview, name="layer_preview"),
    path("techniques/<str:identifier>/", coverage.detail, name="technique_detail"),
    path("attack/", attack.overview, name="attack"),
    path("attack/import/", attack.take, name="attack_import"),
    path("attack/import/<uuid:pk>/", attack.job, name="attack_job"),
    path("attack/groups/", attack.choose, name="attack_groups"),
    *(route for screens in SCREENS for route in noun_urls(screens)),
]
