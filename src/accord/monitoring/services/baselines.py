"""Compares each source with its own past, and opens and closes its silences. Called by a round every few minutes.

What is learned of a source is kept and learned anew when a further hour is whole; between that, a refresh reads the
sources and writes one row each. Only silences stand in the ledger: all else follows from the hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from accord.core import events, ledger, webhooks
from accord.monitoring.models import Collector, Source, SourceHour, SourceSilence, SourceWatch

if TYPE_CHECKING:
    from accord.engines.baseline import Past

WEEKS = 8
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=5)
"""An hour is whole for us when so much of the next one has passed: the pump is then done with it."""
GRACE = timedelta(minutes=10)
"""After a collector was started, senders have so long to come back before a silence is told."""
YOUNG = timedelta(weeks=1)
"""Until a source has been there for a week, its past says nothing of a silence: no weekend of it may be known."""
AHEAD = 24 * 60
"""Hours that are looked ahead for the moment of a silence."""
RECENT = 2
"""Last whole hours that are compared; they are not learned from."""
DELAY_LEAST, MALFORMED_LEAST = 60.0, 0.01
"""A delay has grown by a minute at least, a share of malformed records by one in a hundred."""
SILENT = webhooks.declare("source.silent", "A source of events sends nothing for longer than it should")
BACK = webhooks.declare("source.back", "A source of events that was silent sends again")


@dataclass(slots=True)
class Report:
    """What a refresh found: sources looked at, silences that began and that ended."""

    sources: int = 0
    began: int = 0
    ended: int = 0


def refresh(now: datetime | None = None) -> Report:
    """Compare all sources with their past as of `now`. Seven queries and the writes, whatever the number of sources."""
    at = now or timezone.now()
    sources = list(Source.objects.order_by("pk"))
    kept = {row.source_id: row for row in SourceWatch.objects.all()}
    whole = _hour(at - LATE)
    stale = [source for source in sources if _is_stale(kept.get(source.pk), whole)]
    hours = _hours(stale, whole)
    spells = _spells(stale)
    for source in stale:
        row = kept.setdefault(source.pk, SourceWatch(source=source, at=at))
        _learn(row, hours[source.pk], spells[source.pk], whole)
    dropped = dict(
        SourceHour.objects.filter(hour__gt=at - timedelta(days=1), dropped__gt=0).order_by()
        .values_list("source_id").annotate(sum=Sum("dropped"))
    )  # fmt: skip
    begun = _begun(at)
    for source in sources:
        row = kept[source.pk]
        row.at, row.dropped = at, dropped.get(source.pk, 0)
        _judge(row, source, at, begun)
    rows = [kept[source.pk] for source in sources]
    with ledger.write(None) as log:
        fields = [f.name for f in SourceWatch._meta.fields if not f.primary_key]
        SourceWatch.objects.bulk_create(
            rows, batch_size=200, update_conflicts=True, unique_fields=["source"], update_fields=fields
        )
        began, ended = _spell(sources, kept, at, log)
    return Report(len(sources), began, ended)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _is_stale(row: SourceWatch | None, whole: datetime) -> bool:
    return row is None or row.learned.get("upto") != whole.isoformat()


def _begun(at: datetime) -> datetime | None:
    """When the newest collector that runs was started; None where none tells of itself."""
    running = Collector.objects.filter(seen__gt=at - timedelta(minutes=5)).order_by("-started")
    return running.values_list("started", flat=True).first()


def _hours(sources: Sequence[Source], whole: datetime) -> dict[int, list[SourceHour]]:
    """The hours of these sources before `whole`, of the last weeks. One query."""
    found: dict[int, list[SourceHour]] = defaultdict(list)
    if sources:
        rows = SourceHour.objects.filter(
            source__in=[source.pk for source in sources], hour__gte=whole - timedelta(weeks=WEEKS), hour__lt=whole
        )
        for row in rows.order_by("hour").iterator(chunk_size=5000):
            found[row.source_id].append(row)
    return found


def _spells(sources: Sequence[Source]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    found: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    if sources:
        rows = SourceSilence.objects.filter(source__in=[source.pk for source in sources])
        for source, since, ended in rows.values_list("source_id", "since", "ended"):
            found[source].append((since, ended))
    return found


# --- learning


def cells_of(hours: Iterable[datetime]) -> list[int]:
    """The hour of the week of each hour, 0 = Monday's first, in the organization's zone."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local = (hour.astimezone(zone) for hour in hours)
    return [moment.weekday() * 24 + moment.hour for moment in local]


