from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    name = "accord.site"
    label = "site"
    verbose_name = "Site"

    def ready(self) -> None:
        """Set up logs and make every room's job kinds known to web and worker alike."""
        from accord.core import webhooks
        from accord.site import logs, screens

        logs.set_up()
        screens.declare()
        _ = webhooks  # its round is registered where it is imported
        for room in (*settings.ROOMS, "site"):
            if room != "core" and find_spec(f"accord.{room}.jobs") is not None:
                import_module(f"accord.{room}.jobs")
