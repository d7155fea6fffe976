"""The bytes of the spool: one frame is what one append wrote, and is there whole or not at all.

    frame   = header, mark, records
    header  = "ACS1", length of what follows, number of records, length of the mark, CRC-32 of all but itself
    mark    = JSON of the writer's own state (offsets of files, ends of connections), empty where there is none
    record  = times and lengths (24 bytes), then name, peer, connection, problem, file, body

All numbers are little-endian. Texts are UTF-8.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

MAGIC = b"ACS1"
HEADER = struct.Struct("<4sIIII")
RECORD = struct.Struct("<dIIHBBHH")
MOST = 64 << 20
"""Bytes of one frame at most."""


class Record(NamedTuple):
    """What came in, as it came.

    `received`    seconds since 1970
    `body`        one line or one JSON object without its end of line; empty where `file` names the content
    `name`        the file that it is from ("" = from a stream), by which it is parsed
    `peer`        the address that sent it
    `connection`  which connection or file it is of: one parser per source and connection
    `row`         the line's number in its file, from 1
    `problem`     why the collector could not take it whole; `body` is its beginning then. It counts as malformed
                  and is not parsed
    `file`        the content is a whole file of this name in the folder of the spool (EVTX, an array of JSON, packed
                  logs): `accord.intake.events.read_events` reads it under the name `name`
    """

    received: float
    body: bytes
    name: str = ""
    peer: str = ""
    connection: str = ""
    row: int = 0
    problem: str = ""
    file: str = ""


class Frame(NamedTuple):
    """One whole frame: where it begins and ends in its segment, its mark, its records with where each begins."""

    begin: int
    end: int
    mark: dict[str, Any]
    records: list[tuple[int, Record]]


class TooLarge(ValueError):
    """More than one frame holds."""


def _short(text: str, most: int) -> bytes:
    """UTF-8, cut to `most` bytes at a whole character."""
    data = text.encode("utf-8", "replace")
    return data if len(data) <= most else data[:most].decode("utf-8", "ignore").encode()


def packed(records: Iterable[Record], mark: Mapping[str, Any] | None = None) -> bytes:
    """The frame of `records` and `mark`. TooLarge beyond `MOST` bytes."""
    mark_data = json.dumps(mark, separators=(",", ":"), ensure_ascii=False).encode() if mark else b""
    parts = [mark_data]
    count = 0
    pack = RECORD.pack
    for received, body, name, peer, connection, row, problem, file in records:
        name_data, peer_data = _short(name, 4096), _short(peer, 255)
        connection_data, problem_data, file_data = _short(connection, 255), _short(problem, 1000), _short(file, 4096)
        parts.append(
            pack(
                received, len(body), row & 0xFFFFFFFF, len(name_data), len(peer_data), len(connection_data),
                len(problem_data), len(file_data),
            )
            + name_data + peer_data + connection_data + problem_data + file_data
        )  # fmt: skip
        parts.append(body)
        count += 1
    payload = b"".join(parts)
    if len(payload) > MOST:
        raise TooLarge(f"{len(payload):,} bytes do not fit into one frame of {MOST:,}.")
    head = HEADER.pack(MAGIC, len(payload), count, len(mark_data), 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(payload, zlib.crc32(head))) + payload


def unpacked(data: bytes | memoryview, begin: int, place: int = 0) -> Frame | None:
    """The frame at `place` of `data`, which stands at `begin` of its segment; None where there is no whole one."""
    if len(data) - place < HEADER.size:
        return None
    magic, length, count, mark_length, check = HEADER.unpack_from(data, place)
    first, last = place + HEADER.size, place + HEADER.size + length
    if magic != MAGIC or length > MOST or mark_length > length or last > len(data):
        return None
    payload = bytes(data[first:last])
    if zlib.crc32(payload, zlib.crc32(bytes(data[place : first - 4]))) != check:
        return None
    mark = json.loads(payload[:mark_length]) if mark_length else {}
    records = list(_records(payload, mark_length, count, begin + HEADER.size))
    return Frame(begin, begin + HEADER.size + length, mark, records)


def _records(payload: bytes, place: int, count: int, begin: int) -> Iterator[tuple[int, Record]]:
    unpack, size = RECORD.unpack_from, RECORD.size
    for _ in range(count):
        received, body, row, name, peer, connection, problem, file = unpack(payload, place)
        at = place + size
        texts = []
        for length in (name, peer, connection, problem, file):
            texts.append(payload[at : at + length].decode() if length else "")
            at += length
        yield (
            begin + place,
            Record(received, payload[at : at + body], texts[0], texts[1], texts[2], row, texts[3], texts[4]),
        )
        place = at + body
