"""The hits that are kept with an alert: the first 50 and the latest 50, by the times of their events."""

from __future__ import annotations

from collections.abc import Sequence

from accord.monitoring.hits import Hit
from accord.monitoring.models import Alert, AlertEvent
from accord.monitoring.services.alerts.cleaning import Cleaner, clean
from accord.monitoring.services.alerts.drafts import Draft
from accord.monitoring.services.wide import ROWS

FIRST = LATEST = 50
MOST_MEMBERS = 100


def choose(drafts: Sequence[Draft]) -> list[tuple[Alert, Hit]]:
    """The hits of a batch that are kept, and how many each alert has with them. Before the alerts are written."""
    chosen: list[tuple[Alert, Hit]] = []
    for draft in drafts:
        wanted = sorted(draft.hits, key=lambda hit: hit.time)
        if len(wanted) > FIRST + LATEST:
            wanted = [*wanted[:FIRST], *wanted[-LATEST:]]
        chosen += [(draft.alert, hit) for hit in wanted]
        draft.alert.kept += len(wanted)
    return chosen


def keep(chosen: Sequence[tuple[Alert, Hit]], drafts: Sequence[Draft]) -> None:
    """Keep hits of alerts that are written; where there are too many, those in the middle go. Four queries at most."""
    rows = [_row(alert, hit) for alert, hit in chosen]
    AlertEvent.objects.bulk_create(rows, batch_size=ROWS, ignore_conflicts=True)
    _thin([draft.alert for draft in drafts if draft.alert.kept > FIRST + LATEST])


def _row(alert: Alert, hit: Hit) -> AlertEvent:
    cleaner, narrow = Cleaner(), Cleaner()
    data, asked = cleaner.data(hit.data), narrow.data(hit.fields)
    return AlertEvent(
        alert=alert, event=clean(hit.event, 80), source_id=hit.source, time=hit.time, time_is_told=hit.time_is_told,
        host=clean(hit.host or "", 300), user=clean(hit.user or "", 300), address=clean(hit.address or "", 60),
        asked=asked, data=data, cut=cleaner.cut, group=Cleaner().data(hit.group),
        members=[clean(one, 80) for one in hit.members[-MOST_MEMBERS:]], measure=hit.measure,
    )  # fmt: skip


def _thin(alerts: Sequence[Alert]) -> None:
    if not alerts:
        return
    by_key = {alert.pk: alert for alert in alerts}
    held: dict[int, list[int]] = {pk: [] for pk in by_key}
    rows = AlertEvent.objects.filter(alert_id__in=list(by_key)).order_by("time", "pk")
    for alert, pk in rows.values_list("alert_id", "pk"):
        held[alert].append(pk)
    gone = []
    for alert, keys in held.items():
        by_key[alert].kept = min(len(keys), FIRST + LATEST)
        gone += keys[FIRST : max(FIRST, len(keys) - LATEST)]
    AlertEvent.objects.filter(pk__in=gone).delete()
    Alert.objects.bulk_create(
        alerts, batch_size=ROWS, update_conflicts=True, unique_fields=["id"], update_fields=["kept"]
    )
