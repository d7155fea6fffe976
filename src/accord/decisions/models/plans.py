"""Frontiers, the plans on them, and what either executive insists on."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.roles import Role

ROLES = [(Role.CIO.value, "CIO"), (Role.CISO.value, "CISO")]


class Frontier(models.Model):
    """One computation of the frontier of value against residual loss: what went in (by hash), all that came out."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    inputs_hash = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    complete = models.BooleanField(default=False)
    result = models.JSONField()

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [models.Index(fields=["-at"], name="decisions_frontier_at")]

    def __str__(self) -> str:
        return f"frontier of {self.at:%Y-%m-%d %H:%M}"


class Plan(models.Model):
    """A chosen set of initiatives with their starts, evaluated exactly; never changed after it was made."""

    class Origin(models.TextChoices):
        TODAY = "today", "Today"
        CIO = "cio", "CIO alone"
        CISO = "ciso", "CISO alone"
        JOINT = "joint", "Joint proposal"
        SPLIT = "split", "Budget split in two"
        ROSI = "rosi", "Ranked by ROSI"
        POINT = "point", "Point of the frontier"
        OWN = "own", "Own choice"

    key = fields.key()
    name = models.CharField(max_length=300)
    origin = models.CharField(max_length=6, choices=Origin.choices)
    frontier = models.ForeignKey(Frontier, null=True, blank=True, on_delete=models.PROTECT, related_name="plans")
    made = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    inputs_hash = models.CharField(max_length=64)
    value = models.FloatField(help_text="Strategic value over the horizon, 0–1.")
    loss = models.FloatField(help_text="Expected residual loss over the horizon.")
    result = models.JSONField(help_text="Everything that was computed: gap, money and people used, reasons.")

    class Meta:
        ordering: ClassVar = ["-made"]

    def __str__(self) -> str:
        return self.name


class PlanItem(models.Model):
    """An initiative in a plan and the quarter in which it starts."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    initiative = models.ForeignKey("strategy.Initiative", on_delete=models.PROTECT, related_name="plan_items")
    start = models.CharField(max_length=7)

    class Meta:
        constraints: ClassVar = [fields.only_one(["plan", "initiative"], "decisions_plan_item_once")]

    def __str__(self) -> str:
        return f"{self.initiative} from {self.start}"


class Stance(models.Model):
    """What one executive insists on: an initiative that must be in (pin) or out (drop), and why."""

    class Kind(models.TextChoices):
        PIN = "pin", "Must be in"
        DROP = "drop", "Must be out"

    role = models.CharField(max_length=4, choices=ROLES)
    initiative = models.ForeignKey("strategy.Initiative", on_delete=models.CASCADE, related_name="stances")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [fields.only_one(["role", "initiative"], "decisions_stance_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.get_kind_display().lower()} {self.initiative}"
