"""Zeek: its tab-separated logs with their header, and JSON (one object a line).

Names stay (`id.orig_h`). What is unset is left out; numbers, truth values, sets and vectors are read by the types in
the header. Which log it is comes from `#path` or `_path`; in JSON without it, from the fields. Besides: DNS carries
record_type and answer; HTTP c-uri, c-useragent, cs-host, cs-method, sc-status, cs-referrer; connections src_ip,
dst_ip, src_port, dst_port, as Sigma's rules for DNS, proxies and firewalls ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from accord.intake.events.base import Assumed, Data, LogSource, Read, Refused
from accord.intake.events.suricata import copied
from accord.intake.events.times import epoch, iso

CATEGORIES = {"dns": "dns", "http": "proxy", "conn": "firewall"}
NAMES = {
    "dns": (("record_type", "qtype_name"), ("answer", "answers")),
    "http": (
        ("c-uri", "uri"), ("c-useragent", "user_agent"), ("cs-host", "host"), ("cs-method", "method"),
        ("sc-status", "status_code"), ("cs-referrer", "referrer"),
    ),
    "conn": (
        ("src_ip", "id.orig_h"), ("dst_ip", "id.resp_h"), ("src_port", "id.orig_p"), ("dst_port", "id.resp_p"),
    ),
}  # fmt: skip
TELLING = (
    ("dns", ("query", "qtype_name")), ("http", ("method", "uri")), ("conn", ("conn_state",)),
    ("ssl", ("cipher", "curve")),
    ("kerberos", ("request_type",)), ("smb_files", ("action", "path")), ("dce_rpc", ("endpoint", "operation")),
    ("rdp", ("cookie", "security_protocol")), ("files", ("fuid", "mime_type")), ("ssh", ("auth_attempts",)),
    ("notice", ("note", "msg")), ("x509", ("certificate.serial",)), ("weird", ("name", "notice")),
)  # fmt: skip
_SOURCES: dict[str, LogSource] = {}
HEADER = (
    "#separator ", "#set_separator", "#empty_field", "#unset_field", "#path", "#open", "#fields", "#types", "#close",
)  # fmt: skip
MOST_COLUMNS, LONGEST_HEADER = 1000, 1 << 16
_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


def source_of(path: Any) -> LogSource:
    """The log source of a Zeek log's name."""
    path = path[:60] if type(path) is str else ""
    found = _SOURCES.get(path)
    if found is None:
        found = LogSource("zeek", CATEGORIES.get(path), path or None)
        if len(_SOURCES) < 500:
            _SOURCES[path] = found
    return found


class ZeekJson:
    """One record of a log in JSON."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        if "ts" not in record:
            return False
        return "_path" in record or ("uid" in record and "id.orig_h" in record) or ("fuid" in record)

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        path = record.get("_path")
        if type(path) is not str:
            path = next((name for name, fields in TELLING if all(one in record for one in fields)), None)
            if path is None:
                note("Zeek: a record in JSON does not tell of which log it is (_path); rules of one log pass it over.")
        ts = record["ts"]
        moment = iso(ts) if type(ts) is str and "-" in ts else epoch(ts)
        return _told(record, path, moment)


def _told(record: Data, path: Any, moment: Any) -> Read:
    source = source_of(path)
    names = NAMES.get(source.service or "")
    if names:
        copied(record, record, names)
    host = record.get("_system_name")
    return Read(record, source, moment, host if type(host) is str else None)


class ZeekTable:
    """The tab-separated logs: keeps the header while the lines are read."""

    def __init__(self) -> None:
        self.separator, self.inside = "\t", ","
        self.empty, self.unset = "(empty)", "-"
        self.path: str | None = None
        self.fields: list[str] = []
        self.types: list[str] = []

    def recognizes(self, line: str) -> bool:
        """Whether it is a line of the header, or begins with a moment and has as many columns as the header names.

        Whoever can write one line of a stream can write a header; so other lines stay with the formats that know them.
        """
        if line.startswith("#"):
            return line.startswith(HEADER)
        if len(self.fields) < 2:
            return False
        begin = line[:40].partition(self.separator)[0].replace(".", "", 1)
        return begin.isdecimal() and line.count(self.separator) + 1 == len(self.fields)

    def read(self, line: str, assumed: Assumed, note: Callable[[str], None]) -> Read | None:
        """The record of a line; None for a line of the header."""
        if line.startswith("#"):
            self._header(line)
            return None
        if not self.fields:
            raise Refused("It stands before the header (#fields).")
        cells = line.split(self.separator, MOST_COLUMNS)
        if len(cells) != len(self.fields):
            raise Refused(f"It has {len(cells)} columns where #fields names {len(self.fields)}.")
        record: Data = {}
        for name, kind, cell in zip(self.fields, self.types, cells, strict=True):
            if cell != self.unset:
                record[name] = self._value(kind, cell)
        return _told(record, self.path, epoch(record.get("ts")))

    def _header(self, line: str) -> None:
        if len(line) > LONGEST_HEADER:
            raise Refused(f"A line of its header is longer than {LONGEST_HEADER:,} characters.")
        if line.startswith("#separator "):
            told = line[11:].strip()
            try:
                self.separator = chr(int(told[2:], 16)) if told.startswith("\\x") else told[:1] or "\t"
            except (ValueError, OverflowError):
                raise Refused("Its separator is none.") from None
            return
        name, *cells = line.split(self.separator, MOST_COLUMNS)
        if name == "#fields":
            self.fields, self.types = cells, ["string"] * len(cells)
        elif name == "#types":
            self.types = (cells + ["string"] * len(self.fields))[: len(self.fields)]
        elif cells and name == "#path":
            self.path = cells[0]
        elif cells and name == "#set_separator":
            self.inside = cells[0] or ","
        elif cells and name == "#empty_field":
            self.empty = cells[0]
        elif cells and name == "#unset_field":
            self.unset = cells[0]

    def _value(self, kind: str, cell: str) -> Any:
        if kind.startswith(("set[", "vector[")):
            if cell == self.empty:
                return []
            inner = kind[kind.index("[") + 1 : -1]
            return [self._value(inner, one) for one in cell.split(self.inside) if one != self.unset]
        if cell == self.empty:
            return ""
        try:
            if kind in ("count", "int", "port"):
                return int(cell) if len(cell) < 20 else cell
            if kind in ("double", "time", "interval"):
                return float(cell) if len(cell) < 40 else cell
        except ValueError:
            raise Refused(f"“{cell[:40]}” is no {kind}.") from None
        if kind == "bool" and cell in ("T", "F"):
            return cell == "T"
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell) if "\\x" in cell else cell
