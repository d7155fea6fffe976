"""Fixes: the one change that closes a group of findings, what it closes on each system, and what flows by month."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accord.engines import priority


class FixCounts(models.Model):
    """What a fix closes: open findings (those in progress, claimed and accepted are part of them) and their price.

    `price_…` is the sum of the prices of its priced findings, money a year (low, middle, high of the hazard), NULL
    where none is priced; `unpriced` findings are in no sum. `due` is the earliest deadline of its open findings that
    are not accepted, NULL without one. `worst_class` NULL = nothing is open.
    """

    open_findings = models.PositiveIntegerField(default=0)
    in_progress = models.PositiveIntegerField(default=0)
    claimed = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    known_exploited = models.PositiveIntegerField(default=0)
    assets = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    price_low = models.FloatField(null=True)
    price_mid = models.FloatField(null=True)
    price_high = models.FloatField(null=True)
    worst_class = models.PositiveSmallIntegerField(null=True)
    due = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def worst_code(self) -> str:
        return "" if self.worst_class is None else priority.CODES[priority.Urgency(self.worst_class)]

    @property
    def work(self) -> int:
        """Open findings that somebody still has to work on: neither accepted nor claimed to be fixed."""
        return self.open_findings - self.accepted - self.claimed


class Fix(FixCounts):
    """One change that closes a group of findings.

    An upgrade is one component of one ecosystem (purl type, "" where the scanner gave none) brought to one version; a
    remedy is what the solution of one definition says. `key` is made from these alone (`services.fixes.key_of`) and
    stays the same for ever. Findings that are reported for information only have nothing to fix and are in none.
    """

    class Kind(models.TextChoices):
        UPGRADE = "upgrade", "Upgrade"
        REMEDY = "remedy", "Remedy"

    key = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=500)
    ecosystem = models.CharField(max_length=60, blank=True)
    component = models.CharField(max_length=300, blank=True)
    target_version = models.CharField(max_length=200, blank=True)
    definition: Any = models.ForeignKey(
        "exposure.Definition", on_delete=models.PROTECT, null=True, related_name="fixes"
    )
    systems = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()

    class Meta:
        verbose_name_plural = "fixes"
        indexes: ClassVar = [
            models.Index(fields=["worst_class", "due", "id"], name="exposure_fix_worst"),
            models.Index(fields=["price_mid", "id"], name="exposure_fix_price"),
            models.Index(fields=["open_findings", "id"], name="exposure_fix_open"),
            models.Index(fields=["due", "id"], name="exposure_fix_due"),
            models.Index(fields=["component"], name="exposure_fix_component"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("exposure:fix_detail", args=[self.key])


class SystemFix(FixCounts):
    """What one fix closes on one system; `system` NULL: on assets that belong to no system, or on unclaimed targets.

    A finding on an asset of two systems counts in both; `own_share` is the part of the price that falls to this system
    where that of shared assets is split evenly. `owner` is the system's owner in IT when it was counted.
    """

    fix = models.ForeignKey(Fix, on_delete=models.CASCADE, related_name="on_systems")
    system: Any = models.ForeignKey("estate.System", on_delete=models.CASCADE, null=True, related_name="fixes")
    owner: Any = models.ForeignKey("organization.Person", on_delete=models.SET_NULL, null=True, related_name="fixes")
    own_share = models.FloatField(default=1.0)

    class Meta:
        verbose_name_plural = "fixes on systems"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fix", "system"], name="exposure_system_fix_once"),
            models.UniqueConstraint(
                fields=["fix"], condition=Q(system__isnull=True), name="exposure_system_fix_none_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "worst_class"], name="exposure_sysfix_owner")]

    def __str__(self) -> str:
        return f"{self.fix} on {self.system or 'no system'}"


class MonthlyFlow(models.Model):
    """What came, went, and kept its deadline in one month (UTC), by class and system (NULL = none), from evidence.

    `closed` are findings that a scan verified as gone in the month. `met`: closed by its deadline, in the month of the
    evidence; `missed`: not closed by its deadline, in the month in which that passed. `undated` are those closed
    without a deadline. `open_before` were open when the month began. A finding that came back counts by its last
    closing alone. In a row with `whole`, every finding is counted once, whatever its systems.
    """

    month = models.DateField()
    system: Any = models.ForeignKey("estate.System", on_delete=models.CASCADE, null=True, related_name="+")
    worst_class = models.PositiveSmallIntegerField()
    open_before = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    undated = models.PositiveIntegerField(default=0)
    whole = models.BooleanField(default=False)

    class Meta:
        verbose_name = "monthly flow"
        indexes: ClassVar = [models.Index(fields=["whole", "month"], name="exposure_flow_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class FixState(models.Model):
    """When the fixes were counted last, and whether something landed since. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField(null=True)
    stale = models.BooleanField(default=True)

    def __str__(self) -> str:
        return "state of the fixes"


class FixDecision(models.Model):
    """What a signed patch-or-wait sheet says of a fix on a system, as long as it is in force."""

    class Choice(models.TextChoices):
        NOW = "now", "Patch now"
        WINDOW = "window", "Patch in a window"
        MITIGATE = "mitigate", "Mitigate until"
        ACCEPT = "accept", "Accept until"

    system: Any = models.ForeignKey("estate.System", on_delete=models.CASCADE, related_name="+")
    fix = models.ForeignKey(Fix, on_delete=models.CASCADE, related_name="decisions")
    choice = models.CharField(max_length=10, choices=Choice.choices)
    window = models.CharField(max_length=100, blank=True)
    until = models.DateField(null=True)
    decision = models.CharField(max_length=100)
    address = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["system", "fix"], name="exposure_fix_decision_once")]

    def __str__(self) -> str:
        return f"{self.decision}: {self.get_choice_display()}"
