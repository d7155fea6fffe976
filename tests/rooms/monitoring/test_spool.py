"""The spool: any records, any cut, any restart; a frame is whole or not there, and a place names one record."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.monitoring.collecting import frames, spool
from accord.monitoring.collecting.spool import (
    CHECKPOINT,
    Busy,
    Framed,
    Full,
    Record,
    TooLarge,
    Writer,
    backlog,
    claim,
    read,
    remove_done,
    replay,
    segments,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
records = st.lists(
    st.builds(
        Record, st.floats(0, 4e9), st.binary(max_size=60), text, text, text, st.integers(0, 2**32 - 1), text, text
    ),
    max_size=4,
)  # fmt: skip
batches = st.lists(
    st.tuples(records, st.one_of(st.none(), st.dictionaries(text, text, min_size=1, max_size=2))), max_size=6
)


def all_of(folder: Path, most: int = 1 << 20) -> list[Framed]:
    found: list[Framed] = []
    offsets: dict[str, int] = {}
    while True:
        more, after = read(folder, offsets, most)
        found += more
        if after == offsets:
            return found
        offsets = after


@given(batches, st.integers(1, 400), st.integers(1, 600))
def test_what_is_written_is_read_in_order_by_any_steps(written: list[Any], segment: int, step: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        writer = Writer(folder, "w", segment)
        for batch, mark in written:
            writer.append(batch, mark)
        writer.close()
        found = all_of(folder, step)
        assert [one.record for one in found] == [one for batch, _ in written for one in batch]
        assert len({(one.segment, one.offset) for one in found}) == len(found)


@given(batches.filter(len), st.data())
def test_after_any_cut_only_the_torn_append_is_gone_and_places_stay(written: list[Any], data: st.DataObject) -> None:
    """The end of the file is cut at any byte, as a power failure may leave it; then the writer starts again."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        writer = Writer(folder, "w")
        ends = [writer.append(batch, mark).offset for batch, mark in written]
        writer.close()
        path = segments(folder)[0].path
        cut = data.draw(st.integers(0, path.stat().st_size))
        before = {(one.segment, one.offset): one.record for one in all_of(folder)}
        os.truncate(path, cut)
        again = Writer(folder, "w")
        again.append([Record(1.0, b"after")])
        again.close()
        kept = [one for (batch, _), end in zip(written, ends, strict=True) if end <= cut for one in batch]
        found = all_of(folder)
        assert [one.record for one in found] == [*kept, Record(1.0, b"after")]
        for one in found[:-1]:
            assert before[one.segment, one.offset] == one.record
        assert (found[-1].segment, found[-1].offset) not in before


