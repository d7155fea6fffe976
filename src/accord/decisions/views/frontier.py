"""The frontier with its marked plans, the joint table, and what either executive insists on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.core.roles import EXECUTIVES, Role
from accord.decisions import difference, selectors, services
from accord.decisions.forms.plans import RunForm, StanceForm
from accord.decisions.models import Frontier, Plan, Stance
from accord.decisions.templatetags.differences import signed_money, signed_percent
from accord.decisions.views import table
from accord.strategy.models import Initiative
from accord.ui import format as write
from accord.ui import parts
from accord.ui.access import may
from accord.ui.charts import Marked
from accord.ui.charts import frontier as frontier_chart

KIND = "decisions.frontier"
TONES = {
    "today": "info",
    "cio": "cio",
    "ciso": "ciso",
    "joint": "joint",
    "split": "neutral",
    "rosi": "caution",
    "own": "accent",
}
COMPARED = ("cio", "ciso", "joint", "split", "rosi")
SIDE_BY_SIDE = ("today", "cio", "ciso", "split", "rosi", "joint")


@guard("view", "plan")
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The latest frontier: chart, the plans side by side, what is left out; a running computation as it goes."""
    found = selectors.latest_frontier()
    job = jobs.latest(KIND)
    running = job if job is not None and not job.is_over else None
    failed = job if job is not None and job.state == Job.State.FAILED else None
    if failed is not None and found is not None and failed.created < found.at:
        failed = None
    context: dict[str, Any] = {
        "title": "Frontier",
        "frontier": found,
        "job": running,
        "failed": failed,
        "may_run": may(request.user, "run", "plan"),
        "may_watch": may(request.user, "view", "job"),
        "job_url": reverse("site:job_progress", args=[running.pk]) if running is not None else "",
        "form": RunForm(initial={"heard": found.result["heard"] if found is not None else "both"}),
    }
    if running is not None and running.result and running.result.get("points"):
        context["so_far"] = chart_of(running.result, write.default_currency())
    if found is not None:
        context.update(page_of(found))
        context.update(table.comment_context(request, "frontier", found.pk))
        context["stale"] = selectors.is_stale(found)
    return render(request, "decisions/frontier.html", context)


def page_of(frontier: Frontier) -> dict[str, Any]:
    """What the page shows of a frontier. One query."""
    plans = selectors.plans_of(frontier)
    by_origin = {plan.origin: plan for plan in plans if plan.origin in COMPARED}
    return {
        "statements": selectors.headline(frontier, plans),
        "chart": chart_of(frontier.result, frontier.currency),
        "compare": side_by_side(frontier, by_origin),
        "plans": plans,
        "left_out": frontier.result["left_out"],
        "refused": [row for row in frontier.result["references"] if row["value"] is None],
        "compare_href": compare_href([by_origin[o].key for o in COMPARED if o in by_origin]),
        "point_price": difference.price_of_value(frontier.result) / 100,
    }


def compare_href(keys: Sequence[str]) -> str:
    query = "&".join(f"plan={key}" for key in keys)
    return f"{reverse('decisions:plan_compare')}?{query}"


def chart_of(result: dict[str, Any], currency: str) -> dict[str, Any]:
    """The frontier with its marked points and the plans that it is compared with."""
    span = selectors.years(result)
    along = [(row["loss"] / span, row["value"]) for row in result["points"]]
    rows = [row for row in (*result["points"], *result.get("references", ())) if row["origin"] in COMPARED]
    marked = [
        Marked("Today", result["loss_today"] / span, 0.0, TONES["today"]),
        *(
            Marked(row["name"], row["loss"] / span, row["value"], TONES[row["origin"]])
            for row in rows
            if row["value"] is not None
        ),
    ]
    spec: dict[str, Any] = frontier_chart(along, marked, currency=currency)
    return spec


