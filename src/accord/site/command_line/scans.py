"""`accord inspect` and `accord formats`: scanner reports without a server and without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, fail

if TYPE_CHECKING:
    from accord.intake.expected import Compared
    from accord.intake.inspection import Inspection
    from accord.site.command_line.folders import Named

WIDTH = 60


@app.command()
def inspect(
    files: list[Path] = typer.Argument(
        help="Scanner reports, archives of them (ZIP, TAR), or folders of them in any depth.", exists=True
    ),
    expected: Path | None = typer.Option(
        None, "--expected", help="CSV with the columns file and findings: our grouped counts are compared.",
        exists=True, dir_okay=False,
    ),
    as_json: bool = JSON_OPTION,
) -> None:  # fmt: skip
    """Say what is in scanner reports: format, scanner, scope, instances, grouped, refused rows.

    Needs neither a database nor settings. Exit code 1 where a report is refused or a count differs unexplained.
    """
    from accord.intake import inspection
    from accord.intake.records import IntakeError
    from accord.site.command_line import folders

    found: list[Inspection] = []
    try:
        for given in reports(folders.files(files, but=expected)):
            told = given.content
            one = told if isinstance(told, inspection.Inspection) else inspection.inspect(told, given.name)
            found.append(one)
            if not as_json:
                print(line_of(one), flush=True)
        compared = beside(expected, found) if expected else []
    except IntakeError as error:
        fail(str(error), as_json=as_json)
    finish(found, compared, as_json)


@dataclass(frozen=True, slots=True)
class Given:
    """One report: what people are told, what it is called where it is kept, and its content.

    `content` is a path, a stream (a member of an archive), or an Inspection that says why there is none. A report is
    kept under its last name; where another one of this run has the same, under its whole path: some formats name what
    was scanned by the file alone, and one project must not close what another has.
    """

    name: str
    called: str
    content: Any


def reports(files: list[Named]) -> Iterator[Given]:
    """Each report. A member is called by its path inside the archive, where that is the only one and no other file is
    called so."""
    from accord.intake import archive, inspection
    from accord.intake.records import IntakeError

    packed = {one.path for one in files if is_only_packed(one.path)}
    names = {one.name for one in files}
    last = Counter(one.name.rpartition("/")[2] for one in files if one.path not in packed)
    for path in packed:
        last.update(archive.last_names(path))

    def given(name: str, content: Any) -> Given:
        return Given(name, archive.apart(name, last), content)

    for one in files:
        if one.path not in packed:
            yield given(one.name, one.path)
            continue
        try:
            for member in archive.members(one.path):
                name = f"{one.name}/{member.name}" if len(packed) > 1 or member.name in names else member.name
                problem = member.problem
                yield given(name, inspection.Inspection(name, problem=problem) if problem else member.stream)
        except IntakeError as error:  # of the archive: the files beside it are read all the same
            yield given(one.name, inspection.Inspection(one.name, problem=str(error)))


def is_only_packed(path: Path) -> bool:
    """Whether it is an archive of reports; some reports are archives themselves."""
    from accord.intake import archive, registry
    from accord.intake.records import IntakeError

    if not archive.is_archive(path):
        return False
    try:
        registry.detect(path)
    except IntakeError:
        return True
    return False


def line_of(one: Inspection) -> str:
    """One report in a line."""
    if one.problem:
        return f"{one.name:{WIDTH}} refused: {one.problem}"
    refused = f", {one.refused_rows:,} rows refused" if one.refused_rows else ""
    targets = sum(one.targets.values())
    return (
        f"{one.name:{WIDTH}} {one.title}: {one.instances:,} instances, {one.grouped:,} grouped, "
        f"{targets:,} targets{refused}"
    )


def beside(path: Path, found: list[Inspection]) -> list[Compared]:
    """Our counts beside those of a CSV."""
    from accord.intake.expected import compare, differences, read_expected

    ours: dict[str, tuple[int | None, int | None]] = {
        one.name: (None, None) if one.problem else (one.grouped, one.instances) for one in found
    }
    return compare(read_expected(path), ours, differences())


def comparison(rows: list[Compared]) -> list[str]:
    """The comparison as a table with its sum."""
    if not rows:
        return []
    lines = ["", f"{'file':{WIDTH}} {'expected':>9} {'grouped':>9} {'instances':>9}"]
    for row in rows:
        wanted = "refused" if row.expected.findings is None else f"{row.expected.findings:,}"
        grouped = "refused" if row.ours is None else f"{row.ours:,}"
        instances = "" if row.instances is None else f"{row.instances:,}"
        told = f"{row.verdict}. {row.note}" if row.note else row.verdict
        lines.append(f"{row.expected.file:{WIDTH}} {wanted:>9} {grouped:>9} {instances:>9}  {told}")
    good = sum(row.verdict in ("equal", "refused") for row in rows)
    explained = sum(row.verdict == "explained" for row in rows)
    rest = len(rows) - good - explained
    lines.append(f"{len(rows):,} counts: {good:,} equal, {explained:,} explained, {rest:,} different or missing.")
    return lines


def compared_json(rows: list[Compared]) -> list[dict[str, Any]]:
    """The comparison as plain data."""
    return [
        {
            "file": row.expected.file, "expected": row.expected.findings, "basis": row.expected.basis,
            "grouped": row.ours, "instances": row.instances, "verdict": row.verdict, "note": row.note,
        }
        for row in rows
    ]  # fmt: skip


def finish(found: list[Inspection], compared: list[Compared], as_json: bool) -> None:
    """Tell the sums, and end with 1 where something is refused or differs that must not."""
    wanted = {row.expected.file for row in compared if row.expected.findings is None}
    refused = [one for one in found if one.problem and one.name not in wanted]
    wrong = [row for row in compared if row.verdict in ("different", "missing")]
    data = {"files": [one.as_json() for one in found], "compared": compared_json(compared)}
    lines = [
        f"{len(found):,} files: {sum(one.instances for one in found):,} instances, "
        f"{sum(one.refused_rows for one in found):,} rows refused, {sum(bool(one.problem) for one in found):,} "
        "files refused.",
        *comparison(compared),
    ]
    if not refused and not wrong:
        answer(data, lines, as_json)
        return
    if as_json:
        import json

        print(json.dumps({"ok": False, **data}, ensure_ascii=False))
    for line in () if as_json else lines:
        print(line)
    raise typer.Exit(1)


@app.command()
def formats(as_json: bool = JSON_OPTION) -> None:
    """List the formats of scanner reports that are read. A format is recognized by the content of a file."""
    from accord.intake.registry import FORMATS

    rows = [{"name": one.name, "title": one.title, "suffixes": list(one.suffixes)} for one in FORMATS]
    lines = [f"{one.name:28} {one.title:52} {' '.join(one.suffixes)}" for one in FORMATS]
    answer({"formats": rows}, [*lines, f"{len(rows)} formats."], as_json)


__all__ = ["Given", "beside", "compared_json", "comparison", "formats", "inspect", "line_of", "reports"]
