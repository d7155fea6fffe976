"""Tells the matrix of safeguards (through a core event) of which assets logs arrive, source by source, once a day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from accord.core import events, ledger
from accord.monitoring.models import BoundLog, SourceHost

BACK = timedelta(days=2)
"""How far back a call looks, so that a day in which no worker ran is made up for."""
BY_BINDING = ", by its binding"
"""Behind the name of a source whose events are an asset's because a person bound it to that asset."""
SHORT = 80


def tell(now: datetime | None = None) -> int:
    """Send `logs_seen` for each source with the day of the newest event of each asset; returns the number of assets."""
    at = now or timezone.now()
    found: dict[str, dict[int, date]] = defaultdict(dict)
    rows = SourceHost.objects.filter(asset__isnull=False, last__gt=at - BACK, last__lte=at).order_by("pk")
    for name, asset, last in rows.values_list("source__name", "asset_id", "last").iterator(chunk_size=5000):
        day = timezone.localdate(last)
        found[name][asset] = max(day, found[name].get(asset, day))
    bound = BoundLog.objects.filter(source__asset=F("asset"), last__gt=at - BACK, last__lte=at).order_by("pk")
    for name, asset, last in bound.values_list("source__name", "asset_id", "last"):
        found[f"{name[:SHORT]}{BY_BINDING}"][asset] = timezone.localdate(last)
    for name, assets in sorted(found.items()):
        with ledger.write(None):
            events.logs_seen.send(source=name, assets=assets, actor=None)
    return sum(map(len, found.values()))
