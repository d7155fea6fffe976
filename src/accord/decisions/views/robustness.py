"""How firm the plans of the latest frontier are."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.decisions import selectors, services
from accord.decisions.models import Frontier, Robustness
from accord.ui.access import may

KIND = "decisions.robustness"
NEARLY_ALL, HARDLY_ANY = 0.9, 0.1


@guard("view", "plan")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Regret of each plan, initiatives of nearly every good plan, worth of one more, and the tail."""
    frontier = selectors.latest_frontier()
    found = selectors.latest_robustness(frontier) if frontier is not None else None
    job = jobs.latest(KIND, frontier=frontier.pk) if frontier is not None else None
    running = job if job is not None and not job.is_over else None
    failed = job is not None and job.state == Job.State.FAILED and (found is None or found.at < job.created)
    context: dict[str, Any] = {
        "title": "Robustness",
        "breadcrumb": [("Frontier", reverse("decisions:frontier"))],
        "frontier": frontier,
        "study": found,
        "job": running,
        "failed": job if failed else None,
        "job_url": reverse("site:job_progress", args=[running.pk]) if running is not None else "",
        "may_run": may(request.user, "run", "plan") and frontier is not None,
        "may_watch": may(request.user, "view", "job"),
        "may_change": may(request.user, "change", "plan"),
    }
    if frontier is not None and found is not None:
        context.update(shown(frontier, found))
    return render(request, "decisions/robustness.html", context)


def shown(frontier: Frontier, found: Robustness) -> dict[str, Any]:
    """The rows of the page. No query."""
    result, span = found.result, selectors.years(frontier.result)
    robust, tail = result["robust"], result["tail"]
    plans = [
        {**row, "loss_a_year": [amount / span for amount in row["loss"]]} for row in robust.get("plans", ())
    ]  # fmt: skip
    return {
        "currency": frontier.currency,
        "statements": headline(frontier, found),
        "robust": robust,
        "plans": plans,
        "initiatives": [
            {**row, "firm": "in" if row["share"] >= NEARLY_ALL else "out" if row["share"] <= HARDLY_ANY else "open"}
            for row in robust.get("initiatives", ())
        ],
        "worth": result["worth"],
        "tail": tail,
        "tail_share": 1.0 - tail["level"] if "level" in tail else None,
        "tail_plans": [{**row, "loss_a_year": row["loss"] / span} for row in tail.get("plans", ())],
        "price_of_point": result["price"] / 100,
    }


def headline(frontier: Frontier, found: Robustness) -> list[Statement]:
    """The robust choice, what it may cost, and how many initiatives are beyond doubt."""
    robust = found.result["robust"]
    if "plans" not in robust or not robust["plans"]:
        return []
    common: dict[str, Any] = {"as_of": found.at, "query": "decisions.selectors.latest_robustness"}
    best, joint = robust["plans"][0], next((r for r in robust["plans"] if r["origin"] == "joint"), None)
    sure = [row for row in robust["initiatives"] if row["share"] >= NEARLY_ALL]
    chances = f"{robust['samples']} samples of {robust['uncertain']} inputs with a range, the same for all plans."
    rows = [
        Statement("robustness.regret", f"Expected regret of {best['name']}, the least of all", best["regret"],
                  frontier.currency, source=chances, note="Over the horizon, value exchanged for money.",
                  href=f"/plans/{best['key']}/", **common),
        Statement("robustness.sure", "Initiatives in nearly every good plan", len(sure), "",
                  source=f"In nine of ten or more of {robust['replanned']} samples that were planned again.",
                  href="#initiatives", **common),
    ]  # fmt: skip
    if joint is not None and joint is not best:
        rows.insert(1, Statement(
            "robustness.joint", "Expected regret of the joint proposal", joint["regret"], frontier.currency,
            tone="joint", source=chances, href=f"/plans/{joint['key']}/", **common))  # fmt: skip
    return rows


@guard("run", "plan")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Put the study of the latest frontier into the queue, unless one is on its way."""
    frontier = selectors.latest_frontier()
    if frontier is None:
        raise Http404("There is no frontier yet.")
    last = jobs.latest(KIND, frontier=frontier.pk)
    if last is not None and not last.is_over:
        messages.info(request, "The plans are being studied already.")
    else:
        jobs.enqueue(cast(User, request.user), KIND, frontier=frontier.pk)
    return redirect("decisions:robustness")


@guard("change", "plan")
@require_POST
def keep(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Keep a plan against the tail, so that it can be compared and proposed like any other."""
    found = Robustness.objects.select_related("frontier").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such study.")
    try:
        made = services.keep_tail_plan(cast(User, request.user), found, number)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("decisions:robustness")
    messages.success(request, f"{made.name} is kept as {made.key}.")
    return redirect("decisions:plan_detail", key=made.key)
