"""What was forecast when a decision came into force, what each executive stated, and which years are recorded whole."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accord.core import fields
from accord.decisions.models.decision import Decision
from accord.decisions.models.plans import ROLES


class Forecast(models.Model):
    """One forecast of a decision, kept when it came into force and never changed.

    `subject` is an initiative (dates), a calendar year (loss) or a goal (benefit); `data` holds the forecast itself.
    """

    class Kind(models.TextChoices):
        DATES = "dates", "Dates"
        LOSS = "loss", "Loss of a year"
        BENEFIT = "benefit", "Benefit for a goal"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="forecasts")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    subject = models.CharField(max_length=100)
    data = models.JSONField()
    made = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["kind", "subject"]
        constraints: ClassVar = [fields.only_one(["decision", "kind", "subject"], "decisions_forecast_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.subject} by {self.decision}"


class Estimate(models.Model):
    """What one executive stated before it was known; never changed, so that it can be scored.

    A probability that an initiative starts or finishes by its planned quarter, or a 90 % range for the loss or the
    money paid in a calendar year.
    """

    class About(models.TextChoices):
        START = "start", "Started by its planned quarter"
        FINISH = "finish", "Finished by its planned quarter"
        LOSS = "loss", "Loss of a year"
        MONEY = "money", "Money paid in a year"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="estimates")
    role = models.CharField(max_length=4, choices=ROLES)
    about = models.CharField(max_length=6, choices=About.choices)
    subject = models.CharField(max_length=100)
    probability = fields.unknown(fields.share)
    low = fields.unknown(fields.money)
    high = fields.unknown(fields.money)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["role", "about", "subject"]
        constraints: ClassVar = [
            fields.only_one(["decision", "role", "about", "subject"], "decisions_estimate_once"),
            models.CheckConstraint(
                name="decisions_estimate_is_one_or_the_other",
                condition=Q(
                    about__in=["start", "finish"], probability__gte=0, probability__lte=1, low__isnull=True,
                    high__isnull=True,
                )
                | Q(about__in=["loss", "money"], probability__isnull=True, low__gte=0, high__gte=models.F("low")),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.role}: {self.about} {self.subject}"


class ClosedYear(models.Model):
    """A calendar year of which an executive said that all its incidents with a loss are recorded."""

    year = models.PositiveSmallIntegerField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return f"losses of {self.year}"
