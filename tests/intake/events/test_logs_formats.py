"""Each format of logs on invented lines: what it is recognized as, its log source, fields, time and host."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from accord.intake.events import FORMATS, Assumed, Event, LogSource, NotLogs, Tally, detect, read_events

SERIAL = "audit(1735725600.123:77)"
CLOUD = {
    "eventVersion": "1.08", "eventTime": "2025-01-01T10:00:00Z", "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser", "awsRegion": "eu-central-1", "userIdentity": {"arn": "arn:aws:iam::1:user/ann"},
}  # fmt: skip
OKTA = {
    "uuid": "a", "published": "2025-01-01T10:00:00.000Z", "eventType": "user.session.start",
    "outcome": {"result": "FAILURE"}, "actor": {"alternateId": "ann@example.org"}, "target": [{"displayName": "App"}],
}  # fmt: skip
M365 = {
    "CreationTime": "2025-01-01T10:00:00", "Operation": "New-InboxRule", "Workload": "Exchange", "RecordType": 1,
    "UserId": "ann@example.org", "Parameters": [{"Name": "DeleteMessage", "Value": "True"}],
}  # fmt: skip
SIGN_IN = {
    "time": "2025-01-01T10:00:00.1234567Z", "category": "SignInLogs", "operationName": "Sign-in activity",
    "resourceId": "/tenants/t", "resultType": "50126",
    "properties": {"userPrincipalName": "ann@example.org", "riskState": "none", "category": "SignIn"},
}  # fmt: skip
EVE = {
    "timestamp": "2025-01-01T11:00:00.000001+0100", "flow_id": 1, "event_type": "http", "src_ip": "192.0.2.1",
    "dest_ip": "198.51.100.9", "dest_port": 80, "http": {"hostname": "h.example", "url": "/a?b", "http_method": "GET"},
}  # fmt: skip
ZEEK = {"ts": 1735725600.5, "uid": "C1", "id.orig_h": "192.0.2.1", "id.resp_h": "198.51.100.9", "query": "a.example",
        "qtype_name": "A", "answers": ["198.51.100.1"], "_path": "dns"}  # fmt: skip
TEN = datetime(2025, 1, 1, 10, tzinfo=UTC)
ACCESS = '198.51.100.7 - ann [01/Jan/2025:12:00:00 +0200] "GET /a/b?q=1 HTTP/1.1" 404 12 "https://r.example/" "curl/8"'


def read(content: str | bytes, **options: Any) -> tuple[list[Event], Tally]:
    tally = Tally()
    body = content.encode() if isinstance(content, str) else content
    return list(read_events(io.BytesIO(body), tally, name="file", **options)), tally


def one(content: str | bytes, **options: Any) -> Event:
    found, tally = read(content, **options)
    assert not tally.samples
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("record", "form", "source"),
    [
        (CLOUD, "cloudtrail", LogSource("aws", None, "cloudtrail")),
        (OKTA, "okta", LogSource("okta", None, "okta")),
        (M365, "m365", LogSource("m365", None, "audit")),
        (SIGN_IN, "azure", LogSource("azure", None, "signinlogs")),
    ],
)
@pytest.mark.parametrize("wrap", ["lines", "list", "wrapped", "pretty", "one"])
def test_cloud_logs_in_every_wrapping(record: dict[str, Any], form: str, source: LogSource, wrap: str) -> None:
    text = {
        "lines": json.dumps(record) + "\n" + json.dumps(record) + "\n",
        "list": json.dumps([record, record], indent=1),
        "wrapped": json.dumps({"@odata.context": "x", "value": [record, record]}),
        "pretty": json.dumps(record, indent=2) + "\n" + json.dumps(record, indent=2),
        "one": json.dumps({"Records": [record, record]}, indent=2),
    }[wrap]
    found, tally = read(text)
    assert not tally.malformed
    assert [event.format for event in found] == [form, form]
    for event in found:
        assert event.source == source
        assert event.time is not None and event.time.replace(microsecond=0) == TEN
        assert {"a": 1, **record}.keys() - {"a"} <= event.data.keys()


def test_a_field_of_properties_also_stands_at_the_top_and_a_clash_keeps_both() -> None:
    data = one(json.dumps(SIGN_IN)).data
    assert data["riskState"] == "none"
    assert data["category"] == ["SignInLogs", "SignIn"]
    assert data["properties"]["riskState"] == "none"


def test_an_entra_audit_record_has_the_message_that_rules_ask_for() -> None:
    record = {"time": "2025-01-01T10:00:00Z", "category": "AuditLogs", "operationName": "Add member to role",
              "tenantId": "t", "properties": {"loggedByService": "Core Directory"}}  # fmt: skip
    event = one(json.dumps(record))
    assert event.source.service == "auditlogs"
    assert event.data["properties.message"] == "Add member to role"
    assert event.data["loggedByService"] == "Core Directory"


@pytest.mark.parametrize(
    ("record", "service"),
    [
        ({"createdDateTime": "2025-01-01T10:00:00Z", "userPrincipalName": "a", "appId": "b"}, "signinlogs"),
        ({"activityDateTime": "2025-01-01T10:00:00Z", "activityDisplayName": "a"}, "auditlogs"),
        ({"detectedDateTime": "2025-01-01T10:00:00Z", "riskEventType": "a"}, "riskdetection"),
        ({"TimeGenerated": "2025-01-01T10:00:00Z", "Type": "AzureActivity"}, "activitylogs"),
        ({"TimeGenerated": "2025-01-01T10:00:00Z", "UserPrincipalName": "a", "ResultType": "0"}, "signinlogs"),
        ({"time": "2025-01-01T10:00:00Z", "operationName": "A", "resourceId": "", "category": "Alert"}, "activitylogs"),
    ],
)  # fmt: skip
def test_shapes_of_azure_logs(record: dict[str, Any], service: str) -> None:
    event = one(json.dumps(record))
    assert event.source == LogSource("azure", None, service)
    assert event.time == TEN


def test_m365_alerts_are_of_threat_management() -> None:
    event = one(
        json.dumps({**M365, "Workload": "SecurityComplianceCenter", "Name": "Mass download", "ResultStatus": "success"})
    )
    assert event.source.service == "threat_management"
    assert (event.data["eventName"], event.data["status"]) == ("Mass download", "success")


def test_the_csv_of_an_audit_search() -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows(
        [["RecordId", "CreationDate", "Operation", "AuditData"], ["1", "x", "y", json.dumps(M365)], ["2", "x", "y", ""]]
    )
    found, tally = read(text.getvalue())
    assert [event.data["Operation"] for event in found] == ["New-InboxRule"]
    assert tally.malformed["file"] == 1
    assert tally.samples[0].row == 2


def test_suricata_names_what_proxy_rules_ask_for() -> None:
    event = one(json.dumps(EVE))
    assert event.source == LogSource("suricata", "proxy", "http")
    assert event.time == TEN + timedelta(microseconds=1)
    assert event.data["c-uri"] == "/a?b" and event.data["dst_ip"] == "198.51.100.9"
    dns = {**EVE, "event_type": "dns", "dns": {"rrname": "a.example", "rrtype": "TXT", "answers": [{"rdata": "x"}]}}
    data = one(json.dumps(dns)).data
    assert (data["query"], data["record_type"], data["answer"]) == ("a.example", "TXT", "x")


def test_zeek_as_json_and_as_a_table_say_the_same() -> None:
    head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
    head += "#fields\tts\tuid\tid.orig_h\tid.resp_h\tquery\tqtype_name\tanswers\trejected\n"
    head += "#types\ttime\tstring\taddr\taddr\tstring\tstring\tvector[string]\tbool\n"
    line = "1735725600.500000\tC1\t192.0.2.1\t198.51.100.9\ta.example\tA\t198.51.100.1\tT\n"
    table, tally = read(
        head + line + "1735725600.5\tC2\n" + line.replace("a.example", "-").replace("\tT", "\tF") + "#close\tx\n"
    )
    plain = one(json.dumps({key: value for key, value in ZEEK.items() if key != "_path"}))
    for event in (table[0], plain):
        assert event.source == LogSource("zeek", "dns", "dns")
        assert event.time == TEN + timedelta(milliseconds=500)
        assert event.data["answers"] == event.data["answer"] == ["198.51.100.1"]
    assert table[0].data["rejected"] is True and table[1].data["rejected"] is False
    assert "query" not in table[1].data
    assert [(sample.row, sample.reason) for sample in tally.samples] == [(9, "It has 2 columns where #fields names 8.")]
    assert [event.row for event in table] == [8, 10]


def test_zeek_writes_bytes_as_escapes() -> None:
    text = "#separator \\x09\n#path\thttp\n#fields\tts\turi\n#types\ttime\tstring\n1735725600.5\t/\\x09a\\x2d\n"
    assert one(text).data["uri"] == one(text).data["c-uri"] == "/\ta-"


def test_records_of_the_audit_daemon() -> None:
    text = (
        f'type=EXECVE msg={SERIAL}: argc=3 a0="sh" a1="-c" a2=6563686F2068C3A9\n'
        f'type=SYSCALL msg={SERIAL}: arch=c000003e syscall=59 a0=7ffd a1=0 exe="/bin/sh" key="x"'
        "\x1dARCH=x86_64 SYSCALL=execve\n"
        f'node=web1 type=USER_LOGIN msg={SERIAL}: pid=1 msg=\'op=login acct="root" exe="/usr/sbin/sshd" res=failed\'\n'
        f"type=PROCTITLE msg={SERIAL}: proctitle=636174002F6574632F706173737764\n"
        f"type=SYSCALL msg={SERIAL}: arch=c000003e syscall=319 a0=41414141\n"
    )
    found, tally = read(text)
    assert not tally.malformed
    execve, syscall, login, title, memfd = (event.data for event in found)
    assert [execve[name] for name in ("a0", "a1", "a2")] == ["sh", "-c", "echo hé"]
    assert (syscall["a0"], syscall["SYSCALL"], syscall["exe"]) == ("7ffd", "execve", "/bin/sh")
    assert (login["acct"], login["res"], login["type"]) == ("root", "failed", "USER_LOGIN")
    assert title["proctitle"] == "cat /etc/passwd"
    assert (memfd["SYSCALL"], memfd["a0"]) == ("memfd_create", "41414141")
    assert found[2].host == "web1"
    assert {event.source for event in found} == {LogSource("linux", None, "auditd")}
    assert found[0].time == TEN + timedelta(milliseconds=123)


def test_a_started_program_is_put_together_from_its_records() -> None:
    call = f'type=SYSCALL msg={SERIAL}: arch=c000003e syscall=59 ppid=1 pid=2 uid=0 exe="/usr/bin/base64"\n'
    program = f'type=EXECVE msg={SERIAL}: argc=3 a0="base64" a1="-d" a2=61206220\n'
    other = program.replace(":77)", ":78)")
    found, tally = read(call + program + program + call + other)
    processes = [event for event in found if event.source.category]
    assert len(found) == 6 and tally.events.total() == 6
    (process,) = processes
    assert process.source == LogSource("linux", "process_creation") and process.row == 2
    assert (process.data["Image"], process.data["CommandLine"]) == ("/usr/bin/base64", "base64 -d a b ")
    assert (process.data["ProcessId"], process.data["ParentProcessId"], process.data["User"]) == ("2", "1", "0")
    assert process.time == found[0].time


def test_syslog_of_today() -> None:
    line = (
        '<34>1 2025-01-01T12:00:00.5+02:00 web1 sshd 99 ID1 [ex@1 a="b \\"c\\"" k="v"][o@2 z="1"] \ufeffFailed password'
    )
    event = one(line)
    assert event.source == LogSource("linux", None, "sshd")
    assert event.time == TEN + timedelta(milliseconds=500)
    assert event.host == "web1"
    data = event.data
    assert (data["facility"], data["severity"], data["pid"], data["msgid"]) == (4, 2, "99", "ID1")
    assert (data["a"], data["ex@1.k"], data["z"], data["message"]) == ('b "c"', "v", "1", "Failed password")


def test_syslog_of_old_tells_neither_year_nor_zone() -> None:
    line = "<86>Jan  1 10:00:00 web1 sudo[12]:      ann : TTY=pts/0 ; PWD=/home/ann ; USER=#-1 ; COMMAND=/bin/id -u"
    found, tally = read(line)
    assert found[0].time is None
    assert [note for note in tally.notes if "no year" in note]
    assert found[0].source.service == "sudo"
    assert (found[0].data["USER"], found[0].data["COMMAND"]) == ("#-1", "/bin/id -u")
    assert one(line, assumed=Assumed(2025, UTC)).time == TEN
    half, tally = read(line, assumed=Assumed(2025))
    assert half[0].time is None and [note for note in tally.notes if "no zone" in note]
    assert one(line, assumed=Assumed(2025, timezone(timedelta(hours=1)))).time == TEN - timedelta(hours=1)


def test_syslog_with_iso_times_and_what_is_inside_of_it() -> None:
    text = (
        f'2025-01-01T10:00:00+00:00 web1 audispd: type=EXECVE msg={SERIAL}: argc=1 a0="id"\n'
        "2025-01-01T10:00:00Z fw1 CEF:0|Maker|Gate|1|100|Blocked \\| now|7|src=192.0.2.1 msg=a\\=b c "
        "cs1Label=Policy cs1=Deny all\n"
        "198.51.100.2 77: Jan  1 10:00:00.123 UTC: %SYS-5-CONFIG_I: Configured\n"
    )
    audit, cef, cisco = read(text)[0]
    assert (audit.format, audit.source.service, audit.host, audit.data["a0"]) == ("syslog", "auditd", "web1", "id")
    assert cef.data["name"] == "Blocked | now" and cef.data["msg"] == "a=b c" and cef.data["Policy"] == "Deny all"
    assert (cef.time, cef.host, cef.source) == (TEN, "fw1", LogSource("gate"))
    assert cisco.source == LogSource("cisco", None, "syslog") and cisco.time is None


def test_cef_alone_takes_its_time_from_the_extensions() -> None:
    event = one("CEF:0|Fortinet|Fortigate|7|1|n|3|rt=1735725600000 dvchost=fw act=deny")
    assert (event.time, event.host, event.source.product) == (TEN, "fw", "fortigate")
    assert one("CEF:0|a|b|7|1|n|3|rt=Jan 01 2025 10:00:00 UTC").time == TEN
    found, tally = read("CEF:0|a|b|7|1|n|3|rt=Jan 01 2025 10:00:00")
    assert found[0].time is None and tally.notes


def test_access_logs() -> None:
    event = one(ACCESS)
    assert event.source == LogSource(None, "webserver")
    assert event.time == TEN
    data = event.data
    assert (data["c-ip"], data["cs-username"], data["cs-method"]) == ("198.51.100.7", "ann", "GET")
    assert (data["cs-uri"], data["cs-uri-stem"], data["cs-uri-query"]) == ("/a/b?q=1", "/a/b", ["q=1", "/a/b?q=1"])
    assert (data["sc-status"], data["sc-bytes"], data["cs-user-agent"]) == (404, 12, "curl/8")
    virtual = one('shop.example:443 192.0.2.1 - - [01/Jan/2025:10:00:00 +0000] "\\x16\\x03" 400 -')
    assert virtual.data["cs-host"] == "shop.example:443"
    assert virtual.data["cs-uri"] == "\x16\x03"
    assert "sc-bytes" not in virtual.data


def test_error_logs_of_web_servers() -> None:
    nginx = "2025/01/01 10:00:00 [alert] 7#7: worker process 8 exited on signal 11 (core dumped)"
    assert one(nginx, assumed=Assumed(zone=UTC)).source.service == "nginx"
    assert read(nginx)[0][0].time is None
    apache = "[Wed Jan 01 10:00:00.5 2025] [core:error] [pid 3] [client 192.0.2.1:5] File not found"
    event = one(apache, assumed=Assumed(zone=UTC))
    assert (event.source.service, event.data["c-ip"], event.time) == (
        "apache",
        "192.0.2.1",
        TEN + timedelta(seconds=0.5),
    )


def test_json_of_no_known_log_keeps_its_fields() -> None:
    record = {"@timestamp": "2025-01-01T10:00:00Z", "host": "h", "a": {"b": [1]}}
    event = one(json.dumps(record))
    assert (event.format, event.source, event.time, event.host) == ("json", LogSource(), TEN, "h")
    assert event.data == record
    assert one(json.dumps(record), source=LogSource("github", None, "audit")).source.product == "github"


def test_one_file_may_hold_several_logs() -> None:
    text = "\n".join([json.dumps(CLOUD), json.dumps(OKTA), ACCESS, json.dumps(EVE), json.dumps(CLOUD)])
    assert [event.format for event in read(text)[0]] == ["cloudtrail", "okta", "access-log", "suricata", "cloudtrail"]


def test_what_is_no_log_is_told_before_anything_is_read() -> None:
    for text in ("# Title\n\nSome words.\n", "a,b\n1,2\n", "\x00\x01\x02binary"):
        with pytest.raises(NotLogs, match="no log that Accord reads"):
            read(text)
    assert read("")[0] == []


def test_each_format_says_what_it_is_and_is_found_by_its_content() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    assert detect(io.BytesIO(json.dumps(ZEEK).encode())) == "zeek-json"
    assert detect(io.BytesIO(ACCESS.encode())) == "access-log"
    with pytest.raises(NotLogs):
        detect(io.BytesIO(b""))
