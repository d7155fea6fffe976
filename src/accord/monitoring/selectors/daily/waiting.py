"""What waits: open alerts by level and age, the oldest, and what was escalated."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from accord.core.statements import Statement
from accord.monitoring.models import Alert
from accord.monitoring.selectors.daily.parts import Line, Period, Section, address, age
from accord.monitoring.selectors.daily.seen import OWN, WAITING

AGES = (
    ("under 4 hours", None, timedelta(hours=4)),
    ("4 to 24 hours", timedelta(hours=4), timedelta(hours=24)),
    ("1 to 7 days", timedelta(hours=24), timedelta(days=7)),
    ("over 7 days", timedelta(days=7), None),
)
SHOWN = 5


def section(period: Period) -> Section:
    """Two queries."""
    now = period.until
    rows = Alert.objects.filter(OWN, state__in=WAITING, opened__lt=now)
    within = {
        f"age_{place}": Count("id", filter=_aged(now, least, most)) for place, (_, least, most) in enumerate(AGES)
    }
    found = rows.aggregate(
        all=Count("id"), grave=Count("id", filter=Q(level__in=("critical", "high"))), oldest=Min("opened"),
        nobodys=Count("id", filter=Q(owner__isnull=True)), passed=Count("id", filter=Q(escalated__isnull=False)),
        **within,
    )  # fmt: skip
    base: dict[str, Any] = {"query": "monitoring.selectors.daily.waiting", "as_of": now}
    oldest = found["oldest"]
    counts = [(found[f"age_{place}"], name) for place, (name, _, _) in enumerate(AGES)]
    ages = ", ".join(f"{number:,} for {name}" for number, name in counts if number)
    facts = [
        Statement(
            "watch.waiting", "Alerts that wait", found["all"], "alerts", source="Alerts that nobody has closed",
            href=address("alert_list", state=["new", "open"]), note=ages if found["all"] else "", **base,
        ),
        Statement(
            "watch.waiting_grave", "High or critical", found["grave"], "alerts", source="Of the alerts that wait",
            href=address("alert_list", state=["new", "open"], level=["critical", "high"]),
            tone="danger" if found["grave"] else "", **base,
        ),
        Statement(
            "watch.oldest", "Oldest waits for", *_hours(None if oldest is None else now - oldest),
            source="Since the oldest open alert was made", href=address("alert_list", state=["new", "open"]),
            note="Nothing waits." if oldest is None else "", **base,
        ),
        Statement(
            "watch.nobodys", "In nobody's hands", found["nobodys"], "alerts",
            source="Alerts that wait, without an owner",
            href=address("alert_list", state=["new", "open"], owner="unknown"), **base,
        ),
        Statement(
            "watch.escalated", "Escalated and open", found["passed"], "alerts",
            source="Alerts that wait and were escalated to an incident",
            href=address("alert_list", state=["new", "open"], escalated="yes"), **base,
        ),
    ]  # fmt: skip
    return Section("waits", "What waits", facts, _first(rows, now), "Nothing waits: every alert was judged.")


def _aged(now: datetime, least: timedelta | None, most: timedelta | None) -> Q:
    found = Q()
    if least is not None:
        found &= Q(opened__lte=now - least)
    if most is not None:
        found &= Q(opened__gt=now - most)
    return found


def _hours(span: timedelta | None) -> tuple[float | None, str]:
    if span is None:
        return None, "hours"
    hours = max(0.0, span / timedelta(hours=1))
    return (round(hours * 60), "minutes") if hours < 1.5 else (round(hours, 1), "hours") if hours < 48 else (
        round(hours / 24, 1), "days")  # fmt: skip


def _first(rows: QuerySet[Alert], now: datetime) -> list[Line]:
    lines = []
    for alert in rows.select_related("system", "owner").order_by("-score", "pk")[:SHOWN]:
        about = [f"{alert.entity_kind} {alert.entity}".strip()]
        if alert.system is not None:
            about.append(alert.system.name)
        about.append(f"waits for {age(now - alert.opened)}")
        about.append(f"with {alert.owner.name}" if alert.owner is not None else "nobody has it")
        if alert.escalated is not None:
            about.append("escalated")
        lines.append(Line(f"{alert.key} {alert.title}", address("alert_detail", alert.key), ", ".join(about),
                          ("watch", alert.level)))  # fmt: skip
    return lines
