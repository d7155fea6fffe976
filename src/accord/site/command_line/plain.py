"""What `accord loss FILE` and `accord plan FILE` share: how they refuse, and where they write."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from accord.site.command_line.base import answer, fail

if TYPE_CHECKING:
    from accord.intake.scenarios import Fault

UNREADABLE = 2
"""Exit code for a table that is refused."""


def refuse(faults: Iterable[Fault], as_json: bool) -> NoReturn:
    """Tell every fault of a table, nothing else, and end with exit code 2."""
    found = list(faults)
    if as_json:
        rows = [asdict(fault) for fault in found]
        print(json.dumps({"ok": False, "problems": [str(f) for f in found], "faults": rows}, ensure_ascii=False))
    for fault in found:
        print(fault, file=sys.stderr)
    raise typer.Exit(UNREADABLE)


@contextmanager
def told(as_json: bool) -> Iterator[None]:
    """Turn a refused table into its faults and exit code 2."""
    from accord.intake.scenarios import ScenarioError

    try:
        yield
    except ScenarioError as error:
        refuse(error.faults, as_json)


def endings(out: list[Path], known: Iterable[str], as_json: bool) -> None:
    """Exit code 2 unless each file to write has one of the endings and a folder to lie in."""
    known = tuple(known)
    for path in out:
        if path.suffix.lower() not in known:
            fail(f"{path}: name it {' or '.join(known)}.", as_json=as_json, code=UNREADABLE)
        if not path.absolute().parent.is_dir():
            fail(f"{path}: its folder does not exist. Make it first.", as_json=as_json, code=UNREADABLE)


def levels_of(text: str, as_json: bool) -> tuple[float, ...]:
    """Probabilities with commas between them, each between 0 and 1."""
    found = []
    for part in (part.strip() for part in text.split(",")):
        try:
            level = float(part)
        except ValueError:
            level = -1.0
        if not 0 < level < 1:
            remedy = "Write probabilities between 0 and 1 with commas between them, such as 0.9,0.99"
            fail(f"--levels: “{part}” is no level. {remedy}.", as_json=as_json, code=UNREADABLE)
        found.append(level)
    if len(found) > 50:
        fail("--levels: more than 50 levels.", as_json=as_json, code=UNREADABLE)
    return tuple(sorted(set(found)))


def loss_of_file(file: Path, levels: str, out: list[Path], stage: str, as_json: bool) -> None:
    """`accord loss FILE`: read, compute, write, tell."""
    from accord.intake.scenarios import Fault, read_scenarios
    from accord.intake.scenarios.ciso_assistant import STAGES
    from accord.site.tabular import losses

    wanted = levels_of(levels, as_json) if levels else losses.LEVELS
    endings(out, losses.ENDINGS, as_json)
    if stage not in STAGES:
        fail(f"--stage: “{stage}” is none. Use {', '.join(STAGES)}.", as_json=as_json, code=UNREADABLE)
    with told(as_json):
        scenarios = read_scenarios(file, stage=stage)
        try:
            found = losses.compute(scenarios, wanted)
        except ArithmeticError as error:
            fail(f"The figures contradict a check of the engine and are withheld: {error}.", as_json=as_json)
    for path in out:
        try:
            losses.write(found, path)
        except OSError as error:
            refuse([Fault(path.name, "", "", f"it cannot be written ({error.strerror})", "Name another file")], as_json)
    answer(losses.as_json(found), losses.lines(found), as_json)


def plan_of_file(file: Path, seconds: float, points: int, out: Path | None, as_json: bool) -> None:
    """`accord plan FILE`: read, plan until done or until Ctrl-C, write, tell."""
    from accord.intake.planning import read_plan
    from accord.site.command_line.base import progress
    from accord.site.tabular import plan_text, plans

    endings([out] if out else [], (".xlsx",), as_json)
    with told(as_json):
        book = read_plan(_parts(file, as_json), file.name)
        with progress("Plans", as_json) as tell, stopping() as stop:
            try:
                found = plans.compute(book, seconds, points, tell, stop)
            except plans.NothingYet:
                fail("Stopped before a first plan was found. Allow more --seconds.", as_json=as_json)
    if out is not None:
        save(out, plan_text.workbook(found), as_json)
    answer(plans.as_json(found), plan_text.lines(found), as_json)


def template_to(path: Path, as_json: bool) -> None:
    """`accord plan --template FILE.xlsx`: the empty workbook. What is there already is never overwritten."""
    from datetime import UTC, datetime

    from accord.site.tabular import plan_text

    endings([path], (".xlsx",), as_json)
    if path.exists():
        fail(f"{path}: it is there already. Name another file.", as_json=as_json, code=UNREADABLE)
    save(path, plan_text.template(datetime.now(UTC)), as_json)
    answer({"file": str(path)}, [f"{path}: fill in its sheets, then run: accord plan {path}"], as_json)


def save(path: Path, body: bytes, as_json: bool) -> None:
    """Write a file whole; exit code 2 where that does not work."""
    try:
        path.write_bytes(body)
    except OSError as error:
        fail(f"{path}: it cannot be written ({error.strerror}). Name another file.", as_json=as_json, code=UNREADABLE)


def _parts(path: Path, as_json: bool) -> list[tuple[str, bytes]]:
    """A workbook, a CSV, or the CSV files of a folder, each by its name."""
    from accord.intake.planning import LIMITS

    files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv") if path.is_dir() else [path]
    if not files:
        fail(f"{path}: the folder holds no CSV file. Give one for each sheet.", as_json=as_json, code=UNREADABLE)
    if sum(one.stat().st_size for one in files) > LIMITS.file_bytes:
        most = f"{LIMITS.file_bytes:,} bytes"
        fail(f"{path}: it is larger than {most}. Take out what is no plan.", as_json=as_json, code=UNREADABLE)
    return [(one.name, one.read_bytes()) for one in files]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks to stop, and the second one ends the program. Yields whether it was asked."""
    import signal
    import threading

    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def stop(number: int, frame: object) -> None:
        print("Stopping; what was found until now follows. Ctrl-C again ends at once.", file=sys.stderr)
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
