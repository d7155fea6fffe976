"""The risk of hosts, users and addresses: what fired on each, and how much of it still counts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accord.core import fields


class EntityRisk(models.Model):
    """One host, user or address and its risk as of `at`; it halves with time (`engines.alerting`).

    `key` is "kind:name" in lower case. Only what fired after `since` counts: a risk alert that was closed begins anew.
    `alert` is the newest alert of this entity's risk.
    """

    class Kind(models.TextChoices):
        HOST = "host", "Host"
        USER = "user", "User"
        ADDRESS = "address", "Address"

    key = models.CharField(max_length=330, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=300)
    asset = fields.ref("estate.Asset", null=True)
    value = models.FloatField(default=0)
    rules = models.PositiveIntegerField(default=0)
    tactics = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(null=True)
    alert = fields.ref("monitoring.Alert", null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-value", "id"], name="monitoring_entity_risk")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class EntityRule(models.Model):
    """One rule that fired on an entity: how often, when last, and by which alert.

    `set_aside`: that alert is judged false, so that it counts for nothing while it is; at most one row of a rule on an
    entity counts.
    """

    entity = fields.link("monitoring.EntityRisk", "fired")
    rule = fields.link("monitoring.Rule", "fired_on")
    level = models.CharField(max_length=15)
    tactics = models.JSONField(default=list)
    hits = models.PositiveBigIntegerField(default=0)
    last = models.DateTimeField()
    alert = fields.link("monitoring.Alert", "raised")
    set_aside = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entity", "rule"], condition=models.Q(set_aside=False), name="monitoring_entity_rule"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["last"], name="monitoring_entity_last")]
