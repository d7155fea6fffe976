"""A plan that both executives sign, and the reservations under which either signs it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.twokey import TwoKey
from accord.decisions.models.plans import ROLES, Plan
from accord.decisions.models.table import Sitting


class Decision(TwoKey):
    """A plan that both executives sign. Its frozen content holds every figure that it rested on.

    `record` is canonical JSON of how it ended: signatures, reservations and the comments that were made
    before the last key; written once, when the decision comes into force or a dissent is recorded.
    """

    key = fields.key()
    title = models.CharField(max_length=300)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="decisions")
    sitting = models.ForeignKey(Sitting, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)
    record = models.TextField(blank=True)
    record_hash = models.CharField(max_length=64, blank=True)

    class Meta(TwoKey.Meta):
        ordering: ClassVar = ["-created"]
        constraints: ClassVar = [
            *TwoKey.Meta.constraints,
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="in_force"), name="decisions_one_plan_in_force"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def recorded(self) -> Any:
        """How it ended, as data; None while it waits."""
        return json.loads(self.record) if self.record else None


class Reservation(models.Model):
    """A point of a signed decision that its signer does not share: signed all the same, and recorded.

    `point` is the key of an initiative of the plan, or of one of its statements ("plan.loss").
    """

    class Kind(models.TextChoices):
        INITIATIVE = "initiative", "Initiative"
        FIGURE = "figure", "Figure"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="reservations")
    role = models.CharField(max_length=4, choices=ROLES)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    point = models.CharField(max_length=100)
    name = models.CharField(max_length=300)
    reason = models.CharField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["role", "kind", "point"]
        constraints: ClassVar = [fields.only_one(["decision", "role", "kind", "point"], "decisions_reservation_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.name}"
