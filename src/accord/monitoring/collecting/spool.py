"""The spool of a source: what was received and is on disk, until it is stored.

    writer = Writer(folder, "collect")
    writer.append(records)          # one frame: whole or not at all
    writer.sync()                   # on disk: only now may the sender be told
    framed, offsets = read(folder, offsets, 16 << 20)
    …                               # store the events and `offsets` in one transaction
    remove_done(folder, offsets)

A source has one folder, in it each writer (one name per process, held by a lock) has segments `<name>-<number>.seg`
of bounded size. The first frame of a segment carries the writer's whole state, so that older segments can go. A
writer never continues a segment of an earlier run: it cuts off what was torn, and begins the next. So a place
(segment, offset) names one record for ever, and an event that is made from it has the same key after any restart.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from accord.monitoring.collecting.frames import HEADER, MAGIC, MOST, Frame, Record, TooLarge, packed, unpacked

__all__ = [
    "Busy", "Framed", "Full", "Position", "Record", "Segment", "TooLarge", "Writer", "backlog", "claim", "read",
    "remove_done", "replay", "segments",
]  # fmt: skip

SEGMENT = 32 << 20
"""Bytes from which on a segment is closed and the next begun."""
_NAME = re.compile(r"([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)-(\d{8,})\.seg")
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CHECKPOINT = "checkpoint"


class Full(OSError):
    """There is no space left on the disk; nothing of the append remains."""


class Busy(RuntimeError):
    """Another process writes under this name."""


class Position(NamedTuple):
    """Where an append ended."""

    segment: str
    offset: int


class Framed(NamedTuple):
    """A record and its place, which names it for ever."""

    record: Record
    segment: str
    offset: int


class Segment(NamedTuple):
    """A segment's file, its writer, its number, and whether its writer has begun the next one."""

    path: Path
    writer: str
    number: int
    closed: bool


def segments(folder: Path) -> list[Segment]:
    """The segments of a folder, by writer and number; none where there is no folder."""
    found: dict[str, list[tuple[int, Path]]] = {}
    try:
        paths = list(folder.iterdir())
    except FileNotFoundError:
        return []
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match:
            found.setdefault(match[1], []).append((int(match[2]), path))
    return [
        Segment(path, writer, number, place < len(ones) - 1)
        for writer, ones in sorted(found.items())
        for place, (number, path) in enumerate(sorted(ones))
    ]


