"""Windows events as JSON: nested as the event log's XML is (Event, System, EventData), as Winlogbeat ships them
(`winlog.…`), and flat as NXLog does.

Fields stand at the top under the names that Sigma rules use: EventID, Channel, Provider_Name, Computer,
EventRecordID, TimeCreated, and each field of EventData or UserData by its own name. Where a field of EventData has
the name of one of the event's own, the event's own stays and the other is `EventData.<name>`: nobody who writes an
event's data can say in which channel it is. Values without a name are the list `Data`. A
name with blanks (`Threat Name`, of Defender) also stands without them, as rules write it. Sysmon on Linux writes the
same and is told by its provider.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import iso

Note = Callable[[str], None]

SERVICES = {
    "security": "security", "system": "system", "application": "application",
    "microsoft-windows-sysmon/operational": "sysmon", "linux-sysmon/operational": "sysmon",
    "microsoft-windows-powershell/operational": "powershell", "powershellcore/operational": "powershell",
    "windows powershell": "powershell-classic", "microsoft-windows-windows defender/operational": "windefend",
    "microsoft-windows-taskscheduler/operational": "taskscheduler", "microsoft-windows-wmi-activity/operational": "wmi",
    "microsoft-windows-bits-client/operational": "bits-client", "dns server": "dns-server",
    "microsoft-windows-applocker/exe and dll": "applocker", "microsoft-windows-applocker/msi and script": "applocker",
    "microsoft-windows-codeintegrity/operational": "codeintegrity-operational",
    "microsoft-windows-ntlm/operational": "ntlm", "microsoft-windows-dns-client/operational": "dns-client",
    "microsoft-windows-terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
    "microsoft-windows-windows firewall with advanced security/firewall": "firewall-as",
}  # fmt: skip
"""Sigma's name of a log by its channel, in lower case."""
SYSMON = {
    1: "process_creation", 2: "file_change", 3: "network_connection", 4: "sysmon_status", 5: "process_termination",
    6: "driver_load", 7: "image_load", 8: "create_remote_thread", 9: "raw_access_thread", 10: "process_access",
    11: "file_event", 12: "registry_event", 13: "registry_event", 14: "registry_event", 15: "create_stream_hash",
    17: "pipe_created", 18: "pipe_created", 19: "wmi_event", 20: "wmi_event", 21: "wmi_event", 22: "dns_query",
    23: "file_delete", 24: "clipboard_capture", 25: "process_tampering", 26: "file_delete", 27: "file_block_executable",
    28: "file_block_shredding", 29: "file_executable_detected",
}  # fmt: skip
DEFENDER = "Microsoft-Windows-Windows Defender/Operational"
_SOURCES: dict[tuple[Any, Any, bool], LogSource] = {}


def source_of(channel: Any, number: Any, linux: bool = False) -> LogSource:
    """The log source of a channel and an event's number."""
    key = (channel, number, linux)
    try:
        found = _SOURCES.get(key)
    except TypeError:  # a list where a name should be
        return LogSource("windows")
    if found is None:
        service = SERVICES.get(str(channel).lower())
        category = None
        if str(number).isdecimal() and len(str(number)) < 6:
            if service == "sysmon":
                category = SYSMON.get(int(number))
            elif service == "security" and int(number) == 4688:
                category = "process_creation"
        found = LogSource("linux" if linux else "windows", category, service)
        if len(_SOURCES) < 10_000:
            _SOURCES[key] = found
    return found


