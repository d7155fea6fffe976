from __future__ import annotations

from django.apps import AppConfig


class RiskConfig(AppConfig):
    name = "accord.risk"
    label = "risk"
    verbose_name = "Risk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.risk import jobs, nouns, screens

        _ = jobs
        nouns.declare()
        screens.declare()
