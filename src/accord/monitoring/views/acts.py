"""One act on many alerts: how far it is, stopping it, going on with it, undoing it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.monitoring.lists.alerts import told
from accord.monitoring.models import AlertAct
from accord.monitoring.services import acts
from accord.monitoring.services.triage import ACTS, in_words
from accord.monitoring.views.triage import tell
from accord.ui.access import may


def _found(pk: int) -> AlertAct:
    return get_object_or_404(AlertAct.objects.select_related("by", "owner", "duplicate_of", "undo_by"), pk=pk)


@guard("work", "alert")
@require_GET
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What is done or was done; htmx asks for its progress each second."""
    found, address = _found(pk), reverse("monitoring:alert_act", args=[pk])
    job = Job.objects.filter(pk=found.job).first() if found.job else None
    part = {"job": job, "url": address, "next_url": address}
    if getattr(request, "htmx", False) and job is not None:
        response = render(request, "ui/parts/job.html", part)
        if job.is_over:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "monitoring/alert_act.html", {**part, **_shown(request, found, job)})


def _shown(request: HttpRequest, found: AlertAct, job: Job | None) -> dict[str, Any]:
    actor, is_undo = cast(User, request.user), found.undo_asked is not None
    is_over = (found.undo_finished if is_undo else found.finished) is not None
    runs = job is not None and not job.is_over
    return {
        "title": f"{acts.name_of(found)}: {found.total:,} alerts", "act": found,
        "breadcrumb": [("Alerts", reverse("monitoring:alert_list"))],
        "filters": told(request, found.query or {}),
        "told": in_words(found.changed, found.passed), "runs": runs, "is_over": is_over, "is_undo": is_undo,
        "days": acts.KEPT.days, "left_over": max(0, found.total - found.changed - sum(found.passed.values())),
        "may_undo": not runs and may(actor, ACTS[found.action][1], "alert") and acts.can_undo(found),
        "may_go_on": not runs and not is_over and actor.pk == (found.undo_by_id if is_undo else found.by_id),
    }  # fmt: skip


@guard("work", "alert")
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the worker to stop; whole parts stay."""
    found = _found(pk)
    job = Job.objects.filter(pk=found.job).first() if found.job else None
    try:
        if job is None:
            raise Refused("It is over already.")
        jobs.cancel(cast(User, request.user), job)
    except Refused as error:
        tell(request, error)
    return redirect(found)


@guard("work", "alert")
@require_POST
def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it was stopped."""
    found = _found(pk)
    try:
        acts.go_on(cast(User, request.user), found)
    except Refused as error:
        tell(request, error)
    return redirect(found)


@guard("work", "alert")
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what it changed."""
    found, actor = _found(pk), cast(User, request.user)
    if not may(actor, ACTS[found.action][1], "alert"):
        raise PermissionDenied("Another permission is needed for this.")
    try:
        done = acts.undo(actor, found)
    except Refused as error:
        tell(request, error)
    else:
        if done.undo_finished is not None:
            messages.success(request, f"{done.undone:,} put back.")
    return redirect(found)
