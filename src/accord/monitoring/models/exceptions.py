"""What keeps hits from the queue: exceptions, silences, and the windows in which hits are one alert."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class RuleException(models.Model):
    """Hits that are no alert until `expires`: those of its rules (all, where `everywhere`) that fit all conditions.

    `conditions` are objects of field, operator and value. `told` is what the replay showed before it was saved, and
    `despite` why it was saved although alerts that were judged true would have vanished. `dropped` counts the hits.
    """

    key = fields.key()
    title = models.CharField(max_length=200)
    conditions = models.JSONField(default=list)
    everywhere = models.BooleanField(default=False)
    rules = models.ManyToManyField("monitoring.Rule", related_name="exceptions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000)
    expires = models.DateTimeField()
    told = models.JSONField(default=dict)
    despite = fields.text(1000)
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    dropped = models.PositiveBigIntegerField(default=0)
    last = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ended", "expires"], name="monitoring_exception_live")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        """Whether it drops hits now."""
        return self.ended is None and self.expires > timezone.now()

    @property
    def state(self) -> str:
        """live, expired or ended."""
        return "live" if self.is_live else "ended" if self.ended_by_id is not None else "expired"

    def get_absolute_url(self) -> str:
        return reverse("monitoring:exception_detail", args=[self.key])


class ExceptionDay(models.Model):
    """How many hits of one rule an exception dropped on one day of receipt (UTC)."""

    exception = fields.link("monitoring.RuleException", "days")
    rule = fields.link("monitoring.Rule", "excepted")
    day = models.DateField()
    hits = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exception", "rule", "day"], name="monitoring_exception_day")
        ]


class ExceptionReplay(models.Model):
    """What an exception would have dropped in the last days. `digest` is that of its conditions and rules."""

    digest = models.CharField(max_length=64)
    conditions = models.JSONField(default=list)
    everywhere = models.BooleanField(default=False)
    rules = models.JSONField(default=list)
    alert = fields.ref("monitoring.Alert", null=True)
    days = models.PositiveSmallIntegerField(default=30)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    job = models.ForeignKey("core.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    done = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    proof = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["digest", "done"], name="monitoring_replay_digest")]

    def get_absolute_url(self) -> str:
        return reverse("monitoring:exception_replay", args=[self.pk])


class Silence(models.Model):
    """A time in which alerts of a rule, an entity, an asset or a system are made silenced: they do not queue.

    What is named must all fit; at least one is. `since` and `until` are times of events. `hits` counts.
    """

    key = fields.key()
    reason = models.CharField(max_length=1000)
    rule = fields.ref("monitoring.Rule", null=True)
    entity_kind = fields.text(20)
    entity = fields.text(300)
    asset = fields.ref("estate.Asset", null=True)
    system = fields.ref("estate.System", null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    hits = models.PositiveBigIntegerField(default=0)
    last = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["until", "since"], name="monitoring_silence_time")]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def state(self) -> str:
        """live, planned, over or ended."""
        now = timezone.now()
        if self.ended is not None:
            return "ended"
        return "over" if self.until <= now else "planned" if self.since > now else "live"

    def get_absolute_url(self) -> str:
        return reverse("monitoring:silence_detail", args=[self.key])


class GroupingWindow(models.Model):
    """How long after its last hit an open alert of a rule still takes further hits, where it is not the level's."""

    rule = models.OneToOneField("monitoring.Rule", on_delete=models.CASCADE, related_name="window")
    length = models.DurationField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
