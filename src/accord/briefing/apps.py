from __future__ import annotations

from django.apps import AppConfig


class BriefingConfig(AppConfig):
    name = "accord.briefing"
    label = "briefing"
    verbose_name = "Briefing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.briefing import screens

        screens.declare()
