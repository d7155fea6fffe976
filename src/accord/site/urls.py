"""The addresses of all rooms."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from accord.site.api import api
from accord.site.health import health

urlpatterns = [
    path("health", health, name="health"),
    path("account/", include("allauth.urls")),
    path("api/", api.urls),
    path("", include("accord.site.screens.urls")),
]
urlpatterns += [
    path("", include(f"accord.{room}.urls")) for room in settings.ROOMS if find_spec(f"accord.{room}.urls") is not None
]
