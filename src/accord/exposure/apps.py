from __future__ import annotations

from django.apps import AppConfig


class ExposureConfig(AppConfig):
    name = "accord.exposure"
    label = "exposure"
    verbose_name = "Exposure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.exposure import (
            checks,
            handlers,
            jobs,
            knowledge_room,
            life_jobs,
            remediation_room,
            scope,
            shell,
            surface_room,
        )

        _ = (checks, jobs, life_jobs)
        handlers.declare()
        scope.declare()
        shell.declare()
        surface_room.declare()
        knowledge_room.declare()
        remediation_room.declare()
