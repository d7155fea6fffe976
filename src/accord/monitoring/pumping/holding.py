"""Who stores the events of this database: one folder of events, on one machine.

Where a folder is read on stands in the database by the names of its segments; a second folder would have the same
names. A file in the folder names it, so that it stays the same under another name of the machine.
"""

from __future__ import annotations

import socket
import uuid
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from accord.monitoring import store
from accord.monitoring.models import PumpState

LEASE = timedelta(seconds=60)
"""A holder that gave no sign of life for so long is gone."""


class Busy(RuntimeError):
    """Another process pumps."""


def me() -> str:
    """The folder's own name, and where it is for people to read."""
    folder = store.folder()
    folder.mkdir(parents=True, exist_ok=True)
    named = folder / "holder"
    with suppress(FileExistsError), named.open("x") as file:  # whoever comes first names it
        file.write(uuid.uuid4().hex)
    return f"{named.read_text().strip() or 'unnamed'} {socket.gethostname()}:{folder}"[:300]


def elsewhere() -> str | None:
    """Why this machine may not store events, with the remedy; None where it may. One query."""
    state = PumpState.objects.only("holder", "seen").first()
    if state is None or not state.holder or state.seen is None or timezone.now() - state.seen >= LEASE:
        return None
    name, _, place = state.holder.partition(" ")
    if name == me().partition(" ")[0]:
        return None
    return (
        f"{place} stores the events of this database; one machine does. Start this one with --no-collector,"
        f" or end that one and wait {LEASE.seconds} seconds."
    )


def hold() -> None:
    """Take the place of the one that stores events. Busy where another folder has it."""
    why = elsewhere()
    if why is not None:
        raise Busy(why)
    mine = me()
    if not PumpState.objects.exists():
        PumpState.objects.create(holder=mine)
    else:
        PumpState.objects.exclude(holder=mine).update(holder=mine, seen=timezone.now())


def check(holder: str) -> None:
    """Busy where another folder has taken the place meanwhile."""
    if PumpState.objects.exclude(holder=holder).exists():
        raise Busy("Another machine stores the events of this database by now.")
