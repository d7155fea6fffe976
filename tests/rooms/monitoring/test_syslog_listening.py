"""Listeners in one process: what is acknowledged is on disk, who is not let in is counted, all is bounded."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accord_collecting import Running, acknowledged, counted, ended, everything, free_port, plain, tls, wait_for

from accord.monitoring.collecting import committing, datagrams, listening
from accord.monitoring.collecting.collector import Collector
from accord.monitoring.collecting.spool import Full, Writer


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr("accord.monitoring.collecting.collector.LOOK", 0.1)
    made = Running(tmp_path / "events")
    yield made
    made.end()


LINES = [f"<13>line {n}".encode() for n in range(50)]


@pytest.mark.parametrize("frame", [ended, counted])
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_after_the_orderly_end_everything_is_on_disk(running: Running, transport: str, frame: Any) -> None:
    port = free_port()
    running.add(1, transport=transport, port=port)
    connection = plain(port) if transport == "tcp" else tls(port)
    connection.sendall(frame(LINES))
    assert acknowledged(connection)
    assert running.bodies(1) == LINES
    assert {one.record.peer for one in everything(running.folder / "spool" / "1")} == {"127.0.0.1"}


def test_without_an_address_all_of_this_machine_and_ipv4_is_told_as_such(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port, address="")
    connection = plain(port)
    connection.sendall(b"<1>x\n")
    assert acknowledged(connection)
    assert {one.record.peer for one in everything(running.folder / "spool" / "1")} == {"127.0.0.1"}


def test_a_connection_that_is_not_ended_is_on_disk_too(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port)
    connection = plain(port)
    connection.sendall(b"<1>whole\n<1>half")
    wait_for(lambda: running.bodies(1) == [b"<1>whole"])
    wait_for(lambda: running.told[1].intake["connections"] == 1)
    connection.close()
    wait_for(lambda: running.bodies(1) == [b"<1>whole", b"<1>half"])


def test_tls_that_breaks_off_keeps_its_whole_lines(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tls", port=port)
    connection = tls(port)
    connection.sendall(b"<1>whole\n<1>half")
    wait_for(lambda: running.bodies(1))
    socket.socket.shutdown(connection, socket.SHUT_RDWR)
    connection = tls(port)
    connection.sendall(b"<1>whole\n<1>half and whole\n")
    assert acknowledged(connection)
    assert running.bodies(1) == [b"<1>whole", b"<1>half and whole"]
    wait_for(lambda: running.sums[1][2] == 1)


def test_no_acknowledgement_while_the_disk_is_full_and_all_of_it_afterwards(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "AGAIN", 0.05)
    port = free_port()
    running.add(1, transport="tcp", port=port)

    def full(self: Writer, data: bytes) -> None:
        raise Full(28, "There is no space left on the disk of the spool.")

    with monkeypatch.context() as broken:
        broken.setattr(Writer, "_write", full)
        connection = plain(port)
        connection.sendall(ended(LINES))
        connection.shutdown(socket.SHUT_WR)
        wait_for(lambda: "no space left" in running.told[1].paused)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert running.bodies(1) == []
    connection.settimeout(30)
    assert connection.recv(1) == b""
    assert running.bodies(1) == LINES
    wait_for(lambda: not running.told[1].paused)


def test_the_floor_of_free_space_pauses_by_itself(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port)
    running.collector.space.floor = 1 << 60
    wait_for(lambda: "ACCORD_EVENTS_FREE" in running.paused)
    connection = plain(port)
    connection.sendall(b"<1>x\n")
    wait_for(lambda: running.told[1].paused)
    assert running.bodies(1) == []
    running.collector.space.floor = 1
    assert acknowledged(connection)
    assert running.bodies(1) == [b"<1>x"]


def test_a_sender_waits_while_its_bytes_are_not_on_disk(running: Running) -> None:
    """Back-pressure: what is not written stays with the sender, beyond the buffers of the two kernels."""
    port = free_port()
    running.add(1, transport="tcp", port=port)
    running.collector.space.floor = 1 << 60
    wait_for(lambda: running.paused)
    connection = plain(port)
    connection.settimeout(0.5)
    block, sent = ended([b"x" * 999] * 1000), 0
    with pytest.raises(TimeoutError):
        while sent < 1 << 30:
            sent += connection.send(block)
    assert running.told[1].intake["waiting"] <= 1 << 17
    connection.close()
    running.collector.space.floor = 1


def test_relp_answers_when_it_is_on_disk(running: Running) -> None:
    port = free_port()
    running.add(1, transport="relp", port=port)
    connection = plain(port)
    stream = connection.makefile("rb")
    connection.sendall(b"1 open 30 relp_version=0\ncommands=syslog\n")
    assert stream.readline().startswith(b"1 rsp ")
    for _ in range(3):
        assert stream.readline()
    connection.sendall(b"2 syslog 4 <1>a\n3 syslog 6 <1>b\nc\n4 start 0\n")
    assert stream.readline() == b"2 rsp 6 200 OK\n"
    assert running.bodies(1)[:1] == [b"<1>a"]
    assert stream.readline() == b"3 rsp 6 200 OK\n"
    assert running.bodies(1) == [b"<1>a", b"<1>b\nc"]
    assert stream.readline().startswith(b"4 rsp 34 500")
    connection.sendall(b"5 close 0\n")
    assert stream.read() == b"5 rsp 0\n0 serverclose 0\n"


def test_senders_go_to_the_source_of_their_network_or_are_turned_away(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port, networks=["192.0.2.0/24"])
    connection = plain(port)
    with pytest.raises(OSError):
        connection.sendall(b"<1>x\n")
        connection.recv(1) or connection.sendall(b"<1>x\n" * 100_000)
        raise ConnectionResetError
    wait_for(lambda: running.sums[1][1] == 1)
    running.add(2, transport="tcp", port=port, networks=["127.0.0.0/8"])
    running.add(3, transport="tcp", port=port, networks=["127.0.0.1/32"])
    running.add(4, transport="tcp", port=port)
    connection = plain(port)
    connection.sendall(b"<1>nearest\n")
    assert acknowledged(connection)
    assert [running.bodies(pk) for pk in (1, 2, 3, 4)] == [[], [], [b"<1>nearest"], []]


def test_datagrams_and_how_many_were_lost(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port(socket.SOCK_DGRAM)
    running.add(1, transport="udp", port=port)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for line in [*LINES, b"", b"\n"]:
        sender.sendto(line + b"\n", ("127.0.0.1", port))
    wait_for(lambda: running.bodies(1) == LINES)
    monkeypatch.setattr(datagrams, "QUEUE", 10)
    running.collector.space.floor = 1 << 60
    wait_for(lambda: running.paused)
    for n in range(40):
        sender.sendto(b"<1>%d" % n, ("127.0.0.1", port))
    wait_for(lambda: running.sums[1][0] == 30)
    running.collector.space.floor = 1
    wait_for(lambda: len(running.bodies(1)) == len(LINES) + 10)


def test_what_the_kernel_dropped_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "udp"
    head = (
        "sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode ref pointer drops\n"
    )
    table.write_text(
        head + "  1: 0100007F:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000  0 0 4711 2 0 17\n"
    )
    monkeypatch.setitem(datagrams._TABLES, socket.AF_INET, table)
    assert datagrams.kernel_drops(socket.AF_INET, "4711") == 17
    assert datagrams.kernel_drops(socket.AF_INET, "4712") is None


def test_a_kernel_that_drops_is_counted(running: Running) -> None:
    """The process does not read: the loop's thread is held while datagrams come."""
    if datagrams.kernel_drops(socket.AF_INET, "0") is None and not Path("/proc/net/udp").exists():
        pytest.skip("this system does not tell what it dropped (/proc/net/udp)")
    port = free_port(socket.SOCK_DGRAM)
    running.add(1, transport="udp", port=port)
    held = threading.Event()
    running._loop.call_soon_threadsafe(held.wait, 20)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = 3_000
    for n in range(number):
        sender.sendto(b"<1>%05d" % n + b"x" * 8000, ("127.0.0.1", port))
    held.set()
    wait_for(lambda: running.sums[1][0] + len(running.bodies(1)) == number)
    assert running.sums[1][0] > 0


