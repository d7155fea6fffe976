"""JSON as logs come in: one object a line, a list, objects one after the other, or a list inside an object.

Objects are cut out of the stream without holding more than one, and each is read by orjson; what orjson refuses but
JSON allows (a lone surrogate in a command line, say) is read by the standard library, lest it hide an event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from accord.intake.events.base import Bounds, Refused
from accord.intake.events.lines import text_of

WRAPPERS = ("Records", "records", "value", "events", "Events", "logs", "results", "logEvents")
"""Names of a list of events inside an object."""
AROUND = (
    ("detail", "detail-type"), ("CloudTrailEvent", "EventName"), ("AuditData", "RecordType"), ("AuditData", "UserIds"),
    ("_source", "_index"), ("message", "timestamp"),
)  # fmt: skip
"""Names of the one event inside an object (of EventBridge, CloudTrail's event history, Purview, Elasticsearch and
CloudWatch), as an object or as its text, each with a name beside it by which the wrapper is known."""
MOST_AROUND = 24
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_KEY = re.compile(rb'"([^"\\]{1,40})"[ \t\r\n]*:[ \t\r\n]*$')
_NAMES = frozenset(name.encode() for name in WRAPPERS)
DEEPEST = 100_000
"""Levels of nesting at which a stream of objects is given up, as nobody can tell any more where the next begins."""
Piece = tuple[int, bytes | None]
"""An object's number, from 1, and its bytes; None where it is too large or never ends."""


def parse(raw: bytes, bounds: Bounds, note: Any = None) -> Any:
    """The value of one JSON text. Refused where it is none, too deep, or of too many names."""
    import orjson

    if len(raw) > 4 * bounds.keys and raw.count(b":") > bounds.keys and _keys(raw) > bounds.keys:
        raise Refused(f"It has more than {bounds.keys:,} names.")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        problem = str(error)
    if _depth(raw) > bounds.depth:
        raise Refused(f"It is nested deeper than {bounds.depth:,} levels.")
    text, is_utf8 = text_of(raw)
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refused(f"It is not valid JSON ({problem.split(':')[0]}).") from None
    if note is not None and not is_utf8:
        note("Text that is not UTF-8 was read as Latin-1.")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _tokens(raw: bytes) -> Iterator[int]:
    """The brackets of a JSON text, and each colon, outside strings."""
    place, size = 0, len(raw)
    outside = re.compile(rb'["{}\[\]:]')
    while place < size:
        found = outside.search(raw, place)
        if found is None:
            return
        place = found.end()
        token = raw[found.start()]
        if token != 0x22:
            yield token
            continue
        while True:
            end = _INSIDE.search(raw, place)
            if end is None:
                return
            place = end.end()
            if raw[end.start()] == 0x22:
                break
            place += 1


def _depth(raw: bytes) -> int:
    depth = most = 0
    for token in _tokens(raw):
        if token in b"{[":
            depth += 1
            most = max(most, depth)
        elif token in b"}]":
            depth -= 1
    return most


def _keys(raw: bytes) -> int:
    return sum(token == 0x3A for token in _tokens(raw))


def unwrapped(value: Any) -> list[Any] | None:
    """The events in a list or in an object around a list of objects; None where the value is an event itself."""
    if type(value) is list:
        return value
    if type(value) is dict and len(value) <= 8:
        for name in WRAPPERS:
            held = value.get(name)
            if type(held) is list and held and type(held[0]) is dict:
                return held
        inner = value.get("data")  # an event hook of Okta
        if type(inner) is dict and type(inner.get("events")) is list and "eventType" in value:
            events: list[Any] = inner["events"]
            return events
    return None


def opened(value: dict[str, Any], bounds: Bounds) -> dict[str, Any] | None:
    """The event inside of what a service wraps around a single one; None where there is none. Refused as `parse`."""
    if len(value) > MOST_AROUND:
        return None
    for name, beside in AROUND:
        held = value.get(name)
        if held is None or beside not in value:
            continue
        if type(held) is str and held[:1] == "{":
            held = parse(held.encode("utf-8", "replace"), bounds)
        if type(held) is dict:
            return held
    return None


def is_json(raw: bytes) -> bool:
    """Whether a line is an object or a list of JSON; what begins with "[" may be text as well."""
    return raw[:1] == b"{" or (raw[:1] == b"[" and raw[1:2] in (b"{", b" ", b"\t", b'"', b"]"))


