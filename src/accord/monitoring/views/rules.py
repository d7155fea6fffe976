"""Rules: the list, one rule with all that is known of it, its versions, and writing one."""

from __future__ import annotations

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.monitoring.forms.rules import SKELETON, CourseForm, TestForm, TextForm
from accord.monitoring.lists.rules import FAULTS, RULES
from accord.monitoring.models import Rule, RuleScore
from accord.monitoring.selectors import rules as selectors
from accord.monitoring.services import rules
from accord.monitoring.services.rules.texts import difference, told
from accord.monitoring.services.rules.versions import OWN
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page

LIST_VIEW = list_page(RULES)
FAULTS_VIEW = list_page(FAULTS)
MOST_TESTS = 100
DROPPED_DAYS = 30


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Rules", reverse("monitoring:rule_list")), *more]


@guard("view", "rule")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(Rule.objects.select_related("version", "offered", "course_by"), pk=pk)
    return page(request, rule, TestForm())


def page(request: HttpRequest, rule: Rule, test_form: TestForm, status: int = 200) -> HttpResponse:
    """The page of a rule, also with a test that was refused."""
    text = rule.version.text if rule.version else ""
    user, scores = request.user, selectors.scores_of(rule)
    context: dict[str, Any] = {
        "title": rule.title, "subtitle": rule.identifier, "breadcrumb": _crumbs(), "rule": rule,
        "lines": selectors.marked(text), "lines_left": selectors.lines_left(text), "told": told(text), "scores": scores,
        "statements": _statements(rule, next((one for one in scores if one.window == selectors.WINDOW), None)),
        "source": "/".join(part or "*" for part in (rule.product, rule.category, rule.service)),
        "is_local": rule.is_changed_here, "members": selectors.members_of(rule),
        "is_own": rule.collection == OWN,
        "offered_lines": difference(text, rule.offered.text)[:400] if rule.offered else [],
        "versions": list(rule.versions.select_related("by").defer("text").order_by("-number")[:20]),
        "tests": list(rule.cases.select_related("by").defer("events").order_by("pk")[:MOST_TESTS]),
        "test_form": test_form, "course_form": CourseForm(initial={"course": rule.course or None}),
        "dropped": selectors.dropped(rule, DROPPED_DAYS), "dropped_days": DROPPED_DAYS,
        "alerts": selectors.newest_alerts(rule), "alerts_href": _href("alert_list", rule),
        "exceptions_href": _href("exception_list", rule), "history": parts.history("rule", rule.pk),
        "may_change": may(user, "change", "rule"), "may_run": may(user, "run", "rule"),
        "may_decide": may(user, "decide", "rule"), "may_see_alerts": may(user, "view", "alert"),
    }  # fmt: skip
    return render(request, "monitoring/rule.html", context, status=status)


def _href(name: str, rule: Rule) -> str:
    try:
        return f"{reverse(f'monitoring:{name}')}?{urlencode({'rule': rule.identifier})}"
    except NoReverseMatch:
        return ""


def _statements(rule: Rule, score: RuleScore | None) -> list[Statement]:
    """The figures of the last 30 days; unknown where nothing was judged or an hour has no price."""
    if score is None:
        return []
    days = f"within {score.window} days"
    judged = score.true + score.benign + score.false
    low, high = score.precision_low, score.precision_high
    href = _href("alert_list", rule)
    common: dict[str, Any] = {"query": "monitoring.RuleScore", "as_of": score.made}
    return [
        Statement("rule.alerts", "Alerts", score.alerts, "alerts", href=href, **common,
                  note=f"{days}, from {score.hits:,} hits"),
        Statement(
            "rule.precision", "Precision", score.precision, "%", confidence=0.95, **common,
            interval=None if low is None or high is None else (low, high),
            note=f"{judged} judged: {score.true} true, {score.benign} benign true, {score.false} false",
        ),
        Statement("rule.volume", "Hits a day", score.hits / score.window, "hits", note=days, **common),
        Statement("rule.minutes", "Time of analysts", score.minutes, "minutes", note=days, **common),
        Statement("rule.cost", "Cost of triage", score.cost, _currency(),
                  note=days if score.cost is not None else "set ACCORD_ANALYST_HOUR to know it", **common),
    ]  # fmt: skip


def _currency() -> str:
    from django.conf import settings

    return str(settings.ACCORD_CURRENCY)


# --- texts


@guard("change", "rule")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a rule: it is compiled before it is kept."""
    form = TextForm(request.POST or None, initial={"text": SKELETON.format(id=uuid.uuid4())})
    if form.is_valid():
        try:
            given = form.cleaned_data
            made = rules.write(cast(User, request.user), given["text"], given["note"])
            messages.success(
                request, "It is kept and on its way into force. Give it tests: events that it must and must not match."
            )
            return redirect(made)
        except Refused as error:
            _refuse(form, error)
    return _editor(request, form, "Write a rule", _crumbs(), reverse("monitoring:rule_list"))


@guard("change", "rule")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule's text: it is compiled, and its tests are run, before it is kept."""
    rule = get_object_or_404(Rule.objects.select_related("version", "offered"), pk=pk)
    form = TextForm(request.POST or None, initial={"text": rule.version.text if rule.version else ""})
    failing = False
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = rules.change(
                cast(User, request.user), rule, given["text"], given["note"], request.POST.get("despite") == "yes"
            )
            messages.success(request, f"Version {made.number} is on its way into force.")
            return redirect(rule)
        except rules.Failing as error:
            failing = True
            _refuse(form, error)
        except Refused as error:
            _refuse(form, error)
    own = rule.collection == OWN
    return _editor(request, form, f"Change “{rule.title}”", _crumbs((rule.title, rule.get_absolute_url())),
                   rule.get_absolute_url(), failing, "" if own else rule.collection)  # fmt: skip


def _refuse(form: TextForm, error: Refused) -> None:
    for problem in error.problems:
        line = f"Line {problem.row}: " if problem.row else ""
        form.add_error("text", f"{line}{problem.reason} {problem.remedy}")


def _editor(
    request: HttpRequest, form: TextForm, title: str, crumbs: list[tuple[str, str]], cancel: str,
    failing: bool = False, collection: str = "",
) -> HttpResponse:  # fmt: skip
    context = {
        "title": title, "form": form, "breadcrumb": crumbs, "cancel_href": cancel, "failing": failing,
        "collection": collection,
    }  # fmt: skip
    return render(request, "monitoring/rule_edit.html", context, status=422 if form.errors else 200)


@guard("view", "rule")
@require_GET
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version's text, and how it differs from the one in force."""
    rule = get_object_or_404(Rule.objects.select_related("version"), pk=pk)
    found = get_object_or_404(rule.versions.select_related("by"), number=number)
    in_force = rule.version is not None and rule.version.pk == found.pk
    context = {
        "title": f"Version {number}", "subtitle": rule.title, "rule": rule, "version": found, "in_force": in_force,
        "breadcrumb": _crumbs((rule.title, rule.get_absolute_url())), "lines": selectors.marked(found.text),
        "lines_left": selectors.lines_left(found.text),
        "changed": [] if in_force or rule.version is None else difference(rule.version.text, found.text),
        "may_change": may(request.user, "change", "rule"),
    }  # fmt: skip
    return render(request, "monitoring/rule_version.html", context)
