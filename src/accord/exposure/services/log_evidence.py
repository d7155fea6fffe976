"""Evidence that logs of assets arrive, as monitoring tells it by the event `logs_seen`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from accord.core import ledger
from accord.exposure.models import Safeguard, SafeguardEvidence
from accord.exposure.services.stakes import mark_stale

BATCH = 500
NOTE = "Events came by this source."


def note_logs(source: str, assets: Mapping[int, date], actor: Any) -> None:
    """Handler of `logs_seen`: keep the newest day of each asset. One read and one write for each 500 assets."""
    name = source[:100]
    rows: list[SafeguardEvidence] = []
    given = sorted(assets)
    with ledger.write(actor) as log:
        for start in range(0, len(given), BATCH):
            part = given[start : start + BATCH]
            mine = SafeguardEvidence.objects.filter(safeguard=Safeguard.LOGS, source=name, asset_id__in=part)
            kept = {pk: (seen, present) for pk, seen, present in mine.values_list("asset_id", "seen", "present")}
            rows += [
                SafeguardEvidence(
                    asset_id=pk, safeguard=Safeguard.LOGS, source=name, present=True, seen=assets[pk], note=NOTE
                )
                for pk in part
                if pk not in kept or kept[pk][0] < assets[pk] or (kept[pk][0] == assets[pk] and not kept[pk][1])
            ]  # fmt: skip
        if not rows:
            return
        SafeguardEvidence.objects.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["asset", "safeguard", "source"],
            update_fields=["present", "seen", "note"],
        )  # fmt: skip
        newest = max(row.seen for row in rows)
        log.add("import", "safeguard_evidence", name, None, {
            "safeguard": Safeguard.LOGS.value, "assets": len(rows), "newest": newest,
        })  # fmt: skip
        mark_stale()
