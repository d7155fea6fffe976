"""A department's own page: what is yours, why, by when, and what it costs to wait."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accord.briefing.selectors import department as select
from accord.briefing.words import units
from accord.core.permissions import Reach, guard, reach
from accord.core.roles import Role
from accord.core.statements import Statement
from accord.organization.models import Unit
from accord.organization.scope import unit_and_below
from accord.ui.access import may
from accord.ui.format import default_currency


def own_units(request: HttpRequest) -> list[str]:
    """The units that a department head was given; none for other roles."""
    roles = getattr(request.user, "roles", {})
    return sorted(roles.get(Role.HEAD, frozenset()))


@guard("view", "department")
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The head's own page, or the units to choose from."""
    given = own_units(request)
    if reach(request.user, "view", "department") is Reach.UNIT and len(given) == 1:
        return redirect("briefing:department", key=given[0])
    rows = Unit.objects.order_by("name")
    if reach(request.user, "view", "department") is Reach.UNIT:
        rows = rows.filter(key__in=unit_and_below(frozenset(given)))
    context = {"title": "Repairs by department", "units": list(rows.values_list("key", "name")[:500])}
    return render(request, "briefing/departments.html", context)


@guard("view", "department")
@require_GET
def page(request: HttpRequest, key: str) -> HttpResponse:
    """One department's page; a head sees only their own units and those below."""
    only_own = reach(request.user, "view", "department") is Reach.UNIT
    if only_own and key not in unit_and_below(frozenset(own_units(request))):
        raise Http404
    found = select.department(key)
    if found is None:
        raise Http404
    context = {
        "title": f"To repair for {found.name}", "subtitle": "What is yours, why, by when, and what it costs to wait",
        "department": found, "statements": _statements(found),
        "repairs": [{"repair": one, "still": select.hours(one.still)} for one in found.repairs],
        "may_fixes": may(request.user, "view", "fix"), "may_sheets": may(request.user, "view", "sheet"),
        "breadcrumb": [("Repairs by department", reverse("briefing:departments"))],
    }  # fmt: skip
    return render(request, "briefing/department.html", context)


def _statements(found: select.Department) -> list[Statement]:
    source = "Fixes counted on the systems that the department works with."
    query = "briefing.selectors.department"
    dearest = max(found.repairs, key=lambda one: one.week[1] if one.week else -1.0, default=None)
    waiting = len(found.repairs) + found.more
    rows = [
        Statement(
            "department.repairs", "Repairs waiting", waiting, units(waiting, "repair"), source=source, query=query,
            as_of=found.counted,
        ),
        Statement(
            "department.late", "Past their date", found.late, units(found.late, "repair"), source=source, query=query,
            as_of=found.counted, tone="danger" if found.late else "",
        ),
    ]  # fmt: skip
    if dearest is not None and dearest.week is not None:
        low, likely, high = dearest.week
        rows.append(
            Statement(
                "department.dearest",
                "Dearest to wait for, a week",
                likely,
                default_currency(),
                interval=(low, high),
                source=dearest.what,
                query=query,
                as_of=found.counted,
            )
        )
    return rows
