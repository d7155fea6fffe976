"""What is known of rules beside their texts: collections, faults, tests, scorecards, and the program in force."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields


class RuleCollection(models.Model):
    """A set of rules that is imported as one. `place` is a folder on the server, or the name of the archive.

    `counts` are those of the newest import: added, changed, unchanged, vanished, offered, refused.
    """

    class Kind(models.TextChoices):
        PACK = "pack", "Comes with Accord"
        FOLDER = "folder", "Folder on the server"
        ARCHIVE = "archive", "Archive"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    place = fields.text(500)
    counts = models.JSONField(default=dict)
    imported = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class RuleFault(models.Model):
    """A document of a collection that is no rule, as of its newest import: where and why."""

    collection = fields.link("monitoring.RuleCollection", "faults")
    path = models.CharField(max_length=300)
    line = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=500)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["collection", "path"], name="monitoring_fault_path")]


class RulePolicy(models.Model):
    """Which rules are enabled (one row): those of these products, from a level on, of these statuses and collections.

    An empty list takes all. `delivered` takes the products that sources deliver in place of `products`.
    """

    delivered = models.BooleanField(default=False)
    products = models.JSONField(default=list)
    level = models.CharField(max_length=15, blank=True)
    statuses = models.JSONField(default=list)
    collections = models.JSONField(default=list)
    applied = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")


class RuleProgram(models.Model):
    """The program in force (one row): which versions it was compiled of, in their order, and which of them alert.

    `placeholders` are the values that it was compiled with, by name.
    `changes` counts what would make another program, `compiled_at` is `changes` when this one was begun.
    """

    digest = models.CharField(max_length=64, blank=True)
    versions = models.JSONField(default=list)
    quiet = models.JSONField(default=list)
    placeholders = models.JSONField(default=dict)
    changes = models.PositiveBigIntegerField(default=0)
    compiled_at = models.PositiveBigIntegerField(default=0)
    made = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)


class Placeholder(models.Model):
    """The values that stand for `%name%` (Sigma's modifier `expand`) in every rule; `values` is never empty."""

    name = models.CharField(max_length=200, unique=True)
    values = models.JSONField(default=list)
    note = fields.text(500)
    changed = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class RuleTest(models.Model):
    """Events that a rule must or must not match.

    `events` are JSON objects as their product writes them. Of a test that must match, at least `least` events (of a
    correlation rule: firings) must; of one that must not, none may. `origin` says whence it came. `outcome` is that
    of the version in force, `told` what was found.
    """

    class Outcome(models.TextChoices):
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        OPEN = "open", "Not run yet"

    rule = fields.link("monitoring.Rule", "cases")
    name = models.CharField(max_length=200)
    matches = models.BooleanField()
    least = models.PositiveIntegerField(default=1)
    events = models.JSONField(default=list)
    origin = fields.text(300)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    told = fields.text(500)
    ran = models.DateTimeField(null=True)
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "name"], name="monitoring_rule_test")]

    def __str__(self) -> str:
        return self.name


class RuleDay(models.Model):
    """Hits of one rule on one day of receipt (UTC), and what filters kept from being one.

    `dropped` of a filter is what it kept, of all rules that it narrows; an event that two filters of one rule drop
    counts for both, and once for each in the rule's own.
    """

    rule = fields.link("monitoring.Rule", "days")
    day = models.DateField()
    hits = models.PositiveBigIntegerField(default=0)
    dropped = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "day"], name="monitoring_rule_day")]
        indexes: ClassVar = [models.Index(fields=["day"], name="monitoring_rule_days")]


class RuleScore(models.Model):
    """What a rule gave and cost within the last `window` days, as of `made`.

    `precision` is the share of alerts that were true or benign true among those that were judged so or false, with the
    ends of its interval; NULL where none was judged. `cost` is NULL where an analyst's hour has no price.
    """

    class Advice(models.TextChoices):
        KEEP = "keep", "Keep"
        TUNE = "tune", "Tune"
        RETIRE = "retire", "Retire"

    rule = fields.link("monitoring.Rule", "scores")
    window = models.PositiveSmallIntegerField()
    hits = models.PositiveBigIntegerField(default=0)
    alerts = models.PositiveIntegerField(default=0)
    true = models.PositiveIntegerField(default=0)
    benign = models.PositiveIntegerField(default=0)
    false = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    precision = models.FloatField(null=True)
    precision_low = models.FloatField(null=True)
    precision_high = models.FloatField(null=True)
    minutes = models.FloatField(default=0)
    cost = fields.unknown(fields.money)
    advice = models.CharField(max_length=10, choices=Advice.choices, blank=True)
    reason = fields.text(500)
    made = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "window"], name="monitoring_rule_score")]
