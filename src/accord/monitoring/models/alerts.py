"""Alerts, and the events on which each rests."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class Alert(models.Model):
    """Hits of one rule on one entity that belong together: one thing for a person to judge.

    `first` and `last` are times of events, `opened` is when the alert was made. `entity` is what it is about ("host
    srv-01", "user ada"), `group` the key by which further hits are added to it. `score` orders the queue, highest
    first. `goal_share` and the loss at stake (money a year: low, middle, high) are of the systems of its asset, NULL
    where not known. `events` counts all its hits, also those that are not kept one by one.
    """

    class State(models.TextChoices):
        NEW = "new", "New"
        OPEN = "open", "In triage"
        CLOSED = "closed", "Closed"

    class Verdict(models.TextChoices):
        TRUE = "true", "True"
        FALSE = "false", "False"
        BENIGN = "benign", "Benign true"
        DUPLICATE = "duplicate", "Duplicate"

    key = fields.key()
    rule = fields.ref("monitoring.Rule")
    version = fields.ref("monitoring.RuleVersion")
    level = models.CharField(max_length=15)
    title = models.CharField(max_length=400)
    entity_kind = models.CharField(max_length=20)
    entity = models.CharField(max_length=300)
    group = models.CharField(max_length=64)
    host = fields.text(300)
    user = fields.text(300)
    address = fields.text(60)
    asset = fields.ref("estate.Asset", null=True)
    system = fields.ref("estate.System", null=True)
    unit = fields.ref("organization.Unit", null=True)
    techniques = models.JSONField(default=list)
    goal_share = models.FloatField(null=True)
    loss_low = models.FloatField(null=True)
    loss_mid = models.FloatField(null=True)
    loss_high = models.FloatField(null=True)
    score = models.FloatField(default=0)
    events = models.PositiveBigIntegerField(default=0)
    first = models.DateTimeField()
    last = models.DateTimeField()
    opened = models.DateTimeField(default=timezone.now)
    acknowledged = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="duplicates")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    minutes = models.FloatField(default=0)
    escalated = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "-score", "id"], name="monitoring_alert_queue"),
            models.Index(fields=["rule", "opened"], name="monitoring_alert_rule"),
            models.Index(fields=["opened", "id"], name="monitoring_alert_opened"),
            models.Index(fields=["group", "state"], name="monitoring_alert_group"),
            models.Index(fields=["asset", "opened"], name="monitoring_alert_asset"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("monitoring:alert_detail", args=[self.key])


class AlertEvent(models.Model):
    """One hit that is kept with its alert: `event` is the key of the stored event, `data` its fields (bounded)."""

    alert = fields.link("monitoring.Alert", "hits")
    event = models.CharField(max_length=80)
    source = fields.ref("monitoring.Source", null=True)
    time = models.DateTimeField()
    time_is_told = models.BooleanField(default=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["alert", "event"], name="monitoring_alert_event")]
        indexes: ClassVar = [models.Index(fields=["time"], name="monitoring_hit_time")]
