"""VEX statements: the list, one with what it covers, saying something, and taking a statement back."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard, scoped
from accord.exposure.forms import StatementForm
from accord.exposure.lists.findings import urgency_code
from accord.exposure.lists.statements import STATEMENTS
from accord.exposure.models import Finding, VexStatement
from accord.exposure.services import statements
from accord.exposure.shell.links import asset_href, findings_href
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(STATEMENTS)
LIST = "exposure:statement_list"
SHOWN = 50


@guard("view", "vex_statement")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = VexStatement.objects.select_related("definition", "asset", "target", "scan", "by", "follower")
    one = get_object_or_404(rows, pk=pk)
    covered = scoped(request.user, "finding", Finding.objects.filter(statement=one))
    shown = list(covered.select_related("definition", "asset", "target").defer("evidence").order_by("id")[: SHOWN + 1])
    context = {
        "title": f"{one.definition.identifier}: {one.get_status_display().lower()}",
        "subtitle": f"{one.key}, {one.subject[:1].lower()}{one.subject[1:]}",
        "breadcrumb": [("VEX statements", reverse(LIST))],
        "one": one,
        "asset_href": asset_href(one.asset.key) if one.asset else None,
        "covered": [(row, urgency_code(row)) for row in shown[:SHOWN]],
        "more": len(shown) > SHOWN,
        "all_href": findings_href(search=f"statement:{one.pk}"),
        "may_change": may(request.user, "change", "vex_statement") and one.stands,
        "history": parts.history("vex_statement", one.key),
    }
    return render(request, "exposure/statement.html", context)


@guard("change", "vex_statement")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Say something of a weakness on a product, an asset, or both."""
    form = StatementForm(
        request.POST or None, initial={name: request.GET.get(name, "") for name in StatementForm.NAMES}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = statements.declare(cast(User, request.user), **form.cleaned_data)
        except Refused as error:
            for problem in error.problems:
                name = problem.column if problem.column in form.fields else None
                form.add_error(name, f"{problem.reason} {problem.remedy}".strip())
        else:
            messages.success(request, f"{made.key} stands.")
            return redirect(made)
    context = {
        "title": "Say something of a weakness", "form": form, "breadcrumb": [("VEX statements", reverse(LIST))],
        "cancel_href": reverse(LIST), "submit_label": "Say it",
        "form_intro": "It wins over scanners as long as it stands, now and in later scans. It closes nothing: what it "
                      "covers is listed on its page, and is open again when it ends.",
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("change", "vex_statement")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(VexStatement, pk=pk)
    try:
        statements.withdraw(cast(User, request.user), one, request.POST.get("reason", ""))
        messages.success(request, "It is withdrawn. What it held is open again, or held by the next statement.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect(one)
