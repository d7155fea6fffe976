"""The joint table: sittings, the position that each executive hands in unseen, and comments beside figures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accord.core import fields
from accord.decisions.models.plans import ROLES, Frontier


def _hand(role: str) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=f"handed in as {role}",
    )  # fmt: skip


class Sitting(models.Model):
    """One round at the joint table, on one frontier: both positions are handed in unseen, then both are shown.

    `*_hash` commits each executive to a position (SHA-256 over a random nonce and its canonical JSON). The
    database refuses the state "revealed" unless both have handed in, as different accounts. `differences`
    is what the differences cost, once a worker has computed it.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waiting for positions"
        REVEALED = "revealed", "Both are shown"
        CLOSED = "closed", "Closed unseen"

    key = fields.key()
    frontier = models.ForeignKey(Frontier, on_delete=models.PROTECT, related_name="sittings")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    cio_by = _hand("CIO")
    cio_at = models.DateTimeField(null=True, blank=True)
    cio_hash = models.CharField(max_length=64, blank=True)
    ciso_by = _hand("CISO")
    ciso_at = models.DateTimeField(null=True, blank=True)
    ciso_hash = models.CharField(max_length=64, blank=True)
    revealed_at = models.DateTimeField(null=True, blank=True)
    differences = models.JSONField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="open"), name="decisions_one_sitting_open"),
            models.CheckConstraint(
                name="decisions_sitting_shown_when_both_handed_in",
                condition=~Q(state="revealed")
                | (
                    Q(cio_by__isnull=False, ciso_by__isnull=False, cio_at__isnull=False, ciso_at__isnull=False)
                    & ~Q(cio_by=F("ciso_by"))
                    & ~Q(cio_hash="")
                    & ~Q(ciso_hash="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"sitting {self.key}"


class ShownPositions(models.Manager["Position"]):
    """The positions of sittings that are revealed; no other can be read through it."""

    def get_queryset(self) -> models.QuerySet[Position]:
        return super().get_queryset().filter(sitting__state=Sitting.State.REVEALED)


class Position(models.Model):
    """What one executive wants, in private: weights of the goals, pins and drops, as canonical JSON.

    Nobody but `by` reads it before the sitting is revealed: the manager that everything uses, related rows
    included, holds only what is revealed. `sealed` holds all; only the services and `own_position` use it.
    """

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="positions")
    role = models.CharField(max_length=4, choices=ROLES)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    content = models.TextField()
    nonce = models.CharField(max_length=64)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = ShownPositions()
    sealed = models.Manager()

    class Meta:
        constraints: ClassVar = [fields.only_one(["sitting", "role"], "decisions_position_once")]

    def __str__(self) -> str:
        return f"{self.role} at {self.sitting}"


class Comment(models.Model):
    """What somebody says about one figure; `value` is the figure as it stood then. Never changed."""

    class On(models.TextChoices):
        FRONTIER = "frontier", "Frontier"
        PLAN = "plan", "Plan"
        SITTING = "sitting", "Sitting"
        DECISION = "decision", "Decision"

    noun = models.CharField(max_length=8, choices=On.choices)
    key = models.CharField(max_length=100)
    figure = models.CharField(max_length=150)
    label = models.CharField(max_length=300)
    value = models.CharField(max_length=200)
    text = models.CharField(max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        indexes: ClassVar = [models.Index(fields=["noun", "key", "at"], name="decisions_comment_on")]

    def __str__(self) -> str:
        return f"{self.by} on {self.figure} of {self.key}"
