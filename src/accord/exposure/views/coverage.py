"""The matrix of surfaces and safeguards, what nobody watches, what nobody owns, what is open to the internet."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accord.core import jobs
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.lists.coverage import COVERAGE
from accord.exposure.models import CoverageState, Safeguard, Surface
from accord.exposure.selectors import surfaces as read
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.charts.heat import heat_map
from accord.ui.lists import list_page

KIND = "exposure.coverage"
ASSETS = list_page(COVERAGE)
BRIEF = {
    "owner": "Owner", "scanned": "Scan", "edr": "EDR", "logs": "Logs", "backup": "Backup", "mfa": "MFA",
    "supported": "Support",
}  # fmt: skip
MEANINGS = (
    ("All have it", "good"), ("Some unknown", "caution"), ("Some have it not", "warning"),
    ("Most have it not", "danger"), ("Not asked", "neutral"),
)  # fmt: skip


@guard("view", "coverage")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The page; `?by=money` shows the matrix weighted by money."""
    state = CoverageState.objects.filter(id=1).first()
    job = jobs.latest(KIND)
    by_money = request.GET.get("by") == "money"
    context: dict[str, Any] = {
        "title": "Coverage",
        "state": state,
        "job": job if job is not None and (not job.is_over or job.state == job.State.FAILED) else None,
        "may_run": may(request.user, "run", "coverage"),
        "may_watch": may(request.user, "view", "job"),
        "may_take": may(request.user, "import", "safeguard_evidence"),
        "job_url": reverse("site:job_progress", args=[job.pk]) if job is not None else "",
        "by_money": by_money,
    }
    if state is not None and state.at is not None:
        context.update(_page(state, by_money=by_money))
    return render(request, "exposure/coverage.html", context)


@guard("run", "coverage")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Compute anew; a job that waits already does it."""
    last = jobs.latest(KIND)
    if last is None or last.is_over:
        jobs.enqueue(cast(User, request.user), KIND)
    return redirect("exposure:coverage")


def _page(state: CoverageState, *, by_money: bool) -> dict[str, Any]:
    result = state.result
    currency = result["currency"]
    matrix = [_row(surface, result["surfaces"][surface.value], currency, by_money) for surface in Surface]
    watchless = read.unwatched()
    unknown = read.unclaimed()
    seen = result["outside"]
    return {
        "statements": _statements(state, unknown),
        "matrix": matrix,
        "safeguards": list(Safeguard),
        "heat": _heat(matrix, by_money=by_money, currency=currency),
        "currency": currency,
        "unwatched": watchless,
        "unwatched_href": _assets(unwatched="yes"),
        "unclaimed": unknown,
        "seen": seen,
        "inventories": read.inventories(),
        "rules": read.rules_in_words(),
        "tests": read.tests_of_surfaces(),
    }


def _assets(**filters: str) -> str:
    return f"{reverse('exposure:coverage_assets')}?{urlencode(filters, doseq=True)}"


def _row(surface: Any, found: dict[str, Any], currency: str, by_money: bool) -> dict[str, Any]:
    cells = [_cell(surface, safeguard, found["cells"][safeguard.value], by_money) for safeguard in Safeguard]
    return {
        "surface": surface, "name": str(surface.label), "assets": found["assets"], "money": found["money"],
        "unpriced": found["unpriced"], "unwatched": found["unwatched"], "cells": cells,
        "href": _assets(surface=surface.value),
    }  # fmt: skip


def _cell(surface: Any, safeguard: Any, counts: dict[str, Any], by_money: bool) -> dict[str, Any]:
    """One cell: what is asked, has it, has it not, is unknown; in assets or in money."""
    kind = "money_" if by_money else ""
    asked, yes, no, unknown = (counts[f"{kind}{part}"] for part in ("asked", "yes", "no", "unknown"))
    if not counts["asked"]:
        meaning = "Not asked"
    elif counts["no"] * 2 > counts["asked"]:
        meaning = "Most have it not"
    elif counts["no"]:
        meaning = "Some have it not"
    else:
        meaning = "Some unknown" if counts["unknown"] else "All have it"
    gaps = [name for name in ("no", "unknown") if counts[name]]
    return {
        "safeguard": safeguard, "asked": asked, "yes": yes, "no": no, "unknown": unknown, "meaning": meaning,
        "share": yes / asked if asked else None, "number": counts["asked"], "unpriced": counts["unpriced"],
        "href": _assets(**{"surface": surface.value, safeguard.value: gaps or ["yes"]}) if counts["asked"] else "",
    }  # fmt: skip


def _heat(matrix: list[dict[str, Any]], *, by_money: bool, currency: str) -> dict[str, Any]:
    def figure(value: Any) -> str:
        return write.money(value, currency, compact=True) if by_money else write.number(value)

    cells = [
        {
            "row": row["name"], "column": str(cell["safeguard"].label), "meaning": cell["meaning"],
            "text": "not asked" if not cell["number"]
            else f"{figure(cell['yes'])} of {figure(cell['asked'])}, {figure(cell['unknown'])} unknown",
            "inside": "–" if cell["share"] is None else write.percent(cell["share"], 0),
        }
        for row in matrix for cell in row["cells"]
    ]  # fmt: skip
    columns = [(str(s.label), BRIEF[s.value]) for s in Safeguard]
    return heat_map(
        cells, [row["name"] for row in matrix], columns, MEANINGS, row_title="Surface", column_title="Safeguard",
        value_title="Have it",
    )  # fmt: skip


def _statements(state: CoverageState, unknown: dict[str, Any]) -> list[Statement]:
    result, at = state.result, state.at
    share = result["unwatched_money"] / result["money"] if result["money"] else None
    seen = result["outside"]
    return [
        Statement(
            "coverage.unwatched", "Assets that no tool watches", result["unwatched"], "assets", as_of=at,
            source=f"Of {result['assets']} assets: neither scanned in time, nor EDR, nor logs arriving, by evidence.",
            href=_assets(unwatched="yes"), query="exposure.services.safeguards",
            tone="danger" if result["unwatched"] else "good",
        ),
        Statement(
            "coverage.unwatched_money", "Of the loss that footholds cost, on those", share, "%", as_of=at,
            source="Sum of what one foothold a year on each costs, over that of all assets that have a price.",
            href=_assets(unwatched="yes"), query="exposure.services.safeguards",
            note=f"{result['unpriced']} assets have no price." if result["unpriced"] else "",
        ),
        Statement(
            "coverage.unclaimed", "Seen, but nobody's asset", unknown["number"], "targets", as_of=at,
            source="Targets that a scanner named and no asset answers to.", href=reverse("exposure:unclaimed_list"),
            query="exposure.models.Target", tone="warning" if unknown["number"] else "good",
        ),
        Statement(
            "coverage.outside", "Open to the internet against the estate", seen["unexpected"], "targets", as_of=at,
            source=f"Of {seen['targets']} targets with an address of the internet: no system on them is said to be "
            "exposed to it.",
            href="#internet", query="exposure.services.outside", tone="warning" if seen["unexpected"] else "good",
        ),
    ]  # fmt: skip
