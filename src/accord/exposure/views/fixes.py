"""Fixes: their list, one of them, and the deadlines that were kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.lists import FIXES
from accord.exposure.lists.findings import urgency_code
from accord.exposure.models import IS_OPEN, Fix, FixState, TotalExposure
from accord.exposure.selectors import remediation
from accord.exposure.selectors.fixes import findings_of
from accord.exposure.services.campaigns import make_tickets
from accord.exposure.shell.links import patch_or_wait_href
from accord.ui import charts, parts
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.nouns import url_for

SHOWN = 20
SYSTEMS = 200


def _list_context(request: HttpRequest) -> dict[str, Any]:
    state = FixState.objects.filter(id=1).first()
    query = request.GET.urlencode()
    href = f"{reverse('exposure:campaign_new')}?{query}" if may(request.user, "change", "campaign") else ""
    return {"counted": state, "campaign_href": href}


LIST_VIEW = list_page(replace(FIXES, context=_list_context))


def fix_or_404(key: str) -> Fix:
    found = Fix.objects.select_related("definition").filter(key=key).first()
    if found is None:
        raise Http404(f"There is no fix “{key[:40]}”.")
    return found


@guard("view", "fix")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """What it closes, on which systems, for whom, and what was decided and asked of it."""
    fix = fix_or_404(key)
    total = TotalExposure.objects.first()
    rows = fix.on_systems.select_related("system", "owner").order_by("worst_class", "-price_mid", "pk")
    found = findings_of(fix).filter(IS_OPEN).select_related("definition", "asset", "target").defer("evidence")
    may_decide = may(request.user, "change", "sheet")
    context = {
        "may_decide": may_decide,
        "title": fix.title,
        "subtitle": f"{fix.get_kind_display()} {fix.key}",
        "breadcrumb": [("Fixes", reverse("exposure:fix_list"))],
        "fix": fix,
        "statements": _statements(fix, total),
        "systems": [
            (
                part,
                part.worst_code,
                url_for("system", part.system.key) if part.system else "",
                patch_or_wait_href(part.system.key, fix.key) if part.system and may_decide else "",
            )
            for part in rows[:SYSTEMS]
        ],
        "findings": [(one, urgency_code(one)) for one in found.order_by("rank", "id")[:SHOWN]],
        "decisions": list(fix.decisions.select_related("system")),
        "tickets": list(fix.tickets.select_related("owner").order_by("-made")[:SHOWN]),
        "campaigns": [row.campaign for row in fix.campaigns.select_related("campaign")[:SHOWN]],
        "may_ticket": may(request.user, "change", "ticket") and fix.open_findings > 0,
        "history": parts.history("fix", fix.key),
    }
    return render(request, "exposure/fix.html", context)


def _statements(fix: Fix, total: TotalExposure | None) -> list[Statement]:
    currency = total.pricing.get("currency", "") if total is not None else ""
    counted = FixState.objects.filter(id=1).first()
    at = counted.counted_at if counted is not None else None
    return [
        Statement("fix.findings", "Open findings closed by it", fix.open_findings, "findings", as_of=at,
                  source="Open findings of the fix, those for information only left out.",
                  query="exposure.selectors.fixes.findings_of",
                  note=f"On {fix.assets:,} assets of {fix.systems:,} systems. {fix.claimed:,} claimed to be fixed, "
                       f"{fix.accepted:,} accepted, {fix.in_progress:,} in progress."),
        Statement("fix.price", "What they cost a year", fix.price_mid, currency, as_of=at,
                  interval=None if fix.price_mid is None else (fix.price_low, fix.price_high),  # type: ignore[arg-type]
                  source="Sum of the prices of its priced findings in the last hazard run.",
                  query="exposure.selectors.prices",
                  note=f"{fix.unpriced:,} of them are not priced and in no sum." if fix.unpriced else ""),
    ]  # fmt: skip


@guard("change", "ticket")
@require_POST
def tickets(request: HttpRequest, key: str) -> HttpResponse:
    """Make the tickets of a fix: one for each owner."""
    fix = fix_or_404(key)
    try:
        made = make_tickets(cast(User, request.user), [fix])
        messages.success(request, f"{len(made)} tickets made." if made else "Each owner has an open ticket already.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("exposure:fix_detail", key=key)


@guard("view", "fix")
@require_GET
def deadlines(request: HttpRequest) -> HttpResponse:
    """Deadlines met and missed, what is closed in a month, and what that makes of the backlog."""
    offered = remediation.choices()
    chosen = {name: _chosen(request, name, offered[name]) for name in offered}
    flow = remediation.flow(chosen["urgency"], chosen["unit"], chosen["team"])
    shares = [
        (f"{m.month:%b %Y}", m.share.low, m.share.value, m.share.high)
        for m in flow.months[-12:]
        if m.share.value is not None and not m.running
    ]
    context = {
        "title": "Deadlines and capacity",
        "subtitle": "From the evidence of scans: a finding that is only claimed to be fixed is open.",
        "breadcrumb": [("Fixes", reverse("exposure:fix_list"))],
        "flow": flow,
        "months": list(reversed(flow.months)),
        "offered": [(name, label, offered[name], chosen[name]) for name, label in
                    (("urgency", "Fix within"), ("unit", "Unit"), ("team", "Team"))],
        "groups": [("By class", "class", remediation.kept_by("class")),
                   ("By unit", "unit", remediation.kept_by("unit", chosen["urgency"])),
                   ("By team", "team", remediation.kept_by("team", chosen["urgency"]))],
        "chart": charts.interval_dots(shares, title="Share closed", unit="share", name_title="Month")
        if shares
        else None,
        "all_months": sum(m.met + m.missed for m in flow.months),
    }  # fmt: skip
    return render(request, "exposure/deadlines.html", context)


def _chosen(request: HttpRequest, name: str, offered: list[tuple[str, str]]) -> str:
    value = request.GET.get(name, "")
    return value if value in {one for one, _ in offered} else ""
