"""An installation of its own with a real `accord collect`, and senders of syslog that keep what is not acknowledged."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from accord.monitoring.collecting.collector import Collector
from accord.monitoring.collecting.living import Told, Wanted
from accord.monitoring.collecting.spool import Framed, read

DEADLINE = 60.0


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float = DEADLINE, every: float = 0.05) -> Any:
    """What `what` gives as soon as it is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(every)
    raise AssertionError("It did not come in time.")


class Installation:
    """A home with a database, and the processes that run on it."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))},
            "ACCORD_HOME": str(home), "ACCORD_EVENTS_FREE": "1000000", "PYTHONPATH": str(Path("src").resolve()),
            **settings,
        }  # fmt: skip
        self.processes: list[subprocess.Popen[bytes]] = []
        self.accord("init")

    def accord(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "accord.site", *arguments], env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def python(self, code: str) -> Any:
        """Run code in the installation; what it assigns to `answer` comes back."""
        program = (
            "import json\nfrom accord.site.command_line.base import django_setup\ndjango_setup()\n"
            f"{code}\nprint(json.dumps(answer))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=self.environment, capture_output=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout.splitlines()[-1])

    def add_source(self, kind: str, name: str = "Test", **settings: Any) -> int:
        return int(
            self.python(
                "from accord.monitoring.services.sources import add_source\n"
                f"answer = add_source(None, {kind!r}, name={name!r}, settings={settings!r})[0].pk"
            )
        )

    def source(self, pk: int, *names: str) -> dict[str, Any]:
        code = (
            "from accord.monitoring.models import Source\n"
            f"answer = Source.objects.filter(pk={pk}).values(*{names!r}).get()"
        )
        found: dict[str, Any] = self.python(code)
        return found

    def collect(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `accord collect` without the pump."""
        process = subprocess.Popen(
            [sys.executable, "-m", "accord.site", "collect", "--no-pump", *arguments], env=self.environment
        )  # fmt: skip
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()

    def spool(self, pk: int) -> Path:
        return self.home / "events" / "spool" / str(pk)

    def spooled(self, pk: int) -> Counter[bytes]:
        return Counter(one.record.body for one in everything(self.spool(pk)))


class Running:
    """A collector in a thread; `wanted` may change while it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wanted = folder, list[Wanted]()
        self.told: dict[int, Told] = {}
        self.sums: dict[int, list[int]] = {}
        self.paused = ""
        self.collector = Collector(folder, 1, lambda: list(self.wanted), self._tell)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(self.collector.run(self._stop))

    def _tell(self, told: Sequence[Told], paused: str, free: int) -> None:
        self.paused = paused
        for one in told:
            self.told[one.pk] = one
            sums = self.sums.setdefault(one.pk, [0, 0, 0])
            for place, number in enumerate((one.dropped, one.refused, one.repeats)):
                sums[place] += number

    def add(self, pk: int, kind: str = "syslog", **settings: Any) -> int:
        settings.setdefault("address", "127.0.0.1") if kind == "syslog" else None
        self.wanted.append(Wanted(pk, f"source-{pk}", kind, settings))
        if kind == "syslog":
            wait_for(lambda: pk in self.told and (self.told[pk].intake["listening"] or self.told[pk].intake["problem"]))
        return pk

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def bodies(self, pk: int) -> list[bytes]:
        return [one.record.body for one in everything(self.folder / "spool" / str(pk))]


def everything(folder: Path) -> list[Framed]:
    """All records of a spool."""
    found: list[Framed] = []
    offsets: dict[str, int] = {}
    while True:
        more, after = read(folder, offsets, 64 << 20)
        found += more
        if after == offsets:
            return found
        offsets = after


def plain(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def tls(port: int) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain(port), suppress_ragged_eofs=False)


def counted(lines: Sequence[bytes]) -> bytes:
    """As RFC 5425 wants it."""
    return b"".join(b"%d %s" % (len(line), line) for line in lines)


def ended(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def acknowledged(connection: socket.socket) -> bool:
    """End a connection; whether the other side says that all is on its disk."""
    try:
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap().close()
        else:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1024):
                pass
            connection.close()
    except OSError:
        connection.close()
        return False
    return True


def send(
    lines: Sequence[bytes], connect: Callable[[], socket.socket], frame: Callable[[Sequence[bytes]], bytes],
    batch: int, sent: Callable[[int], None] = lambda number: None,
) -> int:  # fmt: skip
    """Send lines, a connection for each batch, again where it is not acknowledged; returns how often that was."""
    repeated = 0
    for begin in range(0, len(lines), batch):
        part = lines[begin : begin + batch]
        while True:
            with suppress(OSError):
                connection = connect()
                try:
                    for place in range(0, len(part), 500):
                        connection.sendall(frame(part[place : place + 500]))
                        sent(begin + place)
                except OSError:
                    connection.close()
                else:
                    if acknowledged(connection):
                        break
                repeated += 1
            time.sleep(0.05)
    return repeated


def numbered(count: int, host: str = "sender") -> list[bytes]:
    """Lines of RFC 5424, each its own."""
    return [
        f"<134>1 2026-03-01T10:{n // 60 % 60:02}:{n % 60:02}Z {host} app {n} - - line number {n} of {count}".encode()
        for n in range(count)
    ]


def pieces(data: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    """`data` cut into pieces of these sizes."""
    place = 0
    while place < len(data):
        size = next(sizes)
        yield data[place : place + size]
        place += size
