"""Files that are brought in by hand."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.intake import archive
from accord.intake.records import IntakeError
from accord.monitoring.collecting.spool import Full, Record, Writer, claim
from accord.monitoring.models import Source
from accord.monitoring.store import place

PREFIX = "hand"


class HandedIn(NamedTuple):
    """How many files are in the spool, and what could not be unpacked of archives: name, and why."""

    number: int
    problems: list[tuple[str, str]]


def hand_in(actor: User | None, source: Source, files: Iterable[tuple[str, Path | IO[bytes] | bytes]]) -> HandedIn:
    """Bring files (name, and path, stream or bytes) into the spool of a source, each whole.

    They are on disk when this returns, and stored as soon as the pump comes by. Of an archive (ZIP, TAR, see
    `accord.intake.archive`) its files are brought in; an archive in an archive, GZIP and Zstandard stay as they are.
    What cannot be unpacked counts as malformed. Refused where there is no space; what came before it stays.
    """
    folder = place.folder() / "spool" / str(source.pk)
    names: list[str] = []
    problems: list[tuple[str, str]] = []
    writer = claim(folder, PREFIX)
    try:
        for name, content in files:
            for inner, stream, problem in _unpacked(name, content):
                if problem:
                    problems.append((inner, problem))
                    writer.append((Record(time.time(), b"", name=inner[:500], problem=problem),))
                elif stream is not None:
                    _bring(writer, inner, stream)
                    names.append(inner[:200])
        writer.sync()
    except Full as error:
        raise _refused(str(error.strerror), names) from None
    except _NoSpace as error:
        raise _refused(str(error), names) from None
    finally:
        writer.close()
        if names:
            with ledger.write(actor) as log:
                log.add("hand_in", "source", source.key, None, {"files": names[:100], "number": len(names)})
    return HandedIn(len(names), problems)


class _NoSpace(Exception):
    """The file would leave less free space than there must be."""


def _refused(reason: str, names: list[str]) -> Refused:
    before = f" {len(names):,} files before it are taken." if names else ""
    remedy = "Free some space; ACCORD_EVENTS_FREE says what is kept free."
    return Refused(Problem(None, "files", f"{reason}{before}", remedy))


def _unpacked(name: str, content: Path | IO[bytes] | bytes) -> Iterator[tuple[str, IO[bytes] | None, str]]:
    """The file itself, or those that it holds as an archive: name, content, and why it cannot be had."""
    with ExitStack() as stack:
        stream = cast(BinaryIO, _stream(stack, content))
        if not archive.is_archive(stream):
            stream.seek(0)
            yield name, stream, ""
            return
        is_empty = True
        try:
            for member in archive.members(stream, name=name):
                is_empty = False
                yield f"{name}/{member.name}", member.stream, member.problem
        except IntakeError as error:
            yield name, None, f"{error.problem} {error.remedy}"
        else:
            if is_empty:
                yield name, None, "The archive holds no file."


def _bring(writer: Writer, name: str, stream: IO[bytes]) -> None:
    _check_space(writer.folder, stream)
    record = writer.hand_over(stream, name[:500], connection=f"h{time.time_ns():x}")
    writer.append((record,))


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
        raise _NoSpace(f"The file has {size / 2**20:,.0f} MiB, and the disk of events {free / 2**20:,.0f} MiB free.")