class Writer:
    """Appends to the spool in `folder` under `name` (letters, digits, hyphens). Not for several threads at once.

    `state` gives what the first frame of each segment carries; `replay` gives it back after a restart. Busy where
    another process holds the name.
    """

    def __init__(
        self, folder: Path, name: str, most: int = SEGMENT, state: Callable[[], Mapping[str, Any]] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name, self._most, self._state = folder, name, most, state
        self._lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Busy(f"Another process writes to {folder} as “{name}”.") from None
        own = [one for one in segments(folder) if one.writer == name]
        if own:
            _cut(own[-1].path)
        self._number = own[-1].number if own else 0
        self._file = -1
        self._offset = self._synced = 0
        self._handed = 0

    @property
    def segment(self) -> str:
        return f"{self.name}-{self._number:08d}.seg"

    @property
    def is_due(self) -> bool:
        """Whether the next append begins a segment, and so asks for the state."""
        return self._file < 0 or self._offset >= self._most

    def append(self, records: Iterable[Record], mark: Mapping[str, Any] | None = None) -> Position:
        """Write one frame; it is on disk after `sync`. Full where there is no space, TooLarge beyond one frame."""
        data = packed(records, mark)
        if self.is_due:
            self._begin()
        self._write(data)
        return Position(self.segment, self._offset)

    def sync(self) -> None:
        """Return when all that was appended is on disk. Full or OSError where that fails; it is cut off then."""
        if self._file < 0 or self._synced == self._offset:
            return
        try:
            os.fdatasync(self._file)
        except OSError as error:
            # What the system made of the pages is not known after a failure: leave this segment behind.
            os.ftruncate(self._file, self._synced)
            os.close(self._file)
            self._file = -1
            raise _told(error) from error
        self._synced = self._offset

    def hand_over(self, content: IO[bytes], name: str, **more: Any) -> Record:
        """Copy a whole file beside the spool and return the record that names it, to be appended.

        The copy is on disk then; it goes when its segment goes.
        """
        if self.is_due:
            self._begin()
        self._handed += 1
        file = f"{self.segment.removesuffix('.seg')}.{self._handed}.whole"
        try:
            with (self.folder / file).open("wb") as copy:
                while block := content.read(1 << 20):
                    copy.write(block)
                copy.flush()
                os.fdatasync(copy.fileno())
        except OSError as error:
            (self.folder / file).unlink(missing_ok=True)
            raise _told(error) from error
        _sync_folder(self.folder)
        return Record(more.pop("received", time.time()), b"", name=name, file=file, **more)

    def close(self) -> None:
        """Sync, and give the name free."""
        if self._lock < 0:
            return
        try:
            self.sync()
        finally:
            if self._file >= 0:
                os.close(self._file)
            os.close(self._lock)
            self._file = self._lock = -1

    def _begin(self) -> None:
        """Close the segment and begin the next, whose first frame is the state."""
        if self._file >= 0:
            self.sync()
            os.close(self._file)
            self._file = -1
        number = self._number + 1
        path = self.folder / f"{self.name}-{number:08d}.seg"
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _told(error) from error
        self._number, self._offset, self._synced, self._handed = number, 0, 0, 0
        try:
            self._write(packed((), {CHECKPOINT: dict(self._state()) if self._state else {}}))
            self.sync()
            _sync_folder(self.folder)
        except BaseException:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
            if not self._offset:  # nobody can have read of it: its number is free again
                path.unlink(missing_ok=True)
                self._number = number - 1
            raise

    def _write(self, data: bytes) -> None:
        begin, view = self._offset, memoryview(data)
        try:
            while view:
                written = os.pwrite(self._file, view, self._offset)
                self._offset += written
                view = view[written:]
        except OSError as error:
            os.ftruncate(self._file, begin)
            self._offset = begin
            raise _told(error) from error


def claim(
    folder: Path, prefix: str, most: int = SEGMENT, limit: int = 1000,
    state: Callable[[], Mapping[str, Any]] | None = None,
) -> Writer:  # fmt: skip
    """A writer under the first free name `<prefix>-<number>`. Busy where `limit` are held."""
    for number in range(limit):
        try:
            return Writer(folder, f"{prefix}-{number}", most, state)
        except Busy:
            continue
    raise Busy(f"{limit} processes write to {folder} as “{prefix}-…”.")


def replay(folder: Path, name: str) -> Iterator[Frame]:
    """The frames of one writer from the newest state on: the first frame's mark holds it under `CHECKPOINT`."""
    own = [one for one in segments(folder) if one.writer == name]
    start = 0
    for place in range(len(own) - 1, -1, -1):
        first = next(_frames(own[place].path, 0, True), None)
        if first is not None and CHECKPOINT in first.mark:
            start = place
            break
    for one in own[start:]:
        yield from _frames(one.path, 0, True)


def read(
    folder: Path, after: Mapping[str, int], most_bytes: int, damaged: list[tuple[str, int, int]] | None = None
) -> tuple[list[Framed], dict[str, int]]:
    """The records beyond `after` (segment → offset), and the offsets behind them.

    About `most_bytes` in all and at least one frame of each writer that has any, in the order in which each writer
    wrote. What is returned is on disk. Where a closed segment is damaged, reading goes on at the next whole frame;
    `damaged` gets (segment, from, to).
    """
    found: list[Framed] = []
    existing = segments(folder)
    offsets = {one.path.name: after[one.path.name] for one in existing if one.path.name in after}
    writers = {one.writer for one in existing}
    for writer in sorted(writers):
        left = most_bytes // len(writers)
        for one in existing:
            if one.writer != writer or left < 0:
                continue
            name = one.path.name
            offset = offsets.get(name, 0)
            for frame in _frames(one.path, offset, one.closed, damaged):
                found += [Framed(record, name, at) for at, record in frame.records]
                offset = frame.end
                left -= frame.end - frame.begin
                if left < 0:
                    break
            else:
                if one.closed:
                    offset = max(offset, _size(one.path))
            if offset:
                offsets[name] = offset
    return found, offsets


def remove_done(folder: Path, offsets: Mapping[str, int]) -> list[str]:
    """Delete segments that are closed and wholly read by `offsets`, with the files they name; returns their names."""
    gone = []
    existing = segments(folder)
    for place, one in enumerate(existing):
        name = one.path.name
        if not one.closed or offsets.get(name, 0) < _size(one.path):
            continue
        following = next(_frames(existing[place + 1].path, 0, True), None)
        if following is None:
            continue  # the next one's state is not there: this one's is the last
        stem = name.removesuffix(".seg")
        for whole in folder.glob(f"{stem}.*.whole"):
            whole.unlink(missing_ok=True)
        one.path.unlink(missing_ok=True)
        gone.append(name)
    return gone


def backlog(folder: Path, offsets: Mapping[str, int]) -> int:
    """Bytes of the spool that are not read by `offsets`."""
    return sum(max(0, _size(one.path) - offsets.get(one.path.name, 0)) for one in segments(folder))


def _frames(
    path: Path, offset: int, closed: bool, damaged: list[tuple[str, int, int]] | None = None
) -> Iterator[Frame]:
    """The whole frames from `offset` on; of an open segment only up to what is being written."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        size = os.fstat(file).st_size
        if not closed and size > offset:
            os.fdatasync(file)  # what is handed on must not vanish with the power, or its place would be used again
        while offset < size:
            head = os.pread(file, HEADER.size, offset)
            length = HEADER.unpack(head)[1] if len(head) == HEADER.size and head[:4] == MAGIC else MOST + 1
            whole = head + os.pread(file, length, offset + HEADER.size) if length <= MOST else b""
            frame = unpacked(whole, offset) if whole else None
            if frame is None:
                if not closed:
                    return
                following = _next(file, offset + 1, size)
                if damaged is not None:
                    damaged.append((path.name, offset, following))
                offset = following
                continue
            yield frame
            offset = frame.end
    finally:
        os.close(file)


def _next(file: int, offset: int, size: int) -> int:
    """Where the next whole frame begins, `size` where there is none."""
    while offset < size:
        block = os.pread(file, 1 << 20, offset)
        place = block.find(MAGIC)
        if place < 0:
            offset += max(len(block) - len(MAGIC) + 1, 1)
            continue
        offset += place
        head = os.pread(file, HEADER.size, offset)
        if len(head) == HEADER.size and HEADER.unpack(head)[1] <= MOST:
            whole = os.pread(file, HEADER.size + HEADER.unpack(head)[1], offset)
            if unpacked(whole, offset) is not None:
                return offset
        offset += 1
    return size


def _cut(path: Path) -> None:
    """Cut off what a killed writer left half."""
    end = 0
    for frame in _frames(path, 0, True):
        end = frame.end
    if end < _size(path):
        os.truncate(path, end)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _told(error: OSError) -> OSError:
    if error.errno in _NO_SPACE:
        return Full(error.errno, "There is no space left on the disk of the spool.")
    return error
