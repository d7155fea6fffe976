"""Suricata EVE: one JSON object a line.

Names and nesting stay. DNS and HTTP events carry as well what Sigma's rules for DNS and proxies ask for: query,
record_type, answer; c-uri, c-useragent, cs-host, cs-method, sc-status, cs-referrer. Every event with addresses
carries dst_ip, dest_ip's other name, and dst_port.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accord.intake.events.base import Assumed, Data, LogSource, Read
from accord.intake.events.times import iso

CATEGORIES = {"dns": "dns", "http": "proxy", "flow": "firewall"}
_SOURCES: dict[str, LogSource] = {}
_HTTP = (
    ("c-uri", "url"), ("c-useragent", "http_user_agent"), ("cs-host", "hostname"), ("cs-method", "http_method"),
    ("sc-status", "status"), ("cs-referrer", "http_refer"),
)  # fmt: skip


class Suricata:
    """One EVE record."""

    @staticmethod
    def recognizes(record: Data) -> bool:
        return "event_type" in record and "timestamp" in record and ("src_ip" in record or "flow_id" in record
            or record["event_type"] == "stats")  # fmt: skip

    @staticmethod
    def read(record: Data, assumed: Assumed, note: Callable[[str], None]) -> Read:
        kind = record["event_type"]
        kind = kind[:40] if type(kind) is str else None
        http, dns = record.get("http"), record.get("dns")
        if kind == "http" and type(http) is dict:
            copied(record, http, _HTTP)
        elif kind == "dns" and type(dns) is dict:
            _dns(record, dns)
        copied(record, record, (("dst_ip", "dest_ip"), ("dst_port", "dest_port")))
        host = record.get("host")
        return Read(record, _source(kind), iso(record.get("timestamp")), host if type(host) is str else None)


def _source(kind: str | None) -> LogSource:
    found = _SOURCES.get(kind or "")
    if found is None:
        found = LogSource("suricata", CATEGORIES.get(kind or ""), kind)
        if len(_SOURCES) < 200:
            _SOURCES[kind or ""] = found
    return found


def copied(record: Data, held: Data, names: tuple[tuple[str, str], ...]) -> None:
    """Give values a second name, unless the record has that name."""
    for name, other in names:
        value = held.get(other)
        if value is not None and name not in record:
            record[name] = value


def _dns(record: Data, dns: Data) -> None:
    queries = dns.get("queries") or dns.get("query")
    asked = [one for one in _list(queries) if type(one) is dict] or [dns]
    for name, other in (("query", "rrname"), ("record_type", "rrtype")):
        values = list(dict.fromkeys(one[other] for one in asked if type(one.get(other)) is str))
        if values and name not in record:
            record[name] = values if len(values) > 1 else values[0]
    answers = [one for one in _list(dns.get("answers")) if type(one) is dict]
    told: list[Any] = [one["rdata"] for one in answers if one.get("rdata")]
    if not told and dns.get("rdata"):
        told = [dns["rdata"]]
    if told and "answer" not in record:
        record["answer"] = told if len(told) > 1 else told[0]


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []
