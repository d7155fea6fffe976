"""Which asset an event is of, and what becomes of machines that no asset answers to."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from accord_spooled import audit, everything, folder, send, source

from accord.core import accounts
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.estate.models import Asset
from accord.exposure.models import Target, TotalExposure
from accord.intake.events import Event, LogSource
from accord.monitoring import pumping, store
from accord.monitoring.models import Source, SourceHost
from accord.monitoring.pumping import pump as steps
from accord.monitoring.pumping.envelope import Envelopes, normal
from accord.monitoring.pumping.pump import Pump

__all__ = ["folder", "send", "source"]
COLUMNS = ["key", "name", "kind", "hostnames", "addresses", "identifiers"]


def assets(actor: User, *rows: str) -> None:
    cells = [TextRow(n, dict(zip(COLUMNS, row.split(","), strict=True))) for n, row in enumerate(rows, 2)]
    import_tables(actor, [TextTable("asset", COLUMNS, cells)])


@pytest.fixture
def estate(db: None) -> User:
    actor = accounts.add_account(None, "ana@pump.example", "Ana", [(Role.ANALYST, "")])
    assets(
        actor, "A-1,Web server,host,srv-01.corp.example,10.0.0.1,", "A-2,SRV-02,host,,10.0.0.2,",
        "A-3,Twin a,host,twin-a,10.0.0.9,", "A-4,Twin b,host,twin-b,10.0.0.9,",
    )  # fmt: skip
    return actor


def asset_of(event: store.StoredEvent) -> str | None:
    return None if event.asset is None else Asset.objects.get(pk=event.asset).key


def flow(src: str, dst: str) -> str:
    at = datetime.now(UTC).timestamp()
    return json.dumps({"ts": at, "_path": "conn", "uid": "C", "id.orig_h": src, "id.resp_h": dst})


TENANT = "7d1f0c1e-0000-4000-8000-00000000abcd"
AWS = {"eventVersion": "1.09", "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "eu-north-1",
       "sourceIPAddress": "10.0.0.1", "userIdentity": {"type": "IAMUser", "userName": "svc-x"}}  # fmt: skip
ENTRA = {"Type": "SigninLogs", "UserPrincipalName": "ada@corp.example", "IPAddress": "10.0.0.1", "ResultType": "0"}
OFFICE = {"RecordType": 6, "Workload": "SharePoint", "Operation": "FileDownloaded", "UserId": "eve@corp.example"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({**AWS, "eventTime": "", "recipientAccountId": "111122223333"}, "A-AWS"),
        ({**AWS, "eventTime": "", "recipientAccountId": "444455556666"}, "A-1"),  # unknown: who began
        ({**ENTRA, "TimeGenerated": "", "TenantId": TENANT.upper()}, "A-ADA"),
        ({**ENTRA, "TimeGenerated": "", "UserPrincipalName": "eve@corp.example", "TenantId": TENANT}, "A-TEN"),
        ({**ENTRA, "TimeGenerated": "", "UserPrincipalName": "eve@corp.example"}, "A-1"),
        ({**OFFICE, "CreationTime": "", "OrganizationId": TENANT}, "A-TEN"),
        ({**OFFICE, "CreationTime": ""}, None),
    ],
    ids=("account", "unknown account", "person", "tenant", "neither", "tenant of office", "office"),
)
def test_logs_of_clouds_and_sign_ins_are_of_the_account_that_they_name(
    event: dict[str, Any], expected: str | None, estate: User, send: Callable[..., None]
) -> None:
    assets(
        estate, "A-AWS,Cloud,account,,,aws-account:111122223333", "A-ADA,Ada,account,,,account:ada@corp.example",
        f"A-TEN,Tenant,account,,,entra-tenant:{TENANT}",
    )  # fmt: skip
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    send(json.dumps({name: now if value == "" else value for name, value in event.items()}))
    pumping.step()
    assert [asset_of(one) for one in everything()] == [expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (audit(1, datetime.now(UTC), node="srv-01.corp.example"), "A-1"),
        (audit(1, datetime.now(UTC), node="SRV-01.CORP.EXAMPLE."), "A-1"),
        (audit(1, datetime.now(UTC), node="srv-02.elsewhere.example"), "A-2"),
        (audit(1, datetime.now(UTC), node="10.0.0.2"), "A-2"),
        (audit(1, datetime.now(UTC), node="srv-01"), None),
        (audit(1, datetime.now(UTC), node="nobody"), None),
        (flow("10.0.0.1", "10.0.0.2"), "A-1"),
        (flow("203.0.113.5", "10.0.0.2"), "A-2"),
        (flow("::ffff:10.0.0.2", "203.0.113.5"), "A-2"),
        (flow("10.0.0.9", "203.0.113.5"), None),
    ],
    ids=(
        "name", "name in capitals", "name elsewhere", "address as name", "short name", "nobody", "source",
        "destination", "mapped address", "no address",
    ),
)  # fmt: skip
def test_an_event_is_of_the_asset_with_its_name_else_its_address(
    estate: User, send: Callable[..., None], line: str, expected: str | None
) -> None:
    """A name that is told decides; a short name is not taken for a long one, and between two nobody guesses."""
    send(line)
    pumping.step()
    (event,) = everything()
    assert asset_of(event) == expected


def test_what_an_event_was_tied_to_stays_when_the_address_moves_on(
    estate: User, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the pump that runs sees the change at once."""
    with steps.only_one():
        pump = Pump()

        def cycle() -> None:
            send(flow("10.0.0.1", "203.0.113.5"))
            pump.commit(pump.fill(), False)

        cycle()
        assets(estate, "A-1,Web server,host,srv-01.corp.example,10.0.0.7,", "A-2,SRV-02,host,,10.0.0.1,")
        cycle()
    assert [asset_of(one) for one in sorted(everything(), key=lambda one: one.received)] == ["A-1", "A-2"]


