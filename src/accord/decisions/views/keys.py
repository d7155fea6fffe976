"""The two keys of a decision, a sheet or an acceptance, for the screen."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accord.core.models import User
from accord.decisions.models import Acceptance, Decision, Sheet
from accord.ui import parts
from accord.ui.access import may


def keys_of(request: HttpRequest, noun: str, thing: Decision | Sheet | Acceptance) -> list[parts.KeySlot]:
    """Both slots; those that the reader can turn lead to where one signs or dissents. `noun`: its own."""
    mine = {}
    if may(request.user, "sign", noun) and isinstance(request.user, User):
        for role in thing.waits_for:
            if thing.held_by(request.user, role):
                mine[role.value] = (
                    reverse(f"decisions:{noun}_sign", args=[thing.key, role.value]),
                    reverse(f"decisions:{noun}_dissent", args=[thing.key, role.value]),
                )
    return parts.key_slots(thing.slots, mine)
