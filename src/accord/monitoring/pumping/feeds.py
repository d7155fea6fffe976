"""One source's spool → parsed events, in order, each with the place up to which the source is read when it is out.

A record can be a line, a JSON text (also one that wraps many events), or a whole file of any size. So a place is the
offset of a record in its segment and how many of its events are out; after a crash the same events come again from
there, with the same keys.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from accord.intake.events import Assumed, Bounds, Event, NotLogs, Parser, Tally, read_events
from accord.intake.events.documents import is_json, objects, parse, unwrapped
from accord.intake.events.lines import begun
from accord.intake.records import IntakeError
from accord.intake.safe.text import line as shown
from accord.monitoring.collecting import spool
from accord.monitoring.models import Source
from accord.monitoring.store import folder, key_of

READ = 8 << 20
"""Bytes that are read of a spool at once."""
MOST_PARSERS = 500
"""Streams of one source whose readers are kept; the one left alone longest goes first."""
MOST_STATES = 200
ALL = -1
SAMPLES, SAMPLE = 20, 200
NEW_YEAR = timedelta(days=30)
YEARLESS = frozenset(("syslog", "cef", "auditd"))
BOUNDS = Bounds(samples=5, sample=SAMPLE)


class Piece(NamedTuple):
    """One event of a record: its key and that of the record's first, when and from whom the record was received, and
    whether by a stream."""

    key: str
    record: str
    event: Event
    received: datetime
    peer: str
    is_stream: bool


@dataclass(slots=True)
class Hour:
    """What came in one hour of receipt."""

    records: int = 0
    malformed: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Read:
    """How far a source is read, and what was counted since that was written last."""

    offsets: dict[str, int] = field(default_factory=dict)
    part: dict[str, list[int]] = field(default_factory=dict)
    hours: dict[datetime, Hour] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    received_up_to: datetime | None = None


class Feed:
    """The events of one source from where they were written last. Not for several threads at once."""

    def __init__(self, source: Source, state: Mapping[str, Any] | None = None) -> None:
        self.source = source
        self.folder: Path = folder() / "spool" / str(source.pk)
        state = state or {}
        self.read = Read(dict(source.offsets), dict(state.get("part", {})))
        self._states: dict[str, Any] = dict(state.get("parsers", {}))
        self._tally = Tally()
        self._parsers: OrderedDict[str, Parser] = OrderedDict()
        self._zone = _zone(source.zone)
        self._within = False  # a line of which more events are to come
        self._events = self._run()

    def take(self, most: int) -> tuple[list[Piece], bool]:
        """The next events, at most so many, and whether that is all that there is now.

        What one line gives comes together: its reader has gone on by then, and would not give the rest after a restart.
        """
        found: list[Piece] = []
        while len(found) < most or self._within:
            one = next(self._events)
            if one is None:
                return found, True
            found.append(one)
        return found, False

    def written(self) -> None:
        """Everything that was taken is written: count anew."""
        self.read.hours, self.read.samples = {}, []
        for parser in self._parsers.values():
            parser.sample_again()

    def fault(self, piece: Piece, reason: str) -> None:
        """Count an event that was read and could not be handled as it should."""
        event = piece.event
        self._bad(piece.received, event.file, event.row, reason, event.raw or b"")

    def state(self) -> dict[str, Any]:
        """What the next feed needs to go on here."""
        held = [(name, parser.state()) for name, parser in reversed(self._parsers.items())]
        kept = dict([(name, one) for name, one in held if one][:MOST_STATES])
        for name, one in self._states.items():
            if len(kept) < MOST_STATES and name not in self._parsers:
                kept.setdefault(name, one)
        return {name: one for name, one in (("part", self.read.part), ("parsers", kept)) if one}

    # --- records

    def _run(self) -> Iterator[Piece | None]:
        """Events for ever; None where there is nothing more now."""
        while True:
            damaged: list[tuple[str, int, int]] = []
            framed, offsets = spool.read(self.folder, self.read.offsets, READ, damaged)
            for segment, begin, end in damaged:
                self._bad(datetime.now(UTC), segment, 0, f"Bytes {begin:,} to {end:,} of the spool are damaged.", b"")
            if not framed and offsets == self.read.offsets:
                yield None
                continue
            for one in framed:
                yield from self._record(one)
            self.read.offsets, self.read.part = offsets, {}

    def _record(self, framed: spool.Framed) -> Iterator[Piece]:
        record, segment, offset = framed
        skip = 0
        done = self.read.part.get(segment)
        if done is not None and offset <= done[0]:
            if offset < done[0] or done[1] == ALL:
                return
            skip = done[1]
        received = datetime.fromtimestamp(record.received, UTC)
        hour = self._hour(received)
        if not skip:
            hour.records += 1
            hour.bytes += len(record.body)
        if self.read.received_up_to is None or received > self.read.received_up_to:
            self.read.received_up_to = received
        events: Iterable[Event] = self._parsed(record, received)
        last = 0
        if not record.file and not is_json(begun(record.body)):
            events = list(events)
            last = len(events) - 1
        for number, event in enumerate(events):
            if number < skip:  # what could not be read on the way is counted already
                self._tally.malformed.clear()
                self._tally.samples.clear()
                continue
            self._settle_malformed(received, hour)
            self.read.part[segment] = [offset, number + 1]
            first = key_of(self.source.pk, segment, offset)
            key = key_of(self.source.pk, segment, offset, number)
            self._within = number < last
            yield Piece(key, first, event, received, record.peer, not record.name)
            hour = self._hour(received)
        self._settle_malformed(received, hour)
        self.read.part[segment] = [offset, ALL]

    def _parsed(self, record: spool.Record, received: datetime) -> Iterator[Event]:
        if record.problem:
            self._bad(received, record.name, record.row, record.problem, record.body)
            return
        if record.file:
            yield from self._whole(record, received)
            return
        body = record.body
        if not body or body.isspace():
            return
        parser = self._parser(record, received)
        body = begun(body)
        found = list(_several(parser, body, record.row)) if is_json(body) else parser.line(body, record.row)
        for event in found:
            if event.time is not None and event.format in YEARLESS and event.time > received + NEW_YEAR:
                event.time = _year_before(event.time)
            yield event

    def _whole(self, record: spool.Record, received: datetime) -> Iterator[Event]:
        """The events of a whole file."""
        path = self.folder / record.file
        name = record.name or record.file
        try:
            yield from read_events(path, self._tally, name=name, bounds=BOUNDS, assumed=self._assumed(received))
        except (NotLogs, IntakeError) as error:
            self._bad(received, name, 0, f"{error.problem} {error.remedy}", b"")

    def _parser(self, record: spool.Record, received: datetime) -> Parser:
        name = record.connection or record.name or record.peer
        parser = self._parsers.get(name)
        if parser is None:
            parser = self._parsers[name] = Parser(
                record.name or record.peer, self._tally, BOUNDS, self._assumed(received), derived=True
            )
            parser.restore(self._states.pop(name, {}))
            if len(self._parsers) > MOST_PARSERS:
                gone, left = self._parsers.popitem(last=False)
                if state := left.state():
                    self._states[gone] = state
        else:
            self._parsers.move_to_end(name)
            if parser.assumed.year != received.year:
                parser.assumed = self._assumed(received)
        return parser

    def _assumed(self, received: datetime) -> Assumed:
        """A line without a year is of the year in which it came; one without a zone of the source's zone."""
        return Assumed(received.year, self._zone)

    # --- counts

    def _hour(self, received: datetime) -> Hour:
        at = received.replace(minute=0, second=0, microsecond=0)
        found = self.read.hours.get(at)
        if found is None:
            found = self.read.hours[at] = Hour()
        return found

    def _settle_malformed(self, received: datetime, hour: Hour) -> None:
        tally = self._tally
        if tally.malformed:
            hour.malformed += tally.malformed.total()
            tally.malformed.clear()
            for one in tally.samples:
                self._sample(received, one.file, one.row, one.reason, one.sample)
            tally.samples.clear()
        if len(tally.notes) > 100:
            tally.notes.clear()
        if len(tally.events) > 1000:
            tally.events.clear()

    def _bad(self, received: datetime, name: str, row: int, reason: str, body: bytes) -> None:
        self._hour(received).malformed += 1
        begin = body[: SAMPLE * 4].decode("utf-8", "replace")
        self._sample(received, name, row, reason, shown(begin, SAMPLE) or "")

    def _sample(self, received: datetime, name: str, row: int, reason: str, sample: str) -> None:
        """Keep a malformed record to be shown: the newest ones, and of each reason at most five at once."""
        held = self.read.samples
        if sum(one["reason"] == reason for one in held) < BOUNDS.samples and len(held) < SAMPLES:
            at = received.isoformat(timespec="seconds")
            held.append({"at": at, "name": name[:200], "row": row, "reason": reason[:300], "sample": sample})


def _several(parser: Parser, body: bytes, row: int) -> Iterator[Event]:
    """The events of one JSON text; each of many in a wrapper keeps the bytes of its own object."""
    from accord.intake.events.base import Refused

    try:
        value = parse(body, parser.bounds, parser.tally.note)
    except Refused as why:
        parser.malformed(row, str(why), body)
        return
    held = unwrapped(value)
    if held is None:
        event = parser.record(value, body, row)
        if event is not None:
            yield event
        return
    pieces = [piece for _, piece in objects(iter((body,)), len(body))]
    dictionaries = sum(type(one) is dict for one in held)
    own = iter(pieces) if len(pieces) == dictionaries else None
    for one in held:
        raw = next(own, None) if own is not None and type(one) is dict else _written(one)
        event = parser.record(one, raw, row)
        if event is not None:
            yield event


def _written(value: Any) -> bytes | None:
    import orjson

    try:
        return orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _year_before(time: datetime) -> datetime:
    """The same day a year ago: written in December, received in January."""
    try:
        return time.replace(year=time.year - 1)
    except ValueError:  # the 29th of February
        return time.replace(year=time.year - 1, day=28)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
