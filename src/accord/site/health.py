"""Whether this process answers and reaches its database."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse

from accord import __version__
from accord.core.permissions import open_to_all


@open_to_all("a load balancer asks it without an account; it tells only the version")
def health(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "version": __version__})
