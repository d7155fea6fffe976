"""Nessus XML version 2, as Tenable describes NessusClientData_v2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

from accord.site.sample.assets import Thing
from accord.site.sample.company import INVENTED
from accord.site.sample.weaknesses import Weakness

RISKS = ("None", "Low", "Medium", "High", "Critical")
Host = tuple[Thing, Sequence[Weakness]]


def write(path: Path, name: str, day: date, hosts: Iterable[Host], plugins: Sequence[int], rng: Random) -> Path:
    """One report: every host with what the scan of that day saw on it. Returns the path."""
    parts = [_head(name, plugins)]
    begin = datetime.combine(day, time(1, 0), UTC)
    for number, (thing, weaknesses) in enumerate(hosts):
        start = begin + timedelta(seconds=20 * number)
        parts.append(_host(thing, weaknesses, start, rng))
    parts.append("</Report>\n</NessusClientData_v2>\n")
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _head(name: str, plugins: Sequence[int]) -> str:
    listed = ";".join(map(str, plugins))
    preferences = (("plugin_set", listed), ("port_range", "1-65535"), ("scan_description", INVENTED))
    rows = "".join(
        f"<preference><name>{key}</name><value>{escape(value)}</value></preference>\n" for key, value in preferences
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<!-- {INVENTED} -->\n"
        "<NessusClientData_v2>\n<Policy><policyName>Veldrana monthly scan (invented)</policyName>\n"
        f"<Preferences><ServerPreferences>\n{rows}</ServerPreferences></Preferences></Policy>\n"
        f'<Report name={quoteattr(name)} xmlns:cm="http://www.nessus.org/cm">\n'
    )


def _tags(thing: Thing, start: datetime, rng: Random) -> str:
    finish = start + timedelta(seconds=rng.randrange(200, 900))
    mac = "02:00:5e:" + ":".join(f"{rng.randrange(256):02x}" for _ in range(3))
    values = {
        "HOST_END_TIMESTAMP": str(int(finish.timestamp())),
        "HOST_END": _clock(finish),
        "HOST_START_TIMESTAMP": str(int(start.timestamp())),
        "HOST_START": _clock(start),
        "Credentialed_Scan": "false" if thing.segment in ("plant", "network") else "true",
        "operating-system": thing.os,
        "mac-address": mac,
        "host-fqdn": next((name for name in thing.hostnames if "." in name), ""),
        "host-ip": thing.addresses[0],
        "system-type": "general-purpose" if thing.kind == "host" else "embedded",
        "policy-used": "Veldrana monthly scan (invented)",
    }
    rows = (f'<tag name="{key}">{escape(value)}</tag>\n' for key, value in values.items() if value)
    return f"<HostProperties>\n{''.join(rows)}</HostProperties>\n"


def _clock(moment: datetime) -> str:
    return moment.strftime("%a %b %d %H:%M:%S %Y")


def _host(thing: Thing, weaknesses: Sequence[Weakness], start: datetime, rng: Random) -> str:
    items = "".join(_item(one) for one in weaknesses)
    return f"<ReportHost name={quoteattr(thing.addresses[0])}>{_tags(thing, start, rng)}{items}</ReportHost>\n"


def _item(one: Weakness) -> str:
    head = (
        f'<ReportItem port="{one.port}" svc_name={quoteattr(one.service)} protocol="{one.protocol}" '
        f'severity="{one.severity}" pluginID="{one.plugin}" pluginName={quoteattr(one.name)} '
        f"pluginFamily={quoteattr(one.family)}>"
    )
    parts = [head]
    parts += [f"<cve>{cve}</cve>" for cve in one.cves]
    if one.vector:
        base = "/".join(one.vector.split("/")[:9])
        parts.append(f"<cvss3_base_score>{one.score}</cvss3_base_score><cvss3_vector>{base}</cvss3_vector>")
    parts += [f"<cwe>{cwe.removeprefix('CWE-')}</cwe>" for cwe in one.cwes]
    parts.append(f"<description>{escape(one.text)}</description>")
    if one.cves:
        parts.append(f"<exploit_available>{'true' if one.exploited else 'false'}</exploit_available>")
    parts.append(
        f"<fname>invented_{one.plugin}.nasl</fname><plugin_name>{escape(one.name)}</plugin_name>"
        f"<plugin_type>{'remote' if one.port else 'local'}</plugin_type>"
        f"<risk_factor>{RISKS[one.severity]}</risk_factor>"
        f"<solution>{escape(one.remedy)}</solution><synopsis>{escape(one.name)}</synopsis>"
    )
    output = _output(one)
    if output:
        parts.append(f"<plugin_output>{escape(output)}</plugin_output>")
    return "".join(parts) + "</ReportItem>\n"


def _output(one: Weakness) -> str:
    if one.month:
        return f"Security update of {one.month} is not installed."
    lines = []
    if one.installed:
        lines.append(f"Installed version : {one.installed}")
    if one.fixed:
        lines.append(f"Fixed version : {one.fixed}")
    return "\n".join(lines)