def is_lines(head: bytes) -> bool:
    """Whether content that begins with "{" is one object a line (a wrapped list may be one long line)."""
    first, end, _ = head.partition(b"\n")
    if wrapped(head):
        return False
    if not end:
        return True
    return first.rstrip().endswith(b"}")


def wrapped(head: bytes) -> bool:
    """Whether the content is an object around a list of events."""
    cut = Cutter(1 << 20)
    for _ in cut.feed(head):
        break
    return cut.inside_wrapper


class Cutter:
    """Cuts the objects out of a stream of JSON; `longest` bounds each."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.inside_wrapper = False
        self._buffer = b""
        self._place = 0
        self._start: int | None = None
        self._at = 0
        self._string = self._passing = False
        self._stack: list[int] = []
        self._number = 0

    def feed(self, block: bytes) -> Iterator[Piece]:
        """The objects that end within this block."""
        self._buffer += block
        while True:
            found = (_INSIDE if self._string else _OUTSIDE).search(self._buffer, self._place)
            if found is None:
                self._place = len(self._buffer)
                break
            token, self._place = self._buffer[found.start()], found.end()
            if token == 0x22:
                self._string = not self._string
            elif token == 0x5C:
                if self._place >= len(self._buffer):  # what it escapes comes with the next block
                    self._place = found.start()
                    break
                self._place += 1
            elif token in b"{[":
                if not self._open(token, found.start()):  # what the list holds comes with the next block
                    self._place = found.start()
                    break
            elif self._stack:
                yield from self._close(found.end())
        self._drop()

    def finish(self) -> Iterator[Piece]:
        """What is left at the end: an object that never ended."""
        if self._start is not None or self._passing:
            self._number += 1
            yield self._number, None

    def _open(self, token: int, place: int) -> bool:
        """Take note of a bracket; False where more must be seen first."""
        depth = len(self._stack)
        if token == 0x7B and not self._passing and (self._start is None) and self._is_place():
            self._start, self._at = place, depth
        elif token == 0x5B and depth == 1 and self._stack[0] == 0x7B and not self._passing:
            key = _KEY.search(self._buffer, max(0, place - 80), place)
            if key is not None and key[1] in _NAMES:
                after = _next(self._buffer, place + 1)
                if after is None:
                    return False
                if after == b"{":
                    self._start, self.inside_wrapper = None, True
        if depth >= DEEPEST:
            raise Refused(f"It is nested deeper than {DEEPEST:,} levels; the rest is passed over.")
        self._stack.append(token if depth < 3 else 0)
        return True

    def _is_place(self) -> bool:
        """Whether an object that begins here is an event: at the top, in a list, in a wrapped list."""
        return self._stack in ([], [0x5B]) or (self.inside_wrapper and self._stack == [0x7B, 0x5B])

    def _close(self, end: int) -> Iterator[Piece]:
        self._stack.pop()
        depth = len(self._stack)
        if self.inside_wrapper and depth < 2:
            self.inside_wrapper = False
            if depth == 1:  # what follows the list in its object is no event
                return
        if self._passing and depth <= self._at:
            self._passing = False
            self._number += 1
            yield self._number, None
        elif self._start is not None and depth == self._at:
            self._number += 1
            yield self._number, self._buffer[self._start : end]
            self._start = None

    def _drop(self) -> None:
        """Forget what is no part of an object that is open."""
        if self._start is not None and len(self._buffer) - self._start > self.longest:
            self._start, self._passing = None, True
        keep = self._start if self._start is not None else max(0, self._place - 80)
        self._buffer = self._buffer[keep:]
        self._place -= keep
        if self._start is not None:
            self._start = 0


def _next(buffer: bytes, place: int) -> bytes | None:
    """The next byte that is not blank, b"" where 200 are; None where the buffer ends before that is known."""
    rest = buffer[place : place + 200]
    found = rest.lstrip()[:1]
    return found if found or len(rest) == 200 else None


def objects(blocks: Iterable[bytes], longest: int) -> Iterator[Piece]:
    """The objects of a stream of JSON."""
    cutter = Cutter(longest)
    for block in blocks:
        yield from cutter.feed(block)
    yield from cutter.finish()
