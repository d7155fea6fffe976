"""Keeps which hosts' events come by which source, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from accord.monitoring.models import BoundLog, Source, SourceHost

LONG = 300
BATCH = 500
APART = timedelta(minutes=1)
"""A host's newest time is written again only when it moved on by so much."""


def note_hosts(source: Source, seen: Mapping[tuple[str, int | None], datetime]) -> int:
    """Note the hosts of a cycle: (host, asset's primary key or None) → newest time. Returns how many rows changed.

    Within the caller's transaction. One read and one write for each 500 hosts. An asset that is known is never taken
    back by a later event that names none; where a host was two assets, the newest one stands.
    """
    newest: dict[str, tuple[datetime, int | None]] = {}
    for (host, asset), last in seen.items():
        name = host[:LONG]
        if not name:
            continue
        before = newest.get(name)
        if before is None:
            newest[name] = (last, asset)
        elif before[0] < last:
            newest[name] = (last, asset if asset is not None else before[1])
        elif before[1] is None:
            newest[name] = (before[0], asset)
    rows: list[SourceHost] = []
    names = list(newest)
    for start in range(0, len(names), BATCH):
        part = names[start : start + BATCH]
        kept = {row.host: row for row in SourceHost.objects.filter(source=source, host__in=part)}
        for name in part:
            row = _changed(source, name, *newest[name], kept.get(name))
            if row is not None:
                rows.append(row)
    SourceHost.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["source", "host"],
        update_fields=["asset", "last"],
    )  # fmt: skip
    return len(rows)


def note_bound(source: Source, seen: Mapping[int, datetime]) -> None:
    """Note until when events came that are an asset's by the binding of their source: its primary key → newest time.

    Within the caller's transaction. One read and one write.
    """
    kept = {row.asset_id: row for row in BoundLog.objects.filter(source=source, asset_id__in=list(seen))}
    rows = []
    for asset, last in seen.items():
        row = kept.get(asset) or BoundLog(source=source, asset_id=asset, first=last, last=last)
        if row.pk is None or last >= row.last + APART:
            row.last = max(row.last, last)
            rows.append(row)
    BoundLog.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["source", "asset"], update_fields=["last"]
    )


def _changed(
    source: Source, host: str, last: datetime, asset: int | None, kept: SourceHost | None
) -> SourceHost | None:  # fmt: skip
    if kept is None:
        return SourceHost(source=source, host=host, asset_id=asset, first=last, last=last)
    told = asset if asset is not None else kept.asset_id
    if last < kept.last + APART and told == kept.asset_id:
        return None
    return SourceHost(source=source, host=host, asset_id=told, first=kept.first, last=max(last, kept.last))
