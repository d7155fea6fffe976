"""Which file is which: by its place on the disk and by what it begins with, through rotation and packing.

A file is known by device and inode together with a digest of its first bytes (up to `HEAD`): an inode that is used
again, and a file that was cut and written anew, begin otherwise. How far it is read is kept as the offset and the
CRC-32 of all before it. A new file that is called after a known one (app.log → app.log.1, app.log-20260101.gz) and
whose first bytes, unpacked, have that CRC-32 is its copy: only what comes after is read.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.events import purview
from accord.intake.events.base import Bounds
from accord.intake.events.documents import is_lines
from accord.intake.events.opening import GZIP, ZSTD, Opened

HEAD = 1024
BLOCK = 1 << 20
EVTX = b"ElfFile\0"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_ROTATED = re.compile(r"([.-]\d+)*(\.(gz|zst|zstd))?$")


@dataclass(slots=True)
class Followed:
    """One file: where it was seen, what tells it, how far it is read.

    `size` and `changed` are those of a file that was handed over whole (`whole`), which is not read again. `passing`
    says that a line that is too long is being passed over; `done` that the file is gone and was read to its end.
    """

    path: str
    device: int
    inode: int
    head: str = ""
    head_size: int = 0
    offset: int = 0
    check: int = 0
    row: int = 0
    seen: float = 0.0
    whole: bool = False
    size: int = 0
    changed: float = 0.0
    passing: bool = False
    done: bool = False

    def as_mark(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_mark(cls, mark: Mapping[str, Any]) -> Followed:
        return cls(**mark)


def digest(data: bytes) -> str:
    return blake2b(data, digest_size=12).hexdigest()


def is_packed(head: bytes) -> bool:
    return head.startswith((GZIP, ZSTD))


def is_whole(head: bytes) -> bool:
    """Whether a file that begins so is read as a whole, not by lines: EVTX, arrays and long objects of JSON, the CSV of
    an audit search, UTF-16."""
    if head.startswith((EVTX, *_WIDE)):
        return True
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf")
    if text.startswith(b"["):
        rest = text[1:].lstrip(b" \t\r\n")
        return not rest or rest[:1] in b"{]"
    return (text.startswith(b"{") and not is_lines(text)) or purview.recognizes(text)


def head_of(stream: BinaryIO) -> bytes:
    """The first bytes of an open file."""
    return os.pread(stream.fileno(), HEAD, 0)


def content(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The content in blocks from its beginning, unpacked where it is packed."""
    stream.seek(0)
    if is_packed(head_of(stream)):
        yield from Opened(stream, name, Bounds()).blocks()
        return
    while block := stream.read(BLOCK):
        yield block


def recognizes(one: Followed, path: str, stat: os.stat_result, head: bytes) -> bool:
    """Whether what stands at this place of the disk is still the known file, grown or not.

    The first bytes of an EVTX change as it grows, so its path tells it.
    """
    if one.whole:
        return digest(head[: one.head_size]) == one.head or (head.startswith(EVTX) and path == one.path)
    return stat.st_size >= one.offset and digest(head[: one.head_size]) == one.head


def is_called_after(path: Path, known: str) -> bool:
    """Whether a file's name says that it is a rotated or packed copy of a known one."""
    name, other = path.name, Path(known).name
    if name == other:
        return False
    other = _ROTATED.sub("", other)
    stem, dot, suffix = other.rpartition(".")
    return name.startswith(other) or bool(dot and stem and name.startswith(stem + "-") and suffix in name)


def copied_from(path: Path, stream: BinaryIO, known: list[Followed]) -> Followed | None:
    """The known file whose read part this one begins with; None where it is new."""
    candidates = [one for one in known if one.offset and not one.whole and is_called_after(path, one.path)]
    if not candidates:
        return None
    first = b""
    for block in content(stream, path.name):
        first += block
        if len(first) >= HEAD:
            break
    candidates = [
        one for one in candidates if one.head_size <= len(first) and digest(first[: one.head_size]) == one.head
    ]
    for one in sorted(candidates, key=lambda followed: -followed.offset):
        if checked(content(stream, path.name), one.offset) == one.check:
            return one
    return None


def checked(blocks: Iterator[bytes], size: int) -> int | None:
    """CRC-32 of the first `size` bytes; None where there are fewer."""
    check, left = 0, size
    for block in blocks:
        part = block[:left]
        check = zlib.crc32(part, check)
        left -= len(part)
        if not left:
            return check
    return check if not left else None


def begun(path: Path, stat: os.stat_result, head: bytes, copy: Followed | None) -> Followed:
    """A file that is seen for the first time."""
    made = Followed(str(path), stat.st_dev, stat.st_ino, digest(head), len(head), seen=time.time())
    made.size, made.changed = stat.st_size, stat.st_mtime
    if copy is not None:
        made.offset, made.check, made.row, made.passing = copy.offset, copy.check, copy.row, copy.passing
    packed = is_packed(head)
    made.whole = packed or is_whole(head)
    return made
