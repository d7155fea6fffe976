"""Who may fill in which sheet: executives every kind, an owner in IT the patches of their own systems."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from accord.core.permissions import Reach, reach
from accord.decisions.models import Sheet
from accord.estate.models import System


def owns(user: Any, system: str) -> bool:
    """Whether an account is that of the owner in IT of a system (key). One query."""
    person = getattr(user, "person_key", "")
    return bool(person) and System.objects.filter(key=system, it_owner__key=person).exists()


def may_change_kind(user: Any, kind: str) -> bool:
    """Whether an account may open sheets of a kind at all. No query."""
    found = reach(user, "change", "sheet")
    return found is Reach.ALL or (found is Reach.OWN and kind == Sheet.Kind.PATCH_OR_WAIT)


def may_change(user: Any, kind: str, system: str) -> bool:
    """Whether an account may fill in a sheet of a kind, which is about a system where it is about a patch."""
    if reach(user, "change", "sheet") is Reach.ALL:
        return True
    return may_change_kind(user, kind) and owns(user, system)


def require_change(user: Any, kind: str, system: str) -> None:
    """PermissionDenied with the reason unless the account may."""
    if not may_change(user, kind, system):
        raise PermissionDenied("IT managers fill in sheets on patches of systems that they own in IT, and no others.")
