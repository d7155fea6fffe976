"""Reports that come packed together: the files of a ZIP or TAR archive, one after the other, within limits.

Nothing is unpacked to a path that the archive names: each member is copied into an unnamed temporary file, and its
name is only what messages call it. Links, devices and folders are left out. An archive inside an archive is handed
on as a file; whether it is a report (some tools export ZIP files) is for the registry to say.
"""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from accord.intake.records import IntakeError
from accord.intake.safe.limits import Limits
from accord.intake.safe.text import line

MEMBERS = 20_000
IN_MEMORY = 4 << 20
BLOCK = 1 << 20
RATIO = 1000
FREE = 64 << 20
_NAME = 300
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: `name` with its folders, cleaned for people, and its bytes, seekable.

    `problem` is "" unless it could not be unpacked; `stream` is then empty.
    """

    name: str
    stream: BinaryIO
    problem: str = ""


Origin = Path | BinaryIO


def is_archive(origin: Origin) -> bool:
    """Whether the content is that of a ZIP or a TAR (also packed with gzip, bzip2 or xz).

    A workbook or document of Office (an OPC package, ECMA-376 part 2) is one file, though it is packed as a ZIP.
    """
    try:
        return (_is_zip(origin) and not _is_package(origin)) or _is_tar(origin)
    except (OSError, EOFError, zlib.error):
        return False


def _is_package(origin: Origin) -> bool:
    try:
        with zipfile.ZipFile(origin) as packed:
            return "[Content_Types].xml" in packed.NameToInfo
    except _BROKEN:
        return False


def _is_zip(origin: Origin) -> bool:
    """Begins as one and ends as one: the last line of a log, which an attacker may write, could hold such an end."""
    if isinstance(origin, Path):
        with origin.open("rb") as stream:
            return _is_zip(stream)
    origin.seek(0)
    return origin.read(2) == b"PK" and zipfile.is_zipfile(origin)


def _is_tar(origin: Origin) -> bool:
    """Nothing but zeros would be the end of one: it is no archive."""
    if isinstance(origin, Path):
        with origin.open("rb") as stream:
            return _is_tar(stream)
    origin.seek(0)
    if origin.read(1) == b"\x00":
        return False
    origin.seek(0)
    return tarfile.is_tarfile(cast(IO[bytes], origin))


def members(origin: Origin, limits: Limits | None = None, name: str = "archive") -> Iterator[Member]:
    """The files of an archive (a file, or a seekable stream called `name`), in its order.

    IntakeError where it is no archive or breaks the limits as a whole.

    `limits.bytes` holds for each member and `MEMBERS` for their number; all together may unpack to `RATIO` times
    the size of the archive (after the first 64 MiB). A member that cannot be unpacked comes with its `problem`.
    """
    allowed = _Allowance(origin, limits or Limits(), name)
    none = True
    try:
        if _is_tar(origin):  # first: a TAR that ends with a ZIP looks like a ZIP as well
            found = _tar(origin, allowed)
        elif _is_zip(origin):
            found = _zip(origin, allowed)
        else:
            raise IntakeError(allowed.name, None, None, "It is neither a ZIP nor a TAR archive.", "Give such a file.")
        for one in found:
            none = False
            yield one
    except _BROKEN as error:
        raise IntakeError(
            allowed.name, None, None, f"The archive is damaged ({type(error).__name__}).", "Copy or pack it again."
        ) from None
    if none:
        raise IntakeError(
            allowed.name, None, None, "The archive holds no file; folders, links and devices are not read.",
            "Pack the reports themselves.",
        )  # fmt: skip


def last_names(origin: Origin) -> Counter[str]:
    """How often each last part of a name occurs among the files of an archive; nothing where it is damaged.

    Where one occurs twice, the file must be called by its whole path (`apart`): some reports name what was scanned by
    nothing but the file, and two projects must not become one.
    """
    try:
        if _is_tar(origin):
            if not isinstance(origin, Path):
                origin.seek(0)
            opened = {"name": origin} if isinstance(origin, Path) else {"fileobj": origin}
            with tarfile.open(mode="r:*", **opened) as tape:
                found = [one.name for one, _ in zip(tape, range(MEMBERS), strict=False) if one.isfile()]
        else:
            with zipfile.ZipFile(origin) as packed:
                found = [one.filename for one in packed.infolist()[:MEMBERS] if not one.is_dir()]
    except _BROKEN:
        return Counter()
    return Counter(_named(one).rpartition("/")[2] for one in found)


def apart(name: str, times: Counter[str]) -> str:
    """What a file is called where it is kept: its last name, or its whole path where several have that."""
    last = name.rpartition("/")[2]
    return name.replace("/", " › ") if times[last] > 1 else last


def about(target: str, name: str) -> str:
    """What a report on `target` is called where it is kept, whatever its file is named; how that ends is kept."""
    told = " ".join(target.replace("\\", "/").replace("/", " › ").split())
    return f"{told}{PurePosixPath(name).suffix[:20]}"


class _Allowance:
    """How much may still be unpacked."""

    def __init__(self, origin: Origin, limits: Limits, name: str) -> None:
        self.name, self.limits = origin.name if isinstance(origin, Path) else name, limits
        size = origin.stat().st_size if isinstance(origin, Path) else origin.seek(0, 2)
        self.left = max(FREE, RATIO * size)
        self.members = 0

    def member(self) -> None:
        self.members += 1
        if self.members > MEMBERS:
            raise IntakeError(
                self.name, None, None, f"The archive holds more than {MEMBERS:,} files.", "Split it into several."
            )

    def copy(self, source: IO[bytes], target: IO[bytes], name: str) -> str:
        """Copy within the limits; returns the problem of this member, "" if all is there."""
        size = 0
        while block := source.read(BLOCK):
            size += len(block)
            self.left -= len(block)
            if self.left < 0:
                raise IntakeError(
                    self.name, name, None, f"The archive unpacks to more than {RATIO} times its size.",
                    "Unpack it yourself and check it before importing it.",
                )  # fmt: skip
            if size > self.limits.bytes:
                return f"The file is larger than {self.limits.bytes:,} bytes."
            target.write(block)
        target.seek(0)
        return ""


@contextmanager
def _room() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as held:
        yield cast(BinaryIO, held)


def _named(name: str) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return line("/".join(parts), _NAME) or "file"


def _zip(origin: Origin, allowed: _Allowance) -> Iterator[Member]:
    with zipfile.ZipFile(origin) as packed:
        for entry in packed.infolist():
            if entry.is_dir() or (entry.external_attr >> 16) & 0o170000 == 0o120000:  # a symbolic link
                continue
            allowed.member()
            name = _named(entry.filename)
            with _room() as held:
                if entry.flag_bits & 1:
                    problem = "The file is protected by a password. Unpack it and give the files inside."
                else:
                    try:
                        with packed.open(entry) as source:
                            problem = allowed.copy(source, held, name)
                    except _BROKEN as error:
                        problem = f"The file is damaged inside the archive ({type(error).__name__})."
                yield Member(name, held, problem)


def _tar(origin: Origin, allowed: _Allowance) -> Iterator[Member]:
    if not isinstance(origin, Path):
        origin.seek(0)
    opened = {"name": origin} if isinstance(origin, Path) else {"fileobj": origin}
    with tarfile.open(mode="r:*", **opened) as packed:
        for entry in packed:
            if not entry.isfile():
                continue
            allowed.member()
            name = _named(entry.name)
            source = packed.extractfile(entry)
            if source is None:
                continue
            with _room() as held:
                yield Member(name, held, allowed.copy(source, held, name))
