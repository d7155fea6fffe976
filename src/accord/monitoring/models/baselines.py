"""Whose logs come by which source, whether each source sends as it used to, and when each was silent."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields


class SourceHost(models.Model):
    """A host whose events came by a source, and the asset that it is, NULL where the estate has none.

    `last` is the newest time of its events, by receipt where an event told none.
    """

    source = fields.link("monitoring.Source", "hosts")
    host = models.CharField(max_length=300)
    asset = models.ForeignKey("estate.Asset", on_delete=models.CASCADE, null=True, related_name="log_sources")
    first = models.DateTimeField()
    last = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [fields.only_one(["source", "host"], "monitoring_source_host")]
        indexes: ClassVar = [
            models.Index(fields=["asset", "last"], name="monitoring_host_asset"),
            models.Index(fields=["last"], name="monitoring_host_last"),
        ]

    def __str__(self) -> str:
        return self.host


class BoundLog(models.Model):
    """Events of a source that count as logs of an asset only because a person bound the source to it: since when and
    until when they came, by receipt. They count while the source is bound to that asset."""

    source = fields.link("monitoring.Source", "bound_logs")
    asset = models.ForeignKey("estate.Asset", on_delete=models.CASCADE, related_name="bound_logs")
    first = models.DateTimeField()
    last = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [fields.only_one(["source", "asset"], "monitoring_bound_log")]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.asset_id}"


class SourceWatch(models.Model):
    """What a round found of one source against its own past (`accord.engines.baseline`).

    Expectations are of the last whole hour (`hour`), in events; NULL = not yet known. `silent_at` is the moment at
    which it counts as silent unless something comes before; `by` says whether that is told with the source or found
    from its past. Delays are means of an hour in seconds, `malformed` is the share of what could not be read, `dropped`
    what was lost within 24 hours. `learned` is what the engine found of its past, up to an hour.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", "Receiving"
        SILENT = "silent", "Silent"
        NEVER = "never", "Nothing yet"
        PAUSED = "paused", "Intake paused"
        OFF = "off", "Switched off"

    class By(models.TextChoices):
        TOLD = "told", "as told"
        PAST = "past", "by its own past"
        NOT_KNOWN = "", "not yet known"

    class Change(models.TextChoices):
        USUAL = "usual", "As usual"
        LESS = "less", "Much less"
        MORE = "more", "Much more"
        UNKNOWN = "unknown", "Not yet known"

    source = models.OneToOneField("monitoring.Source", on_delete=models.CASCADE, primary_key=True, related_name="watch")
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices)
    silent_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=4, choices=By.choices, blank=True)
    hours = models.PositiveIntegerField(default=0)
    hour = models.DateTimeField(null=True)
    got = models.BigIntegerField(null=True)
    low = models.FloatField(null=True)
    mid = models.FloatField(null=True)
    high = models.FloatField(null=True)
    volume = models.CharField(max_length=8, choices=Change.choices, default=Change.UNKNOWN)
    delay_now = models.FloatField(null=True)
    delay_usual = models.FloatField(null=True)
    delay = models.CharField(max_length=8, choices=Change.choices, default=Change.UNKNOWN)
    malformed_now = models.FloatField(null=True)
    malformed_usual = models.FloatField(null=True)
    malformed = models.CharField(max_length=8, choices=Change.choices, default=Change.UNKNOWN)
    dropped = models.BigIntegerField(default=0)
    learned = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "source watches"

    def __str__(self) -> str:
        return f"{self.source_id}: {self.state}"


class SourceSilence(models.Model):
    """One spell in which a source was silent: since its last event, noticed, and until its next (NULL = still)."""

    source = fields.link("monitoring.Source", "silences")
    since = models.DateTimeField()
    noticed = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    by = models.CharField(max_length=4, choices=SourceWatch.By.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(ended__isnull=True), name="monitoring_one_silence"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["noticed"], name="monitoring_silence_noticed")]

    def __str__(self) -> str:
        return f"{self.source_id} since {self.since}"


class RuleRoutes(models.Model):
    """Of which kinds of log the rules in force are (one row): what the program with this digest says.

    `rules`: primary key of a rule → (product, category, service), "" = any. `correlations`: primary key → whether it
    needs all its members, and their primary keys.
    """

    digest = models.CharField(max_length=64)
    rules = models.JSONField(default=dict)
    correlations = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.digest)


class BlindState(models.Model):
    """What is not watched, as a round found it: one row (id 1). `result` is what the pages read."""

    at = models.DateTimeField(null=True)
    stale = models.BooleanField(default=True)
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"as of {self.at}"


class BlindInitiative(models.Model):
    """A blind spot that was made an initiative: `spot` names the blind spot, `initiative` is the initiative's key."""

    spot = models.CharField(max_length=200)
    initiative = models.CharField(max_length=100)
    made = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [fields.only_one(["spot", "initiative"], "monitoring_blind_initiative")]

    def __str__(self) -> str:
        return f"{self.spot} → {self.initiative}"
