"""Sources: what people set, what the pages and the API say, and who may."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from accord_collecting import everything
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.monitoring.collecting.living import Told
from accord.monitoring.models import Collector, Source, SourceHour, SourceLog
from accord.monitoring.pumping.feeds import Feed
from accord.monitoring.selectors import sources as read
from accord.monitoring.services import sources as services

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.ACCORD_EVENTS = str(tmp_path / "events")
    settings.ACCORD_EVENTS_FREE = 1
    return tmp_path / "events"


@pytest.fixture
def ciso() -> User:
    return accounts.add_account(None, "ciso@sources.example", "C", [(Role.CISO, "")])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


NATS = {"servers": "tls://nats-1.example.org", "stream": "LOGS", "durable": "accord"}


def syslog(name: str = "Servers", port: int = 6514, **more: Any) -> Source:
    return services.add_source(None, "syslog", name=name, settings={"port": port, **more})[0]


@pytest.mark.parametrize(
    ("kind", "given", "column"),
    [
        ("syslog", {"port": 70_000}, "port"),
        ("syslog", {"transport": "dtls"}, "transport"),
        ("syslog", {"networks": "10.0.0.0/8 elsewhere"}, "networks"),
        ("syslog", {"address": "here"}, "address"),
        ("syslog", {"certificate": "/etc/a.pem"}, "certificate"),
        ("syslog", {"certificate": "a.pem", "key": "/etc/a.key"}, "certificate"),
        ("syslog", {"paths": ["/var/log"]}, "paths"),
        ("files", {}, "paths"),
        ("files", {"paths": ["log/*.log"]}, "paths"),
        ("files", {"paths": ["/var/log"], "start": "middle"}, "start"),
        ("nats", {}, "servers"),
        ("nats", {**NATS, "servers": "http://nats.example.org"}, "servers"),
        ("nats", {**NATS, "servers": "nats://user:word@nats.example.org"}, "servers"),
        ("nats", {**NATS, "servers": "nats://nats.example.org:99999"}, "servers"),
        ("nats", {**NATS, "stream": "two words"}, "stream"),
        ("nats", {**NATS, "durable": "a.b"}, "durable"),
        ("nats", {**NATS, "subjects": "logs.> logs..a"}, "subjects"),
        ("nats", {**NATS, "subjects": "logs.>.a"}, "subjects"),
        ("nats", {**NATS, "start": "middle"}, "start"),
        ("nats", {**NATS, "unacknowledged": "many"}, "unacknowledged"),
        ("nats", {**NATS, "password": "in the open"}, "password"),
        ("nats", {**NATS, "user": "accord"}, "password_file"),
        ("nats", {**NATS, "password_file": "/etc/accord/password"}, "user"),
        ("nats", {**NATS, "token_file": "/etc/accord/token", "nkey": "/etc/accord/seed"}, "nkey"),
        ("nats", {**NATS, "credentials": "accord.creds"}, "credentials"),
        ("nats", {**NATS, "certificate": "/etc/accord/own.pem"}, "key"),
        ("pigeon", {}, "kind"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(kind: str, given: dict[str, Any], column: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_source(None, kind, name="S", settings=given)
    assert column in {one.column for one in refused.value.problems}
    assert not Source.objects.exists()


def test_sources_share_a_port_only_when_a_sender_has_one_source() -> None:
    first = syslog(networks="10.0.0.0/8")
    syslog("Everybody")
    syslog("Nearer", networks="10.1.0.0/16")
    with pytest.raises(Refused, match="takes every sender"):
        syslog("Everybody else")
    with pytest.raises(Refused, match="one of these networks"):
        syslog("Twice", networks="10.0.0.0/8")
    with pytest.raises(Refused, match="another transport"):
        syslog("Plain", transport="tcp", networks="192.0.2.0/24")
    syslog("Datagrams", transport="udp")
    assert services.change_source(None, first, name="Renamed").name == "Renamed"


def test_every_write_stands_in_the_ledger_and_no_token_does(ciso: User) -> None:
    source, token = services.add_source(ciso, "http", name="Cloud", retention_days=30)
    again = services.renew_token(ciso, source)
    services.disable_source(ciso, source)
    services.disable_source(ciso, source)
    services.change_source(ciso, source, zone="Europe/Vienna")
    entries = list(LedgerEntry.objects.filter(noun="source", key=source.key).order_by("number"))
    assert [one.verb for one in entries] == ["add", "renew_token", "change", "change"]
    source.refresh_from_db()
    held = "".join(one.before + one.after for one in entries)
    assert token not in held and again not in held and source.token not in held
    assert token != again
    assert (source.enabled, source.zone, source.retention_days) == (False, "Europe/Vienna", 30)


def test_what_the_collector_tells_is_added_up() -> None:
    source = syslog(transport="udp")
    started, now = timezone.now(), timezone.now().timestamp()
    for dropped in (3, 4):
        told = Told(source.pk, dropped, 1, 2, now, "", {"connections": 5, "at": now})
        services.note_collected(started, [told], "", 10_000)
    source.refresh_from_db()
    assert (source.dropped, source.refused, source.repeats) == (7, 2, 4)
    assert SourceHour.objects.get(source=source).dropped == 7
    assert read.intake().running and read.intake().free == 10_000
    assert read.state_of(source, timezone.now()) == "receiving"


def test_a_full_disk_pauses_every_source_and_is_said() -> None:
    source, post = syslog(), services.add_source(None, "http", name="Cloud")[0]
    told = Told(source.pk, 0, 0, 0, 0.0, "", {})
    services.note_collected(timezone.now(), [told], "The disk is full.", 1)
    for one in (source, post):
        one.refresh_from_db()
        assert one.paused == "The disk is full."
        assert read.state_of(one, timezone.now()) == "paused"
    assert read.health()["paused"] == {source.key: "The disk is full.", post.key: "The disk is full."}
    services.note_collected(timezone.now(), [told], "", 1)
    for one in (source, post):
        one.refresh_from_db()
        assert not one.paused


def test_states(ciso: User) -> None:
    now = timezone.now()
    source = syslog()
    assert read.state_of(source, now) == "never"
    source.heard = now - timedelta(minutes=10)
    assert read.state_of(source, now) == "receiving"
    source.silent_after = timedelta(minutes=5)
    assert read.state_of(source, now) == "silent"
    source.intake = {"problem": "The port is taken."}
    assert read.state_of(source, now) == "paused"
    source.enabled = False
    assert read.state_of(source, now) == "off"


def test_the_pages(ciso: User) -> None:
    client = client_of(ciso)
    assert "Add the first source" in client.get("/sources/").content.decode()
    assert client.get("/sources/new/").status_code == 200
    for kind in ("syslog", "files", "http", "nats", "upload"):
        assert client.get(f"/sources/new/?kind={kind}").status_code == 200
    refused = client.post("/sources/new/?kind=files", {"name": "Logs", "paths": "log", "start": "end",
                                                         "retention_days": 90})  # fmt: skip
    assert refused.status_code == 422
    assert "no absolute path" in refused.content.decode()
    made = client.post("/sources/new/?kind=http", {"name": "Cloud", "retention_days": 90})
    assert made.status_code == 201
    source = Source.objects.get(name="Cloud")
    page = made.content.decode()
    assert "shown this once" in page and "/services/collector/event" in page
    renewed = client.post(f"/sources/{source.key}/token/")
    assert renewed.status_code == 201
    client.post(f"/sources/{source.key}/change/", {"name": "Clouds", "retention_days": 7, "silent_after": 30})
    source.refresh_from_db()
    assert (source.name, source.retention_days, source.silent_after) == ("Clouds", 7, timedelta(minutes=30))
    client.post(f"/sources/{source.key}/switch/", {"on": "no"})
    source.refresh_from_db()
    assert not source.enabled


def test_a_stream_is_added_changed_and_shown(ciso: User) -> None:
    client = client_of(ciso)
    given = {"name": "Stream", "retention_days": 90, "servers": "tls://a.example.org:4222 nats://b.example.org",
             "stream": "LOGS", "durable": "accord", "subjects": "logs.linux.* logs.cloud.>", "start": "beginning",
             "user": "accord", "password_file": "/etc/accord/nats"}  # fmt: skip
    assert client.post("/sources/new/?kind=nats", given).status_code == 302
    source = Source.objects.get(kind="nats")
    assert source.settings["subjects"] == ["logs.linux.*", "logs.cloud.>"]
    assert "not at this moment" in client.get(source.get_absolute_url()).content.decode()
    form = client.get(f"/sources/{source.key}/change/").content.decode()
    assert "tls://a.example.org:4222 nats://b.example.org" in form and "/etc/accord/nats" in form
    assert client.post(f"/sources/{source.key}/change/", {**given, "subjects": ""}).status_code == 302
    now = timezone.now().timestamp()
    Source.objects.filter(pk=source.pk).update(intake={
        "since": now, "server": "tls://a.example.org:4222", "pending": 12_345, "unacknowledged": 678, "redelivered": 9,
        "error": "Connection reset by peer", "error_at": now, "problems": ["The consumer is kept in memory only."],
    })  # fmt: skip
    page = client.get(source.get_absolute_url()).content.decode()
    for text in ("to tls://a.example.org:4222 since", "12,345", "678", "Connection reset by peer", "in memory only",
                 "as the consumer has them"):  # fmt: skip
        assert text in page
    shown = client.get(f"/api/sources/{source.key}").json()
    assert shown["settings"]["password_file"] == "/etc/accord/nats" and shown["intake"]["pending"] == 12_345


def test_a_source_shows_its_logs_samples_and_hours(ciso: User) -> None:
    source = syslog(transport="tcp")
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    SourceHour.objects.create(source=source, hour=hour, events=1234, malformed=2, timed=100, delay=250.0)
    SourceLog.objects.create(source=source, format="syslog", product="linux", first=now, last=now, events=1234)
    Source.objects.filter(pk=source.pk).update(
        malformed=2, samples=[{"at": now.isoformat(), "file": "", "row": 7, "reason": "No log.", "sample": "<x>&"}]
    )
    page = client_of(ciso).get(source.get_absolute_url()).content.decode()
    for wanted in ("1,234", "linux", "No log.", "&lt;x&gt;&amp;", "2.5", "omfwd"):
        assert wanted in page
    row = client_of(ciso).get("/api/sources").json()["items"][0]
    assert (row["today"], row["malformed_today"], row["delay"]) == (1234, 2, 2.5)


def test_the_api(ciso: User) -> None:
    client = client_of(ciso)
    body = {"name": "API", "kind": "http", "retention_days": 10}
    made = client.post("/api/sources", body, content_type="application/json").json()
    assert made["token"] and made["state"] == "never"
    changed = client.patch(f"/api/sources/{made['key']}", {"retention_days": 20}, content_type="application/json")
    assert changed.json()["retention_days"] == 20 and changed.json()["name"] == "API"
    off = client.post(f"/api/sources/{made['key']}/switch", {"enabled": False}, content_type="application/json")
    assert off.json()["state"] == "off"
    assert client.post(f"/api/sources/{made['key']}/token").json()["token"] != made["token"]
    assert "problem" in client.get("/api/intake").json()
    refused = client.post("/api/sources", {**body, "kind": "syslog", "name": "S", "settings": {"port": 0}},
                          content_type="application/json")  # fmt: skip
    assert refused.status_code == 422


def test_files_are_handed_in(ciso: User, folder: Path) -> None:
    client = client_of(ciso)
    first, second = io.BytesIO(b'{"a":1}\n'), io.BytesIO(b"ElfFile\0 and so on")
    first.name, second.name = "a.jsonl", "b.evtx"
    answer = client.post("/sources/hand-in/", {"source": "Case 7", "uploads": [first, second]})
    assert answer.status_code == 302
    source = Source.objects.get(name="Case 7", kind="upload")
    records = [one.record for one in everything(folder / "spool" / str(source.pk))]
    assert [one.name for one in records] == ["a.jsonl", "b.evtx"]
    contents = [(folder / "spool" / str(source.pk) / one.file).read_bytes() for one in records]
    assert contents == [b'{"a":1}\n', b"ElfFile\0 and so on"]
    assert LedgerEntry.objects.filter(noun="source", verb="hand_in").count() == 1


def packed(kind: str, files: dict[str, bytes]) -> bytes:
    """A ZIP or TAR of these files."""
    found = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as whole:
            for name, content in files.items():
                whole.writestr(name, content)
    else:
        with tarfile.open(fileobj=found, mode="w:gz") as whole:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                whole.addfile(entry, io.BytesIO(content))
    return found.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_are_handed_in_file_by_file(ciso: User, folder: Path, kind: str) -> None:
    """EVTX, GZIP and Zstandard inside; names lead nowhere; an archive within one stays a file."""
    line = b"<134>1 2026-03-01T10:00:00Z web-01 app 1 - - hello\n"
    inside = {
        "var/log/app.log": line, "../../etc/old.log.gz": gzip.compress(line), "new.log.zst": zstandard.compress(line),
        "Security.evtx": b"ElfFile\0 and so on", "inner.zip": packed("zip", {"a.log": line}),
    }  # fmt: skip
    upload = io.BytesIO(packed(kind, inside))
    upload.name = f"case.{kind}"
    client = client_of(ciso)
    answer = client.post("/sources/hand-in/", {"source": "Case 9", "uploads": [upload]}, follow=True)
    assert "5 files handed in" in answer.content.decode()
    source = Source.objects.get(name="Case 9")
    spool = folder / "spool" / str(source.pk)
    records = [one.record for one in everything(spool)]
    names = ["var/log/app.log", "etc/old.log.gz", "new.log.zst", "Security.evtx", "inner.zip"]
    assert [one.name for one in records] == [f"case.{kind}/{name}" for name in names]
    assert [(spool / one.file).read_bytes() for one in records] == list(inside.values())
    pieces, _ = Feed(source).take(100)
    assert [(one.event.file, one.event.raw) for one in pieces] == [
        (f"case.{kind}/{name}", line.rstrip()) for name in names[:3]
    ]


def test_what_cannot_be_unpacked_is_said_and_counted(ciso: User, folder: Path, monkeypatch: Any) -> None:
    client = client_of(ciso)
    line = b"<134>1 2026-03-01T10:00:00Z web-01 app 1 - - hello\n"
    whole = packed("zip", {"a.log": line, "b.log": b"two\n" * 50_000})
    monkeypatch.setattr("accord.intake.archive.FREE", 100_000)
    monkeypatch.setattr("accord.intake.archive.RATIO", 1)
    given = {"bomb.zip": whole, "empty.zip": packed("zip", {}), "cut.zip": whole[:60] + whole[90:]}
    uploads = []
    for name, content in given.items():
        uploads.append(io.BytesIO(content))
        uploads[-1].name = name
    made = client.post("/api/sources/hand-in", {"source": "Case 10", "files": uploads}).json()
    assert made["files"] >= 1
    assert {one["file"].partition("/")[0] for one in made["problems"]} == set(given)
    source = Source.objects.get(name="Case 10")
    records = [one.record for one in everything(folder / "spool" / str(source.pk))]
    assert sum(bool(one.problem) for one in records) == len(made["problems"])
    feed = Feed(source)
    feed.take(100)
    assert sum(one.malformed for one in feed.read.hours.values()) == len(made["problems"])


def test_a_log_that_ends_like_a_zip_stays_a_log(ciso: User, folder: Path) -> None:
    """An attacker who writes the last line cannot hide the log."""
    end = b"PK\x05\x06" + bytes(18)
    log = b"<134>1 2026-03-01T10:00:00Z web-01 app 1 - - hello\n" + end
    source = services.ensure_source(ciso, "upload", "Case 11")
    assert services.hand_in(ciso, source, [("app.log", log)]) == (1, [])
    assert [one.record.name for one in everything(folder / "spool" / str(source.pk))] == ["app.log"]


def test_no_space_for_a_file_is_a_refusal(ciso: User, settings: Any, folder: Path) -> None:
    settings.ACCORD_EVENTS_FREE = 1 << 60
    source = services.ensure_source(ciso, "upload", "Case 8")
    with pytest.raises(Refused, match="ACCORD_EVENTS_FREE"):
        services.hand_in(ciso, source, [("a", b"x")])
    assert not everything(folder / "spool" / str(source.pk))


def test_who_only_reads_may_not_write() -> None:
    auditor = accounts.add_account(None, "auditor@sources.example", "A", [(Role.AUDITOR, "")])
    client, source = client_of(auditor), syslog()
    assert client.get(source.get_absolute_url()).status_code == 200
    assert client.post(f"/sources/{source.key}/switch/", {"on": "no"}).status_code == 403
    assert client.get("/sources/hand-in/").status_code == 403
    assert Collector.objects.count() == 0
