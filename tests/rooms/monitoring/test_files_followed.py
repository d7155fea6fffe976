"""Files that grow: through rotation and packing and kills, every line once."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from accord_collecting import Running, everything, wait_for

from accord.monitoring.collecting import tailing
from accord.monitoring.collecting.following import is_called_after, is_whole


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accord.monitoring.collecting.collector.LOOK", 0.05)
    real = tailing.Tailing.__init__
    monkeypatch.setattr(tailing.Tailing, "__init__", lambda self, living: real(self, living, 0.05, 0.2))


@pytest.fixture
def running(tmp_path: Path, fast: None) -> Iterator[Running]:
    made = Running(tmp_path / "events")
    yield made
    made.end()


def add(path: Path, *lines: str) -> None:
    with path.open("a") as stream:
        stream.write("".join(line + "\n" for line in lines))


def come(running: Running, *lines: str) -> None:
    """These lines have come, each once, and no other comes within some looks."""
    wanted = Counter(line.encode() for line in lines)
    wait_for(lambda: sum(Counter(running.bodies(1)).values()) >= len(lines), 20)
    time.sleep(0.3)
    assert Counter(running.bodies(1)) == wanted


def test_files_are_followed_with_their_name_and_row(running: Running, logs: Path) -> None:
    add(logs / "a.log", "one", "two", "", "three")
    running.add(1, "files", paths=[str(logs)])
    come(running, "one", "two", "three")
    add(logs / "a.log", "four")
    (logs / "deep").mkdir()
    add(logs / "deep" / "b.log", "five\r")
    add(logs / ".hidden", "no")
    come(running, "one", "two", "three", "four", "five")
    found = {one.record.body: one.record for one in everything(running.folder / "spool" / "1")}
    assert (found[b"three"].name, found[b"three"].row, found[b"four"].row) == ("a.log", 4, 5)
    assert found[b"five"].connection != found[b"one"].connection


def test_a_half_line_waits_for_its_end(running: Running, logs: Path) -> None:
    running.add(1, "files", paths=[f"{logs}/*.log"])
    path = logs / "a.log"
    path.write_text("whole\nha")
    come(running, "whole")
    with path.open("a") as stream:
        stream.write("lf\n")
    come(running, "whole", "half")


def test_only_what_comes_from_now_on(running: Running, logs: Path) -> None:
    add(logs / "a.log", "old")
    running.add(1, "files", paths=[str(logs)], start="end")
    wait_for(lambda: running.told.get(1) and running.told[1].intake.get("files") == 1)
    time.sleep(0.2)
    add(logs / "a.log", "new")
    add(logs / "b.log", "a new file is new from its beginning")
    come(running, "new", "a new file is new from its beginning")


def test_rotated_by_rename_and_packed(running: Running, logs: Path) -> None:
    running.add(1, "files", paths=[f"{logs}/app.log*"])
    path = logs / "app.log"
    add(path, "1", "2")
    come(running, "1", "2")
    with path.open("a") as stream:  # its writer has it open through the rotation
        path.rename(logs / "app.log.1")
        stream.write("3\n")
        stream.flush()
        add(path, "4")
        come(running, "1", "2", "3", "4")
    (logs / "app.log.2.gz").write_bytes(
        gzip.compress((logs / "app.log.1").read_bytes() + b"5 only in the packed one\n", mtime=0)
    )
    (logs / "app.log.1").unlink()
    come(running, "1", "2", "3", "4", "5 only in the packed one")
    (logs / "app.log.3.zst").write_bytes(zstandard.compress(b"1\n2\n3\n"))
    come(running, "1", "2", "3", "4", "5 only in the packed one")


def test_rotated_away_to_where_nobody_looks(running: Running, logs: Path) -> None:
    running.add(1, "files", paths=[f"{logs}/app.log"])
    path = logs / "app.log"
    add(path, "1")
    come(running, "1")
    with path.open("a") as stream:
        path.rename(logs / "gone")
        stream.write("2\n3 without an end")
    add(path, "4")
    come(running, "1", "2", "3 without an end", "4")


def test_copied_and_cut(running: Running, logs: Path) -> None:
    running.add(1, "files", paths=[f"{logs}/app.log*"])
    path = logs / "app.log"
    add(path, "1", "2")
    come(running, "1", "2")
    shutil.copy(path, logs / "app.log.1")
    add(logs / "app.log.1", "3 came between")
    os.truncate(path, 0)
    add(path, "4", "5 is longer than what was there before it was cut")
    come(running, "1", "2", "3 came between", "4", "5 is longer than what was there before it was cut")


def test_a_line_that_is_too_long_is_told_once(running: Running, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailing, "LONGEST", 1000)
    monkeypatch.setattr(tailing, "BLOCK", 1000)
    running.add(1, "files", paths=[str(logs)])
    add(logs / "a.log", "before", "x" * 5500, "after")
    wait_for(lambda: b"after" in running.bodies(1))
    found = [one.record for one in everything(running.folder / "spool" / "1")]
    assert [one.body for one in found if not one.problem] == [b"before", b"after"]
    assert [(one.row, len(one.body)) for one in found if one.problem] == [(2, 1000)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.evtx", b"ElfFile\0" + bytes(5000)),
        ("trail.json", json.dumps({"Records": [{"eventVersion": "1.08", "n": n} for n in range(3)]}).encode()),
        ("list.json", b'[{"a": 1},\n {"a": 2}]'),
        ("old.log.gz", gzip.compress(b"never seen before\n", mtime=0)),
        ("wide.log", "text".encode("utf-16")),
        ("audit.csv", b'CreationDate,UserIds,Operations,AuditData\r\n2026,ann,New,"{""Operation"": ""New""}"\r\n'),
    ],
)
def test_what_is_no_lines_is_handed_over_whole_when_it_rests(
    running: Running, logs: Path, name: str, content: bytes
) -> None:
    running.add(1, "files", paths=[str(logs)])
    (logs / name).write_bytes(content)
    wait_for(lambda: everything(running.folder / "spool" / "1"))
    time.sleep(0.3)
    (record,) = [one.record for one in everything(running.folder / "spool" / "1")]
    assert record.name == name
    assert (running.folder / "spool" / "1" / record.file).read_bytes() == content
    with (logs / name).open("ab") as stream:
        stream.write(b" more")
    wait_for(lambda: any("was changed" in one for one in running.told[1].intake["problems"]))
    assert len(everything(running.folder / "spool" / "1")) == 1


def test_what_cannot_be_read_is_said(running: Running, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def opened(self: Path, *arguments: Any, **named: Any) -> Any:
        if self.name == "secret.log":
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **named)

    add(logs / "a.log", "fine")
    (logs / "secret.log").write_text("no\n")
    monkeypatch.setattr(Path, "open", opened)
    running.add(1, "files", paths=[str(logs)])
    come(running, "fine")
    wait_for(lambda: any("Permission denied" in one for one in running.told[1].intake["problems"]))


def test_names_of_copies() -> None:
    for name in ("app.log.1", "app.log.2.gz", "app.log-20260101", "app-20260101.log", "app.log.zst"):
        assert is_called_after(Path(name), "/var/app.log"), name
    for name in ("app.log", "other.log", "application.log", "ap.log"):
        assert not is_called_after(Path(name), "/var/app.log"), name
    assert not is_whole(b'{"a":1}\n{"a":2}\n') and is_whole(b'{"Records":[{"a":1},') and not is_whole(b"[1] text")


PROGRAM = """
import asyncio, sys
from pathlib import Path
from accord.monitoring.collecting import collector, tailing
from accord.monitoring.collecting.living import Wanted
collector.LOOK = 0.05
real = tailing.Tailing.__init__
tailing.Tailing.__init__ = lambda self, living: real(self, living, 0.02, 0.2)
wanted = [Wanted(1, "files", "files", {"paths": [sys.argv[2] + "/*.log*"]})]
one = collector.Collector(Path(sys.argv[1]), 1, lambda: wanted, lambda *_: None)
asyncio.run(one.run(asyncio.Event()))
"""


def test_killed_again_and_again_while_files_grow_and_are_rotated(tmp_path: Path, logs: Path) -> None:
    """Every line once, whenever the collector is killed and whatever happens to the files meanwhile."""
    chance, number, written = random.Random(7), 0, []
    path, events = logs / "app.log", tmp_path / "events"
    for turn in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(events), str(logs)], env={**os.environ, "PYTHONPATH": "src"}
        )
        until = time.monotonic() + chance.uniform(0.8, 2.0)
        while time.monotonic() < until:
            lines = [f"line {number + n} {'x' * chance.randint(0, 200)}" for n in range(chance.randint(1, 400))]
            number += len(lines)
            written += lines
            add(path, *lines)
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if turn % 3 == 0:
            path.rename(logs / f"app.log.{turn}")
        elif turn % 3 == 1:
            (logs / f"app.log.{turn}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            path.unlink()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(events), str(logs)], env={**os.environ, "PYTHONPATH": "src"}
    )
    folder = events / "spool" / "1"

    def lines() -> Counter[str]:
        found: Counter[str] = Counter()
        for one in everything(folder):
            if one.record.file:  # a packed one of which nothing had been read is taken whole
                found.update(gzip.decompress((folder / one.record.file).read_bytes()).decode().splitlines())
            else:
                found[one.record.body.decode()] += 1
        return found

    wanted = Counter(written)
    try:
        wait_for(lambda: sum(lines().values()) >= len(written), 60)
        time.sleep(1.0)
    finally:
        process.kill()
        process.wait()
    assert lines() == wanted
