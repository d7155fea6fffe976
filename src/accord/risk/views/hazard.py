"""The pages of the hazard: what findings cost, by system and by scenario, and the button that computes it."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.models import User
from accord.core.permissions import guard, scoped
from accord.estate.models import Dependency, SystemAsset
from accord.exposure.models import IS_OPEN, Finding
from accord.exposure.shell.links import STANDING
from accord.risk.hazard import reading
from accord.risk.hazard.assumptions import ASSUMPTIONS
from accord.risk.models import HazardRun, LossEvent, ScenarioSystem
from accord.ui.access import may
from accord.ui.nouns import url_for

KIND = "risk.run_hazard"
TOP = 15
CUT = ("scenarios", "safeguards")
ASSETS = 20
FINDINGS = 20
MID = reading.MID


@guard("view", "hazard")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The latest run: what findings cost, by system, scenario and control. `?all=1` shows every row."""
    run = reading.latest()
    job = jobs.latest(KIND)
    context: dict[str, Any] = {
        "title": "What findings cost",
        "run": run,
        "job": job if job is not None and (not job.is_over or job.state == job.State.FAILED) else None,
        "may_run": may(request.user, "run", "hazard"),
        "may_watch": may(request.user, "view", "job"),
        "job_url": reverse("site:job_progress", args=[job.pk]) if job is not None else "",
    }
    if run is not None:
        context.update(page_of(run, everything="all" in request.GET))
    return render(request, "risk/hazard.html", context)


