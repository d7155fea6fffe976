"""Sheets: drafted with their figures, proposed with one option, signed by two keys or dissented from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.reauth import prove
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors, services
from accord.decisions.access import may_change, may_change_kind, require_change
from accord.decisions.forms.sheets import ChoiceForm, SheetForm, given
from accord.decisions.models import Sheet
from accord.decisions.views import patches
from accord.decisions.views.keys import keys_of
from accord.decisions.views.shown import sheet_or_404, shown
from accord.risk.forms import DissentForm, KeyForm
from accord.ui import parts
from accord.ui.access import may

LIST = ("Sheets", "/sheets/")
UNTOLD = ("Inputs", "Kind")
INTRO = {
    "insurance": "Which layers to buy. Every set of them becomes an option, computed from the scenarios with today's "
    "controls.",
    "supplier": "Keep a supplier, change it or take a second one: cost beside the loss that each option leaves.",
    "retirement": "Keep a system past its planned end for a while: what that saves, and the loss that it adds.",
    "materiality": "Whether an incident's loss exceeds your threshold: the chance, and which of your limits it meets.",
    "patch_or_wait": "Patch a system now, in a window, after a mitigation, or accept it for a while: downtime beside "
    "the loss of each day of waiting. The system's owner in IT signs for the CIO.",
}


def _own_or_403(request: HttpRequest, key: str) -> Sheet:
    """A sheet that the reader may fill in and propose."""
    sheet = sheet_or_404(key)
    require_change(request.user, sheet.kind, sheet.system)
    return sheet


@guard("view", "sheet")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """The options side by side, both keys, and everything that the figures rest on."""
    sheet = sheet_or_404(key)
    draft = sheet.state == TwoKeyState.DRAFT
    changes = may_change(request.user, sheet.kind, sheet.system)
    context = {
        "title": sheet.title,
        "breadcrumb": [LIST],
        "sheet": sheet,
        "ran_out": sheet.ran_out(timezone.localdate()),
        "keys": [] if draft or sheet.state == TwoKeyState.WITHDRAWN else keys_of(request, "sheet", sheet),
        "may_change": draft and changes,
        "may_withdraw": changes and sheet.state in (TwoKeyState.DRAFT, TwoKeyState.PROPOSED),
        "choice": _choice(sheet) if draft and changes and sheet.figures else None,
        "history": _history(sheet),
        **shown(sheet),
        **_computing(request, sheet, changes),
        **patches.afterwards(sheet, changes),
    }  # fmt: skip
    return render(request, "decisions/sheet.html", context)


def _history(sheet: Sheet) -> list[parts.HistoryEntry]:
    """What became of it. What was filled in stands on the form and in the figures, not as data of the ledger."""
    entries = parts.history("sheet", sheet.key, 12)
    return [
        replace(entry, changes=[row for row in entry.changes if row[0] not in UNTOLD and any(row[1:])])
        for entry in entries
    ]


def _computing(request: HttpRequest, sheet: Sheet, changes: bool) -> dict[str, Any]:
    """The job that computes a draft without figures; why it ended without any, and whether to start it again."""
    if sheet.figures or sheet.state != TwoKeyState.DRAFT:
        return {}
    job = selectors.job_of(sheet)
    over = job is None or job.is_over
    return {
        "job": job,
        "job_url": reverse("site:job_progress", args=[job.pk]) if job is not None else "",
        "ended": over,
        "reason": selectors.reason_of(job) if job is not None and over else "",
        "may_watch": may(request.user, "view", "job"),
        "may_compute": over and changes,
    }


def _choice(sheet: Sheet) -> ChoiceForm:
    return ChoiceForm(sheet.figures["options"], initial={"chosen": sheet.figures["proposal"]})


@guard("change", "sheet")
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """What kind of sheet it is to be."""
    kinds = [(kind.value, kind.label, INTRO[kind.value]) for kind in Sheet.Kind if may_change_kind(request.user, kind)]
    context = {"title": "New sheet", "breadcrumb": [LIST], "kinds": kinds}
    return render(request, "decisions/sheet_kinds.html", context)


@guard("change", "sheet")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Fill in a new sheet of a kind."""
    if kind not in Sheet.Kind.values:
        raise Http404("There is no such kind of sheet.")
    start: dict[str, Any] = {}
    if kind == Sheet.Kind.PATCH_OR_WAIT:
        begun = patches.start(request)
        if begun is None:
            return redirect("decisions:patch_choose")
        start = begun
    require_change(request.user, kind, str(start.get("system", "")))

    def keep(form: SheetForm) -> Sheet:
        values = form.cleaned_data
        return services.draft_sheet(cast(User, request.user), kind, values["title"], form.values(), note=values["note"])

    title = f"New sheet: {Sheet.Kind(kind).label.lower()}"
    return _filled(request, kind, title, start, keep, reverse("decisions:sheet_list"))


