"""Which silence holds for a hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accord.monitoring.hits import Hit
from accord.monitoring.models import Silence
from accord.monitoring.services.alerts.subjects import Facts, Subject, entities_of


def silences_of(hits: Iterable[Hit]) -> list[Silence]:
    """The silences that may hold for these hits, by the times of their events. One query."""
    times = [hit.time for hit in hits]
    if not times:
        return []
    return list(Silence.objects.filter(ended=None, since__lte=max(times), until__gt=min(times)).order_by("pk"))


def silence_of(hit: Hit, subject: Subject, facts: Facts, silences: Sequence[Silence]) -> Silence | None:
    """The first silence whose every mark fits a hit."""
    for one in silences:
        if not one.since <= hit.time < one.until:
            continue
        if one.rule_id not in (None, hit.rule) or one.asset_id not in (None, hit.asset):
            continue
        if one.system_id is not None and one.system_id not in facts.systems:
            continue
        if one.entity and not _names(one, hit, subject):
            continue
        return one
    return None


def _names(silence: Silence, hit: Hit, subject: Subject) -> bool:
    wanted = (silence.entity_kind, silence.entity.lower())
    held = [*entities_of(hit), (subject.kind, subject.name)]
    return any((kind, name.lower()) == wanted for kind, name in held)
