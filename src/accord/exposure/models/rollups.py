"""Counts of open findings, kept in the transaction that changes them, so that no screen counts the findings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from accord.engines.priority import CODES, Urgency

CLASS_FIELDS = ("class_0", "class_1", "class_2", "class_3", "class_4", "class_5")
SEVERITY_FIELDS = ("critical", "high", "medium", "low", "info", "unrated")
UNKNOWN_FIELDS = ("unknown_critical", "unknown_high", "unknown_medium", "unknown_low", "unknown_unrated")
"""Open findings without EPSS, each definition once on an asset, by severity; what has no deadline is not counted."""
COUNTED = ("open_findings", *CLASS_FIELDS, *SEVERITY_FIELDS, "known_exploited")


def _count() -> Any:
    return models.PositiveIntegerField(default=0)


class Counts(models.Model):
    """Open findings by worst class, by severity, and how many are known to be exploited."""

    open_findings = _count()
    class_0 = _count()
    class_1 = _count()
    class_2 = _count()
    class_3 = _count()
    class_4 = _count()
    class_5 = _count()
    critical = _count()
    high = _count()
    medium = _count()
    low = _count()
    info = _count()
    unrated = _count()
    known_exploited = _count()

    class Meta:
        abstract = True

    @property
    def worst_class(self) -> int | None:
        """The most urgent class that an open finding has, None without any."""
        return next((at for at, name in enumerate(CLASS_FIELDS) if getattr(self, name)), None)

    @property
    def worst_code(self) -> str:
        worst = self.worst_class
        return "" if worst is None else CODES[Urgency(worst)]


class AssetExposure(Counts):
    """The counts of one asset that a scanner has seen, and the facts of it that its findings rest on.

    `covered` is when a scan last looked at it; `reach` "" and `goal_weight` NULL = unknown.
    `foothold_rate` is the sum of the yearly rates (of EPSS) of its open findings, each definition once; how many
    definitions have no EPSS is counted by severity beside it. `price_…` is what one foothold a year on it costs a year
    (the hazard's low, middle, high, and the price in TVaR), NULL where no hazard run priced it.
    """

    asset = models.OneToOneField("estate.Asset", on_delete=models.CASCADE, primary_key=True, related_name="exposure")
    worst_rank = models.IntegerField(null=True)
    covered = models.DateTimeField(null=True)
    reach = models.CharField(max_length=10, blank=True)
    goal_weight = models.FloatField(null=True)
    foothold_rate = models.FloatField(default=0.0)
    unknown_critical = _count()
    unknown_high = _count()
    unknown_medium = _count()
    unknown_low = _count()
    unknown_unrated = _count()
    price_low = models.FloatField(null=True)
    price_mid = models.FloatField(null=True)
    price_high = models.FloatField(null=True)
    price_tail = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["worst_rank", "asset"], name="exposure_asset_worst"),
            models.Index(fields=["covered"], name="exposure_asset_covered"),
        ]

    def __str__(self) -> str:
        return f"exposure of {self.asset_id}"

    @property
    def unknown_definitions(self) -> int:
        """How many weaknesses on it have no EPSS."""
        return sum(getattr(self, name) for name in UNKNOWN_FIELDS)


class SystemExposure(Counts):
    """The counts of all assets that a system runs on; a finding on an asset of two systems counts in both."""

    system = models.OneToOneField("estate.System", on_delete=models.CASCADE, primary_key=True, related_name="exposure")

    def __str__(self) -> str:
        return f"exposure of {self.system_id}"


class TotalExposure(Counts):
    """The counts of everything (each finding once, those of unclaimed targets included). One row.

    `pricing` says what the prices rest on: currency, number of the hazard run, and the yearly rates (low, middle, high)
    that stand for findings without EPSS, by severity. `priced_at` NULL = nothing is priced yet. `fingerprints` is the
    version by which scans and findings find each other (`intake.fingerprint.VERSIONS`).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    unclaimed = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)
    pricing = models.JSONField(default=dict)
    priced_at = models.DateTimeField(null=True)
    fingerprints = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return "exposure of everything"
