"""Silences: the list, one of them, a new one."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.forms.alerts import SilenceForm
from accord.monitoring.lists.alerts import SILENCES, about
from accord.monitoring.models import Silence
from accord.monitoring.services import silences
from accord.monitoring.views.triage import tell
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(SILENCES)


@guard("view", "silence")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    rows = Silence.objects.select_related("rule", "asset", "system", "by", "ended_by")
    one = get_object_or_404(rows, key=key)
    return render(request, "monitoring/silence.html", {
        "title": f"Silence {one.key}", "silence": one, "about": about(one),
        "breadcrumb": [("Silences", reverse("monitoring:silence_list"))],
        "alerts_href": f"{reverse('monitoring:alert_list')}?silence={one.key}",
        "may_end": one.state in ("live", "planned") and may(request.user, "change", "silence"),
        "history": parts.history("silence", one.key),
    })  # fmt: skip


@guard("change", "silence")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    now = timezone.localtime()
    start = {name: request.GET.get(name, "") for name in ("rule", "entity_kind", "entity", "asset", "system")}
    form = SilenceForm(request.POST or None, initial={**start, "since": f"{now:%Y-%m-%dT%H:%M}"})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = silences.add(cast(User, request.user), **form.cleaned_data)
            except Refused as refused:
                form.refuse(refused.problems)
            else:
                messages.success(request, f"{made.key} holds until {timezone.localtime(made.until):%Y-%m-%d %H:%M %Z}.")
                return redirect(made.get_absolute_url())
    return render(request, "ui/form.html", {
        "title": "Silence something", "form": form, "submit_label": "Silence",
        "breadcrumb": [("Silences", reverse("monitoring:silence_list"))],
        "cancel_href": reverse("monitoring:silence_list"),
        "form_intro": "What is named must all fit. Alerts are made and counted, but do not queue. "
        f"Times are in {now.tzname()}.",
    }, status=status)  # fmt: skip


@guard("change", "silence")
@require_POST
def end(request: HttpRequest, key: str) -> HttpResponse:
    one = get_object_or_404(Silence, key=key)
    try:
        silences.end(cast(User, request.user), one)
    except Refused as error:
        tell(request, error)
    else:
        messages.success(request, f"{one.key} is over: its alerts queue again from now on.")
    return redirect(one.get_absolute_url())
