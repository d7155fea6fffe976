"""RELP, the reliable protocol of rsyslog: every message is acknowledged by its number.

    frame = number SP command SP length [SP data] LF

The sender opens (`open`), sends messages (`syslog`) and closes (`close`); each is answered by `rsp` with the same
number, `200 OK` where it was taken. Up to 128 messages are under way unanswered. From the published description of
the protocol (librelp, doc/relp.html).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from accord.monitoring.collecting.framing import LONGEST, SAMPLE, OutOfStep

_HEAD = re.compile(rb"([0-9]{1,9}) ([A-Za-z]{1,32}) ([0-9]{1,9})(?: |(?=\n))")
_HEAD_MOST = 55
OFFER = b"\nrelp_version=0\nrelp_software=accord\ncommands=syslog"


class Call(NamedTuple):
    """One frame: its number, its command, its data; `problem` where the data is only a beginning."""

    number: int
    command: str
    data: bytes
    problem: str = ""


class Relp:
    """Takes the bytes of one connection as they come and gives its frames."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._held = bytearray()
        self._need = 0
        self._passing: tuple[int, str, bytes] | None = None
        self._skip = 0

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Call]:
        """The frames that `data` completes. OutOfStep where it is no RELP."""
        if self._held:
            self._held += data
            if len(self._held) < self._need:
                return []
            data = bytes(self._held)
            self._held.clear()
        found: list[Call] = []
        place = self._need = 0
        if self._skip:
            place = min(self._skip, len(data))
            self._skip -= place
            if self._skip:
                return found
            found.append(self._too_long())
        while place < len(data):
            match = _HEAD.match(data, place)
            if match is None:
                if len(data) - place < _HEAD_MOST and b"\n" not in data[place:]:
                    break
                raise OutOfStep("The stream is no RELP.", data[place : place + SAMPLE], [])
            number, command, length, begin = int(match[1]), match[2].decode(), int(match[3]), match.end()
            whole = begin + length + 1
            if length > self._longest:
                self._passing = number, command, data[begin : begin + SAMPLE]
                there = min(whole, len(data))
                self._skip, place = whole - there, there
                if self._skip:
                    return found
                found.append(self._too_long())
                continue
            if whole > len(data):
                self._need = whole - place
                break
            if data[whole - 1 : whole] != b"\n":
                raise OutOfStep("A frame of RELP does not end where it should.", data[place : place + SAMPLE], [])
            found.append(Call(number, command, data[begin : whole - 1]))
            place = whole
        self._held += data[place:]
        return found

    def _too_long(self) -> Call:
        assert self._passing is not None
        number, command, sample = self._passing
        self._passing = None
        return Call(number, command, sample, f"The message is longer than {self._longest:,} bytes.")


def answer(number: int, text: bytes = b"200 OK") -> bytes:
    """The `rsp` frame to a frame."""
    return b"%d rsp %d%s\n" % (number, len(text), b" " + text if text else b"")


def bye() -> bytes:
    """What the server says when it ends the session of itself."""
    return b"0 serverclose 0\n"
