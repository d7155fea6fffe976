"""Systems, assets, dependencies and the shares that tie them to capabilities and units."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class System(models.Model):
    """An application or IT service."""

    class Criticality(models.TextChoices):
        MISSION = "mission_critical", "Mission critical"
        BUSINESS = "business_critical", "Business critical"
        IMPORTANT = "important", "Important"
        SUPPORTING = "supporting", "Supporting"

    class Reach(models.TextChoices):
        INTERNET = "internet", "Internet"
        PARTNER = "partner", "Partner"
        INTERNAL = "internal", "Internal"

    key = fields.key()
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    it_owner = fields.unknown(fields.ref, to="organization.Person", related_name="systems_in_it")
    business_owner = fields.unknown(fields.ref, to="organization.Person", related_name="systems_in_business")
    introduced = models.DateField(null=True, blank=True)
    end_of_support = models.DateField(null=True, blank=True)
    retire_by = models.DateField(null=True, blank=True)
    criticality = models.CharField(max_length=20, choices=Criticality.choices, blank=True)
    rto_hours = fields.unknown(fields.number)
    rpo_hours = fields.unknown(fields.number)
    cost_per_year = fields.unknown(fields.money)
    reach = models.CharField(max_length=10, choices=Reach.choices, blank=True)

    def __str__(self) -> str:
        return self.name


class Asset(models.Model):
    """A host, repository, account, cloud resource, image, device or application instance."""

    class AssetKind(models.TextChoices):
        HOST = "host", "Host"
        REPOSITORY = "repository", "Repository"
        ACCOUNT = "account", "Account"
        CLOUD = "cloud_resource", "Cloud resource"
        IMAGE = "image", "Image"
        DEVICE = "device", "Device"
        APPLICATION = "application", "Application"

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        TEST = "test", "Test"
        DEVELOPMENT = "development", "Development"

    key = fields.key()
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=AssetKind.choices)
    hostnames = models.JSONField(default=list, blank=True)
    addresses = models.JSONField(default=list, blank=True)
    identifiers = models.JSONField(default=list, blank=True)
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="assets")
    environment = models.CharField(max_length=12, choices=Environment.choices, blank=True)
    source = fields.text()
    first_seen = models.DateField(null=True, blank=True)
    last_seen = models.DateField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name"], name="estate_asset_name"),
            models.Index(fields=["kind", "key"], name="estate_asset_kind"),
            models.Index(fields=["last_seen"], name="estate_asset_last_seen"),
        ]

    def __str__(self) -> str:
        return self.name


class AssetIdentity(models.Model):
    """One name, address or identifier of an asset, lower-case, so that scanners' targets are matched by index.

    Kept in step with the asset by the handler in `accord.estate.identities`.
    """

    asset = fields.link("estate.Asset", "identities")
    scheme = models.CharField(max_length=40)
    value = models.CharField(max_length=400)

    class Meta:
        verbose_name_plural = "asset identities"
        constraints: ClassVar = [fields.only_one(["value", "scheme", "asset"], "estate_identity_once")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class CapabilitySystem(models.Model):
    """The share of a capability that a system carries."""

    capability = fields.link("organization.Capability", "system_shares")
    system = fields.link("estate.System", "capability_shares")
    share = fields.share()

    class Meta:
        verbose_name = "capability system"
        constraints: ClassVar = [
            fields.only_one(["capability", "system"], "estate_capability_system_once"),
            fields.share_between("share", "estate_capability_system_share"),
        ]

    def __str__(self) -> str:
        return f"{self.capability} → {self.system}"


class SystemAsset(models.Model):
    """The share of a system that runs on an asset."""

    system = fields.link("estate.System", "asset_shares")
    asset = fields.link("estate.Asset", "system_shares")
    share = fields.share()

    class Meta:
        verbose_name = "system asset"
        constraints: ClassVar = [
            fields.only_one(["system", "asset"], "estate_system_asset_once"),
            fields.share_between("share", "estate_system_asset_share"),
        ]

    def __str__(self) -> str:
        return f"{self.system} → {self.asset}"


class UnitSystem(models.Model):
    """The share of a unit's work that runs on a system."""

    unit = fields.link("organization.Unit", "system_shares")
    system = fields.link("estate.System", "unit_shares")
    share = fields.share()

    class Meta:
        verbose_name = "unit system"
        constraints: ClassVar = [
            fields.only_one(["unit", "system"], "estate_unit_system_once"),
            fields.share_between("share", "estate_unit_system_share"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} → {self.system}"


class Dependency(models.Model):
    """A system needs another one to work."""

    system = fields.link("estate.System", "needs")
    depends_on = fields.link("estate.System", "needed_by")
    note = fields.text()

    class Meta:
        verbose_name_plural = "dependencies"
        constraints: ClassVar = [
            fields.only_one(["system", "depends_on"], "estate_dependency_once"),
            models.CheckConstraint(
                condition=~models.Q(system=models.F("depends_on")), name="estate_dependency_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} needs {self.depends_on}"
