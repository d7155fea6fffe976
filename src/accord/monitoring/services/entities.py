"""The risk of entities after people judged what made it, and forgetting what no longer counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.engines import alerting
from accord.engines.alerting import Fired
from accord.monitoring.models import Alert, EntityRisk, EntityRule, SeenHit

FORGET = timedelta(days=14)
REMEMBER_HITS = timedelta(days=60)
"""How long it is known that a hit was counted. A batch that is repeated is so within minutes."""
AT_ONCE = 5000


def after_closing(alerts: Sequence[Alert]) -> None:
    """What was judged false counts no longer; what led to a closed risk alert counts no longer either."""
    false = [alert.pk for alert in alerts if alert.verdict == Alert.Verdict.FALSE]
    touched: set[int] = set()
    if false:
        rows = EntityRule.objects.filter(alert_id__in=false)
        touched |= set(rows.values_list("entity_id", flat=True))
        rows.delete()
    for alert in alerts:
        if alert.kind == Alert.Kind.RISK:
            held = EntityRisk.objects.filter(alert=alert)
            touched |= set(held.values_list("pk", flat=True))
            held.update(since=alert.last)
    if touched:
        recount(touched)


def recount(entities: Iterable[int]) -> None:
    """Compute the risk of entities as of now from what is left. Three queries."""
    now = timezone.now()
    held = {row.pk: row for row in EntityRisk.objects.filter(pk__in=list(entities))}
    fired: dict[int, list[Fired]] = {pk: [] for pk in held}
    for row in EntityRule.objects.filter(entity_id__in=list(held)):
        since = held[row.entity_id].since
        if since is None or row.last > since:
            fired[row.entity_id].append(Fired(row.level, row.last.timestamp(), tuple(row.tactics)))
    for pk, entity in held.items():
        risk = alerting.risk(fired[pk], now.timestamp())
        entity.value, entity.rules, entity.tactics, entity.at = round(risk.value, 3), risk.rules, risk.tactics, now
    EntityRisk.objects.bulk_update(held.values(), ["value", "rules", "tactics", "at"], batch_size=200)


def forget() -> int:
    """Remove what fired so long ago that it counts for nothing, and marks of hits; returns how many rows went."""
    now = timezone.now()
    gone = 0
    with ledger.write(None):
        for rows in (
            EntityRule.objects.filter(last__lt=now - FORGET),
            EntityRisk.objects.filter(at__lt=now - FORGET, fired=None),
            SeenHit.objects.filter(at__lt=now - REMEMBER_HITS),
        ):
            keys: list[Any] = list(rows.values_list("pk", flat=True)[:AT_ONCE])
            gone += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return gone
