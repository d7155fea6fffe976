"""How soon there is a page, and how much memory the processes hold.

    python -m benchmarks.start

Prints: seconds to load the sample company and serve its first page; seconds until `accord serve` answers on data
that is there; resident memory of all its processes at rest (targets: 60 s with the environment, 3 s, 300 MB). The
reference in the same run is the start of a bare Python interpreter, as a measure of the machine.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _served(home: Path, command: str, log: Path) -> tuple[float, subprocess.Popen[bytes], int]:
    """Seconds until the log-in page answers, the process and its port."""
    port = _port()
    environment = {**os.environ, "ACCORD_HOME": str(home)}
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "accord.site", command, "--port", str(port)],
            env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    while process.poll() is None and time.monotonic() - began < 600:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=5):
                return time.monotonic() - began, process, port
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"accord {command} did not answer:\n{log.read_text()[-2000:]}")


def _memory(process: subprocess.Popen[bytes]) -> float:
    """Resident megabytes of the process and all that it started."""
    one = psutil.Process(process.pid)
    return sum(p.memory_info().rss for p in (one, *one.children(recursive=True))) / 2**20


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def main() -> None:
    """Measure and print."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    bare = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        log = Path(folder) / "log"
        loaded, process, _ = _served(home, "demo", log)
        _stop(process)
        answers, process, port = _served(home, "serve", log)
        time.sleep(5)
        rest = _memory(process)
        for _ in range(20):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=30).close()
        used = _memory(process)
        _stop(process)
    print(f"bare interpreter                     {bare:8.2f} s")
    print(f"accord demo, first page              {loaded:8.1f} s   {loaded / bare:8.0f} × bare")
    print(f"accord serve, first answer           {answers:8.2f} s   {answers / bare:8.0f} × bare   (target 3 s)")
    print(f"resident memory at rest              {rest:8.0f} MB  (target 300 MB)")
    print(f"resident memory after 20 pages       {used:8.0f} MB")


if __name__ == "__main__":
    main()
