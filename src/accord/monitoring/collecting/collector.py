"""The collector: opens and closes what the sources ask for, and tells of each how it goes. No Django."""

from __future__ import annotations

import asyncio
import fcntl
import os
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from accord.monitoring.collecting import certificates
from accord.monitoring.collecting.committing import Space
from accord.monitoring.collecting.datagrams import Datagrams
from accord.monitoring.collecting.jetstream import JetStream
from accord.monitoring.collecting.listening import Door, Listener, why_not
from accord.monitoring.collecting.living import WRITER, Living, Routes, Told, Wanted
from accord.monitoring.collecting.spool import Busy
from accord.monitoring.collecting.tailing import Tailing

log = structlog.get_logger("accord.collect")
LOOK = 2.0
"""Seconds between two looks at the sources."""
KINDS = ("syslog", "files", "nats")


Load = Callable[[], Sequence[Wanted]]
Tell = Callable[[Sequence[Told], str, int], None]


@dataclass(slots=True)
class Open:
    """A port: its listener or why there is none, the sources that share it, its certificate."""

    routes: Routes
    secret: tuple[str, str, str]
    listener: Listener | Datagrams | None = None
    problem: str = ""
    living: list[Living] = field(default_factory=list)


class Collector:
    """Collects into `folder` (events). `load` gives the sources, `tell` takes what is to be told: (sources, why all
    is paused, free bytes). Both run in a thread and may raise: then they are asked again."""

    def __init__(self, folder: Path, floor: int, load: Load, tell: Tell) -> None:
        self.folder, self._load, self._tell = folder, load, tell
        folder.mkdir(parents=True, exist_ok=True)
        self.space = Space(folder, floor)
        self.living: dict[int, Living] = {}
        self.doors: dict[Door, Open] = {}
        self.tailing: dict[int, Tailing] = {}
        self.streams: dict[int, JetStream] = {}
        self._pool = ThreadPoolExecutor(8, "spool")

    async def run(self, stop: asyncio.Event) -> None:
        """Collect until `stop` is set. Busy where another collector has the folder."""
        lock = _locked(self.folder / "collect.lock")
        try:
            while not stop.is_set():
                await self.look()
                try:
                    async with asyncio.timeout(LOOK):
                        await stop.wait()
                except TimeoutError:
                    continue
        finally:
            await self.close()
            os.close(lock)

    async def look(self) -> None:
        """Bring what runs in line with what is wanted, then tell."""
        try:
            wanted = await asyncio.to_thread(self._load)
        except Exception as error:  # the database is away: what runs goes on
            log.warning("sources cannot be read", why=str(error))
        else:
            await self.apply(wanted)
        now = time.monotonic()
        for one in self.living.values():
            one.repeats.settle(now)
            one.intake.tell()
        await self.tell()

    async def apply(self, wanted: Sequence[Wanted]) -> None:
        """Start and stop sources and ports."""
        by_key = {one.pk: one for one in wanted if one.kind in KINDS}
        gone = [
            pk for pk, one in self.living.items()
            if pk not in by_key or by_key[pk].kind != one.wanted.kind
        ]  # fmt: skip
        leaving = [self.living[pk] for pk in gone]
        for pk in gone:
            del self.living[pk]
        for pk, found in by_key.items():
            if pk in self.living:
                self.living[pk].wanted = found
                continue
            folder = self.folder / "spool" / str(pk)
            try:
                self.living[pk] = await asyncio.to_thread(Living.prepared, found, folder)
                self.living[pk].start(self.space, self._pool)
            except (Busy, OSError) as error:
                self.living.pop(pk, None)
                log.warning("source cannot be collected", source=found.key, why=str(error))
        await self._doors()
        await self._tails()
        await self._streams()
        for one in leaving:
            await self.tell([one])
            await one.close()

    async def _doors(self) -> None:
        wanted: dict[Door, list[Living]] = {}
        for one in sorted(self.living.values(), key=lambda living: living.wanted.pk):
            if one.wanted.kind == "syslog":
                wanted.setdefault(_door(one.wanted), []).append(one)
        for door, held in list(self.doors.items()):
            if door not in wanted or held.secret != _secret(door, wanted[door][0].wanted):
                del self.doors[door]
                held.routes.set([])
                if held.listener is not None:
                    await held.listener.close()
        for door, living in wanted.items():
            held = self.doors.get(door) or Open(Routes(), _secret(door, living[0].wanted))
            self.doors[door] = held
            held.routes.set(living)
            held.living = living
            if held.listener is None:
                held.listener, held.problem = await self._opened(door, held, living[0].wanted)
            for one in living:
                one.problem = held.problem

    async def _opened(self, door: Door, held: Open, wanted: Wanted) -> tuple[Listener | Datagrams | None, str]:
        context: ssl.SSLContext | None = None
        if door.transport in ("tls", "relp-tls"):
            certificate, key, authority = held.secret
            try:
                if not certificate:
                    place = self.folder / "certificates" / wanted.key
                    made = await asyncio.to_thread(certificates.own, place)
                    certificate, key = str(made[0]), str(made[1])
                context = certificates.context(Path(certificate), Path(key), Path(authority) if authority else None)
            except (certificates.BadCertificate, OSError) as error:
                return None, str(error)
        try:
            udp = door.transport == "udp"
            listener = Datagrams(door, held.routes) if udp else Listener(door, held.routes, context)
        except OSError as error:
            return None, why_not(door, error)
        log.info("listening", door=str(door), port=listener.port)
        return listener, ""

    async def _tails(self) -> None:
        for pk in [pk for pk in self.tailing if pk not in self.living]:
            await self.tailing.pop(pk).close()
        for pk, one in self.living.items():
            if one.wanted.kind == "files" and pk not in self.tailing:
                self.tailing[pk] = Tailing(one)

    async def _streams(self) -> None:
        for pk, stream in list(self.streams.items()):
            if pk not in self.living or self.living[pk].wanted.settings != stream.settings:
                await self.streams.pop(pk).close()
        for pk, one in self.living.items():
            if one.wanted.kind == "nats" and pk not in self.streams:
                self.streams[pk] = JetStream(one)

    async def tell(self, living: Sequence[Living] | None = None) -> None:
        """Hand on what is new."""
        for held in self.doors.values():
            if isinstance(held.listener, Datagrams):
                held.listener.count_kernel()
        told = [one.told_now(self._port_of(one)) for one in (living or list(self.living.values()))]
        paused = self.space.problem(asyncio.get_running_loop().time())
        try:
            await asyncio.to_thread(self._tell, told, paused, self.space.free)
        except Exception as error:  # kept, and told at the next look
            log.warning("what was collected cannot be told", why=str(error))
            return
        for one in living or list(self.living.values()):
            one.was_told(next(two for two in told if two.pk == one.wanted.pk))

    def _port_of(self, one: Living) -> str:
        for door, held in self.doors.items():
            if one in held.living and held.listener is not None:
                return str(Door(door.address, held.listener.port, door.transport))
        return ""

    async def close(self) -> None:
        """End all in order."""
        for held in self.doors.values():
            if held.listener is not None:
                await held.listener.close()
        self.doors.clear()
        for tailing in self.tailing.values():
            await tailing.close()
        self.tailing.clear()
        await asyncio.gather(*(stream.close() for stream in self.streams.values()))
        self.streams.clear()
        await self.tell()
        for one in self.living.values():
            await one.close()
        self.living.clear()
        self._pool.shutdown()


def _door(wanted: Wanted) -> Door:
    given = wanted.settings
    return Door(str(given.get("address", "")), int(given.get("port", 6514)), str(given.get("transport", "tls")))


def _secret(door: Door, wanted: Wanted) -> tuple[str, str, str]:
    if door.transport not in ("tls", "relp-tls"):
        return "", "", ""
    given = wanted.settings
    return str(given.get("certificate", "")), str(given.get("key", "")), str(given.get("authority", ""))


def _locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise Busy(f"Another `accord collect` has {path.parent}; its writer is “{WRITER}”.") from None
    return file
