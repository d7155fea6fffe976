"""Tells the matrix of safeguards (through a core event) of which assets logs arrive, source by source, once a day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.utils import timezone

from accord.core import events, ledger
from accord.monitoring.models import SourceHost

BACK = timedelta(days=2)
"""How far back a call looks, so that a day in which no worker ran is made up for."""


def tell(now: datetime | None = None) -> int:
    """Send `logs_seen` for each source with the day of the newest event of each asset; returns the number of assets."""
    at = now or timezone.now()
    found: dict[str, dict[int, date]] = defaultdict(dict)
    rows = SourceHost.objects.filter(asset__isnull=False, last__gt=at - BACK, last__lte=at).order_by("pk")
    for name, asset, last in rows.values_list("source__name", "asset_id", "last").iterator(chunk_size=5000):
        day = timezone.localdate(last)
        found[name][asset] = max(day, found[name].get(asset, day))
    for name, assets in sorted(found.items()):
        with ledger.write(None):
            events.logs_seen.send(source=name, assets=assets, actor=None)
    return sum(map(len, found.values()))