@given(batches.filter(lambda written: len(written) > 2), st.data())
def test_a_damaged_byte_costs_its_frame_alone(written: list[Any], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        writer = Writer(folder, "w")
        ends = [writer.append(batch, mark).offset for batch, mark in written]
        writer.close()
        path = segments(folder)[0].path
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        Writer(folder, "w").append([])  # the damaged segment is closed now
        begins = [0, *ends[:-1]]
        kept = [
            one
            for (batch, _), begin, end in zip(written, begins, ends, strict=True)
            if not begin <= at < end or (begin == 0 and at < frames.HEADER.size + len('{"checkpoint":{}}'))
            for one in batch
        ]
        damaged: list[tuple[str, int, int]] = []
        found, offsets = read(folder, {}, 1 << 30, damaged)
        assert [one.record for one in found] == kept
        if at < ends[-2]:
            assert damaged
        assert offsets[path.name] == path.stat().st_size


@given(st.binary(max_size=400))
def test_any_bytes_are_no_frame_or_one_that_is_whole(data: bytes) -> None:
    frame = frames.unpacked(data, 0)
    if frame is not None:
        assert frames.packed([record for _, record in frame.records], frame.mark) == data[: frame.end]


def test_segments_go_when_they_are_read_and_numbers_never_come_back(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "w", most=100)
    for number in range(5):
        writer.append([Record(1.0, b"x" * 100, row=number)])
    found, offsets = read(tmp_path, {}, 1 << 20)
    assert [one.record.row for one in found] == list(range(5))
    assert backlog(tmp_path, {}) > 500 and backlog(tmp_path, offsets) == 0
    gone = remove_done(tmp_path, offsets)
    assert len(gone) == 4
    last = segments(tmp_path)
    assert [one.closed for one in last] == [False]
    writer.close()
    again = Writer(tmp_path, "w")
    again.append([Record(1.0, b"y")])
    assert again.segment > last[0].path.name
    found, _ = read(tmp_path, offsets, 1 << 20)
    assert [one.record.body for one in found] == [b"y"]


def test_a_segment_stays_until_the_next_one_has_its_state(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "w", most=1)
    writer.append([Record(1.0, b"x")])
    writer.close()
    (tmp_path / "w-00000002.seg").write_bytes(b"")
    _, offsets = read(tmp_path, {}, 1 << 20)
    assert remove_done(tmp_path, offsets) == []


def test_the_state_comes_back_from_the_newest_segment_that_has_it(tmp_path: Path) -> None:
    state = {"n": 0}
    writer = Writer(tmp_path, "w", most=60, state=lambda: state)
    for number in range(1, 4):
        state["n"] = number
        writer.append([Record(1.0, b"x" * 80, row=number)], {"m": number})
    writer.close()
    (tmp_path / "w-00000004.seg").write_bytes(b"ACS1 torn")
    found = list(replay(tmp_path, "w"))
    assert found[0].mark == {CHECKPOINT: {"n": 3}}
    assert [one.mark for one in found[1:]] == [{"m": 3}]


def test_one_process_writes_under_a_name(tmp_path: Path) -> None:
    first = Writer(tmp_path, "w-0")
    with pytest.raises(Busy):
        Writer(tmp_path, "w-0")
    second = claim(tmp_path, "w")
    assert second.name == "w-1"
    first.close()
    assert claim(tmp_path, "w").name == "w-0"
    second.append([Record(1.0, b"second")])
    assert [one.segment for one in all_of(tmp_path)] == ["w-1-00000001.seg"]


def test_writers_are_read_side_by_side(tmp_path: Path) -> None:
    for name in ("a", "b"):
        writer = Writer(tmp_path, name)
        for number in range(50):
            writer.append([Record(1.0, b"x" * 100, row=number)])
        writer.close()
    found, _ = read(tmp_path, {}, 2000)
    assert {one.segment[0] for one in found} == {"a", "b"}


def test_a_full_disk_leaves_nothing_of_the_append(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path, "w")
    writer.append([Record(1.0, b"before")])
    writer.sync()
    size = segments(tmp_path)[0].path.stat().st_size
    real, calls = os.pwrite, []

    def short(file: int, data: Any, offset: int) -> int:
        calls.append(1)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space")
        return real(file, bytes(data)[:7], offset)

    with monkeypatch.context() as broken:
        broken.setattr(spool.os, "pwrite", short)
        with pytest.raises(Full):
            writer.append([Record(1.0, b"x" * 1000)])
    assert segments(tmp_path)[0].path.stat().st_size == size
    writer.append([Record(1.0, b"after")])
    writer.sync()
    assert [one.record.body for one in all_of(tmp_path)] == [b"before", b"after"]


def test_after_a_failed_sync_what_was_not_synced_is_gone_and_writing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path, "w")
    writer.append([Record(1.0, b"synced")])
    writer.sync()
    writer.append([Record(1.0, b"lost")])

    def failing(file: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as broken:
        broken.setattr(spool.os, "fdatasync", failing)
        with pytest.raises(OSError, match="broken"):
            writer.sync()
    writer.append([Record(1.0, b"again")])
    writer.sync()
    assert [one.record.body for one in all_of(tmp_path)] == [b"synced", b"again"]
    assert len(segments(tmp_path)) == 2


def test_whole_files_come_and_go_with_their_segment(tmp_path: Path) -> None:
    import io

    writer = Writer(tmp_path, "w", most=1)
    record = writer.hand_over(io.BytesIO(b"content"), "a.evtx", received=5.0)
    writer.append([record])
    writer.append([])
    assert (tmp_path / record.file).read_bytes() == b"content"
    found, offsets = read(tmp_path, {}, 1 << 20)
    assert [(one.record.name, one.record.received) for one in found] == [("a.evtx", 5.0)]
    remove_done(tmp_path, offsets)
    assert not (tmp_path / record.file).exists()


def test_a_frame_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST", 1000)
    writer = Writer(tmp_path, "w")
    with pytest.raises(TooLarge):
        writer.append([Record(1.0, b"x" * 1000)])
    writer.append([Record(1.0, b"y")])
    assert [one.record.body for one in all_of(tmp_path)] == [b"y"]
