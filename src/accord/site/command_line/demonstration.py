"""`accord demo`: the sample company, from its files to a running Accord."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from accord.site.command_line.base import app, progress
from accord.site.command_line.installing import prepare
from accord.site.command_line.serving import accord


@app.command()
def demo(
    port: int = typer.Option(8000, help="Port to listen on."),
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    home: Path | None = typer.Option(None, help="Folder of the demo's data; else ACCORD_HOME, else demo-data."),
    load_only: bool = typer.Option(False, "--load-only", help="Load the sample company; do not serve."),
) -> None:
    """Load the invented sample company through the same importers as your own files, and serve it."""
    if home is not None:
        os.environ["ACCORD_HOME"] = str(home.resolve())
    os.environ.setdefault("ACCORD_HOME", str(Path("demo-data").resolve()))
    from accord.site import configuration

    os.environ.setdefault("ACCORD_NOTICE", configuration.SAMPLE_NOTICE)
    prepare()
    from accord.site import demo as sample

    place = configuration.home()
    if not sample.is_ready(place):
        typer.echo("Loading the sample company (invented) …")
        sample.load(place, typer.echo, progress)
    typer.echo("\nLog in as one of these (invented people):\n")
    for row in sample.logins(place):
        typer.echo(f"  {row['role']:18} {row['email']:36} {row['password']}")
    typer.echo("")
    if not load_only:
        # A fresh process: what loading took in memory is given back.
        sys.stdout.flush()
        os.execv(sys.executable, accord("serve", "--host", host, "--port", str(port)))
