"""Campaigns: a named set of fixes with an owner and an aim; tickets: one fix handed to one owner."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone


class Campaign(models.Model):
    """A named set of fixes; its progress is what scans verified since `started`, never what somebody claims."""

    name = models.CharField(max_length=200, unique=True)
    purpose = models.CharField(max_length=1000, blank=True)
    owner: Any = models.ForeignKey("organization.Person", on_delete=models.PROTECT, null=True, related_name="campaigns")
    aim = models.DateField()
    started = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True)
    by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    open_findings = models.PositiveIntegerField(default=0)
    claimed = models.PositiveIntegerField(default=0)
    verified = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["aim"], name="exposure_campaign_aim")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exposure:campaign_detail", args=[self.pk])

    @property
    def key(self) -> str:
        return f"C-{self.pk}"

    @property
    def verified_share(self) -> float | None:
        """The part of its findings that scans verified as gone; None without any finding."""
        whole = self.open_findings + self.verified
        return self.verified / whole if whole else None


class CampaignFix(models.Model):
    """One fix of a campaign; `verified` of its findings were seen gone by scans since the campaign started."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="fixes")
    fix: Any = models.ForeignKey("exposure.Fix", on_delete=models.PROTECT, related_name="campaigns")
    verified = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "campaign fixes"
        constraints: ClassVar = [models.UniqueConstraint(fields=["campaign", "fix"], name="exposure_campaign_fix_once")]

    def __str__(self) -> str:
        return f"{self.campaign}: {self.fix}"


class Ticket(models.Model):
    """One fix handed to one owner (NULL: its systems have none). It goes out as a webhook and comes back by the API."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        TAKEN = "taken", "In progress"
        DONE = "done", "Done, says the other side"
        REFUSED = "refused", "Refused"

    fix: Any = models.ForeignKey("exposure.Fix", on_delete=models.PROTECT, related_name="tickets")
    owner: Any = models.ForeignKey("organization.Person", on_delete=models.PROTECT, null=True, related_name="tickets")
    campaign = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, related_name="tickets")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reference = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)
    findings = models.PositiveIntegerField(default=0)
    due = models.DateTimeField(null=True)
    made = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fix", "owner"], condition=Q(state__in=("open", "taken")), name="exposure_ticket_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["reference"], name="exposure_ticket_reference")]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("exposure:ticket_detail", args=[self.pk])

    @property
    def key(self) -> str:
        return f"R-{self.pk}"
