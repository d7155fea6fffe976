"""Who and what writes the sample company's logs, and the clock by which they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accord.site.sample.assets import Thing
from accord.site.sample.company import DOMAIN, INSIDE

DAYS = 14
OFFICE = (1, 1, 1, 1, 1, 2, 5, 10, 16, 18, 17, 15, 12, 15, 17, 16, 13, 9, 5, 3, 2, 2, 1, 1)
"""How much of a working day falls into each hour where people write the log."""
STEADY = (9, 10, 12, 12, 10, 9, 10, 12, 14, 15, 15, 14, 13, 14, 15, 15, 14, 13, 12, 11, 10, 10, 9, 9)
"""The same where machines write it: backups at night, more by day."""
STRANGERS = "192.0.2"
"""The documentation network (RFC 5737) from which the story's attackers come."""


@dataclass(frozen=True, slots=True)
class Who:
    """A person as the logs name them."""

    key: str
    email: str
    address: str
    host: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record of a source: when it arrived (seconds since 1970) and its bytes."""

    received: float
    body: bytes


@dataclass
class Source:
    """A source of logs: `delay` bounds the seconds from an event to its receipt, `last` is when it fell silent.

    `host` is the machine of a log that names none.
    """

    name: str
    kind: str
    file: str
    delay: tuple[float, float] = (0.4, 6.0)
    owner: str = ""
    last: datetime | None = None
    host: str = ""
    lines: list[Recorded] = field(default_factory=list)


class Scene:
    """The machines and persons of the logs, and what they wrote so far."""

    def __init__(self, things: Sequence[Thing], people: Sequence[Mapping[str, object]], until: datetime, rng: Random):
        self.rng, self.until = rng, until.replace(microsecond=0)
        self.begin = (self.until - timedelta(days=DAYS)).replace(minute=0, second=0)
        self.sources: dict[str, Source] = {}
        hosts = [one for one in things if one.kind == "host" and one.addresses]
        self.clients = [one for one in hosts if one.segment == "clients"]
        servers = [one for one in hosts if one.segment.startswith("servers-") and one.environment == "production"]
        self.windows = [one for one in servers if "windows" in one.platforms]
        self.linux = [one for one in servers if "linux" in one.platforms]
        self.controllers = [one for one in self.windows if one.system == "SYS-AD"][:4] or self.windows[:2]
        outward = [one for one in servers if len(one.addresses) > 1]
        self.webs = [one for one in outward if "linux" in one.platforms][:3] or outward[:3]
        self.people = [
            Who(str(row["key"]), str(row["email"]), client.addresses[0], client.hostnames[0])
            for row, client in zip(people, self.clients, strict=False)
        ]

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A moment of the story: `days` before today, moved a day back where it would be in the last half hour."""
        day = self.until.replace(hour=0, minute=0, second=0) - timedelta(days=days)
        moment = day + timedelta(hours=hour, minutes=minute)
        return moment if moment < self.until - timedelta(minutes=30) else moment - timedelta(days=1)

    def moments(self, a_day: int, hours: Sequence[int], weekend: float) -> Iterator[datetime]:
        """Moments of ordinary work: `a_day` of them on a working day, `weekend` times that on the others."""
        whole, rng = sum(hours), self.rng
        hour = self.begin
        while hour < self.until:
            mean = a_day * hours[hour.hour] / whole * (weekend if hour.weekday() > 4 else 1.0)
            count = int(mean) + (rng.random() < mean - int(mean))
            for second in sorted(rng.uniform(0, 3600) for _ in range(count)):
                moment = hour + timedelta(seconds=second)
                if moment < self.until:
                    yield moment
            hour += timedelta(hours=1)

    def put(self, source: str, moment: datetime, record: Mapping[str, Any] | str | bytes) -> None:
        """Write one record at that moment, unless the source was silent by then."""
        told = self.sources[source]
        if moment >= (told.last or self.until) or moment < self.begin:
            return
        if isinstance(record, Mapping):
            body = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
        else:
            body = record if isinstance(record, bytes) else record.encode()
        received = moment.timestamp() + self.rng.uniform(*told.delay)
        told.lines.append(Recorded(min(received, self.until.timestamp()), body))


def iso(moment: datetime) -> str:
    """A moment as most logs write it, to the millisecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def account(name: str) -> str:
    return f"{name}@{DOMAIN}"


def inside(name: str) -> str:
    return f"{name}.{INSIDE}"
