"""Single records → events: recognizes the format of each, counts, and lets nothing end the reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accord.intake.events.auditd import PROCESS, Processes
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
from accord.intake.events.documents import parse, unwrapped
from accord.intake.events.lines import text_of
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
        if raw[:1] == b"{" or (raw[:1] == b"[" and raw[1:2] in (b"{", b" ", b"\t", b'"', b"]")):
            return self.document(raw, row)
        event = self.text(raw, row)
        if event is None:
            return ()
        if self._processes is None or event.source is not AUDITD:
            return (event,)
        process = self._processes.take(event.data)
        if process is None:
            return (event,)
        return (event, self._event(event.format, Read(process, PROCESS, event.time, event.host), raw, row, False))

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
        form, reader = self._records
        try:
            if form is GENERIC or not reader.recognizes(value):
                form, reader = self._records = next(pair for pair in self._json if pair[1].recognizes(value))
            read = reader.read(value, self.assumed, self.tally.note)
        except Refused as why:
            self.malformed(row, str(why), raw or b"")
            return None
        except _FAULTS as error:
            self.malformed(row, f"It is not as {form.title} should be ({type(error).__name__}).", raw or b"")
            return None
        if self.source is not None and form is GENERIC:
            read.source = self.source
        return self._event(form.name, read, raw, row, raw is not None)

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
        return None if read is None else self._event(form.name, read, raw, row, False)

    def _of(self, line: str) -> tuple[Format, Texts] | None:
        current = self._texts
        if current is not None and (current[0].name == "zeek" or current[1].recognizes(line)):
            return current
        return next((pair for pair in self._text if pair[1].recognizes(line)), None)

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
        if self._processes is not None and self._processes.call:
            found["call"] = self._processes.call
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with a stream from a state that `state` gave."""
        for pair in self._text:
            if "zeek" in state and isinstance(pair[1], ZeekTable):
                vars(pair[1]).update(state["zeek"])
                self._texts = pair
        if self._processes is not None:
            self._processes.call = dict(state.get("call", {}))

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
