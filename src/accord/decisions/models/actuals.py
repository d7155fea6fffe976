"""What was really spent, and when it really happened."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class ActualCost(models.Model):
    """What an initiative really cost in a calendar year."""

    initiative = fields.link("strategy.Initiative", "actual_costs")
    year = models.PositiveSmallIntegerField()
    capital = fields.unknown(fields.money)
    running = fields.unknown(fields.money)

    class Meta:
        verbose_name = "actual cost"
        constraints: ClassVar = [fields.only_one(["initiative", "year"], "decisions_actual_cost_once")]

    def __str__(self) -> str:
        return f"{self.initiative} in {self.year}"


class ActualDate(models.Model):
    """When an initiative really started and finished."""

    initiative = models.OneToOneField("strategy.Initiative", on_delete=models.CASCADE, related_name="actual_dates")
    started = models.DateField(null=True, blank=True)
    finished = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "actual date"

    def __str__(self) -> str:
        return f"dates of {self.initiative}"
