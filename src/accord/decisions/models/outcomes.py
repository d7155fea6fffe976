"""What really happened after a sheet on a patch came into force."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SheetOutcome(models.Model):
    """What came of a patch-or-wait sheet; NULL = not known. When it was patched is read from scans, never stated.

    `downtime_hours` is what the change really took, `failed` whether it had to be taken back. `incident`: whether the
    weakness was used here while it was open; then `event` is the loss event, where it is recorded.
    """

    sheet = models.OneToOneField("decisions.Sheet", on_delete=models.PROTECT, related_name="outcome")
    downtime_hours = models.FloatField(null=True, blank=True)
    failed = models.BooleanField(null=True, blank=True)
    incident = models.BooleanField(null=True, blank=True)
    event: Any = models.ForeignKey("risk.LossEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(downtime_hours__isnull=True) | Q(downtime_hours__gte=0), name="decisions_outcome_downtime"
            ),
            models.CheckConstraint(condition=Q(event__isnull=True) | Q(incident=True), name="decisions_outcome_event"),
        ]

    def __str__(self) -> str:
        return f"outcome of sheet {self.sheet_id}"
