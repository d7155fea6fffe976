"""What people do to findings, from the page of one, from a choice in the list, or to all that fit a filter."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard, scoped
from accord.exposure.lists import FINDINGS
from accord.exposure.lists.findings import under
from accord.exposure.models import Finding
from accord.exposure.services.lifecycle import AT_ONCE, NAMES, Wish, act, submit
from accord.outlet.vex.records import JUSTIFICATIONS
from accord.ui.lists.query import count

LIST = "exposure:finding_list"
IGNORED = frozenset({"after", "before", "limit", "sort", "format"})


@guard("work", "finding")
@require_POST
def work(request: HttpRequest) -> HttpResponse:
    """Start, stop, claim fixed, take back."""
    return _act(request, "work")


@guard("judge", "finding")
@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """False positive, not affected, reopen."""
    return _act(request, "judge")


def _act(request: HttpRequest, verb: str) -> HttpResponse:
    actor, given = cast(User, request.user), request.POST
    onward = _next(request)
    wish = Wish(given.get("action", ""), given.get("note", ""), given.get("justification", ""))
    try:
        if NAMES.get(wish.name, ("", verb))[1] != verb:
            raise PermissionDenied("Another permission is needed for this.")
        wish = wish.checked()
        if given.get("scope") == "all":
            return _act_on_all(request, wish, QueryDict(given.get("query", "")))
        chosen = [int(one) for one in given.getlist("findings") if one.isascii() and one.isdigit() and len(one) < 16]
        if len(chosen) > AT_ONCE:
            return redirect("exposure:act_job", pk=submit(actor, wish, chosen).pk)
        if not chosen:
            messages.error(request, "No finding is chosen. Choose at least one, or all that fit the filter.")
            return redirect(onward)
        rows = scoped(actor, "finding", Finding.objects.filter(pk__in=chosen))
        outcome = act(actor, Finding.objects.filter(pk__in=list(rows.values_list("pk", flat=True))), wish)
        (messages.success if outcome.changed else messages.warning)(request, outcome.text())
    except Refused as error:
        for problem in error.problems:
            messages.error(request, f"{problem.column or ''}: {problem.reason} {problem.remedy}".strip(": "))
    return redirect(onward)


def _act_on_all(request: HttpRequest, wish: Wish, asked: QueryDict) -> HttpResponse:
    """First how many, then a worker does it."""
    query = {name: values for name, values in ((n, asked.getlist(n)) for n in asked) if name not in IGNORED}
    actor = cast(User, request.user)
    if request.POST.get("confirmed") == "yes":
        return redirect("exposure:act_job", pk=submit(actor, wish, query=query).pk)
    names = {one.name: one.label for one in FINDINGS.filters}
    context = {
        "title": f"{NAMES[wish.name][0]}: all that fit",
        "breadcrumb": [("Findings", reverse(LIST))],
        "wish": wish,
        "label": NAMES[wish.name][0],
        "justification_text": JUSTIFICATIONS.get(wish.justification, ("", ""))[0],
        "count": count(under(actor, query)),
        "filters": [(names.get(name, name), ", ".join(values)) for name, values in query.items()],
        "query": request.POST.get("query", ""),
        "next": _next(request),
        "post_to": request.path,
    }
    return render(request, "exposure/act_all.html", context)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if fits else reverse(LIST)


@guard("view", "finding")
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The work on many findings on its way; htmx asks for its progress each second."""
    found = get_object_or_404(Job, pk=pk, kind="exposure.act", actor=cast(User, request.user))
    part: dict[str, Any] = {
        "job": found, "url": reverse("exposure:act_job", args=[pk]), "next_url": reverse("exposure:act_job", args=[pk]),
    }  # fmt: skip
    if getattr(request, "htmx", False):
        response = render(request, "ui/parts/job.html", part)
        if found.is_over:
            response["HX-Refresh"] = "true"
        return response
    told = (found.result or {}).get("text", "") if isinstance(found.result, dict) else ""
    context = {"title": found.title, "breadcrumb": [("Findings", reverse(LIST))], "told": told, **part}
    return render(request, "exposure/life_job.html", context)
