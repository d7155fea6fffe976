"""Bytes of a log, unpacked where they are packed, as UTF-8 where they are UTF-16, and never more than the bounds."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from accord.intake.events.base import Bounds
from accord.intake.records import IntakeError

BLOCK = 1 << 18
STEP = 1024
"""Packed bytes handed to Zstandard at a time: they unpack to 33 MB at the very most."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Opened:
    """The content of a log as blocks of bytes. `problem` says why it ends early, "" where it does not.

    `position` counts bytes as they lie in the file (for a progress bar), `head` is the beginning of the content.
    """

    def __init__(self, stream: BinaryIO, name: str, bounds: Bounds) -> None:
        self.name, self.bounds, self.problem = name, bounds, ""
        self._counted = _Counted(stream, name)
        self._blocks = self._text(self._plain())
        self.head = self._first()

    @property
    def position(self) -> int:
        return self._counted.position

    def _first(self) -> bytes:
        head = b""
        for block in self._blocks:
            head += block
            if len(head) >= BLOCK:
                break
        return head

    def blocks(self) -> Iterator[bytes]:
        """The content from its beginning; to be asked for once."""
        if self.head:
            yield self.head
            self.head = b""
        yield from self._blocks

    def _plain(self) -> Iterator[bytes]:
        magic = self._counted.peek(4)
        unpacked = 0
        if magic.startswith(GZIP):
            blocks = _gunzip(self._counted)
        elif magic == ZSTD:
            blocks = _unzstd(self._counted)
        else:
            blocks = iter(lambda: self._counted.read(BLOCK), b"")
        packed = magic.startswith(GZIP) or magic == ZSTD
        try:
            for block in blocks:
                allowed = max(self.bounds.free, self.bounds.ratio * self.position) - unpacked
                unpacked += len(block)
                if packed and len(block) > allowed:
                    self.problem = f"The content unpacks to more than {self.bounds.ratio} times its size."
                    yield block[:allowed]
                    return
                yield block
        except EOFError:
            self.problem = "The packed content ends too early."
        except (OSError, zlib.error, ValueError) as error:
            self.problem = f"The content cannot be read further ({type(error).__name__})."

    def _text(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        first = next(blocks, b"")
        encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
        if encoding is None or encoding == "utf-8":
            if first:
                yield first[3:] if encoding else first
            yield from blocks
            return
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        yield decoder.decode(first[2:]).encode("utf-8", "replace")
        for block in blocks:
            yield decoder.decode(block).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")


class _Counted(io.RawIOBase):
    """A stream that counts what was read of it and can look ahead."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name, self._ahead, self.position = stream, name, b"", 0

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size:
            more = self._stream.read(BLOCK)
            if not isinstance(more, bytes):
                raise IntakeError(self._name, None, None, "The stream gives text, not bytes.", "Open it as binary.")
            if not more:
                break
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        size = BLOCK if size < 0 else size
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            data = self._stream.read(size)
        self.position += len(data)
        return data


def _gunzip(stream: _Counted) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=cast(BinaryIO, stream)) as unpacked:
        while block := unpacked.read(BLOCK):
            yield block


def _unzstd(stream: _Counted) -> Iterator[bytes]:
    import zstandard

    unpacker = None
    while data := stream.read(BLOCK):
        rest = data
        for place in range(0, len(data), STEP):
            rest = data[place : place + STEP]
            while rest:
                if unpacker is None:
                    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
                try:
                    block = unpacker.decompress(rest)
                except zstandard.ZstdError as error:
                    raise ValueError(str(error)) from None
                if block:
                    yield block
                rest = b""
                if unpacker.eof:  # another frame may follow
                    rest, unpacker = unpacker.unused_data, None
    if unpacker is not None:
        raise EOFError
