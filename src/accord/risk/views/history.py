"""A scenario's own history on its page, and the button that puts it into the frequency."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.risk import services
from accord.risk.models import Scenario
from accord.risk.selectors.history import Updated, stated_by
from accord.ui.access import may
from accord.ui.nouns import url_for


def history_context(request: HttpRequest, scenario: Scenario) -> dict[str, Any]:
    """What the scenario's page shows: prior and posterior, what is missing, and who stated the frequency."""
    history = services.history_of(scenario)
    return {
        "own_history": history,
        "history_rows": [_row(one) for one in history.rows],
        "history_stated": stated_by(scenario),
        "history_use": reverse("risk:history_use", args=[scenario.key]),
        "may_use_history": may(request.user, "change", "scenario"),
        "history_period_href": f"/observed-periods/new/?scenario={scenario.key}",
        "history_events_href": f"/loss-events/?scenario={scenario.key}",
    }


def _row(one: Updated) -> dict[str, Any]:
    update = one.update
    return {
        "prior": one.prior,
        "label": one.label,
        "source": one.source,
        "stated": services.posterior_texts(update.prior.interval),
        "posterior": update.posterior.interval,
        "texts": services.posterior_texts(update.posterior.interval),
        "weight": update.weight,
        "conflict": update.conflict,
        "surprise": update.surprise,
    }


@guard("change", "scenario")
@require_POST
def use(request: HttpRequest, key: str) -> HttpResponse:
    """Write a posterior as the frequency; refused if it is another one than the person saw."""
    scenario = get_object_or_404(Scenario, key=key)
    seen = tuple(request.POST.get(end, "") for end in ("low", "mid", "high"))
    try:
        services.use_history(cast(User, request.user), scenario, request.POST.get("prior", ""), cast(Any, seen))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The frequency is what prior and history say together. The range before is kept.")
    return redirect(url_for("scenario", scenario.key) or "risk:loss")
