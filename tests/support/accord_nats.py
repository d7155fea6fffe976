"""A real nats-server with JetStream on loopback, and a sender."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from accord_collecting import free_port, plain, wait_for

PROGRAM = Path(sys.executable).parent / "nats-server"


class NatsServer:
    """One server with its store in `folder`; `more` is added to its configuration. It can be killed and started."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._configuration = folder / "nats.conf"
        self._configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{folder}/store" }}\n{more}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [str(PROGRAM), "-c", str(self._configuration)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers)

    def _answers(self) -> bool:
        try:
            plain(self.port).close()
        except OSError:
            return False
        return True

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, act: Any, **options: Any) -> Any:
        """`await act(client, context)`, as a client with `options`."""

        async def inside() -> Any:
            import nats

            client = await nats.connect(self.url, **options)
            try:
                return await act(client, client.jetstream())
            finally:
                await client.close()

        return asyncio.run(inside())

    def add_stream(self, name: str = "LOGS", subjects: Sequence[str] = ("logs.>",), **options: Any) -> None:
        async def act(_: Any, context: Any) -> None:
            until = time.monotonic() + 30
            while True:
                try:
                    await context.add_stream(name=name, subjects=list(subjects))
                    return
                except Exception:  # JetStream comes up a moment after the port
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(0.1)

        self.run(act, **options)

    def publish(self, bodies: Sequence[bytes], subject: str = "logs.test", headers: Any = None, **options: Any) -> None:
        """Each acknowledged by the stream."""

        async def act(_: Any, context: Any) -> None:
            for begin in range(0, len(bodies), 500):
                part = bodies[begin : begin + 500]
                await asyncio.gather(*(context.publish(subject, one, headers=headers) for one in part))

        self.run(act, **options)

    def add_consumer(self, durable: str = "accord", stream: str = "LOGS", **config: Any) -> None:
        async def act(_: Any, context: Any) -> None:
            from nats.js.api import ConsumerConfig

            await context.add_consumer(stream, ConsumerConfig(durable_name=durable, **config))

        self.run(act)

    def consumer(self, durable: str = "accord", stream: str = "LOGS", **options: Any) -> Any:
        return self.run(lambda _, context: context.consumer_info(stream, durable), **options)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server with a stream, which ends with the test."""
    made = NatsServer(tmp_path)
    made.add_stream()
    yield made
    made.end()
