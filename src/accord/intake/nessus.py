"""Nessus XML version 2 (`.nessus`): Tenable Nessus, Tenable Vulnerability Management, Tenable Web App Scanning.

Read from Tenable's description of the NessusClientData_v2 file format. One ReportItem is one observation; a
compliance item that passed is none. Every ReportHost is a target, also one without items. What ran is told by
the policy inside the file: the plugin set, or the families that are switched on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from accord.intake.records import (
    Coverage,
    Kind,
    Observation,
    PortRange,
    Record,
    ScanHeader,
    Severity,
    Target,
    address,
)
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

ROOT = "NessusClientData_v2"
TAGS = (
    ROOT,
    "policyName",
    "preference",
    "FamilyItem",
    "PluginItem",
    "Report",
    "ReportHost",
    "HostProperties",
    "ReportItem",
)
SEVERITY: dict[str, Severity] = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
RISK: dict[str, Severity] = {"none": "info", "low": "low", "medium": "medium", "high": "high", "critical": "critical"}
SERVICE_FAMILIES = frozenset({"Port scanners", "Service detection"})
PING = "10180"
SCAN_INFORMATION = "19506"
CLOUD_TAGS = {
    "aws-instance-instance-id": "aws-instance-id",
    "azure-instance-vm-id": "azure-vm-id",
    "gcp-instance-id": "gcp-instance-id",
    "bios-uuid": "bios-uuid",
    "agent-uuid": "agent-id",
    "host-uuid": "agent-id",
}
CM = "{http://www.nessus.org/cm}compliance-"
_MANY = frozenset({"cve", "bid", "cwe", "xref", "see_also"})
_INSTALLED = re.compile(r"(?:Installed|Reported|Current) version\s{0,20}:[ \t]{0,20}([^\n]{1,100})", re.IGNORECASE)
_CREDENTIALED = re.compile(r"Credentialed checks\s{0,20}:\s{0,20}(yes|no)\b", re.IGNORECASE)
_FIXED = re.compile(r"Fixed version\s{0,20}:[ \t]{0,20}([^\n]{1,100})", re.IGNORECASE)


@dataclass(slots=True)
class _Policy:
    name: str | None = None
    plugins: frozenset[str] | None = None
    chosen: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    families_told: bool = False
    ports: tuple[PortRange, ...] | None = None

    def checks(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """(checks, groups, exhaustive) for Coverage."""
        if self.plugins:
            return self.plugins, frozenset(), True
        return frozenset(self.chosen), frozenset(self.families), self.families_told


@dataclass(slots=True)
class _Host:
    name: str
    target: Target | None = None
    ended: datetime | None = None
    seen_at: datetime | None = None
    credentials: bool | None = None
    dead: bool = False
    items: int = 0
    evaluated: set[str] = field(default_factory=set)


def read(source: Source) -> Iterator[Record]:
    """Records of one `.nessus` file; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events

    policy = _Policy()
    tally = Tally(source)
    host: _Host | None = None
    title: str | None = None
    opened = False
    latest: datetime | None = None
    with source.open() as reader:
        for event, element in events(reader, TAGS):
            tag = element.tag
            if event == "start":
                if tag == "Report":
                    title = clean.line(element.get("name"), 300)
                elif tag == "ReportHost" and host is None:
                    host = _Host(clean.line(element.get("name"), 300) or "unnamed host")
                    if not opened:
                        opened = True
                        yield ScanHeader("nessus", "Nessus", None, None, None, title or policy.name)
                continue
            if tag == "ReportItem" and host is not None:
                if host.target is None:
                    yield _settle(host, tally, {})
                yield from _item(element, host, tally)
            elif tag == "HostProperties" and host is not None:
                if host.target is None:
                    yield _settle(host, tally, _properties(element))
            elif tag == "ReportHost" and host is not None:
                if host.target is None:
                    yield _settle(host, tally, {})
                yield from _coverage(host, policy, tally)
                if host.ended and (latest is None or host.ended > latest):
                    latest = host.ended
                host = None
            elif tag == "preference":
                _preference(element, policy)
            elif tag in ("FamilyItem", "PluginItem"):
                _selection(element, policy)
            elif tag == "policyName":
                policy.name = clean.line(element.text, 300)
            if tag not in (ROOT, "Report"):
                drop(element)
                reader.mark()
    if not opened:
        yield ScanHeader("nessus", "Nessus", None, None, None, title or policy.name)
    yield from tally.end(latest, None)


