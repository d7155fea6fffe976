"""The catalogue of ATT&CK, and its groups from which the threat profile is chosen."""

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
from accord.monitoring.forms.blind import BundleForm, GroupsForm
from accord.monitoring.models import AttackRelease, ThreatProfile
from accord.monitoring.selectors import profile as read
from accord.monitoring.services import attack, profile
from accord.ui.access import may

KIND = "monitoring.attack"


def _crumbs() -> list[tuple[str, str]]:
    return [("Threat profile", reverse("monitoring:threat_profile_list"))]


@guard("view", "threat_profile")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Which release is in force, and the groups that hold the words of `?q=`."""
    return _overview(request, GroupsForm())


def _overview(request: HttpRequest, form: GroupsForm, status: int = 200) -> HttpResponse:
    text = request.GET.get("q", "")[:200]
    release = AttackRelease.objects.select_related("by").order_by("-pk").first()
    chosen = set(ThreatProfile.objects.filter(key__startswith="G").values_list("key", flat=True))
    context: dict[str, Any] = {
        "title": "ATT&CK and its groups", "release": release, "text": text, "form": form,
        "groups": [(group, number, group.identifier in chosen) for group, number in read.groups(text)],
        "may_import": may(request.user, "import", "attack"),
        "may_choose": may(request.user, "change", "threat_profile"),
        "breadcrumb": _crumbs(),
    }  # fmt: skip
    return render(request, "monitoring/profile_attack.html", context, status=status)


@guard("import", "attack")
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """Hand in a bundle, or have it downloaded; a worker reads it."""
    form = BundleForm(request.POST, request.FILES) if request.method == "POST" else BundleForm()
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        given = form.cleaned_data["upload"]
        try:
            if given is None:
                job = jobs.enqueue(actor, KIND, "Download ATT&CK")
            else:
                stored = files.keep(actor, given.name or "attack.json", given.chunks(), attack.MOST_BYTES)
                job = jobs.enqueue(actor, KIND, f"Import {stored.name}", file=stored.pk)
            return redirect("monitoring:attack_job", pk=job.pk)
        except Refused as error:
            form.add_error("upload", str(error))
    context = {
        "title": "Import ATT&CK", "form": form, "submit_label": "Import", "cancel_href": reverse("monitoring:attack"),
        "breadcrumb": [*_crumbs(), ("ATT&CK and its groups", reverse("monitoring:attack"))],
        "form_intro": f"Names of techniques, tactics, and which group uses what. Downloaded from {attack.ADDRESS}",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("import", "attack")
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The import on its way; htmx asks for its progress each second."""
    found = get_object_or_404(Job, pk=pk, kind=KIND)
    part = {
        "job": found, "url": reverse("monitoring:attack_job", args=[pk]), "next_url": reverse("monitoring:attack"),
    }  # fmt: skip
    if getattr(request, "htmx", False):
        return render(request, "ui/parts/job.html", part)
    return render(request, "monitoring/profile_job.html", {"title": found.title, "breadcrumb": _crumbs(), **part})


@guard("change", "threat_profile")
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Add groups to the threat profile."""
    form = GroupsForm(request.POST)
    if not form.is_valid():
        return _overview(request, form, 422)
    try:
        chosen = request.POST.getlist("group")
        done = profile.choose_groups(cast(User, request.user), chosen, form.cleaned_data["reason"])
    except Refused as error:
        form.add_error(None, str(error))
        return _overview(request, form, 422)
    messages.success(request, f"{len(done.added)} groups stand in the threat profile now.")
    return redirect("monitoring:technique_coverage")
