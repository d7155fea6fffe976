"""What the collector knows of a source while it runs."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accord.monitoring.collecting.committing import Intake, Mark, Space
from accord.monitoring.collecting.repeats import Repeats
from accord.monitoring.collecting.sequences import Sequences
from accord.monitoring.collecting.spool import CHECKPOINT, replay

WRITER = "collect"
"""The collector's name in every spool."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source as the database has it: what of it the collector needs."""

    pk: int
    key: str
    kind: str
    settings: dict[str, Any] = field(hash=False)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The senders' networks; none = anybody."""
        return tuple(ipaddress.ip_network(one, strict=False) for one in self.settings.get("networks", ()))


@dataclass(frozen=True, slots=True)
class Told:
    """What is new of one source: counts since the last telling, and how it stands."""

    pk: int
    dropped: int
    refused: int
    repeats: int
    heard: float
    paused: str
    intake: dict[str, Any]


class Living:
    """A source that is being collected: its way into the spool, what may come again, and what is to be told."""

    intake: Intake

    def __init__(self, wanted: Wanted, folder: Path) -> None:
        self.wanted, self.folder = wanted, folder
        self.repeats = Repeats()
        self.sequences = Sequences()
        self.outstanding: asyncio.Task[None] | None = None  # what a stream has put and is not on disk yet
        self.again = 0  # messages of a stream that were delivered again
        self.files: dict[str, Any] = {}
        self.connections = 0
        self.dropped = self.refused = 0
        self.problem = ""
        self.notes: dict[str, Any] = {}
        self._told = (0, 0, 0)

    @classmethod
    def prepared(cls, wanted: Wanted, folder: Path) -> Living:
        """A source with what its spool tells of earlier runs; reads files, so call it in a thread."""
        made = cls(wanted, folder)
        frames = list(replay(folder, WRITER))
        made.repeats.take_up(frames)
        for frame in frames:
            made.sequences.take_up(frame)
            carried = frame.mark.get(CHECKPOINT)
            if carried is not None:
                made.files = dict(carried.get("files", {}))
            made.files.update(frame.mark.get("files", {}))
            for gone in frame.mark.get("gone", ()):
                made.files.pop(gone, None)
        return made

    def start(self, space: Space, pool: ThreadPoolExecutor) -> None:
        """Open the spool. Busy where another process has it."""
        self.intake = Intake(
            self.folder, space, pool, self._state, self.repeats.mark, self.repeats.unmark, WRITER
        )  # fmt: skip

    async def close(self) -> None:
        """Write what waits, and give the spool free."""
        self.intake.tell()
        await self.intake.close()

    def _state(self) -> Mark:
        return {**self.repeats.state(), **self.sequences.state(), "files": self.files}

    def told_now(self, port: str) -> Told:
        """What is to be told now; `was_told` takes it back when it arrived."""
        dropped, refused, repeats = (
            one - before for one, before in zip(self._counts(), self._told, strict=True)
        )  # fmt: skip
        intake = {
            "at": time.time(), "listening": port, "connections": self.connections, "waiting": self.intake.waiting,
            "problem": self.problem, **self.notes,
        }  # fmt: skip
        heard, paused = self.intake.heard, self.intake.paused
        return Told(self.wanted.pk, dropped, refused, repeats, heard, paused, intake)

    def was_told(self, told: Told) -> None:
        """The counts of `told` are in the database."""
        new = told.dropped, told.refused, told.repeats
        self._told = tuple(before + one for before, one in zip(self._told, new, strict=True))  # type: ignore[assignment]

    def _counts(self) -> tuple[int, int, int]:
        return self.dropped, self.refused, self.repeats.dropped + self.again


class Routes:
    """Which of the sources of one port takes a sender: the narrowest network that holds it, else who takes anybody."""

    def __init__(self) -> None:
        self._networks: list[tuple[Network, Living]] = []
        self._anybody: Living | None = None
        self.first: Living | None = None

    def set(self, living: list[Living]) -> None:
        found = [(network, one) for one in living for network in one.wanted.networks]
        self._networks = sorted(found, key=lambda pair: -pair[0].prefixlen)
        self._anybody = next((one for one in living if not one.wanted.networks), None)
        self.first = living[0] if living else None

    def choose(self, peer: str) -> Living | None:
        """The source for a sender's address; None where it is refused, which is counted."""
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(peer.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        for network, living in self._networks:
            if address in network:
                return living
        return self._anybody

    def refuse(self) -> None:
        """Count a sender that no source takes, at the port's first source."""
        if self.first is not None:
            self.first.refused += 1
