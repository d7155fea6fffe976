from __future__ import annotations

from django.apps import AppConfig


class ProgramConfig(AppConfig):
    name = "accord.program"
    label = "program"
    verbose_name = "Security program"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.program import nouns, screens

        nouns.declare()
        screens.declare()
