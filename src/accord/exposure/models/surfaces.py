"""Kinds of attack surface, what safeguards assets should have, and the evidence that they have them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields
from accord.estate.models import Asset, System


class Surface(models.TextChoices):
    """A kind of attack surface; every asset belongs to one (`engines.coverage.SURFACES` has the same order)."""

    NETWORK = "network", "Network hosts"
    WEB = "web", "Web applications and APIs"
    CLOUD = "cloud", "Cloud accounts and resources"
    CONTAINER = "container", "Containers"
    CODE = "code", "Code and dependencies"
    IDENTITY = "identity", "Identities"
    PEOPLE = "people", "Mail and people"
    SUPPLIER = "supplier", "Suppliers"
    DEVICE = "device", "Mobile and OT devices"


class Safeguard(models.TextChoices):
    """What an asset may have to have (`engines.coverage.SAFEGUARDS` has the same order)."""

    OWNER = "owner", "Owner known"
    SCANNED = "scanned", "Scanned"
    EDR = "edr", "Endpoint detection (EDR)"
    LOGS = "logs", "Logs arriving"
    BACKUP = "backup", "Backup"
    MFA = "mfa", "Multi-factor authentication"
    SUPPORTED = "supported", "Supported software"


EVIDENCED = tuple((s.value, s.label) for s in Safeguard if s not in (Safeguard.OWNER, Safeguard.SUPPORTED))
"""What evidence rows may speak of; owners and ends of support are read from the estate and the feeds."""


class AssetSurface(models.Model):
    """The organization says which surface an asset belongs to, whatever the rule makes of it."""

    asset = models.OneToOneField("estate.Asset", on_delete=models.CASCADE, related_name="surface_said")
    surface = models.CharField(max_length=10, choices=Surface.choices)
    reason = fields.text()

    class Meta:
        verbose_name = "asset surface"

    def __str__(self) -> str:
        return f"{self.asset}: {self.get_surface_display()}"


class SurfaceInventory(models.Model):
    """Things of a surface that assets do not list one by one (accounts, mailboxes, suppliers, phones).

    `number` NULL = nobody has counted them.
    """

    key = fields.key()
    name = models.CharField(max_length=300)
    surface = models.CharField(max_length=10, choices=Surface.choices)
    number = models.PositiveIntegerField(null=True, blank=True)
    source = fields.text()
    as_of = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "surface inventories"

    def __str__(self) -> str:
        return self.name


class InventoryCoverage(models.Model):
    """How many of an inventory have a safeguard that they should have; NULL = unknown."""

    inventory = fields.link("exposure.SurfaceInventory", "coverage")
    safeguard = models.CharField(max_length=10, choices=Safeguard.choices)
    covered = models.PositiveIntegerField(null=True, blank=True)
    source = fields.text()
    as_of = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "inventory coverage"
        constraints: ClassVar = [
            fields.only_one(["inventory", "safeguard"], "exposure_inventory_coverage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.inventory}: {self.get_safeguard_display()}"


class SafeguardRule(models.Model):
    """Which assets should have a safeguard: every condition that is given must hold; the most special rule decides.

    `within_days`: evidence older than that counts as unknown; NULL = evidence of any age counts. `source`: only what
    this tool says counts (a scanner, by the beginning of its name, or the source of other evidence); "" = any tool.
    """

    key = fields.key()
    safeguard = models.CharField(max_length=10, choices=Safeguard.choices)
    required = models.BooleanField()
    surface = models.CharField(max_length=10, choices=Surface.choices, blank=True)
    environment = models.CharField(max_length=12, choices=Asset.Environment.choices, blank=True)
    reach = models.CharField(max_length=10, choices=System.Reach.choices, blank=True)
    criticality = models.CharField(max_length=20, choices=System.Criticality.choices, blank=True)
    within_days = models.PositiveIntegerField(null=True, blank=True)
    source = fields.text(100)

    def __str__(self) -> str:
        return str(self.key)


class SafeguardEvidence(models.Model):
    """A source says on a day that an asset has a safeguard, or that it has not."""

    asset = fields.link("estate.Asset", "safeguard_evidence")
    safeguard = models.CharField(max_length=10, choices=EVIDENCED)
    source = models.CharField(max_length=100)
    present = models.BooleanField()
    seen = models.DateField()
    note = fields.text()

    class Meta:
        verbose_name_plural = "safeguard evidence"
        constraints: ClassVar = [
            fields.only_one(["asset", "safeguard", "source"], "exposure_safeguard_evidence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.asset}: {self.get_safeguard_display()} by {self.source}"


class SystemStake(models.Model):
    """What one foothold a year in a system costs a year, after its exposure and its controls, as a hazard run found.

    The price of a foothold on an asset is the sum over its systems of share × stake; so it is known for assets too
    that no scanner has seen.
    """

    system = models.OneToOneField("estate.System", on_delete=models.CASCADE, primary_key=True, related_name="stake")
    low = models.FloatField()
    mid = models.FloatField()
    high = models.FloatField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"stake of {self.system_id}"


class Component(models.Model):
    """A component that a bill of materials or a scanner's list names on a target; only the newest list is kept."""

    target = fields.link("exposure.Target", "components")
    scan = fields.link("exposure.Scan", "components")
    name = models.CharField(max_length=300)
    version = models.CharField(max_length=200, blank=True)
    purl = models.CharField(max_length=500, blank=True)
    cpe = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name"], name="exposure_component_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class EndedSupport(models.Model):
    """Software on a target that a dated cycle was found for, or that names a known product and no known cycle.

    `ends` NULL: the feed names no day; `ended` NULL: it cannot be told. `matched_by` says how the product was told.
    """

    target = fields.link("exposure.Target", "support")
    product = models.CharField(max_length=200)
    cycle = models.CharField(max_length=200, blank=True)
    software = models.CharField(max_length=500)
    matched_by = models.CharField(max_length=200)
    ends = models.DateField(null=True)
    ended = models.BooleanField(null=True)

    class Meta:
        verbose_name_plural = "ended support"
        constraints: ClassVar = [
            fields.only_one(["target", "product", "software"], "exposure_ended_support_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["ends", "id"], name="exposure_support_ends")]

    def __str__(self) -> str:
        return f"{self.software} ({self.product} {self.cycle})"


class PathRun(models.Model):
    """The most likely paths to what carries the goals, and the fixes that cut them, as computed at one moment."""

    at = models.DateTimeField()
    ledger_number = models.PositiveBigIntegerField(default=0)
    result = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="exposure_path_run_at")]

    def __str__(self) -> str:
        return f"paths of {self.at:%Y-%m-%d %H:%M}"


