"""Scans, what they looked at, and the targets that scanners name."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields
from accord.estate.models import Asset
from accord.exposure.models.rollups import Counts


class Scan(models.Model):
    """One scan of one file. Its findings are visible as they land; it has landed when all are in.

    `observed` is the time to which its knowledge belongs: when the scanner finished or started, else
    (`observed_is_told` false) when the file was handed in. `applied` counts observations that are in.
    `undo` tells how far the import is undone and what stayed; an undone scan makes room for its file to come again.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        READING = "reading", "Reading"
        APPLYING = "applying", "Applying"
        LANDED = "landed", "Landed"
        REFUSED = "refused", "Refused"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    file = fields.ref("core.StoredFile")
    part = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=255)
    format = models.CharField(max_length=40, blank=True)
    scanner = models.CharField(max_length=200, blank=True)
    scanner_version = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=500, blank=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    observed = models.DateTimeField(null=True)
    observed_is_told = models.BooleanField(default=False)
    complete = models.BooleanField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    received = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    landed = models.DateTimeField(null=True)
    targets = models.PositiveIntegerField(default=0)
    observations = models.PositiveIntegerField(default=0)
    applied = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    job = models.UUIDField(null=True)
    undo = models.JSONField(null=True)
    undone = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["file", "part"], name="exposure_scan_once", condition=~models.Q(state="undone")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["observed", "id"], name="exposure_scan_observed"),
            models.Index(fields=["received", "id"], name="exposure_scan_received"),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    def get_absolute_url(self) -> str:
        return reverse("exposure:scan_detail", args=[self.pk])

    @property
    def percent(self) -> int:
        """How far its observations are applied, 0–100."""
        if self.state == self.State.LANDED:
            return 100
        return int(100 * self.applied / self.observations) if self.observations else 0

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.LANDED, self.State.REFUSED, self.State.UNDOING, self.State.UNDONE}

    @classmethod
    def of_file(cls, file: int) -> models.QuerySet[Scan]:
        """The scans that a kept file has given, without those that were undone."""
        return cls.objects.filter(file_id=file).exclude(state=cls.State.UNDONE)


class Target(Counts):
    """One thing as scanners name it: an asset's (claimed), nobody's yet (unclaimed), or left out (ignored).

    `identity` is the scanners' key of it (`intake.records.Target.identity`); `matched_by` says which
    identifier led to the asset; `candidates` are the keys of the assets between which no identifier decides.
    `by_hand`: a person decided, so that no later scan decides otherwise. `settled`: its findings are where they
    belong since its state changed last. The counts are of its findings that belong to no asset.
    """

    class State(models.TextChoices):
        UNCLAIMED = "unclaimed", "Unclaimed"
        CLAIMED = "claimed", "Claimed"
        IGNORED = "ignored", "Ignored"

    identity = models.CharField(max_length=220, unique=True)
    kind = models.CharField(max_length=20, choices=Asset.AssetKind.choices)
    name = models.CharField(max_length=500)
    hostnames = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    macs = models.JSONField(default=list)
    identifiers = models.JSONField(default=list)
    operating_system = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNCLAIMED)
    asset = fields.unknown(fields.ref, to="estate.Asset", related_name="targets")
    matched_by = models.CharField(max_length=300, blank=True)
    candidates = models.JSONField(default=list)
    by_hand = models.BooleanField(default=False)
    settled = models.BooleanField(default=True)
    reason = models.CharField(max_length=500, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    worst_rank = models.IntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "worst_rank", "id"], name="exposure_target_worst"),
            models.Index(fields=["state", "open_findings", "id"], name="exposure_target_open"),
            models.Index(fields=["state", "last_seen", "id"], name="exposure_target_seen"),
            models.Index(fields=["state", "name", "id"], name="exposure_target_name"),
            models.Index(fields=["id"], name="exposure_target_unsettled", condition=models.Q(settled=False)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exposure:unclaimed_detail", args=[self.pk])


class ScanTarget(models.Model):
    """A scan looked at a target: the evidence that what it did not see is gone. NULL = not told."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="covered", db_index=False)
    target = fields.link("exposure.Target", "covered_by")
    observations = models.PositiveIntegerField(default=0)
    complete = models.BooleanField(null=True)
    credentials = models.BooleanField(null=True)
    exhaustive = models.BooleanField(default=False)
    checks = models.PositiveIntegerField(default=0)
    groups = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [fields.only_one(["scan", "target"], "exposure_scan_target_once")]

    def __str__(self) -> str:
        return f"{self.scan} → {self.target}"
