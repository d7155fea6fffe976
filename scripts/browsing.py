"""A running Accord with the sample company, and a Chromium to look at it: for journeys and screenshots."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)
# True once every chart of the page is drawn.
DRAWN = "document.querySelectorAll('figure[data-chart]:not([data-drawn])').length === 0"
READY_WITHIN = 400.0


def chromium_path(playwright: Playwright) -> Path | None:
    """The Chromium of this machine, or the one that Playwright downloaded; None where there is neither."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def launch(playwright: Playwright, path: Path) -> Browser:
    """Start a Chromium that talks to nobody but the pages it is sent to."""
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    return playwright.chromium.launch(executable_path=path, args=arguments)


def free_port() -> int:
    """A port on the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerFailed(RuntimeError):
    """Accord did not answer; the message holds the end of its log."""


class Server:
    """`accord demo` or `accord serve` in a process of its own, with its data in `home`."""

    def __init__(self, home: Path, command: Sequence[str] = ("serve",), **environment: str) -> None:
        self.home, self.command, self.environment = home, tuple(command), environment
        self.port = free_port()
        self.log = home.with_name(f"{home.name}.{self.command[0]}.log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Everything that the process wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> Self:
        """Start and wait until it answers."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
        environment = {**clean, "ACCORD_HOME": str(self.home), "PYTHONUNBUFFERED": "1", **self.environment}
        command = [sys.executable, "-m", "accord.site", *self.command, "--port", str(self.port)]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()
        return self

    def _wait(self) -> None:
        assert self.process is not None
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        self.stop()
        raise ServerFailed(f"accord {' '.join(self.command)} did not answer:\n{self.output[-4000:]}")

    def stop(self) -> None:
        """End it as a service manager would, with all that it started."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def copy_home(source: Path, target: Path) -> Path:
    """A copy of a stopped Accord's data, to change without touching the original."""
    shutil.copytree(source, target, ignore=_sockets)
    return target


def _sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not any(kind(Path(folder, name)) for kind in (Path.is_dir, Path.is_file))}


def context_options(scheme: str = "light", width: int = 1440, height: int = 900) -> dict[str, Any]:
    """How a page is shown, the same on every machine."""
    return {
        "viewport": {"width": width, "height": height},
        "color_scheme": scheme,
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "UTC",
    }


def logins(home: Path) -> dict[str, tuple[str, str]]:
    """Role → e-mail and password of the sample company's accounts, as `accord demo` keeps them in its home."""
    from accord.core.roles import Role

    rows = json.loads((home / "demo-logins.json").read_text(encoding="utf-8"))
    by_label = {role.label: role.value for role in Role}
    return {by_label[row["role"]]: (row["email"], row["password"]) for row in rows}


def wait_for_jobs(home: Path, within: float = 300.0) -> None:
    """Wait until the worker has done what `accord demo` queued, such as the frontier of plans."""
    end = time.monotonic() + within
    query = "SELECT title, error, state FROM core_job WHERE state IN ('queued', 'running', 'failed')"
    while time.monotonic() < end:
        with contextlib.closing(sqlite3.connect(home / "accord.sqlite3", timeout=30)) as database:
            jobs = database.execute(query).fetchall()
        for title, error, state in jobs:
            if state == "failed":
                raise ServerFailed(f"{title}: {error}")
        if not jobs:
            return
        time.sleep(0.5)
    raise ServerFailed(f"The queued jobs were not done within {within:.0f} s.")
