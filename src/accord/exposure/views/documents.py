"""VEX documents and bills of materials of a system or an asset, to hand on."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accord.core.errors import Refused
from accord.core.permissions import guard, scoped
from accord.estate.models import Asset
from accord.exposure.selectors import documents
from accord.organization.models import Unit
from accord.outlet import vex

WRITERS = {"openvex": vex.openvex, "cyclonedx": vex.cyclonedx, "csaf": vex.csaf}
FORMS = (*WRITERS, "sbom")
TITLES = {
    "openvex": "OpenVEX 0.2.0", "cyclonedx": "CycloneDX 1.6 VEX", "csaf": "CSAF 2.0 VEX", "sbom": "CycloneDX 1.6 SBOM",
}  # fmt: skip


def body_of(request: HttpRequest, form: str, system: str, asset: str) -> bytes:
    """The document as bytes; `Refused` where nothing can be said."""
    assets = scoped(request.user, "asset", Asset.objects.all())
    origin = (settings.ORIGIN or request.build_absolute_uri("/")).rstrip("/")
    author = settings.ACCORD_ORGANIZATION or Unit.objects.filter(parent=None).values_list("name", flat=True).first()
    if form == "sbom":
        return vex.sbom(documents.inventory(assets, author or "Unknown", origin, system, asset))
    return WRITERS[form](documents.vex_document(assets, author or "Unknown", origin, system, asset))


@guard("export", "finding")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Choose what is to be said of what, or with `form` download it."""
    form, system, asset = (request.GET.get(name, "").strip() for name in ("form", "system", "asset"))
    problem = ""
    if form in FORMS:
        try:
            body = body_of(request, form, system, asset)
        except Refused as error:
            problem = str(error)
        else:
            response = HttpResponse(body, content_type="application/json")
            name = f"{system or asset}-{form}-{timezone.now():%Y-%m-%d}.json"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
    context = {
        "title": "VEX and SBOM", "problem": problem, "system": system, "asset": asset, "forms": TITLES.items(),
        "form": form or "openvex", "breadcrumb": [("VEX statements", reverse("exposure:statement_list"))],
    }  # fmt: skip
    return render(request, "exposure/documents.html", context, status=422 if problem else 200)
