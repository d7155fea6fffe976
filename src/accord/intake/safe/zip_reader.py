"""Files inside a ZIP that is itself a report (Microsoft Defender exports one), within limits.

Nothing is unpacked to a path that the archive names: a member is copied into an unnamed temporary file.
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from accord.intake.safe.source import Source
from accord.intake.safe.text import line

MEMBERS = 2000
IN_MEMORY = 4 * 1024 * 1024
BLOCK = 1024 * 1024
_NAME = 300
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
    LookupError, OverflowError,
)  # fmt: skip


def names(source: Source) -> tuple[str, ...]:
    """The names of the files inside, cleaned. IntakeError where the archive is damaged or has too many."""
    with _opened(source) as packed:
        return tuple(_named(entry.filename) for entry in packed.infolist() if not entry.is_dir())


def members(source: Source, wanted: Callable[[str], bool], most: int = MEMBERS) -> Iterator[Source]:
    """Each wanted file as a Source of its own, in the archive's order, usable until the next one.

    All of them together share the limits of `source` on bytes and on their ratio to the packed size. An archive
    of more than `most` files is refused.
    """
    left = source.limits.bytes
    with _opened(source, most) as packed:
        for entry in packed.infolist():
            name = _named(entry.filename)
            if entry.is_dir() or not wanted(name):
                continue
            if entry.flag_bits & 1:
                raise source.error("A file inside is protected by a password.", "Unpack it and pack it anew.", name)
            allowed = min(left, max(source.limits.unpacked_free, source.limits.unpacked_ratio * entry.compress_size))
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as held:
                try:
                    with packed.open(entry) as stream:
                        left -= _copy(source, stream, cast(IO[bytes], held), allowed, name)
                except _BROKEN as error:
                    raise source.error(
                        f"A file inside is damaged ({type(error).__name__}).", "Export it again.", name
                    ) from None
                inner = Source(cast(BinaryIO, held), source.limits, f"{source.name} › {name.rpartition('/')[2]}")
                inner.budget = source.budget
                yield inner


def _copy(source: Source, stream: IO[bytes], held: IO[bytes], allowed: int, name: str) -> int:
    size = 0
    while block := stream.read(BLOCK):
        size += len(block)
        if size > allowed:
            raise source.error(
                f"A file inside is larger than {allowed:,} bytes.", "Unpack the archive and check it.", name
            )
        if source.budget.over():
            raise source.error(f"Reading took more than {source.limits.seconds:g} seconds.", "Split the export.")
        held.write(block)
    held.seek(0)
    return size


@contextmanager
def _opened(source: Source, most: int = MEMBERS) -> Iterator[zipfile.ZipFile]:
    with source.packed_bytes() as stream:
        try:
            packed = zipfile.ZipFile(stream)
        except _BROKEN as error:
            raise source.error(f"The archive is damaged ({type(error).__name__}).", "Copy it again.") from None
        with packed:
            if len(packed.filelist) > most:
                raise source.error(f"The archive holds more than {most:,} files.", "Unpack it.")
            yield packed


def _named(name: str) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return line("/".join(parts), _NAME) or "file"
