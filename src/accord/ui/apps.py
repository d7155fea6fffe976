from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The design system."""

    name = "accord.ui"
    label = "ui"
    verbose_name = "Design system"