def _learn(
    row: SourceWatch, held: Sequence[SourceHour], spells: Sequence[tuple[datetime, datetime | None]], whole: datetime
) -> None:
    """Learn from the hours but the last ones, and compare these.

    Left out are hours of a silence that was told, and those after its last event.
    """
    import numpy as np

    from accord.engines import baseline

    by_hour = {one.hour.astimezone(UTC): one for one in held}
    first = min((hour for hour, one in by_hour.items() if one.events), default=None)
    span = [] if first is None else [first + n * HOUR for n in range(int((whole - first) / HOUR))]
    mute = {hour for since, ended in spells for hour in span if _hour(since) < hour and (ended is None or hour < ended)}
    last = span[-RECENT:]
    busy = max((hour for hour, one in by_hour.items() if one.events), default=whole)
    learned = [hour for hour in span[:-RECENT] if hour <= busy and hour not in mute]
    cells = cells_of(learned)
    counts = [by_hour[hour].events if hour in by_hour else 0 for hour in learned]
    past = baseline.learn([int(hour.timestamp() // 3600) for hour in learned], cells, counts)
    row.hours = past.hours
    row.learned = {
        "upto": whole.isoformat(), "centre": _rounded(past.centre), "spread": _rounded(past.spread),
        "quiet": [float(f"{value:.6g}") for value in past.quiet], "below": _known(past.below),
        "above": _known(past.above), "threshold": _known(past.threshold), "gaps": past.gaps,
        "first": None if first is None else first.isoformat(),
    }  # fmt: skip
    row.hour = last[-1] if last else None
    row.got = None if not last else by_hour[last[-1]].events if last[-1] in by_hour else 0
    told = past.expected(cells_of(last[-1:])[0]) if last else None
    row.low, row.mid, row.high = told or (None, None, None)
    now = [by_hour[hour].events if hour in by_hour else 0 for hour in last]
    row.volume = baseline.compare(past, cells_of(last), now) if len(last) == RECENT else SourceWatch.Change.UNKNOWN
    ones = [by_hour[hour] for hour in learned if hour in by_hour]
    newest = by_hour.get(last[-1]) if last else None
    delays = [one.delay / one.timed if one.timed else np.nan for one in ones]
    row.delay_now = newest.delay / newest.timed if newest is not None and newest.timed else None
    row.delay_usual, row.delay = _unusual(delays, row.delay_now, DELAY_LEAST)
    row.malformed_now = _share(newest)
    row.malformed_usual, row.malformed = _unusual([_share(one) for one in ones], row.malformed_now, MALFORMED_LEAST)


def _unusual(past: Sequence[float | None], now: float | None, least: float) -> tuple[float | None, str]:
    import numpy as np

    from accord.engines import baseline

    figures = np.array([np.nan if one is None else one for one in past], dtype=np.float64)
    mid, verdict = baseline.unusual(figures, np.nan if now is None else now, least)
    return mid, verdict if now is not None else SourceWatch.Change.UNKNOWN.value


def _share(one: SourceHour | None) -> float | None:
    """Of what came, the share that could not be read."""
    if one is None or not one.events + one.malformed:
        return None
    return one.malformed / (one.events + one.malformed)


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 5) for value in values]


def _known(value: float) -> float | None:
    return None if value != value else round(float(value), 6)


def past_of(row: SourceWatch) -> Past | None:
    """What was learned of a source, as the engine has it; None before anything was."""
    import numpy as np

    from accord.engines.baseline import Past

    kept = row.learned
    if not kept:
        return None
    below, above, threshold = (
        np.nan if kept[name] is None else float(kept[name]) for name in ("below", "above", "threshold")
    )
    centre, spread, quiet = (np.array(kept[name], dtype=np.float64) for name in ("centre", "spread", "quiet"))
    return Past(centre, spread, quiet, below, above, threshold, row.hours, kept["gaps"])


# --- judging


def last_of(source: Source) -> datetime | None:
    """When anything came last: stored, or in the spool already."""
    return max((one for one in (source.received_up_to, source.heard) if one is not None), default=None)


def _judge(row: SourceWatch, source: Source, at: datetime, begun: datetime | None) -> None:
    """State and the moment of silence. A telling with the source goes before what its past says."""
    last = last_of(source)
    row.silent_at, row.by = _silent_at(row, source, last)
    if not source.enabled:
        row.state = SourceWatch.State.OFF
    elif source.paused:
        row.state = SourceWatch.State.PAUSED
    elif row.silent_at is not None and row.silent_at <= at:
        fresh = begun is not None and at < begun + GRACE and row.state != SourceWatch.State.SILENT
        row.state = _otherwise(last) if fresh else SourceWatch.State.SILENT
    else:
        row.state = _otherwise(last)


def _otherwise(last: datetime | None) -> SourceWatch.State:
    return SourceWatch.State.RECEIVING if last is not None else SourceWatch.State.NEVER


def _silent_at(row: SourceWatch, source: Source, last: datetime | None) -> tuple[datetime | None, SourceWatch.By]:
    """A source that never sent is silent by what is told of it alone, from when it was made."""
    if source.silent_after is not None:
        return (last or source.created) + source.silent_after, SourceWatch.By.TOLD
    past = past_of(row) if last is not None and source.kind != Source.Kind.UPLOAD else None
    if past is None or last is None or not row.learned["first"]:
        return None, SourceWatch.By.NOT_KNOWN
    end = _hour(last) + HOUR
    grown = datetime.fromisoformat(row.learned["first"]) + YOUNG
    for ahead in (24, AHEAD):
        after = past.silent_after(cells_of(end + n * HOUR for n in range(ahead)))
        if after is not None:
            return max(end + timedelta(hours=after), grown), SourceWatch.By.PAST
    return None, SourceWatch.By.NOT_KNOWN


def _spell(
    sources: Sequence[Source], rows: dict[int, SourceWatch], at: datetime, log: ledger.Log
) -> tuple[int, int]:  # fmt: skip
    """Open a spell for each source that fell silent, close those of sources that came back. One notice for each."""
    open_ = {one.source_id: one for one in SourceSilence.objects.filter(ended__isnull=True)}
    began = ended = 0
    for source in sources:
        row, spell = rows[source.pk], open_.get(source.pk)
        last = last_of(source)
        if row.state == SourceWatch.State.SILENT and spell is None:
            since = last or source.created
            spell = SourceSilence.objects.create(source=source, since=since, noticed=at, by=row.by)
            log.add("notice", "source", source.key, None, {"silent_since": since, "by": row.get_by_display()})
            webhooks.send(SILENT, {
                "source": source.key, "name": source.name, "since": since.isoformat(), "noticed": at.isoformat(),
                "by": row.get_by_display(),
            })  # fmt: skip
            events.source_silent.send(source=source, since=since, actor=None)
            began += 1
        elif row.state != SourceWatch.State.SILENT and spell is not None and row.state != SourceWatch.State.PAUSED:
            until = last if last is not None and last > spell.since else at
            spell.ended = until
            spell.save(update_fields=["ended"])
            log.add("notice", "source", source.key, {"silent_since": spell.since}, {"silent_until": until})
            webhooks.send(BACK, {
                "source": source.key, "name": source.name, "since": spell.since.isoformat(),
                "until": until.isoformat(), "because": row.get_state_display(),
            })  # fmt: skip
            ended += 1
    return began, ended
