from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "accord.site"
    label = "site"
    verbose_name = "Site"

    def ready(self) -> None:
        from accord.site import logs

        logs.set_up()
