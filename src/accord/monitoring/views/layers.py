"""Layers of the ATT&CK Navigator: the coverage as a layer, and layers into the threat profile."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from accord.core import files
from accord.core.errors import Refused
from accord.core.models import StoredFile, User
from accord.core.permissions import guard
from accord.monitoring.forms.blind import LayerForm
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors import profile as chosen
from accord.monitoring.services import profile
from accord.monitoring.services.layers import COLUMNS, as_layer

MOST = 20_000_000


@guard("export", "blind_spot")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The coverage as a layer, format 4.5: `column` is rule, telemetry, proof or all, `scope` as on the page."""
    column = request.GET.get("column", "all")
    scope = request.GET.get("scope", "profile")
    if column not in COLUMNS or scope not in read.SCOPES:
        return HttpResponse("There is no such layer.", status=400, content_type="text/plain")
    body = as_layer(read.coverage(timezone.now(), scope), column, timezone.now())
    answer = HttpResponse(body, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="accord-{scope}-{column}.json"'
    return answer


@guard("import", "threat_profile")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Hand in a layer; the preview follows."""
    form = LayerForm(request.POST, request.FILES) if request.method == "POST" else LayerForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["upload"]
        try:
            profile.read(given, given.name or "layer.json")
            given.seek(0)
            stored = files.keep(cast(User, request.user), given.name or "layer.json", given.chunks(), MOST)
        except Refused as error:
            form.add_error("upload", str(error))
        else:
            least = form.cleaned_data["least"]
            wanted = "" if least is None else f"?{urlencode({'least': f'{least:g}'})}"
            return redirect(reverse("monitoring:layer_preview", args=[stored.pk]) + wanted)
    context = {
        "title": "Take in a layer", "form": form, "submit_label": "Look at it",
        "breadcrumb": [("Threat profile", reverse("monitoring:threat_profile_list"))],
        "cancel_href": reverse("monitoring:threat_profile_list"),
        "form_intro": "Techniques that are enabled come into the threat profile, with their score as weight; disabled "
        "ones are left out of it. Nothing is changed before you confirm.",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("import", "threat_profile")
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The layer against the profile, and what taking it in would change; a POST takes it in."""
    stored = get_object_or_404(StoredFile, pk=pk)
    try:
        least = float(request.GET["least"]) if request.GET.get("least") else None
        with files.open_file(stored) as stream:
            layer = profile.read(stream, stored.name)
        if request.method == "POST":
            taken = profile.take_layer(cast(User, request.user), layer, least, request.POST.get("digest"))
            messages.success(request, f"{len(taken.added)} rows added, {len(taken.changed)} changed.")
            return redirect("monitoring:technique_coverage")
    except (Refused, ValueError) as error:
        messages.error(request, str(error))
        return redirect("monitoring:layer_import")
    known = chosen.catalogue()
    compared = profile.compared(layer, chosen.profile(known).techniques, least)
    context: dict[str, Any] = {
        "title": layer.name or stored.name, "layer": layer, "difference": profile.preview(layer, least),
        "file_name": stored.name, "apply_href": request.get_full_path(),
        "cancel_href": reverse("monitoring:layer_import"),
        "sides": [
            ("Only in the layer", [known.of(one) for one in compared.only_layer]),
            ("Only in the threat profile", [known.of(one) for one in compared.only_profile]),
            ("In both", [known.of(one) for one in compared.both]),
        ],
        "breadcrumb": [
            ("Threat profile", reverse("monitoring:threat_profile_list")),
            ("Take in a layer", reverse("monitoring:layer_import")),
        ],
    }  # fmt: skip
    return render(request, "monitoring/profile_layer.html", context)