class Nested:
    """{"Event": {"System": …, "EventData": …}}, also without the outer name."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        event = record.get("Event", record)
        if type(event) is list and event:
            event = event[0]
        system = event.get("System") if type(event) is dict else None
        return type(system) is dict and "EventID" in system

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Note) -> Read:
        event = record.get("Event", record)
        return flattened(event[0] if type(event) is list else event, note)


def flattened(event: Data, note: Note) -> Read:
    """An event with System and EventData or UserData, its fields at the top."""
    data = _system(event["System"])
    for section in ("EventData", "UserData"):
        held = event.get(section)
        if held is None:
            continue
        if type(held) is list:
            held = {"Data": held}
        if type(held) is not dict:
            held = {"Data": held}
        if section == "UserData":
            held = _only(held)
        _add(data, held, section, note)
    if "RenderingInfo" in event and type(event["RenderingInfo"]) is dict:
        data.setdefault("Message", event["RenderingInfo"].get("Message"))
    return _told(data)


def _told(data: Data) -> Read:
    """SystemTime is UTC by the schema of events, also where a tool leaves its Z away."""
    channel, host = data.get("Channel"), data.get("Computer")
    source = source_of(channel, data.get("EventID"), data.get("Provider_Name") == "Linux-Sysmon")
    moment = iso(data.get("TimeCreated"), UTC)
    return Read(data, source, moment, host if type(host) is str else None)


def _attributes(value: Any) -> Data:
    """The attributes of an element, in any of the ways in which XML is written as JSON."""
    if type(value) is not dict:
        return {}
    inner = value.get("#attributes")
    if type(inner) is dict:
        return inner
    return {key.lstrip("@"): held for key, held in value.items() if type(held) is not dict and key != "#text"}


def _plain(value: Any) -> Any:
    """The text of an element that may have attributes."""
    if type(value) is dict:
        for key in ("#text", "Value", "value", "_", "$", "$t", "content", "text", "__text"):
            if key in value:
                return value[key]
    return value


def _system(system: Data) -> Data:
    data: Data = {}
    for key, value in system.items():
        if type(value) is not dict:
            if value is not None:
                data[key] = value
            continue
        told = _attributes(value)
        if key == "Provider":
            _name(data, "Provider_Name", told.get("Name"))
            _name(data, "Provider_Guid", told.get("Guid"))
            _name(data, "EventSourceName", told.get("EventSourceName"))
        elif key == "TimeCreated":
            _name(data, key, told.get("SystemTime"))
        elif key in ("EventID", "Channel", "Computer", "EventRecordID", "Level", "Task", "Opcode", "Keywords"):
            data[key] = _plain(value)
            _name(data, "Qualifiers", told.get("Qualifiers"))
        else:
            for name, held in told.items():
                _name(data, f"{key}_{name}", held)
    number = data.get("EventID")
    if type(number) is str and number.isdecimal() and len(number) < 10:
        data["EventID"] = int(number)
    return data


def _name(data: Data, name: str, value: Any) -> None:
    if value is not None:
        data[name] = value


def _only(section: Data) -> Data:
    """UserData holds one element, whose children are the fields."""
    inner = [value for key, value in section.items() if key != "#attributes" and not key.startswith("@")]
    return inner[0] if len(inner) == 1 and type(inner[0]) is dict else section


def _add(data: Data, held: Data, section: str, note: Note) -> None:
    for key, value in held.items():
        if key == "#attributes" or key.startswith("@"):
            name = value.get("Name") if type(value) is dict else value
            if type(name) is str and key in ("#attributes", "@Name"):
                data.setdefault(f"{section}_Name", name)
        elif key == "Data":
            _unnamed(data, value, section, note)
        elif type(value) is dict:
            inner = _plain(value)
            if inner is value:
                inner = {name: one for name, one in value.items() if name != "#attributes"} or None
            _set(data, key, inner, section, note)
        else:
            _set(data, key, value, section, note)


def _unnamed(data: Data, value: Any, section: str, note: Note) -> None:
    """<Data> elements: those with a name are fields, the others together are the list `Data`."""
    left: list[Any] = []
    for one in value if type(value) is list else [value]:
        name = _attributes(one).get("Name") if type(one) is dict else None
        if type(name) is str and name:
            inner = _plain(one)
            _set(data, name, None if inner is one else inner, section, note)
            continue
        inner = _plain(one)
        left += inner if type(inner) is list else [] if inner is None else [inner]
    if left:
        _set(data, "Data", left[0] if len(left) == 1 else left, section, note)


def _set(data: Data, name: str, value: Any, section: str, note: Note) -> None:
    if name in data:
        if name not in _SHARED:
            note(f"Windows: a field {name[:60]} of {section} has an own field's name; it is {section}.{name[:60]}.")
        name = f"{section}.{name}"
    data[name] = value
    if " " in name:
        data.setdefault(name.replace(" ", ""), value)


_SHARED = frozenset(("Level", "Task", "Opcode", "Keywords", "Version"))


class Winlogbeat:
    """{"winlog": {"channel": …, "event_id": …, "event_data": {…}}} of Elastic's agents, nested or with dots."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        winlog = record.get("winlog")
        if type(winlog) is dict:
            return "event_id" in winlog or "channel" in winlog
        return "winlog.event_id" in record and "winlog.channel" in record

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Note) -> Read:
        winlog = record.get("winlog")
        if type(winlog) is not dict:
            winlog = _undotted(record)
        data: Data = {}
        for name, key in _WINLOG.items():
            _name(data, name, winlog.get(key))
        number = data.get("EventID")
        if type(number) is str and number.isdecimal() and len(number) < 10:
            data["EventID"] = int(number)
        _name(data, "TimeCreated", winlog.get("time_created") or record.get("@timestamp"))
        _name(data, "Message", record.get("message"))
        for section, key in (("EventData", "event_data"), ("UserData", "user_data")):
            held = winlog.get(key)
            if type(held) is dict:
                if list(held) and all(name.startswith("param") for name in held):
                    held = {"Data": list(held.values())}
                _add(data, held, section, note)
        found = _told(data)
        if found.time is None:
            found.time = iso(record.get("@timestamp"))
        return found


