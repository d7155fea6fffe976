"""Forensic triage: the question whether a system was compromised before it was repaired, and people's notices."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone


class TriageCase(models.Model):
    """One weakness whose class asks to look for traces of an attacker on what carries it.

    `systems` are keys and names at the opening; `findings` the findings that were open then (`TriageFinding`).
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Outcome(models.TextChoices):
        COMPROMISED = "compromised", "Compromised"
        CLEAN = "not_compromised", "Not compromised"
        UNKNOWN = "unknown", "Cannot be told"

    definition = models.ForeignKey("exposure.Definition", on_delete=models.PROTECT, related_name="triage_cases")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    because = models.CharField(max_length=300)
    opened = models.DateTimeField(default=timezone.now)
    due = models.DateTimeField()
    findings = models.PositiveIntegerField(default=0)
    systems = models.JSONField(default=list)
    looked_for = models.TextField(blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    closed = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "due", "id"], name="exposure_triage_due")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["definition"], condition=Q(state="open"), name="exposure_triage_one_open"),
            models.CheckConstraint(
                condition=Q(state="open", outcome="", closed__isnull=True)
                | (Q(state="closed", closed__isnull=False) & ~Q(outcome="") & ~Q(looked_for="")),
                name="exposure_triage_closed_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("exposure:triage_detail", args=[self.pk])

    @property
    def key(self) -> str:
        return f"TC-{self.pk}"

    @property
    def is_late(self) -> bool:
        return self.state == self.State.OPEN and self.due < timezone.now()


class TriageFinding(models.Model):
    """A finding that was open when the case was opened, or came later while it was open."""

    case = models.ForeignKey(TriageCase, on_delete=models.CASCADE, related_name="members")
    finding = models.ForeignKey("exposure.Finding", on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "finding"], name="exposure_triage_finding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.finding_id}"


class Notice(models.Model):
    """What one account is to be told, once: shown in the app until it is read, and mailed where mail is set up.

    `event` names what happened; an account has one notice of it. `claimed` is set before the mail is handed over, so
    that a crash in between loses that mail rather than sending it twice.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=200)
    subject = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    href = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField(default=timezone.now)
    read = models.DateTimeField(null=True)
    claimed = models.DateTimeField(null=True)
    mailed = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="exposure_notice_to_mail", condition=Q(claimed__isnull=True)),
            models.Index(fields=["user", "read", "-id"], name="exposure_notice_unread"),
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "event"], name="exposure_notice_once")]

    def __str__(self) -> str:
        return self.subject
