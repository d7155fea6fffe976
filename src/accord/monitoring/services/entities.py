"""The risk of entities after people judged what made it, and forgetting what no longer counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accord.core import ledger
from accord.monitoring.models import Alert, EntityRisk, EntityRule, SeenHit
from accord.monitoring.services.alerts.risks import compute, key_of

FORGET = timedelta(days=14)
REMEMBER_HITS = timedelta(days=60)
"""How long it is known that a hit was counted. A batch that is repeated is so within minutes."""
AT_ONCE = 5000


def follow(alerts: Sequence[Alert]) -> None:
    """Have the risk of entities follow what these alerts are now, whatever they were: closed, reopened or put back.

    What is judged false does not count, and counts again as soon as it is judged so no longer, as if it never was. What
    led to a closed risk alert counts no longer; it does again where that alert is open. Within a transaction.
    """
    false = [alert.pk for alert in alerts if alert.verdict == Alert.Verdict.FALSE]
    others = [alert.pk for alert in alerts if alert.verdict != Alert.Verdict.FALSE]
    touched: set[int] = set()
    if false:
        rows = EntityRule.objects.filter(alert_id__in=false, set_aside=False)
        touched |= set(rows.values_list("entity_id", flat=True))
        rows.update(set_aside=True)
    if others:
        touched |= _bring_back(list(EntityRule.objects.filter(alert_id__in=others, set_aside=True).order_by("pk")))
    touched |= _begin_anew([alert for alert in alerts if alert.kind == Alert.Kind.RISK])
    if touched:
        recount(touched)


def _bring_back(rows: Sequence[EntityRule]) -> set[int]:
    """Count rows again that were set aside; to what fired since then they are added. Returns the entities.

    Four queries at most, however many they are.
    """
    entities = {row.entity_id for row in rows}
    live = {
        (row.entity_id, row.rule_id): row
        for row in EntityRule.objects.filter(entity_id__in=list(entities), set_aside=False)
    } if rows else {}  # fmt: skip
    back: list[int] = []
    gone: list[int] = []
    more: dict[int, EntityRule] = {}
    for row in rows:
        newer = live.setdefault((row.entity_id, row.rule_id), row)
        if newer is row:
            back.append(row.pk)
            continue
        newer.hits, newer.last = newer.hits + row.hits, max(newer.last, row.last)
        more[newer.pk] = newer
        gone.append(row.pk)
    EntityRule.objects.filter(pk__in=gone).delete()
    EntityRule.objects.filter(pk__in=back).update(set_aside=False)
    EntityRule.objects.bulk_update(more.values(), ["hits", "last"], batch_size=200)
    return entities


def _begin_anew(risks: Sequence[Alert]) -> set[int]:
    """The risk of an entity counts from the last event of its newest closed risk alert on. Returns the entities."""
    if not risks:
        return set()
    closed = Alert.objects.filter(
        kind=Alert.Kind.RISK, state=Alert.State.CLOSED, entity__in={alert.entity for alert in risks}
    )
    told = closed.values_list("entity_kind", "entity").annotate(newest=Max("last")).order_by()
    since = {key_of(kind, name): newest for kind, name, newest in told}
    held = list(EntityRisk.objects.filter(key__in={key_of(one.entity_kind, one.entity) for one in risks}))
    for entity in held:
        entity.since = since.get(entity.key)
    EntityRisk.objects.bulk_update(held, ["since"], batch_size=200)
    return {entity.pk for entity in held}


def recount(entities: Iterable[int]) -> None:
    """Compute the risk of entities from what counts, as of its newest hit; of nothing, as of now. Three queries."""
    now = timezone.now()
    held = {row.pk: row for row in EntityRisk.objects.filter(pk__in=list(entities))}
    rows: dict[int, list[EntityRule]] = {pk: [] for pk in held}
    for row in EntityRule.objects.filter(entity_id__in=list(held), set_aside=False).order_by("pk"):
        rows[row.entity_id].append(row)
    for pk, entity in held.items():
        compute(entity, rows[pk], now)
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
