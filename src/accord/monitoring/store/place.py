"""Where events lie, and how files of them are named and made sure of."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_KEY = re.compile(r"(\d{1,18})-(.{1,110}?\.seg)-(\d{1,18})(?:-(\d{1,9}))?")


def folder() -> Path:
    """The folder of the spool, the store and the compiled rules."""
    from django.conf import settings

    given = getattr(settings, "ACCORD_EVENTS", None)
    return Path(given) if given else Path(settings.HOME) / "events"


def store() -> Path:
    """The folder of stored events."""
    return folder() / "store"


class Place(NamedTuple):
    """Where the record of an event stood in the spool."""

    source: int
    segment: str
    offset: int
    number: int = 0


def key_of(source: int, segment: str, offset: int, number: int = 0) -> str:
    """The key of the event `number` (from 0) of one record: unique, and the same after a restart."""
    return f"{source}-{segment}-{offset}" if not number else f"{source}-{segment}-{offset}-{number}"


def place_of(key: str) -> Place | None:
    """What a key tells; None where it is no key of an event."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    return Place(int(found[1]), found[2], int(found[3]), int(found[4] or 0))


def make_sure(path: Path) -> None:
    """Return when the content of a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
