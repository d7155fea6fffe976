"""Detection rules with their versions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class Rule(models.Model):
    """One Sigma rule, correlation rule or filter. `identifier` is its own id, else made from its text's place;
    `name` is what correlation rules may call it by.

    `state` and `reason` are those of the engine (ok, no_source, missing_field, unsupported, and "unknown" before any
    event was looked at), true of the version in force; `confirmed` is when the engine said so last.
    `needs` are the fields that it asks, as the compiled program names them.

    `collection` is the one that it came with ("own" = written here) and `path` its place in it; `upstream` is the
    digest of the collection's newest text, also where another text is in force. `offered` is a newer text of the
    collection that waits for a person, `offered_why` why it did. `vanished` tells since when the collection no longer
    has it. `pinned` rules were switched by a person one by one, and no policy switches them.
    `course` is what a person decided after looking at its scorecard.
    """

    class Level(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"
        INFORMATIONAL = "informational", "Informational"
        NONE = "none", "Not told"

    class State(models.TextChoices):
        OK = "ok", "OK"
        NO_SOURCE = "no_source", "No source"
        MISSING_FIELD = "missing_field", "Missing field"
        UNSUPPORTED = "unsupported", "Unsupported"
        UNKNOWN = "unknown", "Nothing seen yet"

    class Course(models.TextChoices):
        KEEP = "keep", "Keep"
        TUNE = "tune", "Tune"
        RETIRE = "retire", "Retire"

    class Why(models.TextChoices):
        LOCAL = "local", "The text was changed here"
        TESTS = "tests", "It fails its tests"
        BROKEN = "broken", "It cannot be run"

    identifier = models.CharField(max_length=200, unique=True)
    name = fields.text(200)
    title = models.CharField(max_length=400)
    level = models.CharField(max_length=15, choices=Level.choices)
    product = fields.text(60)
    category = fields.text(60)
    service = fields.text(60)
    techniques = models.JSONField(default=list)
    tactics = models.JSONField(default=list)
    needs = models.JSONField(default=list)
    status = fields.text(20)
    collection = models.CharField(max_length=200)
    path = fields.text(300)
    is_correlation = models.BooleanField(default=False)
    is_filter = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    pinned = models.BooleanField(default=False)
    version = models.ForeignKey("monitoring.RuleVersion", on_delete=models.PROTECT, null=True, related_name="+")
    upstream = fields.text(64)
    offered = models.ForeignKey("monitoring.RuleVersion", on_delete=models.PROTECT, null=True, related_name="+")
    offered_why = models.CharField(max_length=10, choices=Why.choices, blank=True)
    vanished = models.DateTimeField(null=True)
    state = models.CharField(max_length=15, choices=State.choices, default=State.UNKNOWN)
    reason = fields.text(500)
    state_since = models.DateTimeField(null=True)
    confirmed = models.DateTimeField(null=True)
    last_ok = models.DateTimeField(null=True)
    last_fired = models.DateTimeField(null=True)
    tests = models.PositiveIntegerField(default=0)
    tests_failed = models.PositiveIntegerField(default=0)
    course = models.CharField(max_length=10, choices=Course.choices, blank=True)
    course_note = fields.text(500)
    course_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    course_at = models.DateTimeField(null=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["title", "id"], name="monitoring_rule_title"),
            models.Index(fields=["name"], name="monitoring_rule_name"),
            models.Index(fields=["collection", "path"], name="monitoring_rule_collection"),
            models.Index(fields=["enabled", "state"], name="monitoring_rule_state"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("monitoring:rule_detail", args=[self.pk])

    @property
    def is_changed_here(self) -> bool:
        """Whether a person put another text than the collection's in force."""
        differs = bool(self.upstream and self.version and self.version.digest != self.upstream)
        return differs and self.offered_why not in (self.Why.TESTS, self.Why.BROKEN)


class RuleVersion(models.Model):
    """One text of a rule, as it was in force from `created` until the next one."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    origin = fields.text(500)
    note = fields.text(500)
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "number"], name="monitoring_rule_version")]

    def __str__(self) -> str:
        return f"{self.rule_id}, version {self.number}"
