"""`accord collect`: from the wire and from files into the spool, and from there into the store."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from accord.site.command_line.base import BROKEN, JSON_OPTION, answer, app, django_setup, fail, refusals
from accord.site.command_line.serving import accord, keep_running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accord.monitoring.collecting.living import Told, Wanted


@app.command()
def collect(
    paths: list[Path] = typer.Argument(None, help="With --once: files, archives (ZIP, TAR) and folders to hand in."),
    once: bool = typer.Option(False, "--once", help="Hand these files in, and end."),
    source: str = typer.Option("Handed in", help="With --once: name of the source; it is added where there is none."),
    status: bool = typer.Option(
        False, "--status", help="Say whether logs are taken in, and end; exit code 3 where they are not."
    ),
    parent: int = typer.Option(0, help="End when this process is gone (used by serve).", hidden=True),
    pump: bool = typer.Option(True, help="Store what comes in as well; off where another process does."),
    only_pump: bool = typer.Option(False, "--only-pump", help="Only store what came in (used by itself).", hidden=True),
    as_json: bool = JSON_OPTION,
) -> None:
    """Collect logs: syslog, files that grow, and what was sent by HTTP, into the store of events. Ctrl-C ends it.

    Needs the sources that are set under Monitoring. One process of one machine has the folder of events.
    """
    django_setup()
    if status:
        _status(as_json)
    elif once:
        _once(paths or [], source, as_json)
    elif paths:
        fail("Paths are for --once; what is collected all the time is set under Monitoring, Sources.", code=2)
    elif only_pump:
        _pump(parent)
    else:
        _collect(parent, pump)


def _once(paths: list[Path], name: str, as_json: bool) -> None:
    from accord.monitoring.models import Source
    from accord.monitoring.services.sources import ensure_source, hand_in

    missing = [str(path) for path in paths if not path.exists()]
    if missing or not paths:
        fail(*(f"{one}: there is no such file or folder." for one in missing or ["PATH"]), as_json=as_json, code=2)
    files = [
        one
        for path in paths
        for one in ([path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()))
    ]
    with refusals(as_json):
        found = ensure_source(None, Source.Kind.UPLOAD, name)
        number, problems = hand_in(None, found, ((str(one), one) for one in files))
    answer(
        {"source": found.key, "files": number, "problems": [{"file": one, "problem": why} for one, why in problems]},
        [f"{number:,} files were handed in to “{found.name}”; a running `accord collect` stores them.",
         *(f"{one}: {why}" for one, why in problems[:20])], as_json,
    )  # fmt: skip
    if problems:
        raise typer.Exit(BROKEN)


def _status(as_json: bool) -> None:
    from accord.monitoring.selectors.sources import health

    found = health()
    lines = [found["problem"] or f"Logs are taken in; last sign {found['seen']:%Y-%m-%d %H:%M:%S} UTC."]
    lines += [f"{key}: {why}" for key, why in found["paused"].items()]
    answer(found, lines, as_json)
    if found["problem"] or found["paused"]:
        raise typer.Exit(BROKEN)


def _watch(parent: int, end: threading.Event) -> None:
    """Set `end` when the parent is gone."""
    while not end.wait(1.0):
        if os.getppid() != parent:
            end.set()


def _pump(parent: int) -> None:
    from accord.monitoring import pumping
    from accord.site import configuration

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if parent:
        threading.Thread(target=_watch, args=(parent, stop), daemon=True).start()
    pumping.run(configuration.home(), stop)


def _collect(parent: int, pump: bool) -> None:
    from django.conf import settings
    from django.db import close_old_connections

    from accord.monitoring.collecting.collector import Collector
    from accord.monitoring.collecting.listening import raise_limit
    from accord.monitoring.collecting.spool import Busy
    from accord.monitoring.pumping import elsewhere
    from accord.monitoring.services.sources import note_collected, wanted
    from accord.site.logs import set_up

    set_up()
    raise_limit()
    other = elsewhere()
    if other is not None:
        fail(other)
    started = datetime.now(UTC)

    def load() -> list[Wanted]:
        close_old_connections()
        return wanted()

    def tell(told: Sequence[Told], paused: str, free: int) -> None:
        close_old_connections()
        note_collected(started, told, paused, free)

    collector = Collector(Path(settings.ACCORD_EVENTS), settings.ACCORD_EVENTS_FREE, load, tell)
    ended = threading.Event()
    command = accord("collect", "--only-pump", "--parent", str(os.getpid()))

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if parent:
            watched = threading.Event()
            threading.Thread(target=_watch, args=(parent, watched), daemon=True).start()
            threading.Thread(
                target=lambda: (watched.wait(), loop.call_soon_threadsafe(stop.set)), daemon=True
            ).start()  # fmt: skip
        await collector.run(stop)

    keeper = threading.Thread(target=keep_running, args=(command, ended), daemon=True) if pump else None
    if keeper is not None:
        keeper.start()
    try:
        asyncio.run(run())
    except Busy as error:
        fail(str(error))
    finally:
        ended.set()
        if keeper is not None:
            keeper.join(30)
