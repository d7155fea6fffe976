"""How `accord import` takes in scanner reports: by themselves, from folders, and out of archives."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from accord.site.command_line.base import REFUSED, answer, progress, refusals
from accord.site.command_line.scans import WIDTH, Given, beside, compared_json, comparison, is_only_packed, reports

if TYPE_CHECKING:
    from accord.core.models import User
    from accord.intake.inspection import Inspection
    from accord.site.command_line.folders import Named


def is_table(one: Named) -> bool:
    """Whether it holds tables of Accord: a workbook, or a CSV that is named as one of them or is no scanner's.

    A CSV that merely lies in a folder is one by its name only: any other must not hinder the tables beside it.
    """
    from accord.core import nouns
    from accord.intake.records import IntakeError
    from accord.intake.registry import detect
    from accord.intake.registry.sniffing import EMPTY
    from accord.site import exchange

    path = one.path
    if not exchange.is_table(path.name):
        return False
    if path.suffix.lower() != ".csv" or path.stem.lower() in {noun.name for noun in nouns.everything()}:
        return True
    if one.inside:
        return False
    try:
        detect(path)
    except IntakeError as error:
        return error.problem != EMPTY  # an empty file is told to be that
    return False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for beside the files.

    `mapping` is the name of a kept one, or a JSON file; `target` what the only report is about.
    """

    dry_run: bool
    expected: Path | None
    mapping: str
    as_json: bool
    target: str = ""


def is_one_report(one: Named) -> bool:
    """Whether a file is a report by itself: no table, and no archive of reports."""
    return not is_table(one) and not is_only_packed(one.path)


def scans(actor: User, files: list[Named], data: dict[str, Any], lines: list[str], wanted: Wanted) -> None:
    """Take in (or with `dry_run` read) each report, tell, and end: 1 where one is refused or a count differs.

    A report that is refused keeps no other from being taken in.
    """
    from accord.exposure import services
    from accord.intake import inspection
    from accord.intake.records import IntakeError

    as_json = wanted.as_json
    problems: list[str] = []
    seen: list[Inspection] = []
    stopped = False
    for line in lines:
        _tell(line, as_json)
    try:
        with services.together(actor):
            for given in reports(files):
                path, name = given.content, given.name
                if isinstance(path, inspection.Inspection):
                    looked, path = path, None
                else:
                    looked = inspection.inspect(path, name)
                with refusals(as_json), _mapped(actor, name, path, looked, wanted.mapping) as (looked, path):
                    seen.append(looked)
                    row = _one(actor, given, path, looked, wanted)
                data["scans"].append(row)
                problems += row["problems"] if row["state"] == "refused" else []
                _tell(line_of(row), as_json)
        rows = beside(wanted.expected, seen) if wanted.expected else []
    except IntakeError as error:
        problems.append(str(error))
        rows, stopped = [], True
    data["compared"] = compared_json(rows)
    must_fail = {row.expected.file for row in rows if row.expected.findings is None}
    failed = [row for row in data["scans"] if row["state"] == "refused" and row["name"] not in must_fail]
    wrong = [row for row in rows if row.verdict in ("different", "missing")]
    for line in comparison(rows):
        _tell(line, as_json)
    if not failed and not wrong and not stopped:
        answer(data, [], as_json)
        return
    if as_json:
        print(json.dumps({"ok": False, "problems": problems, **data}, ensure_ascii=False, default=str))
    for problem in problems:
        typer.echo(problem, err=True)
    raise typer.Exit(REFUSED)


def _tell(line: str, as_json: bool) -> None:
    if not as_json:
        print(line, flush=True)


@contextmanager
def _mapped(actor: User, name: str, content: Any, looked: Inspection, wanted: str) -> Iterator[tuple[Inspection, Any]]:
    """A file of no known format as Accord's own list of findings, where a mapping is named or fits its columns."""
    from accord.core import files
    from accord.core.errors import Refused
    from accord.exposure.services import mapped
    from accord.intake import inspection

    if not looked.problem or looked.format or content is None:
        yield looked, content
        return
    with _as_file(name, content) as path, path.open("rb") as stream:
        stored = files.keep(actor, path.name, files.chunks(stream))
    try:
        shape = mapped.shape_of(stored, name)
    except Refused:
        yield looked, content
        return
    mapping = mapped.named(wanted) if wanted else (shape.known.mapping if shape.known else None)
    if mapping is None:
        yield looked, content
        return
    made, done = mapped.listed(actor, stored, name, mapping)
    with tempfile.TemporaryDirectory() as folder, files.open_file(made) as source:
        path = Path(folder) / files.safe_name(name)
        with path.open("wb") as out:
            shutil.copyfileobj(source, out)
        again = inspection.inspect(path, name)
        again.refused_rows += done.refused_rows
        again.refused += [str(one) for one in done.refused]
        yield again, path


def _one(actor: User, given: Given, content: Any, looked: Inspection, wanted: Wanted) -> dict[str, Any]:
    """The outcome for one report, with what is in it."""
    from accord.exposure import services
    from accord.intake import archive

    name = given.name
    told = {"name": name, "format": looked.format, "scanner": looked.scanner}
    counts = {"instances": looked.instances, "grouped": looked.grouped, "rows_refused": looked.refused_rows}
    if looked.problem:
        return {**told, **counts, "state": "refused", "counts": {}, "problems": [looked.problem]}
    if wanted.dry_run:
        return {**told, **counts, "state": "readable", "counts": {}, "problems": looked.refused}
    with refusals(wanted.as_json), progress(name, wanted.as_json) as tell, _as_file(name, content) as path:
        called = archive.about(wanted.target, name) if wanted.target else given.called
        report = services.import_scan(actor, path, tell, name=called)
    problems = [*report["problems"], *looked.refused] if looked.format == "accord" else report["problems"]
    return {**told, **counts, "state": report["state"], "counts": report["counts"], "problems": problems}


@contextmanager
def _as_file(name: str, content: Any) -> Iterator[Path]:
    """The report as a file: itself, or a copy of an archive's member under its own last name."""
    if isinstance(content, Path):
        yield content
        return
    with tempfile.TemporaryDirectory() as folder:
        from accord.core.files import safe_name

        path = Path(folder) / safe_name(name.rpartition("/")[2])
        content.seek(0)
        with path.open("wb") as out:
            shutil.copyfileobj(content, out)
        yield path


def line_of(row: dict[str, Any]) -> str:
    """One report in a line: what it is, what is in it, what it changed."""
    if row["state"] == "refused":
        return f"{row['name']:{WIDTH}} refused: {row['problems'][0] if row['problems'] else ''}"
    did = ", ".join(f"{value:,} {name}" for name, value in row["counts"].items() if value)
    done = f": {did or 'nothing new'}" if row["state"] == "landed" else ""
    return f"{row['name']:{WIDTH}} {row['format']}, {row['instances']:,} instances, {row['grouped']:,} grouped{done}"
