"""Syslog over TCP, TLS and RELP: a connection is read only as fast as its bytes are on disk."""

from __future__ import annotations

import asyncio
import errno
import itertools
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from accord.monitoring.collecting import relp
from accord.monitoring.collecting.frames import Record
from accord.monitoring.collecting.framing import Framing, Message, OutOfStep
from accord.monitoring.collecting.living import Living, Routes
from accord.monitoring.collecting.repeats import ACKNOWLEDGED, PLAIN, Trail
from accord.monitoring.collecting.streams import Plain, Tls

log = structlog.get_logger("accord.collect")
MOST_CONNECTIONS = 10_000
"""Of one port; who comes beyond is turned away and counted."""
MOST_HELD = 256 << 20
"""Bytes of half messages of all connections of one port."""
PATIENCE = 300.0
"""Seconds that the rest of a begun message may take."""
DRAIN = 2.0
"""Seconds that connections have to end when a port is given up."""
SAMPLED = "The connection was closed: too much waits for the rest of its message."
_counter = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Door:
    """Where and how is listened: transport is tcp, tls, relp, relp-tls or udp."""

    address: str
    port: int
    transport: str

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address or "*"
        return f"{self.transport} {shown}:{self.port}"


def bound(door: Door) -> socket.socket:
    """The door's socket, open. OSError where it cannot be had. No address means all of this machine."""
    if not door.address:
        try:
            return bound(Door("::", door.port, door.transport))
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            return bound(Door("0.0.0.0", door.port, door.transport))
    kind = socket.SOCK_DGRAM if door.transport == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in door.address else socket.AF_INET
    made = socket.socket(family, kind | socket.SOCK_CLOEXEC)
    try:
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if door.address == "::" else 1)
        made.setblocking(False)
        made.bind((door.address, door.port))
        if kind == socket.SOCK_STREAM:
            made.listen(1024)
    except BaseException:
        made.close()
        raise
    return made


class Listener:
    """One port of TCP. `routes` may change while it runs."""

    def __init__(self, door: Door, routes: Routes, context: ssl.SSLContext | None) -> None:
        self.door, self.routes, self._context = door, routes, context
        self._socket = bound(door)
        self._tasks: dict[asyncio.Task[None], Plain] = {}
        self._held = 0
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Give the port up: what is under way may end in order, the rest is reset."""
        self._accepting.cancel()
        await asyncio.gather(self._accepting, return_exceptions=True)
        self._socket.close()
        for stream in self._tasks.values():
            stream.half_close()
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(self._socket)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                    log.warning("no more connections can be opened", door=str(self.door), why=error.strerror)
                await asyncio.sleep(0.1)
                continue
            address = plain_address(peer[0])
            living = self.routes.choose(address)
            if living is None or len(self._tasks) >= MOST_CONNECTIONS:
                self.routes.refuse()
                connection.close()
                continue
            try:
                stream = Plain(connection) if self._context is None else Tls(connection, self._context)
            except OSError:  # it is gone already
                connection.close()
                continue
            task = loop.create_task(self._serve(stream, living, address))
            self._tasks[task] = stream
            task.add_done_callback(lambda done: self._tasks.pop(done, None) and None)

    async def _serve(self, stream: Plain, living: Living, peer: str) -> None:
        acknowledged = self.door.transport.startswith("relp")
        kind = ACKNOWLEDGED if acknowledged else PLAIN
        trail: Trail | None = None
        orderly = False
        living.connections += 1
        try:
            await stream.begin()
            name = f"{kind}{time.time_ns() // 1_000_000:x}-{next(_counter)}"
            trail = living.repeats.begin(name, peer, time.monotonic())
            talk = _relp if acknowledged else _syslog
            orderly = await talk(self, stream, living, trail)
            if orderly:
                await stream.finish()
        except OutOfStep as error:
            if trail is not None:
                await take(living, trail, [*error.before, Message(error.sample, str(error))])
        except (OSError, TimeoutError, ssl.SSLError) as error:
            log.info("connection broke off", door=str(self.door), peer=peer, why=str(error) or type(error).__name__)
        finally:
            living.connections -= 1
            if not orderly:
                stream.abort()
            if trail is not None:
                living.repeats.end(trail, orderly)

    async def bytes_of(self, stream: Plain, framing: Framing | relp.Relp) -> bytes:
        """Some bytes; a message that was begun must go on within `PATIENCE`."""
        held = framing.held
        self._held += held
        try:
            if held > 1 << 16 and self._held > MOST_HELD:
                raise OutOfStep(SAMPLED, b"", [])
            if not held:
                return await stream.recv()
            async with asyncio.timeout(PATIENCE):
                return await stream.recv()
        finally:
            self._held -= held


async def take(living: Living, trail: Trail, messages: Sequence[Message]) -> None:
    """Return when the messages are on disk, but for those that came before."""
    if not messages:
        return
    now = time.time()
    kept = living.repeats.keep(trail, [one.body for one in messages])
    records = [
        Record(now, one.body, peer=trail.peer, connection=trail.connection, problem=one.problem)
        for one, keep in zip(messages, kept, strict=True)
        if keep
    ]
    if records:
        await living.intake.put(records, done=lambda: living.repeats.written(trail))


async def _syslog(listener: Listener, stream: Plain, living: Living, trail: Trail) -> bool:
    framing = Framing()
    while data := await listener.bytes_of(stream, framing):
        await take(living, trail, framing.feed(data))
    await take(living, trail, framing.end())
    return True


async def _relp(listener: Listener, stream: Plain, living: Living, trail: Trail) -> bool:
    framing = relp.Relp()
    while data := await listener.bytes_of(stream, framing):
        calls = framing.feed(data)
        await take(living, trail, [Message(one.data, one.problem) for one in calls if one.command == "syslog"])
        answers = [_answer(one) for one in calls if one.number]
        closes = any(one.command == "close" for one in calls)
        if closes:
            answers.append(relp.bye())
        if answers:
            await stream.send(b"".join(answers))
        if closes:
            return True
    return False  # without `close` its sender does not know whether the last answers came


def _answer(call: relp.Call) -> bytes:
    if call.command == "open":
        return relp.answer(call.number, b"200 OK" + relp.OFFER)
    if call.command in ("syslog", "close"):
        return relp.answer(call.number, b"" if call.command == "close" else b"200 OK")
    return relp.answer(call.number, b"500 this command is not known here")


def plain_address(peer: str) -> str:
    """A sender's address; of IPv4 as such, also where a socket for both gives it as IPv6."""
    return peer.removeprefix("::ffff:") if "." in peer else peer


def why_not(door: Door, error: OSError) -> str:
    """Why a door cannot be opened, with the remedy."""
    remedy = {
        errno.EADDRINUSE: "Another program has it: choose another port or end that program.",
        errno.EACCES: "Ports below 1024 need a right: choose one above, such as 6514, and forward to it.",
        errno.EADDRNOTAVAIL: "This machine has no such address: leave it empty for all.",
    }.get(error.errno or 0, "")
    return f"{door} cannot be opened ({error.strerror}). {remedy}".strip()


with suppress(ImportError):  # not on every system
    import resource

    def raise_limit() -> None:
        """Allow this process as many open files as the system lets it."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = hard if hard != resource.RLIM_INFINITY else 1 << 16
        if soft < wanted:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 1 << 16), hard))
