"""Files that grow: read line by line as they grow, through rotation; others taken whole when they rest.

The offset of a file is written in the same frame of the spool as the lines before it. So a kill at any moment
repeats nothing and loses nothing.
"""

from __future__ import annotations

import asyncio
import glob
import os
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

import structlog

from accord.monitoring.collecting import following
from accord.monitoring.collecting.following import BLOCK, Followed
from accord.monitoring.collecting.frames import Record
from accord.monitoring.collecting.framing import LONGEST, SAMPLE
from accord.monitoring.collecting.living import Living

log = structlog.get_logger("accord.collect")
LOOK = 1.0
"""Seconds between two looks at the files."""
MOST_FILES = 20_000
OPEN = 256
"""Files that are kept open, so that one that is renamed away is still read to its end."""
AT_ONCE = 8 << 20
"""Bytes of one file in one look: others have their turn."""
REST, UNENDED = 10.0, 60.0
"""Seconds that a file must stand still before it is taken whole, and before a last line without an end is taken."""
KEPT = 30 * 86_400.0
"""Seconds that a file that is gone is still known."""


class Tailing:
    """Follows the files of one source in a thread of its own."""

    def __init__(self, living: Living, every: float = LOOK, rest: float = REST) -> None:
        self._living, self._every, self._rest = living, every, rest
        self._loop = asyncio.get_running_loop()
        self._known = {name: Followed.of_mark(mark) for name, mark in living.files.items()}
        self._first = not self._known
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()
        self._problems: dict[str, str] = {}
        self._number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"files-{living.wanted.pk}", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """End after what is being written."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join, 3.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except ConnectionAbortedError:
                break
            except Exception as error:  # one look failed; the next may not
                log.warning("files cannot be followed", source=self._living.wanted.key, why=repr(error))
                self._problems["files"] = f"The files cannot be followed ({error})."
            self._stop.wait(self._every)
        for stream in self._open.values():
            stream.close()

    def _look(self) -> None:
        self._problems.clear()
        by_place = {(one.device, one.inode): name for name, one in self._known.items() if not one.done}
        there: set[str] = set()
        behind = count = 0
        for path in paths(self._living.wanted.settings.get("paths", ())):
            count += 1
            if self._stop.is_set():
                return
            try:
                stat = path.stat()
                if not S_ISREG(stat.st_mode):
                    continue
                name = self._recognized(path, stat, by_place)
                if name is None:
                    continue
                there.add(name)
                behind += self._advance(name, path, stat)
            except OSError as error:
                self._problems[str(path)] = f"{path} cannot be read ({error.strerror})."
        for name, one in list(self._known.items()):
            if name not in there and not one.done:
                self._gone(name, one)
        self._first = False
        self._forget()
        self._living.notes = {"files": count, "behind": behind, "problems": list(self._problems.values())[:5]}

    def _recognized(self, path: Path, stat: os.stat_result, by_place: dict[tuple[int, int], str]) -> str | None:
        """The name of the file in what is known, new or not; None while it is empty."""
        name = by_place.get((stat.st_dev, stat.st_ino))
        one = self._known.get(name or "")
        if one is not None and name is not None:
            if stat.st_size == one.offset and not one.whole and one.head_size == min(following.HEAD, one.offset):
                one.path = str(path)
                return name  # nothing new: not opened
            with path.open("rb") as stream:
                head = following.head_of(stream)
            if following.recognizes(one, str(path), stat, head):
                one.path = str(path)
                if one.head_size < len(head) and not one.whole:
                    one.head, one.head_size = following.digest(head), len(head)
                return name
            self._leave(name, one)
        made = self._new(path, stat) if stat.st_size else None
        if made is not None:
            by_place[stat.st_dev, stat.st_ino] = made
        return made

    def _new(self, path: Path, stat: os.stat_result) -> str | None:
        with path.open("rb") as stream:
            head = following.head_of(stream)
            copy = following.copied_from(path, stream, list(self._known.values()))
            made = following.begun(path, stat, head, copy)
            if made.whole and time.time() - stat.st_mtime < self._rest:
                return None  # it is still being written
            skip = self._first and self._living.wanted.settings.get("start") == "end"
            if skip and not made.whole:
                made.offset = stat.st_size
                made.check = following.checked(following.content(stream, path.name), made.offset) or 0
                made.row = -1  # the number of the lines before is not known
            self._number += 1
            name = f"f{stat.st_dev:x}.{stat.st_ino:x}.{time.time_ns() // 1000:x}{self._number:x}"
            if made.whole and copy is not None:
                self._rest_of(name, made, stream)
            elif made.whole and not skip:
                self._hand_over(name, made, stream)
            else:
                self._put([], name, made)
        return name

    def _hand_over(self, name: str, made: Followed, stream: BinaryIO) -> None:
        stream.seek(0)
        put = self._living.intake.hand_over(
            stream, Path(made.path).name, name, {"files": {name: made.as_mark()}}
        )  # fmt: skip
        asyncio.run_coroutine_threadsafe(put, self._loop).result()
        self._known[name] = made
        self._living.files[name] = made.as_mark()

    def _rest_of(self, name: str, made: Followed, stream: BinaryIO) -> None:
        """What a packed copy holds beyond what was read of the file before it was packed."""
        left, rest = made.offset, b""
        made.whole = False
        for block in following.content(stream, made.path):
            if left >= len(block):
                left -= len(block)
                continue
            data, left = rest + block[left:], 0
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                records = list(self._records(data[: end - 1].split(b"\n"), name, made))
                made.offset, made.check = made.offset + end, zlib.crc32(data[:end], made.check)
                self._put(records, name, made)
        made.whole = True
        self._put(list(self._records([rest], name, made)) if rest else [], name, made)

    def _advance(self, name: str, path: Path, stat: os.stat_result) -> int:
        """Read what a file has more; returns the bytes that are left for the next look."""
        one = self._known[name]
        if one.whole:
            if (stat.st_size, stat.st_mtime) != (one.size, one.changed):
                self._problems[one.path] = (
                    f"{one.path} was changed after it was taken whole; what was added is not read."
                )
            return 0
        if stat.st_size <= one.offset:
            return 0
        stream = self._stream(name, path, stat)
        if stream is None:
            return 0
        self._read(name, one, stream, AT_ONCE, last=time.time() - stat.st_mtime >= UNENDED)
        return max(0, stat.st_size - one.offset)

    def _stream(self, name: str, path: Path, stat: os.stat_result) -> BinaryIO | None:
        stream = self._open.get(name)
        if stream is None:
            stream = path.open("rb", buffering=0)
            now = os.fstat(stream.fileno())
            if (now.st_dev, now.st_ino) != (stat.st_dev, stat.st_ino):
                stream.close()
                return None  # renamed in between; the next look finds it
            self._open[name] = stream
        self._open.move_to_end(name)
        while len(self._open) > OPEN:
            self._open.popitem(last=False)[1].close()
        return stream

    def _read(self, name: str, one: Followed, stream: BinaryIO, most: int, last: bool = False) -> None:
        """Take whole lines from the offset on; with `last` what stands at the end without an end of line, too."""
        while most > 0 and not self._stop.is_set():
            data = os.pread(stream.fileno(), BLOCK + 1, one.offset)
            end = data.rfind(b"\n") + 1
            if not end and len(data) <= LONGEST:
                if not last or not data:
                    return
                end = len(data)
            new = Followed.of_mark(one.as_mark())
            if end:
                block = data[:end]
                records = list(self._records(block.removesuffix(b"\n").split(b"\n"), name, new))
            else:  # a line that is longer than any may be
                block = data
                records = [] if one.passing else [self._too_long(data, name, new)]
                new.passing = True
            new.offset += len(block)
            new.check = zlib.crc32(block, one.check)
            new.seen = time.time()
            most -= len(block)
            self._put(records, name, new)
            one = new

    def _records(self, lines: list[bytes], name: str, one: Followed) -> Iterator[Record]:
        now, called = time.time(), Path(one.path).name
        for line in lines:
            if one.row >= 0:
                one.row += 1
            if one.passing:
                one.passing = False
                continue
            if line[-1:] in (b"\r", b"\0") or line[:1] == b"\0":
                line = line.strip(b"\r\0")
            if line and not line.isspace():
                yield Record(now, line, name=called, connection=name, row=max(one.row, 0))

    def _too_long(self, data: bytes, name: str, one: Followed) -> Record:
        problem = f"The line is longer than {LONGEST:,} bytes."
        row = one.row + 1 if one.row >= 0 else 0
        return Record(
            time.time(), data[:SAMPLE], name=Path(one.path).name, connection=name, row=row, problem=problem
        )  # fmt: skip

    def _put(self, records: list[Record], name: str, new: Followed) -> None:
        """Lines and the offset behind them, in one frame; "" for lines whose offset comes with a later frame."""
        mark: dict[str, Any] | None = {"files": {name: new.as_mark()}} if name else None
        asyncio.run_coroutine_threadsafe(self._living.intake.put(records, mark), self._loop).result()
        if name:
            self._known[name] = new
            self._living.files[name] = new.as_mark()

    def _leave(self, name: str, one: Followed) -> None:
        """The place has another file now; what was read is still known, for its copies."""
        one.done, one.seen = True, time.time()
        stream = self._open.pop(name, None)
        if stream is not None:
            stream.close()
        self._put([], name, one)

    def _gone(self, name: str, one: Followed) -> None:
        """A file that is no longer under its name: renamed, or deleted. It is read to its end."""
        stream = None if one.whole else self._open.get(name) or _elsewhere(one)
        if stream is not None:
            self._open[name] = stream
            size = os.fstat(stream.fileno()).st_size
            if size < one.offset:
                self._leave(name, one)  # cut after it was renamed
                return
            rests = time.time() - os.fstat(stream.fileno()).st_mtime >= self._rest
            self._read(name, one, stream, AT_ONCE, last=rests)
            if not rests or self._known[name].offset < size:
                return
        self._leave(name, self._known[name])

    def _forget(self) -> None:
        old = [
            name for name, one in self._known.items() if one.done and time.time() - one.seen > KEPT
        ]  # fmt: skip
        spare = len(self._known) - MOST_FILES * 2
        if spare > 0:
            done = sorted((one.seen, name) for name, one in self._known.items() if one.done)
            old += [name for _, name in done[:spare]]
        if old:
            put = self._living.intake.put((), {"gone": old})
            asyncio.run_coroutine_threadsafe(put, self._loop).result()
            for name in set(old):
                self._known.pop(name, None)
                self._living.files.pop(name, None)


def paths(patterns: object) -> Iterator[Path]:
    """The files that patterns, files and folders (in any depth) name; hidden ones are left out; at most 20,000."""
    seen: set[str] = set()
    for pattern in patterns if isinstance(patterns, list | tuple) else ():
        for found in glob.iglob(str(pattern), recursive=True):  # noqa: PTH207 - absolute patterns
            inside = _inside(found) if Path(found).is_dir() and not glob.has_magic(str(pattern)) else (found,)
            for one in inside:
                if one not in seen:
                    seen.add(one)
                    yield Path(one)
                if len(seen) >= MOST_FILES:
                    return


def _inside(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        yield from (str(Path(place) / one) for one in sorted(files) if not one.startswith("."))


def _elsewhere(one: Followed) -> BinaryIO | None:
    """The file in its folder under another name, found by its inode; None where it is not there."""
    with suppress(OSError), os.scandir(Path(one.path).parent) as entries:
        for entry in entries:
            if entry.inode() != one.inode:
                continue
            stream = Path(entry.path).open("rb", buffering=0)  # noqa: SIM115 - kept open by the caller
            stat = os.fstat(stream.fileno())
            if stat.st_dev == one.device and following.recognizes(one, one.path, stat, following.head_of(stream)):
                return stream
            stream.close()
    return None
