"""Acts on many alerts at once: how far each is, and what was before, so that it can be undone."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class AlertAct(models.Model):
    """One act on several alerts.

    It is done in parts, by the alerts' primary keys from low to high: `place` is the last one that was looked at,
    `highest` the last one that was there when it was asked for; so it goes on where it broke off, and takes nothing
    that came later. `query` are the filters of the list (NULL: the alerts of `chosen`), `total` how many alerts fitted
    them then. `changed` and `passed` (by state) are counted in the transaction of each part. `undo_place` is the last
    of its rows that was put back or left; `left` counts those that somebody changed since.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=20)
    verdict = fields.text(10)
    note = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    duplicate_of = fields.ref("monitoring.Alert", null=True)
    minutes = models.FloatField(default=0)
    query = models.JSONField(null=True)
    chosen = models.JSONField(default=list)
    total = models.PositiveIntegerField(default=0)
    place = models.PositiveBigIntegerField(default=0)
    highest = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    passed = models.JSONField(default=dict)
    finished = models.DateTimeField(null=True)
    job = models.UUIDField(null=True)
    undo_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undo_asked = models.DateTimeField(null=True)
    undo_place = models.PositiveBigIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    undo_finished = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["by", "-at"], name="monitoring_act_by"),
            models.Index(fields=["at"], name="monitoring_act_at"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("monitoring:alert_act", args=[self.pk])


class AlertActRow(models.Model):
    """What one alert was before an act on many; `revision` and `became` (its state) are what the act left."""

    act = fields.link("monitoring.AlertAct", "rows")
    alert = fields.link("monitoring.Alert", "+")
    state = models.CharField(max_length=10)
    verdict = fields.text(10)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    duplicate_of = fields.ref("monitoring.Alert", null=True)
    acknowledged = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField()
    became = models.CharField(max_length=10)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["act", "id"], name="monitoring_act_rows")]
