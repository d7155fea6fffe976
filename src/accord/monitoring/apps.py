from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "accord.monitoring"
    label = "monitoring"
    verbose_name = "Monitoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accord.monitoring import jobs, shell

        _ = jobs
        shell.declare()
