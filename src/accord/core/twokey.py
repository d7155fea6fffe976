"""Two keys: what needs both executives has no effect in the database without both signatures.

A model that inherits `TwoKey` freezes its `content` when it is proposed. A signature binds one account in
one role to the hash of that content. A database constraint, not only this code, refuses the state
"in force" unless both signatures are there, of different accounts, on the very content.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role


class TwoKeyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Waiting for keys"
    IN_FORCE = "in_force", "In force"
    DISSENT = "dissent", "Dissent recorded, not in force"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"


def _signer(role: str) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=f"signed as {role}",
    )  # fmt: skip


class TwoKey(models.Model):
    """Fields and constraints of a two-key object. `content` is canonical JSON, frozen at the proposal."""

    state = models.CharField(max_length=12, choices=TwoKeyState.choices, default=TwoKeyState.DRAFT)
    content = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    cio_signer = _signer("CIO")
    cio_signed_at = models.DateTimeField(null=True, blank=True)
    cio_method = models.CharField(max_length=40, blank=True)
    cio_hash = models.CharField(max_length=64, blank=True)
    ciso_signer = _signer("CISO")
    ciso_signed_at = models.DateTimeField(null=True, blank=True)
    ciso_method = models.CharField(max_length=40, blank=True)
    ciso_hash = models.CharField(max_length=64, blank=True)
    dissent_role = models.CharField(max_length=4, blank=True, choices=[("cio", "CIO"), ("ciso", "CISO")])
    dissent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dissent_at = models.DateTimeField(null=True, blank=True)
    dissent_reason = models.TextField(blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_two_keys",
                condition=~Q(state__in=["in_force", "superseded"])
                | (
                    Q(cio_signer__isnull=False, ciso_signer__isnull=False)
                    & Q(cio_signed_at__isnull=False, ciso_signed_at__isnull=False)
                    & ~Q(cio_signer=F("ciso_signer"))
                    & ~Q(content_hash="")
                    & Q(cio_hash=F("content_hash"))
                    & Q(ciso_hash=F("content_hash"))
                ),
            ),
        ]

    @property
    def frozen(self) -> Any:
        """The content that was proposed, as data."""
        return json.loads(self.content) if self.content else None

    @property
    def slots(self) -> list[dict[str, Any]]:
        """The two keys for the screen: role, signer, when, how, or the dissent."""
        found = []
        for role in (Role.CIO, Role.CISO):
            name = role.value
            dissent = self.dissent_role == name
            found.append(
                {
                    "role": name,
                    "label": role.label,
                    "signer": self.dissent_by if dissent else getattr(self, f"{name}_signer"),
                    "at": self.dissent_at if dissent else getattr(self, f"{name}_signed_at"),
                    "method": getattr(self, f"{name}_method"),
                    "dissent": self.dissent_reason if dissent else "",
                    "state": "dissent" if dissent else ("signed" if self._signed(name) else "waiting"),
                }
            )
        return found

    def held_by(self, actor: User, role: Role) -> bool:
        """Whether an account may turn the key of a role; a model may let somebody else turn it for that role."""
        return actor.has_role(role)

    def _signed(self, role: str) -> bool:
        return getattr(self, f"{role}_signer_id") is not None

    @property
    def waits_for(self) -> list[Role]:
        """The roles whose key is still missing."""
        if self.state != TwoKeyState.PROPOSED:
            return []
        return [r for r in (Role.CIO, Role.CISO) if not self._signed(r.value)]


def propose(thing: TwoKey, actor: User, content: Any, now: datetime | None = None) -> None:
    """Freeze `content` and open the two slots. The caller saves inside its `ledger.write` block."""
    if thing.state != TwoKeyState.DRAFT:
        raise Refused("It was proposed already; make a new one to change it.")
    thing.content = ledger.canonical(content)
    thing.content_hash = hashlib.sha256(thing.content.encode()).hexdigest()
    thing.state = TwoKeyState.PROPOSED
    thing.proposed_by, thing.proposed_at = actor, now or timezone.now()


def _may_act(thing: TwoKey, actor: User, role: Role) -> None:
    if role not in (Role.CIO, Role.CISO):
        raise Refused("Only the CIO and the CISO hold a key.")
    if not thing.held_by(actor, role):
        raise Refused(f"You do not hold the role {role.label}.")
    if thing.state != TwoKeyState.PROPOSED:
        raise Refused(f"It is not open for signature: {TwoKeyState(thing.state).label.lower()}.")
    if hashlib.sha256(thing.content.encode()).hexdigest() != thing.content_hash:
        raise Refused("Its content is not what was proposed. Do not sign; run `accord check`.")


def sign(thing: TwoKey, actor: User, role: Role, method: str, now: datetime | None = None) -> bool:
    """Turn one key; returns True when this brought it into force. `method` is how the account proved itself.

    Raises `Refused` when the role is not held, the slot is taken, or the same account signed as the other.
    """
    _may_act(thing, actor, role)
    name, other = role.value, "ciso" if role is Role.CIO else "cio"
    if thing._signed(name):
        raise Refused(f"The {role.label} has signed already.")
    if getattr(thing, f"{other}_signer_id") == actor.pk:
        raise Refused("Two keys need two persons: you have signed in the other role.")
    moment = now or timezone.now()
    setattr(thing, f"{name}_signer", actor)
    setattr(thing, f"{name}_signed_at", moment)
    setattr(thing, f"{name}_method", method)
    setattr(thing, f"{name}_hash", thing.content_hash)
    if thing._signed(other):
        thing.state, thing.in_force_at = TwoKeyState.IN_FORCE, moment
        return True
    return False


def dissent(thing: TwoKey, actor: User, role: Role, reason: str, now: datetime | None = None) -> None:
    """Record one executive's dissent and its reason: it does not come into force."""
    _may_act(thing, actor, role)
    if thing._signed(role.value):
        raise Refused(f"The {role.label} has signed already.")
    if not reason.strip():
        raise Refused("Say why you dissent: the reason is recorded with the decision.")
    thing.dissent_role, thing.dissent_by = role.value, actor
    thing.dissent_reason, thing.dissent_at = reason.strip(), now or timezone.now()
    thing.state = TwoKeyState.DISSENT


def snapshot(thing: TwoKey) -> dict[str, Any]:
    """What the ledger keeps of a two-key object."""
    return {
        "state": str(thing.state), "content_hash": thing.content_hash,
        "cio": thing.cio_signer.email if thing.cio_signer else None, "cio_method": thing.cio_method or None,
        "ciso": thing.ciso_signer.email if thing.ciso_signer else None, "ciso_method": thing.ciso_method or None,
        "dissent": thing.dissent_reason or None, "dissent_role": thing.dissent_role or None,
    }  # fmt: skip
