"""Tests of security: what is planned and was done, on which systems and surfaces, what came of it, and retests."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accord.core import fields
from accord.exposure.models.surfaces import Surface


class SecurityTest(models.Model):
    """A penetration test, red team exercise, tabletop or scan campaign, with its plan and what came of it."""

    class Kind(models.TextChoices):
        PENETRATION = "penetration", "Penetration test"
        RED_TEAM = "red_team", "Red team exercise"
        TABLETOP = "tabletop", "Tabletop exercise"
        SCAN = "scan", "Scan campaign"
        REVIEW = "review", "Code or configuration review"
        PHISHING = "phishing", "Phishing exercise"

    class TestState(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    key = fields.key()
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=TestState.choices)
    plan = models.TextField(blank=True)
    method = fields.text(500)
    tester = fields.text()
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="security_tests")
    starts = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    outcome = models.TextField(blank=True)
    retest_of = fields.unknown(fields.ref, to="exposure.SecurityTest", related_name="retests")
    report: Any = models.ForeignKey(
        "core.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["starts"], name="exposure_test_starts")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(retest_of__isnull=True) | ~Q(retest_of=F("id")), name="exposure_test_not_its_own_retest"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SecurityTestSystem(models.Model):
    """A system in the scope of a test."""

    test = fields.link("exposure.SecurityTest", "systems")
    system = fields.link("estate.System", "security_tests")

    class Meta:
        constraints: ClassVar = [fields.only_one(["test", "system"], "exposure_test_system_once")]

    def __str__(self) -> str:
        return f"{self.test}: {self.system}"


class SecurityTestSurface(models.Model):
    """A kind of surface in the scope of a test."""

    test = fields.link("exposure.SecurityTest", "surfaces")
    surface = models.CharField(max_length=10, choices=Surface.choices)

    class Meta:
        constraints: ClassVar = [fields.only_one(["test", "surface"], "exposure_test_surface_once")]

    def __str__(self) -> str:
        return f"{self.test}: {self.get_surface_display()}"


class SecurityTestRule(models.Model):
    """How often a surface (blank: every system of the criticality) is to be tested, and by which kind (blank: any)."""

    key = fields.key()
    surface = models.CharField(max_length=10, choices=Surface.choices, blank=True)
    criticality = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=12, choices=SecurityTest.Kind.choices, blank=True)
    within_days = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.key)


class SecurityTestScan(models.Model):
    """A scan whose findings are results of a test."""

    test = fields.link("exposure.SecurityTest", "scans")
    scan = fields.link("exposure.Scan", "tests")

    class Meta:
        constraints: ClassVar = [fields.only_one(["test", "scan"], "exposure_test_scan_once")]

    def __str__(self) -> str:
        return f"{self.test}: {self.scan}"


class SecurityTestFinding(models.Model):
    """A finding that a test made; kept when later scans see it as well."""

    test = fields.link("exposure.SecurityTest", "findings")
    finding = fields.link("exposure.Finding", "tests")

    class Meta:
        constraints: ClassVar = [fields.only_one(["test", "finding"], "exposure_test_finding_once")]

    def __str__(self) -> str:
        return f"{self.test}: {self.finding}"
