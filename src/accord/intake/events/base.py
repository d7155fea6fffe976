"""What every reader of logs yields, what bounds it, and what it counts.

An event keeps the field names of the product that wrote it. What readers add are only names that Sigma rules use for
the same values; docs/formats.md lists them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

Data = dict[str, Any]


class LogSource(NamedTuple):
    """What kind of log an event is of, in Sigma's words; None = not told."""

    product: str | None = None
    category: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        return "/".join(part or "*" for part in (self.product, self.category, self.service))


@dataclass(slots=True)
class Event:
    """One event.

    `data`    its fields, as the product names them
    `raw`     the bytes that it was read from (a line, a JSON object); `json` says whether these are JSON that holds
              every value of `data`
    `time`    aware, UTC; None where the log does not tell the moment whole (no year, no zone)
    `host`    the machine that wrote it, where told
    `file`, `row`  where it stands: the line, or the record's number within the file
    """

    data: Data
    raw: bytes | None
    source: LogSource
    time: datetime | None
    host: str | None
    file: str
    row: int
    format: str
    json: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of one reading.

    `record`    bytes of one line or JSON object; what is longer is passed over, without being held
    `keys`      names in one JSON object, at all depths
    `depth`     levels of nesting; orjson ends at 1024 in any case
    `ratio`     unpacked bytes per packed byte, after the first `free` bytes
    `seconds`   of one file; None = as long as it takes (each record alone takes time linear in its length)
    `samples`   malformed records that are kept of one file, each cut to `sample` characters
    """

    record: int = 4 << 20
    keys: int = 20_000
    depth: int = 1024
    ratio: int = 1000
    free: int = 256 << 20
    seconds: float | None = None
    samples: int = 5
    sample: int = 200


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken where a log does not tell it; None = nothing, the time then stays open."""

    year: int | None = None
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that could not be read: where, why, and its beginning made fit to show."""

    file: str
    row: int
    reason: str
    sample: str = ""

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}: {self.reason}"


MOST_SAMPLES = 1000
MOST_NOTES = 500
Source = tuple[str, LogSource]
"""The name of a format and a log source."""


@dataclass(slots=True)
class Tally:
    """What was read so far, over any number of files.

    `events`, `malformed`  numbers by format and log source; malformed records are of their file's format
    `samples`              some malformed records
    `notes`                what was left open or settled while reading (a time without a year, say), with how often
    """

    events: Counter[Source] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    samples: list[Malformed] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def note(self, text: str) -> None:
        """Count a remark; at most `MOST_NOTES` different ones are kept."""
        if text in self.notes or len(self.notes) < MOST_NOTES:
            self.notes[text] += 1


class Refused(Exception):
    """One record cannot be read; the text says why. The reading goes on."""


@dataclass(slots=True)
class Read:
    """What a format makes of one record."""

    data: Data
    source: LogSource
    time: datetime | None = None
    host: str | None = None
