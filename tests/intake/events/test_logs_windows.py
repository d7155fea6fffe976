"""Windows events in each of the shapes that tools export: the same fields at the top, under the names of rules."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from accord.intake.events import Assumed, Event, LogSource, Tally, read_events

SYSTEM: dict[str, Any] = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "G"}},
    "EventID": 1, "Level": 4, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc1.example",
    "EventRecordID": 9, "TimeCreated": {"#attributes": {"SystemTime": "2025-01-01T10:00:00.5000000Z"}},
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}}, "Correlation": None,
}  # fmt: skip
FIELDS = {"Image": r"C:\a.exe", "CommandLine": 'a "b"', "Hashes": "MD5=1"}
TIME = datetime(2025, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC)


def read(record: dict[str, Any]) -> tuple[Event, Tally]:
    tally = Tally()
    (event,) = read_events(io.BytesIO(json.dumps(record).encode()), tally)
    return event, tally


SHAPES = {
    "evtx_dump": {"Event": {"System": SYSTEM, "EventData": FIELDS}},
    "without the outer name": {"System": SYSTEM, "EventData": FIELDS},
    "elements of XML": {
        "Event": {
            "System": {
                **SYSTEM, "Provider": {"@Name": "Microsoft-Windows-Sysmon"},
                "EventID": {"#text": "1", "@Qualifiers": "0"}, "TimeCreated": {"@SystemTime": "2025-01-01T10:00:00.5Z"},
            },
            "EventData": {"Data": [{"@Name": name, "#text": value} for name, value in FIELDS.items()]},
        }
    },
    "winlogbeat": {
        "@timestamp": "2025-01-01T10:00:00.500Z", "message": "m",
        "winlog": {
            "channel": SYSTEM["Channel"], "event_id": "1", "provider_name": "Microsoft-Windows-Sysmon", "record_id": 9,
            "computer_name": "pc1.example", "event_data": FIELDS,
        },
    },
    "winlogbeat with dots": {
        "@timestamp": "2025-01-01T10:00:00.500Z", "winlog.channel": SYSTEM["Channel"], "winlog.event_id": 1,
        "winlog.provider_name": "Microsoft-Windows-Sysmon", "winlog.record_id": 9,
        "winlog.computer_name": "pc1.example", **{f"winlog.event_data.{name}": value for name, value in FIELDS.items()},
    },
    "NXLog": {
        "EventID": 1, "Channel": SYSTEM["Channel"], "SourceName": "Microsoft-Windows-Sysmon", "RecordNumber": 9,
        "Hostname": "pc1.example", "@timestamp": "2025-01-01T10:00:00.500Z", **FIELDS,
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_event(shape: str) -> None:
    event, tally = read(SHAPES[shape])
    assert not tally.malformed
    assert event.source == LogSource("windows", "process_creation", "sysmon")
    assert (event.time, event.host) == (TIME, "pc1.example")
    wanted = {
        "EventID": 1,
        "Channel": SYSTEM["Channel"],
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "EventRecordID": 9,
    }
    wanted |= {"Computer": "pc1.example", **FIELDS}
    assert {name: event.data.get(name) for name in wanted} == wanted


def test_the_data_of_an_event_cannot_say_in_which_channel_it_is() -> None:
    event, tally = read(
        {"Event": {"System": SYSTEM, "EventData": {"Channel": "Security", "EventID": 4624, "Level": "x"}}}
    )
    assert event.data["Channel"] == SYSTEM["Channel"]
    assert event.data["EventID"] == 1
    assert event.data["EventData.Channel"] == "Security"
    assert event.data["EventData.Level"] == "x"
    assert any("EventData.EventID" in note for note in tally.notes)


def test_values_without_a_name_are_a_list() -> None:
    system = {**SYSTEM, "Channel": "Windows PowerShell", "EventID": {"#text": 400, "#attributes": {"Qualifiers": 0}}}
    for data in ({"Data": ["a", "b"]}, {"Data": {"#text": ["a", "b"]}}, ["a", "b"]):
        event, _ = read({"Event": {"System": system, "EventData": data}})
        assert event.data["Data"] == ["a", "b"]
        assert (event.data["EventID"], event.source.service) == (400, "powershell-classic")
    event, _ = read({"Event": {"System": system, "EventData": {"Data": {"#text": "a"}, "Binary": "00"}}})
    assert (event.data["Data"], event.data["Binary"]) == ("a", "00")


def test_user_data_and_names_with_blanks() -> None:
    system = {**SYSTEM, "Channel": "Microsoft-Windows-Windows Defender/Operational", "EventID": 1119}
    event, _ = read({"Event": {"System": system, "EventData": {"Threat Name": "T", "Process Name": "p.exe"}}})
    assert (event.data["ThreatName"], event.data["Threat Name"]) == ("T", "T")
    user = {"Operation": {"#attributes": {"xmlns": "x"}, "User": "u", "List": ["a", "b"], "Inner": {"Deep": 1}}}
    event, _ = read({"Event": {"System": SYSTEM, "UserData": user}})
    assert (event.data["User"], event.data["List"], event.data["Inner"]) == ("u", ["a", "b"], {"Deep": 1})


def test_sysmon_on_linux_is_linux() -> None:
    system = {**SYSTEM, "Provider": {"#attributes": {"Name": "Linux-Sysmon"}}, "Channel": "Linux-Sysmon/Operational"}
    event, _ = read({"Event": {"System": system, "EventData": FIELDS}})
    assert event.source == LogSource("linux", "process_creation", "sysmon")


def test_nxlogs_local_time_is_open_until_a_zone_is_given() -> None:
    record = {"EventID": 4624, "Channel": "Security", "EventTime": "2025-01-01 10:00:00"}
    event, tally = read(record)
    assert event.time is None and tally.notes
    (event,) = read_events(io.BytesIO(json.dumps(record).encode()), Tally(), assumed=Assumed(zone=UTC))
    assert event.time == TIME.replace(microsecond=0)


@pytest.mark.parametrize(
    "system", [{"EventID": None}, {"EventID": [1], "Channel": ["a"]}, {"EventID": {}, "Provider": []}]
)
def test_odd_events_are_read_or_told_but_stop_nothing(system: dict[str, Any]) -> None:
    tally = Tally()
    lines = [json.dumps({"Event": {"System": system, "EventData": 7}}), json.dumps(SHAPES["NXLog"])]
    found = list(read_events(io.BytesIO("\n".join(lines).encode()), tally))
    assert found[-1].data["Image"] == FIELDS["Image"]
    assert len(found) + tally.malformed.total() == 2
