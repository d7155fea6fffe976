"""The design system's own views: palette answers, options of references, the chart library, error pages."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accord.core import nouns
from accord.core.permissions import open_to_all, require, scoped, verbs
from accord.ui import bundle, palette
from accord.ui.nouns.forms import options as find_options


@open_to_all("answers only with pages and objects that the account may see; anonymous visitors get nothing")
@require_GET
def palette_results(request: HttpRequest) -> HttpResponse:
    """Groups of pages and objects that match `q`."""
    if not request.user.is_authenticated:
        return JsonResponse({"groups": []}, status=403)
    response = JsonResponse({"groups": palette.search(request, request.GET.get("q", ""))})
    response["Cache-Control"] = "private, no-store"
    return response


@open_to_all("asks the permission table for the noun that is named in the address")
@require_GET
def noun_options(request: HttpRequest, noun: str) -> HttpResponse:
    """At most 20 (key, title) pairs of a noun for a reference field."""
    found = nouns.find(noun)
    if found is None or "view" not in verbs(noun) or found.is_link:
        raise Http404("There is no such noun.")
    require(request.user, "view", noun)
    rows = scoped(request.user, noun, found.model._default_manager.all())
    pairs = find_options(found, request.GET.get("q", "")[:100].replace("\x00", ""), rows=rows)
    response = JsonResponse({"options": [{"key": key, "label": label} for key, label in pairs]})
    response["Cache-Control"] = "private, no-store"
    return response


@open_to_all("a public program library, the same for everybody")
@require_GET
def vega(request: HttpRequest) -> FileResponse:
    """The chart library; generated where `accord init` has not done it."""
    script = bundle.ensure()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    file = script.with_suffix(".js.gz") if packed else script
    response = FileResponse(file.open("rb"), content_type="text/javascript; charset=utf-8")
    if packed:
        response["Content-Encoding"] = "gzip"
    current = request.GET.get("v") == bundle.tag()
    response["Cache-Control"] = f"public, max-age={31_536_000 if current else 300}" + (", immutable" if current else "")
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
