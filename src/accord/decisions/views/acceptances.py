"""Acceptances: proposed with what they cover, signed or dissented from, renewed with what came after, revoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.reauth import prove
from accord.core.roles import EXECUTIVES, Role
from accord.core.statements import Statement
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors, services
from accord.decisions.forms.acceptances import AcceptanceForm, RevokeForm
from accord.decisions.lists import acceptance_state
from accord.decisions.models import Acceptance
from accord.decisions.views.keys import keys_of
from accord.risk.forms import DissentForm, KeyForm
from accord.ui import format as write
from accord.ui import parts
from accord.ui.access import may
from accord.ui.format import default_currency

LIST = ("Acceptances", "/acceptances/")
SHOWN = 20
INTRO = (
    "What is open in the scope now is left open until the day; what comes later is listed beside it and not accepted. "
    "Both executives sign."
)


def acceptance_or_404(key: str) -> Acceptance:
    found = selectors.find_acceptance(key)
    if found is None:
        raise Http404(f"There is no acceptance “{key[:100]}”.")
    return found


@guard("view", "acceptance")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """What it covers and costs, what came after, both keys and how it ended."""
    one = acceptance_or_404(key)
    today = timezone.localdate()
    now = selectors.carried(selectors.covered(one))
    holds = one.holds(today)
    after = selectors.came_after(one) if holds or one.state == TwoKeyState.PROPOSED else None
    context = {
        "title": one.name,
        "breadcrumb": [LIST],
        "acceptance": one,
        "state": acceptance_state(one),
        "holds": holds,
        "content": one.frozen or {},
        "controls": list(one.controls.order_by("name")),
        "facts": statements(one, now, today),
        "covers": selectors.covered(one).select_related("definition", "asset").order_by("-price", "pk")[:SHOWN],
        "after": [] if after is None else list(_dearest(after)),
        "after_number": 0 if after is None else after.count(),
        "keys": [] if one.state == TwoKeyState.WITHDRAWN else keys_of(request, "acceptance", one),
        "may_withdraw": one.state == TwoKeyState.PROPOSED and may(request.user, "change", "acceptance"),
        "may_renew": holds and may(request.user, "change", "acceptance"),
        "may_revoke": holds and may(request.user, "revoke", "acceptance"),
        "history": parts.history("acceptance", one.key, 12),
    }  # fmt: skip
    return render(request, "decisions/acceptance.html", context)


def _dearest(rows: Any) -> Any:
    return rows.select_related("definition", "asset").order_by("rank", "pk")[:SHOWN]


def statements(one: Acceptance, now: selectors.Carried, today: Any) -> list[Statement]:
    """The figures of an acceptance: loss a year and a day while it is open, findings, days left. No query."""
    ends = now.ends
    left = max((one.until - today).days, 0) if one.holds(today) else None
    source = "Prices of the findings that it covers and that are still open."
    unpriced = f"{now.unpriced} without a price are in no sum." if now.unpriced else ""
    facts = [
        Statement(
            "acceptance.loss", "Costs a year while open", None if ends is None else ends[1], default_currency(),
            None if ends is None or ends[2] <= ends[0] else (ends[0], ends[2]), source=source, note=unpriced,
            query="decisions.selectors.carried", href=f"/acceptances/{one.key}/#covers",
        ),
        Statement(
            "acceptance.a_day", "Costs a day", None if ends is None else ends[1] / 365.25, default_currency(),
            None if ends is None or ends[2] <= ends[0] else (ends[0] / 365.25, ends[2] / 365.25),
            source="The same over 365.25 days.", href=f"/acceptances/{one.key}/#covers",
        ),
        Statement(
            "acceptance.findings", "Findings still open", now.findings, "findings", source="Of those that it covers.",
            href=f"/acceptances/{one.key}/#covers",
        ),
    ]  # fmt: skip
    if left is not None:
        note = f"Ends by itself after {write.date(one.until)}."
        facts.append(Statement("acceptance.left", "Days left", left, "days", source="Until its last day.", note=note))
    return facts


@guard("change", "acceptance")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Propose a new one; the address may name scope and subject."""
    start = {name: request.GET.get(name, "")[:200] for name in ("scope", "subject")}
    return _proposed(request, "New acceptance", start, None, "/acceptances/")


