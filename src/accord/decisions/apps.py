from __future__ import annotations

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "accord.decisions"
    label = "decisions"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.decisions import checks, jobs, nouns, screens

        _ = checks, jobs
        nouns.declare()
        screens.declare()
