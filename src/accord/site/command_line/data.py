"""`accord import` and `accord export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from accord.site.command_line.base import JSON_OPTION, app, django_setup, fail, progress, refusals


@app.command("import")
def import_(
    paths: list[Path] = typer.Argument(
        help="Tables (CSV, XLSX), scanner reports, archives of reports (ZIP, TAR), or folders of them in any depth.",
        exists=True,
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would change; change nothing."),
    expected: Path | None = typer.Option(
        None, "--expected", help="CSV with the columns file and findings: our grouped counts are compared.",
        exists=True, dir_okay=False,
    ),
    mapping: str = typer.Option(
        "", "--mapping", help="Mapping for files of no known format: its name, or a JSON file. Else by their columns."
    ),
    target: str = typer.Option(
        "", "--target", help="What was scanned, for one report that does not name it; else the file's name is taken."
    ),
    as_json: bool = JSON_OPTION,
) -> None:  # fmt: skip
    """Import a company's own files. All tables land together or not at all; then each scanner report by itself."""
    django_setup()
    from accord.core import accounts
    from accord.intake.records import IntakeError
    from accord.site import exchange
    from accord.site.command_line import folders, taking

    actor = accounts.operator()
    try:
        files = folders.files(paths, but=expected)
    except IntakeError as error:
        fail(str(error), as_json=as_json)
    tables = [one for one in files if not mapping and taking.is_table(one)]
    data: dict[str, Any] = {"tables": [], "scans": []}
    lines: list[str] = []
    if tables:
        with refusals(as_json), progress("Tables", as_json):
            found = exchange.import_named(actor, ((one.name, one.path) for one in tables), dry_run=dry_run)
        if found.refused:
            fail(*map(str, found.refused), as_json=as_json)
        data["tables"] = found.summary()
        lines += [
            f"{row['noun']:24} {row['added']:>7,} added {row['changed']:>7,} changed {row['unchanged']:>7,} unchanged"
            for row in data["tables"]
        ]
    taken = set(tables)
    reports = [one for one in files if one not in taken]
    if target.strip() and not (len(files) == 1 and taking.is_one_report(files[0])):
        fail("--target tells what one report is about. Give one report with it.", as_json=as_json)
    wanted = taking.Wanted(dry_run, expected, mapping, as_json, target.strip())
    taking.scans(actor, reports, data, lines, wanted)


@app.command()
def export(
    target: Path = typer.Argument(help="Workbook (.xlsx), zip of CSV files (.zip), or one table (noun.csv)."),
) -> None:
    """Write the tables; an import of what was written changes nothing."""
    django_setup()
    from accord.core import nouns
    from accord.site import exchange

    names = [noun.name for noun in nouns.everything()]
    match target.suffix.lower():
        case ".xlsx":
            body = exchange.workbook(names)
        case ".zip":
            body = exchange.csv_folder(names)
        case ".csv" if target.stem in names:
            body = exchange.csv_bytes(target.stem)
        case _:
            fail(f"{target.name}: name it .xlsx, .zip, or one table such as system.csv. Tables: {', '.join(names)}.")
    target.write_bytes(body)
    typer.echo(f"{target}: {len(body):,} bytes.", err=True)
