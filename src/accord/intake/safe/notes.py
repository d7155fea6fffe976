"""Notes of readers on what stands where a list or an object is expected; `misplaced` tells them."""

from __future__ import annotations

import threading
import weakref
from typing import Any

MOST = 1000
KINDS = {list: "a list", dict: "an object", str: "a text", bool: "true"}
Note = tuple[str, str]
"""Where, and what is wrong there."""


class _Notes(threading.local):
    """Notes of one thread since they were taken last; `reader` is the document that was opened last."""

    def __init__(self) -> None:
        self.held: list[Note] = []
        self.reader: weakref.ref[Any] | None = None


NOTES = _Notes()


def note(wanted: str, found: object) -> None:
    """Note that something else stands where `wanted` ("a list", "an object") is expected."""
    if len(NOTES.held) < MOST:
        reader = NOTES.reader() if NOTES.reader is not None else None
        NOTES.held.append((reader.pointer() if reader is not None else "the document", _words(wanted, found)))


def _words(wanted: str, found: object) -> str:
    told = KINDS.get(type(found), "a number")
    return f"Other reports have {wanted} where {told} stands here: what belongs there was not read."


def stand(reader: Any) -> None:
    """This document is read from now on: notes tell its place."""
    NOTES.reader = weakref.ref(reader)
