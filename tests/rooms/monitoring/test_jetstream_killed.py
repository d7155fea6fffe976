"""A real NATS JetStream, and a collector that is killed half-way: every message is there once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from accord_collecting import Installation, numbered, wait_for
from accord_nats import NatsServer, server

__all__ = ["server"]
MESSAGES = 5_000
DYING = """
import os, signal, sys
from accord.monitoring.collecting.jetstream import JetStream
from accord.site.command_line import main

async def die(self, part):
    os.kill(os.getpid(), signal.SIGKILL)

JetStream._acknowledge = die
sys.argv = ["accord", "collect", "--no-pump"]
main()
"""
"""A collector that is killed between the disk and the acknowledgement."""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "home")
    yield made
    made.end()


def test_every_message_is_there_once(installation: Installation, server: NatsServer) -> None:
    """Killed twice with -9, once between the disk and the acknowledgement, while the sender goes on."""
    pk = installation.add_source("nats", "stream", servers=[server.url], stream="LOGS", durable="accord")
    lines = numbered(MESSAGES)
    server.publish(lines[: MESSAGES // 2])
    server.add_consumer(ack_wait=3, ack_policy="explicit")
    dying = subprocess.run([sys.executable, "-c", DYING], env=installation.environment, timeout=60, check=False)
    assert dying.returncode == -9
    there = installation.spooled(pk)
    assert 0 < len(there) < MESSAGES // 2
    assert server.consumer().num_ack_pending >= len(there), "what is on disk was not acknowledged yet"
    process = installation.collect()
    wait_for(lambda: installation.source(pk, "repeats")["repeats"] >= len(there))  # they came again, and were known
    sender = threading.Thread(target=server.publish, args=(lines[MESSAGES // 2 :],))
    sender.start()
    wait_for(lambda: len(installation.spooled(pk)) > MESSAGES // 2, every=0.01)
    process.kill()
    process.wait()
    process = installation.collect()
    sender.join()
    wait_for(lambda: len(installation.spooled(pk)) == MESSAGES, 120, 0.5)
    wait_for(lambda: server.consumer().num_ack_pending == 0)
    process.terminate()
    assert process.wait(30) == 0
    assert installation.spooled(pk) == Counter(lines)
    assert installation.source(pk, "dropped")["dropped"] == 0
