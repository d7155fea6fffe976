"""The files that are to be looked at: of folders in any depth, and of archives."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Input:
    """One file: its name for people, where its bytes are, and why there are none.

    `named` tells that the person named this very file; `size` is its share of all bytes, for a progress bar.
    """

    name: str
    origin: Path | BinaryIO | None
    named: bool
    size: int = 0
    problem: str = ""


def files(paths: Iterable[Path]) -> Iterator[tuple[str, Path, bool]]:
    """Each file with its name: those named, and all in folders, in their order; hidden ones and links left out."""
    for path in paths:
        if not path.is_dir():
            yield str(path), path, True
            continue
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for name in sorted(names):
                one = Path(folder) / name
                if not name.startswith(".") and one.is_file() and not one.is_symlink():
                    yield str(one.relative_to(path)), one, False


def total(paths: Iterable[Path]) -> int:
    """Bytes of all files, as far as they can be told."""
    found = 0
    for _, path, _ in files(paths):
        try:
            found += path.stat().st_size
        except OSError:
            continue
    return found


def inputs(paths: Iterable[Path]) -> Iterator[Input]:
    """What is to be read, members of archives one by one; a stream is good until the next is asked for."""
    from accord.intake import archive
    from accord.intake.records import IntakeError

    for name, path, named in files(paths):
        try:
            size = path.stat().st_size
            packed = archive.is_archive(path)
        except OSError as error:
            yield Input(name, None, named, 0, f"It cannot be read ({error.strerror}).")
            continue
        if not packed:
            yield Input(name, path, named, size)
            continue
        try:
            for member in archive.members(path):
                yield Input(f"{name}/{member.name}", member.stream, False, 0, member.problem)
        except IntakeError as error:
            yield Input(name, None, named, 0, f"{error.problem} {error.remedy}")
        yield Input(name, None, False, size)
