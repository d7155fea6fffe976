"""Files that are brought in by hand."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.collecting.spool import Full, Record, claim
from accord.monitoring.models import Source
from accord.monitoring.store import place

PREFIX = "hand"


def hand_in(actor: User | None, source: Source, files: Iterable[tuple[str, Path | IO[bytes] | bytes]]) -> int:
    """Bring files (name, and path, stream or bytes) into the spool of a source, each whole; returns how many.

    They are on disk when this returns, and stored as soon as the pump comes by. Archives are not unpacked here; GZIP
    and Zstandard are. Refused where there is no space.
    """
    folder = place.folder() / "spool" / str(source.pk)
    names: list[str] = []
    writer = claim(folder, PREFIX)
    try:
        for name, content in files:
            with ExitStack() as stack:
                stream = _stream(stack, content)
                _check_space(folder, stream)
                connection = f"h{time.time_ns():x}"
                record = writer.hand_over(stream, name[:500], connection=connection)
                writer.append((record,))
            names.append(name[:200])
        writer.sync()
    except Full as error:
        raise Refused(Problem(None, "files", str(error.strerror), "Free some space.")) from None
    finally:
        writer.close()
    with ledger.write(actor) as log:
        log.add("hand_in", "source", source.key, None, {"files": names[:100], "number": len(names)})
    return len(names)


def hand_in_lines(source: Source, lines: Iterable[bytes], name: str = "") -> int:
    """Bring single lines into the spool of a source; returns how many. They are on disk when this returns."""
    writer = claim(place.folder() / "spool" / str(source.pk), PREFIX)
    number, held, size = 0, [], 0
    connection = f"h{time.time_ns():x}"
    try:
        for number, line in enumerate(lines, 1):
            held.append(Record(time.time(), line, name=name, connection=connection, row=number))
            size += len(line)
            if size > 4 << 20:
                writer.append(held)
                held, size = [], 0
        if held:
            writer.append(held)
        writer.sync()
    finally:
        writer.close()
    return number


def _stream(stack: ExitStack, content: Path | IO[bytes] | bytes) -> IO[bytes]:
    if isinstance(content, Path):
        return stack.enter_context(content.open("rb"))
    if isinstance(content, bytes):
        return io.BytesIO(content)
    return content


def _check_space(folder: Path, stream: IO[bytes]) -> None:
    from django.conf import settings

    here = stream.tell()
    size = stream.seek(0, 2) - here
    stream.seek(here)
    free = shutil.disk_usage(folder).free
    if free - size < settings.ACCORD_EVENTS_FREE:
        reason = f"The file has {size / 2**20:,.0f} MiB, and the disk of events {free / 2**20:,.0f} MiB free."
        raise Refused(Problem(None, "files", reason, "Free some space; ACCORD_EVENTS_FREE says what is kept free."))
