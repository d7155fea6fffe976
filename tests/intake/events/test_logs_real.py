"""Real EVTX files, whole and damaged, and a real stream of Windows events."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import pytest

from accord.intake.events import Event, LogSource, Tally, read_events

pytestmark = pytest.mark.real_data
CHUNK = 4096


@pytest.fixture(scope="module")
def evtx(real_data: Path) -> bytes:
    """The regression file with the most records: seven in its one chunk."""
    path = real_data / "sigma" / "sigma-regression.zip"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with zipfile.ZipFile(path) as packed:
        names = [name for name in packed.namelist() if name.endswith(".evtx")]
        return max((packed.read(name) for name in names), key=lambda body: len(read(body)[0]))


def read(body: bytes) -> tuple[list[Event], Tally]:
    tally = Tally()
    return list(read_events(io.BytesIO(body), tally, name="file")), tally


def test_a_whole_file(evtx: bytes) -> None:
    found, tally = read(evtx)
    assert (len(found), tally.malformed.total()) == (7, 0)
    for event in found:
        assert event.source.product == "windows" and event.format == "evtx"
        assert event.time is not None and event.host == event.data["Computer"]
        assert {"EventID", "Channel", "Provider_Name", "EventRecordID"} <= event.data.keys()
    assert [event.row for event in found] == list(range(1, 8))


def test_a_file_that_is_cut_off_gives_what_is_there_and_says_so(evtx: bytes) -> None:
    """The wheel alone passes over a last chunk that is not whole, without a word."""
    events = [len(read(evtx[: CHUNK + size])[0]) for size in (2000, 6000, 12000)]
    assert events == sorted(set(events)) and events[-1] == 7
    found, tally = read(evtx[: CHUNK + 6000])
    assert 0 < len(found) < 7
    assert tally.samples[-1].reason == "The file ends within a chunk; what follows there is missing."


def test_damaged_chunks_and_records_are_told(evtx: bytes) -> None:
    two = evtx + evtx[CHUNK:]
    assert len(read(two)[0]) == 14
    head = bytearray(two)
    head[CHUNK : CHUNK + 8] = b"XXXXXXXX"
    found, tally = read(bytes(head))
    assert (len(found), tally.malformed.total()) == (7, 1)
    names = bytearray(two)
    names[CHUNK + 600 : CHUNK + 900] = b"\xff" * 300
    found, tally = read(bytes(names))
    assert len(found) >= 7 and tally.malformed.total() >= 1


def test_a_byte_turned_anywhere_ends_nothing(evtx: bytes) -> None:
    for place in range(8, 20000, 331):
        body = bytearray(evtx)
        body[place] ^= 0xFF
        found, tally = read(bytes(body))
        assert len(found) + tally.malformed.total() > 0


def test_real_windows_events_are_read_without_a_loss(real_data: Path) -> None:
    path = real_data / "logs" / "windows-otrf.jsonl.zst"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    tally = Tally()
    found = list(itertools.islice(read_events(path, tally), 5000))
    assert [event.row for event in found] == list(range(1, 5001))
    assert not tally.malformed and not tally.notes
    assert all(event.time is not None and event.host for event in found)
    assert {event.format for event in found} == {"windows-flat"}
    assert LogSource("windows", "registry_event", "sysmon") in {event.source for event in found}
