"""One plan, plans side by side, a plan by hand, and what if an initiative were in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.decisions import paper, selectors, services
from accord.decisions.forms.plans import OwnPlanForm
from accord.decisions.models import Frontier, Plan
from accord.decisions.views import exports
from accord.decisions.views.table import comment_context
from accord.ui import format as write
from accord.ui import parts
from accord.ui.access import may

MOST_COMPARED = 6
WHAT_IF = "decisions.what_if"
FULL = 0.999


def plan_or_404(key: str) -> Plan:
    found = selectors.find_plan(key)
    if found is None:
        raise Http404(f"There is no plan “{key[:100]}”.")
    return found


@guard("view", "plan")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """Its facts, its schedule, the money and people that it takes, and why each initiative is in it or not."""
    plan = plan_or_404(key)
    context = {
        "title": plan.name,
        "breadcrumb": [("Plans", reverse("decisions:plan_list"))],
        "plan": plan,
        "statements": selectors.statements(plan),
        "decisions": plan.decisions.only("key", "title", "state").order_by("-created"),
        "may_propose": may(request.user, "change", "decision"),
        "may_change": may(request.user, "change", "plan") and plan.frontier_id is not None,
        "may_run": may(request.user, "run", "plan") and plan.frontier_id is not None,
        "history": parts.history("plan", plan.key, 4),
        **comment_context(request, "plan", plan.key),
        **shown(plan.result, plan.value, selectors.currency_of(plan)),
        **exports.of_plan(plan),
    }
    return render(request, "decisions/plan.html", context)


def shown(result: dict[str, Any], value: float, currency: str) -> dict[str, Any]:
    """Tables of a plan's kept figures; also of what a decision froze. No query."""
    span = selectors.years(result)
    reasons = [
        {
            **row,
            "loss_a_year": row["loss"] / span,
            "initiative_href": f"/initiatives/{row['key']}/",
        }
        for row in result["reasons"]
    ]
    finish = {row["key"]: row["finish"] for row in result["schedule"]}
    chosen = [{**row, "finish": finish.get(row["key"])} for row in reasons if row["chosen"]]
    return {
        "currency": currency,
        "horizon": result["horizon"],
        "chosen": sorted(chosen, key=lambda row: (row["quarter"], row["key"])),
        "left": [row for row in reasons if not row["chosen"]],
        "money": [
            {
                **row,
                "capital_share": _share(row["capital"], row["capital_limit"]),
                "running_share": _share(row["running"], row["running_limit"]),
            }
            for row in result["money"]
        ],
        "people": people_of(result),
        "goals": sorted(result["goals"], key=lambda row: -row["weight"]),
        "scenarios": sorted(result["scenarios"], key=lambda row: row["after"] - row["today"]),
    }


def _share(used: float, limit: float) -> float | None:
    return used / limit if limit > 0 else None


def people_of(result: dict[str, Any]) -> dict[str, Any]:
    """Full-time equivalents by skill and quarter, used of free; full cells are marked."""
    first = result["horizon"]["first"]
    year, number = int(first[:4]), int(first[-1]) - 1
    count = result["horizon"]["quarters"]
    heads = [f"{year + (number + n) // 4}-Q{(number + n) % 4 + 1}" for n in range(count)]
    rows = [
        {
            "skill": row["skill"],
            "cells": [
                {"used": used, "limit": limit, "full": limit > 0 and used >= FULL * limit}
                for used, limit in zip(row["used"], row["limit"], strict=True)
            ],
            "peak": max((u / x for u, x in zip(row["used"], row["limit"], strict=True) if x > 0), default=None),
        }
        for row in result["people"]
    ]
    return {"heads": heads, "rows": rows}


