"""Messages in a stream of bytes: by a counted length or by end of line (RFC 6587, RFC 5425), each bounded.

Which of the two a sender uses is told by its first message: digits, a space and `<` are a counted one. A counted
stream stays counted; where a count is followed by no message, the stream is out of step and ends (`OutOfStep`),
for what comes after cannot be told apart. Any other first byte means lines. A line ends with LF; where the sender's
first one ends with NUL (RFC 6587, section 3.4.2) before the `<` of the next, with NUL as well.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 1 << 20
"""Bytes of one message; of what is longer only the beginning is kept."""
SAMPLE = 1000
"""Bytes that are kept of what is not taken whole."""
_COUNT = re.compile(rb"([1-9][0-9]{0,9}) (?=<)")
_END = re.compile(rb"\n|\0(?=\0*<)")
_COUNT_BEGUN = re.compile(rb"(?:[1-9][0-9]{0,9} ?)?")


class Message(NamedTuple):
    """One message without its framing; `problem` says why it is only a beginning, "" where it is whole."""

    body: bytes
    problem: str = ""


class OutOfStep(ValueError):
    """A counted stream in which no count stands where one should."""

    def __init__(self, reason: str, sample: bytes, before: list[Message]) -> None:
        super().__init__(reason)
        self.sample, self.before = sample, before


class Framing:
    """Takes the bytes of one connection as they come and gives its messages."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._held = bytearray()
        self._need = 0  # bytes that must be held before it is worth looking
        self._counted: bool | None = None
        self._end = b""  # of a line, once it is known
        self._skip = 0
        self._passing = b""

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. OutOfStep where a count is wrong; its `before` are good."""
        if self._held:
            self._held += data
            waits = len(self._held) < self._need if self._counted else self._counted is False and not self._ends(data)
            if waits and len(self._held) <= self._longest:
                return []
            data = bytes(self._held)
            self._held.clear()
        if self._counted is None:
            if _COUNT_BEGUN.fullmatch(data):
                self._held += data  # not enough to tell
                return []
            self._counted = _COUNT.match(data) is not None
        return self._by_count(data) if self._counted else self._by_line(data)

    def end(self) -> list[Message]:
        """What stands without an end of line at an orderly end of the stream."""
        rest = bytes(self._held)
        self._held.clear()
        if self._passing:
            return [self._too_long()]
        if self._counted:
            return [Message(rest[:SAMPLE], "The connection ended within a counted message.")] if rest else []
        rest = rest.strip(b"\r\n\0 \t")
        return [Message(rest)] if rest else []

    def _ends(self, data: bytes) -> bool:
        """Whether a line may end within these bytes, which come after what is held."""
        return b"\n" in data or (self._end != b"\n" and (b"\0" in data or self._held[-len(data) - 1 :][:1] == b"\0"))

    def _by_line(self, data: bytes) -> list[Message]:
        found: list[Message] = []
        if not self._end:
            first = _END.search(data.lstrip(b"\0"))
            if first is not None:
                self._end = first[0]
        if self._end == b"\0":
            data = data.replace(b"\0", b"\n")
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._passing:
                found.append(self._too_long())
                continue
            if line[-1:] in (b"\r", b"\0", b"\n") or line[:1] in (b"\0", b"\n"):
                line = line.strip(b"\r\0\n")
            if len(line) > self._longest:
                self._passing = line[:SAMPLE]
                found.append(self._too_long())
            elif line and not line.isspace():
                found.append(Message(line))
        if self._passing:
            return found
        if len(rest) > self._longest:
            self._passing = rest[:SAMPLE]
        else:
            self._held += rest
        return found

    def _by_count(self, data: bytes) -> list[Message]:
        found: list[Message] = []
        place = self._need = 0
        if self._skip:
            place = min(self._skip, len(data))
            self._skip -= place
            if self._skip:
                return found
            found.append(self._too_long())
        while place < len(data):
            match = _COUNT.match(data, place)
            if match is None:
                while data[place : place + 1] in (b"\n", b"\r", b"\0"):
                    place += 1  # some senders end counted messages by a line as well
                rest = data[place : place + 12]
                if len(rest) < 12 and _COUNT_BEGUN.fullmatch(rest):
                    break
                match = _COUNT.match(data, place)
                if match is None:
                    reason = "No length stands where a counted message should begin; the lengths before are wrong."
                    raise OutOfStep(reason, data[place : place + SAMPLE], found)
            length, begin = int(match[1]), match.end()
            if length > self._longest:
                self._passing = data[begin : begin + SAMPLE]
                there = min(length, len(data) - begin)
                self._skip, place = length - there, begin + there
                if self._skip:
                    return found
                found.append(self._too_long())
                continue
            if begin + length > len(data):
                self._need = begin + length - place
                break
            body = data[begin : begin + length]
            place = begin + length
            body = body.rstrip(b"\r\n\0")
            if body:
                found.append(Message(body))
        self._held += data[place:]
        return found

    def _too_long(self) -> Message:
        sample, self._passing = self._passing, b""
        return Message(sample, f"The message is longer than {self._longest:,} bytes.")
