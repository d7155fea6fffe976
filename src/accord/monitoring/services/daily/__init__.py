"""Composes the daily watch and freezes it; keeps the notes that shifts hand over."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accord.core import ledger, rounds, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import DailyWatch, ExploitedWeakness, ShiftNote
from accord.monitoring.selectors import daily as read
from accord.monitoring.services.daily import mail as daily_mail

KEPT = timedelta(days=60)
"""How long it is kept that a weakness entered the catalogue; watches that told of it keep it anyway."""
MOST_NOTE = 2000
webhooks.declare("daily_watch.composed", "A daily watch was composed")


def compose(actor: User | None, now: datetime | None = None, mailed: bool = False) -> DailyWatch:
    """Compose the watch of now and freeze it: the next of its day. `mailed` sends it to who wants it by mail.

    What it says is read inside the transaction, so that its figures belong together.
    """
    now = now or timezone.now()
    with ledger.write(actor) as log:
        watch = read.compose(read.period_of(now))
        content = ledger.canonical(watch.as_content())
        day = timezone.localdate(now)
        number = (DailyWatch.objects.filter(day=day).aggregate(last=Max("number"))["last"] or 0) + 1
        row = DailyWatch.objects.create(
            key=f"W-{day.isoformat()}-{number}", day=day, number=number, since=watch.since, until=watch.until,
            composed=now, composed_by=actor, content=content,
            content_hash=hashlib.sha256(content.encode()).hexdigest(), grade=watch.reading.grade,
            events=_whole(watch, "watch.events"), alerts=_whole(watch, "watch.alerts") or 0,
            waiting=_whole(watch, "watch.waiting") or 0, silent=_whole(watch, "watch.silent"),
        )  # fmt: skip
        log.add("run", "daily_watch", row.key, None, snapshot(row))
        if mailed:
            daily_mail.queue(row, now)
        webhooks.send(
            "daily_watch.composed",
            {"daily_watch": row.key, "address": row.get_absolute_url(), "sentences": list(watch.sentences)},
        )
    return row


def _whole(watch: read.Watch, key: str) -> int | None:
    fact = watch.fact(key)
    return None if fact is None or fact.value is None else int(fact.value)


def snapshot(row: DailyWatch) -> dict[str, Any]:
    """What the ledger keeps of a watch."""
    return {
        "day": row.day, "number": row.number, "since": row.since, "until": row.until, "content_hash": row.content_hash,
    }  # fmt: skip


def write_note(actor: User, text: str) -> ShiftNote:
    """Leave a note to the next shift, signed by name and time. Refused where it is blank or too long."""
    text = text.strip()
    if not text:
        raise Refused(Problem(None, "text", "The note is blank.", "Write what the next shift should know."))
    if len(text) > MOST_NOTE:
        raise Refused(Problem(None, "text", f"{len(text):,} characters.", f"Use at most {MOST_NOTE:,}."))
    with ledger.write(actor) as log:
        note = ShiftNote.objects.create(text=text, by=actor)
        log.add("add", "daily_watch", f"note {note.pk}", None, {"text": text})
    return note


def note_exploited(definition: Any, actor: Any) -> None:
    """Handler of `events.exploited`: keep it for the next watch, inside the writer's transaction."""
    href = definition.get_absolute_url()
    title = str(definition.title)[:400]
    ExploitedWeakness.objects.create(identifier=definition.identifier, title=title, href=href)


@rounds.every("monitoring.daily_watch", timedelta(minutes=5))
def compose_due() -> None:
    """Compose and mail the watch of this morning, once; a worker that was off in the morning does it when it is on."""
    now = timezone.now()
    day = timezone.localdate(now)
    if now < read.morning(day) or DailyWatch.objects.filter(day=day, composed_by=None).exists():
        return
    ExploitedWeakness.objects.filter(at__lt=now - KEPT).delete()
    compose(None, now, mailed=True)
