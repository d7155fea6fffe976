"""One weakness on one asset (or on a target that is nobody's yet)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accord.engines import priority
from accord.exposure.models.knowledge import Severity

EXPLOITED = Q(known_exploited=True)
IS_OPEN = Q(rank__isnull=False)
"""The condition for open findings (a constraint keeps state and rank in step).

Asked by rank, the database keeps to the index of what else is asked for; asked by state, one that knows nothing of
how the values are spread takes the index of the state and reads nearly everything."""

TOUCHED = ~Q(state="open")
"""The condition for findings in any state but the first; SQLite must be told it to find them by their index."""

HAS_COMPONENT = ~Q(component="")
"""The condition for findings of a component; SQLite must be told it to find them by their index."""

HAS_DEADLINE = Q(due__isnull=False) & IS_OPEN

OPEN_STATES = ("open", "in_progress", "claimed", "accepted")
"""States of what is there as far as anybody has seen: it is counted, ranked and priced."""


def _kept(to: str, related_name: str, null: bool = False, checked: bool = True) -> Any:
    """A reference without an index of its own: the indexes below begin with those that are looked up.

    Not `checked`: the database does not look it up for every row that is written. So it is for scans and definitions,
    which are never deleted, and for targets, which go only where nothing points at them (`undo`).
    """
    return models.ForeignKey(
        to, on_delete=models.PROTECT, null=null, related_name=related_name, db_index=False, db_constraint=checked
    )


class Finding(models.Model):
    """One weakness on one subject: `fingerprint` is the subject ("a…" asset, "t…" target) and the weakness.

    `worst_class` and `best_class` are `engines.priority.Urgency` (the interval of what is possible), `rank`
    its place among open findings, lower first; NULL when it is not open. `reach` and `goal_weight` are those
    of its asset; NULL or "" = unknown. Times are those of the scans, not of the import. `check_name` is the
    check by which it was seen last, `closed_at` the time to which the evidence of its absence belongs.
    `price` is what it costs a year at the middle of the hazard (currency: `TotalExposure.pricing`); NULL = not priced.
    `clock` is when the deadline of its class began to run, `due` when it ends (NULL: none). `accepted_until` is set
    while it is accepted. `stale_since`: a later scan looked at its target without looking for it; NULL = not so.
    `content` is a digest of what the scan that saw it last said of it: where a later one says the same, nothing is
    compared field by field. NULL = compare.
    `statement` is the VEX statement that stands on it. `acted`, `acted_by` and `said` tell when a person last said what
    its state is, who, and in which words; `accepted_under` is the key of the acceptance.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        IN_PROGRESS = "in_progress", "In progress"
        CLAIMED = "claimed", "Fixed, not verified"
        ACCEPTED = "accepted", "Accepted"
        CLOSED = "closed", "Closed"
        NOT_AFFECTED = "not_affected", "Not affected"
        FALSE_POSITIVE = "false_positive", "False positive"
        SUPPRESSED = "suppressed", "Suppressed in the scanner"
        IGNORED = "ignored", "On an ignored target"

    fingerprint = models.CharField(max_length=64)
    content = models.BigIntegerField(null=True)
    definition = _kept("exposure.Definition", "findings", checked=False)
    asset = _kept("estate.Asset", "findings", null=True)
    target = _kept("exposure.Target", "findings", checked=False)
    check_name = models.CharField(max_length=330)
    check_group = models.CharField(max_length=250, blank=True)
    needs_credentials = models.BooleanField(default=False)
    component = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=200, blank=True)
    fixed_version = models.CharField(max_length=200, blank=True)
    purl = models.CharField(max_length=500, blank=True)
    port = models.PositiveIntegerField(null=True)
    protocol = models.CharField(max_length=20, blank=True)
    service = models.CharField(max_length=100, blank=True)
    path = models.CharField(max_length=500, blank=True)
    line = models.PositiveIntegerField(null=True)
    evidence = models.CharField(max_length=1000, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, null=True)
    cvss_score = models.FloatField(null=True)
    possible = models.PositiveSmallIntegerField()
    known_exploited = models.BooleanField(null=True)
    epss = models.FloatField(null=True)
    reach = models.CharField(max_length=10, blank=True)
    goal_weight = models.FloatField(null=True)
    worst_class = models.PositiveSmallIntegerField()
    best_class = models.PositiveSmallIntegerField()
    rank = models.IntegerField(null=True)
    price = models.FloatField(null=True)
    clock = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)
    accepted_until = models.DateTimeField(null=True)
    stale_since = models.DateTimeField(null=True)
    accepted_under = models.CharField(max_length=60, blank=True)
    statement = _kept("exposure.VexStatement", "covers", null=True, checked=False)
    acted = models.DateTimeField(null=True)
    acted_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    said = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=15, choices=State.choices, default=State.OPEN)
    note = models.CharField(max_length=500, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    first_scan = _kept("exposure.Scan", "+", checked=False)
    last_scan = _kept("exposure.Scan", "+", checked=False)
    closed_by = _kept("exposure.Scan", "+", null=True, checked=False)

    class Meta:
        constraints: ClassVar = [
            # Not unique=True: on PostgreSQL that brings a second index, for patterns, that nobody asks.
            models.UniqueConstraint(fields=["fingerprint"], name="exposure_finding_once"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, rank__isnull=False)
                | (~Q(state__in=OPEN_STATES) & Q(rank__isnull=True)),
                name="exposure_finding_open_has_rank",
            ),
        ]
        # The asset at the end of an index: rows of other systems are passed over without being read.
        indexes: ClassVar = [
            models.Index(fields=["rank", "id", "asset"], name="exposure_f_rank"),
            models.Index(fields=["asset", "rank", "id", "severity"], name="exposure_f_asset"),
            models.Index(fields=["target", "rank", "id"], name="exposure_f_target"),
            models.Index(fields=["definition", "rank", "id"], name="exposure_f_definition"),
            models.Index(fields=["severity", "rank", "id", "asset"], name="exposure_f_severity"),
            models.Index(fields=["reach", "rank", "id", "asset"], name="exposure_f_reach"),
            models.Index(fields=["rank", "id"], name="exposure_f_exploited", condition=EXPLOITED),
            models.Index(fields=["first_seen", "id"], name="exposure_f_first_seen"),
            models.Index(fields=["first_scan", "rank", "id"], name="exposure_f_first_scan"),
            # Not all have these: their indexes cost little where a scan brings what nobody has touched.
            models.Index(fields=["state", "rank", "id", "asset"], name="exposure_f_state", condition=TOUCHED),
            models.Index(fields=["component", "rank"], name="exposure_f_component", condition=HAS_COMPONENT),
            models.Index(fields=["epss", "id"], name="exposure_f_epss", condition=Q(epss__isnull=False)),
            models.Index(fields=["price", "id"], name="exposure_f_price", condition=Q(price__isnull=False)),
            models.Index(fields=["due", "id"], name="exposure_f_due", condition=HAS_DEADLINE),
            models.Index(fields=["stale_since", "id"], name="exposure_f_stale", condition=Q(stale_since__isnull=False)),
            models.Index(fields=["statement", "id"], name="exposure_f_statement", condition=Q(statement__isnull=False)),
            models.Index(fields=["accepted_under", "id"], name="exposure_f_accepted", condition=~Q(accepted_under="")),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("exposure:finding_detail", args=[self.pk])

    @property
    def key(self) -> str:
        """The readable identifier: F-17."""
        return f"F-{self.pk}"

    @property
    def severity_name(self) -> str:
        return "" if self.severity is None else str(Severity(self.severity).label)

    @property
    def priority_text(self) -> str:
        """The class, or the interval of classes, in words."""
        return priority.span(self.best_class, self.worst_class)

    @property
    def worst_code(self) -> str:
        return priority.CODES[priority.Urgency(self.worst_class)]

    def get_reach_text(self) -> str:
        """Whom its systems are exposed to, in words."""
        return f"exposed to {self.reach}" if self.reach else "exposure unknown"

    @property
    def place(self) -> str:
        """Where on the subject: path and line, or port."""
        if self.path:
            return f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.port}/{self.protocol}" if self.port else ""
