"""Hostile logs: bombs, floods, damage, odd bytes. Told, counted, bounded, and never the end of the reading."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.intake.events import Bounds, Event, NotLogs, Parser, Tally, read_events
from accord.intake.records import IntakeError

GOOD = json.dumps({"EventID": 1, "Channel": "Security", "Image": "a.exe"})
SYSLOG = "2025-01-01T10:00:00Z host sshd[1]: Failed password"


def read(content: bytes | str, bounds: Bounds | None = None) -> tuple[list[Event], Tally]:
    tally = Tally()
    body = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return list(read_events(io.BytesIO(body), tally, name="file", bounds=bounds)), tally


class Endless(io.RawIOBase):
    """A beginning, then one byte as often as asked for, then an end; never held whole."""

    def __init__(self, head: bytes, byte: bytes, times: int, end: bytes) -> None:
        self._head, self._byte, self._left, self._end = head, byte, times, end

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            out, self._head = self._head[:size], self._head[size:]
        elif self._left:
            out = self._byte * min(size, self._left)
            self._left -= len(out)
        else:
            out, self._end = self._end[:size], self._end[size:]
        return out


@pytest.mark.parametrize(
    ("head", "byte", "end"),
    [
        (GOOD.encode() + b"\n" + b'{"a": "', b"x", b'"}\n' + GOOD.encode() + b"\n"),
        (SYSLOG.encode() + b"\n", b"y", b"\n" + SYSLOG.encode() + b"\n"),
        (b"[" + GOOD.encode() + b', {"a": "', b"z", b'"}, ' + GOOD.encode() + b"]"),
        (b'{"Records": [' + GOOD.encode() + b', {"a": ', b"[", b"]}]}\n"),
    ],
    ids=["line of JSON", "line of text", "object in a list", "depth in a list"],
)
def test_a_gigabyte_in_one_record_is_told_and_never_held(head: bytes, byte: bytes, end: bytes) -> None:
    times = {b"z": 1 << 28, b"[": 1 << 20}.get(byte, 1 << 30)
    stream = cast(BinaryIO, Endless(head, byte, times, end))
    tally, found = Tally(), []
    tracemalloc.start()
    for event in read_events(stream, tally, bounds=Bounds(record=1 << 20)):
        found.append(event.row)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0] == 1
    assert tally.malformed.total() == 1
    assert byte == b"[" or len(found) == 2
    assert peak < 60 << 20


def test_names_and_depth_are_bounded() -> None:
    many = json.dumps({f"k{number}": number for number in range(100_000)})
    deep = '{"a":' * 10_000 + "1" + "}" * 10_000
    lists = '{"a":' + "[" * 10_000 + "]" * 10_000 + "}"
    inside = json.dumps({"a": ":" * 100_000})
    found, tally = read("\n".join([GOOD, many, deep, lists, inside, GOOD]))
    assert [event.row for event in found] == [1, 5, 6]
    assert [sample.row for sample in tally.samples] == [2, 3, 4]
    assert "20,000 names" in tally.samples[0].reason
    assert "1,024 levels" in tally.samples[1].reason


def test_bytes_that_are_nobodys_text() -> None:
    lines = [
        b'{"EventID": 1, "Channel": "Security", "Image": "caf\xe9"}',
        b'{"EventID": 1, "Channel": "Security", "Image": "a\\u0000b"}',
        b'{"EventID": 1, "Channel": "Security", "Image": "\\ud800x"}',
        b'{"EventID": 1, "Channel": "Security", "n": 123456789012345678901234567890}',
        b"\0\0\0" + GOOD.encode() + b"\r",
        b'{"EventID": 1, "Channel": NaN}',
        b"2025-01-01T10:00:00Z host app: caf\xe9\x1b[31m\x00",
    ]
    found, tally = read(b"\n".join(lines))
    assert [event.data.get("Image") for event in found[:3]] == ["café", "a\x00b", "\ud800x"]
    assert [event.row for event in found] == [1, 2, 3, 4, 5, 7]
    assert tally.malformed.total() == 1
    assert tally.notes["Text that is not UTF-8 was read as Latin-1."] == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be"])
def test_marks_of_encodings(encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    found, tally = read(mark + f"{GOOD}\r\n{SYSLOG} é\r\n".encode(encoding))
    assert [event.format for event in found] == ["windows-flat", "syslog"]
    assert found[1].data["message"].endswith("é")
    assert not tally.malformed


def test_samples_are_few_and_fit_to_show() -> None:
    found, tally = read("\n".join([GOOD, *["{\x1b[31m broken" + "x" * 5000] * 50]))
    assert (len(found), tally.malformed["file"], len(tally.samples)) == (1, 50, 5)
    assert "\x1b" not in tally.samples[0].sample and len(tally.samples[0].sample) <= 200
    assert str(tally.samples[0]).startswith("file, row 2: It is not valid JSON")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_packed_logs(pack: Any) -> None:
    text = (GOOD + "\n").encode() * 3000
    found, tally = read(pack(text) + pack(text))
    assert (len(found), tally.malformed.total()) == (6000, 0)
    found, tally = read(pack(text)[:-20])
    assert len(found) < 3001
    assert tally.samples[-1].reason == "The packed content ends too early."
    damaged = bytearray(pack(bytes(range(256)) * 40 + text))
    damaged[len(damaged) // 2] ^= 255
    try:
        _, tally = read(bytes(damaged))
    except NotLogs:
        return
    assert tally.malformed.total()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_a_bomb_is_stopped(pack: Any) -> None:
    bomb = pack((GOOD + "\n").encode() + b"\n" * (64 << 20))
    found, tally = read(bomb, Bounds(ratio=100, free=1 << 20))
    assert len(found) == 1
    assert "more than 100 times its size" in tally.samples[-1].reason


def test_objects_that_never_end_and_rubbish_between_objects() -> None:
    found, tally = read("[" + GOOD + ", {broken}, " + GOOD + ', {"a": 1')
    assert [event.row for event in found] == [1, 3]
    assert [sample.row for sample in tally.samples] == [2, 4]


def test_a_reading_may_be_bounded_in_time() -> None:
    found, tally = read((GOOD + "\n") * 1000, Bounds(seconds=0))
    assert len(found) == 1
    assert "ended after 0 seconds" in tally.samples[0].reason


@pytest.mark.parametrize("body", [b"ElfFile\0", b"ElfFile\0" + bytes(5000), b"ElfFile\0" + b"\xff" * 70_000])
def test_what_only_looks_like_evtx(body: bytes) -> None:
    found, tally = read(body)
    assert not found
    assert tally.malformed.total() <= 3


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="cannot be opened"):
        list(read_events(tmp_path / "none", Tally()))


WORDS = """Event System EventID EventData Data Channel winlog event_id channel event_data ts uid id.orig_h _path
event_type timestamp src_ip http dns answers properties category operationName resourceId CreationTime Operation
Workload eventSource eventName awsRegion published eventType actor Records @timestamp Provider #attributes Name"""
NAMES = WORDS.split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(NAMES),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=5))
def test_whatever_json_comes_each_record_is_an_event_or_is_told(values: list[Any]) -> None:
    tally = Tally()
    parser = Parser("fuzz", tally)
    for row, value in enumerate(values, start=1):
        before = tally.malformed.total()
        events = parser.document(json.dumps(value).encode(), row)
        if isinstance(value, dict) and not any(isinstance(held, list) for held in value.values()):
            assert len(events) + tally.malformed.total() - before == 1
        for event in events:
            assert isinstance(event.data, dict)
            assert event.time is None or event.time.utcoffset() is not None


