"""`accord backup` and `accord restore`."""

from __future__ import annotations

from pathlib import Path

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, progress, refusals


@app.command()
def backup(
    target: Path = typer.Argument(help="Archive to write, such as accord-backup.tar.gz."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Write database, files and key into one archive; Accord may go on running."""
    django_setup()
    from accord.site import archive

    with progress("Backup", as_json) as tell:
        manifest = archive.backup(target, tell)
    size = target.stat().st_size
    answer({"file": str(target), "bytes": size, **manifest}, [f"{target}: {size:,} bytes."], as_json)


@app.command()
def restore(
    source: Path = typer.Argument(help="Archive that `accord backup` wrote.", exists=True, dir_okay=False),
    force: bool = typer.Option(False, help="Replace the data that is here."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Put a backup into this installation. Stop `accord serve` first."""
    django_setup()
    from accord.core import ledger
    from accord.site import archive

    with refusals(as_json), progress("Restore", as_json) as tell:
        manifest = archive.restore(source, force=force, tell=tell)
    verdict = ledger.verify()
    lines = [f"Restored the state of {manifest['made']}.", f"Ledger: {'holds' if verdict.holds else verdict.problem}."]
    answer({"ledger_holds": verdict.holds, **manifest}, lines, as_json)