def test_connections_are_bounded(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 5)
    port = free_port()
    running.add(1, transport="tcp", port=port)
    held = [plain(port) for _ in range(12)]
    wait_for(lambda: running.sums[1][1] == 7)
    wait_for(lambda: running.told[1].intake["connections"] == 5)
    for one in held:
        one.close()


def test_who_begins_a_message_and_goes_silent_is_ended(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PATIENCE", 0.2)
    port = free_port()
    running.add(1, transport="tcp", port=port)
    idle, slow = plain(port), plain(port)
    slow.sendall(b"<1>half")
    with pytest.raises(OSError):
        slow.recv(1) or slow.sendall(b"x")
        raise ConnectionResetError
    idle.sendall(b"<1>idle is not slow\n")
    assert acknowledged(idle)
    assert running.bodies(1) == [b"<1>idle is not slow"]


def test_half_messages_of_all_connections_together_are_bounded(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_HELD", 1 << 18)
    port = free_port()
    running.add(1, transport="tcp", port=port)
    held = [plain(port) for _ in range(8)]
    for one in held:
        one.sendall(b"<1>" + b"x" * 80_000)
    wait_for(lambda: running.told[1].intake["connections"] <= 3)
    for one in held:
        one.close()


def test_what_is_no_syslog_is_a_record_with_its_reason(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port)
    connection = plain(port)
    connection.sendall(b"5 <1>ab" + b"out of step")
    wait_for(lambda: len(running.bodies(1)) == 2)
    records = [one.record for one in everything(running.folder / "spool" / "1")]
    assert [bool(one.problem) for one in records] == [False, True]
    connection.close()
    other = tls(port) if False else plain(port)
    other.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n")
    assert acknowledged(other)
    assert running.bodies(1)[-1] == b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"


def test_who_speaks_no_tls_is_ended(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tls", port=port)
    connection = plain(port)
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    connection.settimeout(30)
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
    assert running.bodies(1) == []


def test_a_port_that_is_taken_is_said_and_tried_again(running: Running) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    running.add(1, transport="tcp", port=port)
    assert "Another program has it" in running.told[1].intake["problem"]
    taken.close()
    wait_for(lambda: running.told[1].intake["listening"])
    assert not running.told[1].intake["problem"]


def test_a_source_that_is_switched_off_is_not_listened_for(running: Running) -> None:
    port = free_port()
    running.add(1, transport="tcp", port=port)
    connection = plain(port)
    connection.sendall(b"<1>before\n")
    wait_for(lambda: running.bodies(1))
    running.wanted.clear()

    def closed() -> bool:
        try:
            plain(port).close()
        except OSError:
            return True
        return False

    wait_for(closed)
    connection.close()
    running.told.clear()
    running.add(1, transport="tcp", port=port)
    connection = plain(port)
    connection.sendall(b"<1>after\n")
    assert acknowledged(connection)
    assert running.bodies(1) == [b"<1>before", b"<1>after"]


def test_a_certificate_that_cannot_be_used_is_said(running: Running, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    running.add(1, transport="tls", port=free_port(), certificate=str(bad), key=str(bad))
    assert "Name a PEM pair" in running.told[1].intake["problem"]


def test_a_sender_must_show_the_certificate_that_was_asked_for(running: Running, tmp_path: Path) -> None:
    from accord.monitoring.collecting import certificates

    certificate, key = certificates.own(tmp_path / "sender")
    assert certificates.fingerprint(certificate).count(":") == 31
    port = free_port()
    running.add(1, transport="tls", port=port, authority=str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(running.folder / "certificates" / "source-1" / "certificate.pem")
    for shown in (False, True):
        if shown:
            context.load_cert_chain(certificate, key)
        connection = context.wrap_socket(plain(port), server_hostname="localhost", suppress_ragged_eofs=False)
        try:
            connection.sendall(b"<1>known sender\n")
            arrived = acknowledged(connection)
        except OSError:
            arrived = False
        assert arrived is shown
    assert running.bodies(1) == [b"<1>known sender"]


def test_a_second_collector_of_one_folder_is_refused(running: Running) -> None:
    from accord.monitoring.collecting.spool import Busy

    time.sleep(0.2)
    other = Collector(running.folder, 1, list, lambda *_: None)
    with pytest.raises(Busy):
        asyncio.run(other.run(asyncio.Event()))