def _preference(element: _Element, policy: _Policy) -> None:
    name = (element.findtext("name") or "").strip()
    value = (element.findtext("value") or "").strip()
    if name == "plugin_set" and value:
        policy.plugins = frozenset(f"nessus:{one}" for one in value.replace("\n", "").split(";") if one.strip().isdigit())
    elif name == "port_range":
        policy.ports = _ports(value)


def _ports(value: str) -> tuple[PortRange, ...] | None:
    """"1-1024,T:8000-8100,U:53" → ranges; None for "default", "all" or anything that is not plain numbers."""
    ranges = []
    for part in value.replace(" ", "").split(",")[:5000]:
        kind, colon, span = part.rpartition(":")
        first, dash, last = span.partition("-")
        low, high = clean.whole(first, 0, 65535), clean.whole(last if dash else first, 0, 65535)
        if low is None or high is None or kind.upper() not in ("", "T", "U") or (colon and not kind):
            return None
        protocols = {"": ("tcp", "udp"), "T": ("tcp",), "U": ("udp",)}[kind.upper()]
        ranges += [PortRange(protocol, low, high) for protocol in protocols]
    return tuple(ranges)


def _selection(element: _Element, policy: _Policy) -> None:
    switched_on = (element.findtext("Status") or "").strip() == "enabled"
    if element.tag == "FamilyItem":
        policy.families_told = True
        family = clean.line(element.findtext("FamilyName"), 200)
        if family and switched_on:
            policy.families.add(f"nessus-family:{family}")
    else:
        plugin = (element.findtext("PluginId") or "").strip()
        if plugin.isdigit() and switched_on:
            policy.chosen.add(f"nessus:{plugin}")


def _properties(element: _Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in element.iterchildren("tag"):
        name = tag.get("name")
        if name and tag.text and len(found) < 2000:
            found[name] = tag.text
    return found


def _settle(host: _Host, tally: Tally, tags: dict[str, str]) -> Target:
    """The target of a ReportHost from its HostProperties."""
    started = clean.when(tags.get("HOST_START_TIMESTAMP")) or clean.when(tags.get("HOST_START"))
    host.ended = clean.when(tags.get("HOST_END_TIMESTAMP")) or clean.when(tags.get("HOST_END"))
    host.seen_at = host.ended or started
    told = (tags.get("Credentialed_Scan") or "").strip().lower()
    host.credentials = {"true": True, "false": False}.get(told)
    web = "://" in host.name or (tags.get("system-type") or "").strip() == "web_application"
    names = [tags.get("host-fqdn"), *_listed(tags.get("host-fqdns")), tags.get("host-rdns"), tags.get("netbios-name")]
    names += [tags.get("hostname"), host.name]
    hostnames: dict[str, None] = {}
    for name in names:
        short = _host_of_url(name) if name and "://" in name else (name or "").rpartition("\\")[2]
        known = clean.hostname(short)
        if known:
            hostnames[known] = None
    addresses = (address(one) for one in [*(tags.get("host-ip") or "").split(","), host.name] if one)
    macs = (clean.mac(one) for one in (tags.get("mac-address") or "").split())
    identifiers = [
        (scheme, value)
        for tag, scheme in CLOUD_TAGS.items()
        if (value := clean.line(tags.get(tag), 100)) is not None
    ]
    system = clean.line((tags.get("operating-system") or tags.get("os") or "").split("\n")[0], 200)
    host.target = Target(
        kind="application" if web else "host",
        name=host.name,
        hostnames=tuple(hostnames)[:50],
        addresses=tuple(dict.fromkeys(one for one in addresses if one))[:50],
        macs=tuple(dict.fromkeys(one for one in macs if one))[:50],
        identifiers=tuple(identifiers),
        operating_system=system,
    )
    return tally.target(host.target)


def _listed(value: str | None) -> list[str]:
    """The names in the "host-fqdns" tag, a JSON list of {"FQDN": name}."""
    if not value or len(value) > 20_000:
        return []
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, list):
        return []
    return [one["FQDN"] for one in found[:50] if isinstance(one, dict) and isinstance(one.get("FQDN"), str)]


