"""The queue of alerts and one alert: what happened, what hangs on it, and what to do."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_safe

from accord.core.models import User
from accord.core.permissions import guard
from accord.engines import alerting
from accord.estate.models import Asset
from accord.monitoring.forms.alerts import analysts
from accord.monitoring.lists.alerts import ALERTS, IGNORED, score_text, under
from accord.monitoring.models import Alert, RuleException
from accord.monitoring.selectors import alerts as read
from accord.monitoring.selectors.members import total_of
from accord.monitoring.selectors.ties import tie_of
from accord.monitoring.services.alerts import lengths_of
from accord.monitoring.services.alerts.subjects import LENGTHS
from accord.monitoring.services.triage import ACTS
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.nouns import url_for

LIST_VIEW = list_page(ALERTS)
COLUMNS = 6
"""Fields of the events that the table shows; the others are on the page of the event."""
QUEUE = {"state": ["new", "open"]}
ATTACK = "https://attack.mitre.org/techniques/"


@guard("view", "alert")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The list; without any filter what waits, so that the address says what is shown."""
    if not request.GET:
        return redirect(f"{request.path}?{urlencode(QUEUE, doseq=True)}")
    return LIST_VIEW(request)


queue.list_spec = ALERTS  # type: ignore[attr-defined]


def link(name: str, *args: object) -> str:
    """An address in this room; "" where it has no such page."""
    try:
        return reverse(f"monitoring:{name}", args=args)
    except NoReverseMatch:
        return ""


def found_or_404(request: HttpRequest, key: str) -> Alert:
    """An alert that the user may see."""
    rows = read.seen_by(request.user).select_related(
        "rule", "version", "source", "asset", "system", "unit", "owner", "duplicate_of", "folded_into", "silence",
        "changed_by", "escalated_by",
    )  # fmt: skip
    alert = rows.filter(key=key).first()
    if alert is None:
        raise Http404(f"There is no alert {key} that you may see.")
    return alert


def queue_of(text: str) -> dict[str, list[str]]:
    """The filters of the list from which an alert was opened; what waits, where none are told."""
    asked = QueryDict(text[:2000])
    held = {name: [str(value) for value in asked.getlist(name)] for name in asked if name not in IGNORED}
    return held or QUEUE


@guard("view", "alert")
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    alert = found_or_404(request, key)
    return render(request, "monitoring/alert.html", {**_page(request, alert), **_about(request, alert)})


def _page(request: HttpRequest, alert: Alert) -> dict[str, Any]:
    """What one may do, and where one goes from here."""
    user = cast(User, request.user)
    told = request.GET.get("queue", "")
    before, after = read.neighbours(under(user, queue_of(told)), alert)
    verbs = {verb for verb in ("work", "judge", "escalate", "change") if may(user, verb, "alert")}
    next_key, why = read.suggested(user, alert) if "work" in verbs else (None, "")
    ways = Alert.objects.in_bulk({pk for pk in (before, after, next_key) if pk is not None})
    suffix = f"?{urlencode({'queue': told})}" if told else ""

    def href(pk: int | None) -> str:
        return f"{ways[pk].get_absolute_url()}{suffix}" if pk in ways else ""

    fits = {name for name, (_, verb, states) in ACTS.items() if verb in verbs and alert.state in states}
    return {
        "title": alert.title, "alert": alert, "queue": told,
        "breadcrumb": [("Alerts", f"{reverse('monitoring:alert_list')}?{urlencode(queue_of(told), doseq=True)}")],
        "previous_href": href(before), "next_href": href(after), "suggested": ways.get(next_key or 0),
        "suggested_why": why, "suggested_href": href(next_key), "may": dict.fromkeys(verbs, True), "fits": fits,
        "may_except": may(user, "change", "rule_exception") and alert.rule_id is not None,
        "may_silence": may(user, "change", "silence") and alert.rule_id is not None,
        "may_escalate": "escalate" in verbs and alert.escalated is None
        and (alert.state != Alert.State.CLOSED or alert.verdict == Alert.Verdict.TRUE),
        "analysts": analysts() if fits & {"assign"} else [], "is_mine": alert.owner_id == user.pk,
        "verdicts": [
            (number, value, label, verdict_help(value))
            for number, (value, label) in enumerate(Alert.Verdict.choices, 1)
        ],
    }  # fmt: skip