@guard("change", "sheet")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Fill a draft in anew."""
    sheet = _own_or_403(request, key)
    if sheet.state != TwoKeyState.DRAFT:
        messages.error(request, "It was proposed already; make a new one to change it.")
        return redirect("decisions:sheet_detail", key=key)

    def keep(form: SheetForm) -> Sheet:
        values = form.cleaned_data
        return services.change_sheet(
            cast(User, request.user), sheet, values["title"], form.values(), note=values["note"]
        )

    start = {"title": sheet.title, "note": sheet.note, **given(sheet.inputs)}
    return _filled(request, sheet.kind, f"Change: {sheet.title}", start, keep, f"/sheets/{sheet.key}/")


def _filled(
    request: HttpRequest, kind: str, title: str, start: Mapping[str, Any], keep: Callable[[SheetForm], Sheet], back: str
) -> HttpResponse:
    form = SheetForm(kind, request.POST or None, given=start)
    if request.method == "POST" and form.is_valid():
        try:
            sheet = keep(form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            if sheet.figures:
                messages.success(request, "Computed. Choose an option and propose it.")
            return redirect("decisions:sheet_detail", key=sheet.key)
    context = {"title": title, "form": form, "form_intro": INTRO[kind], "breadcrumb": [LIST], "cancel_href": back}
    template = "decisions/sheet_form.html"
    if kind == Sheet.Kind.PATCH_OR_WAIT:
        template = "decisions/patch_form.html"
        context |= patches.about(form)
    return render(request, template, context, status=422 if form.errors else 200)


@guard("change", "sheet")
@require_POST
def compute(request: HttpRequest, key: str) -> HttpResponse:
    """Compute a draft's options again, after that failed or was stopped."""
    try:
        services.recompute_sheet(cast(User, request.user), _own_or_403(request, key))
    except Refused as refused:
        messages.info(request, str(refused))
    return redirect("decisions:sheet_detail", key=key)


@guard("change", "sheet")
@require_POST
def propose(request: HttpRequest, key: str) -> HttpResponse:
    """Freeze the sheet with the option that is proposed."""
    sheet = _own_or_403(request, key)
    try:
        services.propose_sheet(cast(User, request.user), sheet, request.POST.get("chosen", ""))
        messages.success(request, "Proposed. It is in force when both have signed.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:sheet_detail", key=key)


@guard("sign", "sheet")
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Turn one's key, after proving again who one is."""

    def turn(sheet: Sheet, held: Role, method: str, form: KeyForm) -> Sheet:
        return services.sign_sheet(cast(User, request.user), sheet, held, method)

    return _turn(request, key, role, KeyForm, "Sign", turn)


@guard("sign", "sheet")
@require_http_methods(["GET", "POST"])
def dissent(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Record a dissent with its reason, after proving again who one is."""

    def turn(sheet: Sheet, held: Role, method: str, form: KeyForm) -> Sheet:
        return services.dissent_sheet(cast(User, request.user), sheet, held, form.cleaned_data["reason"])

    return _turn(request, key, role, DissentForm, "Record dissent", turn)


def _turn(
    request: HttpRequest, key: str, role: str, kind: type[KeyForm], label: str, turn: Callable[..., Sheet]
) -> HttpResponse:
    sheet = sheet_or_404(key)
    held = next((one for one in EXECUTIVES if one.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO hold a key.")
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            method = prove(request, password=values["password"], code=values["code"])
            after = turn(sheet, held, method, form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _said(after))
            return redirect("decisions:sheet_detail", key=key)
    context = {
        "title": f"{label}: {sheet.title}",
        "form": form,
        "sheet": sheet,
        "breadcrumb": [LIST, (sheet.title, f"/sheets/{sheet.key}/")],
        "cancel_href": f"/sheets/{sheet.key}/",
        "submit_label": f"{label} as {held.label}",
        **shown(sheet),
    }
    return render(request, "decisions/sheet_key.html", context, status=422 if form.errors else 200)


def _said(sheet: Sheet) -> str:
    if sheet.state == TwoKeyState.IN_FORCE:
        return "Signed by both: it is in force."
    if sheet.state == TwoKeyState.DISSENT:
        return "Your dissent is recorded. It is not in force."
    return "Signed. It waits for the other key."


@guard("change", "sheet")
@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take a draft or a proposal back."""
    try:
        services.withdraw_sheet(cast(User, request.user), _own_or_403(request, key))
        messages.success(request, "The sheet is withdrawn.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:sheet_detail", key=key)