def test_late_events_are_of_the_asset_that_had_the_address_then(estate: User, send: Callable[..., None]) -> None:
    """The ledger tells who had it; an asset that was only added since may have had it all the time."""
    assets(estate, "A-1,Web server,host,srv-01.corp.example,10.0.0.7,", "A-2,SRV-02,host,new.example,10.0.0.1,")
    assets(estate, "A-5,Added,host,,10.0.0.5,")
    then, now = datetime.now(UTC) - timedelta(days=2), datetime.now(UTC)

    def event(src: str, at: datetime) -> str:
        return json.dumps({"ts": at.timestamp(), "_path": "conn", "uid": src, "id.orig_h": src, "id.resp_h": "8.8.8.8"})

    send(*(event(src, then) for src in ("10.0.0.1", "10.0.0.2", "10.0.0.7", "10.0.0.5", "10.0.0.9")))
    send(audit(7, then, node="new.example"))
    pumping.step()
    found = {one.src or one.host: asset_of(one) for one in everything()}
    assert found == {
        "10.0.0.1": "A-1", "10.0.0.2": "A-2", "10.0.0.7": None, "10.0.0.5": "A-5", "10.0.0.9": None,
        "new.example": None,
    }  # fmt: skip
    send(event("10.0.0.1", now), event("10.0.0.2", now))
    pumping.step()
    live = {one.src: asset_of(one) for one in everything() if now - one.time < timedelta(hours=1)}
    assert live == {"10.0.0.1": "A-2", "10.0.0.2": None}


