"""Proves a file to be whole in a thread of its own while its bytes are kept: both are done on their way once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Queue
from typing import IO, cast

from accord.intake.nessus.proof import Proof, prove

BLOCKS = 8
"""So many blocks may wait for the proof."""


class Proving:
    """Pass the bytes of a file through `blocks`; afterwards `result` is its proof, if there is one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._coming: Queue[bytes | None] = Queue(BLOCKS)
        self._found: Proof | None = None
        self._thread = threading.Thread(target=self._prove, daemon=True)

    def blocks(self, given: Iterable[bytes]) -> Iterator[bytes]:
        """The same blocks."""
        self._thread.start()
        try:
            for block in given:
                self._coming.put(block)
                yield block
        finally:
            self._coming.put(None)

    def result(self) -> Proof | None:
        """What was proven of all bytes that came."""
        self._thread.join()
        return self._found

    def _prove(self) -> None:
        stream = _Queued(self._coming)
        try:
            self._found = prove(cast("IO[bytes]", stream), self._name)
        finally:
            while stream.read(1 << 20):
                pass


class _Queued:
    """The blocks of a queue as a stream; None ends it."""

    def __init__(self, coming: Queue[bytes | None]) -> None:
        self._coming, self._held, self._over = coming, b"", False

    def read(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end."""
        if not self._held and not self._over:
            block = self._coming.get()
            self._over = block is None
            self._held = block or b""
        data, self._held = self._held[:size], self._held[size:]
        return data
