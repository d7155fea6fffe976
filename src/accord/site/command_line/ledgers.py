"""`accord ledger verify | export`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from accord.site.command_line.base import BROKEN, JSON_OPTION, answer, app, django_setup, fail

ledger_app = typer.Typer(help="Prove or export the chain of all writes.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield json.loads(line)
            except ValueError:
                fail(f"{path}, line {number}: it is not JSON. Export the ledger again.", code=BROKEN)


@ledger_app.command()
def verify(
    file: Path | None = typer.Option(None, help="An export to prove instead of the database; needs no database."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Prove the chain; names the first entry that does not hold (exit code 3)."""
    django_setup()
    from accord.core import ledger

    verdict = ledger.verify_rows(_lines(file)) if file else ledger.verify()
    if not verdict.holds:
        message = f"Entry {verdict.broken} is broken: {verdict.problem}."
        if as_json:
            print(json.dumps({"ok": False, "broken": verdict.broken, "problem": verdict.problem}))
        print(message, file=sys.stderr)
        raise typer.Exit(BROKEN)
    lines = [f"The chain holds: {verdict.entries:,} entries.", f"Head: {verdict.head}"]
    answer({"entries": verdict.entries, "head": verdict.head}, lines, as_json)


@ledger_app.command()
def export(
    out: Path = typer.Option(Path("-"), help="File to write (JSON lines); - = standard output."),
) -> None:
    """Write the whole chain for an auditor, one entry a line; `accord ledger verify --file` proves it."""
    django_setup()
    from accord.core import ledger

    if str(out) == "-":
        ledger.export(sys.stdout)
        return
    with out.open("w", encoding="utf-8") as stream:
        count = ledger.export(stream)
    print(f"{count:,} entries written to {out}.", file=sys.stderr)