def test_machines_of_no_asset_wait_among_the_unclaimed(
    estate: User, source: Source, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a day each; outer addresses do not; a claim then ties the next events."""
    send(audit(1, datetime.now(UTC), node="New-Box"), flow("10.9.9.9", "8.8.8.8"), flow("127.0.0.1", "169.254.1.1"))
    pumping.step()
    found = {one.name: one for one in Target.objects.all()}
    assert set(found) == {"new-box", "10.9.9.9"}
    box = found["new-box"]
    assert (box.state, box.reason, box.hostnames) == ("unclaimed", "Seen in logs of Servers.", ["new-box"])
    assert found["10.9.9.9"].addresses == ["10.9.9.9"]
    assert TotalExposure.objects.get().unclaimed == 2
    assert LedgerEntry.objects.filter(noun="unclaimed", verb="add").count() == 2
    calls: list[Any] = []
    monkeypatch.setattr("accord.exposure.services.named.note", lambda *told: calls.append(told))
    with steps.only_one():
        pump = Pump()
        for _ in range(3):
            send(audit(2, datetime.now(UTC), node="new-box"))
            pump.commit(pump.fill(), False)
    assert len(calls) == 1


def test_what_a_scanner_told_of_a_target_is_not_overwritten(estate: User, send: Callable[..., None]) -> None:
    now = datetime.now(UTC)
    Target.objects.create(
        identity="host:new-box", kind="host", name="New Box", hostnames=["new-box"], macs=["aa:bb:cc:dd:ee:ff"],
        first_seen=now - timedelta(days=9), last_seen=now - timedelta(days=8),
    )  # fmt: skip
    send(audit(1, now, node="new-box"))
    pumping.step()
    target = Target.objects.get()
    assert (target.name, target.macs) == ("New Box", ["aa:bb:cc:dd:ee:ff"])
    assert now - target.last_seen < timedelta(seconds=1)


def test_names_of_no_asset_are_bounded(
    estate: User, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accord.monitoring.pumping.assets.MOST_A_DAY", 30)
    send(*(audit(1, datetime.now(UTC), node=f"flood-{n}") for n in range(100)))
    pumping.step()
    assert Target.objects.count() == 30
    assert len(everything()) == 100


def test_hosts_are_noted_by_source(estate: User, source: Source, send: Callable[..., None]) -> None:
    send(audit(1, datetime.now(UTC), node="srv-01.corp.example"), audit(2, datetime.now(UTC), node="nobody"))
    pumping.step()
    asset = Asset.objects.get(key="A-1").pk
    assert set(SourceHost.objects.values_list("host", "asset")) == {("srv-01.corp.example", asset), ("nobody", None)}


@pytest.mark.parametrize(
    ("kind", "told", "peer", "name", "expected"),
    [
        (Source.Kind.SYSLOG, {}, "10.0.0.1", "", "10.0.0.1"),
        (Source.Kind.SYSLOG, {}, "127.0.0.1", "", None),
        (Source.Kind.SYSLOG, {"host": "named"}, "10.0.0.1", "", "named"),
        (Source.Kind.FILES, {}, "", "audit.log", "here"),
        (Source.Kind.UPLOAD, {}, "10.0.0.1", "audit.log", None),
    ],
)
def test_the_machine_of_a_log_that_names_none(
    estate: User, source: Source, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch, kind: str,
    told: dict[str, str], peer: str, name: str, expected: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    Source.objects.update(kind=kind, settings=told)
    send('type=EXECVE msg=audit(1700000000.1:7): argc=1 a0="sh"', peer=peer, name=name)
    send('{"eventSource": "s3", "eventName": "E", "awsRegion": "eu"}', peer=peer, name=name, connection="cloud")
    pumping.step()
    hosts = {one.product: one.host for one in everything()}
    assert hosts == {"linux": expected, "aws": "named" if told else None}


ENVELOPES: list[tuple[LogSource, str, dict[str, Any], tuple[str | None, ...]]] = [
    (LogSource("windows", None, "security"), "windows-json",
     {"EventID": 4624, "Computer": "DC1", "TargetUserName": "ada", "SubjectUserName": "DC1$", "IpAddress": "10.1.1.1"},
     ("DC1", "ada", "10.1.1.1", None)),
    (LogSource("windows", None, "security"), "windows-json",
     {"EventID": 4672, "Computer": "DC1", "TargetUserName": "-", "SubjectUserName": "bob", "IpAddress": "-"},
     ("DC1", "bob", None, None)),
    (LogSource("windows", "network_connection", "sysmon"), "windows-json",
     {"EventID": 3, "Computer": "PC", "User": "A\\eve", "SourceIp": "10.0.0.1", "DestinationIp": "::ffff:8.8.8.8"},
     ("PC", "A\\eve", "10.0.0.1", "8.8.8.8")),
    (LogSource("linux", None, "auditd"), "auditd", {"type": "USER_LOGIN", "acct": "root", "addr": "10.2.2.2"},
     (None, "root", "10.2.2.2", None)),
    (LogSource("linux", None, "auditd"), "auditd", {"auid": "4294967295", "uid": "0"}, (None, "0", None, None)),
    (LogSource("aws", None, "cloudtrail"), "cloudtrail",
     {"userIdentity": {"arn": "arn:aws:iam::1:user/ada"}, "sourceIPAddress": "198.51.100.7"},
     (None, "arn:aws:iam::1:user/ada", "198.51.100.7", None)),
    (LogSource("aws", None, "cloudtrail"), "cloudtrail", {"sourceIPAddress": "ec2.amazonaws.com"},
     (None, None, None, None)),
    (LogSource("azure", None, "signinlogs"), "azure",
     {"userPrincipalName": "ada@x.example", "ipAddress": "198.51.100.7", "deviceDetail": {"displayName": "PC-7"}},
     ("PC-7", "ada@x.example", "198.51.100.7", None)),
    (LogSource("azure", None, "auditlogs"), "azure",
     {"initiatedBy": {"user": {"userPrincipalName": "bob", "ipAddress": "198.51.100.8"}}},
     (None, "bob", "198.51.100.8", None)),
    (LogSource("m365", None, "audit"), "m365", {"UserId": "ada", "ClientIP": "[2001:db8::1]:443"},
     (None, "ada", "2001:db8::1", None)),
    (LogSource("okta", None, "okta"), "okta",
     {"actor": {"alternateId": "ada"}, "client": {"ipAddress": "198.51.100.9"}}, (None, "ada", "198.51.100.9", None)),
    (LogSource("zeek", "firewall", "conn"), "zeek",
     {"id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2", "_system_name": "sensor"},
     (None, None, "10.0.0.1", "10.0.0.2")),
    (LogSource("suricata", None, "alert"), "suricata",
     {"src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "host": "sensor"},
     (None, None, "10.0.0.1", "10.0.0.2")),
    (LogSource(None, "webserver"), "access-log", {"c-ip": "203.0.113.9", "cs-username": "ada", "cs-host": "www.x"},
     ("www.x", "ada", "203.0.113.9", None)),
    (LogSource("wall"), "cef", {"src": "10.0.0.1", "dst": "10.0.0.2", "suser": "ada", "dvchost": "fw"},
     ("fw", "ada", "10.0.0.1", "10.0.0.2")),
    (LogSource("linux", None, "sshd"), "syslog", {"hostname": "srv"}, ("srv", None, None, None)),
    (LogSource(), "json", {"source": {"ip": "10.0.0.1:99"}, "user": {"name": "ada"}, "hostname": ["a", "b"]},
     ("a", "ada", "10.0.0.1", None)),
    (LogSource(), "json", {"user": {"x": 1}, "src": 7, "host": "\ud800x\0" + "y" * 400},
     ("?x" + "y" * 297, None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("log", "form", "data", "expected"), ENVELOPES)
def test_who_and_where_by_the_fields_of_each_log(
    log: LogSource, form: str, data: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    event = Event(data, b"", log, None, None, "x", 1, form)
    assert Envelopes().of(event) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"), ("10.0.0.1:443", "10.0.0.1"), ("[::1]:80", "::1"), ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("", None), ("-", None), ("host", None),
        ("1.2.3", None), ("9" * 500, None),
    ],
)  # fmt: skip
def test_addresses_have_one_form(text: str, expected: str | None) -> None:
    assert normal(text) == expected
