"""What is not watched: silent sources, rules that cannot fire, techniques without an answer, systems without logs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.monitoring.forms.blind import InitiativeForm
from accord.monitoring.models import BlindState, SourceWatch
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors import blind_spots as spots
from accord.monitoring.services import baselines, blind
from accord.monitoring.services.blind import initiative as blind_initiative
from accord.monitoring.services.blind.initiative import Wish
from accord.monitoring.views.coverage import row_of
from accord.monitoring.views.coverage import statements as of_techniques
from accord.ui.access import may

TOP = 15
RULES = 8


@guard("view", "blind_spot")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The page, as a round found it; what is at stake most comes first."""
    now = timezone.now()
    state = read.state()
    watched = read.watches()
    silent = read.silent_sources(now, state, watched)
    rules = read.rules_that_cannot_fire(state)
    covered = read.coverage(now, found=state)
    made = read.initiatives()
    systems = spots.systems(state)
    gaps = [row_of(cover, made) for cover in covered.covers if cover.gap]
    result = state.result if state else {}
    about = {one.source_id: one.source for one in watched}
    context: dict[str, Any] = {
        "title": "What is not watched", "state": state, "silent": silent, "made": made,
        "currency": result.get("currency") or settings.ACCORD_CURRENCY,
        "unusual": spots.unusual(watched),
        "stopped": [{"about": about.get(one["source"]), "last": datetime.fromisoformat(one["last"]),
                     "words": ", ".join(part for part in one["log"] if part)}
                    for one in result.get("stopped", ())][:TOP],
        "rules": rules, "groups": spots.groups(rules, RULES),
        "gaps": gaps[:TOP], "gap_number": len(gaps), "covered": covered,
        "systems": [one for one in systems if one["state"] in ("none", "partly")][:TOP],
        "unknown_systems": [one for one in systems if one["state"] == "unknown"],
        "statements": _statements(state, watched, silent, rules, systems, covered),
        "may_run": may(request.user, "run", "blind_spot"), "may_propose": may(request.user, "propose", "blind_spot"),
    }  # fmt: skip
    return render(request, "monitoring/blind.html", context)


def _statements(
    state: BlindState | None, watched: list[SourceWatch], silent: list[read.Silent], rules: dict[str, Any],
    systems: list[dict[str, Any]], covered: read.Coverage,
) -> list[Statement]:  # fmt: skip
    at = state.at if state else None
    here = reverse("monitoring:blind")
    on = sum(one.state != SourceWatch.State.OFF for one in watched)
    named = [one for one in systems if one["state"] != "unknown"]
    mute = [one for one in named if one["state"] == "none"]
    unknown = len(rules["groups"].get("unknown", ()))
    cannot = rules["total"] - rules["ok"] - unknown
    return [
        Statement(
            "blind.sources", "Silent sources", len(silent) if state else None,
            "source" if len(silent) == 1 else "sources", as_of=at,
            source=f"Of {on} that are switched on: nothing for longer than told, or than their own past knows.",
            href=f"{here}#sources", query="monitoring.selectors.blind.silent_sources",
            tone="danger" if silent else "good",
        ),
        Statement(
            "blind.rules", "Rules that cannot fire", cannot if rules["total"] > unknown else None, "rules", as_of=at,
            source=f"Of {rules['total']} enabled rules: no source, a missing field, unsupported, or a silent source.",
            href=f"{here}#rules", query="monitoring.selectors.blind.rules_that_cannot_fire",
            tone="warning" if cannot else "good", note=f"{unknown:,} not yet known" if unknown else "",
        ),
        *of_techniques(covered)[:2],
        Statement(
            "blind.systems", "Systems that send no logs", len(mute) if systems else None, "systems", as_of=at,
            source=f"Of {len(named)} systems of which it can be told: no event of any asset within seven days.",
            href=f"{here}#systems", query="monitoring.selectors.blind_spots.systems",
            note=f"Of {len(systems) - len(named)} it cannot be told." if len(systems) > len(named) else "",
            tone="danger" if mute else "good",
        ),
    ]  # fmt: skip


@guard("run", "blind_spot")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Look now; it takes a second or two."""
    baselines.refresh()
    blind.refresh()
    messages.success(request, "Sources, rules and systems were looked at just now.")
    return redirect("monitoring:blind")


@guard("propose", "blind_spot")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Make the blind spot of `?spot=` an initiative, with a price."""
    spot = request.GET.get("spot", "")[:200]
    told = spots.described(spot)
    if told is None:
        messages.error(request, "That blind spot is not there any more. Choose one of this page.")
        return redirect("monitoring:blind")
    first = {
        "key": blind_initiative.suggested_key(), "name": told.title, "description": told.words, "quarters": 1,
        "years": 3,
    }  # fmt: skip
    form = InitiativeForm(request.POST) if request.method == "POST" else InitiativeForm(initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = blind_initiative.make(
                cast(User, request.user), spot,
                Wish(given["key"], given["name"], given["description"], given["quarters"], given["capital"],
                     given["running"], given["years"]),
            )  # fmt: skip
        except Refused as error:
            for problem in error.problems:
                name = problem.column if problem.column in form.fields else None
                form.add_error(name, f"{problem.reason} {problem.remedy}".strip())
        else:
            messages.success(request, f"{made.initiative} is an initiative now and is weighed with all others.")
            return redirect("monitoring:blind")
    context = {
        "title": "Make it an initiative", "form": form, "told": told, "submit_label": "Make the initiative",
        "cancel_href": reverse("monitoring:blind"), "currency": told.currency or settings.ACCORD_CURRENCY,
        "breadcrumb": [("What is not watched", reverse("monitoring:blind"))],
    }  # fmt: skip
    return render(request, "monitoring/blind_initiative.html", context, status=422 if form.errors else 200)
