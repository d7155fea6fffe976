"""Between the collector and the database: which sources it collects, and what it tells of them."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accord.monitoring.collecting.living import Told, Wanted
from accord.monitoring.models import Collector, Source, SourceHour


def wanted() -> list[Wanted]:
    """The sources that are on."""
    rows = Source.objects.filter(enabled=True).order_by("pk").values_list("pk", "key", "kind", "settings")
    return [Wanted(pk, key, kind, dict(settings)) for pk, key, kind, settings in rows]


def note_collected(started: datetime, told: Sequence[Told], paused: str, free: int) -> None:
    """Keep what the collector tells: counts are added, the rest is how it stands now. No entry in the ledger.

    Sources whose records come by the web process are paused with the others.
    """
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        Collector.objects.update_or_create(
            name=socket.gethostname(),
            defaults={"started": started, "seen": now, "paused": paused[:300], "free": free},
        )
        for one in told:
            new: dict[str, Any] = {"paused": (one.paused or paused)[:300], "intake": one.intake}
            if one.heard:
                new["heard"] = datetime.fromtimestamp(one.heard, UTC)
            Source.objects.filter(pk=one.pk).update(
                dropped=F("dropped") + one.dropped, refused=F("refused") + one.refused,
                repeats=F("repeats") + one.repeats, **new,
            )  # fmt: skip
            if one.dropped:
                row, _ = SourceHour.objects.get_or_create(source_id=one.pk, hour=hour)
                SourceHour.objects.filter(pk=row.pk).update(dropped=F("dropped") + one.dropped)
        others = Source.objects.filter(kind__in=(Source.Kind.HTTP, Source.Kind.UPLOAD), enabled=True)
        others.exclude(paused=paused[:300]).update(paused=paused[:300])
