"""The papers of plans and decisions: slides and PDF, and the same pictures and figures for their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accord.core.permissions import guard
from accord.decisions import paper, selectors
from accord.decisions.models import Decision, Plan
from accord.decisions.views import patches
from accord.decisions.views.shown import picture
from accord.outlet.decision import DecisionPaper

SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def of_plan(plan: Plan) -> dict[str, Any]:
    """What the page of a plan shows of its paper. No query."""
    return _shown(paper.of_plan(plan), plan.result, "plan", plan.key)


def of_decision(decision: Decision) -> dict[str, Any]:
    """What the page of a decision shows of its paper; nothing where too little was frozen. One query."""
    content = decision.frozen
    if "schedule" not in content["result"]:
        return {}
    return _shown(paper.of_decision(decision), content["result"], "decision", decision.key)


def _shown(found: DecisionPaper, result: Mapping[str, Any], noun: str, key: str) -> dict[str, Any]:
    kept = result.get("goal_loss")
    return {
        "paper": found,
        "pictures": paper.charts(found),
        "no_goal": kept["rest"]["today"] if kept and kept["rest"]["today"] >= 0.005 else None,
        "deck_href": reverse(f"decisions:{noun}_deck", args=[key]),
        "pdf_href": reverse(f"decisions:{noun}_pdf", args=[key]),
    }


def _plan(key: str) -> DecisionPaper:
    plan = selectors.find_plan(key)
    if plan is None:
        raise Http404(f"There is no plan “{key[:100]}”.")
    return paper.of_plan(plan)


def _decision(key: str) -> DecisionPaper:
    decision = selectors.find_decision(key)
    if decision is None:
        raise Http404(f"There is no decision “{key[:100]}”.")
    if "schedule" not in decision.frozen["result"]:
        raise Http404("What this decision froze holds no schedule: it has no papers.")
    return paper.of_decision(decision)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@guard("view", "plan")
@require_GET
def plan_deck(request: HttpRequest, key: str) -> HttpResponse:
    """Three slides on a plan, with charts that can be edited."""
    return _file(paper.deck(_plan(key)), SLIDES, f"{key}.pptx")


@guard("view", "plan")
@require_GET
def plan_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The same on at most three pages."""
    return _file(paper.pdf(_plan(key)), "application/pdf", f"{key}.pdf")


@guard("view", "decision")
@require_GET
def decision_deck(request: HttpRequest, key: str) -> HttpResponse:
    """Three slides on a decision, from what it froze, with charts that can be edited."""
    return _file(paper.deck(_decision(key)), SLIDES, f"{key}.pptx")


@guard("view", "decision")
@require_GET
def decision_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """The same on at most three pages."""
    return _file(paper.pdf(_decision(key)), "application/pdf", f"{key}.pdf")


@guard("view", "sheet")
@require_GET
def sheet_pdf(request: HttpRequest, key: str) -> HttpResponse:
    """A sheet whose options are computed, with its keys."""
    sheet = selectors.find_sheet(key)
    if sheet is None or not sheet.shown:
        raise Http404(f"There is no sheet “{key[:100]}” with figures.")
    told = patches.afterwards(sheet, False)
    course = picture(sheet.shown) if sheet.kind == patches.KIND else None
    return _file(paper.sheet_pdf(sheet, course, told.get("after", ())), "application/pdf", f"{key}.pdf")
