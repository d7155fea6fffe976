from __future__ import annotations

from django.apps import AppConfig


class ExposureConfig(AppConfig):
    name = "accord.exposure"
    label = "exposure"
    verbose_name = "Exposure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.exposure import checks, handlers, jobs, scope, shell

        _ = (checks, jobs)
        handlers.declare()
        scope.declare()
        shell.declare()