_WINLOG = {
    "Provider_Name": "provider_name", "EventID": "event_id", "Channel": "channel", "Computer": "computer_name",
    "EventRecordID": "record_id", "Task": "task", "Opcode": "opcode", "Keywords": "keywords", "Version": "version",
}  # fmt: skip


def _undotted(record: Data) -> Data:
    found: Data = {"event_data": {}, "user_data": {}}
    for key, value in record.items():
        if key.startswith("winlog."):
            head, _, rest = key[7:].partition(".")
            if rest and head in ("event_data", "user_data"):
                found[head][rest] = value
            else:
                found[key[7:]] = value
    return found


class Flat:
    """{"EventID": 1, "Channel": …, "SourceName": …, "Image": …} of NXLog and of tools that flatten."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return "EventID" in record and ("Channel" in record or "SourceName" in record or "Provider_Name" in record)

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Note) -> Read:
        for name, other in _NXLOG:
            if name not in record:
                value = record.get(other)
                if value is not None:
                    record[name] = value
        channel, host = record.get("Channel"), record.get("Computer")
        if channel == DEFENDER:
            for name in [name for name in record if " " in name]:
                record.setdefault(name.replace(" ", ""), record[name])
        source = source_of(channel, record.get("EventID"), record.get("Provider_Name") == "Linux-Sysmon")
        moment = None
        for name in ("TimeCreated", "SystemTime", "@timestamp"):
            moment = iso(record.get(name))
            if moment is not None:
                break
        if moment is None:
            sysmon = source.service == "sysmon"  # whose UtcTime is what it says
            moment = iso(record.get("EventTime"), assumed.zone) or (iso(record.get("UtcTime"), UTC) if sysmon else None)
            if moment is None and "EventTime" in record:
                note("Windows (flat): EventTime tells no zone; the time is open (--zone sets one).")
        return Read(record, source, moment, host if type(host) is str else None)


_NXLOG = (("Provider_Name", "SourceName"), ("Computer", "Hostname"), ("EventRecordID", "RecordNumber"))
