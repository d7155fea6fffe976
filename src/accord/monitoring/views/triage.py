"""What people do to alerts, from the page of one, from a choice in the list, or to all that fit its filter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.monitoring.lists.alerts import IGNORED, told, under
from accord.monitoring.models import Alert, AlertAct
from accord.monitoring.selectors import alerts as read
from accord.monitoring.services import acts, silences, triage, windows
from accord.monitoring.services.acts import Wish
from accord.monitoring.services.triage import ACTS, Outcome
from accord.monitoring.views.alerts import found_or_404

LIST = "monitoring:alert_list"
MOST_SECONDS = triage.LONGEST_STAY * 60


@guard("work", "alert")
@require_POST
def work(request: HttpRequest) -> HttpResponse:
    """Take, assign, give back."""
    return _act(request, "work")


@guard("judge", "alert")
@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Close with a verdict, reopen."""
    return _act(request, "judge")


def _act(request: HttpRequest, verb: str) -> HttpResponse:
    given = request.POST
    action, _, verdict = given.get("action", "").partition(":")
    if action not in ACTS or ACTS[action][1] != verb:
        raise PermissionDenied("Another permission is needed for this.")
    onward = next_of(request)
    actor = cast(User, request.user)
    try:
        wish = _wish(action, verdict, given)
        if given.get("scope") == "all":
            query = _query_of(given)
            rows = under(actor, query)
            number = rows.order_by().count()
            if number > triage.AT_ONCE and given.get("confirmed") != "yes":
                return _ask(request, wish, query, number, onward)
            if number > triage.AT_ONCE:
                return redirect(acts.submit(actor, wish, rows, query))
        chosen = chosen_of(request)
        if len(chosen) > triage.AT_ONCE:
            return redirect(acts.submit(actor, wish, Alert.objects.filter(pk__in=chosen)))
        outcome, _ = acts.do(actor, wish, chosen)
    except Refused as error:
        tell(request, error)
        here = given.get("here", "")
        return redirect(here if _is_own(request, here) else onward)
    _say(request, action, verdict, outcome)
    return redirect(onward)


def _wish(action: str, verdict: str, given: QueryDict) -> Wish:
    owner = None
    if action == "assign":
        owner = User.objects.filter(email__iexact=given.get("owner", "")).first()
        if owner is None:
            raise Refused(Problem(None, "owner", "Nobody is chosen.", "Choose who is to look at it."))
    close = action == "close"
    return Wish(
        action, (verdict or given.get("verdict", "")) if close else "", given.get("note", "") if close else "", owner,
        (given.get("duplicate_of", "") or given.get("duplicate_key", "")) if close else "", spent_of(given),
        number_of(given.get("revision", "")),
    )  # fmt: skip


def _query_of(given: QueryDict) -> dict[str, list[str]]:
    """The filters of the list that are meant by “all that fit”."""
    asked = QueryDict(given.get("query", ""))
    return {name: [str(v) for v in asked.getlist(name)] for name in asked if name not in IGNORED}


def _ask(request: HttpRequest, wish: Wish, query: dict[str, list[str]], number: int, back: str) -> HttpResponse:
    """Say how many it would be, before a worker does it."""
    act = AlertAct(action=wish.action, verdict=wish.verdict, owner=wish.owner)
    fields = [
        ("action", f"close:{wish.verdict}" if wish.action == "close" else wish.action), ("scope", "all"),
        ("owner", wish.owner.email if wish.owner else ""), ("note", wish.note), ("duplicate_of", wish.duplicate_of),
        ("query", request.POST.get("query", "")), ("next", back), ("here", back), ("confirmed", "yes"),
    ]  # fmt: skip
    context = {
        "title": f"{acts.name_of(act)}: all that fit", "breadcrumb": [("Alerts", reverse(LIST))], "number": number,
        "label": acts.name_of(act), "note": wish.note, "twin": wish.duplicate_of, "fields": fields, "back": back,
        "filters": told(request, query),
    }  # fmt: skip
    return render(request, "monitoring/act_all.html", context)


def _say(request: HttpRequest, action: str, verdict: str, outcome: Outcome) -> None:
    if len(outcome.changed) == 1 and not outcome.passed:
        alert = outcome.changed[0]
        words = f"closed as {alert.get_verdict_display().lower()}" if action == "close" else "changed"
        messages.success(request, f"{alert.key} is {words}.")
    else:
        (messages.success if not outcome.passed else messages.warning)(request, outcome.text())