@guard("view", "plan")
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Plans side by side (`?plan=A&plan=B`, up to six); without any, the marked ones of the latest frontier."""
    wanted = list(dict.fromkeys(request.GET.getlist("plan")))[:MOST_COMPARED]
    if not wanted:
        latest = selectors.latest_frontier()
        wanted = [p.key for p in selectors.plans_of(latest)][:5] if latest is not None else []
    by_key = {plan.key: plan for plan in Plan.objects.select_related("frontier").defer("frontier__result")
              .filter(key__in=wanted)}  # fmt: skip
    found = [by_key[key] for key in wanted if key in by_key]
    choices = Plan.objects.order_by("-made", "key").values_list("key", "name")[:60]
    context = {
        "title": "Compare plans",
        "breadcrumb": [("Plans", reverse("decisions:plan_list"))],
        "found": found,
        "compare": comparison(found) if found else None,
        "pictures": paper.compared(found),
        "choices": [(key, name, key in wanted) for key, name in choices],
        "most": MOST_COMPARED,
    }
    return render(request, "decisions/compare.html", context)


def _open(plan: Plan) -> str:
    gap = plan.result.get("gap")
    side = "less loss" if plan.result.get("objective") == "loss" else "more value"
    return write.UNKNOWN if gap is None else f"{write.percent(gap, 1)} {side}"


def comparison(found: Sequence[Plan]) -> parts.Comparison:
    """Figures, money by year, and when each initiative starts. Two queries."""
    cell, row = parts.Compared, parts.CompareRow
    spans = [selectors.years(plan.result) for plan in found]
    losses = [plan.loss / span for plan, span in zip(found, spans, strict=True)]
    top, least = max(plan.value for plan in found), min(losses)
    several = len(found) > 1

    def money(amount: float, plan: Plan) -> str:
        return write.money(amount, selectors.currency_of(plan), compact=True)

    rows = [
        row("Strategic value", [cell(write.percent(p.value, 1), several and p.value == top) for p in found]),
        row("Expected loss a year",
            [cell(money(x, p), several and x == least) for x, p in zip(losses, found, strict=True)]),
        row("Initiatives", [cell(str(len(p.result["schedule"]))) for p in found]),
        row("What the proof leaves open", [cell(_open(p)) for p in found]),
    ]  # fmt: skip
    for kind, label in (("capital", "Capital"), ("running", "Running cost")):
        rows.append(row(label, section=True))
        for year in sorted({part["year"] for plan in found for part in plan.result["money"]}):
            cells = []
            for plan in found:
                part = next((m for m in plan.result["money"] if m["year"] == year), None)
                cells.append(cell(None if part is None else money(part[kind], plan)))
            rows.append(row(str(year), cells))
    rows.append(row("Initiatives and when they start", section=True))
    for _, name, starts in selectors.differences(found):
        rows.append(row(name, [cell(start or "–") for start in starts]))
    heads = [parts.CompareHead(plan.name, plan.key, f"/plans/{plan.key}/") for plan in found]
    return parts.Comparison("Plans side by side", heads, rows)


@guard("change", "plan")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Make another plan from this one by hand; the rules are checked and the figures exact."""
    plan = plan_or_404(key)
    frontier = Frontier.objects.filter(plans=plan).first()
    if frontier is None:
        raise Http404("The inputs of this plan are not kept.")
    problem = frontier.result["problem"]
    items = [(item["key"], item["name"]) for item in problem["initiatives"]]
    starts = {row["key"]: row["start"] for row in plan.result["schedule"]}
    form = OwnPlanForm(
        request.POST or None, initiatives=items, quarters=people_of(plan.result)["heads"], starts=starts,
        initial={"name": f"{plan.name}, changed"},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_plan(cast(User, request.user), frontier, form.cleaned_data["name"], form.starts())
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, f"{made.name} is kept as {made.key}.")
            return redirect("decisions:plan_detail", key=made.key)
    context = {
        "title": "A plan by hand",
        "form": form,
        "breadcrumb": [("Plans", reverse("decisions:plan_list")), (plan.name, f"/plans/{plan.key}/")],
        "cancel_href": f"/plans/{plan.key}/",
        "submit_label": "Check and keep",
        "form_intro": "Choose when each initiative starts. Budgets, people, windows and relations are checked.",
    }
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("run", "plan")
@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest, key: str, initiative: str) -> HttpResponse:
    """What becomes of the plan with one more initiative held in: planned again by a worker."""
    plan = plan_or_404(key)
    last = jobs.latest(WHAT_IF, plan=key, initiative=initiative)
    if request.method == "POST" and (last is None or last.is_over):
        jobs.enqueue(cast(User, request.user), WHAT_IF, plan=key, initiative=initiative)
        return redirect("decisions:plan_what_if", key=key, initiative=initiative)
    reason = next((row for row in plan.result["reasons"] if row["key"] == initiative), None)
    if reason is None:
        raise Http404(f"“{initiative[:100]}” is not among the initiatives of this plan.")
    result = last.result if last is not None and last.state == last.State.DONE else None
    context = {
        "title": f"What if {reason['name']} were in?",
        "breadcrumb": [("Plans", reverse("decisions:plan_list")), (plan.name, f"/plans/{plan.key}/")],
        "plan": plan,
        "reason": reason,
        "job": last if last is not None and result is None else None,
        "job_url": reverse("site:job_progress", args=[last.pk]) if last is not None else "",
        "result": result,
        "may_watch": may(request.user, "view", "job"),
    }
    return render(request, "decisions/what_if.html", context)
