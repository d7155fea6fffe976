"""The risk appetite: the curve in force, the proposal that waits, and its two keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.reauth import prove
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.risk import selectors, services
from accord.risk.forms import AppetiteForm, DissentForm, KeyForm
from accord.risk.models import Appetite
from accord.ui import parts
from accord.ui.access import may
from accord.ui.charts import Curve, exceedance_curve

CRUMBS = [("Risk appetite", "/appetite/")]
KEYS = (Role.CIO, Role.CISO)


@guard("view", "appetite")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What is in force, what waits, and what was before."""
    found = selectors.appetites()
    in_force = next((a for a in found if a.state == TwoKeyState.IN_FORCE), None)
    waiting = next((a for a in found if a.state == TwoKeyState.PROPOSED), None)
    run = selectors.latest_run()
    shown = waiting or in_force
    points = shown.frozen["points"] if shown is not None else []
    curve = selectors.curve(run) if run is not None else []
    context = {
        "title": "Risk appetite",
        "in_force": in_force,
        "waiting": waiting,
        "shown": shown,
        "rows": selectors.compare(points, curve),
        "chart": _chart(points, curve) if shown is not None else None,
        "keys": _keys(request, shown) if shown is not None else [],
        "earlier": [a for a in found if a not in (in_force, waiting)],
        "run": run,
        "may_propose": waiting is None and may(request.user, "change", "appetite"),
        "may_withdraw": waiting is not None and may(request.user, "change", "appetite"),
    }
    return render(request, "risk/appetite.html", context)


def _chart(points: list[list[float]], curve: list[tuple[float, float]]) -> dict[str, Any]:
    pairs = [(float(amount), float(probability)) for amount, probability in points]
    furthest = pairs[-1][0] * 1.25
    curves = [Curve("Annual loss, today", [p for p in curve if p[0] <= furthest], "accent")] if curve else []
    spec: dict[str, Any] = exceedance_curve(curves, pairs)
    return spec


def _keys(request: HttpRequest, appetite: Appetite) -> list[parts.KeySlot]:
    mine = {}
    if may(request.user, "sign", "appetite") and isinstance(request.user, User):
        for role in appetite.waits_for:
            if request.user.has_role(role):
                mine[role.value] = (
                    reverse("risk:appetite_sign", args=[appetite.pk, role.value]),
                    reverse("risk:appetite_dissent", args=[appetite.pk, role.value]),
                )
    return parts.key_slots(appetite.slots, mine)


@guard("change", "appetite")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """The form of a new curve, filled with the one in force."""
    in_force = selectors.appetite_in_force()
    given = request.POST if request.method == "POST" else None
    form = AppetiteForm(given, points=in_force.frozen["points"] if in_force else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_appetite(cast(User, request.user), form.points())
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Proposed. It is in force when both have signed.")
            return redirect("risk:appetite")
    context = {"title": "Propose a risk appetite", "form": form, "breadcrumb": CRUMBS, "cancel_href": "/appetite/"}
    return render(request, "risk/appetite_form.html", context, status=422 if form.errors else 200)


@guard("sign", "appetite")
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Turn one's key, after proving again who one is."""

    def turn(appetite: Appetite, actor: User, held: Role, method: str, form: KeyForm) -> Appetite:
        return services.sign_appetite(appetite, actor, held, method)

    return _turn(request, pk, role, KeyForm, "Sign", "Signed.", turn)


@guard("sign", "appetite")
@require_http_methods(["GET", "POST"])
def dissent(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Record a dissent with its reason, after proving again who one is."""

    def turn(appetite: Appetite, actor: User, held: Role, method: str, form: KeyForm) -> Appetite:
        return services.dissent_appetite(appetite, actor, held, form.cleaned_data["reason"])

    return _turn(request, pk, role, DissentForm, "Record dissent", "Your dissent is recorded.", turn)


def _turn(
    request: HttpRequest, pk: int, role: str, kind: type[KeyForm], label: str, done: str, turn: Callable[..., Appetite]
) -> HttpResponse:
    held = next((one for one in KEYS if one.value == role), None)
    appetite = get_object_or_404(Appetite, pk=pk) if held is not None else None
    if held is None or appetite is None:
        return redirect("risk:appetite")
    form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            method = prove(request, password=values["password"], code=values["code"])
            turn(appetite, cast(User, request.user), held, method, form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, done)
            return redirect("risk:appetite")
    points = appetite.frozen["points"]
    context = {
        "title": f"{label}: risk appetite",
        "form": form,
        "breadcrumb": CRUMBS,
        "cancel_href": "/appetite/",
        "submit_label": f"{label} as {held.label}",
        "appetite": appetite,
        "rows": selectors.compare(points, []),
    }
    return render(request, "risk/appetite_key.html", context, status=422 if form.errors else 200)


@guard("change", "appetite")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal back."""
    try:
        services.withdraw_appetite(get_object_or_404(Appetite, pk=pk), cast(User, request.user))
        messages.success(request, "The proposal is withdrawn.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("risk:appetite")
