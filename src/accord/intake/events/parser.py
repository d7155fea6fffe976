"""Single records → events: recognizes the format of each, counts, and lets nothing end the reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from accord.intake.events.auditd import PROCESS, Processes, Started
from accord.intake.events.auditd import SOURCE as AUDITD
from accord.intake.events.base import (
    MOST_SAMPLES,
    Assumed,
    Bounds,
    Data,
    Event,
    LogSource,
    Malformed,
    Read,
    Refused,
    Tally,
)
from accord.intake.events.documents import is_json, opened, parse, unwrapped
from accord.intake.events.lines import begun, text_of
from accord.intake.events.registry import GENERIC, JSON_FORMATS, TEXT_FORMATS, Format, Records, Texts
from accord.intake.events.zeek import ZeekTable
from accord.intake.safe.text import line as shown

_FAULTS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What a record that is like nobody's may raise in a reader; it is malformed then, and the next one is read."""


class Parser:
    """Reads records of one file or stream, called `name` in messages. Not for several threads at once.

    `source` is the log source of JSON that is of no known log. With `derived`, records that together tell more than
    each alone give one event more (a started program in the audit log), with the row of the last of them.
    """

    def __init__(
        self, name: str, tally: Tally, bounds: Bounds | None = None, assumed: Assumed | None = None,
        source: LogSource | None = None, derived: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.tally = name, tally
        self.bounds, self.assumed = bounds or Bounds(), assumed or Assumed()
        self.source = source
        self._json = [(one, one.json()) for one in JSON_FORMATS if one.json is not None]
        self._text = [(one, one.text()) for one in TEXT_FORMATS if one.text is not None]
        self._records: tuple[Format, Records] = self._json[-1]
        self._texts: tuple[Format, Texts] | None = None
        self._sampled = 0
        self._processes = Processes() if derived else None
        self.format: str = ""

    def line(self, raw: bytes, row: int) -> Sequence[Event]:
        """The events of one line: of JSON (also several, where it wraps a list) or of text."""
        if raw[:1] == b"{":
            return self.document(raw, row)
        raw = begun(raw)
        if is_json(raw):
            return self.document(raw, row)
        event = self.text(raw, row)
        if event is None:
            return ()
        if self._processes is None or event.source is not AUDITD:
            return (event,)
        return (event, *self._started(self._processes.take(event.data, event.host), event.format, raw, row))

    def finish(self, row: int) -> Sequence[Event]:
        """What waited for a record that did not come before the end."""
        if self._processes is None:
            return ()
        return list(self._started(self._processes.finish(), "auditd", None, row))

    def _started(self, processes: Iterable[Started], form: str, raw: bytes | None, row: int) -> Iterator[Event]:
        for one in processes:
            yield self._event(form, Read(one.data, PROCESS, one.time, one.host), raw, row, False)

    def document(self, raw: bytes, row: int) -> Sequence[Event]:
        """The events of one JSON text."""
        try:
            value = parse(raw, self.bounds, self.tally.note)
        except Refused as why:
            self.malformed(row, str(why), raw)
            return ()
        held = unwrapped(value)
        if held is None:
            event = self.record(value, raw, row)
            return () if event is None else (event,)
        found = (self.record(one, None, row) for one in held)
        return [event for event in found if event is not None]

    def record(self, value: Any, raw: bytes | None, row: int) -> Event | None:
        """The event of one JSON object that is read already."""
        if type(value) is not dict:
            self.malformed(row, "It is no JSON object.", raw or b"")
            return None
        whole = raw is not None
        form, reader = self._records
        try:
            if form is GENERIC or not reader.recognizes(value):
                form, reader = self._reader(value)
                if form is GENERIC and (inner := opened(value, self.bounds)) is not None:
                    found = self._reader(inner)
                    if found[0] is not GENERIC:
                        (form, reader), value, whole = found, inner, False
                self._records = form, reader
            read = reader.read(value, self.assumed, self.tally.note)
        except Refused as why:
            self.malformed(row, str(why), raw or b"")
            return None
        except _FAULTS as error:
            self.malformed(row, f"It is not as {form.title} should be ({type(error).__name__}).", raw or b"")
            return None
        if self.source is not None and form is GENERIC:
            read.source = self.source
        return self._event(form.name, read, raw, row, whole)

    def _reader(self, value: Data) -> tuple[Format, Records]:
        """What reads this object."""
        return next(pair for pair in self._json if pair[1].recognizes(value))

    def text(self, raw: bytes, row: int) -> Event | None:
        """The event of one line of text; None where it is a header or malformed."""
        line, is_utf8 = text_of(raw)
        if not is_utf8:
            self.tally.note("Text that is not UTF-8 was read as Latin-1.")
        found = self._of(line)
        if found is None:
            self.malformed(row, "It is of no log that is known.", raw)
            return None
        form, reader = self._texts = found
        self.format = form.name
        try:
            read = reader.read(line, self.assumed, self.tally.note)
        except Refused as why:
            self.malformed(row, str(why), raw)
            return None
        except _FAULTS as error:
            self.malformed(row, f"It is not as {form.title} should be ({type(error).__name__}).", raw)
            return None
        if read is not None and form.name == "syslog":
            read = self._carried(read)
        return None if read is None else self._event(form.name, read, raw, row, False)

    def _carried(self, read: Read) -> Read:
        """What a line of syslog carries, where that is a JSON object of a log that is known; else the line itself."""
        text = read.data.get("message")
        if type(text) is not str or "{" not in text[:8]:
            return read
        text = text.removeprefix("@cee:").strip()
        try:
            value = parse(text.encode("utf-8", "replace"), self.bounds) if text.startswith("{") else None
            if type(value) is not dict:
                return read
            form, reader = next(pair for pair in self._json if pair[1].recognizes(value))
            if form is GENERIC:
                return read
            found = reader.read(value, self.assumed, self.tally.note)
        except (Refused, *_FAULTS):
            return read
        found.time, found.host = found.time or read.time, found.host or read.host
        return found

    def _of(self, line: str) -> tuple[Format, Texts] | None:
        current = self._texts
        if current is not None and current[1].recognizes(line):
            return current
        found = next((pair for pair in self._text if pair[1].recognizes(line)), None)
        if found is None and isinstance(self._text[0][1], ZeekTable) and self._text[0][1].fields:
            return self._text[0]  # a row of the table that is not as its header says
        return found

    def knows(self, line: bytes) -> bool:
        """Whether some format of text takes this line."""
        text = text_of(line)[0]
        return any(reader.recognizes(text) for _, reader in self._text)

    def flat(self, name: str, read: Read, raw: bytes, row: int) -> Event:
        """The event of what a binary format gave."""
        return self._event(name, read, raw, row, True)

    def _event(self, name: str, read: Read, raw: bytes | None, row: int, json: bool) -> Event:
        self.format = name
        self.tally.events[name, read.source] += 1
        data: Data = read.data
        return Event(data, raw, read.source, read.time, read.host, self.name, row, name, json)

    def state(self) -> dict[str, Any]:
        """What later records of the stream need of earlier ones, as plain data; empty where they need nothing."""
        found: dict[str, Any] = {}
        for _, reader in self._text:
            if isinstance(reader, ZeekTable) and reader.fields:
                found["zeek"] = dict(vars(reader))
        if self._processes is not None and (calls := self._processes.state()):
            found["calls"] = calls
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with a stream from a state that `state` gave."""
        for pair in self._text:
            if "zeek" in state and isinstance(pair[1], ZeekTable):
                vars(pair[1]).update(state["zeek"])
                self._texts = pair
        if self._processes is not None:
            self._processes.restore(state.get("calls", ()))

    def sample_again(self) -> None:
        """Keep the next malformed records as well, although as many as are kept of one file were kept."""
        self._sampled = 0

    def malformed(self, row: int, reason: str, raw: bytes = b"") -> None:
        """Count a record that cannot be read, and keep the first ones of each file."""
        self.tally.malformed[self.name] += 1
        if self._sampled < self.bounds.samples and len(self.tally.samples) < MOST_SAMPLES:
            self._sampled += 1
            begin = text_of(raw[: self.bounds.sample * 4])[0]
            self.tally.samples.append(Malformed(self.name, row, reason, shown(begin, self.bounds.sample) or ""))
