"""Logs as vendors and shippers vary them: other wrappers, separators, clocks, splits. Each is an event of its log."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accord.intake.events import Assumed, Bounds, Event, LogSource, Parser, Tally, read_events

TEN = datetime(2025, 1, 1, 10, tzinfo=UTC)
KNOWN = Assumed(2025, UTC)
SERIAL = "msg=audit(1735725600.000:{}):"
TRAIL = {
    "eventVersion": "1.08", "eventTime": "2025-01-01T10:00:00Z", "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser", "awsRegion": "eu-central-1",
}  # fmt: skip
OKTA = {"published": "2025-01-01T10:00:00.000Z", "eventType": "user.session.start", "actor": {"id": "1"}}
M365 = {"CreationTime": "2025-01-01T10:00:00", "Operation": "New-InboxRule", "Workload": "Exchange", "UserId": "ann"}
EVE = {"timestamp": "2025-01-01T10:00:00.0+0000", "event_type": "alert", "src_ip": "192.0.2.1", "flow_id": 1}
LINE = "Jan  1 10:00:00 web1 sshd[1]: Failed password"


def read(content: str | bytes, **options: Any) -> tuple[list[Event], Tally]:
    tally = Tally()
    body = content.encode() if isinstance(content, str) else content
    return list(read_events(io.BytesIO(body), tally, name="file", **options)), tally


def all_of(content: str | bytes) -> list[Event]:
    found, tally = read(content, assumed=KNOWN)
    assert not tally.samples
    return found


def one(content: str | bytes) -> Event:
    (event,) = all_of(content)
    return event


# --- JSON and its wrappers


@pytest.mark.parametrize(
    "text",
    [
        '  {"a": 1}\n\t{"a": 1}\n', '\ufeff{"a": 1}\r\n{"a": 1}\r\n', '[\t{"a": 1}, {"a": 1}]',
        '\x1e{"a": 1}\n\x1e{"a": 1}\n', '{"a": 1},\n{"a": 1},\n',
    ],
    ids=["blanks", "mark", "list after a tab", "sequence", "commas"],
)  # fmt: skip
def test_json_with_something_before_it(text: str) -> None:
    assert [event.data for event in all_of(text)] == [{"a": 1}, {"a": 1}]


def test_a_stream_that_begins_with_a_mark() -> None:
    parser = Parser("stream", tally := Tally())
    assert [event.data for event in parser.line(b'\xef\xbb\xbf {"a": 1}', 1)] == [{"a": 1}]
    assert parser.line(b"\xef\xbb\xbf" + LINE.encode(), 2)[0].host == "web1"
    assert not tally.malformed


@pytest.mark.parametrize(
    ("wrapped", "form"),
    [
        ({"detail-type": "AWS API Call via CloudTrail", "time": "2026-01-01T00:00:00Z", "detail": TRAIL}, "cloudtrail"),
        ({"EventName": "CreateUser", "EventTime": 1.0, "CloudTrailEvent": json.dumps(TRAIL)}, "cloudtrail"),
        ({"Events": [{"EventName": "CreateUser", "CloudTrailEvent": json.dumps(TRAIL)}]}, "cloudtrail"),
        ({"logGroup": "g", "logEvents": [{"id": "1", "timestamp": 1, "message": json.dumps(TRAIL)}]}, "cloudtrail"),
        ({"detail-type": "SystemLog", "detail": OKTA}, "okta"),
        ({"eventType": "com.okta.event_hook", "data": {"events": [OKTA]}}, "okta"),
        ({"_index": "logs", "_id": "1", "_source": OKTA}, "okta"),
        ({"UserIds": "ann", "RecordType": 1, "AuditData": json.dumps(M365)}, "m365"),
    ],
    ids=["EventBridge", "history", "lookup", "CloudWatch", "Okta bridge", "Okta hook", "Elasticsearch", "Purview"],
)
def test_an_event_in_what_a_service_wraps_around_it(wrapped: dict[str, Any], form: str) -> None:
    event = one(json.dumps(wrapped))
    assert (event.format, event.time) == (form, TEN)
    assert not event.json, "what was read is not the whole of its text"


def test_a_wrapper_of_nothing_that_is_known_stays_as_it_is() -> None:
    held = {"detail-type": "x", "detail": {"a": 1}, "time": "2025-01-01T10:00:00Z"}
    event = one(json.dumps(held))
    assert (event.data, event.format, event.json) == (held, "json", True)
    bad, tally = read(json.dumps({"UserIds": "a", "AuditData": '{"a": '}))
    assert not bad and "not valid JSON" in tally.samples[0].reason
    deep = {"UserIds": "a", "AuditData": json.dumps({f"k{number}": 1 for number in range(300)})}
    assert not read(json.dumps(deep), bounds=Bounds(keys=100))[0]


def test_a_purview_export_by_powershell_and_of_a_country_with_semicolons() -> None:
    told = json.dumps(M365).replace('"', '""')
    names = "CreationDate,UserIds,Operations,AuditData"
    for text in (
        f'#TYPE Deserialized.Some.Type\r\n{names}\r\n2025,ann,New,"{told}"\r\n',
        f'{names.replace(",", ";")}\r\n2025;ann;New;"{told}"\r\n',
    ):
        assert (one(text).format, one(text).time) == ("m365", TEN)


def test_entra_records_whose_properties_are_text() -> None:
    record = {
        "time": "2025-01-01T10:00:00Z", "resourceId": "/tenants/t", "operationName": "Sign-in activity",
        "category": "MicrosoftServicePrincipalSignInLogs", "properties": json.dumps({"riskState": "atRisk"}),
    }  # fmt: skip
    event = one(json.dumps(record))
    assert (event.source.service, event.data["riskState"]) == ("signinlogs", "atRisk")


def test_suricata_tells_every_question_of_a_dns_message() -> None:
    asked = [{"rrname": "a.example", "rrtype": "A"}, {"rrname": "b.example", "rrtype": "A"}]
    event = one(json.dumps({**EVE, "event_type": "dns", "dns": {"version": 3, "queries": asked}}))
    assert (event.data["query"], event.data["record_type"]) == (["a.example", "b.example"], "A")


# --- one line of a stream says nothing of the next


@pytest.mark.parametrize("header", ["#fields\tx", "#separator \\x20\n#fields a b", "#path\tconn\n#fields\tts\tx"])
def test_who_writes_one_line_of_a_stream_does_not_blind_it(header: str) -> None:
    found, tally = read(
        f'{LINE}\n{header}\n{LINE}\n198.51.100.7 - - [01/Jan/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
    )
    assert [event.format for event in found] == ["syslog", "syslog", "access-log"]
    parser = Parser("stream", tally)
    parser.restore({"zeek": {"fields": ["x"], "types": ["string"]}})
    assert parser.line(LINE.encode(), 1)[0].format == "syslog"


def test_a_header_of_zeek_is_bounded() -> None:
    parser = Parser("stream", tally := Tally())
    assert not parser.line(b"#fields\t" + b"x\t" * 100_000, 1)
    assert "longer than" in tally.samples[0].reason and not parser.state()


@pytest.mark.parametrize(("between", "inside"), [("\t", ","), (",", "|"), ("|", ";")])
def test_zeek_with_other_separators_and_marks(between: str, inside: str) -> None:
    rows = [
        ["#set_separator", inside], ["#empty_field", "EMPTY"], ["#unset_field", ""], ["#path", "conn"],
        ["#fields", "ts", "uid", "service", "local", "tags", "names"],
        ["#types", "time", "string", "string", "bool", "set[string]", "vector[string]"],
        ["1735725600.0", "C1", "", "T", f"a{inside}b", "EMPTY"], ["-", "C2", "ssl", "F", "a", "b"], ["#close", "x"],
    ]  # fmt: skip
    head = f"#separator \\x{ord(between):02x}\n"
    first = one(head + "\n".join(between.join(row) for row in rows[:-2]) + "\n")
    assert (first.source.service, first.time) == ("conn", TEN)
    assert first.data == {"ts": 1735725600.0, "uid": "C1", "local": True, "tags": ["a", "b"], "names": []}
    found, tally = read(head + "\n".join(between.join(row) for row in rows) + "\n")
    assert [event.data["uid"] for event in found] == ["C1"], "its moment is none, and that is told"
    assert "no time" in tally.samples[0].reason


# --- audit records that others split


def started(text: str) -> list[tuple[str, str]]:
    found = [event for event in all_of(text) if event.source.category == "process_creation"]
    return [(event.data["Image"], event.data["CommandLine"]) for event in found]


def call(serial: int, program: str) -> str:
    return f'type=SYSCALL {SERIAL.format(serial)} arch=c000003e syscall=59 ppid=1 pid=2 uid=0 exe="{program}"\n'


def test_records_of_two_programs_that_alternate() -> None:
    ends = [f'type=EXECVE {SERIAL.format(n)} argc=2 a0="{name}" a1="x"\n' for n, name in ((1, "a"), (2, "b"))]
    assert started(call(1, "/a") + call(2, "/b") + ends[0] + ends[1]) == [("/a", "a x"), ("/b", "b x")]
    assert started(call(1, "/a") + call(2, "/b") + ends[1] + ends[0]) == [("/b", "b x"), ("/a", "a x")]


def test_arguments_that_the_kernel_split() -> None:
    text = (
        f'{call(1, "/a")}type=EXECVE {SERIAL.format(1)} argc=4 a0="sh" a1="-c" a2_len=16 a2[0]="curl+http"'
        ' a2[1]="//evil"\n'
        f'type=EXECVE {SERIAL.format(1)} a3="tail"\ntype=CWD {SERIAL.format(1)} cwd="/"\n'
    )
    assert started(text) == [("/a", "sh -c curl+http//evil tail")]
    hexadecimal = (
        f'{call(1, "/a")}type=EXECVE {SERIAL.format(1)} argc=2 a0="sh" a1_len=18 a1[0]=6375726C20\n'
        f"type=EXECVE {SERIAL.format(1)} a1[1]=68747470\n"
    )
    assert started(hexadecimal) == [("/a", "sh curl http")]
    assert [event.data.get("a1") for event in all_of(hexadecimal)][1] == "curl ", "rules for records see the beginning"


def test_what_is_missing_of_a_program_does_not_hide_it() -> None:
    begun = f'{call(1, "/a")}type=EXECVE {SERIAL.format(1)} argc=3 a0="sh" a1="-c"\n'
    assert started(begun) == [("/a", "sh -c")], "at the end of the file"
    assert started(begun + f'type=CWD {SERIAL.format(1)} cwd="/"\n') == [("/a", "sh -c")], "at the next record"
    others = "".join(call(number, "/b") for number in range(2, 100))
    assert started(begun + others) == [("/a", "sh -c")], "when too many wait"


def test_programs_that_wait_outlive_a_restart() -> None:
    first, second = (Parser("stream", Tally(), derived=True) for _ in range(2))
    for number in range(1, 4):
        first.line(call(number, f"/{number}").strip().encode(), number)
    second.restore(json.loads(json.dumps(first.state())))
    end = f'type=EXECVE {SERIAL.format(2)} argc=1 a0="x"'
    assert [event.data.get("Image") for event in second.line(end.encode(), 4)] == [None, "/2"]
    for number in range(4, 1000):
        first.line(call(number, "/" + "x" * 4000).strip().encode(), number)
    assert len(json.dumps(first.state())) < 1 << 15


def test_audit_records_of_a_kernel_without_a_daemon() -> None:
    head = "2025-01-01T10:00:00Z web1 kernel: [  12.345678] audit: "
    denied = one(head + 'type=1400 audit(1735725600.000:7): apparmor="DENIED" name="/etc/shadow"')
    assert (denied.source.service, denied.data["type"], denied.host) == ("auditd", "AVC", "web1")
    assert one(head + "type=1300 audit(1735725600.000:7): arch=c000003e syscall=59").data["SYSCALL"] == "execve"
    assert one(head + "type=1999 audit(1735725600.000:7): a=b").data["type"] == "UNKNOWN[1999]"


# --- syslog


@pytest.mark.parametrize(
    ("line", "source", "host", "program"),
    [
        ("<13>Jan  1 10:00:00 sshd[123]: Failed", ("linux", "sshd"), None, "sshd"),
        ("<13>2025-01-01 10:00:00 web1 sshd[1]: Failed", ("linux", "sshd"), "web1", "sshd"),
        ("<13>Jan  1 10:00:00 2025 web1 sudo: x", ("linux", "sudo"), "web1", "sudo"),
        ("<13>Jan  1 10:00:00 2001:db8::1 cron[9]: x", ("linux", "cron"), "2001:db8::1", "cron"),
        ("<166>Jan 01 2025 10:00:00 asa1 : %ASA-6-302013: Built", ("cisco", "syslog"), "asa1", None),
        ("<166>:Jan 01 10:00:00 UTC: %ASA-session-6-302013: Built", ("cisco", "syslog"), None, None),
        ("<189>45: rt1: *Jan  1 10:00:00.000: %SYS-5-CONFIG_I: x", ("cisco", "syslog"), "rt1", None),
        ("<189>45: Jan  1 2025 10:00:00.000 UTC: %SYS-5-CONFIG_I: x", ("cisco", "syslog"), None, None),
    ],
)  # fmt: skip
def test_heads_of_syslog(line: str, source: tuple[str, str], host: str | None, program: str | None) -> None:
    event = one(line)
    assert (event.source.product, event.source.service) == source
    assert (event.time, event.host, event.data.get("program")) == (TEN, host, program)


def test_a_line_with_nothing_but_a_priority_is_taken() -> None:
    event = one("<86>sshd[12]: Failed password")
    assert (event.source.service, event.data["facility"], event.data["message"]) == ("sshd", 10, "Failed password")
    assert event.time is None and event.host is None


def test_brackets_and_quotes_inside_of_structured_data() -> None:
    data = one(r'<13>1 2025-01-01T10:00:00Z h a - - [x@1 k="]\]\"\\" n="" k2="\n"][y] [no data] text').data
    assert (data["k"], data["n"], data["k2"]) == (r']]"' + "\\", "", r"\n")
    assert data["message"] == "[no data] text"


@pytest.mark.parametrize("head", ["<13>Jan  1 10:00:00 web1 x[1]: ", "<13>1 2025-01-01T10:00:00Z web1 x - - - "])
def test_what_syslog_carries(head: str) -> None:
    alert = one(head + json.dumps({"event_type": "alert", **EVE, "timestamp": "none"}))
    assert (alert.source, alert.time, alert.host) == (LogSource("suricata", None, "alert"), TEN, "web1")
    access = one(head + '192.0.2.9 - - [01/Jan/2025:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl"')
    assert (access.source.category, access.data["cs-uri"], access.host) == ("webserver", "/x", "web1")
    for text in ('{"a": 1}', '{"event_type": ', '@cee: {"a": 1}'):
        assert one(head + text).data["message"] == text, "of no log that is known: a message"


# --- CEF and web servers


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ("Jan 01 2025 11:00:00.000 GMT+01:00", TEN), ("Jan 01 10:00:00", TEN), ("Jan 01 2025 10:00:00.5", TEN),
        ("Jan  1 2025 10:00:00 CET", TEN), ("1735725600000", TEN), ("2025-01-01T10:00:00Z", TEN), ("yesterday", None),
    ],
)  # fmt: skip
def test_times_of_cef(told: str, time: datetime | None) -> None:
    found = one(f"CEF: 0|a|b|1|2|n|3|rt={told} src=192.0.2.1").time
    assert time is None or found in (time, time + timedelta(seconds=0.5))
    assert (found is None) == (time is None)


def test_cef_without_extensions_and_with_what_looks_like_them() -> None:
    assert [one(f"CEF:0|a|b|1|2|n|5{end}").data["severity"] for end in ("", "|", "| x")] == ["5"] * 3
    data = one(
        r"CEF:0|a\|b|c\\d|1|2|n|5|request=http://h/?a=1&b=2 msg=x\=y \\ z\nline cs1Label=src cs1=no src=192.0.2.1"
    ).data
    assert (data["deviceVendor"], data["deviceProduct"]) == ("a|b", "c\\d")
    assert (data["request"], data["msg"]) == ("http://h/?a=1&b=2", "x=y \\ z\nline")
    assert data["src"] == "192.0.2.1", "a label is no way to another field's name"


@pytest.mark.parametrize(
    ("begin", "address", "user"),
    [
        ("198.51.100.7 - ann bee", "198.51.100.7", "ann bee"),
        ("198.51.100.7 - a - b [c", "198.51.100.7", "a - b [c"),
        ('198.51.100.7 - ""', "198.51.100.7", None),
        ("unix: - -", "unix:", None),
        ("2001:db8::1 - -", "2001:db8::1", None),
        ("192.0.2.1, 198.51.100.7 - -", ["192.0.2.1", "198.51.100.7"], None),
        ("h.example:443 192.0.2.1 - -", "192.0.2.1", None),
    ],
)
def test_who_asks_a_web_server(begin: str, address: Any, user: str | None) -> None:
    data = one(f'{begin} [01/Jan/2025:10:00:00 +0000] "GET /a HTTP/1.1" 401 5 "-" "curl"').data
    assert (data["c-ip"], data.get("cs-username"), data["cs-uri"]) == (address, user, "/a")


def test_windows_values_and_clocks_as_tools_write_them() -> None:
    system = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "h"}
    system["TimeCreated"] = {"SystemTime": "2025-01-01 10:00:00.000000"}
    for key in ("#text", "content", "text", "$t", "$", "_"):
        event = one(json.dumps({"Event": {"System": system, "EventData": {"Data": [{"Name": "Image", key: "a.exe"}]}}}))
        assert (event.data["Image"], event.time) == ("a.exe", TEN)
    flat = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventTime": "2025-01-01 11:00:00"}
    found, _ = read(json.dumps({**flat, "UtcTime": "2025-01-01 10:00:00.000"}))
    assert found[0].time == TEN
