"""A decision: proposed, signed by two keys or dissented from; everything that it rested on, frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.reauth import prove
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors, services
from accord.decisions.forms.plans import ProposeForm
from accord.decisions.forms.table import SignForm
from accord.decisions.models import Decision
from accord.decisions.views import exports
from accord.decisions.views.costs import handed_in
from accord.decisions.views.keys import keys_of
from accord.decisions.views.plans import plan_or_404, shown
from accord.decisions.views.table import comment_context
from accord.risk.forms import DissentForm, KeyForm
from accord.ui import parts
from accord.ui.access import may

LIST = ("Decisions", "/decisions/")


def decision_or_404(key: str) -> Decision:
    found = selectors.find_decision(key)
    if found is None:
        raise Http404(f"There is no decision “{key[:100]}”.")
    return found


def facts(decision: Decision) -> dict[str, Any]:
    """What the frozen content says, for the page."""
    content = decision.frozen
    result = content["result"]
    currency = content.get("currency") or selectors.currency_of(decision.plan)
    if "schedule" not in result:
        return {"content": content}
    href = f"/decisions/{decision.key}/"
    return {
        "content": content,
        "frozen_comments": content.get("comments", []),
        "frozen_sitting": handed_in(content),
        "statements": selectors.statements_of(result, content["value"], content["loss"], currency, href),
        **shown(result, content["value"], currency),
    }


@guard("view", "decision")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """Both keys, and every figure as it was when it was proposed."""
    decision = decision_or_404(key)
    context = {
        "title": decision.title,
        "subtitle": f"Decision {decision.key}",
        "breadcrumb": [LIST],
        "decision": decision,
        "keys": keys_of(request, "decision", decision),
        "may_withdraw": decision.state == TwoKeyState.PROPOSED and may(request.user, "change", "decision"),
        "history": parts.history("decision", decision.key, 12),
        "is_in_force": decision.state == TwoKeyState.IN_FORCE,
        "reservations": selectors.reservations(decision),
        **comment_context(request, "decision", decision.key),
        **facts(decision),
        **exports.of_decision(decision),
    }
    return render(request, "decisions/decision.html", context)


@guard("change", "decision")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, key: str) -> HttpResponse:
    """Propose a plan to both executives."""
    plan = plan_or_404(key)
    form = ProposeForm(request.POST or None, initial={"title": f"{plan.name} {plan.result['horizon']['first'][:4]}"})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = services.propose(cast(User, request.user), plan, title=values["title"], note=values["note"])
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Proposed. It is in force when both have signed.")
            return redirect("decisions:decision_detail", key=made.key)
    context = {
        "title": f"Propose: {plan.name}",
        "form": form,
        "plan": plan,
        "statements": selectors.statements(plan),
        "breadcrumb": [("Plans", reverse("decisions:plan_list")), (plan.name, f"/plans/{plan.key}/")],
        "cancel_href": f"/plans/{plan.key}/",
    }
    return render(request, "decisions/propose.html", context, status=422 if form.errors else 200)


@guard("sign", "decision")
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Turn one's key, after proving again who one is."""

    def turn(decision: Decision, actor: User, held: Role, method: str, form: KeyForm) -> Decision:
        return services.sign(actor, decision, held, method, cast(SignForm, form).reservations())

    def make(decision: Decision, data: Any) -> SignForm:
        return SignForm(data, points=selectors.points_of(decision))

    return _turn(request, key, role, make, "Sign", turn)


@guard("sign", "decision")
@require_http_methods(["GET", "POST"])
def dissent(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Record a dissent with its reason, after proving again who one is."""

    def turn(decision: Decision, actor: User, held: Role, method: str, form: KeyForm) -> Decision:
        return services.dissent(actor, decision, held, form.cleaned_data["reason"])

    return _turn(request, key, role, lambda decision, data: DissentForm(data), "Record dissent", turn)


def _turn(
    request: HttpRequest, key: str, role: str, make: Callable[[Decision, Any], KeyForm], label: str,
    turn: Callable[..., Decision],
) -> HttpResponse:  # fmt: skip
    decision = decision_or_404(key)
    held = next((one for one in EXECUTIVES if one.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO hold a key.")
    form = make(decision, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            method = prove(request, password=values["password"], code=values["code"])
            after = turn(decision, cast(User, request.user), held, method, form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _said(after))
            return redirect("decisions:decision_detail", key=key)
    context = {
        "title": f"{label}: {decision.title}",
        "form": form,
        "decision": decision,
        "breadcrumb": [LIST, (decision.title, f"/decisions/{decision.key}/")],
        "cancel_href": f"/decisions/{decision.key}/",
        "submit_label": f"{label} as {held.label}",
        "reservations": selectors.reservations(decision),
        **facts(decision),
    }
    return render(request, "decisions/key.html", context, status=422 if form.errors else 200)


def _said(decision: Decision) -> str:
    match decision.state:
        case TwoKeyState.IN_FORCE:
            return "Signed by both: it is in force."
        case TwoKeyState.DISSENT:
            return "Your dissent is recorded. It is not in force."
        case _:
            return "Signed. It waits for the other key."


@guard("change", "decision")
@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take a proposal back."""
    try:
        services.withdraw(cast(User, request.user), decision_or_404(key))
        messages.success(request, "The proposal is withdrawn.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:decision_detail", key=key)
