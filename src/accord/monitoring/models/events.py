"""Where stored events lie: one row per Parquet file. A file without a row does not count and is swept away."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accord.core import fields


class EventFile(models.Model):
    """One Parquet file of one source and one day (UTC, of the events' time, else of receipt).

    `path` is relative to the store of events. `first` and `last` bound the times in it, `day` is that of `last` (events
    of very many days at once share a file). `written` is when the newest of its events was stored, by which it is
    kept; `parts` says how many files were joined in it.
    """

    source = fields.ref("monitoring.Source")
    day = models.DateField()
    path = models.CharField(max_length=300, unique=True)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    first = models.DateTimeField()
    last = models.DateTimeField()
    written = models.DateTimeField(default=timezone.now)
    parts = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["day", "source"], name="monitoring_file_day"),
            models.Index(fields=["source", "day"], name="monitoring_file_source"),
            models.Index(fields=["last", "first"], name="monitoring_file_last"),
            models.Index(fields=["written"], name="monitoring_file_written"),
        ]


class EventSpan(models.Model):
    """Which records of a segment of the spool a file holds, so that an event is found by its key."""

    file = fields.link("monitoring.EventFile", "spans")
    segment = models.CharField(max_length=120)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["segment", "first"], name="monitoring_span")]


class PumpState(models.Model):
    """What the pump must know to go on as if it had never stopped; one row, written with the events it rests on.

    `correlation` is the state of the correlation rules, `streams` what the readers of single streams hold (the header
    of a Zeek log, a started program whose arguments have not come); both are compressed JSON. `seen` is when the pump
    was last at work, `paused` says why it stands still, "" = it runs. `holder` names the one folder whose events are
    stored, and its machine.
    """

    correlation = models.BinaryField(default=bytes)
    streams = models.BinaryField(default=bytes)
    changed = models.DateTimeField(default=timezone.now)
    seen = models.DateTimeField(null=True)
    paused = fields.text(300)
    holder = fields.text(300)
