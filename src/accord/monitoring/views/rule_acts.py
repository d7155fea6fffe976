"""What people do to rules: switch, decide, test, roll back, take a collection's newer text."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.forms.rules import CourseForm, PolicyForm, TestForm
from accord.monitoring.lists.rules import RULES, choices_of
from accord.monitoring.models import Rule, RuleTest
from accord.monitoring.services import rules, scorecards
from accord.monitoring.services.rules import policy as rule_policy
from accord.monitoring.services.rules import tests as rule_tests
from accord.ui.lists.query import narrowed_rows, parse

MOST = 5_000


def _rule(pk: int) -> Rule:
    found: Rule = get_object_or_404(Rule.objects.select_related("version", "offered"), pk=pk)
    return found


def _say(request: HttpRequest, error: Refused) -> None:
    for problem in error.problems:
        line = f"Line {problem.row}: " if problem.row else ""
        messages.error(request, f"{line}{problem.reason} {problem.remedy}".strip())


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if fits else reverse("monitoring:rule_list")


def _chosen(request: HttpRequest) -> list[Rule]:
    """The rules that were ticked, or all that fit the filter of the list."""
    if request.POST.get("scope") == "all":
        state = parse(RULES, QueryDict(request.POST.get("query", "")), request)
        keys = list(narrowed_rows(RULES, request, state).order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if len(keys) > MOST:
            raise Refused(f"More than {MOST:,} rules fit. Narrow the filter.")
    else:
        given = request.POST.getlist("rules")
        keys = [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 16][:MOST]
    if not keys:
        raise Refused("No rule is chosen. Choose at least one, or all that fit the filter.")
    return [one for start in range(0, len(keys), 500) for one in Rule.objects.filter(pk__in=keys[start : start + 500])]


@guard("change", "rule")
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Switch the chosen rules."""
    action, actor = request.POST.get("action", ""), cast(User, request.user)
    try:
        chosen = _chosen(request)
        if action not in ("enable", "disable"):
            raise Refused("Choose what to do with them.")
        count = rules.switch(actor, chosen, action == "enable", request.POST.get("note", ""))
        messages.success(
            request, f"{count:,} of {len(chosen):,} rules are switched {'on' if action == 'enable' else 'off'} now."
        )
    except Refused as error:
        _say(request, error)
    return redirect(_next(request))


@guard("decide", "rule")
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Keep, tune or retire the chosen rules."""
    form = CourseForm(request.POST)
    try:
        chosen = _chosen(request)
        if not form.is_valid():
            raise Refused("A decision needs its reason: say why, in a line.")
        course, note = form.cleaned_data["course"], form.cleaned_data["note"]
        count = scorecards.decide(cast(User, request.user), chosen, course, note)
        messages.success(
            request, f"Decided of {count:,} rule{'s' * (count != 1)}: {Rule.Course(course).label.lower()}."
        )
    except Refused as error:
        _say(request, error)
    return redirect(_next(request))


@guard("change", "rule")
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    rule, on = _rule(pk), request.POST.get("enabled") == "yes"
    rules.switch(cast(User, request.user), [rule], on)
    messages.success(
        request, f"It is switched {'on' if on else 'off'}. A worker compiles the rules; until then the old ones run."
    )
    return redirect(rule)


@guard("change", "rule")
@require_POST
def roll_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Put an earlier text in force again."""
    rule = _rule(pk)
    earlier = get_object_or_404(rule.versions, number=number)
    try:
        made = rules.roll_back(
            cast(User, request.user), rule, earlier, request.POST.get("note", ""), request.POST.get("despite") == "yes"
        )
        messages.success(request, f"The text of version {number} is in force again, as version {made.number}.")
    except Refused as error:
        _say(request, error)
        return redirect("monitoring:rule_version", pk=pk, number=number)
    return redirect(rule)


@guard("change", "rule")
@require_POST
def offered(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the collection's newer text, or stay with the one in force."""
    rule, actor = _rule(pk), cast(User, request.user)
    try:
        if request.POST.get("take") == "yes":
            made = rules.take_offered(actor, rule, request.POST.get("despite") == "yes")
            messages.success(request, f"Version {made.number} of the collection is in force.")
        else:
            rules.decline_offered(actor, rule, request.POST.get("note", ""))
            messages.success(request, "The text in force stays. The collection's next change waits again.")
    except Refused as error:
        _say(request, error)
    return redirect(rule)


# --- policy


@guard("change", "rule")
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Enable by product, level, status and collection: first what would be switched, then the switch."""
    choices = {name: choices_of(name)(request) for name in ("product", "status", "collection")}
    held = rule_policy.standing()
    initial: dict[str, Any] | None = None
    if held is not None:
        names = ("level", "products", "delivered", "statuses", "collections")
        initial = {name: getattr(held, name) for name in names}
    form = PolicyForm(choices, request.POST if request.method == "POST" else None, initial)
    shown = None
    if form.is_valid():
        wanted, also = form.wanted(), form.cleaned_data["also_pinned"]
        if "apply" in request.POST:
            found = rule_policy.apply(cast(User, request.user), wanted, also)
            messages.success(request, f"{len(found.on):,} rules are switched on and {len(found.off):,} off.")
            return redirect("monitoring:rule_list")
        shown = rule_policy.look(wanted, also)
    context = {
        "title": "Enable rules by policy", "form": form, "shown": shown, "held": held,
        "delivered": rule_policy.delivered_products(), "cancel_href": reverse("monitoring:rule_list"),
        "breadcrumb": [("Rules", reverse("monitoring:rule_list"))],
        "sizes": rule_policy.sizes(), "levels": [label for _, label in Rule.Level.choices],
    }  # fmt: skip
    return render(request, "monitoring/rule_policy.html", context, status=422 if form.errors else 200)


# --- tests


@guard("change", "rule")
@require_POST
def add_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a test with a rule, and run it."""
    rule, form = _rule(pk), TestForm(request.POST)
    try:
        if not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            raise Refused(f"{form.fields[name].label}: {errors[0]}")
        given = form.cleaned_data
        made = rule_tests.add(
            cast(User, request.user), rule, given["name"], given["events"], given["matches"] == "yes", given["least"]
        )
        tell = messages.success if made.outcome == RuleTest.Outcome.PASSED else messages.warning
        tell(request, f"{made.name}: {made.get_outcome_display().lower()}. {made.told}")
    except Refused as error:
        _say(request, error)
        from accord.monitoring.views.rules import page

        return page(request, rule, form, 422)
    return redirect(f"{rule.get_absolute_url()}#tests")


@guard("change", "rule")
@require_POST
def remove_test(request: HttpRequest, pk: int) -> HttpResponse:
    test = get_object_or_404(RuleTest.objects.select_related("rule"), pk=pk)
    rule_tests.remove(cast(User, request.user), test)
    messages.success(request, f"The test “{test.name}” is removed.")
    return redirect(f"{test.rule.get_absolute_url()}#tests")


@guard("run", "rule")
@require_POST
def run_tests(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _rule(pk)
    found = rule_tests.run_for([rule])
    tell = messages.warning if found["failed"] else messages.success
    tell(request, f"{found['passed']} passed, {found['failed']} failed.")
    return redirect(f"{rule.get_absolute_url()}#tests")


@guard("run", "rule")
@require_POST
def test_all(request: HttpRequest) -> HttpResponse:
    """Every test of every rule, by a worker."""
    return redirect("monitoring:rule_job", pk=jobs.enqueue(cast(User, request.user), "monitoring.test_rules").pk)