def _host_of_url(value: str) -> str:
    try:
        return urlsplit(value).hostname or ""
    except ValueError:
        return ""


def _item(element: _Element, host: _Host, tally: Tally) -> Iterator[Record]:
    target = host.target
    if target is None:
        return
    host.items += 1
    identity = target.identity
    plugin = (element.get("pluginID") or "").strip()
    if not (plugin.isascii() and plugin.isdigit() and len(plugin) <= 12):
        row = f'ReportHost "{host.name}", ReportItem {host.items}'
        yield tally.refusal(row, "pluginID", "The plugin number is missing.", "Export the scan again.", identity)
        return
    one, many = _children(element)
    if plugin == PING and "dead" in one.get("plugin_output", ""):
        host.dead = True
    elif plugin == SCAN_INFORMATION and host.credentials is None:
        told = _CREDENTIALED.search(one.get("plugin_output", ""))
        host.credentials = told[1].lower() == "yes" if told else None
    result = one.get(CM + "result")
    if result is not None:
        verdict = result.strip().upper()
        if verdict != "ERROR" and len(host.evaluated) < 100_000:
            host.evaluated.add(f"nessus:{plugin}/{_compliance_key(one)}")
        if verdict not in ("PASSED", "ERROR"):
            yield tally.observation(_compliance(plugin, element, one, host, identity))
        return
    yield tally.observation(_finding(plugin, element, one, many, host, identity))


def _children(element: _Element) -> tuple[dict[str, str], dict[str, list[str]]]:
    one: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    for child in element:
        value = child.text
        if value is None:
            continue
        tag = child.tag
        if tag in _MANY:
            many.setdefault(tag, []).append(value)
        elif tag != "attachment":
            one[tag] = value
    return one, many


def _finding(
    plugin: str,
    element: _Element,
    one: dict[str, str],
    many: dict[str, list[str]],
    host: _Host,
    identity: str,
) -> Observation:
    family = clean.line(element.get("pluginFamily"), 200)
    severity = _severity(element, one)
    synopsis = clean.text(one.get("synopsis"), 2000)
    description = clean.text(one.get("description"), 20_000)
    solution = clean.text(one.get("solution"), 20_000)
    xrefs = clean.lines(many.get("xref", ()), 200, 200)
    found = clean.cves(" ".join(many.get("cve", ())))
    evidence = clean.text(one.get("plugin_output"), 20_000)
    installed, fixed = _versions(evidence)
    vectors, score = _scores(one)
    port = clean.port(element.get("port"))
    links = [link for block in many.get("see_also", ()) for link in block.split()]
    return Observation(
        target=identity,
        definition_id=f"nessus:{plugin}",
        title=clean.line(element.get("pluginName") or one.get("plugin_name"), 500) or f"Nessus plugin {plugin}",
        kind=_kind(family, severity, found),
        check=f"nessus:{plugin}",
        aliases=found[:500],
        description="\n\n".join(part for part in (synopsis, description) if part) or None,
        solution=None if solution == "n/a" else solution,
        severity=severity,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(many.get("cwe", []), [xref for xref in xrefs if xref.startswith("CWE:")]),
        component_version=installed,
        fixed_version=fixed,
        port=port,
        protocol=(clean.line(element.get("protocol"), 20) or "").lower() or None if port else None,
        service=clean.line(element.get("svc_name"), 100) if port else None,
        evidence=evidence,
        references=(*clean.urls(links, 100), *(xref for xref in xrefs if not xref.startswith("CWE:"))),
        seen_at=host.seen_at,
        group=f"nessus-family:{family}" if family else None,
        needs_credentials=one.get("plugin_type") == "local",
    )


