"""What every page knows of the installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Currency and zone; no query."""
    return {"currency": settings.ACCORD_CURRENCY, "time_zone": settings.TIME_ZONE}
