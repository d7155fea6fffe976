"""The messages of a kept file (`intake.batches`), read by a process of its own where one can be started.

They are spooled to a file without a name, so that the file is read once, however slowly the rows are stored, and
nothing is left where this process is killed; the reader then ends because nobody listens.
"""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from django.conf import settings

from accord.core import files
from accord.core.models import StoredFile
from accord.intake import batches
from accord.intake.fingerprint import VERSION
from accord.intake.records import IntakeError

APART = 1 << 20
"""A smaller file is read here: starting a process takes longer than reading it."""


class Place(NamedTuple):
    """Where a message lies in the spool."""

    letter: str
    offset: int
    length: int


class Reading:
    """The messages of one file in their order; iterating again begins at the first and goes on with what comes."""

    def __init__(self, spool: IO[bytes], coming: Iterator[Place]) -> None:
        self._spool, self._coming = spool, coming
        self._known: list[Place] = []

    def __iter__(self) -> Iterator[Place]:
        at = 0
        while True:
            while at < len(self._known):
                yield self._known[at]
                at += 1
            place = next(self._coming, None)
            if place is None:
                return
            self._known.append(place)

    def load(self, place: Place) -> Any:
        """The content of a message; IntakeError where it is that the file cannot be read."""
        data = os.pread(self._spool.fileno(), place.length, place.offset)
        found = marshal.loads(data)
        if place.letter == "!":
            raise IntakeError(*found)
        return found


@contextmanager
def opened(stored: StoredFile, name: str, version: int = VERSION, rows: int = batches.ROWS) -> Iterator[Reading]:
    """Begin to read a kept file; the process ends with the block.

    `version` is that of the fingerprints, `rows` how many a message holds at most.
    """
    with files.open_file(stored) as stream, tempfile.TemporaryFile() as spool:
        path = _path(stream) if stored.size >= APART else None
        process = None if path is None else _start(path, name, spool, version, rows)
        if process is None:
            yield Reading(spool, _here(stream, name, spool, version, rows))
            return
        try:
            yield Reading(spool, _told(process))
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _path(stream: IO[bytes]) -> Path | None:
    """The file in a folder of this machine that the stream reads, if it is one."""
    name = getattr(stream, "name", None)
    path = Path(name) if isinstance(name, str) else None
    return path if path is not None and path.is_absolute() and path.is_file() else None


def _start(path: Path, name: str, spool: IO[bytes], version: int, rows: int) -> subprocess.Popen[str] | None:
    """The reading process; None where none can be started."""
    if not getattr(settings, "ACCORD_READ_ASIDE", True):
        return None
    number = spool.fileno()
    told = [str(path), name, str(rows), str(number), str(version)]
    command = [sys.executable, "-m", "accord.intake.batches", *told]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    try:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, pass_fds=(number,), env=environment, text=True
        )
    except OSError:
        return None


def _told(process: subprocess.Popen[str]) -> Iterator[Place]:
    assert process.stdout is not None
    for line in process.stdout:
        letter, offset, length = line.split()
        yield Place(letter, int(offset), int(length))
    if process.wait() != 0:
        raise RuntimeError("The process that reads the file ended early. Import it again: it goes on where it stopped.")


def _here(stream: IO[bytes], name: str, spool: IO[bytes], version: int, rows: int) -> Iterator[Place]:
    at = 0
    for letter, data in batches.messages(cast(Any, stream), name, rows, version):
        spool.write(data)
        spool.flush()
        yield Place(letter, at, len(data))
        at += len(data)