PIECES = st.sampled_from([
    "<34>1 ", "<34>", "Jan  1 10:00:00 ", "2025-01-01T10:00:00Z ", "host ", "sudo: ", "a[1]: ", "CEF:0|",
    "a|b|c|d|e|f|", "x=y ", "type=EXECVE msg=audit(1.0:1): ", "a0=4142 ", "msg='", '"', '[a b="', "] ",
    "192.0.2.1 - - ",
    "[01/Jan/2025:10:00:00 +0000] ", '"GET / HTTP/1.1" ', "200 1 ", "#fields\t", "#separator \\x09", "#types\t",
    "1.0\t", "%SYS-5-X: ", "\\", "é", "\x00", "\x1d", "- ",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=9).map("".join), max_size=6))
def test_whatever_lines_come_nothing_stops_the_reading(lines: list[str]) -> None:
    tally = Tally()
    parser = Parser("fuzz", tally)
    for row, line in enumerate(lines, start=1):
        raw = line.encode()
        if raw:
            before = tally.malformed.total()
            assert len(parser.line(raw, row)) + tally.malformed.total() - before <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(JSON.filter(lambda value: isinstance(value, dict)), max_size=4), st.integers(1, 7), st.booleans())
def test_objects_are_cut_the_same_wherever_the_blocks_end(values: list[Any], size: int, listed: bool) -> None:
    from accord.intake.events.documents import objects

    text = (json.dumps(values) if listed else "\n".join(json.dumps(one, indent=1) for one in values)).encode()

    def blocks() -> Iterator[bytes]:
        for place in range(0, len(text), size):
            yield text[place : place + size]

    assert list(objects(blocks(), 1 << 20)) == list(objects((text,), 1 << 20))
    if not any(isinstance(held, list) for one in values for held in one.values()):
        assert [json.loads(raw or b"") for _, raw in objects(blocks(), 1 << 20)] == values
