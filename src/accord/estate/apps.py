from __future__ import annotations

from django.apps import AppConfig


class EstateConfig(AppConfig):
    name = "accord.estate"
    label = "estate"
    verbose_name = "Estate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.estate import nouns, scope, screens

        nouns.declare()
        scope.declare()
        screens.declare()
