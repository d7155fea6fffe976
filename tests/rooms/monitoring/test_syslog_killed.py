"""A sender over TCP and TLS, and a collector that is killed half-way: every acknowledged line is there once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from accord_collecting import Installation, counted, ended, free_port, numbered, plain, send, tls, wait_for

LINES = int(os.environ.get("ACCORD_SYSLOG_LINES", "100000"))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("collecting") / "home")
    yield made
    made.end()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_every_acknowledged_line_is_there_once(installation: Installation, transport: str) -> None:
    """ACCORD_SYSLOG_LINES says how many."""
    port = free_port()
    pk = installation.add_source("syslog", transport, transport=transport, port=port, address="127.0.0.1")
    connect = partial(tls if transport == "tls" else plain, port)
    process = [installation.collect()]
    wait_for(lambda: _answers(connect))
    kills = [LINES * 3 // 8, LINES * 7 // 8]  # each in the middle of a connection

    def sent(number: int) -> None:
        if kills and number >= kills[0]:
            begun = kills.pop(0) // (LINES // 4) * (LINES // 4)
            wait_for(lambda: len(installation.spooled(pk)) > begun)  # so that there is something to repeat
            process[0].kill()
            process[0].wait()
            process[0] = installation.collect()

    lines = numbered(LINES)
    repeated = send(lines, connect, counted if transport == "tls" else ended, LINES // 4, sent)
    assert repeated >= 2, "the kills broke connections off"
    process[0].terminate()
    assert process[0].wait(30) == 0
    assert installation.spooled(pk) == Counter(lines)
    told = installation.source(pk, "repeats", "dropped")
    assert told["repeats"] > 0
    assert told["dropped"] == 0


def _answers(connect: partial[object]) -> bool:
    try:
        connect().close()  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