def side_by_side(frontier: Frontier, plans: dict[str, Plan]) -> parts.Comparison:
    """Six plans: today, each alone, split in two, ranked by return, joint; and what each loses against the joint."""
    result, span, unit = frontier.result, selectors.years(frontier.result), frontier.currency
    today = {"origin": "today", "name": "Today", "value": 0.0, "loss": result["loss_today"], "count": 0, "gap": None}
    found = {row["origin"]: row for row in (today, *result["points"], *result["references"])}
    spent = {row["origin"]: row["money"] for row in result.get("compared", ())}
    rows = [found[origin] for origin in SIDE_BY_SIDE if origin in found and found[origin]["value"] is not None]
    joint, price = found["joint"], difference.price_of_value(result)
    value, loss = max(row["value"] for row in rows), min(row["loss"] for row in rows)

    def money(amount: float) -> str:
        return write.money(amount, unit, compact=True)

    def over(row: Mapping[str, Any]) -> str:
        given_up = price * (joint["value"] - row["value"]) + row["loss"] - joint["loss"]
        return money(given_up) if row is not joint else "–"

    cell, line = parts.Compared, parts.CompareRow
    heads = [
        parts.CompareHead(
            row["name"], "nothing is started" if row is today else "", _href(plans.get(row["origin"]))
        ) for row in rows
    ]  # fmt: skip
    lines = [
        line("Strategic value", [cell(write.percent(row["value"], 1), row["value"] == value) for row in rows]),
        line("Expected loss a year", [cell(money(row["loss"] / span), row["loss"] == loss) for row in rows]),
        line("Loss avoided a year", [cell(money((today["loss"] - row["loss"]) / span)) for row in rows]),
        line("Initiatives", [cell(str(row["count"])) for row in rows]),
        line("Against the joint proposal", section=True),
        line("Value", [cell(signed_percent(row["value"] - joint["value"])) for row in rows]),
        line("Loss a year", [cell(signed_money((row["loss"] - joint["loss"]) / span, unit)) for row in rows]),
        line("Gives up, both in money", [cell(over(row)) for row in rows]),
        line("Proof", section=True),
        line("What it leaves open", [cell("–" if row is today else _room(row)) for row in rows]),
    ]
    if spent:
        money_row = line("Money over the horizon", [
            cell(None if (amount := spent.get(row["origin"])) is None else money(amount)) for row in rows])  # fmt: skip
        lines.insert(4, money_row)
    return parts.Comparison("Plans side by side", heads, lines)


def _href(plan: Plan | None) -> str:
    return "" if plan is None else f"/plans/{plan.key}/"


def _room(row: dict[str, Any]) -> str:
    if row.get("objective") == "loss":
        return f"{write.percent(row['gap'], 1)} less loss"
    return "unknown" if row["gap"] is None else f"{write.percent(row['gap'], 1)} more value"


@guard("run", "plan")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Put the computation into the queue, unless one is on its way."""
    form = RunForm(request.POST)
    last = jobs.latest(KIND)
    if last is not None and not last.is_over:
        messages.info(request, "A frontier is being computed already.")
    elif form.is_valid():
        jobs.enqueue(cast(User, request.user), KIND, heard=form.cleaned_data["heard"])
    return redirect("decisions:frontier")


@guard("view", "plan")
@require_GET
def joint_table(request: HttpRequest) -> HttpResponse:
    """Every initiative: who would choose it alone, what is proposed jointly, and what either insists on."""
    found = selectors.latest_frontier()
    opinions = selectors.opinions(found)
    wanted = request.GET.get("show", "")
    groups = {
        "differ": [o for o in opinions if o.agreement in ("cio", "ciso")],
        "agree": [o for o in opinions if o.agreement == "both"],
        "stances": [o for o in opinions if o.stances],
        "disputed": [o for o in opinions if o.disputed],
    }
    mine = table.mine(request.user)
    sitting, last = selectors.open_sitting(), selectors.last_revealed()
    context = {
        "title": "Joint table",
        "frontier": found,
        "opinions": groups.get(wanted, opinions),
        "show": wanted if wanted in groups else "",
        "tabs": [
            ("", "All", len(opinions)),
            ("agree", "Both would choose", len(groups["agree"])),
            ("differ", "Only one would", len(groups["differ"])),
            ("stances", "Pinned or dropped", len(groups["stances"])),
            ("disputed", "In dispute", len(groups["disputed"])),
        ],
        "pinning": mine if may(request.user, "change", "plan") and sitting is None else [],
        "open_sitting": sitting,
        "hands": selectors.hands(sitting) if sitting is not None else [],
        "sitting_roles": [role for role in mine if sitting is not None and not getattr(sitting, f"{role.value}_hash")],
        "last_sitting": last,
        "may_sit": may(request.user, "change", "sitting"),
        "may_run": may(request.user, "run", "plan"),
        "waiting": selectors.waiting(),
        "stale": selectors.is_stale(found) if found is not None else False,
    }
    return render(request, "decisions/joint_table.html", context)


@guard("change", "plan")
@require_http_methods(["GET", "POST"])
def stance(request: HttpRequest, role: str, key: str) -> HttpResponse:
    """Pin or drop an initiative in one's own role."""
    held = next((one for one in EXECUTIVES if one.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO pin and drop.")
    initiative = get_object_or_404(Initiative, key=key)
    present = Stance.objects.filter(role=role, initiative=initiative).first()
    initial = {"kind": present.kind, "reason": present.reason} if present is not None else {"kind": ""}
    form = StanceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.set_stance(cast(User, request.user), held, initiative, values["kind"], values["reason"])
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, f"{initiative.name}: kept. Compute the frontier again to see what it changes.")
            return redirect("decisions:joint_table")
    context = {
        "title": f"{initiative.name}: what the {Role(role).label} insists on",
        "form": form,
        "breadcrumb": [("Joint table", reverse("decisions:joint_table"))],
        "cancel_href": reverse("decisions:joint_table"),
        "form_intro": "A pinned initiative is in every plan that is computed, a dropped one in none.",
    }
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)
