"""What a foothold in each system costs, and the mark that the coverage is to be computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accord.estate.models import System
from accord.exposure.models import CoverageState, SystemStake

NOUNS = frozenset({
    "asset", "system", "system_asset", "asset_surface", "safeguard_rule", "safeguard_evidence", "goal",
    "goal_capability", "capability_system", "capability",
})  # fmt: skip
"""Nouns whose rows go into the coverage."""


def mark_stale() -> None:
    """Note that something changed; the next round computes. Runs inside the writer's transaction."""
    CoverageState.objects.filter(id=1, stale=False).update(stale=True)


def on_rows(noun: str, changes: Sequence[Any], actor: Any) -> None:
    """Handler of `rows_written`."""
    if noun in NOUNS:
        mark_stale()


def on_scan(scan: Any, actor: Any) -> None:
    """Handler of `scan_landed`."""
    mark_stale()


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
    mark_stale()
