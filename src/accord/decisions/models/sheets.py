"""Sheets: what both executives decide beside the plan, such as insurance, a supplier, or whether a patch can wait."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.models import User
from accord.core.roles import Role
from accord.core.twokey import TwoKey, TwoKeyState


class Sheet(TwoKey):
    """Options with their figures, of which both executives choose one by their keys.

    `inputs` is what was filled in and `figures` what followed from it, until it is proposed; from then on only the
    frozen content counts. `until` is the last day on which the choice holds; None where it does not run out.
    `record` says, once, how it ended: the signatures or the dissent.

    A sheet "patch or wait" is about one fix on one system (`system` and `fix` are their keys). Its key of the CIO may
    be turned by the system's owner in IT: `cio_for` then names that person (key), as the content that both sign does.
    `ended_at`: when it was noted that it ran out.
    """

    class Kind(models.TextChoices):
        INSURANCE = "insurance", "Insurance"
        SUPPLIER = "supplier", "Supplier"
        RETIREMENT = "retirement", "Delayed retirement"
        MATERIALITY = "materiality", "Materiality"
        PATCH_OR_WAIT = "patch_or_wait", "Patch or wait"

    key = fields.key()
    kind = models.CharField(max_length=13, choices=Kind.choices)
    title = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    inputs = models.JSONField()
    figures = models.JSONField(default=dict)
    chosen = models.CharField(max_length=100, blank=True)
    until = models.DateField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    record = models.TextField(blank=True)
    record_hash = models.CharField(max_length=64, blank=True)
    system = models.CharField(max_length=100, blank=True)
    fix = models.CharField(max_length=100, blank=True)
    cio_for = models.CharField(max_length=100, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(TwoKey.Meta):
        ordering: ClassVar = ["-created", "-pk"]
        constraints: ClassVar = [
            *TwoKey.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(cio_for="") | models.Q(kind="patch_or_wait"), name="decisions_sheet_delegated_key"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-created"], name="decisions_sheet_state"),
            models.Index(fields=["system", "fix"], name="decisions_sheet_fix"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def shown(self) -> dict[str, Any]:
        """What was proposed, or the draft as it stands."""
        found: dict[str, Any] = self.frozen or self.figures
        return found

    @property
    def recorded(self) -> Any:
        """How it ended, as data; None while it waits."""
        return json.loads(self.record) if self.record else None

    def held_by(self, actor: User, role: Role) -> bool:
        """The role itself; the CIO's key of a patch-or-wait sheet also by the IT owner whom its content names."""
        return super().held_by(actor, role) or (role is Role.CIO and self.signs_for_cio(actor))

    def signs_for_cio(self, actor: User) -> bool:
        """Whether an account is that of the system's owner in IT, an IT manager, as the frozen content names them."""
        owner = (self.frozen or {}).get("it_owner") if self.kind == self.Kind.PATCH_OR_WAIT else None
        return bool(owner and actor.person_key == owner["key"] and actor.has_role(Role.MANAGER))

    @property
    def slots(self) -> list[dict[str, Any]]:
        """The two keys for the screen; one that was turned for the CIO says so."""
        found = super().slots
        if self.cio_for:
            found[0]["label"] = f"{found[0]['label']}, by the owner in IT"
        return found

    def ran_out(self, today: dt.date) -> bool:
        """Whether it was in force and its last day is over."""
        return self.state == TwoKeyState.IN_FORCE and self.until is not None and self.until < today