@guard("change", "silence")
@require_POST
def silence(request: HttpRequest) -> HttpResponse:
    """Silence the rules and entities of alerts for a time."""
    given, onward = request.POST, next_of(request)
    try:
        until = _moment(given.get("until", ""), given.get("hours", ""))
        outcome = silences.silence_alerts(cast(User, request.user), chosen_of(request), until, given.get("reason", ""))
    except Refused as error:
        tell(request, error)
    else:
        messages.success(request, outcome.text())
    return redirect(onward)


def _moment(text: str, hours: str) -> Any:
    number = number_of(hours)
    if number is not None and 0 < number <= 24 * 365:
        return timezone.now() + timedelta(hours=number)
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(Problem(None, "until", "It is no time.", "Say until when."))
    return found if timezone.is_aware(found) else timezone.make_aware(found)


@guard("work", "alert")
@require_POST
def note(request: HttpRequest, key: str) -> HttpResponse:
    """Write a note."""
    alert = found_or_404(request, key)
    try:
        triage.note(cast(User, request.user), alert.pk, request.POST.get("text", ""), spent_of(request.POST))
    except Refused as error:
        tell(request, error)
    return redirect(f"{next_of(request, alert)}#notes")


@guard("work", "alert")
@require_POST
def minutes(request: HttpRequest, key: str) -> HttpResponse:
    """Set the minutes that were spent; or, from the page itself as it is left, add those of this look (204)."""
    alert = found_or_404(request, key)
    actor, given = cast(User, request.user), request.POST
    try:
        if "minutes" not in given:
            spent = spent_of(given)
            if spent > 0:
                triage.spend(actor, alert.pk, spent)
            return HttpResponse(status=204)
        told = given.get("minutes", "").strip().replace(",", ".")
        number = float(told) if told.replace(".", "", 1).isascii() and told.replace(".", "", 1).isdigit() else -1.0
        triage.set_minutes(actor, alert.pk, number, number_of(given.get("revision", "")))
    except Refused as error:
        tell(request, error)
    return redirect(next_of(request, alert))


@guard("escalate", "alert")
@require_POST
def escalate(request: HttpRequest, key: str) -> HttpResponse:
    """Say that an incident is wanted."""
    alert, given = found_or_404(request, key), request.POST
    try:
        triage.escalate(
            cast(User, request.user), alert.pk, given.get("reason", ""), number_of(given.get("revision", "")),
            spent_of(given),
        )  # fmt: skip
    except Refused as error:
        tell(request, error)
    else:
        messages.success(request, f"{alert.key} is escalated: an incident is wanted.")
    return redirect(next_of(request, alert))


@guard("change", "alert")
@require_POST
def window(request: HttpRequest, key: str) -> HttpResponse:
    """Say how long an open alert of this rule takes further hits; empty = as its level."""
    alert = found_or_404(request, key)
    try:
        windows.set_window(cast(User, request.user), alert.rule_id, request.POST.get("minutes", ""))
    except Refused as error:
        tell(request, error)
    else:
        messages.success(request, "The window of the rule is set.")
    return redirect(next_of(request, alert))


# --- shared


def chosen_of(request: HttpRequest) -> list[int]:
    """The alerts that are meant, of those that the user may see: chosen ones, or all that fit the list's filter."""
    given = request.POST
    if given.get("scope") == "all":
        found = list(
            under(request.user, _query_of(given)).order_by("-score").values_list("pk", flat=True)[: triage.AT_ONCE + 1]
        )
        if len(found) > triage.AT_ONCE:
            raise Refused(f"More than {triage.AT_ONCE:,} alerts fit the filter. Narrow it, or do it in parts.")
        return found
    wanted = [number for one in given.getlist("alerts") if (number := number_of(one)) is not None]
    return list(read.seen_by(request.user).filter(pk__in=wanted[: acts.CHOSEN + 1]).values_list("pk", flat=True))


def number_of(text: str) -> int | None:
    """A whole number, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def spent_of(given: QueryDict) -> float:
    """Minutes that the page was looked at, as it counted them itself."""
    seconds = number_of(given.get("spent", ""))
    return 0.0 if seconds is None else min(float(seconds), MOST_SECONDS) / 60


def next_of(request: HttpRequest, alert: Alert | None = None) -> str:
    """Where one goes on to."""
    wanted = request.POST.get("next", "")
    if _is_own(request, wanted):
        return wanted
    return alert.get_absolute_url() if alert is not None else reverse(LIST)


def _is_own(request: HttpRequest, address: str) -> bool:
    return bool(address) and url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())


def tell(request: HttpRequest, error: Refused) -> None:
    """Show why something was not done."""
    for problem in error.problems:
        messages.error(request, f"{problem.reason} {problem.remedy}".strip())
