"""Collections of rules as they come: a folder on the server (also a git checkout) or an archive, within bounds.

Besides rules a collection may hold recorded cases (`info.yml` beside JSON or EVTX): events that a rule must match.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from accord.core.errors import Problem, Refused
from accord.engines.sigma.rules import Fault
from accord.intake.records import IntakeError
from accord.monitoring.services.rules.texts import LONGEST, Document, documents, loaded

ENDINGS = (".yml", ".yaml")
MOST_FILES = 20_000
MOST_BYTES = 64 << 20
"""Of all rules together."""
LARGEST_CASE = 4 << 20
MOST_CASE_BYTES = 64 << 20
MOST_EVENTS = 50
"""Events of one case that are kept."""
LONGEST_EVENTS = 200_000
"""Characters of the kept events of one case."""


@dataclass(frozen=True, slots=True)
class Case:
    """Events that a rule must match: at least `least` of them. `origin` is the file that tells of them."""

    rule: str
    name: str
    least: int
    events: list[dict[str, Any]]
    origin: str


@dataclass(slots=True)
class Gathered:
    """What a collection holds. `faults` are its files and documents that are no rules, `notes` what was left out."""

    documents: list[Document] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    revision: str = ""


def of_folder(folder: Path) -> Gathered:
    """The rules of a folder in any depth; hidden files and links are left out. `Refused` where it cannot be read."""
    if not folder.is_dir():
        raise Refused(Problem(None, "folder", f"{folder} is no folder on the server.", "Name one that is there."))
    found = _gather(_walk(folder), str(folder))
    found.revision = _revision(folder)
    return found


def of_archive(origin: Path | BinaryIO, name: str) -> Gathered:
    """The rules of a ZIP or TAR; nothing is unpacked to a path. `Refused` where it is none or breaks the bounds."""
    from accord.intake import archive
    from accord.intake.safe.limits import Limits

    def members() -> Iterator[tuple[str, bytes | str]]:
        for member in archive.members(origin, Limits(bytes=LARGEST_CASE), name):
            yield member.name, member.problem or member.stream.read()

    try:
        found = _gather(members(), name)
    except IntakeError as error:
        raise Refused(Problem(None, "", error.problem, error.remedy, error.file)) from None
    _without_top(found)
    return found


def of_texts(texts: Iterable[tuple[str, str]]) -> Gathered:
    """Rules that are texts already, by path."""
    return _gather(((path, text.encode()) for path, text in texts), "")


def _walk(folder: Path) -> Iterator[tuple[str, bytes | str]]:
    for inner, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        recorded = any(name.lower() == "info.yml" for name in names)
        for name in sorted(names):
            path = Path(inner) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            if not name.lower().endswith((*ENDINGS, ".json", ".evtx") if recorded else ENDINGS):
                continue
            told = path.relative_to(folder).as_posix()
            try:
                with path.open("rb") as stream:
                    yield told, stream.read(LARGEST_CASE + 1)
            except OSError as error:
                yield told, f"It cannot be read ({error.strerror})."


def _gather(files: Iterable[tuple[str, bytes | str]], name: str) -> Gathered:
    found, recorded = Gathered(), dict[str, bytes]()
    number = rule_bytes = case_bytes = 0
    for path, body in files:
        number += 1
        if number > MOST_FILES:
            raise Refused(Problem(None, "", f"It holds more than {MOST_FILES:,} files.", "Split it.", name))
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            continue
        lower = path.lower()
        if isinstance(body, str):
            if lower.endswith(ENDINGS):
                found.faults.append(Fault(path[-300:], None, body))
        elif PurePosixPath(lower).name == "info.yml" or lower.endswith((".json", ".evtx")):
            case_bytes += len(body)
            if len(body) <= LARGEST_CASE and case_bytes <= MOST_CASE_BYTES:
                recorded[path] = body
            else:
                _note(found, "Recorded events beyond 64 MiB, or in files of more than 4 MiB, were left out.")
        elif lower.endswith(ENDINGS):
            rule_bytes += len(body)
            if rule_bytes > MOST_BYTES:
                most = f"{MOST_BYTES:,} bytes"
                raise Refused(Problem(None, "", f"Its rules are larger than {most}.", "Split it.", name))
            _add(found, path, body)
    _add_cases(found, recorded)
    return found


def _add(found: Gathered, path: str, body: bytes) -> None:
    if len(body) > 4 * LONGEST:
        found.faults.append(Fault(path[-300:], None, f"It is longer than {LONGEST:,} characters."))
        return
    inside, faults = documents(path[-300:], body.decode("utf-8", "replace").removeprefix("\ufeff"))
    found.documents += inside
    found.faults += faults


def _note(found: Gathered, text: str) -> None:
    if text not in found.notes:
        found.notes.append(text)


def _without_top(found: Gathered) -> None:
    """An archive often holds one folder that is named after its release: it is no part of the paths."""
    paths = [*(one.path for one in found.documents), *(one.path for one in found.faults)]
    if len({PurePosixPath(path).parts[0] for path in paths if "/" in path}) == 1 and all("/" in one for one in paths):
        found.documents = [replace(one, path=one.path.partition("/")[2]) for one in found.documents]
        found.faults = [replace(one, path=one.path.partition("/")[2]) for one in found.faults]


def _revision(folder: Path) -> str:
    """The commit of a git checkout, "" where it is none."""
    try:
        head = (folder / ".git" / "HEAD").read_text(encoding="ascii")[:500].strip()
        reference = re.fullmatch(r"ref: (refs/[A-Za-z0-9._/-]+)", head)
        if reference and ".." not in reference[1]:
            head = _reference(folder / ".git", reference[1])
    except (OSError, UnicodeError):
        return ""
    return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else ""


def _reference(git: Path, name: str) -> str:
    loose = git / name
    if loose.is_file():
        return loose.read_text(encoding="ascii")[:100].strip()
    packed = (git / "packed-refs").read_text(encoding="utf-8", errors="replace")[: 16 << 20]
    found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", packed, re.MULTILINE)
    return found[1] if found else ""


# --- recorded cases


def _add_cases(found: Gathered, recorded: Mapping[str, bytes]) -> None:
    beside: dict[str, list[str]] = {}
    for path in recorded:
        beside.setdefault(str(PurePosixPath(path).parent), []).append(path)
    for path, body in recorded.items():
        if PurePosixPath(path).name.lower() != "info.yml":
            continue
        try:
            told = next(iter(loaded(body.decode("utf-8", "replace"))), {})
            rule, tests = str(told["rule_metadata"][0]["id"])[:200], told["regression_tests_info"]
        except (KeyError, IndexError, TypeError):
            continue  # an info.yml of something else
        names = sorted(beside[str(PurePosixPath(path).parent)])
        events = _events(found, names, recorded)
        for number, test in enumerate(tests if isinstance(tests, list) else [], 1):
            if not isinstance(test, dict) or not events:
                continue
            count = test.get("match_count")
            least = min(count, len(events)) if isinstance(count, int) and count > 0 else 1
            name = str(test.get("name") or "Recorded case")[:150]
            name = f"{name} {number}" if number > 1 else name
            found.cases.append(Case(rule, name, least, events, path[-300:]))


def _events(found: Gathered, names: Iterable[str], recorded: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The events beside an info.yml: of its JSON files, else of its EVTX files."""
    from accord.intake.events import Tally, read_events

    for ending in (".json", ".evtx"):
        held: list[dict[str, Any]] = []
        size = 0
        for name in names:
            if not name.lower().endswith(ending):
                continue
            try:
                for event in read_events(io.BytesIO(recorded[name]), Tally(), name=name):
                    size += len(json.dumps(event.data, default=str))
                    if len(held) >= MOST_EVENTS or size > LONGEST_EVENTS:
                        _note(found, f"Of a recorded case at most {MOST_EVENTS} events were kept.")
                        break
                    held.append(event.data)
            except IntakeError as error:
                found.faults.append(Fault(name[-300:], None, f"Its recorded events cannot be read: {error.problem}"))
        if held:
            return held
    return []
