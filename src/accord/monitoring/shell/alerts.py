"""Alerts in the navigation, the palette and the badges, and who sees which."""

from __future__ import annotations

from typing import Any

from accord.core import permissions
from accord.core.permissions import scoped
from accord.estate.scope import assets_of
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge
from accord.ui.palette import Hit

LEVELS = {
    "critical": Badge("Critical", "danger", "diamond"),
    "high": Badge("High", "warning", "triangle"),
    "medium": Badge("Medium", "caution", "square"),
    "low": Badge("Low", "info", "dot"),
    "informational": Badge("Informational", "neutral", "ring"),
    "none": Badge("Not told", "neutral", "dash"),
}
STATES = {
    "new": Badge("New", "warning", "ring"),
    "open": Badge("In triage", "info", "half"),
    "closed": Badge("Closed", "good", "check"),
    "silenced": Badge("Silenced", "neutral", "dash"),
    "folded": Badge("Folded", "neutral", "clock"),
}
VERDICTS = {
    "true": Badge("True", "danger", "bolt"),
    "false": Badge("False", "neutral", "cross"),
    "benign": Badge("Benign true", "good", "check"),
    "duplicate": Badge("Duplicate", "neutral", "dash"),
    "untriaged": Badge("Not judged yet", "warning", "ring"),
}
EXCEPTIONS = {
    "live": Badge("In force", "info", "half"),
    "expired": Badge("Expired", "neutral", "clock"),
    "ended": Badge("Ended", "neutral", "dash"),
}
SILENCES = {
    "live": Badge("Holds", "info", "half"),
    "planned": Badge("Planned", "neutral", "clock"),
    "over": Badge("Over", "neutral", "dash"),
    "ended": Badge("Ended", "neutral", "dash"),
}


def _alerts(user: Any, text: str, limit: int) -> list[Hit]:
    from django.db.models import Q

    from accord.monitoring.models import Alert

    wanted = Q(key__istartswith=text) | Q(entity__istartswith=text) | Q(title__istartswith=text)
    rows = scoped(user, "alert", Alert.objects.filter(wanted)).order_by("-pk")[:limit]
    return [Hit(f"{one.key} {one.title}", one.get_absolute_url(), f"{one.entity_kind} {one.entity}") for one in rows]


def _exceptions(user: Any, text: str, limit: int) -> list[Hit]:
    from django.db.models import Q

    from accord.monitoring.models import RuleException

    rows = RuleException.objects.filter(Q(key__istartswith=text) | Q(title__icontains=text)).order_by("-pk")[:limit]
    return [Hit(one.title, one.get_absolute_url(), one.key) for one in rows]


def declare() -> None:
    badges.register("level", LEVELS)
    badges.register("alert", STATES)
    badges.register("verdict", VERDICTS)
    badges.register("exception", EXCEPTIONS)
    badges.register("silence", SILENCES)
    permissions.scope_noun("alert", lambda rows, units: rows.filter(asset__in=assets_of(units)))
    entry = navigation.Entry
    navigation.register(
        entry("Monitoring", "Alerts", "monitoring:alert_list", "alert", order=10, icon="incident",
              match=("/entities/", "/silences/")),
        entry("Monitoring", "Exceptions", "monitoring:exception_list", "rule_exception", order=20, icon="close"),
    )  # fmt: skip
    palette.register_page("Risk of entities", "monitoring:entity_list", noun="alert", words="hosts users addresses")
    palette.register_page("Silences", "monitoring:silence_list", noun="silence", words="mute maintenance window")
    palette.register_page(
        "New exception", "monitoring:exception_new", noun="rule_exception", verb="change", words="false positive"
    )
    palette.register_searcher("alert", "Alerts", _alerts)
    palette.register_searcher("rule_exception", "Exceptions", _exceptions)
