"""Exceptions: the list, one of them, and a new one by way of its replay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.forms.exceptions import OPERATORS, Row, SaveForm, conditions_of, filled, rows_of, suggestions
from accord.monitoring.lists.exceptions import EXCEPTIONS, words_of
from accord.monitoring.models import Alert, ExceptionDay, ExceptionReplay, Rule, RuleException
from accord.monitoring.selectors import alerts as read
from accord.monitoring.services import exceptions
from accord.monitoring.services.exceptions import DAYS, MOST_RULES
from accord.monitoring.services.replays import ORDER, UNTRIAGED
from accord.monitoring.views.triage import tell
from accord.ui import parts
from accord.ui.access import may
from accord.ui.format import datetime as moment
from accord.ui.lists import list_page

LIST_VIEW = list_page(EXCEPTIONS)
LIST = "monitoring:exception_list"
NAMES = {
    "true": "Judged true", UNTRIAGED: "Not judged yet", "benign": "Benign true", "false": "Judged false",
    "duplicate": "Duplicates",
}  # fmt: skip
SHOWN_DAYS = 30


@guard("change", "rule_exception")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The conditions; saving comes after their replay."""
    given = request.POST if request.method == "POST" else request.GET
    alert = _alert(request, given.get("alert", ""))
    problems: list[Any] = []
    if request.method == "POST":
        rows = rows_of(request.POST)
        everywhere = request.POST.get("everywhere") == "yes"
        try:
            rules = _rules(request.POST.get("rules", ""))
            made = exceptions.replay(
                cast(User, request.user), conditions_of(rows), rules=[rule.pk for rule in rules],
                everywhere=everywhere, alert=alert,
            )  # fmt: skip
            return redirect(made.get_absolute_url())
        except Refused as error:
            problems = error.problems
        told, names = everywhere, request.POST.get("rules", "")
    else:
        rows, told, names = _start(given.get("replay", ""), given.get("exception", ""), alert, given.get("rule", ""))
    context = {
        "title": "New exception", "breadcrumb": [("Exceptions", reverse(LIST))], "rows": rows, "alert": alert,
        "operators": OPERATORS.items(), "everywhere": told, "rules": names, "problems": problems, "days": DAYS,
        "most": settings.ACCORD_EXCEPTION_DAYS,
    }  # fmt: skip
    return render(request, "monitoring/exception_form.html", context, status=422 if problems else 200)


def _alert(request: HttpRequest, key: str) -> Alert | None:
    return read.seen_by(request.user).select_related("rule").filter(key=key).first() if key else None


def _rules(text: str) -> list[Rule]:
    """The rules named by their identifiers, one a line."""
    names = [line.strip() for line in text.splitlines() if line.strip()][: MOST_RULES + 1]
    found = {rule.identifier: rule for rule in Rule.objects.filter(identifier__in=names)}
    missing = [name for name in names if name not in found]
    if missing:
        raise Refused(f"There is no rule with the identifier “{missing[0]}”. Copy it from the rule's page.")
    return list(found.values())


def _start(replay: str, exception: str, alert: Alert | None, rule: str) -> tuple[list[Row], bool, str]:
    """What the form begins with: an earlier replay or exception, or what an alert's hits have in common."""
    held: Any = None
    if replay.isascii() and replay.isdigit() and len(replay) < 16:
        held = ExceptionReplay.objects.filter(pk=int(replay)).first()
    if held is not None:
        names = Rule.objects.filter(pk__in=held.rules).values_list("identifier", flat=True)
        return filled(held.conditions, len(held.conditions)), held.everywhere, "\n".join(names)
    held = RuleException.objects.filter(key=exception).first() if exception else None
    if held is not None:
        names = held.rules.values_list("identifier", flat=True)
        return filled(held.conditions, len(held.conditions)), held.everywhere, "\n".join(names)
    if alert is not None and alert.rule is not None:
        return filled(suggestions(alert, read.events_of(alert)), 3), False, alert.rule.identifier
    return filled([], 0), False, rule


@guard("change", "rule_exception")
@require_http_methods(["GET", "POST"])
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """A replay on its way, or its result with the form that saves the exception."""
    shown = get_object_or_404(ExceptionReplay.objects.select_related("job", "alert", "by"), pk=pk)
    if getattr(request, "htmx", False) and request.method == "GET":
        response = render(request, "ui/parts/job.html", {"job": shown.job, "url": request.path})
        if shown.job is None or shown.job.is_over:
            response["HX-Refresh"] = "true"
        return response
    result = shown.result or {}
    true = sum(result.get("by_verdict", {}).get("true", {}).values())
    form = SaveForm(request.POST or None, true_alerts=true, initial=_initial(request, shown))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (made := _save(request, shown, form)) is not None:
            messages.success(request, f"{made.key} is in force until {timezone.localtime(made.expires):%Y-%m-%d}.")
            return redirect(made.get_absolute_url())
    return render(request, "monitoring/exception_replay.html", _result(shown, form, true), status=status)


