"""What CISA's Vulnrichment says of CVEs, and how long products are supported."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class SsvcPoint(models.Model):
    """CISA's decision points for one CVE, and the CVSS vectors beside them. "" and NULL = not told.

    `exploitation`: none, poc (a proof of concept is public) or active. `assessed`: the day of the assessment.
    """

    class Exploitation(models.TextChoices):
        NONE = "none", "None known"
        POC = "poc", "Proof of concept"
        ACTIVE = "active", "Active"

    cve = models.CharField(max_length=30, unique=True)
    exploitation = models.CharField(max_length=10, choices=Exploitation.choices, blank=True)
    automatable = models.BooleanField(null=True)
    total_impact = models.BooleanField(null=True)
    assessed = models.DateField(null=True)
    vectors = models.JSONField(default=list)

    class Meta:
        verbose_name = "SSVC point"

    def __str__(self) -> str:
        return self.cve


class EndOfLife(models.Model):
    """One release cycle of a product (endoflife.date). `identifiers` are purls and CPEs of the product.

    `support_ends` is the last day of active support, `eol` that of security fixes. Where the feed says only yes or no,
    the date is NULL and `support_ended` or `eol_reached` says it; both NULL = not told.
    """

    product = models.CharField(max_length=200)
    cycle = models.CharField(max_length=200)
    released = models.DateField(null=True)
    support_ends = models.DateField(null=True)
    support_ended = models.BooleanField(null=True)
    eol = models.DateField(null=True)
    eol_reached = models.BooleanField(null=True)
    latest = models.CharField(max_length=100, blank=True)
    identifiers = models.JSONField(default=list)

    class Meta:
        verbose_name = "release cycle"
        constraints: ClassVar = [fields.only_one(["product", "cycle"], "exposure_cycle_once")]
        indexes: ClassVar = [models.Index(fields=["eol", "id"], name="exposure_cycle_eol")]

    def __str__(self) -> str:
        return f"{self.product} {self.cycle}"
