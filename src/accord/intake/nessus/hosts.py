"""Hosts of a Nessus report: who they are, and what was looked at on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from accord.intake.nessus.policy import Policy
from accord.intake.records import Coverage, Target, address
from accord.intake.safe import text as clean
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

CLOUD_TAGS = {
    "aws-instance-instance-id": "aws-instance-id",
    "azure-instance-vm-id": "azure-vm-id",
    "gcp-instance-id": "gcp-instance-id",
    "bios-uuid": "bios-uuid",
    "agent-uuid": "agent-id",
    "host-uuid": "agent-id",
}


@dataclass(slots=True)
class Host:
    """One ReportHost while its items are read."""

    name: str
    identity: str = ""
    settled: bool = False
    ended: datetime | None = None
    seen_at: datetime | None = None
    credentials: bool | None = None
    dead: bool = False
    items: int = 0
    evaluated: set[str] = field(default_factory=set)


def properties(element: _Element) -> dict[str, str]:
    """The tags of <HostProperties> by name."""
    found: dict[str, str] = {}
    for tag in element.iterchildren("tag"):
        name = tag.get("name")
        if name and tag.text and len(found) < 2000:
            found[name] = tag.text
    return found


def settle(host: Host, tally: Tally, tags: dict[str, str]) -> Target:
    """The target of a ReportHost from its HostProperties."""
    started = clean.when(tags.get("HOST_START_TIMESTAMP")) or clean.when(tags.get("HOST_START"))
    host.ended = clean.when(tags.get("HOST_END_TIMESTAMP")) or clean.when(tags.get("HOST_END"))
    host.seen_at = host.ended or started
    told = (tags.get("Credentialed_Scan") or "").strip().lower()
    host.credentials = {"true": True, "false": False}.get(told)
    web = "://" in host.name or (tags.get("system-type") or "").strip() == "web_application"
    names = [
        tags.get("host-fqdn"),
        *_listed(tags.get("host-fqdns")),
        tags.get("host-rdns"),
        tags.get("netbios-name"),
    ]
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
        (scheme, value) for tag, scheme in CLOUD_TAGS.items() if (value := clean.line(tags.get(tag), 100)) is not None
    ]
    system = clean.line((tags.get("operating-system") or tags.get("os") or "").split("\n")[0], 200)
    target = Target(
        kind="application" if web else "host",
        name=host.name,
        hostnames=tuple(hostnames)[:50],
        addresses=tuple(dict.fromkeys(one for one in addresses if one))[:50],
        macs=tuple(dict.fromkeys(one for one in macs if one))[:50],
        identifiers=tuple(identifiers),
        operating_system=system,
    )
    host.identity, host.settled = target.identity, True
    return tally.target(target)


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


def coverage(host: Host, policy: Policy, tally: Tally) -> Iterator[Coverage]:
    """What was looked at on this host: the policy's checks, and the compliance items that gave a result."""
    checks, groups, exhaustive = policy.checks()
    told: bool | None = True if host.ended else None
    complete = tally.complete(host.identity, False if host.dead else told)
    yield Coverage(host.identity, checks, groups, exhaustive, policy.ports, host.credentials, complete)
    if host.evaluated:
        yield Coverage(host.identity, frozenset(host.evaluated), complete=complete)
