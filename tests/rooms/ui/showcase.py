"""A page with every component, for the test in the browser and for looking at."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from accord.core.errors import Problem
from accord.core.imports import Change, Difference
from accord.core.models import Job
from accord.core.permissions import open_to_all
from accord.core.statements import Statement
from accord.ui import charts, parts

NOW = dt.datetime(2026, 11, 23, 16, 5, tzinfo=dt.UTC)

PAGE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


class Sample(forms.Form):
    key = forms.CharField(help_text="Stable and unique; it never changes.")
    name = forms.CharField()
    criticality = forms.ChoiceField(choices=[("", "unknown"), ("important", "Important")], required=False)
    cost = forms.CharField(label="Cost per year, EUR", required=False)
    internet = forms.BooleanField(label="Reachable from the internet", required=False)
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)


def _curve(scale: float) -> list[tuple[float, float]]:
    return [(x * 100_000.0, round(0.62 / (1 + (x * scale / 14) ** 1.9), 5)) for x in range(0, 121, 2)]


def _charts() -> dict[str, Any]:
    appetite = [(0.0, 0.5), (1_000_000, 0.3), (3_000_000, 0.12), (6_000_000, 0.04), (12_000_000, 0.01)]
    front = [(2_000_000 + 550_000 * i, round(0.78 * (1 - 0.72**i), 4)) for i in range(10)]
    names = [
        "Ransomware on production planning",
        "Outage of the payment service",
        "Leak of customer data",
        "Supplier fails",
    ]
    return {
        "exceedance": charts.exceedance_curve(
            [charts.Curve("Today", _curve(1.0), "neutral"), charts.Curve("With the joint plan", _curve(1.9), "accent")],
            appetite,
        ),
        "frontier": charts.frontier(
            front,
            [
                charts.Marked("CISO alone", *front[1], "ciso"),
                charts.Marked("Joint proposal", *front[3], "joint"),
                charts.Marked("CIO alone", *front[7], "cio"),
                charts.Marked("Pinned by hand", front[3][0] + 200_000, front[3][1] - 0.14, "caution"),
            ],
        ),
        "bars": charts.bars(
            list(zip(names, [2_140_000, 1_220_000, 640_000, None], strict=True)), title="Expected loss in a year"
        ),
        "dots": charts.interval_dots(
            [(n, 9e4 * i, 4e5 * i, 2.2e6 * i) for i, n in enumerate(names, 1)], title="Loss in a year, EUR"
        ),
        "gantt": charts.gantt(
            [
                {"name": "Replace the old ERP", "start": "2027-Q1", "end": "2028-Q2", "group": "CIO"},
                {"name": "Multi-factor log-in everywhere", "start": "2027-Q1", "end": "2027-Q2", "group": "CISO"},
                {"name": "Segment the plant network", "start": "2027-Q3", "end": "2028-Q1", "group": "CISO"},
                {"name": "Data platform", "start": "2028-Q1", "end": "2028-Q4", "group": "CIO"},
            ]
        ),
        "waterfall": charts.waterfall(
            [
                ("Today", 5_200_000, True),
                ("Segmentation", -1_300_000, False),
                ("Log-in", -900_000, False),
                ("New platform", 250_000, False),
                ("With the plan", 3_250_000, True),
            ],
            title="Expected loss in a year",
        ),
    }


def _difference() -> Difference:
    before = {"key": "SYS-1", "name": "Web shop", "cost_per_year": None}
    return Difference(
        added=[Change("system", "SYS-9", 3, None, {"key": "SYS-9", "name": "Payroll", "reach": "internal"})],
        changed=[Change("system", "SYS-1", 2, before, {**before, "cost_per_year": "125000"}, 1)],
        refused=[
            Problem(4, "reach", "“outside” is not one of the choices.", "Write one of: internet, partner.", "system")
        ],
    )


@open_to_all("only in the tests")
def showcase(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Plan 2027–2029 saved.")
    messages.warning(request, "Two initiatives have no cost: they are left out until somebody gives one.")
    form = Sample({"key": "", "name": "Web shop", "cost": "a lot"})
    form.add_error("cost", "“a lot” is not a number. Write digits with a point, such as 1250.5.")
    slots = [
        {"role": "cio", "label": "CIO", "state": "signed", "signer": "Ada Berger", "at": NOW, "dissent": ""},
        {"role": "ciso", "label": "CISO", "state": "waiting", "signer": None, "at": None, "dissent": ""},
    ]
    heads = [parts.CompareHead("CIO alone"), parts.CompareHead("CISO alone"), parts.CompareHead("Joint", "proposed")]
    cell = parts.Compared
    rows = [
        parts.CompareRow("Money", section=True),
        parts.CompareRow("Capital", [cell("EUR 8.40 M"), cell("EUR 6.10 M", True), cell("EUR 7.95 M")]),
        parts.CompareRow("Expected loss", [cell("EUR 4.10 M"), cell("EUR 2.30 M", True), cell("EUR 2.62 M")]),
        parts.CompareRow("Horizon", [cell("3 years"), cell("3 years"), cell("3 years")]),
        parts.CompareRow("People in 2028-Q1", [cell("31 FTE"), cell(None), cell("29 FTE", True)]),
    ]
    entry = parts.HistoryEntry
    job = Job(title="Annual loss of 25 scenarios", state="running", done=61_000, total=100_000, message="Drawing years")
    context = {
        "title": "Joint plan 2027–2029",
        "breadcrumb": [("Plans", "/"), ("2027–2029", "")],
        "facts": [
            Statement("a", "Expected loss in a year", 2_620_000, "EUR", (1_100_000, 6_900_000), href="#", as_of=NOW),
            Statement("b", "Goals carried by the plan", 0.724, "%", href="#", as_of=NOW, tone="good"),
            Statement("c", "Open findings to fix first", 143, "findings", href="#", as_of=NOW, tone="danger"),
            Statement("d", "Systems that serve no goal", None, "systems", note="12 goals have no weight.", href="#"),
        ],
        "keys": parts.key_slots(slots, {"ciso": ("#sign", "#dissent")}),
        "comparison": parts.Comparison("Three plans side by side", heads, rows),
        "form": form,
        "history": [
            entry("ada@example.org", "signed it", NOW, number=1043, tone="good", kind="state"),
            entry("ada@example.org", "changed it", NOW, [("Capital", "8100000", "7950000")], number=1042, tone="info"),
            entry("system", "added it", NOW, [("Horizon", "", "3 years")], number=988, tone="good", kind="state"),
        ],
        "jobs": [job, Job(title="Import of scan.nessus", state="done", message="60,000 findings")],
        "badges": [
            ("severity", "critical"), ("severity", "high"), ("severity", "medium"), ("severity", "low"),
            ("severity", None), ("finding", "open"), ("finding", "fixed"), ("decision", "in_force"), ("role", "cio"),
            ("role", "ciso"), ("control", "planned"), ("reach", "internet"),
        ],
        "amount": 1_250_000, "missing": None,
        "difference": _difference(), "file_name": "systems.xlsx", "apply_href": "#", "cancel_href": "#",
        "user": SimpleNamespace(is_authenticated=False) if "anonymous" in request.GET else request.user,
        **_charts(),
    }  # fmt: skip
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render(context, request))


urlpatterns = [path("showcase/", showcase, name="showcase")]