@guard("change", "acceptance")
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest, key: str) -> HttpResponse:
    """Propose one in the place of another: with what came after, or with a later day."""
    old = acceptance_or_404(key)
    if not old.holds(timezone.localdate()):
        messages.error(request, "It is not in force: propose a new one.")
        return redirect("decisions:acceptance_detail", key=key)
    start = {
        "scope": old.scope, "subject": old.subject, "until": old.until, "reason": old.reason, "measures": old.measures,
        "controls": list(old.controls.values_list("key", flat=True)),
    }  # fmt: skip
    return _proposed(request, f"In the place of {old.key}", start, old, f"/acceptances/{key}/")


def _proposed(
    request: HttpRequest, title: str, start: dict[str, Any], old: Acceptance | None, back: str
) -> HttpResponse:
    form = AcceptanceForm(request.POST or None, initial=start)
    if old is not None:
        form.fields["scope"].disabled = form.fields["subject"].disabled = True
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = services.propose_acceptance(
                cast(User, request.user), values["scope"], values["subject"], values["until"], values["reason"],
                measures=values["measures"], controls=values["controls"], predecessor=old,
            )  # fmt: skip
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Proposed. Its findings are accepted when both have signed.")
            return redirect("decisions:acceptance_detail", key=made.key)
    context = {
        "title": title, "form": form, "form_intro": INTRO, "breadcrumb": [LIST], "cancel_href": back,
        "submit_label": "Propose",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("sign", "acceptance")
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Turn one's key, after proving again who one is."""

    def turn(one: Acceptance, held: Role, method: str, form: KeyForm) -> Acceptance:
        return services.sign_acceptance(cast(User, request.user), one, held, method)

    return _turn(request, key, role, KeyForm, "Sign", turn)


@guard("sign", "acceptance")
@require_http_methods(["GET", "POST"])
def dissent(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Record a dissent with its reason, after proving again who one is."""

    def turn(one: Acceptance, held: Role, method: str, form: KeyForm) -> Acceptance:
        return services.dissent_acceptance(cast(User, request.user), one, held, form.cleaned_data["reason"])

    return _turn(request, key, role, DissentForm, "Record dissent", turn)


def _turn(
    request: HttpRequest, key: str, role: str, kind: type[KeyForm], label: str, turn: Callable[..., Acceptance]
) -> HttpResponse:
    one = acceptance_or_404(key)
    held = next((each for each in EXECUTIVES if each.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO hold a key.")
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            method = prove(request, password=values["password"], code=values["code"])
            after = turn(one, held, method, form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _said(after))
            return redirect("decisions:acceptance_detail", key=key)
    context = {
        "title": f"{label}: {one.name}", "form": form, "form_intro": _asked(one),
        "breadcrumb": [LIST, (one.name, f"/acceptances/{key}/")], "cancel_href": f"/acceptances/{key}/",
        "submit_label": f"{label} as {held.label}",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


def _asked(one: Acceptance) -> str:
    """What a key binds, in a sentence."""
    content = one.frozen
    ends = content["loss_a_year"]
    costs = "at an unknown cost" if ends is None else f"at {write.money(ends[1], compact=True)} a year while open"
    return (
        f"{content['findings']} findings are left open until the end of {write.date(content['until'])}, {costs}. "
        f"Your key binds your name to exactly this (SHA-256 {one.content_hash[:16]}…)."
    )


def _said(one: Acceptance) -> str:
    if one.state == TwoKeyState.IN_FORCE:
        return "Signed by both: its findings are accepted."
    if one.state == TwoKeyState.DISSENT:
        return "Your dissent is recorded. Nothing is accepted."
    return "Signed. It waits for the other key."


@guard("change", "acceptance")
@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take a proposal back."""
    try:
        services.withdraw_acceptance(cast(User, request.user), acceptance_or_404(key))
        messages.success(request, "The acceptance is withdrawn.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:acceptance_detail", key=key)


@guard("revoke", "acceptance")
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, key: str) -> HttpResponse:
    """End it before its day: its findings are open again."""
    one = acceptance_or_404(key)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.revoke_acceptance(cast(User, request.user), one, form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "It is revoked. Its findings are open again, with their deadlines.")
            return redirect("decisions:acceptance_detail", key=key)
    context = {
        "title": f"Revoke: {one.name}", "form": form, "submit_label": "Revoke", "cancel_href": f"/acceptances/{key}/",
        "form_intro": "One executive is enough to end it. Its findings are open again, with their deadlines.",
        "breadcrumb": [LIST, (one.name, f"/acceptances/{key}/")],
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)
