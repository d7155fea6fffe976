"""Patch or wait: which fix, the live comparison while one fills in, the picture, and what really happened."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import Reach, guard, reach
from accord.decisions import services, sheets
from accord.decisions.access import require_change
from accord.decisions.forms.outcomes import OutcomeForm
from accord.decisions.forms.sheets import SheetForm, given
from accord.decisions.models import Sheet
from accord.decisions.selectors import patches as reads
from accord.decisions.views.shown import sheet_or_404, shown_content
from accord.estate.models import System
from accord.exposure.models import Fix

KIND = Sheet.Kind.PATCH_OR_WAIT
LIST = ("Sheets", "/sheets/")
DAYS_A_YEAR = 365.25


def start(request: HttpRequest) -> dict[str, Any] | None:
    """The fields of a new sheet on the fix of the address, filled with what is known; None where none is named."""
    asked = request.POST if request.method == "POST" else request.GET
    system = System.objects.filter(key=asked.get("system", "")).first()
    fix = Fix.objects.filter(key=asked.get("fix", "")).first()
    if system is None or fix is None:
        return None
    from accord.decisions.sheets import patch_facts

    found = patch_facts.facts_of(system, fix)
    if found is None:
        messages.info(request, f"“{fix.title}” closes no open finding on {system.name} any more.")
        return None
    filled = given(patch_facts.prefilled(found, timezone.localdate()))
    return {"title": f"{fix.title} on {system.name}"[:300], **filled}


def about(form: SheetForm) -> dict[str, Any]:
    """Of what fix and system a form is, and who signs for the CIO. Two queries."""
    system = System.objects.select_related("it_owner").filter(key=form["system"].value() or "").first()
    fix = Fix.objects.filter(key=form["fix"].value() or "").first()
    owner = system.it_owner.name if system is not None and system.it_owner is not None else ""
    return {"system": system, "fix": fix, "owner": owner}


def afterwards(sheet: Sheet, changes: bool) -> dict[str, Any]:
    """Forecast and reality of a sheet that was in force. Four queries, none for other sheets."""
    if sheet.kind != KIND or sheet.state not in reads.HELD:
        return {}
    outcome = reads.outcome_of(sheet)
    rows = reads.afterwards(sheet, outcome, timezone.localdate())
    return {"after": rows, "outcome": outcome, "may_record": changes}


@guard("change", "sheet")
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Which fix on which system: the dearest first, or what is looked for."""
    text = request.GET.get("q", "").strip()[:100]
    own = None
    nothing = "No open finding has a fix. Import a scan."
    if reach(request.user, "change", "sheet") is Reach.OWN:
        person = cast(User, request.user).person_key
        own = System.objects.filter(it_owner__key=person) if person else System.objects.none()
        nothing = "No system of yours has an open finding with a fix."
    rows: list[Any] = reads.to_decide(text, own)
    address = reverse("decisions:sheet_add", args=[KIND.value])
    for row in rows:
        row.href = f"{address}?{urlencode({'system': row.system.key, 'fix': row.fix.key})}"
        row.a_day = None if row.price_mid is None else row.price_mid / DAYS_A_YEAR
    context = {"title": "Patch or wait", "breadcrumb": [LIST], "rows": rows, "q": text, "nothing": nothing}
    return render(request, "decisions/patch_choose.html", context)


@guard("change", "sheet")
@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """The options as they are filled in so far; nothing is kept."""
    form = SheetForm(KIND, request.POST)
    form.is_valid()
    context: dict[str, Any]
    try:
        values = form.values()
        require_change(request.user, KIND, str(values.get("system", "")))
        context = shown_content(sheets.compute(KIND, sheets.read(KIND, values)))
    except Refused as refused:
        context = {
            "problems": [f"{one.column.replace('_', ' ')}: {one.reason} {one.remedy}" for one in refused.problems]
        }
    return render(request, "decisions/parts/patch_comparison.html", context)


@guard("change", "sheet")
@require_http_methods(["GET", "POST"])
def outcome(request: HttpRequest, key: str) -> HttpResponse:
    """Write down what really happened after a sheet came into force."""
    sheet = sheet_or_404(key)
    require_change(request.user, sheet.kind, sheet.system)
    form = OutcomeForm(request.POST or None, kept=reads.outcome_of(sheet))
    if request.method == "POST" and form.is_valid():
        try:
            services.record_outcome(cast(User, request.user), sheet, form.cleaned_data)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Written down.")
            return redirect("decisions:sheet_detail", key=key)
    context = {
        "title": f"What really happened: {sheet.title}", "form": form, "submit_label": "Write it down",
        "breadcrumb": [LIST, (sheet.title, f"/sheets/{key}/")], "cancel_href": f"/sheets/{key}/",
        "form_intro": "When it was patched is read from the scans. Leave blank what is not known.",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)
