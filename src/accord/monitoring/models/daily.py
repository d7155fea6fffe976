"""The daily watch as it was composed, the hand-over notes of the shifts, and who is mailed it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class DailyWatch(models.Model):
    """What was watched between `since` and `until`, as it was known when it was composed.

    `day` is that of the morning, in the zone of the organization; a further composition of the same day has the next
    `number`. `content` is canonical JSON (a string, so that `content_hash`, its SHA-256, can be checked against it) of
    sentences, and of sections with statements and lines; it never changes. `grade` is the reading grade of its words.
    `composed_by` NULL = by Accord in the morning.
    """

    key = fields.key()
    day = models.DateField()
    number = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()
    until = models.DateTimeField()
    composed = models.DateTimeField(default=timezone.now)
    composed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    grade = models.FloatField(null=True)
    events = models.BigIntegerField(null=True)
    alerts = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    silent = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name_plural = "daily watches"
        constraints: ClassVar = [models.UniqueConstraint(fields=["day", "number"], name="monitoring_watch_number")]
        indexes: ClassVar = [models.Index(fields=["-until", "-id"], name="monitoring_watch_until")]

    def __str__(self) -> str:
        return f"Daily watch of {self.day.day} {self.day:%B %Y}"

    @property
    def frozen(self) -> dict[str, Any]:
        """The content as data."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    def get_absolute_url(self) -> str:
        return reverse("monitoring:daily_watch_detail", args=[self.key])


class ShiftNote(models.Model):
    """What one shift tells the next: written by `by` at `at`, never changed."""

    text = models.TextField(max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at", "id"], name="monitoring_shift_note")]

    def __str__(self) -> str:
        return self.text[:80]


class WatchChoice(models.Model):
    """Whether an account wants the daily watch by mail; without a row its roles decide."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    wanted = models.BooleanField()
    changed = models.DateTimeField(default=timezone.now)


class WatchMail(models.Model):
    """One mail of a daily watch to one account: tried again with growing pauses until the server takes it.

    `due` is when it is tried next, NULL = no more: it was sent, or given up (`problem` says why).
    """

    watch = fields.link("monitoring.DailyWatch", "mails")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    attempts = models.PositiveIntegerField(default=0)
    due = models.DateTimeField(null=True, default=timezone.now)
    sent = models.DateTimeField(null=True)
    problem = fields.text(500)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["watch", "user"], name="monitoring_watch_mail")]
        indexes: ClassVar = [models.Index(fields=["due"], name="monitoring_mail_due")]


class ExploitedWeakness(models.Model):
    """A weakness that entered the catalogue of what attackers use, as the exposure room told; kept for 60 days."""

    identifier = models.CharField(max_length=100)
    title = fields.text(400)
    href = fields.text(300)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "exploited weaknesses"
        constraints: ClassVar = [models.UniqueConstraint(fields=["identifier", "at"], name="monitoring_exploited")]
        indexes: ClassVar = [models.Index(fields=["at"], name="monitoring_exploited_at")]
