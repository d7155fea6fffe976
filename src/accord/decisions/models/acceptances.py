"""Acceptances: findings that both executives leave open until a day, at any scope, with what they cost meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.twokey import TwoKey, TwoKeyState


class Acceptance(TwoKey):
    """Findings left open until the end of a day, by two keys.

    `scope` says what it is about and `subject` is its key: a finding (F-17), a definition (its identifier), a system
    or a unit. It covers the findings that were open there when it was proposed (`covers`) and no other: what comes
    later is listed beside it until it is added by two keys again, in an acceptance of which this is the `predecessor`.
    `ended_at` and `ended`: when and how it ended after it was in force.
    """

    class Scope(models.TextChoices):
        FINDING = "finding", "One finding"
        DEFINITION = "definition", "One weakness everywhere"
        SYSTEM = "system", "A system"
        UNIT = "unit", "A unit"

    class Ended(models.TextChoices):
        RAN_OUT = "ran_out", "Ran out"
        REVOKED = "revoked", "Revoked"
        REPLACED = "replaced", "Replaced"

    key = fields.key()
    scope = models.CharField(max_length=10, choices=Scope.choices)
    subject = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    reason = models.TextField()
    until = models.DateField()
    measures = models.TextField(blank=True)
    controls: Any = models.ManyToManyField("program.Control", blank=True, related_name="acceptances")
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    predecessor: Any = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors"
    )
    record = models.TextField(blank=True)
    record_hash = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=8, choices=Ended.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_reason = models.TextField(blank=True)

    class Meta(TwoKey.Meta):
        ordering: ClassVar = ["-created", "-pk"]
        constraints: ClassVar = [
            *TwoKey.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(ended="", ended_at__isnull=True)
                | ~models.Q(ended="") & models.Q(ended_at__isnull=False),
                name="decisions_acceptance_ended",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["state", "until"], name="decisions_accept_until"),
            models.Index(fields=["scope", "subject"], name="decisions_accept_subject"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def recorded(self) -> Any:
        """How its signing ended, as data; None while it waits."""
        return json.loads(self.record) if self.record else None

    def holds(self, today: dt.date) -> bool:
        """Whether its findings are accepted on a day."""
        return self.state == TwoKeyState.IN_FORCE and not self.ended and today <= self.until

    def ran_out(self, today: dt.date) -> bool:
        """Whether it was in force and its last day is over, noted or not."""
        over = self.state == TwoKeyState.IN_FORCE and not self.ended and self.until < today
        return over or self.ended == self.Ended.RAN_OUT


class AcceptedFinding(models.Model):
    """A finding that an acceptance covers."""

    acceptance = models.ForeignKey(Acceptance, on_delete=models.CASCADE, related_name="covers")
    finding: Any = models.ForeignKey("exposure.Finding", on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["acceptance", "finding"], name="decisions_accepted_finding_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["finding"], name="decisions_accepted_finding")]

    def __str__(self) -> str:
        return f"F-{self.finding_id}"
