"""What was seen: events, sources, hosts, and the alerts by level and verdict."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from accord.core.statements import Statement
from accord.monitoring.models import Alert, ExceptionDay, Rule, Source, SourceHost, SourceHour
from accord.monitoring.selectors.daily.parts import Line, Period, Section, address, plural

LEVELS = (Rule.Level.CRITICAL, Rule.Level.HIGH, Rule.Level.MEDIUM, Rule.Level.LOW, Rule.Level.INFORMATIONAL)
VERDICTS = (
    (Alert.Verdict.TRUE, "true"), (Alert.Verdict.BENIGN, "benign true"), (Alert.Verdict.FALSE, "false"),
    (Alert.Verdict.DUPLICATE, "duplicate"),
)  # fmt: skip
OWN = Q(folded_into__isnull=True)
"""Alerts that stand for themselves; hits that were folded into another are counted there."""


def received(period: Period) -> Q:
    """The hours of receipt of the period: whole hours, from the one in which it begins."""
    return Q(hour__gte=period.since.replace(minute=0, second=0, microsecond=0), hour__lt=period.until)


def section(period: Period) -> Section:
    """Seven queries."""
    return Section("seen", "What was seen", [*_events(period), *_alerts(period)], _levels(period),
                   "No alert was raised.")  # fmt: skip


def _events(period: Period) -> list[Statement]:
    hours = SourceHour.objects.filter(received(period))
    sums = hours.aggregate(total=Sum("events"), sent=Count("source", filter=Q(events__gt=0), distinct=True))
    enabled = Source.objects.filter(enabled=True).count()
    hosts = SourceHost.objects.filter(last__gte=period.since).aggregate(
        all=Count("host", distinct=True), strange=Count("host", filter=Q(asset__isnull=True), distinct=True)
    )
    events, until = sums["total"], period.until
    none = enabled == 0
    strange = hosts["strange"]
    return [
        Statement(
            "watch.events", "Events received", None if none else events or 0, "events",
            source="Sum of what each source sent by the hour of receipt", query="monitoring.selectors.daily.seen",
            href=address("source_list"), as_of=until, note="No source is set up yet." if none else "",
        ),
        Statement(
            "watch.sources", "Sources that sent", None if none else sums["sent"], "sources",
            source=f"Of {plural(enabled, 'source')} that {'is' if enabled == 1 else 'are'} switched on",
            query="monitoring.selectors.daily.seen", href=address("source_list"), as_of=until,
            note=f"of {enabled:,}" if enabled else "",
        ),
        Statement(
            "watch.hosts", "Hosts seen", hosts["all"] if hosts["all"] or not events else None, "hosts",
            source="Hosts that events name", query="monitoring.selectors.daily.seen", href=address("source_list"),
            as_of=until, note=f"{strange:,} in no list of assets" if strange else "",
            tone="warning" if strange else "",
        ),
    ]  # fmt: skip


def _alerts(period: Period) -> list[Statement]:
    opened = Q(opened__gte=period.since, opened__lt=period.until)
    closed = Q(closed__gte=period.since, closed__lt=period.until)
    counts = Alert.objects.filter(OWN).aggregate(
        raised=Count("id", filter=opened), silenced=Count("id", filter=opened & Q(state=Alert.State.SILENCED)),
        spent=Sum("minutes", filter=closed),
        **{f"as_{verdict}": Count("id", filter=closed & Q(verdict=verdict)) for verdict, _ in VERDICTS},
    )  # fmt: skip
    begin, end = period.since.date().isoformat(), period.until.date().isoformat()
    base: dict[str, Any] = {"query": "monitoring.selectors.daily.seen", "as_of": period.until}
    listed = address("alert_list", opened_from=begin)
    facts = [
        Statement(
            "watch.alerts", "Alerts raised", counts["raised"], "alerts", source="Alerts by when they were made",
            href=listed, note=f"{counts['silenced']:,} silenced" if counts["silenced"] else "", **base,
        )
    ]  # fmt: skip
    for verdict, word in VERDICTS:
        facts.append(
            Statement(
                f"watch.verdict.{verdict}", f"Judged {word}", counts[f"as_{verdict}"], "alerts",
                source=f"Alerts that were closed with the verdict “{word}” between {begin} and {end}",
                href=address("alert_list", verdict=verdict, state="closed"), **base,
            )
        )  # fmt: skip
    judged = sum(counts[f"as_{verdict}"] for verdict, _ in VERDICTS)
    minutes = counts["spent"]
    facts.append(
        Statement(
            "watch.minutes", "Work on them", None if judged and not minutes else round(minutes or 0), "minutes",
            source="Minutes that analysts noted with the alerts that were closed", href=listed,
            note="No minutes were noted." if judged and not minutes else "", **base,
        )
    )  # fmt: skip
    facts.append(_excepted(period))
    return facts


def _excepted(period: Period) -> Statement:
    days = [period.since.astimezone(UTC).date(), period.until.astimezone(UTC).date()]
    dropped = ExceptionDay.objects.filter(day__range=days).aggregate(hits=Sum("hits"))["hits"] or 0
    return Statement(
        "watch.excepted", "Hits kept out by exceptions", dropped, "hits",
        source=f"By whole days (UTC), {days[0]} to {days[1]}", query="monitoring.selectors.daily.seen",
        href=address("exception_list"), as_of=period.until,
    )  # fmt: skip


def _levels(period: Period) -> list[Line]:
    found = Alert.objects.filter(OWN, opened__gte=period.since, opened__lt=period.until)
    by = {row["level"]: row for row in found.order_by().values("level").annotate(
        number=Count("id"), open=Count("id", filter=Q(state__in=WAITING)))}  # fmt: skip
    day = period.since.date().isoformat()
    return [
        Line(
            f"{plural(row['number'], 'alert')}, {row['open']:,} of them still open",
            address("alert_list", level=level, opened_from=day), badge=("watch", level),
        )
        for level in (*(str(one) for one in LEVELS), *sorted(set(by) - set(LEVELS)))
        if (row := by.get(level))
    ]  # fmt: skip


WAITING = (Alert.State.NEW, Alert.State.OPEN)
HOUR = timedelta(hours=1)
