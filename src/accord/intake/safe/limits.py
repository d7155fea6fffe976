"""How much of a file is read before it is refused, and for how long."""

from __future__ import annotations

import mmap
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = mmap.PAGESIZE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading. Sizes in bytes or characters, time in seconds.

    `bytes`          of the file once unpacked
    `unpacked_ratio` unpacked bytes per packed byte of a .gz, after the first `unpacked_free` bytes
    `seconds`        of reading and parsing (the time in which the caller works on a record is not counted)
    `record_bytes`   between two records: the largest single record, header or run of unknown content
    `held`           characters of a file's own tables (rules, components) that rows point into
    `memory`         bytes by which the process may grow while a file is read, whatever the reason
    `depth`          of nesting while streaming
    `observations`   in one file
    `refusals`       rows that may be refused before the whole file is
    `name`, `text`, `items`  length of a one-line text, of a long text, and of a list inside a record
    """

    bytes: int = 4 * 1024**3
    unpacked_ratio: int = 300
    unpacked_free: int = 64 * 1024**2
    seconds: float = 900.0
    record_bytes: int = 8 * 1024**2
    held: int = 100_000_000
    memory: int = 1024**3
    depth: int = 64
    observations: int = 2_000_000
    refusals: int = 1000
    name: int = 500
    text: int = 20_000
    items: int = 500


def resident() -> int:
    """Bytes of memory that this process holds now; where the system does not tell, its peak; else 0."""
    try:
        with Path("/proc/self/statm").open("rb") as stream:
            return int(stream.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Budget:
    """A stopwatch that runs only while the reader works. `spent()` is in seconds."""

    __slots__ = ("_limit", "_since", "_spent")

    def __init__(self, seconds: float) -> None:
        self._limit = seconds
        self._spent = 0.0
        self._since: float | None = time.monotonic()

    def resume(self) -> None:
        if self._since is None:
            self._since = time.monotonic()

    def pause(self) -> None:
        if self._since is not None:
            self._spent += time.monotonic() - self._since
            self._since = None

    def spent(self) -> float:
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._spent + running

    def over(self) -> bool:
        return self.spent() > self._limit
