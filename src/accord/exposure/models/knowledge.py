"""What a weakness is, and what the feeds say of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class Severity(models.IntegerChoices):
    """How grave a scanner or CVSS rates it; the lowest number is the gravest. NULL in a field = unknown."""

    CRITICAL = 0, "critical"
    HIGH = 1, "high"
    MEDIUM = 2, "medium"
    LOW = 3, "low"
    INFO = 4, "info"


class Definition(models.Model):
    """A kind of weakness: a CVE or advisory, a check of a scanner, a rule, an open port.

    `known_exploited` is NULL while no KEV catalogue was loaded; `epss` is NULL where the feed has no such CVE.
    `possible` are the answers that its CVSS vector leaves open (`engines.priority.possibilities`), NULL
    without one. `exploitation`, `automatable`, `total_impact` and `points_of` (their day) are what CISA's SSVC points
    say, "" or NULL where they say nothing. `exploited_since`: when Accord learned that it is exploited. `pending`: its
    facts changed and its findings are not all assessed again yet.
    """

    class Kind(models.TextChoices):
        VULNERABILITY = "vulnerability", "Vulnerability"
        MISCONFIGURATION = "misconfiguration", "Misconfiguration"
        CODE = "code", "Weakness in code"
        SERVICE = "service", "Open service"
        SECRET = "secret", "Secret"
        LICENCE = "licence", "Licence"

    identifier = models.CharField(max_length=300, unique=True)
    title = models.CharField(max_length=500)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    description = models.TextField(blank=True)
    solution = models.TextField(blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, null=True)
    cvss_vectors = models.JSONField(default=list)
    cvss_score = models.FloatField(null=True)
    cwes = models.JSONField(default=list)
    references = models.JSONField(default=list)
    possible = models.PositiveSmallIntegerField(null=True)
    known_exploited = models.BooleanField(null=True)
    epss = models.FloatField(null=True)
    epss_percentile = models.FloatField(null=True)
    exploitation = models.CharField(max_length=10, blank=True)
    automatable = models.BooleanField(null=True)
    total_impact = models.BooleanField(null=True)
    points_of = models.DateField(null=True)
    exploited_since = models.DateTimeField(null=True)
    open_findings = models.PositiveIntegerField(default=0)
    pending = models.BooleanField(default=False)
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-open_findings", "-id"], name="exposure_def_open"),
            models.Index(fields=["epss", "id"], name="exposure_def_epss"),
            models.Index(fields=["severity", "id"], name="exposure_def_severity"),
            models.Index(fields=["id"], name="exposure_def_pending", condition=models.Q(pending=True)),
        ]

    def __str__(self) -> str:
        return self.identifier

    def get_absolute_url(self) -> str:
        return reverse("exposure:definition_detail", args=[self.identifier])

    @property
    def severity_name(self) -> str:
        return "" if self.severity is None else str(Severity(self.severity).label)


class DefinitionAlias(models.Model):
    """An identifier of a definition (its own one too), upper-case, so that one look-up finds it by any."""

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="aliases", db_index=False)
    value = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "definition aliases"
        constraints: ClassVar = [
            fields.only_one(["value", "definition"], "exposure_alias_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["definition"], name="exposure_alias_definition")]

    def __str__(self) -> str:
        return self.value


class Kev(models.Model):
    """One entry of CISA's catalogue of known exploited vulnerabilities."""

    cve = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=500, blank=True)
    vendor = models.CharField(max_length=300, blank=True)
    product = models.CharField(max_length=300, blank=True)
    added = models.DateField(null=True)
    due = models.DateField(null=True)
    required_action = models.TextField(blank=True)
    ransomware = models.BooleanField(null=True)

    class Meta:
        verbose_name = "KEV entry"
        verbose_name_plural = "KEV entries"

    def __str__(self) -> str:
        return self.cve


class Epss(models.Model):
    """FIRST's estimate for one CVE: probability of exploitation within 30 days, and its percentile (0–1)."""

    cve = models.CharField(max_length=30, unique=True)
    score = models.FloatField()
    percentile = models.FloatField(null=True)

    class Meta:
        verbose_name = "EPSS score"

    def __str__(self) -> str:
        return self.cve


class FeedUpdate(models.Model):
    """One load of a feed. `released` is the feed's own date, NULL where it does not tell."""

    class Feed(models.TextChoices):
        KEV = "kev", "CISA KEV"
        EPSS = "epss", "FIRST EPSS"
        SSVC = "ssvc", "CISA Vulnrichment"
        EOL = "eol", "endoflife.date"

    class State(models.TextChoices):
        APPLYING = "applying", "Applying"
        DONE = "done", "Done"

    feed = models.CharField(max_length=10, choices=Feed.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.APPLYING)
    source = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    released = models.DateTimeField(null=True)
    version = models.CharField(max_length=60, blank=True)
    entries = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    definitions_changed = models.PositiveIntegerField(default=0)
    findings_changed = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    loaded = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["feed", "-id"], name="exposure_feed_latest")]

    def __str__(self) -> str:
        return f"{self.get_feed_display()} of {self.loaded:%Y-%m-%d}"
