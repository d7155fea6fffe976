"""The files that a command is given: those named, and all in folders in any depth."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Named:
    """One file and what it is called: its own name, or its path inside the folder that was given."""

    name: str
    path: Path
    inside: bool = False


def inner(folder: Path) -> Iterator[Path]:
    """The files of a folder in any depth, in the order of their names; hidden ones left out, links not followed.

    IntakeError where a folder in it cannot be listed: what stands there would be left out in silence.
    """

    def refuse(error: OSError) -> None:
        from accord.intake.records import IntakeError

        why = f"The folder cannot be listed ({error.strerror or type(error).__name__})."
        raise IntakeError(str(error.filename), None, None, why, "Give Accord the right to read it, or leave it out.")

    for at, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and not (Path(at) / one).is_symlink())
        for name in sorted(names):
            path = Path(at) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def files(paths: Iterable[Path], but: Path | None = None) -> list[Named]:
    """Each file with a name of its own: where two would be called the same, both are called by their whole path.

    `but` is left out of folders. IntakeError where one is neither file nor folder, a folder holds no file or cannot be
    read, or all together more than `archive.MEMBERS`.
    """
    from accord.intake.archive import MEMBERS
    from accord.intake.records import IntakeError

    found: list[Named] = []
    left_out = but.resolve() if but else None
    for path in paths:
        before = len(found)
        if not path.is_dir():
            if not path.is_file():
                raise IntakeError(
                    str(path), None, None, "It is neither a file nor a folder.",
                    "Where it is a pipe or a device, write what comes out of it to a file.",
                )  # fmt: skip
            found.append(Named(path.name, path))
            continue
        for one in inner(path):
            if left_out is not None and one.name == left_out.name and one.resolve() == left_out:
                continue
            found.append(Named(one.relative_to(path).as_posix(), one, inside=True))
            if len(found) > MEMBERS:
                problem = f"The folder holds more than {MEMBERS:,} files."
                raise IntakeError(str(path), None, None, problem, "Give its sub-folders one after the other.")
        if len(found) == before:
            raise IntakeError(
                str(path), None, None, "The folder holds no file; hidden files and links are not read.",
                "Give a folder that holds files, or the files themselves.",
            )  # fmt: skip
    times = Counter(one.name for one in found)
    return [one if times[one.name] == 1 else Named(one.path.as_posix(), one.path, one.inside) for one in found]
