"""Opens a file or stream for reading within limits; unpacks gzip; never lets an operating-system or
decompression error out as anything but an IntakeError."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from accord.intake.records import IntakeError
from accord.intake.safe.limits import Budget, Limits, resident
from accord.intake.safe.text import line

GZIP_MAGIC = b"\x1f\x8b"
HEAD = 64 * 1024
LOOK_AT_MEMORY = 8 * 1024 * 1024  # bytes read between two looks
_ENDINGS = (".json", ".xml", ".sarif", ".nessus", ".csv", ".gz", ".cdx", ".bom", ".txt", ".log")
_PACKED = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
}


class Source:
    """A file by path, or a seekable binary stream, that can be read several times from its start.

    `name` is what errors call it: a file name, never a whole path.
    """

    def __init__(self, origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None) -> None:
        self.limits = limits or Limits()
        self.budget = Budget(self.limits.seconds)
        self._origin = origin
        self.walked = False
        """Whether a `JsonReader` was opened on it."""
        self._held = 0
        self._resident = resident()
        given = name or (Path(origin).name if isinstance(origin, (str, Path)) else getattr(origin, "name", None))
        base = str(given or "stream").replace("\\", "/").rstrip("/").rpartition("/")[2]
        self.name = line(base, 200) or "stream"

    @property
    def stem(self) -> str:
        """The file's name without its endings, for a target that the file itself does not name."""
        stem = self.name
        while stem.lower().endswith(_ENDINGS):
            stem = stem.rpartition(".")[0]
        return stem or self.name

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """A Reader at the start of the unpacked content."""
        with self.packed_bytes() as stream:
            yield Reader(self, stream)

    def packed(self) -> str | None:
        """Which kind of packed file this is ("zip", "xz" …; gzip counts as none), by its first bytes."""
        with self.packed_bytes() as stream:
            try:
                start = stream.read(6)
            except (OSError, ValueError) as error:
                raise self.error(f"The file cannot be read ({error.__class__.__name__}).", "Try again.") from None
        given = start if isinstance(start, bytes) else b""
        return next((kind for magic, kind in _PACKED.items() if given.startswith(magic)), None)

    @contextmanager
    def packed_bytes(self) -> Iterator[BinaryIO]:
        """The bytes as they are, without limits: whoever reads them bounds what is read."""
        if isinstance(self._origin, (str, Path)):
            try:
                stream: BinaryIO = Path(self._origin).open("rb")  # noqa: SIM115 (closed by the with below)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "The name is not a usable path"
                raise self.error(f"{reason}.", "Give a file that exists and may be read.") from None
            with stream:
                yield stream
            return
        try:
            self._origin.seek(0)
        except (OSError, ValueError, AttributeError):
            raise self.error("The stream cannot be read again from its start.", "Give a file.") from None
        yield self._origin

    def hold(self, characters: int) -> None:
        """Count what a reader must keep until the end; IntakeError beyond the limit."""
        self._held += characters
        if self._held > self.limits.held:
            raise self.error("The file's tables of rules or components are too large.", "Split it into several files.")

    def look_at_memory(self) -> None:
        """IntakeError where the process has grown too much since this source was made."""
        if resident() - self._resident > self.limits.memory:
            raise self.error(
                f"Reading needs more than {self.limits.memory:,} bytes of memory.",
                "Check where the file comes from; split the export into several files.",
            )

    def error(self, problem: str, remedy: str, row: int | str | None = None, field: str | None = None) -> IntakeError:
        return IntakeError(self.name, row, field, problem, remedy)


class Reader:
    """Bounded bytes. `position` counts unpacked bytes; call `mark()` after each record so that
    `record_bytes` is measured from there."""

    __slots__ = ("_head", "_look", "_marked", "_packed", "_raw", "_source", "position")

    def __init__(self, source: Source, raw: BinaryIO) -> None:
        self._source = source
        self._packed: BinaryIO | None = None
        self._raw: BinaryIO = raw
        self.position = 0
        self._marked = 0
        self._look = LOOK_AT_MEMORY
        self._head = b""
        start = self._fetch(HEAD)
        for magic, kind in _PACKED.items():
            if start.startswith(magic):
                raise source.error(f"This is a packed file ({kind}).", "Unpack it and import the files inside it.")
        if start.startswith(GZIP_MAGIC):
            raw.seek(0)
            self._packed = raw
            self._raw = gzip.GzipFile(fileobj=raw)  # type: ignore[assignment]
            start = self._fetch(HEAD)
        self._head = start
        self.position = 0

    @property
    def source(self) -> Source:
        return self._source

    def head(self) -> bytes:
        """The first bytes (up to 64 KiB) of the unpacked content; only before the first `read`."""
        return self._head

    def put(self, head: bytes) -> None:
        """Read these bytes instead of the first ones; only before the first `read`."""
        self._head = head

    def mark(self) -> None:
        self._marked = self.position

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (1 MiB where no size is given); b"" at the end."""
        source = self._source
        if size < 0 or size > 1024 * 1024:
            size = 1024 * 1024
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._fetch(size)
        self.position += len(data)
        limits = source.limits
        if self.position > limits.bytes:
            raise source.error(
                f"The content is larger than {limits.bytes:,} bytes.", "Split the export into several files."
            )
        if self.position - self._marked > limits.record_bytes + 2 * 1024 * 1024:
            raise source.error(
                f"One part of the file is larger than {limits.record_bytes:,} bytes.",
                "Export the file again from the scanner; leave out attachments and raw output.",
            )
        if self.position >= self._look:
            self._look = self.position + LOOK_AT_MEMORY
            source.look_at_memory()
        if source.budget.over():
            raise source.error(
                f"Reading took more than {limits.seconds:g} seconds.", "Split the export into several files."
            )
        return data

    def _fetch(self, size: int) -> bytes:
        source = self._source
        try:
            data = self._raw.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            problem = (
                "The gzip content ends too early." if isinstance(error, EOFError) else "The gzip content is damaged."
            )
            raise source.error(problem, "Copy or export the file again.") from None
        except (OSError, ValueError) as error:
            raise source.error(f"The file cannot be read ({error.__class__.__name__}).", "Try again.") from None
        if not isinstance(data, bytes):
            raise source.error("The stream gives text, not bytes.", "Open it in binary mode.")
        if self._packed is not None:
            unpacked = self.position + len(data)
            limits = source.limits
            if unpacked > limits.unpacked_free and unpacked > limits.unpacked_ratio * max(self._packed.tell(), 1):
                raise source.error(
                    f"The gzip content unpacks to more than {limits.unpacked_ratio} times its size.",
                    "Unpack the file yourself and check it before importing it.",
                )
        return data
