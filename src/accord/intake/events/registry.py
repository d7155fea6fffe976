"""The formats of logs that are read, and how each is recognized by its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from accord.intake.events import (
    auditd,
    azure,
    cef,
    cloudtrail,
    generic,
    m365,
    okta,
    suricata,
    syslog,
    weblog,
    windows,
    zeek,
)
from accord.intake.events.base import Assumed, Data, Read

Note = Callable[[str], None]


class Records(Protocol):
    """A format of JSON objects."""

    def recognizes(self, record: Data) -> bool: ...

    def read(self, record: Data, assumed: Assumed, note: Note) -> Read: ...


class Texts(Protocol):
    """A format of lines; `read` gives None for a line that is no event (a header)."""

    def recognizes(self, line: str) -> bool: ...

    def read(self, line: str, assumed: Assumed, note: Note) -> Read | None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, its title for people, usual file endings (a hint, never trusted), the module that tells
    of it, and what reads it: `json` makes a reader of objects, `text` one of lines."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    json: Callable[[], Records] | None = None
    text: Callable[[], Texts] | None = None


def _module(module: Any) -> str:
    name: str = module.__name__
    return name


_EVENTS = "accord.intake.events."
EVTX = Format("evtx", "Windows event log file (EVTX)", (".evtx",), _EVENTS + "evtx")
PURVIEW = Format("m365-csv", "Microsoft 365 audit search (CSV)", (".csv",), _EVENTS + "purview")
GENERIC = Format("json", "JSON of any other log", (".jsonl", ".json"), _module(generic), json=generic.Generic)

JSON_FORMATS: tuple[Format, ...] = (
    Format("windows-json", "Windows events as JSON", (".json", ".jsonl"), _module(windows), json=windows.Nested),
    Format(
        "winlogbeat", "Windows events of Winlogbeat", (".json", ".jsonl"), _module(windows), json=windows.Winlogbeat
    ),
    Format("windows-flat", "Windows events of NXLog, flat", (".json", ".jsonl"), _module(windows), json=windows.Flat),
    Format("cloudtrail", "AWS CloudTrail", (".json", ".json.gz"), _module(cloudtrail), json=cloudtrail.CloudTrail),
    Format("okta", "Okta System Log", (".json", ".jsonl"), _module(okta), json=okta.Okta),
    Format("m365", "Microsoft 365 unified audit log", (".json", ".jsonl"), _module(m365), json=m365.M365),
    Format("suricata", "Suricata EVE", (".json",), _module(suricata), json=suricata.Suricata),
    Format("zeek-json", "Zeek as JSON", (".log", ".json"), _module(zeek), json=zeek.ZeekJson),
    Format("azure", "Azure and Entra logs", (".json", ".jsonl"), _module(azure), json=azure.Azure),
    GENERIC,
)
TEXT_FORMATS: tuple[Format, ...] = (
    Format("zeek", "Zeek, tab-separated", (".log",), _module(zeek), text=zeek.ZeekTable),
    Format("auditd", "Linux audit log", (".log",), _module(auditd), text=auditd.Auditd),
    Format("cef", "Common Event Format", (".log", ".cef"), _module(cef), text=cef.Cef),
    Format("access-log", "Web access log, common and combined", (".log",), _module(weblog), text=weblog.Access),
    Format("nginx-error", "NGINX error log", (".log",), _module(weblog), text=weblog.NginxError),
    Format("apache-error", "Apache error log", (".log",), _module(weblog), text=weblog.ApacheError),
    Format("syslog", "Syslog, RFC 5424 and RFC 3164", (".log",), _module(syslog), text=syslog.Syslog),
)
FORMATS: tuple[Format, ...] = (EVTX, *JSON_FORMATS[:-1], PURVIEW, *TEXT_FORMATS, GENERIC)
