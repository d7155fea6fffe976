"""Patch plans: compute one, watch it, and read it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.forms.remediation import PatchPlanForm
from accord.exposure.lists import PATCH_JOBS, PATCH_PLANS
from accord.exposure.models import PatchJob, PatchPlan
from accord.exposure.selectors import remediation
from accord.exposure.services.patch_inputs import last_day
from accord.exposure.services.patch_plan import check_span
from accord.ui import charts, parts
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(PATCH_PLANS)
JOBS_VIEW = list_page(PATCH_JOBS)
KIND = "exposure.patch_plan"
SHOWN = 20


@guard("run", "patch_plan")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a plan; a worker computes it."""
    initial = {"until": last_day(timezone.localdate()), "first": 1}
    form = PatchPlanForm(request.POST) if request.method == "POST" else PatchPlanForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            check_span(told["until"], told["first"])
            job = jobs.enqueue(cast(User, request.user), KIND, until=told["until"].isoformat(), first=told["first"])
            return redirect("exposure:patch_plan_job", pk=job.pk)
        except Refused as error:
            messages.error(request, str(error))
    context = {
        "title": "Compute a patch plan", "form": form,
        "breadcrumb": [("Patch plans", reverse("exposure:patch_plan_list"))],
        "cancel_href": reverse("exposure:patch_plan_list"), "submit_label": "Compute",
        "missing": remediation.to_fill_in(),
    }  # fmt: skip
    failed = request.method == "POST"
    return render(request, "exposure/patch_plan_form.html", context, status=422 if failed else 200)


@guard("view", "patch_plan")
@require_GET
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The plan on its way; htmx asks for its progress each second."""
    found = get_object_or_404(Job, pk=pk, kind=KIND)
    made = PatchPlan.objects.filter(job=found.pk).first()
    url = reverse("exposure:patch_plan_job", args=[pk])
    part = {"job": found, "url": url,
            "next_url": made.get_absolute_url() if made else reverse("exposure:patch_plan_list")}  # fmt: skip
    if getattr(request, "htmx", False):
        return render(request, "ui/parts/job.html", part)
    crumbs = [("Patch plans", reverse("exposure:patch_plan_list"))]
    return render(request, "exposure/feed_job.html", {"title": found.title, "breadcrumb": crumbs, **part})


@guard("view", "patch_plan")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The schedule by window, how good it is, what freezes cost, what is in no window and why."""
    plan = PatchPlan.objects.select_related("by").filter(pk=pk).first()
    if plan is None:
        raise Http404(f"There is no patch plan PATCH-{pk}.")
    told = plan.figures
    jobs_href = reverse("exposure:patch_plan_jobs", args=[plan.pk])
    names = {row["key"]: row["name"] for row in told["windows"]}
    removed = [(write.dated(row["name"]), row["removed"]) for row in told["windows"]]
    sheets = PatchJob.objects.filter(plan=plan).exclude(sheet="").select_related("fix", "system", "window")
    more = told["one_more"]
    context = {
        "title": f"Patch plan {plan.key}",
        "subtitle": f"From {write.date(plan.begins)}, loss counted until {write.date(plan.ends)}",
        "breadcrumb": [("Patch plans", reverse("exposure:patch_plan_list"))],
        "plan": plan,
        "told": told,
        "stale": remediation.is_stale(plan),
        "statements": _statements(plan, jobs_href),
        "chart": charts.bars(removed, title="Loss removed", currency=plan.currency, name_title="Window")
        if removed else None,
        "windows": [
            {**row, "href": f"{jobs_href}?window={row['key']}", "begins": _begins(row["starts"], row["time"]),
             "teams": [(team, used, there, used / there if there else None)
                       for team, (used, there) in row["teams"].items()]}
            for row in told["windows"]
        ],
        "scarce": [{**row, "window": names.get(row["window"], row["window"])} for row in told["scarce"]],
        "more": None if more is None else {**more, "name": names.get(more["window"], more["window"])},
        "left": [(*row, f"{jobs_href}?why={row[0]}") for row in remediation.left_out(plan)],
        "sheets": list(sheets.order_by("pk")[:200]),
        "missed": [(label, told["missed"].get(code, 0), f"{jobs_href}?missed={code}") for code, label in
                   (("no_window", "No window in time is open to them"), ("no_room", "Windows in time had no room"))],
        "jobs_href": jobs_href,
        "may_run": may(request.user, "run", "patch_plan"),
        "may_export": may(request.user, "export", "patch_plan"),
        "history": parts.history("patch_plan", plan.key),
    }  # fmt: skip
    return render(request, "exposure/patch_plan.html", context)


def _begins(day: str, clock: str) -> str:
    """When a window begins, with the zone that holds on that day; only the day where no time is told."""
    if not clock:
        return write.date(day)
    at = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), timezone.get_current_timezone())
    return write.datetime(at)


def _statements(plan: PatchPlan, jobs_href: str) -> list[Statement]:
    told: dict[str, Any] = plan.figures
    low, mid, high = told["removed"]
    late = told["extra"]
    proof = "Proven to be the best." if told["exact"] else "The best possible may be no better than this plan."
    overrun = "If the high estimates come true, windows overrun." if told["hours"][2] > told["hours"][1] else ""
    return [
        Statement("patch_plan.removed", "Loss removed by the plan", mid, plan.currency, interval=(low, high),
                  source="Sum over planned jobs of loss a day × days from the end of the window to that of the plan; "
                         "low and high with the low and high prices.",
                  query="exposure.services.patch_plan", href=jobs_href, as_of=plan.made,
                  note=f"{told['planned']:,} of {told['jobs']:,} jobs planned, "
                       f"{told['unpriced_planned']:,} without a price."),
        Statement("patch_plan.share", "At least, of the best possible", told["share"], "%", as_of=plan.made,
                  source="Loss removed ÷ a bound that no schedule exceeds (Lagrangian relaxation, or HiGHS).",
                  query="engines.patching.solve",
                  note=proof + (f" Jobs done late remove {late:,.0f} {plan.currency} beyond that." if late else "")),
        Statement("patch_plan.hours", "Hours of work", told["hours"][1], "hours",
                  interval=(told["hours"][0], told["hours"][2]), as_of=plan.made,
                  source="Sum of the efforts of planned jobs; planned with the likely ones.", href=jobs_href,
                  note=overrun),
    ]  # fmt: skip


@guard("export", "patch_plan")
@require_GET
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The windows of a plan as iCalendar, of one team where `?team=` names it."""
    from accord.exposure.selectors.patch_calendar import calendar_of

    plan = PatchPlan.objects.filter(pk=pk).first()
    if plan is None:
        raise Http404(f"There is no patch plan PATCH-{pk}.")
    team = request.GET.get("team", "")[:100]
    response = HttpResponse(calendar_of(plan, team), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{plan.key}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
