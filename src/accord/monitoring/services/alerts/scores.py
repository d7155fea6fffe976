"""The score of alerts, and keeping it right while risk fades and stakes change."""

from __future__ import annotations

from accord.core import ledger
from accord.engines import alerting
from accord.engines.alerting import Fired
from accord.monitoring.models import Alert, EntityRule
from accord.monitoring.services.alerts.drafts import QUEUED, place
from accord.monitoring.services.alerts.risks import WINDOW, key_of
from accord.monitoring.services.alerts.subjects import estate_of
from accord.monitoring.services.wide import ROWS, wide_statements

MOST = 5000
"""Alerts that wait whose score is kept up to date, the highest first."""
RATED = ("system", "unit", "goal_share", "loss_low", "loss_mid", "loss_high", "risk", "score", "score_low")


def score(alert: Alert, largest: float | None) -> tuple[float, float]:
    """The ends of the score of an alert, from what it holds; `largest` is the greatest stake of any system."""
    return alerting.score(alert.level, alert.risk, alert.goal_share, alert.loss_mid, largest)


def entity_keys(alert: Alert) -> list[str]:
    names = (("host", alert.host), ("user", alert.user), ("address", alert.address))
    return [key_of(kind, name) for kind, name in names if name]


def refresh_scores() -> int:
    """Rate the alerts that wait anew: what their assets carry, and how risk faded. Returns how many changed."""
    from django.utils import timezone

    with ledger.write(None), wide_statements():
        now = timezone.now()
        alerts = list(Alert.objects.filter(state__in=QUEUED).order_by("-score", "id")[:MOST])
        estate = estate_of(alert.asset_id for alert in alerts if alert.asset_id is not None)
        keys = {key for alert in alerts for key in entity_keys(alert)}
        fired: dict[str, list[Fired]] = {key: [] for key in keys}
        rows = EntityRule.objects.filter(entity__key__in=keys, last__gt=now - WINDOW, set_aside=False)
        for row in rows.select_related("entity"):
            if row.entity.since is None or row.last > row.entity.since:
                fired[row.entity.key].append(Fired(row.level, row.last.timestamp(), tuple(row.tactics)))
        values = {key: alerting.risk(held, now.timestamp()).value for key, held in fired.items()}
        changed = []
        for alert in alerts:
            before = [getattr(alert, name) for name in RATED if name not in ("system", "unit")]
            place(alert, alert.asset_id, estate.get(alert.asset_id), alert.asset_by)
            held = [values[key] for key in entity_keys(alert)]
            alert.risk = round(max(held), 3) if held else alert.risk
            alert.score_low, alert.score = score(alert, estate.largest)
            if before != [getattr(alert, name) for name in RATED if name not in ("system", "unit")]:
                changed.append(alert)
        if changed:
            Alert.objects.bulk_create(
                changed, batch_size=ROWS, update_conflicts=True, unique_fields=["id"], update_fields=list(RATED)
            )
    return len(changed)
