"""Sources of events, what each sent by the hour, and of which kinds of log."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class Source(models.Model):
    """Where events come from, and how.

    `settings` holds what its kind needs (a path, a port, a certificate), `token` the digest of the collector's token.
    `zone` is taken where a log tells none. `asset` is what a person said that its events are about, taken where an
    event itself names no asset that is known. `received_up_to` is the newest moment of receipt that is stored,
    `newest` the newest time that an event told, `offsets` how far its spool is read. `paused` says why its intake
    stands still, "" = it runs. `dropped` counts datagrams that were lost, `refused` senders that were not let in,
    `repeats` lines that a sender sent again and that are kept once. `heard` is when anything came last; `intake` is
    what the collector tells of its listener or files, with the moment as `at`.
    """

    class Kind(models.TextChoices):
        FILES = "files", "Files and folders"
        SYSLOG = "syslog", "Syslog"
        HTTP = "http", "HTTP collector"
        NATS = "nats", "NATS JetStream"
        UPLOAD = "upload", "Handed in"

    key = fields.key()
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = fields.ref("organization.Person", null=True, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    token = models.CharField(max_length=64, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    asset = fields.ref("estate.Asset", null=True, blank=True)
    enabled = models.BooleanField(default=True)
    retention_days = models.PositiveIntegerField(default=90)
    silent_after = models.DurationField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    newest = models.DateTimeField(null=True)
    received_up_to = models.DateTimeField(null=True)
    events = models.BigIntegerField(default=0)
    malformed = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    samples = models.JSONField(default=list)
    offsets = models.JSONField(default=dict)
    paused = fields.text(300)
    refused = models.BigIntegerField(default=0)
    repeats = models.BigIntegerField(default=0)
    heard = models.DateTimeField(null=True)
    intake = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="monitoring_source_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("monitoring:source_detail", args=[self.key])


class SourceHour(models.Model):
    """What one source sent in one hour of receipt. `delay` sums, over events that told a time, seconds from it to
    receipt (never negative); `timed` is their number, `bytes` what was read."""

    source = fields.link("monitoring.Source", "hours")
    hour = models.DateTimeField()
    events = models.BigIntegerField(default=0)
    malformed = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    timed = models.BigIntegerField(default=0)
    delay = models.FloatField(default=0)
    longest_delay = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "hour"], name="monitoring_source_hour")]
        indexes: ClassVar = [models.Index(fields=["hour"], name="monitoring_hour")]


class SourceLog(models.Model):
    """A kind of log that a source sends, in Sigma's words ("" = not told), since when and until when."""

    source = fields.link("monitoring.Source", "logs")
    format = models.CharField(max_length=40)
    product = fields.text(60)
    category = fields.text(60)
    service = fields.text(60)
    first = models.DateTimeField()
    last = models.DateTimeField()
    events = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "format", "product", "category", "service"], name="monitoring_source_log"
            ),
        ]


class Collector(models.Model):
    """A running `accord collect`: on which machine, since when, when it gave its last sign, how much space it has."""

    name = models.CharField(max_length=200, unique=True)
    started = models.DateTimeField()
    seen = models.DateTimeField()
    paused = fields.text(300)
    free = models.BigIntegerField(null=True)
