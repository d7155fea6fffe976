"""The API: every room's router under one OpenAPI description."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI

from accord import __version__
from accord.core.api import AUTH, refusal
from accord.core.errors import Refused
from accord.ui.lists.query import ParameterError

api = NinjaAPI(
    title="Accord",
    version=__version__,
    description="Every screen's data. Lists take the same filters as the screens and page by `after`.",
    auth=AUTH,
    urls_namespace="api",
    docs_url=None,
)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return api.create_response(request, refusal(error), status=422)


@api.exception_handler(ParameterError)
def unusable(request: HttpRequest, error: ParameterError) -> HttpResponse:
    return api.create_response(request, {"detail": str(error)}, status=422)


@api.exception_handler(PermissionDenied)
def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return api.create_response(request, {"detail": str(error) or "Not permitted."}, status=403)


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return api.create_response(request, {"detail": "There is no such thing."}, status=404)


for room in settings.ROOMS:
    if find_spec(f"accord.{room}.api") is not None and room != "core":
        api.add_router("", import_module(f"accord.{room}.api").router, tags=[room])
api.add_router("", import_module("accord.site.operations").router, tags=["site"])
