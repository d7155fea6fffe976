from __future__ import annotations

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "accord.decisions"
    label = "decisions"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.core import events
        from accord.decisions import checks, jobs, nouns, screens
        from accord.decisions.services import keep_forecasts

        _ = checks, jobs
        nouns.declare()
        screens.declare()
        events.decision_in_force.subscribe(keep_forecasts)
