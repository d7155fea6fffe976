"""The patch plan: what is fixed in which window, and what is in none and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone


class PatchPlan(models.Model):
    """One computed schedule. `inputs` is the hash of everything that it was computed from, `figures` what it found."""

    made = models.DateTimeField(default=timezone.now)
    by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    job = models.UUIDField(null=True)
    begins = models.DateField()
    ends = models.DateField()
    inputs = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    figures = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("exposure:patch_plan_detail", args=[self.pk])

    @property
    def key(self) -> str:
        return f"PATCH-{self.pk}"


class PatchJob(models.Model):
    """One fix on one system in a plan. `window` NULL = it is in none, for the reason in `why`.

    `rate_…` is the loss a day that ends once it is done (NULL = not priced), `removed` what that comes to until the end
    of the plan. `hours` and `downtime` are the likely ones that it was planned with, NULL = nobody has estimated it.
    `also` are the keys of fixes to lower versions that it does as well.
    """

    class Why(models.TextChoices):
        PLANNED = "planned", "Planned"
        LATE = "late", "Planned, after its deadline"
        HELD = "held", "Held by a sheet"
        DROPPED = "dropped", "Accepted by a sheet"
        NO_EFFORT = "no_effort", "Nobody has estimated what it takes"
        NO_TEAM = "no_team", "Nobody has said which team changes the system"
        NO_SYSTEM = "no_system", "Its assets belong to no system"
        NO_WINDOW = "no_window", "No window is open to it"
        TOO_LONG = "too_long", "It takes more than any window has"
        NO_ROOM = "no_room", "No room is left in its windows"
        RULE = "rule", "A rule between systems keeps it out"
        PIN_BROKEN = "pin_broken", "The window that its sheet names cannot take it"

    plan = models.ForeignKey(PatchPlan, on_delete=models.CASCADE, related_name="jobs")
    fix: Any = models.ForeignKey("exposure.Fix", on_delete=models.PROTECT, related_name="patch_jobs")
    system: Any = models.ForeignKey("estate.System", on_delete=models.CASCADE, null=True, related_name="patch_jobs")
    window: Any = models.ForeignKey("exposure.ChangeWindow", on_delete=models.SET_NULL, null=True, related_name="jobs")
    why = models.CharField(max_length=10, choices=Why.choices)
    team = models.CharField(max_length=100, blank=True)
    hours = models.FloatField(null=True)
    downtime = models.FloatField(null=True)
    restart = models.BooleanField(null=True)
    rate_low = models.FloatField(null=True)
    rate_mid = models.FloatField(null=True)
    rate_high = models.FloatField(null=True)
    removed = models.FloatField(null=True)
    findings = models.PositiveIntegerField(default=0)
    worst_class = models.PositiveSmallIntegerField()
    due = models.DateTimeField(null=True)
    due_why = models.CharField(max_length=10, blank=True)
    also = models.JSONField(default=list)
    sheet = models.CharField(max_length=100, blank=True)
    sheet_address = models.CharField(max_length=300, blank=True)
    sheet_choice = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["plan", "window", "id"], name="exposure_job_window"),
            models.Index(fields=["plan", "why", "id"], name="exposure_job_why"),
            models.Index(fields=["plan", "removed", "id"], name="exposure_job_removed"),
        ]

    def __str__(self) -> str:
        return f"{self.fix} on {self.system}"