class AssetCoverage(models.Model):
    """What one asset should have, what it has, and what it carries; a roll-up of `services.safeguards`.

    Of each safeguard one of STATES. `money_…` is what one foothold a year on it costs a year (low, middle, high of the
    hazard), NULL where none of its systems has a stake; `goal_weight` that it carries, NULL = unknown.
    """

    class Held(models.IntegerChoices):
        NOT_ASKED = 0, "Not asked"
        YES = 1, "Yes"
        NO = 2, "No"
        UNKNOWN = 3, "Unknown"

    asset = models.OneToOneField("estate.Asset", on_delete=models.CASCADE, primary_key=True, related_name="coverage")
    surface = models.CharField(max_length=10, choices=Surface.choices)
    owner = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    scanned = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    edr = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    logs = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    backup = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    mfa = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    supported = models.PositiveSmallIntegerField(choices=Held.choices, default=0)
    unwatched = models.BooleanField(default=False)
    money_low = models.FloatField(null=True)
    money_mid = models.FloatField(null=True)
    money_high = models.FloatField(null=True)
    goal_weight = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "asset coverage"
        indexes: ClassVar = [
            models.Index(fields=["surface", "money_mid", "asset"], name="exposure_coverage_surface"),
            models.Index(fields=["unwatched", "money_mid", "asset"], name="exposure_coverage_unwatched"),
            models.Index(fields=["money_mid", "asset"], name="exposure_coverage_money"),
        ]

    def __str__(self) -> str:
        return f"coverage of {self.asset_id}"

    def get_absolute_url(self) -> str:
        from accord.core import nouns
        from accord.ui.nouns.address import link_to

        return link_to(nouns.get("asset"), self.asset) or ""


class CoverageState(models.Model):
    """When the coverage was computed last, whether something changed since, and the matrix. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField(null=True)
    stale = models.BooleanField(default=True)
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return "state of the coverage"
