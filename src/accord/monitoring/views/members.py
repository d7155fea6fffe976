"""The events that a correlation rule counted, of one of its hits."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accord.core.permissions import guard, require
from accord.monitoring import store
from accord.monitoring.selectors.members import members_of, total_of
from accord.monitoring.views.alerts import found_or_404


@guard("view", "event")
@require_GET
def members(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Its events; the page of the alert asks for them as a part."""
    require(request.user, "view", "alert")
    alert = found_or_404(request, key)
    hit = get_object_or_404(alert.hits, pk=pk)
    context: dict[str, Any] = {
        "title": alert.title, "alert": alert, "hit": hit, "total": total_of(hit), "problem": "",
        "breadcrumb": [("Alerts", reverse("monitoring:alert_list")), (alert.key, alert.get_absolute_url())],
    }  # fmt: skip
    try:
        context["members"] = members_of(request.user, hit)
    except store.TooBusy as error:
        context["problem"] = str(error)
    is_part = context["is_part"] = bool(getattr(request, "htmx", False))
    return render(request, "monitoring/parts/members.html" if is_part else "monitoring/alert_members.html", context)
