"""Group commit: what many connections of a source received goes to disk together, and only then they go on.

`put` returns when its records are on disk. Who waits for it does not read on, so no queue grows: a connection holds
what it has read once, and the rest waits with its sender. While the disk is too full the waiting goes on; nothing
that was acknowledged is touched.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, NamedTuple

import structlog

from accord.monitoring.collecting.frames import Record
from accord.monitoring.collecting.spool import Full, Writer

log = structlog.get_logger("accord.collect")
FRAME = 8 << 20
"""Bytes of bodies that one frame takes, but for one batch that is larger alone."""
AGAIN = 1.0
"""Seconds until a full disk is tried again."""
CLOSED = "The source is not collected any more."
Mark = Mapping[str, Any]


class Batch(NamedTuple):
    """What one `put` brought."""

    records: Sequence[Record]
    mark: Mark | None
    size: int
    told: asyncio.Future[None]
    done: Callable[[], None] | None


class Space:
    """The free space of a disk, looked at not more often than each `every` seconds."""

    def __init__(self, folder: Path, floor: int, every: float = 1.0) -> None:
        self._folder, self.floor, self._every = folder, floor, every
        self._at, self.free = 0.0, 0

    def problem(self, now: float, need: int = 0) -> str:
        """Why nothing more (with `need` bytes more at once) is taken in, "" where there is space."""
        if now - self._at >= self._every:
            self._at = now
            try:
                self.free = shutil.disk_usage(self._folder).free
            except OSError as error:
                return f"The disk of events cannot be asked for its free space ({error.strerror})."
        if self.free - need < self.floor:
            return (
                f"The disk of events has {self.free / 2**20:,.0f} MiB free, less than the floor of "
                f"{self.floor / 2**20:,.0f} MiB (ACCORD_EVENTS_FREE). Free some; the intake goes on by itself."
            )
        return ""


class Intake:
    """The one way into the spool of one source, for one process.

    `state` gives what a new segment must carry (asked in the loop's thread), `mark` what the next frame is to tell
    besides the records' own (and `unmark` gets it back where it was not written). `paused` says why nothing is
    taken in now. `waiting` are bytes that were received and are not on disk yet.
    """

    def __init__(
        self, folder: Path, space: Space, pool: ThreadPoolExecutor, state: Callable[[], Mark] | None = None,
        mark: Callable[[], Mark] | None = None, unmark: Callable[[Mark], None] | None = None, name: str = "collect",
    ) -> None:  # fmt: skip
        self._state, self._mark, self._unmark = state, mark, unmark
        self._carried: Mark = {}
        self.writer = Writer(folder, name, state=lambda: self._carried)
        self._space, self._pool = space, pool
        self._batches: deque[Batch] = deque()
        self._work = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task = asyncio.get_running_loop().create_task(self._commit())
        self._closed = False
        self.paused = ""
        self.waiting = 0
        self.records = 0
        self.heard = 0.0

    async def put(
        self, records: Sequence[Record], mark: Mark | None = None, done: Callable[[], None] | None = None
    ) -> None:
        """Return when the records (and the mark with them, in one frame) are on disk.

        `done` is called then, also where nobody waits any more. ConnectionAbortedError (an OSError) where the intake
        was closed before.
        """
        if self._closed:
            raise ConnectionAbortedError(CLOSED)
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        size = sum(len(one.body) for one in records)
        self.waiting += size
        self._batches.append(Batch(records, mark, size, told, done))
        self._work.set()
        await told

    async def hand_over(self, content: IO[bytes], name: str, connection: str = "", mark: Mark | None = None) -> None:
        """Return when a copy of a whole file, the record that names it and the mark are on disk."""
        loop = asyncio.get_running_loop()
        size = os.fstat(content.fileno()).st_size
        while True:
            async with self._turn:
                if self._closed:
                    raise ConnectionAbortedError(CLOSED)
                self.paused = self._space.problem(loop.time(), size)
                if not self.paused:
                    if self.writer.is_due and self._state is not None:
                        self._carried = self._state()
                    try:
                        await loop.run_in_executor(self._pool, self._hand, content, name, connection, mark)
                    except Full as error:
                        self.paused = str(error.strerror)
                    else:
                        self.heard, self.records = time.time(), self.records + 1
                        return
            await asyncio.sleep(AGAIN)

    def _hand(self, content: IO[bytes], name: str, connection: str, mark: Mark | None) -> None:
        content.seek(0)
        record = self.writer.hand_over(content, name, connection=connection)
        self.writer.append((record,), mark)
        self.writer.sync()

    def tell(self) -> None:
        """Have written what is to be told where no records carry it; this does not wait."""
        mark = self._mark() if self._mark is not None and not self._batches and not self._closed else None
        if mark:
            told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            told.add_done_callback(lambda future: future.cancelled() or future.exception())
            self._batches.append(Batch((), mark, 0, told, None))
            self._work.set()

    async def close(self) -> None:
        """Write what waits, as far as the disk allows, and end."""
        self._closed = True
        if self._batches and not self.paused:
            await asyncio.wait([batch.told for batch in self._batches], timeout=10)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for batch in self._batches:
            if not batch.told.done():
                batch.told.set_exception(ConnectionAbortedError(CLOSED))
        await asyncio.get_running_loop().run_in_executor(self._pool, self.writer.close)

    async def _commit(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            batches = self._taken()
            if not batches:
                self._work.clear()
                continue
            problem = self._space.problem(loop.time())
            if not problem:
                async with self._turn:
                    problem = await self._written(batches)
            if problem:
                if problem != self.paused:
                    log.warning("intake paused", folder=str(self.writer.folder), why=problem)
                self.paused = problem
                self._batches.extendleft(reversed(batches))
                await asyncio.sleep(AGAIN)
                continue
            if self.paused:
                log.info("intake goes on", folder=str(self.writer.folder))
                self.paused = ""
            for batch in batches:
                self.waiting -= batch.size
                self.records += len(batch.records)
                if batch.done is not None:
                    batch.done()
                if not batch.told.done():
                    batch.told.set_result(None)

    def _taken(self) -> list[Batch]:
        taken: list[Batch] = []
        size = 0
        while self._batches and (not taken or size + self._batches[0].size <= FRAME):
            batch = self._batches.popleft()
            taken.append(batch)
            size += batch.size
        return taken

    async def _written(self, batches: list[Batch]) -> str:
        """Write batches as one frame; why that could not be, "" where it was."""
        records = [one for batch in batches for one in batch.records]
        own = dict(self._mark()) if self._mark is not None else {}
        marks = [batch.mark for batch in batches if batch.mark]
        mark: dict[str, Any] = {}
        for one in (own, *marks):
            _join(mark, one)
        if self.writer.is_due and self._state is not None:
            self._carried = self._state()
        if records:
            self.heard = max(self.heard, records[-1].received)
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._write, records, mark)
        except Full as error:
            problem = str(error.strerror)
        except OSError as error:
            problem = f"The spool cannot be written ({error.strerror})."
        else:
            return ""
        if self._unmark is not None and own:
            self._unmark(own)
        return problem

    def _write(self, records: Sequence[Record], mark: Mark) -> None:
        self.writer.append(records, mark)
        self.writer.sync()


def _join(into: dict[str, Any], one: Mark) -> None:
    """Marks of several batches in one frame: lists are put together, objects joined."""
    for name, value in one.items():
        if isinstance(value, list):
            into[name] = [*into.get(name, ()), *value]
        elif isinstance(value, Mapping):
            into[name] = {**into.get(name, {}), **value}
        else:
            into[name] = value
