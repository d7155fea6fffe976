"""Undoing an import: what it would do, with its reasons, and the order to do it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.exposure.models import Finding, Scan
from accord.exposure.services import undo

TITLES = {"removed": "Go: nobody else saw them", "restored": "Go back to what they were before"}


@guard("undo", "scan")
@require_http_methods(["GET", "POST"])
def undoing(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows what would happen; POST with a reason has a worker do it."""
    scan = get_object_or_404(Scan, pk=pk)
    actor = cast(User, request.user)
    if request.method == "POST":
        try:
            undo.submit(actor, scan, request.POST.get("reason", ""))
        except Refused as error:
            messages.error(request, str(error))
            return redirect("exposure:scan_undo", pk=pk)
        messages.success(request, "A worker undoes the import. It goes on after an interruption.")
        return redirect("exposure:scan_detail", pk=pk)
    context: dict[str, Any] = {
        "title": f"Undo the import of {scan.name}",
        "breadcrumb": [("Scans", reverse("exposure:scan_list")), (str(scan), scan.get_absolute_url())],
        "scan": scan,
        "parts": undo.parts_of(scan),
        "amount": undo.amount(scan),
    }
    context.update(_shown(actor, scan, context["amount"], fresh="again" in request.GET))
    if context.get("job") and getattr(request, "htmx", False):
        response = render(request, "ui/parts/job.html", context)
        if context["job"].is_over:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "exposure/scan_undo.html", context)


def _shown(actor: User, scan: Scan, amount: int, fresh: bool) -> dict[str, Any]:
    """The preview at once where there is little, else by a worker whose progress is shown."""
    if amount <= undo.LOOKED_AT_ONCE:
        return _lines(undo.preview(scan).plain())
    job = None if fresh else jobs.latest(undo.PREVIEW_KIND, scan=scan.pk)
    if job is None or job.state in (Job.State.FAILED, Job.State.CANCELLED):
        job = jobs.enqueue(actor, undo.PREVIEW_KIND, f"Look at what the import of {scan.name} touched", scan=scan.pk)
    if job.state == Job.State.DONE and isinstance(job.result, dict):
        return {**_lines(job.result), "as_of": job.finished}
    return {"job": job, "url": reverse("exposure:scan_undo", args=[scan.pk])}


def _lines(told: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of a preview: (what, how many, some of them) and the total."""
    wanted = {pk for pks in told["samples"].values() for pk in pks}
    known = Finding.objects.select_related("definition").only("pk", "definition__title").in_bulk(wanted)
    counts = {"removed": told["removed"], "restored": told["restored"], **told["left"]}
    lines = [
        (TITLES.get(name, f"Stay: {name}"), number, [known[pk] for pk in told["samples"].get(name, ()) if pk in known])
        for name, number in counts.items()
        if number or name in TITLES
    ]
    return {"lines": lines, "ready": True}