def _compliance(plugin: str, element: _Element, one: dict[str, str], host: _Host, identity: str) -> Observation:
    key = _compliance_key(one)
    title = clean.line(one.get(CM + "check-name"), 500) or clean.line(element.get("pluginName"), 500) or f"Nessus plugin {plugin}"
    parts = (
        ("Result", one.get(CM + "result")),
        ("Expected", one.get(CM + "policy-value")),
        ("Found", one.get(CM + "actual-value")),
    )
    family = clean.line(element.get("pluginFamily"), 200)
    return Observation(
        target=identity,
        definition_id=f"nessus:{plugin}/{key}",
        title=title,
        kind="misconfiguration",
        check=f"nessus:{plugin}/{key}",
        description=clean.text(one.get(CM + "info") or one.get("description"), 20_000),
        solution=clean.text(one.get(CM + "solution"), 20_000),
        severity=_severity(element, one),
        evidence=clean.text("\n".join(f"{label}: {value.strip()}" for label, value in parts if value), 20_000),
        references=clean.urls(one.get(CM + "see-also") or "", 100),
        seen_at=host.seen_at,
        group=f"nessus-family:{family}" if family else None,
    )


def _compliance_key(one: dict[str, str]) -> str:
    return clean.line(one.get(CM + "check-id"), 100) or clean.line(one.get(CM + "check-name"), 300) or "unnamed"


def _severity(element: _Element, one: dict[str, str]) -> Severity | None:
    told = SEVERITY.get((element.get("severity") or "").strip())
    return told or RISK.get((one.get("risk_factor") or "").strip().lower())


def _kind(family: str | None, severity: Severity | None, found: tuple[str, ...]) -> Kind:
    if family in SERVICE_FAMILIES and severity == "info" and not found:
        return "service"
    return "vulnerability"


def _scores(one: dict[str, str]) -> tuple[tuple[str, ...], float | None]:
    vectors = []
    score: float | None = None
    for vector_tag, score_tag in (
        ("cvss4_vector", "cvss4_base_score"),
        ("cvss3_vector", "cvss3_base_score"),
        ("cvss_vector", "cvss_base_score"),
    ):
        vector = clean.line(one.get(vector_tag), 300)
        if vector:
            vectors.append(vector)
        if score is None:
            score = clean.score(one.get(score_tag))
    if score is None:  # Web App Scanning writes bare scores
        score = next((found for tag in ("cvssv4", "cvssv3", "cvss") if (found := clean.score(one.get(tag)))), None)
    return tuple(vectors), score


def _versions(evidence: str | None) -> tuple[str | None, str | None]:
    if evidence is None or "ersion" not in evidence:
        return None, None
    installed, fixed = _INSTALLED.search(evidence), _FIXED.search(evidence)
    return (
        clean.line(installed[1], 100) if installed else None,
        clean.line(fixed[1], 100) if fixed else None,
    )


def _coverage(host: _Host, policy: _Policy, tally: Tally) -> Iterator[Coverage]:
    checks, groups, exhaustive = policy.checks()
    identity = host.target.identity if host.target else host.name
    told: bool | None = True if host.ended else None
    complete = tally.complete(identity, False if host.dead else told)
    yield Coverage(identity, checks, groups, exhaustive, policy.ports, host.credentials, complete)
    if host.evaluated:
        yield Coverage(identity, frozenset(host.evaluated), complete=complete)
