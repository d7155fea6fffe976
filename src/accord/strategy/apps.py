from __future__ import annotations

from django.apps import AppConfig


class StrategyConfig(AppConfig):
    name = "accord.strategy"
    label = "strategy"
    verbose_name = "Strategy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.strategy import handlers, nouns, relations, screens

        nouns.declare()
        relations.declare()
        screens.declare()
        handlers.declare()
