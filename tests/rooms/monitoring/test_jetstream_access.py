"""NATS with .creds files, with certificates of clients, and as a cluster: real servers on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from accord_collecting import Running, everything, free_port, wait_for
from accord_nats import NatsServer

from accord.monitoring.collecting import certificates

ALL = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
STREAMS = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer", "max_ack_pending"), -1)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "events")
    yield made
    made.end()


@pytest.fixture
def told(running: Running) -> Callable[[int, str], bool]:
    """Whether the problem of a source holds these words."""
    return lambda pk, words: pk in running.told and words in (running.told[pk].intake.get("problem") or "")


def taken(running: Running, pk: int) -> list[bytes]:
    return [one.record.body for one in everything(running.folder / "spool" / str(pk))]


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Named:
    """An NKey with what it signs."""

    def __init__(self, kind: int) -> None:
        import nkeys

        self.seed = nkeys.encode_seed(os.urandom(32), kind).decode()
        self._pair = nkeys.from_seed(self.seed.encode())
        self.public = self._pair.public_key.decode()

    def token(self, subject: str, kind: str, **nats: Any) -> str:
        claims = {
            "iat": int(time.time()), "iss": self.public, "name": kind, "sub": subject,
            "nats": {"type": kind, "version": 2, **nats},
        }  # fmt: skip
        digest = hashlib.sha256(json.dumps(claims).encode()).digest()
        claims["jti"] = base64.b32encode(digest).decode().rstrip("=")
        text = (
            f"{coded(json.dumps({'typ': 'JWT', 'alg': 'ed25519-nkey'}).encode())}.{coded(json.dumps(claims).encode())}"
        )
        return f"{text}.{coded(self._pair.sign(text.encode()))}"


def by_operator() -> tuple[str, str]:
    """The configuration of a server that trusts an operator, and the .creds file of a user of one of its accounts."""
    import nkeys

    operator, user = Named(nkeys.PREFIX_BYTE_OPERATOR), Named(nkeys.PREFIX_BYTE_USER)
    account, system = Named(nkeys.PREFIX_BYTE_ACCOUNT), Named(nkeys.PREFIX_BYTE_ACCOUNT)
    configuration = (
        f"operator: {operator.token(operator.public, 'operator', system_account=system.public)}\n"
        f"system_account: {system.public}\nresolver: MEMORY\nresolver_preload: {{\n"
        f" {account.public}: {operator.token(account.public, 'account', limits=ALL | STREAMS | {'wildcards': True})}\n"
        f" {system.public}: {operator.token(system.public, 'account', limits=ALL | {'wildcards': True})}\n}}\n"
    )
    rights = {"pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1}
    dashes = "------END NATS USER JWT------"
    return configuration, (
        f"-----BEGIN NATS USER JWT-----\n{account.token(user.public, 'user', **rights)}\n{dashes}\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )


def test_a_creds_file(running: Running, told: Callable[[int, str], bool], tmp_path: Path) -> None:
    import nkeys

    configuration, text = by_operator()
    paths = {name: tmp_path / f"{name}.creds" for name in ("good", "half", "none", "other")}
    paths["good"].write_text(text)
    paths["half"].write_text(text.partition("-----BEGIN USER")[0])
    paths["none"].write_text("no credentials\n")
    seed = text.partition("SEED-----\n")[2].partition("\n")[0]
    paths["other"].write_text(text.replace(seed, Named(nkeys.PREFIX_BYTE_USER).seed))
    server = NatsServer(tmp_path, configuration)
    try:
        given = {"user_credentials": str(paths["good"])}
        server.add_stream(**given)
        server.publish([b"a", b"b"], **given)
        for place, (name, path) in enumerate(paths.items(), start=1):
            settings = {"servers": [server.url], "stream": "LOGS", "durable": name, "credentials": str(path)}
            running.add(place, "nats", **settings)
        wait_for(lambda: taken(running, 1) == [b"a", b"b"])
        wait_for(lambda: told(2, "does not hold both") and told(3, "does not hold both"))
        wait_for(lambda: told(4, "does not let this collector in"))
        assert seed not in str([one.intake for one in running.told.values()])
    finally:
        server.end()


def test_a_server_that_asks_for_a_certificate(
    running: Running, told: Callable[[int, str], bool], tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    own, known, other = (certificates.own(tmp_path / name) for name in ("server", "known", "other"))
    locked = tmp_path / "locked.pem"
    held = serialization.load_pem_private_key(known[1].read_bytes(), None)
    locked.write_bytes(
        held.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
    )
    more = f'tls {{ cert_file: "{own[0]}", key_file: "{own[1]}", ca_file: "{known[0]}", verify: true }}'
    server = NatsServer(tmp_path, more)
    try:
        context = ssl.create_default_context(cafile=own[0])
        context.load_cert_chain(*known)
        server.add_stream(tls=context)
        server.publish([b"a"], tls=context)
        shown: list[dict[str, str]] = [
            {"certificate": str(known[0]), "key": str(known[1])}, {},
            {"certificate": str(other[0]), "key": str(other[1])},
            {"certificate": str(known[0]), "key": str(other[1])}, {"certificate": str(known[0]), "key": str(locked)},
        ]  # fmt: skip
        for pk, one in enumerate(shown, start=1):
            settings = {"servers": [f"tls://localhost:{server.port}"], "stream": "LOGS", "durable": f"c{pk}"}
            running.add(pk, "nats", authority=str(own[0]), **settings, **one)
        wait_for(lambda: taken(running, 1) == [b"a"])
        for pk in (2, 3):
            wait_for(lambda pk=pk: told(pk, "certificate"))
        wait_for(lambda: told(4, "Name a PEM pair") and told(4, str(known[0])))
        wait_for(lambda: told(5, "has a passphrase"))
    finally:
        server.end()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[NatsServer]]:
    """Two servers with one JetStream."""
    ports = [free_port(), free_port()]
    routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
    made = []
    for number, port in enumerate(ports):
        folder = tmp_path / f"server-{number}"
        folder.mkdir()
        listen = f'cluster {{ name: accord, listen: "127.0.0.1:{port}", routes: [{routes}] }}'
        made.append(NatsServer(folder, f"server_name: n{number}\n{listen}"))
    yield made
    for one in made:
        one.end()


def published(server: NatsServer, body: bytes) -> bool:
    try:
        server.publish([body])
    except Exception:  # the cluster finds itself again
        return False
    return True


@pytest.mark.slow
def test_a_cluster_of_two_of_which_one_goes_and_comes_back(
    running: Running, told: Callable[[int, str], bool], cluster: list[NatsServer]
) -> None:
    """Whichever goes: it is told, the other is tried, and every message is there once."""
    cluster[0].add_stream()
    leader = cluster[0].run(lambda _, context: context.stream_info("LOGS")).cluster.leader
    has, other = cluster if leader == "n0" else cluster[::-1]
    running.add(1, "nats", servers=[has.url, other.url], stream="LOGS", durable="accord")
    assert published(other, b"first"), "through the server that has no stream"
    wait_for(lambda: taken(running, 1) == [b"first"])
    has.end()
    wait_for(lambda: told(1, "tried again by itself"))
    has.start()
    wait_for(lambda: published(has, b"second"), every=0.5)
    wait_for(lambda: b"second" in taken(running, 1))
    other.end()
    other.start()
    wait_for(lambda: published(other, b"third"), every=0.5)
    wait_for(lambda: b"third" in taken(running, 1))
    wait_for(lambda: running.told[1].intake.get("problem") == "")
    assert Counter(taken(running, 1)) == Counter([b"first", b"second", b"third"])
