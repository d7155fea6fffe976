"""The application, its way of answering, and its exit codes.

Exit codes: 0 done · 1 refused (the input or the state; the message says the remedy) · 2 wrong usage ·
3 a check found a problem.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

app = typer.Typer(
    name="accord",
    help="The shared workspace of a company's CIO and CISO.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
REFUSED, BROKEN = 1, 3

JSON_OPTION = typer.Option(False, "--json", help="Answer as JSON on standard output.")


def django_setup() -> None:
    """Load Django with the settings of this installation."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.site.settings")
    import django

    django.setup()


def fail(*messages: str, as_json: bool = False, code: int = REFUSED) -> NoReturn:
    """Say why on standard error (and as JSON on standard output where asked for), and end."""
    if as_json:
        print(json.dumps({"ok": False, "problems": list(messages)}, ensure_ascii=False))
    for message in messages:
        print(message, file=sys.stderr)
    raise typer.Exit(code)


def answer(data: dict[str, Any], lines: list[str], as_json: bool) -> None:
    """Print the result: as JSON, or as lines for a person."""
    if as_json:
        print(json.dumps({"ok": True, **data}, ensure_ascii=False, default=str))
        return
    for line in lines:
        print(line)


def _silent(done: int, total: int | None = None, message: str = "") -> None:
    """Progress that nobody watches."""


@contextmanager
def progress(title: str, as_json: bool = False) -> Iterator[Callable[[int, int | None, str], None]]:
    """A progress bar on standard error while a person watches; nothing where output is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield _silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def tell(done: int, total: int | None = None, message: str = "") -> None:
            bar.update(task, completed=done, total=total, description=f"{title} {message}".strip())

        yield tell


@contextmanager
def refusals(as_json: bool = False) -> Iterator[None]:
    """Turn a refused write or file into messages and exit code 1."""
    from accord.core.errors import Refused

    try:
        yield
    except Refused as error:
        fail(*map(str, error.problems), as_json=as_json)
