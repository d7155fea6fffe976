"""The priority policy: its table, a proposal with its preview, and its two keys."""

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
from accord.engines.priority import CODES, KINDS, Policy, Urgency, default_policy
from accord.exposure.forms.policies import PolicyDissentForm, PolicyForm, PolicyKeyForm
from accord.exposure.models import PriorityPolicy
from accord.exposure.selectors import feed_ages
from accord.exposure.selectors.policy import PUBLISHED, policy_in_force
from accord.exposure.selectors.policy_table import class_rows, grid, notes
from accord.exposure.services import policies
from accord.ui import parts
from accord.ui.access import may

KEYS = (Role.CIO, Role.CISO)


def _crumbs() -> list[tuple[str, str]]:
    return [("Priority policy", reverse("exposure:policy"))]


def _table(rules: Policy) -> dict[str, Any]:
    return {"rules": rules, "classes": class_rows(rules), "grid": grid(rules), "notes": notes(rules)}


@guard("view", "policy")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The policy in force, what waits, and what was before."""
    found = list(PriorityPolicy.objects.select_related("proposed_by", "cio_signer", "ciso_signer", "dissent_by")[:50])
    in_force = next((one for one in found if one.state == TwoKeyState.IN_FORCE), None)
    waiting = next((one for one in found if one.state == TwoKeyState.PROPOSED), None)
    context = {
        "title": "Priority policy",
        "in_force": in_force,
        "waiting": waiting,
        "earlier": [one for one in found if one not in (in_force, waiting)],
        "ages": feed_ages(),
        "may_propose": waiting is None and may(request.user, "change", "policy"),
        **_table(in_force.rules if in_force else PUBLISHED),
    }
    return render(request, "exposure/policy.html", context)


@guard("view", "policy")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One policy: its table, what it would change, its keys."""
    found = get_object_or_404(PriorityPolicy, pk=pk)
    waits = found.state == TwoKeyState.PROPOSED
    context = {
        "title": found.title,
        "subtitle": found.key,
        "breadcrumb": _crumbs(),
        "policy": found,
        "waits": waits,
        "keys": _keys(request, found),
        "moves": _moves(found),
        "may_withdraw": waits and may(request.user, "change", "policy"),
        "history": parts.history("policy", found.key),
        **_table(found.rules),
    }
    return render(request, "exposure/policy_detail.html", context)


def _moves(found: PriorityPolicy) -> list[tuple[tuple[str, str], tuple[str, str], int, str]]:
    """The changes of class as rows: from, to, how many, sooner or later."""
    if not found.preview:
        return []
    now = policy_in_force()
    had = now.rules if now is not None else PUBLISHED
    rows = []
    for was, new, number in found.preview["moves"]:
        if was != new:
            before = (CODES[Urgency(was)], had.label(was))
            after = (CODES[Urgency(new)], found.rules.label(new))
            rows.append((before, after, number, "sooner" if new < was else "later"))
    return rows


def _keys(request: HttpRequest, found: PriorityPolicy) -> list[parts.KeySlot]:
    mine = {}
    if may(request.user, "sign", "policy") and isinstance(request.user, User) and found.preview is not None:
        for role in found.waits_for:
            if request.user.has_role(role):
                mine[role.value] = (
                    reverse("exposure:policy_sign", args=[found.pk, role.value]),
                    reverse("exposure:policy_dissent", args=[found.pk, role.value]),
                )
    return parts.key_slots(found.slots, mine)


@guard("change", "policy")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """The form of a new policy, filled with the one in force, or with the published table of `?kind=`."""
    kind, in_force = request.GET.get("kind", ""), policy_in_force()
    start = default_policy(kind) if kind in KINDS else in_force.rules if in_force else PUBLISHED
    form = PolicyForm(request.POST if request.method == "POST" else None, rules=start)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = policies.propose_policy(cast(User, request.user), given["title"], given["reason"], form.table())
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Proposed. A worker counts what it would change; then both can sign.")
            return redirect(made.get_absolute_url())
    context = {
        "title": "Propose a policy", "form": form, "breadcrumb": _crumbs(), "cancel_href": reverse("exposure:policy"),
        "submit_label": "Propose", "kinds": [(name, title) for name, title in KINDS.items() if name != start.kind],
    }  # fmt: skip
    return render(request, "exposure/policy_form.html", context, status=422 if form.errors else 200)


@guard("sign", "policy")
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Turn one's key, after proving again who one is."""

    def turn(found: PriorityPolicy, actor: User, held: Role, method: str, form: PolicyKeyForm) -> PriorityPolicy:
        return policies.sign_policy(found, actor, held, method)

    return _turn(request, pk, role, PolicyKeyForm, "Sign", "Signed.", turn)


@guard("sign", "policy")
@require_http_methods(["GET", "POST"])
def dissent(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Record a dissent with its reason, after proving again who one is."""

    def turn(found: PriorityPolicy, actor: User, held: Role, method: str, form: PolicyKeyForm) -> PriorityPolicy:
        return policies.dissent_policy(found, actor, held, form.cleaned_data["reason"])

    return _turn(request, pk, role, PolicyDissentForm, "Record dissent", "Your dissent is recorded.", turn)


def _turn(
    request: HttpRequest, pk: int, role: str, kind: type[PolicyKeyForm], label: str, done: str,
    turn: Callable[..., PriorityPolicy],
) -> HttpResponse:  # fmt: skip
    held = next((one for one in KEYS if one.value == role), None)
    if held is None:
        return redirect("exposure:policy")
    found = get_object_or_404(PriorityPolicy, pk=pk)
    form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            method = prove(request, password=given["password"], code=given["code"])
            turn(found, cast(User, request.user), held, method, form)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, done)
            return redirect(found.get_absolute_url())
    context = {
        "title": f"{label}: {found.title}", "form": form, "breadcrumb": _crumbs(), "policy": found,
        "cancel_href": found.get_absolute_url(), "submit_label": f"{label} as {held.label}", **_table(found.rules),
    }  # fmt: skip
    return render(request, "exposure/policy_key.html", context, status=422 if form.errors else 200)


@guard("change", "policy")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal back."""
    found = get_object_or_404(PriorityPolicy, pk=pk)
    try:
        policies.withdraw_policy(found, cast(User, request.user))
        messages.success(request, "The proposal is withdrawn.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("exposure:policy")
