"""Reads of alerts: what one rests on, what is like it, what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accord.core.models import User
from accord.core.permissions import scoped
from accord.estate.models import SystemAsset
from accord.estate.selectors import alignment
from accord.monitoring.models import Alert, EntityRisk, Rule, SystemStake
from accord.monitoring.services.alerts.scores import entity_keys

WAITING = (Alert.State.NEW, Alert.State.OPEN)
ALIKE = 8
OTHERS = 10
RECENT = timedelta(days=30)


def seen_by(user: Any) -> QuerySet[Alert]:
    """The alerts that an account may see."""
    rows: QuerySet[Alert] = scoped(user, "alert", Alert.objects.all())
    return rows


# --- one alert


@dataclass(frozen=True, slots=True)
class Link:
    """A system on the alert's asset: share there, weight of goals, what is at stake, and the goals it serves."""

    key: str
    name: str
    share: float
    weight: float | None
    stake: tuple[float, float, float] | None
    goals: tuple[tuple[str, str, float | None], ...]


def chain_of(alert: Alert) -> list[Link]:
    """From the asset to its systems, their goals and the money, the weightiest first. Five queries."""
    if alert.asset_id is None:
        return []
    rows = SystemAsset.objects.filter(asset_id=alert.asset_id).select_related("system")
    held = [(row.system, float(row.share)) for row in rows]
    if not held:
        return []
    stakes = {
        row.system_id: (row.low, row.mid, row.high)
        for row in SystemStake.objects.filter(system_id__in=[s.pk for s, _ in held])
    }
    aligned = alignment()
    names = {goal.key: goal.name for goal in aligned.goals}
    links = []
    for system, share in held:
        carried = aligned.carried.get(system.key)
        goals = tuple(
            (key, names.get(key, key), None if weight is None else weight * share)
            for key, weight in (carried.goals.items() if carried else ())
        )
        weight = aligned.weight_of(system.key)
        links.append(Link(system.key, system.name, share, weight, stakes.get(system.pk), goals))
    return sorted(links, key=lambda one: -(one.weight or 0.0) * one.share)


def events_of(alert: Alert) -> list[Any]:
    """The hits that are kept, oldest first. One query."""
    return list(alert.hits.select_related("source").order_by("time", "pk"))


def same_entity(user: Any, alert: Alert) -> list[Alert]:
    """Other alerts of the last 30 days on the same host, user or address, the newest first. Two queries."""
    wanted = Q()
    for name in ("host", "user", "address"):
        if value := getattr(alert, name):
            wanted |= Q(**{name: value})
    if alert.asset_id is not None:
        wanted |= Q(asset_id=alert.asset_id)
    if not wanted:
        return []
    rows = seen_by(user).filter(wanted, opened__gte=timezone.now() - RECENT).exclude(pk=alert.pk)
    newest = list(rows.order_by("-opened", "-pk").values_list("pk", flat=True)[:OTHERS])
    return list(Alert.objects.filter(pk__in=newest).select_related("owner").order_by("-opened", "-pk"))


@dataclass(frozen=True, slots=True)
class Alike:
    """Closed alerts of the same rule: the newest, those of the same entity first, and how all were judged."""

    rows: list[Alert] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        return sum(self.verdicts.values())


def alike(user: Any, alert: Alert) -> Alike:
    """What became of alerts like this one. Two queries."""
    if alert.rule_id is None:
        rows = seen_by(user).filter(kind=Alert.Kind.RISK, entity_kind=alert.entity_kind, entity=alert.entity)
    else:
        rows = seen_by(user).filter(rule_id=alert.rule_id)
    closed = rows.filter(state=Alert.State.CLOSED).exclude(pk=alert.pk)
    verdicts = dict(closed.values_list("verdict").annotate(number=Count("pk")).order_by())
    newest = list(closed.select_related("owner", "changed_by").order_by("-closed", "-pk")[: 5 * ALIKE])
    newest.sort(key=lambda one: one.group != alert.group)
    return Alike(newest[:ALIKE], verdicts)


def risks_of(alert: Alert) -> list[EntityRisk]:
    """The risk of the alert's host, user and address, as it was computed last. One query."""
    return list(EntityRisk.objects.filter(key__in=entity_keys(alert)).order_by("-value"))


def made_of(alert: Alert) -> list[dict[str, Any]]:
    """What led to an entity's risk: rules with what each gave. One query."""
    if not alert.made_of:
        return []
    names = Rule.objects.in_bulk([one["rule"] for one in alert.made_of])
    return [
        {**one, "last": datetime.fromisoformat(one["last"]), "about": names.get(one["rule"])} for one in alert.made_of
    ]


def neighbours(rows: QuerySet[Alert], alert: Alert) -> tuple[int | None, int | None]:
    """The alerts (primary keys) before and after this one in a queue by score. Two queries, of keys alone."""
    above = rows.filter(Q(score__gt=alert.score) | Q(pk__gt=alert.pk), score__gte=alert.score).exclude(pk=alert.pk)
    below = rows.filter(Q(score__lt=alert.score) | Q(pk__lt=alert.pk), score__lte=alert.score).exclude(pk=alert.pk)
    return (
        above.order_by("score", "pk").values_list("pk", flat=True).first(),
        below.order_by("-score", "-pk").values_list("pk", flat=True).first(),
    )


def suggested(user: User, alert: Alert) -> tuple[int | None, str]:
    """The alert (its primary key) to look at next, and why: one on the same entity, one's own, then the highest.

    Three queries at most, of keys alone.
    """
    rows = seen_by(user).filter(state__in=WAITING).exclude(pk=alert.pk).order_by("-score", "-pk")
    keys = rows.values_list("pk", flat=True)
    free = keys.filter(owner=None)
    same = Q(host=alert.host) if alert.host else Q(user=alert.user) if alert.user else None
    if same is not None and (found := free.filter(same).first()) is not None:
        return found, f"the same {'host' if alert.host else 'user'}"
    if (found := keys.filter(owner=user).first()) is not None:
        return found, "yours"
    if (found := free.first()) is not None:
        return found, "the highest that nobody has"
    return None, ""
