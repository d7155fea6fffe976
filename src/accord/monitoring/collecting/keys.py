"""Keys of requests that a sender may send again (`Idempotency-Key`): of one source, shared by all web processes.

A key is reserved before its lines go into the spool and done after; both are short entries of one file, made under
a lock. Of a reservation whose process is gone the spool tells whether the lines are there: their frame carries the
key. So a key's lines are stored once, whatever is killed when. Keys are known for a day.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from accord.monitoring.collecting.spool import CHECKPOINT, replay

KNOWN = 86_400.0
"""Seconds for which a key is known."""
ENTRY = struct.Struct("<16sdB15s")
MOST = 200_000
"""Entries that the file holds beyond twice those that still count, before it is written anew."""
_RESERVED, _DONE, _VOID = 1, 2, 0
Answer = Literal["new", "done", "busy"]


def digest_of(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Keys:
    """The keys of the source whose spool is `folder`. For several processes, not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._path = folder, folder / "keys.log"
        self._read = self._inode = 0
        self._held: dict[bytes, tuple[float, int, str]] = {}

    def reserve(self, key: bytes, writer: str) -> Answer:
        """Reserve a key for a writer: "new"; "done" where its lines are on disk; "busy" where another has it now."""
        with self._locked() as file:
            at, state, by = self._held.get(key, (0.0, _VOID, ""))
            if state == _RESERVED and time.time() - at < KNOWN:
                if by != writer and _is_alive(self._folder, by):
                    return "busy"
                state = _DONE if key in written(self._folder, by) else _VOID
                if state == _DONE:
                    self._append(file, key, _DONE, by)
            if state == _DONE and time.time() - at < KNOWN:
                return "done"
            self._append(file, key, _RESERVED, writer)
            return "new"

    def done(self, key: bytes, writer: str) -> None:
        """The key's lines are on disk."""
        with self._locked() as file:
            self._append(file, key, _DONE, writer)

    def void(self, key: bytes, writer: str) -> None:
        """The key's lines were not written."""
        with self._locked() as file:
            self._append(file, key, _VOID, writer)

    def take_up(self, writer: str) -> list[bytes]:
        """After a writer has got its name: what its earlier owner wrote is done, what it only reserved is void."""
        there = written(self._folder, writer)
        with self._locked() as file:
            for key in there:
                if self._held.get(key, (0.0, _VOID, ""))[1] != _DONE:
                    self._append(file, key, _DONE, writer)
            for key, (_, state, by) in list(self._held.items()):
                if state == _RESERVED and by == writer and key not in there:
                    self._append(file, key, _VOID, writer)
        return there

    @contextmanager
    def _locked(self) -> Iterator[int]:
        lock = os.open(self._folder / "keys.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = self._opened()
            try:
                self._refresh(file)
                if self._read > (MOST + 2 * len(self._held)) * ENTRY.size:
                    self._renew()
                    os.close(file)
                    file = self._opened()
                    self._refresh(file)
                yield file
            finally:
                os.close(file)
        finally:
            os.close(lock)

    def _refresh(self, file: int) -> None:
        """Read what other processes have added."""
        stat = os.fstat(file)
        if stat.st_ino != self._inode or stat.st_size < self._read:
            self._inode, self._read = stat.st_ino, 0
            self._held.clear()
        data = os.pread(file, stat.st_size - self._read, self._read)
        whole = len(data) // ENTRY.size * ENTRY.size
        for key, at, state, writer in ENTRY.iter_unpack(data[:whole]):
            self._held[key] = at, state, writer.rstrip(b"\0").decode()
        self._read += whole
        if whole < len(data):  # a process was killed within an entry
            os.ftruncate(file, self._read)

    def _opened(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _renew(self) -> None:
        since = time.time() - KNOWN
        self._held = {key: one for key, one in self._held.items() if one[0] > since and one[1] != _VOID}
        draft = self._path.with_suffix(".new")
        draft.write_bytes(b"".join(ENTRY.pack(key, at, s, by.encode()) for key, (at, s, by) in self._held.items()))
        draft.replace(self._path)

    def _append(self, file: int, key: bytes, state: int, writer: str) -> None:
        now = time.time()
        os.write(file, ENTRY.pack(key, now, state, writer.encode()[:15]))
        self._held[key] = now, state, writer
        self._read += ENTRY.size


def written(folder: Path, writer: str) -> list[bytes]:
    """The keys that a writer's frames carry, from its newest state on."""
    found: list[bytes] = []
    for frame in replay(folder, writer):
        found += [bytes.fromhex(one) for one in frame.mark.get(CHECKPOINT, {}).get("keys", ())]
        if "key" in frame.mark:
            found.append(bytes.fromhex(frame.mark["key"]))
    return found


def _is_alive(folder: Path, writer: str) -> bool:
    """Whether a process holds the writer's name."""
    try:
        file = os.open(folder / f"{writer}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
