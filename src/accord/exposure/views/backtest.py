"""The back-test: which ways of choosing would have found what was exploited, at what effort."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.models import Job, User
from accord.core.permissions import guard
from accord.exposure.selectors import feed_ages
from accord.exposure.selectors.backtest import ENOUGH
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.charts import interval_dots

KIND = "exposure.backtest"
MEASURES = (("coverage", "Coverage"), ("efficiency", "Efficiency"))


@guard("view", "policy")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The last back-test, and a button for a new one."""
    done = Job.objects.filter(kind=KIND, state=Job.State.DONE).order_by("-created").first()
    running = Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()
    url = reverse("exposure:backtest")
    context = {
        "title": "Back-test of policies",
        "breadcrumb": [("Priority policy", reverse("exposure:policy"))],
        "done": done,
        "running": running,
        "parts": [_part(name, (done.result or {}).get(key)) for name, key in PARTS] if done else [],
        "ages": feed_ages(),
        "may_run": running is None and may(request.user, "change", "policy"),
        "url": url,
    }
    return render(request, "exposure/backtest.html", context)


PARTS = (("Findings of this organization", "own"), ("CVEs of the feeds", "feeds"))


def _part(name: str, found: dict[str, Any] | None) -> dict[str, Any]:
    rows = (found or {}).get("rows", [])
    told = [(row["name"], row["coverage"]) for row in rows if row["coverage"]["value"] is not None]
    dots = [(label, one["low"], one["value"], one["high"]) for label, one in told]
    return {
        "name": name,
        "cases": (found or {}).get("cases", 0),
        "capped": (found or {}).get("capped", False),
        "scored": (found or {}).get("scored", 0.0),
        "few_scored": (found or {}).get("scored", 0.0) < ENOUGH,
        "chart": interval_dots(dots, title="Coverage", unit="share", name_title="Way of choosing") if dots else None,
        "rows": [_row(row) for row in rows],
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"], "judged": row["judged"], "urgent": row["urgent"], "exploited": row["exploited"],
        "hits": row["hits"], "coverage": _share(row["coverage"]), "efficiency": _share(row["efficiency"]),
        "per_month": _number(row["per_month"]), "days": _number(row["days"]),
    }  # fmt: skip


def _share(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return ""
    return f"{write.percent(one['value'])} ({write.percent(one['low'])} to {write.percent(one['high'])})"


def _number(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return ""
    if one["low"] is None:
        return write.number(one["value"], 1)
    return f"{write.number(one['value'], 1)} ({write.number(one['low'], 1)} to {write.number(one['high'], 1)})"


@guard("change", "policy")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """A worker plays them."""
    jobs.enqueue(cast(User, request.user), KIND)
    return redirect("exposure:backtest")
