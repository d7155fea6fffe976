"""The policy by which work gets its class and deadline."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_started

from accord.core.twokey import TwoKeyState
from accord.engines.priority import Policy
from accord.exposure.models import PriorityPolicy

PUBLISHED = Policy()
_held: list[Policy] = []


def policy_in_force() -> PriorityPolicy | None:
    """The record of the policy in force; None = the published table of BOD 26-04, which nobody changed. One query."""
    return PriorityPolicy.objects.filter(state=TwoKeyState.IN_FORCE).first()


def policy_now() -> Policy:
    """The policy in force, read from the database: what writes use. One query."""
    table = PriorityPolicy.objects.filter(state=TwoKeyState.IN_FORCE).values_list("table", flat=True).first()
    return PUBLISHED if table is None else _from(table)


def policy() -> Policy:
    """The policy in force, read once in a request: what screens use. `.label(slot)`, `.days(slot)`, `.code(slot)`."""
    if not _held:
        _held.append(policy_now())
    return _held[0]


def forget(**kwargs: Any) -> None:
    """Read it anew at the next call."""
    _held.clear()


def _from(table: dict[str, Any]) -> Policy:
    from accord.engines.priority import policy_from

    return policy_from(table)


request_started.connect(forget, dispatch_uid="exposure.policy")
