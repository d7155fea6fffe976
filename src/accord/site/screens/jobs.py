"""Long work to watch and to stop."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job
from accord.core.permissions import allowed, guard
from accord.ui.lists import Empty, ListColumn, ListSpec, choice, list_page

LIST = ListSpec(
    noun="job",
    title="Jobs",
    rows=lambda request: Job.objects.select_related("actor").defer("result", "error", "params"),
    columns=[
        ListColumn("title", "Job"),
        ListColumn("state", "State", kind="badge", badge="job"),
        ListColumn("actor", "Started by", value="actor.name"),
        ListColumn("created", "Asked for", kind="datetime", sort="created"),
        ListColumn("finished", "Ended", kind="datetime"),
        ListColumn("message", "Last word"),
        ListColumn("id", "Identifier", value=lambda job: str(job.pk), hidden=True),
    ],
    filters=[choice("state", "State", Job.State.choices)],
    default_sort="-created",
    empty=Empty("Nothing has run yet."),
    intro="Imports, loss and plans run here. They survive a restart and can be stopped.",
    link=lambda job: reverse("site:job", args=[job.pk]),
)
LIST_VIEW = list_page(LIST)


@guard("view", "job")
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(Job.objects.select_related("actor"), pk=pk)
    context = {
        "title": job.title, "job": job, "breadcrumb": [("Jobs", reverse("site:jobs"))],
        "may_cancel": not job.is_over and allowed(request.user, "change", "job"),
    }  # fmt: skip
    return render(request, "site/job.html", context)


@guard("view", "job")
@require_GET
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for each second."""
    job = get_object_or_404(Job, pk=pk)
    response = render(request, "ui/parts/job.html", {"job": job, "url": reverse("site:job_progress", args=[pk])})
    if job.is_over:
        response["HX-Refresh"] = "true"
    return response


@guard("change", "job")
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(Job, pk=pk)
    try:
        jobs.cancel(request.user, job)  # type: ignore[arg-type]
        messages.success(request, "It was asked to stop.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("site:job", pk=pk)
