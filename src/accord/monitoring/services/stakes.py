"""What a foothold in each system costs, for the score of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accord.estate.models import System
from accord.monitoring.models import SystemStake


def set_stakes(stakes: Mapping[str, tuple[float, float, float]], currency: str, at: datetime) -> None:
    """Keep what one foothold a year in each system (by key) costs a year. Within the caller's transaction."""
    known = dict(System.objects.values_list("key", "pk"))
    SystemStake.objects.all().delete()
    SystemStake.objects.bulk_create(
        [
            SystemStake(system_id=known[key], low=low, mid=mid, high=high, currency=currency, at=at)
            for key, (low, mid, high) in stakes.items() if key in known
        ],
        batch_size=500,
    )  # fmt: skip