def verdict_help(value: str) -> str:
    """What a verdict says."""
    return {
        "true": "An attack or a breach of the rules", "false": "The rule holds for what is harmless",
        "benign": "What the rule looks for happened, and was meant to", "duplicate": "The same as another alert",
    }[value]  # fmt: skip


def _about(request: HttpRequest, alert: Alert) -> dict[str, Any]:
    """What happened, what is like it and what hangs on it."""
    hits = read.events_of(alert)
    others = read.same_entity(request.user, alert)
    counted = _counted(request, alert, hits)
    rule = alert.rule
    length = lengths_of([rule.pk]).get(rule.pk) if rule is not None else None
    exceptions = RuleException.objects.filter(ended=None, rules=rule).count() if rule is not None else 0
    return {
        "score": score_text(alert), "unknown": unknown_of(alert), "weight": _weight(alert),
        "hits": [(hit, link("event_detail", hit.event)) for hit in hits], "columns": _columns(hits),
        "not_kept": max(0, alert.events - len(hits)) if alert.kind != Alert.Kind.RISK else 0,
        "counted": counted, "others_counted": len(counted) - 1,
        "others": others, "duplicates": [one for one in others if one.verdict != Alert.Verdict.DUPLICATE],
        "alike": read.alike(request.user, alert), "chain": _chain(alert), "asset_href": _asset_href(alert.asset),
        "tie": tie_of(alert), "may_view_sources": may(request.user, "view", "source"),
        "risks": read.risks_of(alert), "threshold": alerting.THRESHOLD, "made_of": read.made_of(alert),
        "folded": list(alert.folded.select_related("rule").order_by("first", "pk")[:20]),
        "notes": list(alert.notes.select_related("by")),
        "rule_href": link("rule_detail", rule.pk) if rule is not None else "",
        "techniques": [(one, f"{ATTACK}{one.replace('.', '/')}/") for one in alert.techniques],
        "window": length or LENGTHS.get(alert.level), "own_window": length is not None, "exceptions": exceptions,
        "exceptions_href": _of_rule("exception_list", rule.identifier) if rule is not None else "",
        "history": parts.history("alert", alert.key),
    }  # fmt: skip


def _counted(request: HttpRequest, alert: Alert, hits: list[Any]) -> list[tuple[Any, int, str]]:
    """The hits of a correlation rule, the newest first, each with how many events it counted and where they stand."""
    if not may(request.user, "view", "event"):
        return []
    return [(hit, total_of(hit), link("alert_members", alert.key, hit.pk)) for hit in reversed(hits) if hit.members]


def _of_rule(name: str, rule: str) -> str:
    return f"{reverse(f'monitoring:{name}')}?{urlencode({'rule': rule})}"


def _columns(hits: list[Any]) -> list[str]:
    """The fields that most hits have, in the order in which the rule's hits tell them."""
    counted: dict[str, int] = {}
    for hit in hits:
        for name in {**hit.asked, **hit.group}:
            counted[name] = counted.get(name, 0) + 1
    order = list(counted)
    return sorted(sorted(order, key=lambda name: -counted[name])[:COLUMNS], key=order.index)


def _chain(alert: Alert) -> list[dict[str, Any]]:
    return [
        {
            "link": one, "href": url_for("system", one.key),
            "goals": [(name, url_for("goal", key), weight) for key, name, weight in one.goals],
            "loss": None if one.stake is None else tuple(one.share * end for end in one.stake),
        }
        for one in read.chain_of(alert)
    ]  # fmt: skip


def _asset_href(asset: Asset | None) -> str | None:
    return url_for("asset", asset.key) if asset is not None else None


def unknown_of(alert: Alert) -> list[str]:
    """What is not known of an alert, and widens its score."""
    found = []
    if alert.level not in alerting.WEIGHTS:
        found.append("the level of its rule")
    if alert.risk is None:
        found.append("an entity on which risk could gather")
    if alert.asset_id is None:
        found.append("its asset, and so the goals and the money that hang on it")
    elif alert.system_id is None:
        found.append(f"which system runs on {alert.asset}, and so what hangs on it")
    else:
        if alert.goal_share is None:
            found.append("the weight of the goals that its systems carry")
        if alert.loss_mid is None:
            found.append("the loss at stake (a hazard run prices systems)")
    return found


def _weight(alert: Alert) -> str:
    if alert.level in alerting.WEIGHTS:
        return f"{alerting.WEIGHTS[alert.level]:g}"
    return " to ".join(f"{end:g}" for end in alerting.UNTOLD)
