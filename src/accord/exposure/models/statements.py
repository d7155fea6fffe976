"""What a VEX document or a person says of a weakness on what the organization has."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accord.outlet.vex.records import JUSTIFICATIONS


class VexStatement(models.Model):
    """One statement about one definition. It stands until `ended`; while it stands it wins over scanners.

    `reach` says what it is about: the findings that point to it; a product (`purl` without its version, any version
    where `version` is ""); or everything on one asset or target, inside a product where `purl` is given too.
    `said` is the time that the author gives it, `made` when it came in. `scan` is the document that brought it, `by`
    the person who said or ended it. `justification` is a key of JUSTIFICATIONS of VEX, "" = none given.
    """

    class Status(models.TextChoices):
        NOT_AFFECTED = "not_affected", "Not affected"
        FALSE_POSITIVE = "false_positive", "False positive"
        FIXED = "fixed", "Fixed"
        AFFECTED = "affected", "Affected"
        UNDER_INVESTIGATION = "under_investigation", "Under investigation"

    class Reach(models.TextChoices):
        FINDINGS = "findings", "Chosen findings"
        PRODUCT = "product", "A product wherever it is"
        SUBJECT = "subject", "One asset"

    class End(models.TextChoices):
        WITHDRAWN = "withdrawn", "Withdrawn"
        SUPERSEDED = "superseded", "Superseded"
        UNDONE = "undone", "Its import was undone"

    definition = models.ForeignKey("exposure.Definition", on_delete=models.PROTECT, related_name="statements")
    status = models.CharField(max_length=20, choices=Status.choices)
    reach = models.CharField(max_length=10, choices=Reach.choices)
    purl = models.CharField(max_length=500, blank=True)
    version = models.CharField(max_length=200, blank=True)
    asset: Any = models.ForeignKey("estate.Asset", on_delete=models.PROTECT, null=True, related_name="+")
    target: Any = models.ForeignKey("exposure.Target", on_delete=models.CASCADE, null=True, related_name="+")
    justification = models.CharField(
        max_length=60, blank=True, choices=[(code, words) for code, (words, _) in JUSTIFICATIONS.items()]
    )
    impact = models.CharField(max_length=1000, blank=True)
    action = models.CharField(max_length=1000, blank=True)
    author = models.CharField(max_length=300, blank=True)
    by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    scan: Any = models.ForeignKey("exposure.Scan", on_delete=models.PROTECT, null=True, related_name="statements")
    said = models.DateTimeField()
    made = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    follower: Any = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="precursors")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended__isnull=True, end="") | (Q(ended__isnull=False) & ~Q(end="")),
                name="exposure_statement_ends_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["definition", "said"], name="exposure_statement_stands", condition=Q(ended=None)),
            models.Index(fields=["said", "id"], name="exposure_statement_said"),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("exposure:statement_detail", args=[self.pk])

    @property
    def key(self) -> str:
        """The readable identifier: VEX-17."""
        return f"VEX-{self.pk}"

    @property
    def stands(self) -> bool:
        return self.ended is None

    @property
    def justification_text(self) -> str:
        """The justification in words, "" where none is given."""
        return JUSTIFICATIONS[self.justification][0] if self.justification else ""

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        if self.reach == self.Reach.FINDINGS:
            return "Chosen findings"
        product = self.purl + (f"@{self.version}" if self.version else "")
        where = self.asset.name if self.asset_id else self.target.name if self.target_id else ""
        return " on ".join(part for part in (product, where) if part)
