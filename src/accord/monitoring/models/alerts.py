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
    first; it is the upper end, `score_low` the lower one: they differ where something that it rests on is not known.
    `goal_share` and the loss at stake (money a year: low, middle, high) are of the systems of its asset, `risk` is the
    greatest of its host, user and address, each NULL where not known. `events` counts all its hits, `kept` those that
    are kept one by one.

    `asset_by` says by what the asset was found (`accord.monitoring.selectors.ties`), "" where that was not noted.

    `kind` risk: no rule fired, but the risk of an entity crossed the threshold (`rule` and `version` are NULL);
    `made_of` then lists the rules, each with its newest hit and what it gave. `folded_into` is the alert of the
    correlation rule that its hits fed. `silence` is the window that held when it was made. `revision` counts what
    people did to it, `changed` and `changed_by` tell the last of that.
    """

    class Kind(models.TextChoices):
        RULE = "rule", "Rule"
        CORRELATION = "correlation", "Correlation"
        RISK = "risk", "Risk of an entity"

    class State(models.TextChoices):
        NEW = "new", "New"
        OPEN = "open", "In triage"
        CLOSED = "closed", "Closed"
        SILENCED = "silenced", "Silenced"
        FOLDED = "folded", "Folded"

    class Verdict(models.TextChoices):
        TRUE = "true", "True"
        FALSE = "false", "False"
        BENIGN = "benign", "Benign true"
        DUPLICATE = "duplicate", "Duplicate"

    key = fields.key()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.RULE)
    rule = fields.ref("monitoring.Rule", null=True)
    version = fields.ref("monitoring.RuleVersion", null=True)
    source = fields.ref("monitoring.Source", null=True)
    level = models.CharField(max_length=15)
    title = models.CharField(max_length=400)
    entity_kind = models.CharField(max_length=20)
    entity = models.CharField(max_length=300)
    group = models.CharField(max_length=64)
    host = fields.text(300)
    user = fields.text(300)
    address = fields.text(60)
    asset = fields.ref("estate.Asset", null=True)
    asset_by = fields.text(400)
    system = fields.ref("estate.System", null=True)
    unit = fields.ref("organization.Unit", null=True)
    techniques = models.JSONField(default=list)
    tactics = models.JSONField(default=list)
    goal_share = models.FloatField(null=True)
    loss_low = models.FloatField(null=True)
    loss_mid = models.FloatField(null=True)
    loss_high = models.FloatField(null=True)
    risk = models.FloatField(null=True)
    made_of = models.JSONField(default=list)
    score = models.FloatField(default=0)
    score_low = models.FloatField(default=0)
    events = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
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
    escalated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    escalation = fields.text(1000)
    folded_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="folded")
    silence = fields.ref("monitoring.Silence", null=True)
    revision = models.PositiveIntegerField(default=0)
    changed = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["-score", "id"],
                name="monitoring_alert_waiting",
                condition=models.Q(state__in=["new", "open"]),
            ),
            models.Index(fields=["entity_kind", "entity", "-opened"], name="monitoring_alert_entity"),
            models.Index(fields=["owner", "state"], name="monitoring_alert_owner"),
            models.Index(fields=["system", "opened"], name="monitoring_alert_system"),
            models.Index(fields=["state", "-score", "id"], name="monitoring_alert_queue"),
            models.Index(fields=["rule", "opened"], name="monitoring_alert_rule"),
            models.Index(fields=["opened", "id"], name="monitoring_alert_opened"),
            models.Index(fields=["group", "state"], name="monitoring_alert_group"),
            models.Index(fields=["asset", "opened"], name="monitoring_alert_asset"),
            models.Index(fields=["host", "opened"], name="monitoring_alert_host"),
            models.Index(fields=["user", "opened"], name="monitoring_alert_user"),
            models.Index(fields=["address", "opened"], name="monitoring_alert_address"),
            models.Index(fields=["closed", "id"], name="monitoring_alert_closed"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("monitoring:alert_detail", args=[self.key])


class AlertEvent(models.Model):
    """One hit that is kept with its alert: `event` is the key of the stored event.

    `asked` are the fields that the rule asks for, `data` the whole event as read (bounded; `cut` tells that something
    was left out). Of a correlation rule: `group` is what it groups by, `members` are the keys of its events, `measure`
    is what was compared.
    """

    alert = fields.link("monitoring.Alert", "hits")
    event = models.CharField(max_length=80)
    source = fields.ref("monitoring.Source", null=True)
    time = models.DateTimeField()
    time_is_told = models.BooleanField(default=True)
    host = fields.text(300)
    user = fields.text(300)
    address = fields.text(60)
    asked = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    group = models.JSONField(default=dict)
    members = models.JSONField(default=list)
    measure = models.FloatField(null=True)
    cut = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["alert", "event"], name="monitoring_alert_event")]
        indexes: ClassVar = [
            models.Index(fields=["time"], name="monitoring_hit_time"),
            models.Index(fields=["event"], name="monitoring_hit_event"),
            models.Index(fields=["source", "alert"], name="monitoring_hit_source"),
        ]


class AlertNote(models.Model):
    """What an analyst wrote of an alert."""

    alert = fields.link("monitoring.Alert", "notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta:
        ordering: ClassVar = ["pk"]


class SeenHit(models.Model):
    """A hit that was counted: the digest of its rule and event, so that it is never counted twice."""

    mark = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="monitoring_seen_at")]