def page_of(run: HazardRun, *, everything: bool) -> dict[str, Any]:
    """What the page shows of a run. No query."""
    result = run.result
    whole, loss = result["by_findings"], result["loss"][MID]

    def cut(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return rows if everything else rows[:TOP]

    systems = [
        {**rounded(row), "share": row["cost"][MID] / whole if whole else None, "href": system_href(row["key"])}
        for row in (reading.systems(run) if everything else result["systems"][:TOP])
    ]
    scenarios = sorted(result["scenarios"], key=lambda row: (-row["by_findings"], -row["loss"], row["key"]))
    return {
        "statements": reading.statements(run),
        "count": reading.count(run),
        "systems": systems,
        "scenarios": [
            {**rounded(row), "share": row["by_findings"] / loss if loss else None, "href": scenario_href(row["key"])}
            for row in cut(scenarios)
        ],
        "safeguards": [
            {**row, "href": url_for("control", row["control"]), "system_href": system_href(row["system"])}
            for row in cut(result["safeguards"])
        ],
        "hidden": {
            name: 0 if everything else max(0, number - TOP)
            for name, number in (("systems", reading.count(run)), *((name, len(result[name])) for name in CUT))
        },
        "accepted": [
            {**row, "href": reverse("exposure:finding_detail", args=[row["finding"]])}
            for row in (result.get("accepted") or {}).get("rows", ())
        ],
        "assumptions": assumptions_of(run),
        "to_fill_in": result["to_fill_in"],
        "not_quantified": result["not_quantified"],
        "stale": getattr(run, "touched", False),
        "scanned": getattr(run, "scanned", False),
    }


def assumptions_of(run: HazardRun) -> list[dict[str, Any]]:
    """Every assumption as the run used it, and whether it is the organization's own."""
    used = run.result["assumptions"]
    return [
        {
            "key": one.key, "label": one.label, "unit": one.unit, "ends": used.get(one.key, one.ends),
            "own": tuple(used.get(one.key, one.ends)) != one.ends, "source": one.source,
        }
        for one in ASSUMPTIONS
    ]  # fmt: skip


ROUNDED = frozenset(
    {"direct", "arrived", "total", "unguarded", "footholds", "reference", "stated", "scale", "base", "rate", "alone"}
)


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its rates in four figures, as a page shows them."""
    return {
        name: [float(f"{end:.4g}") for end in value] if name in ROUNDED else value for name, value in row.items()
    }  # fmt: skip


def system_href(key: str) -> str:
    return reverse("risk:hazard_system", args=[key])


def scenario_href(key: str) -> str:
    return reverse("risk:hazard_scenario", args=[key])


def _found(plural: str, key: str) -> tuple[HazardRun, dict[str, Any]]:
    run = reading.latest()
    row = reading.row(run, plural, key)
    if run is None or row is None:
        raise Http404(f"The last hazard run says nothing of {key}.")
    return run, rounded(row)


@guard("view", "hazard")
@require_GET
def system(request: HttpRequest, key: str) -> HttpResponse:
    """The chain of one system: findings, footholds, spread, scenarios, money. At most ten queries."""
    run, row = _found("systems", key)
    links = SystemAsset.objects.filter(system__key=key, asset__exposure__isnull=False).select_related("asset__exposure")
    assets = list(links.order_by(F("asset__exposure__foothold_rate").desc(), "pk")[:ASSETS])
    on_these = Finding.objects.filter(IS_OPEN, asset_id__in=[link.asset_id for link in assets], price__gt=0)
    dearest = scoped(request.user, "finding", on_these).select_related("definition", "asset").order_by("-price", "id")
    guards = [guard for guard in run.result["safeguards"] if guard["system"] == key]
    context = {
        "title": row["name"],
        "subtitle": "What a foothold in this system costs, and how it comes about",
        "breadcrumb": [("What findings cost", reverse("risk:hazard"))],
        "run": run, "row": row, "neighbours": _neighbours(run, key), "guards": guards,
        "assets": [
            {"link": link, "href": url_for("asset", link.asset.key), "held": link.asset.exposure} for link in assets
        ],
        "more_assets": max(0, row["assets"] - len(assets)),
        "findings": dearest[:FINDINGS],
        "all_href": f"{reverse('exposure:finding_list')}?system={key}&state={STANDING}&sort=-price",
        "system_href": url_for("system", key),
        "reach": run.result["assumptions"][f"reach_{row['reach'] or 'unknown'}"],
        "scenarios": [(scenario_href(k), name, money) for k, name, money in row["scenarios"]],
    }  # fmt: skip
    return render(request, "risk/hazard_system.html", context)


def _neighbours(run: HazardRun, key: str) -> list[dict[str, Any]]:
    """The systems from which intruders come and to which they go."""
    rows = {row["key"]: rounded(row) for row in reading.systems(run)}
    pairs = Dependency.objects.filter(Q(system__key=key) | Q(depends_on__key=key)).values_list(
        "system__key", "system__name", "depends_on__key", "depends_on__name"
    )
    found = [
        (other, name, "it needs this one" if needed == key else "this one needs it")
        for needs, needs_name, needed, needed_name in pairs
        for other, name in [(needs, needs_name) if needed == key else (needed, needed_name)]
    ]
    return [
        {"name": name, "how": how, "row": rows.get(other), "href": system_href(other) if other in rows else ""}
        for other, name, how in sorted(found, key=lambda one: one[1])
    ]


@guard("view", "hazard")
@require_GET
def scenario(request: HttpRequest, key: str) -> HttpResponse:
    """How the rate of one scenario comes about. At most six queries."""
    run, row = _found("scenarios", key)
    rows = {one["key"]: rounded(one) for one in reading.systems(run)}
    shares = ScenarioSystem.objects.filter(scenario__key=key).order_by("-share", "system__key")
    systems = [
        {
            "name": name, "share": share, "href": system_href(system) if system in rows else "",
            "total": rows[system]["total"] if system in rows else (0.0, 0.0, 0.0),
            "part": float(f"{float(share) * (rows[system]['total'][MID] if system in rows else 0.0):.4g}"),
        }
        for system, name, share in shares.values_list("system__key", "system__name", "share")
    ]  # fmt: skip
    events = LossEvent.objects.filter(scenario__key=key).count()
    context = {
        "title": row["name"],
        "subtitle": "How its rate comes about, and what findings have to do with it",
        "breadcrumb": [("What findings cost", reverse("risk:hazard"))],
        "run": run, "row": row, "systems": systems, "events": events,
        "scenario_href": url_for("scenario", key),
        "changed": row["footholds"] != row["reference"],
    }  # fmt: skip
    return render(request, "risk/hazard_scenario.html", context)


@guard("run", "hazard")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Put a hazard run into the queue, unless one is on its way. `anew=1` anchors at today's findings."""
    last = jobs.latest(KIND)
    if last is None or last.is_over:
        jobs.enqueue(cast(User, request.user), KIND, anew="anew" in request.POST)
    return redirect("risk:hazard")
