"""The list of entities by their risk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from accord.core.permissions import Reach, reach
from accord.monitoring.models import EntityRisk
from accord.ui.lists import Empty, ListColumn, ListSpec, choice


def _rows(request: HttpRequest) -> QuerySet[Any]:
    """For accounts that see all alerts: users and addresses belong to no unit."""
    rows = EntityRisk.objects.filter(value__gt=0).select_related("asset", "alert")
    return rows if reach(request.user, "view", "alert") is Reach.ALL else rows.none()


def _alerts(one: EntityRisk) -> str:
    return f"{reverse('monitoring:alert_list')}?{urlencode({'entity': one.name})}"


ENTITIES = ListSpec(
    noun="alert",
    title="Risk of entities",
    rows=_rows,
    columns=[
        ListColumn("name", "Entity", sort="name", link=_alerts),
        ListColumn("kind", "Kind", "get_kind_display"),
        ListColumn("value", "Risk", lambda one: round(one.value, 1), "number", "value",
                   help="As of its newest event; it halves in two days. From 100 on, with two rules, it is an alert."),
        ListColumn("rules", "Rules", kind="int"),
        ListColumn("tactics", "Tactics", kind="int"),
        ListColumn("at", "As of", kind="datetime", sort="at"),
        ListColumn("asset", "Asset", value="asset.name", blank="not known"),
        ListColumn("alert", "Alert of its risk", value="alert.key", blank="none",
                   link=lambda one: one.alert.get_absolute_url() if one.alert else None),
        ListColumn("id", "Number", kind="int", sort="id", hidden=True),
    ],
    filters=[choice("kind", "Kind", EntityRisk.Kind.choices)],
    search=("name__icontains",),
    default_sort="-value",
    empty=Empty("Risk gathers on hosts, users and addresses when rules fire on them."),
    intro="Several weak signs on one host, user or address are one strong sign.",
)  # fmt: skip
