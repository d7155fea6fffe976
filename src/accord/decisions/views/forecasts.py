"""What the executives state before it is known, and the yearly look back at it."""

from __future__ import annotations

from collections.abc import Sequence
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
from accord.core.roles import EXECUTIVES
from accord.core.statements import Statement
from accord.decisions import selectors, services
from accord.decisions.forms.forecasts import EstimateForm, Line
from accord.decisions.models import Decision, Estimate
from accord.decisions.selectors.look_back import LookBack, totals
from accord.decisions.views.decisions import decision_or_404
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.format import default_currency
from accord.ui.nouns.address import list_url

About = Estimate.About
EARLIEST, LATEST = 2000, 2200


@guard("change", "estimate")
@require_http_methods(["GET", "POST"])
def state(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """State in one's own role how sure one is of dates, and the ranges of loss and money of the years."""
    decision = decision_or_404(key)
    held = next((one for one in EXECUTIVES if one.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO state forecasts.")
    there = selectors.estimates(decision, role)
    form = EstimateForm(_lines(decision, there), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.state_estimates(cast(User, request.user), decision, held, form.stated())
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, f"Kept: {len(made)}. They are scored when the truth is known.")
            return redirect(f"{reverse('decisions:tracking')}?decision={decision.key}#stated")
    context = {
        "title": f"What I expect, as {held.label}",
        "decision": decision,
        "form": form,
        "there": [_said(one, decision) for one in there],
        "breadcrumb": [("Decisions", "/decisions/"), (decision.title, f"/decisions/{decision.key}/")],
        "cancel_href": f"/decisions/{decision.key}/",
    }
    return render(request, "decisions/estimates.html", context, status=422 if form.errors else 200)


def _names(decision: Decision) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in decision.frozen["result"].get("schedule", ())}


def _lines(decision: Decision, there: list[Estimate]) -> list[Line]:
    """What can be stated still, dates first."""
    stated = {(one.about, one.subject) for one in there}
    today, rows = timezone.localdate(), _names(decision)
    found = []
    for (about, subject), begins in selectors.due_dates(decision).items():
        if (about, subject) in stated or today >= begins:
            continue
        if about in (About.START, About.FINISH):
            row, side = rows[subject], "start" if about == About.START else "finish"
            found.append(Line(about, subject, row["name"], f"{side}ed by the end of {row[side]}"))
        else:
            name = "Loss by incidents" if about == About.LOSS else "Money paid for the plan"
            found.append(Line(about, subject, f"{name} in {subject}", "90 % range"))
    order = {About.FINISH: 0, About.START: 1, About.LOSS: 2, About.MONEY: 3}
    when = selectors.due_dates(decision)
    return sorted(found, key=lambda line: (order[About(line.about)], when[line.about, line.subject], line.name))


def _said(one: Estimate, decision: Decision) -> dict[str, Any]:
    """What was stated, in words."""
    row = _names(decision).get(one.subject)
    if one.probability is not None:
        value = write.percent(one.probability)
    else:
        value = f"{write.money(one.low)} to {write.money(one.high)}"
    return {"about": one.get_about_display(), "name": row["name"] if row else one.subject, "value": value, "at": one.at}


@guard("view", "brief")
@require_GET
def look_back(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """A calendar year: decisions, what came of them, money, benefit and loss against the case, calibration of both."""
    today = timezone.localdate()
    wanted = today.year if year is None else year
    if not EARLIEST <= wanted <= min(today.year, LATEST):
        raise Http404(f"There is nothing to look back on in {wanted}.")
    found = selectors.look_back(wanted, today)
    patches = selectors.ended_in(wanted, today)
    context = {
        "title": f"Look back on {wanted}",
        "found": found,
        "years": selectors.look_back_years(today, found),
        "statements": statements(found),
        "currency": default_currency(),
        "gaps": gaps(found),
        "patches": patches,
        "patched": _patched(patches),
        "totals": totals(found.benefits),
        "may_see": may(request.user, "view", "decision"),
        "may_close": found.over and not found.closed and may(request.user, "change", "estimate"),
    }
    return render(request, "decisions/look_back.html", context)


def _patched(rows: Sequence[selectors.Ended]) -> str:
    """How right the sheets on patches were, in a sentence; "" where nothing is written down."""
    told = [row for row in rows if row.held is not None]
    tried = [row for row in rows if row.failed is not None and row.chance is not None]
    parts = []
    if told:
        parts.append(f"Downtime lay in its range {sum(1 for row in told if row.held)} of {len(told)} times.")
    if tried:
        expected = sum(row.chance or 0.0 for row in tried)
        failed = sum(1 for row in tried if row.failed)
        parts.append(
            f"{failed} of {len(tried)} patches were taken back, where {expected:.2g} were forecast on average."
        )
    return " ".join(parts)


def statements(found: LookBack) -> list[Statement]:
    """The year in six figures. No query."""
    common: dict[str, Any] = {"query": "decisions.selectors.look_back"}
    decided = [d for d in found.decided if d.in_force_at is not None and d.in_force_at.year == found.year]
    signed = [s for s in found.sheets if s.in_force_at is not None and s.in_force_at.year == found.year]
    met = [one for one in found.dated if one.about == About.FINISH and one.happened is not None]
    kept = sum(1 for one in met if one.happened)
    facts = [
        Statement(
            "look_back.decided",
            "Decided by both",
            len(decided) + len(signed),
            "decisions",
            href="#decided",
            note=f"{len(decided)} on plans, {len(signed)} on sheets.",
            source="Decisions that came into force in the year.",
            **common,
        ),
        Statement(
            "look_back.in_time",
            "Finished as planned",
            kept / len(met) if met else None,
            "%",
            href="#dates",
            note=f"{kept} of {len(met)} that were due." if met else "Nothing that was due has a recorded date.",
            source="Actual dates against the case.",
            **common,
        ),
    ]
    facts += _money(found, common)
    facts.append(_benefit(found, common))
    facts.append(
        Statement(
            "look_back.loss",
            "Lost in incidents",
            found.actual_loss,
            default_currency(),
            href="#loss",
            note=f"{found.events} recorded{'' if found.closed else '; nobody has said that this is all'}.",
            source="Loss events dated in the year.",
            **common,
        )
    )
    return facts


def _benefit(found: LookBack, common: dict[str, Any]) -> Statement:
    """Unknown where nothing is recorded of what was due; at least, where something is not."""
    case, got = totals(found.benefits)
    note = "Of the value of the case over its horizon." if case > 0 else "No case with benefits covers the year."
    if case > 0 and found.undated:
        note = f"At least: the dates of {found.undated} that were due are unknown."
    value = got / case if case > 0 and (got > 0 or not found.undated) else None
    source = "The case planned again with what was really finished."
    return Statement(
        "look_back.benefit", "Benefit delivered", value, "%", href="#benefit", note=note, source=source, **common
    )


def _money(found: LookBack, common: dict[str, Any]) -> list[Statement]:
    row = found.money
    label, source = "Paid against the case", "Actual costs that were recorded, capital and running."
    if row is None:
        return [
            Statement(
                "look_back.paid",
                label,
                None,
                default_currency(),
                href="#money",
                note="No case covers the year.",
                source=source,
                **common,
            )
        ]
    known = [value for value in (row.capital_actual, row.running_actual) if value is not None]
    paid = sum(known) if known else None
    note = f"Case: {write.money(row.capital + row.running)}. Known of {row.known} of {row.expected} initiatives."
    return [
        Statement("look_back.paid", label, paid, default_currency(), href="#money", note=note, source=source, **common)
    ]


def gaps(found: LookBack) -> list[tuple[str, str]]:
    """What is to be filled in before the year can be told wholly: what, and where."""
    rows = []
    if found.over and not found.closed:
        rows.append((f"Whether all losses of {found.year} are recorded is unknown.", list_url("loss_event") or ""))
    undated = sorted({one.name for one in found.dated if one.happened is None and found.over})
    rows += [(f"{name}: its actual dates are unknown.", list_url("actual_date") or "") for name in undated]
    if found.money is not None and found.money.known < found.money.expected:
        rows.append(
            (
                f"Actual costs of {found.money.expected - found.money.known} initiatives are unknown.",
                list_url("actual_cost") or "",
            )
        )
    return rows


@guard("change", "estimate")
@require_POST
def close(request: HttpRequest, year: int) -> HttpResponse:
    """Say that all losses of the year are recorded."""
    try:
        services.close_year(cast(User, request.user), year)
        messages.success(request, f"Kept: all losses of {year} are recorded.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:look_back_year", year=year)
