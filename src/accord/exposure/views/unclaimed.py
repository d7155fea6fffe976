"""Targets that belong to no asset: claim them, make assets of them, leave them out, take that back."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard, require
from accord.exposure import services
from accord.exposure.forms import TargetsForm
from accord.exposure.lists import UNCLAIMED
from accord.exposure.lists.findings import urgency_code
from accord.exposure.models import IS_OPEN, Finding, Target
from accord.exposure.selectors.systems import exposure_from
from accord.exposure.shell.links import STANDING, asset_href, findings_href
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(UNCLAIMED)
SHOWN = 20


@guard("view", "unclaimed")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(Target.objects.select_related("asset"), pk=pk)
    found = Finding.objects.filter(IS_OPEN, target=target).select_related("definition")
    rows = found.defer("evidence").order_by("rank", "id")[:SHOWN] if may(request.user, "view", "finding") else []
    context = {
        "title": target.name,
        "subtitle": target.identity,
        "breadcrumb": [("Unclaimed", reverse("exposure:unclaimed_list"))],
        "target": target,
        "exposure": exposure_from(target),
        "identifiers": [":".join(pair) for pair in target.identifiers],
        "asset_href": asset_href(target.asset.key) if target.asset else None,
        "candidates": [(key, asset_href(key)) for key in target.candidates],
        "findings": [(one, urgency_code(one)) for one in rows],
        "all_href": findings_href(search=f"target:{target.pk}", state=STANDING),
        "covered": target.covered_by.select_related("scan").order_by("-scan__observed")[:10],
        "may_change": may(request.user, "change", "unclaimed"),
        "may_make": may(request.user, "change", "unclaimed") and may(request.user, "change", "asset"),
        "history": parts.history("unclaimed", target.identity),
    }
    return render(request, "exposure/unclaimed.html", context)


@guard("change", "unclaimed")
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """One decision on the chosen targets."""
    form = TargetsForm(request.POST)
    onward = _next(request)
    if not form.is_valid():
        messages.error(request, "Choose what to do with the targets.")
        return redirect(onward)
    try:
        done = _done(request, form.cleaned_data)
    except Refused as error:
        for problem in error.problems:
            messages.error(request, f"{problem.reason} {problem.remedy}".strip())
    else:
        messages.success(request, done)
    return redirect(onward)


def _done(request: HttpRequest, given: dict[str, Any]) -> str:
    actor, targets = cast(User, request.user), given["targets"]
    match given["action"]:
        case "claim":
            found = services.claim(actor, targets, given["asset"].strip())
            return f"{_number(found)} tied to {given['asset'].strip()}."
        case "new":
            require(actor, "change", "asset")
            made = services.claim_as_new(actor, targets)
            keys = ", ".join(asset.key for asset in made[:5]) + (" …" if len(made) > 5 else "")
            return f"{len(made)} {'asset' if len(made) == 1 else 'assets'} made: {keys}."
        case "ignore":
            return f"{_number(services.ignore(actor, targets, given['reason']))} left out."
        case _:
            return f"{_number(services.restore(actor, targets))} unclaimed again."


def _number(found: list[Target]) -> str:
    return f"{len(found)} target{'' if len(found) == 1 else 's'}"


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if fits else reverse("exposure:unclaimed_list")
