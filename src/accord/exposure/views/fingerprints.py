"""Versions of fingerprints: which is in force, what another would do, and the order to bring it into force."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.exposure.models import Finding
from accord.exposure.services import refingerprint
from accord.exposure.shell.links import asset_href
from accord.intake.fingerprint import VERSIONS
from accord.ui import parts
from accord.ui.access import may


@guard("view", "fingerprint")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    used = refingerprint.in_force()
    job = jobs.latest(refingerprint.KIND)
    running = job if job is not None and not job.is_over else None
    part = {"job": running, "url": reverse("exposure:fingerprints")}
    if getattr(request, "htmx", False) and job is not None:
        response = render(request, "ui/parts/job.html", {**part, "job": job})
        if job.is_over:
            response["HX-Refresh"] = "true"
        return response
    context = {
        "title": "Fingerprints",
        "breadcrumb": [("Findings", reverse("exposure:finding_list"))],
        "versions": [(one, one.number == used) for one in VERSIONS.values()],
        "used": used,
        "waiting": 0 if running else refingerprint.waiting(used),
        "may_run": may(request.user, "run", "fingerprint"),
        "history": parts.history("fingerprint", used),
        **part,
    }
    return render(request, "exposure/fingerprints.html", context)


@guard("run", "fingerprint")
@require_http_methods(["GET", "POST"])
def version(request: HttpRequest, number: int) -> HttpResponse:
    """GET shows what the version would do (computed by a worker); POST brings it into force."""
    if number not in VERSIONS:
        raise Http404(f"There is no version {number} of fingerprints.")
    actor = cast(User, request.user)
    if request.method == "POST":
        try:
            refingerprint.submit(actor, number)
        except Refused as error:
            for problem in error.problems:
                messages.error(request, f"{problem.reason} {problem.remedy}".strip())
        return redirect("exposure:fingerprints")
    job = jobs.latest(refingerprint.PREVIEW_KIND, version=number)
    if job is None or job.state in (Job.State.FAILED, Job.State.CANCELLED) or "again" in request.GET:
        title = f"Look at what version {number} of fingerprints would do"
        job = jobs.enqueue(actor, refingerprint.PREVIEW_KIND, title, version=number)
        if "again" in request.GET:
            return redirect("exposure:fingerprint_version", number=number)
    part = {"job": job, "url": reverse("exposure:fingerprint_version", args=[number])}
    if getattr(request, "htmx", False):
        response = render(request, "ui/parts/job.html", part)
        if job.is_over:
            response["HX-Refresh"] = "true"
        return response
    context = {
        "title": f"Fingerprints, version {number}",
        "subtitle": VERSIONS[number].title,
        "breadcrumb": [
            ("Findings", reverse("exposure:finding_list")),
            ("Fingerprints", reverse("exposure:fingerprints")),
        ],
        "version": VERSIONS[number],
        "told": job.result if job.state == Job.State.DONE else None,
        "samples": _samples(job.result) if job.state == Job.State.DONE and isinstance(job.result, dict) else [],
        **part,
    }
    return render(request, "exposure/fingerprint_version.html", context)


def _samples(told: dict[str, Any]) -> list[list[tuple[Finding, str | None]]]:
    """Groups of findings that would become one, each with the page of its asset."""
    groups = told.get("samples", [])
    rows = Finding.objects.select_related("definition", "asset", "target").defer("evidence")
    known = rows.in_bulk([pk for group in groups for pk in group])
    return [
        [(known[pk], asset_href(known[pk].asset.key) if known[pk].asset else None) for pk in group if pk in known]
        for group in groups
    ]
