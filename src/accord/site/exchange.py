"""Tables in and out: a company's own CSV and XLSX files, previewed, then imported whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accord.core import files, jobs, nouns
from accord.core.errors import Problem, Refused
from accord.core.imports import Difference, compare, export_tables, import_tables
from accord.core.models import Job, StoredFile, User
from accord.core.permissions import allowed, require
from accord.core.values import Kind

TABLE_SUFFIXES = (".csv", ".xlsx")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AT_ONCE = 2_000
"""An import that writes at most so many rows is done while the person waits; a larger one by a worker."""


def is_table(name: str) -> bool:
    return name.lower().endswith(TABLE_SUFFIXES)


def tables_of(name: str, data: bytes) -> list[Any]:
    """The tables in a file; `Refused` names file, sheet, row, column and remedy."""
    from accord.intake.tables import TableError, read_tables

    try:
        return list(read_tables(name, data))
    except TableError as error:
        place = " ".join(part for part in (error.file, error.sheet) if part)
        raise Refused(Problem(error.row, error.column, error.problem, error.remedy, place)) from None


def read_stored(stored: Iterable[StoredFile]) -> list[Any]:
    """The tables of kept files, in the order given."""
    found = []
    for one in stored:
        with files.open_file(one) as stream:
            found += tables_of(one.name, stream.read())
    return found


def require_tables(user: User, tables: Sequence[Any]) -> None:
    """PermissionDenied unless the account may import each of the tables."""
    for table in tables:
        if nouns.find(table.name) is not None:
            require(user, "import", table.name)


def keep_tables(user: User, uploads: Iterable[tuple[str, Iterable[bytes]]]) -> list[StoredFile]:
    """Keep handed-in files; they stay in the store for another try even if they are refused."""
    return [files.keep(user, name, chunks) for name, chunks in uploads]


def preview(user: User, stored: Sequence[StoredFile]) -> Difference:
    """The difference that the files would make. Nothing is written."""
    tables = read_stored(stored)
    require_tables(user, tables)
    return compare(tables)


def start_import(user: User, stored: Sequence[StoredFile], found: Difference, digest: str) -> Job:
    """Import previewed files: at once where they are small, by a worker where they are large."""
    size = len(found.added) + len(found.changed)
    run = jobs.run_now if size <= AT_ONCE else jobs.enqueue
    names = ", ".join(one.name for one in stored)
    return run(user, "site.import_tables", f"Import {names}"[:200], files=[f.pk for f in stored], digest=digest)


@jobs.kind("site.import_tables", "Import tables")
def _import(context: jobs.Context, files: list[int], digest: str) -> dict[str, Any]:
    by_id = StoredFile.objects.in_bulk(files)
    stored = [by_id[pk] for pk in files]
    tables = read_stored(stored)
    require_tables(context.actor, tables)
    context.progress(0, None, "Comparing and writing")
    found = import_tables(context.actor, tables, batch=str(context.job.pk), expected=digest or None)
    return {"summary": found.summary()}


def import_named(actor: User, files: Iterable[tuple[str, Path]], *, dry_run: bool) -> Difference:
    """Import table files from disk as one whole (the command line does), each under the name that refusals say."""
    tables = []
    for name, path in files:
        tables += tables_of(name, path.read_bytes())
    return compare(tables) if dry_run else import_tables(actor, tables)


def exportable(user: User) -> list[nouns.Noun]:
    """The nouns whose tables the account may take out."""
    return [noun for noun in nouns.everything() if allowed(user, "export", noun.name)]


def sheets(names: Iterable[str]) -> list[Any]:
    """All rows of the nouns as text, one sheet each."""
    from accord.outlet.tables import Sheet

    found = []
    for name, columns, rows in export_tables(names):
        noun = nouns.get(name)
        kinds = {c.name: c.kind for c in noun.columns}
        numbers = {n for n, k in kinds.items() if k in {Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.SHARE}}
        dates = {n for n, k in kinds.items() if k is Kind.DATE}
        held = [dict(zip(columns, row, strict=True)) for row in rows]
        found.append(Sheet(name, columns, held, frozenset(numbers), frozenset(dates)))
    return found


def workbook(names: Iterable[str]) -> bytes:
    """One XLSX workbook with a sheet for each noun; an import of it changes nothing."""
    from accord.outlet.tables import write_workbook

    return bytes(write_workbook(sheets(names), moment=datetime.now(UTC)))


def csv_bytes(name: str) -> bytes:
    from accord.outlet.tables import write_csv

    return bytes(write_csv(sheets([name])[0]))


def template_workbook(names: Iterable[str]) -> bytes:
    """An empty workbook with every table's columns, to fill in."""
    from accord.outlet.tables import Sheet, write_workbook

    empty = [Sheet(n.name, [c.name for c in n.columns], []) for n in map(nouns.get, names)]
    return bytes(write_workbook(empty, moment=datetime.now(UTC)))


def csv_folder(names: Iterable[str]) -> bytes:
    """A zip archive with a CSV for each noun."""
    import zipfile

    from accord.outlet.tables import write_csv

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in sheets(names):
            archive.writestr(f"{sheet.name}.csv", write_csv(sheet))
    return buffer.getvalue()
