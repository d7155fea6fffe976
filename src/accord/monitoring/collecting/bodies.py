"""What a request of the HTTP collector holds: lines, an array of JSON, or events as Splunk's collector takes them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from accord.intake.events.base import Bounds, Refused
from accord.intake.events.documents import is_lines, objects, parse
from accord.intake.events.lines import lines
from accord.intake.events.opening import Opened

PACKED, UNPACKED = 16 << 20, 32 << 20
"""Bytes of a body as sent and unpacked, at most."""
RECORDS = 200_000
"""Events of one request at most."""
BOUNDS = Bounds(ratio=200, free=UNPACKED + 1)
HEAD = 1 << 18
TOO_LONG = f"The event is longer than {BOUNDS.record:,} bytes."
Found = tuple[bytes, str]
"""An event, and why it is none ("" where it is one)."""


class BadBody(ValueError):
    """A body that is refused as a whole, with the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without its encoding (gzip, zstd or none). BadBody beyond the bounds."""
    if encoding not in ("", "identity", "gzip", "x-gzip", "zstd"):
        raise BadBody(415, f"The encoding “{encoding[:40]}” is not read; use gzip or zstd.")
    if encoding in ("", "identity"):
        return body
    opened = Opened(io.BytesIO(body), "body", BOUNDS)
    found = io.BytesIO()
    for block in opened.blocks():
        found.write(block)
        if found.tell() > UNPACKED:
            raise BadBody(413, f"The body unpacks to more than {UNPACKED:,} bytes; send less at once.")
    if opened.problem:
        raise BadBody(400, opened.problem)
    return found.getvalue()


def events(body: bytes) -> list[Found]:
    """The events of a body: of JSON over several lines, or around a list, its objects, else its lines."""
    text = body.lstrip(b" \t\r\n\xef\xbb\xbf")
    if text[:1] == b"[":
        held = _array(text)
        if held is not None:
            return _bounded(iter(held))
    if text[:1] == b"{" and not is_lines(text[:HEAD]):
        with suppress(Refused):  # nested deeper than anything: told of its lines
            cut = objects((text,), BOUNDS.record)
            found = _bounded((raw, "") if raw is not None else (b"", TOO_LONG) for _, raw in cut)
            if any(raw for raw, _ in found):
                return found
    return _bounded((line, "") if line is not None else (b"", TOO_LONG) for _, line in lines((body,), BOUNDS.record))


def splunk_events(body: bytes) -> list[Found]:
    """The events of objects one after the other, as Splunk's HTTP Event Collector takes them: `event` of each."""
    try:
        return _bounded(_of_splunk(body))
    except Refused as error:
        raise BadBody(400, str(error)) from None


def _bounded(found: Iterator[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in found:
        kept.append(one)
        if len(kept) > RECORDS:
            raise BadBody(413, f"The request holds more than {RECORDS:,} events; send less at once.")
    return kept


def _array(body: bytes) -> list[Found] | None:
    """The elements of an array of JSON, as they were written where all are objects; None where it is no array."""
    import orjson

    try:
        held = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(held, list):
        return None
    if all(isinstance(one, dict) for one in held):
        cut = [raw for _, raw in objects((body,), BOUNDS.record)]
        if len(cut) == len(held):
            return [(raw, "") if raw is not None else (b"", TOO_LONG) for raw in cut]
    return [(orjson.dumps(one), "" if isinstance(one, dict) else "It is no JSON object.") for one in held]


def _of_splunk(body: bytes) -> Iterator[Found]:
    for _, raw in objects((body,), BOUNDS.record):
        if raw is None:
            raise BadBody(400, f"An object does not end, or is longer than {BOUNDS.record:,} bytes.")
        value: Any = parse(raw, BOUNDS)
        event = value.get("event") if isinstance(value, dict) else None
        if event in (None, ""):
            raise BadBody(400, "An object has no “event”.")
        if isinstance(event, str):
            yield event.replace("\n", " ").encode("utf-8", "replace"), ""
        else:
            yield json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), ""
