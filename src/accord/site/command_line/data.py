"""`accord import`, `accord export`, `accord feeds`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, fail, progress, refusals


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        else:
            yield path


@app.command("import")
def import_(
    paths: list[Path] = typer.Argument(help="Tables (CSV, XLSX) and scanner reports, or folders of them.", exists=True),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would change; change nothing."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Import a company's own files. All tables land together or not at all; then each scanner report by itself."""
    django_setup()
    from accord.core import accounts
    from accord.site import exchange

    actor = accounts.operator()
    files = list(_files(paths))
    tables = [path for path in files if exchange.is_table(path.name)]
    scans = [path for path in files if not exchange.is_table(path.name)]
    data: dict[str, Any] = {"tables": [], "scans": []}
    lines: list[str] = []
    if tables:
        with refusals(as_json), progress("Tables", as_json):
            found = exchange.import_paths(actor, tables, dry_run=dry_run)
        if found.refused:
            fail(*map(str, found.refused), as_json=as_json)
        data["tables"] = found.summary()
        lines += [
            f"{row['noun']:24} {row['added']:>7,} added {row['changed']:>7,} changed {row['unchanged']:>7,} unchanged"
            for row in data["tables"]
        ]
    refused: list[str] = []
    for path in scans:
        report = _scan(actor, path, dry_run=dry_run, as_json=as_json)
        data["scans"].append(report)
        lines.append(_scan_line(report))
        refused += report["problems"] if report["state"] == "refused" else []
    if refused:
        for line in lines:
            typer.echo(line, err=as_json)
        fail(*refused, as_json=as_json)
    answer(data, lines, as_json)


def _scan(actor: Any, path: Path, *, dry_run: bool, as_json: bool) -> dict[str, Any]:
    from accord.exposure import services

    with refusals(as_json), progress(path.name, as_json) as tell:
        if dry_run:
            return dict(services.inspect_scan(path))
        return dict(services.import_scan(actor, path, tell))


def _scan_line(report: dict[str, Any]) -> str:
    if report["state"] == "refused":
        return f"{report['name']}: refused"
    counts = ", ".join(f"{value:,} {name}" for name, value in report["counts"].items() if value)
    return f"{report['name']} ({report['format']}): {counts or 'nothing new'}"


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


feeds_app = typer.Typer(
    help="Known exploited vulnerabilities (KEV) and exploit prediction (EPSS).", no_args_is_help=True
)
app.add_typer(feeds_app, name="feeds")


@feeds_app.command()
def update(
    source: list[Path] = typer.Option([], "--from", help="KEV JSON or EPSS CSV(.gz) to read instead.", exists=True),
    as_json: bool = JSON_OPTION,
) -> None:
    """Bring KEV and EPSS up to date: downloaded, or from files where the network does not allow it."""
    django_setup()
    from accord.core import accounts
    from accord.exposure import services

    with refusals(as_json), progress("Feeds", as_json) as tell:
        report = services.update_feeds_from(accounts.operator(), list(_files(source)), tell)
    lines = [f"{row['feed']:5} {row['entries']:>8,} entries of {row['as_of']}" for row in report["feeds"]]
    lines.append(f"{report['reranked']:,} findings ranked anew.")
    answer(report, lines, as_json)
