"""The page of the annual loss, and the button that computes it."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.models import User
from accord.core.permissions import guard
from accord.risk import selectors
from accord.risk.models import Appetite, LossRun
from accord.ui.access import may
from accord.ui.charts import Curve, exceedance_curve, tornado
from accord.ui.nouns import url_for

TOP = 15
NOUNS = (("systems", "system", "Systems"), ("goals", "goal", "Goals"), ("units", "unit", "Units"))
RULES = {
    "systems": "Each scenario's loss by its shares among systems.",
    "goals": "A system's loss, divided in proportion to the weight of each goal that the system carries.",
    "units": "A system's loss, divided in proportion to the share of each unit's work that runs on it.",
}


@guard("view", "loss")
@require_GET
def loss(request: HttpRequest) -> HttpResponse:
    """The latest run: statements, curve with appetite, and who carries the loss. `?all=1` shows every row."""
    run = selectors.latest_run()
    job = jobs.latest("risk.run_loss")
    context: dict[str, Any] = {
        "title": "Annual loss",
        "run": run,
        "job": job if job is not None and (not job.is_over or (job.state == job.State.FAILED)) else None,
        "may_run": may(request.user, "run", "loss"),
        "may_watch": may(request.user, "view", "job"),
        "job_url": reverse("site:job_progress", args=[job.pk]) if job is not None else "",
    }
    if run is not None:
        context.update(page_of(run, selectors.appetite_in_force(), everything="all" in request.GET))
        context["stale"] = selectors.is_stale(run)
    return render(request, "risk/loss.html", context)


@guard("run", "loss")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Put a loss run into the queue, unless one is on its way."""
    last = jobs.latest("risk.run_loss")
    if last is None or last.is_over:
        jobs.enqueue(cast(User, request.user), "risk.run_loss")
    return redirect("risk:loss")


def page_of(run: LossRun, appetite: Appetite | None, *, everything: bool) -> dict[str, Any]:
    """What the page shows of a run. No query."""
    result = run.result
    mean, tail = result["mean"]["value"], (selectors.level_of(run, "tvar", result["tail_level"]) or {}).get("value")
    return {
        "statements": selectors.statements(run, appetite),
        "chart": chart_of(run, appetite),
        **drivers_of(run),
        "scenarios": _shares(result["scenarios"], mean, tail, "scenario", everything),
        "divided": [
            {
                "slug": plural, "title": title, "rule": RULES[plural],
                "rows": _shares(result[plural]["rows"], mean, tail, noun, everything),
                "hidden": 0 if everything else max(0, len(result[plural]["rows"]) - TOP),
                "rest": _share(result[plural]["not_assigned"], mean, tail),
            }
            for plural, noun, title in NOUNS
        ],
        "hidden": 0 if everything else max(0, len(result["scenarios"]) - TOP),
        "not_quantified": [
            {**row, "href": url_for("scenario", _in_url(row["key"]))} for row in result["not_quantified"]
        ],
        "levels": [
            {**row, "beyond": 1.0 - row["level"], "tail": tail_row}
            for row, tail_row in zip(result["var"], result["tvar"], strict=True)
        ],
    }  # fmt: skip


def drivers_of(run: LossRun) -> dict[str, Any]:
    """Shared causes, tornado and what to find out next; each empty for a run of an earlier method."""
    rows = [{**row, "href": url_for("scenario", _in_url(row["scenario"]))} for row in selectors.swings(run)]
    told, causes = run.result.get("information") or {}, run.result.get("causes") or {}
    named = [
        {"name": _input_first(row["label"]), "low": row["low"], "high": row["high"], "value": row["value"]}
        for row in rows
    ]
    title = "Expected loss a year"
    spread = (run.result.get("indices") or {}).get("sd")
    return {
        "driver_statements": selectors.driver_statements(run),
        "swings": rows,
        "tornado": tornado(named[:TOP], title=title, currency=run.currency) if named else None,
        "input_spread": spread,
        "information": {
            **told,
            "options": [{**one, "href": _option_href(one["key"])} for one in told["options"][:TOP]],
            "inputs": [
                {
                    **one,
                    "href": url_for("scenario", _in_url(one["scenario"])),
                    "changes": [other for other in one["changes"] if other["key"] != told["best"]["key"]],
                }
                for one in told["inputs"]
            ],
        }
        if told
        else None,
        "causes": [
            {
                **row,
                "href": url_for("shared_cause", _in_url(row["key"])),
                "scenarios": [
                    {**one, "href": url_for("scenario", _in_url(one["key"]))} for one in row["scenarios"]
                ],
            }
            for row in causes.get("rows", ())
        ],
        "causes_left_out": [
            {**row, "href": url_for("shared_cause", _in_url(row["key"]))} for row in causes.get("left_out", ())
        ],
    }  # fmt: skip


def _input_first(label: str) -> str:
    """The input before its scenario, so that rows of a chart differ where names are cut."""
    scenario, _, what = label.rpartition(": ")
    return f"{what[:1].upper()}{what[1:]}: {scenario}" if scenario else label


def _option_href(key: str) -> str:
    return (url_for("initiative", _in_url(key)) or "") if key else ""


def chart_of(run: LossRun, appetite: Appetite | None) -> dict[str, Any]:
    """The exceedance curve with and without controls, and the appetite in force."""
    now, before = selectors.curve(run), selectors.curve_without_controls(run)
    points = [(float(a), float(p)) for a, p in appetite.frozen["points"]] if appetite is not None else []
    furthest = max([_reach(now, 0.002), *(amount * 1.05 for amount, _ in points)])
    curves = [Curve("With today's controls", _within(now, furthest), "accent")]
    if any(row["controls"] for row in run.result["scenarios"]):
        curves.append(Curve("Without controls", _within(before, furthest)))
    spec: dict[str, Any] = exceedance_curve(curves, points, currency=run.currency)
    return spec


def _reach(points: list[tuple[float, float]], probability: float) -> float:
    """The amount at which a curve falls below a probability."""
    return next((amount for amount, p in points if p < probability), points[-1][0])


def _within(points: list[tuple[float, float]], furthest: float) -> list[tuple[float, float]]:
    kept = [(amount, p) for amount, p in points if amount < furthest]
    last = selectors.exceeding(points, furthest)
    return [*kept, (furthest, last)] if last is not None else kept


def _shares(
    rows: list[dict[str, Any]], mean: float, tail: float | None, noun: str, everything: bool
) -> list[dict[str, Any]]:
    shown = rows if everything else rows[:TOP]
    return [{**row, **_share(row, mean, tail), "href": url_for(noun, _in_url(row["key"]))} for row in shown]


def _in_url(key: str) -> str:
    return key.replace("%", "%25").replace("~", "%7E")


def _share(row: dict[str, Any], mean: float, tail: float | None) -> dict[str, Any]:
    return {**row, "share": row["mean"] / mean if mean else None, "tail_share": row["tail"] / tail if tail else None}
