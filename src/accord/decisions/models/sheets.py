"""Sheets: what both executives decide beside the plan, on insurance, a supplier, a delay or materiality."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.twokey import TwoKey, TwoKeyState


class Sheet(TwoKey):
    """Options with their figures, of which both executives choose one by their keys.

    `inputs` is what was filled in and `figures` what followed from it, until it is proposed; from then on only the
    frozen content counts. `until` is the last day on which the choice holds; None where it does not run out.
    `record` says, once, how it ended: the signatures or the dissent.
    """

    class Kind(models.TextChoices):
        INSURANCE = "insurance", "Insurance"
        SUPPLIER = "supplier", "Supplier"
        RETIREMENT = "retirement", "Delayed retirement"
        MATERIALITY = "materiality", "Materiality"

    key = fields.key()
    kind = models.CharField(max_length=11, choices=Kind.choices)
    title = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    inputs = models.JSONField()
    figures = models.JSONField(default=dict)
    chosen = models.CharField(max_length=100, blank=True)
    until = models.DateField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    record = models.TextField(blank=True)
    record_hash = models.CharField(max_length=64, blank=True)

    class Meta(TwoKey.Meta):
        ordering: ClassVar = ["-created", "-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "-created"], name="decisions_sheet_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def shown(self) -> dict[str, Any]:
        """What was proposed, or the draft as it stands."""
        found: dict[str, Any] = self.frozen or self.figures
        return found

    @property
    def recorded(self) -> Any:
        """How it ended, as data; None while it waits."""
        return json.loads(self.record) if self.record else None

    def ran_out(self, today: dt.date) -> bool:
        """Whether it was in force and its last day is over."""
        return self.state == TwoKeyState.IN_FORCE and self.until is not None and self.until < today