def _save(request: HttpRequest, shown: ExceptionReplay, form: SaveForm) -> RuleException | None:
    told = form.cleaned_data
    owner = User.objects.get(email=told["owner"])
    try:
        return exceptions.put_in_force(
            cast(User, request.user), shown, told["proof"], title=told["title"], owner=owner, reason=told["reason"],
            expires=told["expires"], despite=told.get("despite", ""),
        )  # fmt: skip
    except Refused as refused:
        form.refuse(refused.problems)
    return None


def _initial(request: HttpRequest, shown: ExceptionReplay) -> dict[str, Any]:
    until = timezone.localdate() + timedelta(days=min(90, settings.ACCORD_EXCEPTION_DAYS))
    title = f"{shown.alert.title} on {shown.alert.entity}"[:200] if shown.alert else ""
    return {
        "title": title, "owner": getattr(request.user, "email", ""), "expires": until.isoformat(), "proof": shown.proof,
    }  # fmt: skip


def _result(shown: ExceptionReplay, form: SaveForm, true: int) -> dict[str, Any]:
    result = shown.result or {}
    alerts = [{**one, "href": reverse("monitoring:alert_detail", args=[one["key"]]),
               "opened": datetime.fromisoformat(one["opened"])} for one in result.get("alerts", [])]  # fmt: skip
    groups = [
        {"verdict": name, "label": NAMES[name], "alerts": [one for one in alerts if one["verdict"] == name],
         **result.get("by_verdict", {}).get(name, {"vanish": 0, "lose": 0})}
        for name in ORDER
    ]  # fmt: skip
    names = Rule.objects.filter(pk__in=shown.rules).values_list("title", flat=True)
    return {
        "title": "What this exception would have dropped", "shown": shown, "result": result, "groups": groups,
        "breadcrumb": [("Exceptions", reverse(LIST)), ("New exception", _again(shown))], "form": form, "true": true,
        "conditions": [f"{c['field']} {OPERATORS[c['operator']]} “{c['value']}”" for c in shown.conditions],
        "rules": ["all rules"] if shown.everywhere else list(names), "again_href": _again(shown),
        "is_old": shown.done is not None and timezone.now() - shown.done > exceptions.FRESH,
        "nothing": not result.get("number") and not result.get("stored", {}).get("hits"),
        **_correlated(result),
    }  # fmt: skip


def _correlated(result: dict[str, Any]) -> dict[str, Any]:
    """What became of correlation rules, and how far back the events reach on which that rests."""
    told, back = result.get("correlations") or {}, result.get("history") or {}
    first = datetime.fromisoformat(back["from"]) if back.get("from") else None
    looked = datetime.fromisoformat(result["until"]) - first if first and "until" in result else timedelta(0)
    rows = [
        {**one, "span": span_text(one["window"]), "is_short": timedelta(seconds=one["window"]) > looked}
        for one in told.get("rules", [])
        if one["gone"] or one["later"] or one["before"] != one["after"]
    ]
    words = []
    if back.get("short"):
        reach = f"Stored events reach back to {moment(first)} only" if first else "No event of these days is stored"
        words.append(f"{reach}: of what was before, the hits kept with alerts are all that can be looked at.")
    if back.get("sources"):
        names = ", ".join(f"{one['name']} ({one['days']} days)" for one in back["sources"])
        words.append(f"Events are kept for a shorter time of {names}.")
    reached = datetime.fromisoformat(told["reached"]) if told.get("reached") else None
    return {
        "correlations": rows, "idle": len(told.get("rules", [])) - len(rows), "history_text": " ".join(words),
        "reached": reached,
    }  # fmt: skip


def span_text(seconds: float) -> str:
    """A length of time as a rule writes it: the largest unit that it is whole in."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and not seconds % size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _again(shown: ExceptionReplay) -> str:
    alert = f"&alert={shown.alert.key}" if shown.alert else ""
    return f"{reverse('monitoring:exception_new')}?replay={shown.pk}{alert}"


@guard("view", "rule_exception")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    rows = RuleException.objects.select_related("owner", "by", "ended_by").prefetch_related("rules")
    one = rows.filter(key=key).first()
    if one is None:
        raise Http404(f"There is no exception {key}.")
    since = timezone.now().date() - timedelta(days=SHOWN_DAYS)
    days = ExceptionDay.objects.filter(exception=one, day__gte=since).select_related("rule").order_by("-day", "-hits")
    may_change = may(request.user, "change", "rule_exception")
    return render(request, "monitoring/exception.html", {
        "title": one.title, "subtitle": one.key, "breadcrumb": [("Exceptions", reverse(LIST))], "exception": one,
        "conditions": words_of(one), "days": days[:200], "may_end": may_change and one.is_live,
        "again_href": f"{reverse('monitoring:exception_new')}?exception={one.key}" if may_change else "",
        "history": parts.history("rule_exception", one.key),
        "told": [(NAMES[name], counts) for name, counts in one.told.get("by_verdict", {}).items() if name in NAMES],
    })  # fmt: skip


@guard("change", "rule_exception")
@require_POST
def end(request: HttpRequest, key: str) -> HttpResponse:
    one = get_object_or_404(RuleException, key=key)
    try:
        exceptions.end(cast(User, request.user), one, request.POST.get("reason", ""))
    except Refused as error:
        tell(request, error)
    else:
        messages.success(request, f"{one.key} is over: its hits are alerts again.")
    return redirect(one.get_absolute_url())
