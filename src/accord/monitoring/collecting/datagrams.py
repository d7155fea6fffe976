"""Syslog over UDP (RFC 5426): nothing tells the sender to wait, so what is lost is counted."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from accord.monitoring.collecting.frames import Record
from accord.monitoring.collecting.listening import Door, bound, plain_address
from accord.monitoring.collecting.living import Living, Routes

QUEUE, QUEUE_BYTES = 20_000, 16 << 20
"""Datagrams, and their bytes, that wait for the disk; who comes beyond is dropped and counted."""
AT_ONCE = 500
BUFFER = 8 << 20
_TABLES = {socket.AF_INET: Path("/proc/net/udp"), socket.AF_INET6: Path("/proc/net/udp6")}


class Datagrams:
    """One port of UDP. `routes` may change while it runs."""

    def __init__(self, door: Door, routes: Routes) -> None:
        self.door, self.routes = door, routes
        self._socket = bound(door)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._inode = str(os.fstat(self._socket.fileno()).st_ino)
        self._kernel = kernel_drops(self._socket.family, self._inode) or 0
        self._queue: deque[tuple[Living, Record]] = deque()
        self._bytes = 0
        self._work = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._read)
        self._task = loop.create_task(self._store())

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Give the port up; what waits is written first."""
        self.count_kernel()
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        until = time.monotonic() + 2
        while self._queue and time.monotonic() < until:
            await asyncio.sleep(0.02)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for living, _ in self._queue:
            living.dropped += 1

    def count_kernel(self) -> None:
        """Count what the kernel dropped since this was called last, at the port's first source."""
        drops = kernel_drops(self._socket.family, self._inode)
        if drops is not None and drops > self._kernel:
            first = self.routes.first
            if first is not None:
                first.dropped += drops - self._kernel
            self._kernel = drops

    def _read(self) -> None:
        now = time.time()
        for _ in range(AT_ONCE):
            try:
                data, peer = self._socket.recvfrom(1 << 16)
            except OSError:
                return
            body = data.strip(b"\r\n\0 ")
            if not body:
                continue
            address = plain_address(peer[0])
            living = self.routes.choose(address)
            if living is None:
                self.routes.refuse()
            elif len(self._queue) >= QUEUE or self._bytes + len(body) > QUEUE_BYTES:
                living.dropped += 1
            else:
                self._queue.append((living, Record(now, body, peer=address, connection="u" + address)))
                self._bytes += len(body)
                self._work.set()

    async def _store(self) -> None:
        while True:
            await self._work.wait()
            if not self._queue:
                self._work.clear()
                continue
            batches: dict[int, tuple[Living, list[Record]]] = {}
            size = 0
            for living, record in list(self._queue)[:5_000]:
                batches.setdefault(living.wanted.pk, (living, []))[1].append(record)
                size += len(record.body)
            count = sum(len(records) for _, records in batches.values())
            stored = (living.intake.put(records) for living, records in batches.values())
            done = await asyncio.gather(*stored, return_exceptions=True)
            for (living, records), problem in zip(batches.values(), done, strict=True):
                living.dropped += len(records) if problem is not None else 0
            for _ in range(count):
                self._queue.popleft()
            self._bytes -= size


def kernel_drops(family: int, inode: str) -> int | None:
    """Datagrams that the kernel dropped of the socket with this inode; None where it does not tell.

    The last column of /proc/net/udp (Linux, `drops`).
    """
    table = _TABLES.get(socket.AddressFamily(family))
    if table is None:
        return None
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        columns = line.split()
        if len(columns) >= 13 and columns[9] == inode:
            return int(columns[12])
    return None
