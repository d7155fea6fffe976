"""Dates as an iCalendar file (RFC 5545), which every calendar reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One date. `uid` stays the same when it is sent again; times are aware."""

    uid: str
    starts: datetime
    ends: datetime
    title: str
    text: str = ""


def icalendar(entries: Iterable[Entry], made: datetime) -> bytes:
    """The entries as one calendar, lines folded at 75 octets."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Accord//Patch plan//EN", "CALSCALE:GREGORIAN"]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT", f"UID:{_text(entry.uid)}", f"DTSTAMP:{_time(made)}", f"DTSTART:{_time(entry.starts)}",
            f"DTEND:{_time(entry.ends)}", f"SUMMARY:{_text(entry.title)}",
        ]  # fmt: skip
        if entry.text:
            lines.append(f"DESCRIPTION:{_text(entry.text)}")
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escaped as section 3.3.11 asks; other control characters are left out."""
    plain = "".join(c for c in value.replace("\r\n", "\n") if c == "\n" or c >= " ")
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Section 3.1: no line is longer than 75 octets; a continuation begins with a space. Characters stay whole."""
    found, part, room = [], b"", 75
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > room:
            found.append(part)
            part, room = b"", 74
        part += octets
    return b"\r\n ".join([*found, part])
