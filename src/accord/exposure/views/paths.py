"""The page of paths: how intruders most likely reach what carries the goals, and what cuts them."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.models import PathRun
from accord.exposure.shell.links import STANDING, findings_href
from accord.ui.access import may
from accord.ui.charts.paths import path_map
from accord.ui.nouns import url_for

KIND = "risk.run_paths"
SHOWN = 60


@guard("view", "path")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    run = PathRun.objects.order_by("-at", "-pk").first()
    job = jobs.latest(KIND)
    context: dict[str, Any] = {
        "title": "Paths to the goals",
        "run": run,
        "job": job if job is not None and (not job.is_over or job.state == job.State.FAILED) else None,
        "may_run": may(request.user, "run", "path"),
        "may_watch": may(request.user, "view", "job"),
        "job_url": reverse("site:job_progress", args=[job.pk]) if job is not None else "",
    }
    if run is not None:
        context.update(page_of(run))
    return render(request, "exposure/paths.html", context)


@guard("run", "path")
@require_POST
def run_now(request: HttpRequest) -> HttpResponse:
    """Compute anew; a job that waits already does it."""
    last = jobs.latest(KIND)
    if last is None or last.is_over:
        jobs.enqueue(cast(User, request.user), KIND)
    return redirect("exposure:paths")


def page_of(run: PathRun) -> dict[str, Any]:
    """What the page shows of a run. No query."""
    result = run.result
    systems = result["systems"]
    cut = result["cut"]

    def system(at: int) -> dict[str, Any]:
        return {**systems[at], "href": url_for("system", systems[at]["key"]) or "", "cut": at in cut["systems"]}

    targets = [
        {
            **target, "system": system(target["system"]),
            "paths": [{**path, "steps": [system(at) for at in path["systems"]]} for path in target["paths"]],
        }
        for target in result["targets"]
    ]  # fmt: skip
    fixes = [
        {**fix, "system": system(fix["system"]), "page": _fix_page(fix["fix"]), "href": findings_href(
            system=systems[fix["system"]]["key"], state=STANDING
        )}
        for fix in cut["fixes"]
    ]  # fmt: skip
    shown = [path for target in result["targets"] for path in target["paths"]]
    return {
        "targets": targets, "fixes": fixes[:SHOWN], "more_fixes": max(len(fixes) - SHOWN, 0), "cut": cut,
        "chart": path_map(
            [(path["systems"], path["rate"]) for path in shown], [one["name"] for one in systems],
            {target["system"] for target in result["targets"]}, set(cut["systems"]),
        ) if shown else None,
        "statements": _statements(run, targets),
    }  # fmt: skip


def _fix_page(key: str) -> str:
    return reverse("exposure:fix_detail", args=[key])


def _statements(run: PathRun, targets: list[dict[str, Any]]) -> list[Statement]:
    result = run.result
    cut = result["cut"]
    worst = max(targets, key=lambda target: target["arriving"], default=None)
    return [
        Statement(
            "path.entries", "Exposed systems where footholds begin", result["open_entries"], "systems", as_of=run.at,
            source=f"Of {result['entries']} systems that are exposed to the internet: those with open findings."
            + (f" {result['unknown']} systems of unknown exposure are left out." if result["unknown"] else ""),
            query="risk.services.paths", href="/systems/?reach=internet",
        ),
        Statement(
            "path.worst", f"Arriving at {worst['system']['name']}" if worst else "Arriving at a goal",
            worst["arriving"] if worst else None, "footholds a year", as_of=run.at,
            source="All walks from exposed systems together, at the middle of the hazard; relative to EPSS.",
            query="risk.services.paths", href="#targets",
        ),
        Statement(
            "path.cut", "Smallest cut", cut["size"], "fixes on systems", as_of=run.at,
            source="Least number of fixes on systems after which no chain of open findings leads from an exposed "
            "system to one of these; proven by a maximum flow.",
            note=f"{cut['distinct']} different fixes; no cut has fewer than {cut['least']} different ones.",
            query="engines.paths.smallest_cut", href="#cut",
        ),
    ]  # fmt: skip
