"""`accord watch`: Sigma rules over files of logs, without a server and without a database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from accord.site.command_line.base import app, fail, progress

if TYPE_CHECKING:
    from datetime import tzinfo

    from accord.engines.sigma import Program
    from accord.intake.events import LogSource
    from accord.site.watching.running import Watch

FIRED, UNREADABLE = 1, 2
LEVELS = ("informational", "low", "medium", "high", "critical")


@app.command()
def watch(
    paths: list[Path] = typer.Argument(help="Logs: files, archives (ZIP, TAR), or folders in any depth."),
    rules: list[Path] = typer.Option(
        [], "--rules", help="Sigma rules: a folder, a ZIP or a file; may be given again. Without: those of Accord."
    ),
    placeholders: Path | None = typer.Option(
        None, help="YAML of values for rules' placeholders (%name%, modifier expand): a name and a list on each line."
    ),
    product: list[str] = typer.Option([], help="Only rules of this product, such as windows; may be given again."),
    level: str = typer.Option("low", help="Only rules from this level on: " + ", ".join(LEVELS) + "."),
    fail_on: str = typer.Option("high", "--fail-on", help="Exit code 1 from this level on; “none” for never."),
    form: str = typer.Option("table", "--format", help="How hits are written: table, jsonl, csv or ocsf."),
    out: Path | None = typer.Option(None, help="Write the hits to this file."),
    each: int = typer.Option(10, min=0, help="Hits of one rule that the table shows; 0 for all."),
    states: bool = typer.Option(False, "--states", help="List every rule with its state and the reason."),
    year: int | None = typer.Option(None, min=1970, max=2200, help="Year of times that tell none (RFC 3164)."),
    zone: str = typer.Option("", help="Zone of times that tell none, such as UTC, +01:00 or Europe/Berlin."),
    source: str = typer.Option(
        "", help="Log source of JSON of no known log: product/category/service, “*” for what is not told."
    ),
) -> None:
    """Run Sigma rules over logs: hits, then what was read, then how many rules could fire and why others could not.

    Needs neither a server nor a database nor settings. Exit code 1 where a rule of the level of --fail-on fired, else
    2 where something that was named cannot be read. What cannot be read of a log is counted and never stops it.
    """
    from accord.intake.events import Assumed, Tally
    from accord.site.command_line.plain import stopping
    from accord.site.watching import inputs, ruleset, running, writing

    _check(form, level, fail_on, paths)
    assumed = Assumed(year, _zone(zone))
    named = _source(source)
    program = _program(rules, placeholders)
    run = running.Watch(program, ruleset.chosen(program, product, level), Tally(), assumed, named)
    total = inputs.total(paths)
    with ExitStack() as stack:
        stream = stack.enter_context(_opened(out))
        writer = writing.Writer(stream, form, each)
        tell = stack.enter_context(progress("Events"))
        stop = stack.enter_context(stopping())
        for hit in run.hits(inputs.inputs(paths), lambda done, name: tell(done, total, name[-30:]), stop):
            writer.hit(hit)
    told = writing.summary(run, run.states(), program.faults, states, each if form == "table" else 0)
    where = sys.stdout if form == "table" or out is not None else sys.stderr
    for line in told:
        print(line, file=where)
    if not rules:
        print(
            f"Only the rules that come with Accord were run; the public collection is at {ruleset.WHERE}.", file=where
        )
    raise typer.Exit(_code(run, fail_on))


def _check(form: str, level: str, fail_on: str, paths: list[Path]) -> None:
    from accord.site.watching.writing import FORMATS

    if form not in FORMATS:
        fail(f"--format: “{form}” is none. Use {', '.join(FORMATS)}.", code=UNREADABLE)
    if level not in LEVELS:
        fail(f"--level: “{level}” is none. Use {', '.join(LEVELS)}.", code=UNREADABLE)
    if fail_on not in (*LEVELS, "none"):
        fail(f"--fail-on: “{fail_on}” is none. Use {', '.join(LEVELS)} or none.", code=UNREADABLE)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        fail(*(f"{one}: there is no such file or folder." for one in missing), code=UNREADABLE)


def _zone(text: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from accord.intake.events.times import offset

    if not text:
        return None
    found = offset(text)
    if found is not None:
        return found
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(f"--zone: “{text}” is none. Use UTC, an offset such as +01:00, or a name such as Europe/Berlin.", code=2)


def _source(text: str) -> LogSource | None:
    from accord.intake.events import LogSource

    if not text:
        return None
    parts = [None if part in ("", "*") else part for part in text.split("/")]
    if len(parts) > 3:
        fail("--source: write product/category/service, such as linux/process_creation or aws/*/cloudtrail.", code=2)
    return LogSource(*parts)


def _program(rules: list[Path], placeholders: Path | None) -> Program:
    """The rules, compiled; exit code 2 where there are none."""
    from accord.site.watching import ruleset

    missing = [str(path) for path in rules if not path.exists()]
    if missing:
        fail(*(f"{one}: there is no such file or folder." for one in missing), code=UNREADABLE)
    try:
        with progress("Rules") as tell:
            tell(0, None, "")
            given = ruleset.placeholders_of(placeholders) if placeholders else None
            return ruleset.program_of(ruleset.texts_of(rules) if rules else ruleset.own_texts(), given)
    except ruleset.NoRules as error:
        fail(str(error), code=UNREADABLE)


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Where the hits are written to; exit code 2 where that cannot be written, which is no sign of a hit."""
    if out is None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        stream = sys.stdout
    else:
        try:
            stream = out.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        except OSError as error:
            fail(f"{out}: it cannot be written ({error.strerror}). Name another file.", code=UNREADABLE)
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:  # whoever reads has enough
        raise
    except OSError as error:
        fail(f"{out or 'The output'}: it cannot be written further ({error.strerror}).", code=UNREADABLE)
    finally:
        if out is not None:
            with suppress(OSError):  # what is left in memory has nowhere to go
                stream.close()


def _code(run: Watch, fail_on: str) -> int:
    from accord.site.watching.ruleset import at_least

    if fail_on != "none" and any(rule.level and at_least(rule.level, fail_on) for rule in run.rules.values()):
        return FIRED
    return UNREADABLE if run.unreadable or not run.files else 0
