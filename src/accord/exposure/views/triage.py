"""Triage cases and one's own notices."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard, scoped
from accord.exposure.forms.policies import TriageForm
from accord.exposure.lists.findings import urgency_code
from accord.exposure.lists.triage import NOTICES, TRIAGE
from accord.exposure.models import Finding, TriageCase, TriageFinding
from accord.exposure.selectors import feed_ages
from accord.exposure.services import notices, triage
from accord.exposure.shell.links import STANDING, findings_href
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.nouns import url_for

LIST_VIEW = list_page(TRIAGE)
NOTICES_VIEW = list_page(NOTICES)
SHOWN = 20


@guard("view", "triage_case")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_object_or_404(TriageCase.objects.select_related("definition", "closed_by"), pk=pk)
    return render(request, "exposure/triage.html", _context(request, case, TriageForm()))


def _context(request: HttpRequest, case: TriageCase, form: TriageForm) -> dict[str, object]:
    members = TriageFinding.objects.filter(case=case).values("finding_id")
    found = Finding.objects.filter(pk__in=members).select_related("definition", "asset", "target")
    seen = scoped(request.user, "finding", found) if may(request.user, "view", "finding") else found.none()
    return {
        "title": f"{case.key}: {case.definition.title}",
        "breadcrumb": [("Triage cases", reverse("exposure:triage_list"))],
        "case": case,
        "systems": [(one["name"], url_for("system", one["key"])) for one in case.systems],
        "still_open": triage.still_open(case),
        "findings": [(one, urgency_code(one)) for one in seen.defer("evidence").order_by("rank", "id")[:SHOWN]],
        "kev": next(age for age in feed_ages() if age.feed == "kev"),
        "all_href": findings_href(definition=case.definition.identifier, state=STANDING),
        "may_close": case.state == TriageCase.State.OPEN and may(request.user, "change", "triage_case"),
        "form": form,
        "history": parts.history("triage_case", case.key),
    }


@guard("change", "triage_case")
@require_http_methods(["POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case with what was looked for and what came of it."""
    case = get_object_or_404(TriageCase.objects.select_related("definition", "closed_by"), pk=pk)
    form = TriageForm(request.POST)
    if form.is_valid():
        try:
            triage.close_case(
                cast(User, request.user), case, form.cleaned_data["outcome"], form.cleaned_data["looked_for"]
            )
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, f"{case.key} is closed.")
            return redirect(case.get_absolute_url())
    return render(request, "exposure/triage.html", _context(request, case, form), status=422)


@guard("change", "notice")
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Note that all one's notices are read."""
    number = notices.read(cast(User, request.user))
    messages.success(request, f"{number} notice{'' if number == 1 else 's'} read.")
    return redirect("exposure:notice_list")
