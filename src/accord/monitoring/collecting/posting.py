"""From a web process into the spool: what was answered with 200 is on disk, and a key's lines are there once."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from accord.monitoring.collecting.bodies import Found
from accord.monitoring.collecting.committing import Space
from accord.monitoring.collecting.frames import Record, TooLarge
from accord.monitoring.collecting.framing import SAMPLE
from accord.monitoring.collecting.keys import Keys, digest_of
from accord.monitoring.collecting.spool import Full, Writer, claim

PREFIX = "web"
RECENT = 2_000
"""Keys that a new segment carries on."""
AT_ONCE = 64 << 20
"""Bytes of bodies that one process holds at once; who comes beyond is asked to come again."""


class Later(Exception):
    """The request cannot be taken now: its status (429 or 503), why, and after how many seconds to come again."""

    def __init__(self, status: int, reason: str, after: int) -> None:
        super().__init__(reason)
        self.status, self.after = status, after


class Posting:
    """The way of one source's requests into its spool, for one process and all its threads."""

    def __init__(self, folder: Path, space: Space) -> None:
        self._space = space
        self._lock = threading.Lock()
        self._recent: deque[str] = deque(maxlen=RECENT)
        self.writer: Writer = claim(folder, PREFIX, state=lambda: {"keys": list(self._recent)})
        self._keys = Keys(folder)
        self._recent.extend(one.hex() for one in self._keys.take_up(self.writer.name))

    def take(self, found: Sequence[Found], peer: str, key: str = "") -> bool:
        """Return when the events are on disk; False where the key's are there already. Later where they cannot be."""
        problem = self._space.problem(time.monotonic())
        if problem:
            raise Later(503, problem, 30)
        with self._lock:
            digest = digest_of(key) if key else b""
            if digest:
                answer = self._keys.reserve(digest, self.writer.name)
                if answer == "done":
                    return False
                if answer == "busy":
                    raise Later(503, "Another request with this Idempotency-Key is being stored.", 1)
            try:
                self._write(found, peer, digest)
            except BaseException as error:
                if digest:
                    self._keys.void(digest, self.writer.name)
                if isinstance(error, TooLarge):
                    raise
                if isinstance(error, Full):
                    raise Later(503, str(error.strerror), 30) from None
                raise
            if digest:
                self._recent.append(digest.hex())
                self._keys.done(digest, self.writer.name)
        return True

    def _write(self, found: Sequence[Found], peer: str, digest: bytes) -> None:
        now, connection = time.time(), f"w{self.writer.name}-{peer}"
        records = [
            Record(now, body[:SAMPLE] if problem else body, peer=peer, connection=connection, problem=problem)
            for body, problem in found
        ]
        self.writer.append(records, {"key": digest.hex()} if digest else None)
        self.writer.sync()


class Gate:
    """Bounds what one process holds of bodies at once."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most, self._held, self._lock = most, 0, threading.Lock()

    def enter(self, size: int) -> None:
        """Later where there is no room."""
        with self._lock:
            if self._held and self._held + size > self._most:
                raise Later(429, "Too much is being taken in at this moment.", 1)
            self._held += size

    def leave(self, size: int) -> None:
        with self._lock:
            self._held -= size


GATE = Gate()
_postings: dict[tuple[int, Path], Posting] = {}
_lock = threading.Lock()


def posting(folder: Path, floor: int) -> Posting:
    """This process's way into the spool `folder`. Busy where a thousand processes have one."""
    place = os.getpid(), folder
    with _lock:
        found = _postings.get(place)
        if found is None:
            folder.mkdir(parents=True, exist_ok=True)
            found = _postings[place] = Posting(folder, Space(folder, floor))
        return found
