"""The HTTP collector: 200 only when it is on disk, once for each key, and nothing without a token."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from accord_collecting import everything
from django.test import Client

from accord.monitoring.collecting import bodies, posting
from accord.monitoring.collecting.keys import ENTRY, Keys, digest_of
from accord.monitoring.collecting.spool import Full, Record, Writer
from accord.monitoring.models import Source
from accord.monitoring.services import sources as services


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.ACCORD_EVENTS = str(tmp_path)
    settings.ACCORD_EVENTS_FREE = 1
    yield tmp_path / "spool"
    for one in posting._postings.values():
        one.writer.close()
    posting._postings.clear()


@pytest.fixture
def source(db: None) -> tuple[Source, str]:
    return services.add_source(None, "http", name="Cloud")


def post(token: str, body: bytes, path: str = "/collect/", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return Client().post(path, body, content_type="application/octet-stream", headers={**given, **headers})


def bodies_of(folder: Path, source: Source) -> list[bytes]:
    return [one.record.body for one in everything(folder / str(source.pk))]


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (b"one\ntwo\r\n\nthree", "", [b"one", b"two", b"three"]),
        (b'{"a":1}\n{"b":2}\n', "", [b'{"a":1}', b'{"b":2}']),
        (b'[{"a": 1.0}, {"b":[2]}]', "", [b'{"a": 1.0}', b'{"b":[2]}']),
        (gzip.compress(b"packed\nlines", mtime=0), "gzip", [b"packed", b"lines"]),
        (zstandard.compress(b"packed\nlines"), "zstd", [b"packed", b"lines"]),
        (b"\xff\xfe\x00 not text", "", [b"\xff\xfe\x00 not text"]),
        (b"", "", []),
    ],
)
def test_what_is_posted_is_in_the_spool(
    folder: Path, source: tuple[Source, str], body: bytes, encoding: str, expected: list[bytes]
) -> None:
    found, token = source
    answer = post(token, body, **({"Content-Encoding": encoding} if encoding else {}))
    assert (answer.status_code, answer.json()) == (200, {"stored": len(expected), "known": False})
    assert bodies_of(folder, found) == expected
    assert not answer.cookies


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": 1}\n{"a": 2}\n', [b'{"a": 1}', b'{"a": 2}']),
        (b'{\n "a": 1,\n "b": {}\n}\n{\n "a": 2\n}', [b'{\n "a": 1,\n "b": {}\n}', b'{\n "a": 2\n}']),
        (b'{\n "Records": [\n  {"a": 1},\n  {"a": 2}\n ]\n}', [b'{"a": 1}', b'{"a": 2}']),
        (b'\xef\xbb\xbf[{"a": 1}]', [b'{"a": 1}']),
        (b"{ no JSON\nat all\n", [b"{ no JSON", b"at all"]),
        (b'{"a":' * 100_001 + b"\n", [b'{"a":' * 100_001]),
    ],
    ids=["lines", "objects", "wrapped", "mark", "text", "depth"],
)
def test_json_over_several_lines_is_cut_into_its_objects(body: bytes, found: list[bytes]) -> None:
    assert [one for one, problem in bodies.events(body) if not problem] == found


def test_a_key_is_stored_once(folder: Path, source: tuple[Source, str]) -> None:
    found, token = source
    for body, known in ((b"first", False), (b"first", True), (b"other", True)):
        assert post(token, body, **{"Idempotency-Key": "k1"}).json()["known"] is known
    assert post(token, b"first", **{"Idempotency-Key": "k2"}).json()["known"] is False
    assert bodies_of(folder, found) == [b"first", b"first"]
    assert post(token, b"x", **{"Idempotency-Key": "k" * 201}).status_code == 422


@pytest.mark.parametrize("given", ["", "wrong", "Basic"])
def test_nothing_without_its_token(folder: Path, source: tuple[Source, str], given: str) -> None:
    answer = post(given, b"x")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    found, token = source
    assert Client().post("/collect/", b"x", content_type="text/plain",
                         headers={"Authorization": f"Basic {token}"}).status_code == 401  # fmt: skip
    assert Client().get("/collect/").status_code == 405
    services.disable_source(None, found)
    assert post(token, b"x").status_code == 403
    services.enable_source(None, found)
    services.renew_token(None, found)
    assert post(token, b"x").status_code == 401
    assert not everything(folder / str(found.pk))


def test_as_splunk_takes_events(folder: Path, source: tuple[Source, str]) -> None:
    found, token = source
    body = b'{"time":1,"event":{"a":"\xc3\xa4"}}{"event":"a line"}'
    client, headers = Client(), {"Authorization": f"Splunk {token}"}
    answer = client.post("/services/collector/event", body, content_type="application/json", headers=headers)
    assert answer.json() == {"text": "Success", "code": 0}
    assert (
        client.post("/services/collector/raw", b"raw\n", content_type="text/plain", headers=headers).status_code == 200
    )
    assert bodies_of(folder, found) == ['{"a":"ä"}'.encode(), b"a line", b"raw"]
    for bad in (b'{"time":1}', b'{"event":', b'{"event":""}'):
        refused = client.post("/services/collector/event", bad, content_type="application/json", headers=headers)
        assert refused.status_code == 400
    assert client.get("/services/collector/health").status_code == 200
    assert len(bodies_of(folder, found)) == 3


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(bytes(40 << 20), mtime=0), "gzip", 413),
        (gzip.compress(b"x" * 1000, mtime=0)[:-4], "gzip", 400),
        (b"no gzip", "br", 415),
        (b"x" * (bodies.PACKED + 1), "", 413),
        (b"a\n" * (bodies.RECORDS + 1), "", 413),
    ],
)
def test_bodies_are_bounded(folder: Path, source: tuple[Source, str], body: bytes, encoding: str, status: int) -> None:
    found, token = source
    answer = post(token, body, **({"Content-Encoding": encoding} if encoding else {}))
    assert answer.status_code == status
    assert not everything(folder / str(found.pk))


def test_elements_that_are_no_objects_count_as_malformed(folder: Path, source: tuple[Source, str]) -> None:
    found, token = source
    assert post(token, b'[{"a":1},"text",7]').json()["stored"] == 3
    records = [one.record for one in everything(folder / str(found.pk))]
    assert [bool(one.problem) for one in records] == [False, True, True]


def test_a_full_disk_asks_to_come_again_and_keeps_nothing(
    folder: Path, source: tuple[Source, str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, token = source
    assert post(token, b"before", **{"Idempotency-Key": "k0"}).status_code == 200

    def full(self: Writer, data: bytes) -> None:
        raise Full(28, "There is no space left on the disk of the spool.")

    with monkeypatch.context() as broken:
        broken.setattr(Writer, "_write", full)
        answer = post(token, b"x", **{"Idempotency-Key": "k1"})
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert post(token, b"x", **{"Idempotency-Key": "k1"}).json() == {"stored": 1, "known": False}
    assert bodies_of(folder, found) == [b"before", b"x"]


def test_the_floor_of_free_space(folder: Path, source: tuple[Source, str], settings: Any) -> None:
    settings.ACCORD_EVENTS_FREE = 1 << 60
    answer = post(source[1], b"x")
    assert answer.status_code == 503
    assert "ACCORD_EVENTS_FREE" in answer.json()["detail"]


def test_too_much_at_once_is_asked_to_wait() -> None:
    gate = posting.Gate(100)
    gate.enter(90)
    with pytest.raises(posting.Later) as later:
        gate.enter(20)
    assert later.value.status == 429
    gate.leave(90)
    gate.enter(500)  # one alone is never turned away


def test_a_key_of_a_process_that_was_killed(tmp_path: Path) -> None:
    """Killed between the spool and the entry: the lines are there, so the key is done. Killed before: it is new."""
    program = (
        "import sys, os, signal\nfrom pathlib import Path\n"
        "from accord.monitoring.collecting.keys import Keys, digest_of\n"
        "from accord.monitoring.collecting.spool import Record, claim\n"
        "folder = Path(sys.argv[1]); writer = claim(folder, 'web'); keys = Keys(folder)\n"
        "assert keys.reserve(digest_of('there'), writer.name) == 'new'\n"
        "writer.append([Record(1.0, b'x')], {'key': digest_of('there').hex()}); writer.sync()\n"
        "assert keys.reserve(digest_of('not'), writer.name) == 'new'\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env={**os.environ, "PYTHONPATH": "src"},
                          check=False)  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    other = Keys(tmp_path)
    assert other.reserve(digest_of("there"), "web-5") == "done"
    assert other.reserve(digest_of("not"), "web-5") == "new"


def test_a_key_that_another_process_has_now(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "web-0")
    first, second = Keys(tmp_path), Keys(tmp_path)
    assert first.reserve(digest_of("k"), "web-0") == "new"
    assert second.reserve(digest_of("k"), "web-1") == "busy"
    writer.append([Record(1.0, b"x")], {"key": digest_of("k").hex()})
    writer.sync()
    first.done(digest_of("k"), "web-0")
    assert second.reserve(digest_of("k"), "web-1") == "done"
    writer.close()


def test_the_file_of_keys_stays_small_and_stands_a_torn_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accord.monitoring.collecting.keys.MOST", 50)
    keys, other = Keys(tmp_path), Keys(tmp_path)
    for number in range(200):
        one = digest_of(str(number))
        assert keys.reserve(one, "web-0") == "new"
        keys.void(one, "web-0") if number % 2 else keys.done(one, "web-0")
    with (tmp_path / "keys.log").open("ab") as stream:
        stream.write(b"torn")
    assert other.reserve(digest_of("198"), "web-1") == "done"
    assert other.reserve(digest_of("199"), "web-1") == "new"
    assert (tmp_path / "keys.log").stat().st_size <= (50 + 2 * 200 + 2) * ENTRY.size
