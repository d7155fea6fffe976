"""Collections of rules in: an archive is compared first, then imported; a worker does both."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core import files, jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.monitoring.forms.rules import ImportForm
from accord.monitoring.models import RuleCollection
from accord.monitoring.selectors import rules as selectors
from accord.monitoring.services.rules import Wish

KINDS = (
    "monitoring.preview_rules", "monitoring.import_rules", "monitoring.import_pack", "monitoring.test_rules",
    "monitoring.compile_rules",
)  # fmt: skip
LARGEST = 128 << 20
COUNTS = (
    ("added", "added"), ("changed", "changed"), ("offered", "changed, waits for you"), ("unchanged", "unchanged"),
    ("vanished", "no longer in it"), ("refused", "refused"), ("unsupported", "cannot be run"),
    ("cases", "tests that come with it"), ("tests_passed", "tests passed"), ("tests_failed", "tests failed"),
    ("passed", "passed"), ("failed", "failed"),
)  # fmt: skip


def _breadcrumb() -> list[tuple[str, str]]:
    return [("Rules", reverse("monitoring:rule_list")), ("Import", reverse("monitoring:rule_import"))]


@guard("import", "rule")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take an archive; a worker compares it with what is there."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        actor, file, name = cast(User, request.user), form.cleaned_data["upload"], form.cleaned_data["collection"]
        try:
            wish = Wish(name.strip(), RuleCollection.Kind.ARCHIVE).checked()
            stored = files.keep(actor, file.name or "rules.zip", file.chunks(), LARGEST)
            job = jobs.enqueue(actor, "monitoring.preview_rules", file=str(stored.pk), collection=wish.collection)
            return redirect("monitoring:rule_job", pk=job.pk)
        except Refused as error:
            form.add_error("upload" if "larger" in str(error) else "collection", str(error))
    context = {
        "title": "Import rules", "form": form, "breadcrumb": _breadcrumb()[:1],
        "collections": selectors.collections(), "cancel_href": reverse("monitoring:rule_list"),
    }  # fmt: skip
    return render(request, "monitoring/rule_import.html", context, status=422 if form.errors else 200)


@guard("import", "rule")
@require_POST
def pack(request: HttpRequest) -> HttpResponse:
    """The rules that come with Accord, by one click."""
    return redirect("monitoring:rule_job", pk=jobs.enqueue(cast(User, request.user), "monitoring.import_pack").pk)


@guard("import", "rule")
@require_POST
def confirm(request: HttpRequest, pk: str) -> HttpResponse:
    """Import what was compared."""
    looked = get_object_or_404(Job, pk=pk, kind="monitoring.preview_rules", state=Job.State.DONE)
    actor, given = cast(User, request.user), looked.params
    job = jobs.enqueue(
        actor, "monitoring.import_rules", file=given["file"], collection=given["collection"],
        place=_name_of(given["file"]), retire=request.POST.get("retire") == "yes",
    )  # fmt: skip
    return redirect("monitoring:rule_job", pk=job.pk)


def _name_of(file: str) -> str:
    from accord.core.models import StoredFile

    return StoredFile.objects.get(pk=file).name


@guard("view", "rule")
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """Work on rules on its way, and what came of it; htmx asks for its progress each second."""
    found = get_object_or_404(Job, pk=pk, kind__in=KINDS)
    url = reverse("monitoring:rule_job", args=[pk])
    part: dict[str, Any] = {"job": found, "url": url, "next_url": url}
    if getattr(request, "htmx", False):
        response = render(request, "ui/parts/job.html", part)
        if found.is_over:
            response["HX-Refresh"] = "true"
        return response
    told: dict[str, Any] = found.result if isinstance(found.result, dict) else {}
    counts = {**told, **told.get("counts", {})}
    context = {
        **part, "title": found.title, "breadcrumb": _breadcrumb(), "told": told,
        "counts": [(label, counts[name]) for name, label in COUNTS if isinstance(counts.get(name), int)],
        "is_preview": found.kind == "monitoring.preview_rules" and found.state == Job.State.DONE,
        "nothing": not any(counts.get(name) for name in ("added", "changed", "offered", "vanished", "cases")),
    }  # fmt: skip
    if found.state == Job.State.FAILED:
        messages.error(request, found.error.splitlines()[0][:500] if found.error else "It failed.")
    return render(request, "monitoring/rule_job.html", context)
