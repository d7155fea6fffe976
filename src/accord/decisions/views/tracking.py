"""The decision in force, forecast beside actual."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accord.core.models import User
from accord.core.permissions import guard
from accord.core.roles import EXECUTIVES
from accord.core.statements import Statement
from accord.decisions import selectors
from accord.decisions.models import Decision
from accord.decisions.selectors.tracking import Tracking
from accord.decisions.views.decisions import decision_or_404
from accord.ui.access import may


@guard("view", "decision")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Money, dates and loss of the decision in force (or of `?decision=KEY`)."""
    key = request.GET.get("decision", "")
    decision = decision_or_404(key) if key else selectors.in_force()
    context: dict[str, Any] = {"title": "Tracking", "decision": decision}
    if decision is not None and "schedule" in decision.frozen["result"]:
        forecasts = selectors.forecasts_of(decision, timezone.localdate())
        found = forecasts["tracking"]
        context |= {
            "currency": selectors.currency_of(decision.plan),
            "statements": statements(found, selectors.currency_of(decision.plan)),
            "mine": _mine(request, decision),
            **forecasts,
            "dated": [one for one in forecasts["dated"] if one.stated or one.happened is not None],
        }
    return render(request, "decisions/tracking.html", context)


def _mine(request: HttpRequest, decision: Decision) -> list[tuple[str, str]]:
    """(value, label) of the roles in which the reader may state what they expect."""
    if not may(request.user, "change", "estimate") or not isinstance(request.user, User):
        return []
    return [(role.value, role.label) for role in EXECUTIVES if request.user.has_role(role)]


def statements(found: Tracking, currency: str) -> list[Statement]:
    """What has become of it so far, in four figures. No query."""
    states = [row.state for row in found.dates]
    late = [row for row in found.dates if row.late is not None and row.late > 0]
    forecast = sum(row.capital + row.running for row in found.money if row.year <= found.as_of.year)
    paid = [v for row in found.money for v in (row.capital_actual, row.running_actual) if v is not None]
    events = sum(row.events for row in found.losses)
    lost = [row.actual for row in found.losses if row.actual is not None]
    common: dict[str, Any] = {"query": "decisions.selectors.tracking"}
    return [
        Statement(
            "tracking.finished", "Finished", states.count("finished"), "initiatives", href="#dates",
            note=f"Of {len(states)}; {states.count('running')} under way.",
            source="Initiatives with an actual finish.", **common,
        ),
        Statement(
            "tracking.late", "Later than planned", len(late), "initiatives", href="#dates",
            tone="warning" if late else "good", source="Actual dates against the plan, as of today.", **common,
        ),
        Statement(
            "tracking.paid", "Paid so far", sum(paid) if paid else None, currency, href="#money",
            note=f"Forecast to the end of {found.as_of.year}: {currency} {forecast:,.0f}.",
            source="Actual costs that were recorded.", **common,
        ),
        Statement(
            "tracking.lost", "Lost in incidents", sum(lost) if lost else None, currency, href="#loss",
            note=f"{events} incidents recorded." if events else "No incident is recorded.",
            source="Loss events since the horizon began.", **common,
        ),
    ]  # fmt: skip
