from __future__ import annotations

from django.apps import AppConfig


class OrganizationConfig(AppConfig):
    name = "accord.organization"
    label = "organization"
    verbose_name = "Organization"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.organization import nouns, scope, screens

        nouns.declare()
        scope.declare()
        screens.declare()
