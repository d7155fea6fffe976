"""`accord serve` and `accord worker`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import typer

from accord.site.command_line.base import REFUSED, app, django_setup


def accord(*arguments: str) -> list[str]:
    """The command line that runs `accord` with this interpreter."""
    return [sys.executable, "-m", "accord.site", *arguments]


@app.command()
def serve(
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(8000, help="Port to listen on."),
    processes: int = typer.Option(1, help="Web processes."),
    worker: bool = typer.Option(True, help="Run a worker for long jobs as well."),
    collector: bool = typer.Option(True, help="Collect logs as well (accord collect)."),
) -> None:
    """Serve the web pages and the API, and run a worker and a collector of logs beside it. Ctrl-C stops them."""
    from granian import Granian
    from granian.constants import Interfaces

    helper = subprocess.Popen(accord("worker", "--parent", str(os.getpid()))) if worker else None
    ended = threading.Event()
    keeper = threading.Thread(
        target=keep_running, args=(accord("collect", "--parent", str(os.getpid())), ended), daemon=True
    )
    if collector:
        keeper.start()
    server = Granian(
        "accord.site.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=processes,
        blocking_threads=1,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
    )
    print(f"Accord answers on http://{host}:{port}", flush=True)
    try:
        server.serve()
    finally:
        ended.set()
        if helper is not None:
            helper.terminate()
            try:
                helper.wait(timeout=20)
            except subprocess.TimeoutExpired:
                helper.kill()
        if collector:
            keeper.join(30)


def keep_running(command: list[str], ended: threading.Event) -> None:
    """Run a command until `ended` is set, and again where it ends before: after 5 s, after 60 s where it refused."""
    while not ended.is_set():
        process = subprocess.Popen(command)
        while process.poll() is None and not ended.wait(0.5):
            pass
        if process.poll() is not None:
            ended.wait(60 if process.returncode == REFUSED else 5)
            continue
        process.terminate()
        try:
            process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            process.kill()


@app.command()
def worker(
    parent: int = typer.Option(0, help="End when this process is gone (used by serve).", hidden=True),
) -> None:
    """Run long jobs (imports, loss, plans). Several, on several machines, share one PostgreSQL."""
    django_setup()
    from django.utils.crypto import get_random_string
    from django_tasks_db.management.commands.db_worker import Worker

    from accord.core import jobs, rounds

    runner = Worker(
        queue_names=["default"], interval=0.5, batch=False, backend_name="default", startup_delay=False,
        max_tasks=None, worker_id=get_random_string(32), excluded_queue_names=[],
    )  # fmt: skip
    runner.configure_signals()

    def keep_house() -> None:
        from django.db import close_old_connections

        while True:
            if parent and os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return
            close_old_connections()
            jobs.revive()
            time.sleep(5)

    def walk_rounds() -> None:
        from django.db import close_old_connections

        while True:
            close_old_connections()
            rounds.run_due()
            time.sleep(5)

    threading.Thread(target=keep_house, daemon=True, name="revive").start()
    threading.Thread(target=walk_rounds, daemon=True, name="rounds").start()
    runner.run()
