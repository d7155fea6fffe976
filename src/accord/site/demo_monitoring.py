"""The sample company's fortnight of monitoring: its logs come in day by day, and its analysts judge what was found.

Logs go the way of every log: into the spool, through the pump and the rules, into alerts. Records carry the moment at
which they would have been received. What people did about alerts is done by the services that people use, and is then
dated to the day on which it happened, since no service lets anybody write into the past.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.core.models import User
from accord.monitoring.models import Alert, AlertNote, Rule, ShiftNote, Source
from accord.monitoring.pumping.pump import Pump, only_one
from accord.site.sample import logs, threats
from accord.site.sample.generator import build

Say = Callable[[str], None]
WORKING_DAY = timedelta(hours=12)
WATCHES = 3
"""Mornings for which the sample has a daily watch."""
NOTES = (
    (2, 6, "The new key of the cloud account is disabled. We still wait for its owner to say who asked for it."),
    (1, 14, "Web scan on the booking portal since 13:20. Please look whether the script in /upload is ours."),
    (0, 5, "A second factor was given after seven refusals. Call the person first thing, then end the sessions."),
)
"""Days before today, hour (UTC), and what the shift told the next."""


@dataclass(slots=True)
class Act:
    """Something that an analyst did about an alert at a moment."""

    at: datetime
    alert: int
    judged: logs.Judged
    closes: bool


def load(analyst: User, ciso: User, say: Say) -> None:
    """Take rules and logs in, judge, and compose the daily watches. Does nothing where there are sources already."""
    from accord.monitoring.services import baselines, blind, daily, ruleset, scorecards
    from accord.monitoring.services.rules import importing as rule_import

    if Source.objects.exists():
        return
    now = timezone.now()
    _, things, people = build()
    sources = logs.write(things, people, now)
    rule_import.take_pack(ciso)
    ruleset.compile_now()
    held = [(_source(ciso, source), source) for source in sources]
    _notes(analyst, now)
    with only_one():
        pump = Pump()
        fortnight = Fortnight(analyst, now, pump)
        for until in _mornings(now):
            for row, source in held:
                _bring_in(row, source, fortnight.since, until)
            fortnight.live_through(until)
            if until < now and now - until < timedelta(days=WATCHES):
                pump.tell_states(until)
                baselines.refresh(until)
                blind.refresh(until)
                daily.compose(None, until)
        pump.tell_states()
    threats.load(ciso, timezone.localdate(now))
    baselines.refresh(now)
    blind.refresh(now)
    scorecards.refresh(now)
    events = sum(Source.objects.values_list("events", flat=True))
    waiting = Alert.objects.filter(state__in=("new", "open")).count()
    say(f"Logs: {events:,} events of {len(held)} sources, {Alert.objects.count():,} alerts, {waiting:,} of them open.")


def _source(actor: User, told: logs.Source) -> Source:
    from accord.monitoring.services.sources import add_source

    source, _ = add_source(actor, told.kind, name=told.name, settings={"host": told.host} if told.host else {})
    begun = datetime.fromtimestamp(told.lines[0].received, UTC)
    with ledger.write(None) as log:
        Source.objects.filter(pk=source.pk).update(created=begun)
        log.add("change", "source", source.key, None, {"created": begun})
    return source


def _mornings(now: datetime) -> Iterator[datetime]:
    """The ends of the days of the logs: the hour of each daily watch, and now."""
    from accord.monitoring.selectors.daily import morning

    today = timezone.localdate(now)
    for days in range(logs.DAYS, -1, -1):
        moment = morning(today - timedelta(days=days))
        if moment < now:
            yield moment
    yield now


def _bring_in(row: Source, source: logs.Source, since: datetime, until: datetime) -> None:
    from accord.monitoring.collecting.spool import Record, claim
    from accord.monitoring.store import place

    first, last = since.timestamp(), until.timestamp()
    records = [
        Record(one.received, one.body, name=source.file, connection=source.file, row=number)
        for number, one in enumerate(source.lines, 1)
        if first < one.received <= last
    ]
    if records:
        writer = claim(place.folder() / "spool" / str(row.pk), "sample")
        try:
            writer.append(records)
            writer.sync()
        finally:
            writer.close()


class Fortnight:
    """What happens to alerts, one day after the other."""

    def __init__(self, analyst: User, now: datetime, pump: Pump) -> None:
        self.analyst, self.now, self._pump = analyst, now, pump
        self.since = datetime(2000, 1, 1, tzinfo=UTC)
        self._known = 0
        self._acts: list[Act] = []
        self._judged = {
            pk: one for pk, name in Rule.objects.values_list("pk", "name") for one in logs.JUDGED if one.rule == name
        }  # fmt: skip
        self._number: Counter[str] = Counter()

    def live_through(self, until: datetime) -> None:
        """Pump what has come, date the alerts of it, and do what analysts did up to then."""
        self._act(self.since + WORKING_DAY)  # what was done by day came before the next night's events
        caught_up = False
        while not caught_up:
            caught_up = self._pump.fill()
            self._pump.commit(caught_up, settle_old=caught_up, now=until)
        for alert in Alert.objects.filter(pk__gt=self._known).order_by("last", "pk"):
            self._known = max(self._known, alert.pk)
            self._date(alert, until)
        self._act(until)
        self.since = until

    def _act(self, until: datetime) -> None:
        self._acts.sort(key=lambda act: act.at)
        while self._acts and self._acts[0].at <= until:
            self._do(self._acts.pop(0))

    def _date(self, alert: Alert, until: datetime) -> None:
        rng = Random(f"{alert.title}-{alert.last.isoformat()}")
        opened = min(alert.last + timedelta(minutes=rng.uniform(1, 9)), until)
        _past(alert, {"opened": opened})
        judged = self._judged.get(alert.rule_id or 0)
        if judged is None or self.now - alert.last < timedelta(hours=judged.older):
            return
        at = _at_work(opened + timedelta(minutes=rng.uniform(4, 75)))
        self._acts.append(Act(at, alert.pk, judged, False))
        if judged.verdict:
            took = timedelta(minutes=judged.minutes * rng.uniform(1.0, 2.6) + rng.uniform(3, 40))
            self._acts.append(Act(at + took, alert.pk, judged, True))

    def _do(self, act: Act) -> None:
        from accord.monitoring.services import triage

        alert = Alert.objects.get(pk=act.alert)
        judged = act.judged
        if not act.closes and alert.state == Alert.State.NEW:
            triage.take(self.analyst, [alert.pk], minutes=0.0 if judged.verdict else judged.minutes)
            if not judged.verdict:
                triage.note(self.analyst, alert.pk, judged.note)
            _past(alert, {"acknowledged": act.at, "changed": act.at})
        elif act.closes and alert.state == Alert.State.OPEN:
            if judged.escalated:
                triage.escalate(self.analyst, alert.pk, judged.note)
            triage.close(self.analyst, [alert.pk], judged.verdict, note=judged.note, minutes=judged.minutes)
            times: dict[str, Any] = {"closed": act.at, "changed": act.at}
            _past(alert, {**times, "escalated": act.at} if judged.escalated else times)
        AlertNote.objects.filter(alert=alert, at__gt=act.at).update(at=act.at)


def _at_work(moment: datetime) -> datetime:
    """The moment, or seven in the morning where it is night."""
    if moment.hour >= 20:
        moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
    return moment if moment.hour >= 6 else moment.replace(hour=6, minute=moment.minute)


def _past(alert: Alert, times: dict[str, Any]) -> None:
    with ledger.write(None) as log:
        Alert.objects.filter(pk=alert.pk).update(**times)
        log.add("change", "alert", alert.key, None, {"sample_data": True, **times})


def _notes(analyst: User, now: datetime) -> None:
    from accord.monitoring.services import daily

    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for days, hour, text in NOTES:
        note = daily.write_note(analyst, text)
        at = min(midnight - timedelta(days=days) + timedelta(hours=hour), now)
        with ledger.write(None) as log:
            ShiftNote.objects.filter(pk=note.pk).update(at=at)
            log.add("change", "daily_watch", f"note {note.pk}", None, {"sample_data": True, "at": at})


__all__: Sequence[str] = ["load"]
